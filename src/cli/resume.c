/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/resume.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/address.h"

/* No event is nearly as long; a longer line comes in pieces, none of which is an event. */
#define LINE_MAX_BYTES 65536

static bool add_event(struct ttr_seen *seen, const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "event"));
	const char *target = json_string_value(json_object_get(event, "target"));
	json_int_t port = json_integer_value(json_object_get(event, "port"));
	char scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;

	if (!kind || strcmp(kind, "end") != 0 || !target || port < 1 || port > UINT16_MAX ||
	    !json_is_false(json_object_get(event, "interrupted")) ||
	    ttr_addr_parse(&addr, scope, target) != 0)
		return false;
	return ttr_seen_add(seen, &addr, (uint16_t)port);
}

/* Most lines are hops: only those that may be an end are worth parsing. */
static bool take_line(struct ttr_seen *seen, const char *line)
{
	bool added = false;
	json_t *event;

	if (!strstr(line, "\"end\""))
		return false;
	event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	if (event)
		added = add_event(seen, event);
	json_decref(event);
	return added;
}

static bool is_same_file(int one, int other)
{
	struct stat first, second;

	return fstat(one, &first) == 0 && fstat(other, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

int ttr_resume_read(struct ttr_seen *seen, const char *path, struct ttr_resume *former)
{
	static const char mode[] = "re";
	char line[LINE_MAX_BYTES];
	FILE *file = fopen(path, mode);
	int error;

	*former = (struct ttr_resume){.count = 0};
	if (!file)
		return -errno;
	errno = 0;
	while (fgets(line, sizeof(line), file)) {
		former->count += take_line(seen, line);
		former->cut = !strchr(line, '\n');
	}
	former->cut = former->cut && is_same_file(fileno(file), STDOUT_FILENO);
	error = ferror(file) ? -errno : 0;
	fclose(file);
	return error;
}
