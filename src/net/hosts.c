/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/address.h"
#include "net/hostname.h"

#define BLANKS " \t\r\n\v\f"

struct entry {
	struct ttr_addr addr;
	size_t line; /* of those that were kept: the first one counts */
	char *name;
};

/* Sorted when it is complete. */
struct ttr_hosts {
	struct entry *entries;
	size_t count;
	size_t size;
};

static int compare_addresses(const struct ttr_addr *a, const struct ttr_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	const int order = compare_addresses(&a->addr, &b->addr);

	if (order)
		return order;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int grow(struct ttr_hosts *hosts)
{
	const size_t size = hosts->size ? 2 * hosts->size : 16;
	struct entry *entries = realloc(hosts->entries, size * sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	hosts->entries = entries;
	hosts->size = size;
	return 0;
}

static int add(struct ttr_hosts *hosts, const struct ttr_addr *addr, const char *name)
{
	struct entry *entry;

	/* Lists give the same address to everybody. */
	if (hosts->count && ttr_addr_equal(&hosts->entries[hosts->count - 1].addr, addr))
		return 0;
	if (hosts->count == hosts->size && grow(hosts))
		return -ENOMEM;
	entry = &hosts->entries[hosts->count];
	*entry = (struct entry){.addr = *addr, .line = hosts->count, .name = strdup(name)};
	if (!entry->name)
		return -ENOMEM;
	hosts->count++;
	return 0;
}

/* address name [alias...] [# comment] */
static int read_line(struct ttr_hosts *hosts, char *line)
{
	char scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;
	char *rest = NULL;
	const char *address, *name;

	line[strcspn(line, "#")] = '\0';
	address = strtok_r(line, BLANKS, &rest);
	name = strtok_r(NULL, BLANKS, &rest);
	if (!address || !name || ttr_addr_parse(&addr, scope, address) || ttr_hostname_check(name))
		return 0;
	return add(hosts, &addr, name);
}

static int read_file(struct ttr_hosts *hosts, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (!rc && getline(&line, &size, file) >= 0)
		rc = read_line(hosts, line);
	free(line);
	return rc;
}

int ttr_hosts_read(struct ttr_hosts **hosts, const char *path)
{
	struct ttr_hosts *new = calloc(1, sizeof(*new));
	FILE *file;
	int rc = 0;

	if (!new)
		return -ENOMEM;
	file = fopen(path, "re");
	if (file) {
		rc = read_file(new, file);
		fclose(file);
	}
	if (rc) {
		ttr_hosts_free(new);
		return rc;
	}
	if (new->count)
		qsort(new->entries, new->count, sizeof(*new->entries), compare_entries);
	*hosts = new;
	return 0;
}

void ttr_hosts_free(struct ttr_hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->entries[i].name);
	free(hosts->entries);
	free(hosts);
}

const char *ttr_hosts_name(const struct ttr_hosts *hosts, const struct ttr_addr *addr)
{
	size_t low = 0, high = hosts->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_addresses(&hosts->entries[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == hosts->count || !ttr_addr_equal(&hosts->entries[low].addr, addr))
		return NULL;
	return hosts->entries[low].name;
}
