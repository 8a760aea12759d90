/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events of a former run, as --resume reads them, and a second time with jansson's other way of
 * taking an object apart. Input: the file.
 */
#include "cli/resume.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#include "fuzz.h"
#include "net/address.h"

#define FILE_MAX 60000 /* shorter than a line may be */
#define ADDED_MAX 4096
#define EVENTS "/events"

struct added {
	struct ttr_addr addr;
	uint16_t port;
};

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
bool __wrap_ttr_seen_add(struct ttr_seen *seen, const struct ttr_addr *addr, uint16_t port);

static char text[FILE_MAX + 1];
static size_t length;
static struct added added[ADDED_MAX];
static size_t count;

FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (strcmp(path, EVENTS) != 0) /* the fuzzer's own */
		return __real_fopen(path, mode);
	CHECK(mode[0] == 'r');
	return fmemopen(text, length, "r");
}

/* With large files it has another name. */
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

bool __wrap_ttr_seen_add(struct ttr_seen *seen, const struct ttr_addr *addr, uint16_t port)
{
	(void)seen;
	CHECK(count < ADDED_MAX);
	added[count++] = (struct added){*addr, port};
	return true;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* Brackets and %device are more than inet_pton(3) knows. */
static bool read_address(struct ttr_addr *addr, const char *shown)
{
	char scope[TTR_SCOPE_MAX];

	*addr = (struct ttr_addr){.family = TTR_FAMILY_IPV4};
	if (inet_pton(AF_INET, shown, addr->bytes) == 1)
		return true;
	addr->family = TTR_FAMILY_IPV6;
	if (inet_pton(AF_INET6, shown, addr->bytes) == 1)
		return true;
	return strpbrk(shown, "[%") && ttr_addr_parse(addr, scope, shown) == 0;
}

static bool read_line(struct added *end, const json_t *event)
{
	const char *kind, *target;
	json_int_t port;
	int interrupted;

	if (json_unpack((json_t *)(uintptr_t)event, "{s:s, s:s, s:I, s:b}", "event", &kind,
			"target", &target, "port", &port, "interrupted", &interrupted) != 0)
		return false;
	if (strcmp(kind, "end") != 0 || port < 1 || port > 65535 || interrupted)
		return false;
	end->port = (uint16_t)port;
	return read_address(&end->addr, target);
}

/* True if the line must have been added, as the next one it was. */
static bool check_line(const char *line, size_t next)
{
	json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	struct added end;
	bool known;

	known = event && read_line(&end, event);
	json_decref(event);
	if (!known)
		return false;
	CHECK(next < count);
	CHECK(added[next].port == end.port && ttr_addr_equal(&added[next].addr, &end.addr));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ttr_seen seen = {.places = NULL};
	struct ttr_resume former = {.count = UINT64_MAX};
	size_t checked = 0;
	char *line = text;

	if (size < 1 || size > FILE_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	length = size;
	count = 0;
	CHECK(ttr_resume_read(&seen, EVENTS, &former) == 0);
	CHECK(former.count == count);
	for (char *end; line < text + length; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + length - line));
		if (!end)
			end = text + length;
		*end = '\0';
		if (strstr(line, "\"end\""))
			checked += check_line(line, checked);
	}
	CHECK(checked == count);
	return 0;
}
