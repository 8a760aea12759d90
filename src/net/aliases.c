/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/aliases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/address.h"
#include "net/hostname.h"

#define BLANKS " \t\r\n\v\f"

static int compare(const void *left, const void *right)
{
	const struct ttr_alias *a = left, *b = right;
	const int order = strcasecmp(a->name, b->name);

	if (order)
		return order;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int grow(struct ttr_aliases *aliases)
{
	const size_t size = aliases->size ? 2 * aliases->size : 16;
	struct ttr_alias *all = reallocarray(aliases->all, size, sizeof(*all));

	if (!all)
		return -ENOMEM;
	aliases->all = all;
	aliases->size = size;
	return 0;
}

static int add(struct ttr_aliases *aliases, const struct ttr_addr *addr, const char *name)
{
	struct ttr_alias *alias;

	if (aliases->count == aliases->size && grow(aliases))
		return -ENOMEM;
	alias = &aliases->all[aliases->count];
	*alias = (struct ttr_alias){.addr = *addr, .line = aliases->count, .name = strdup(name)};
	if (!alias->name)
		return -ENOMEM;
	aliases->count++;
	return 0;
}

static int read_line(struct ttr_aliases *aliases, char *line)
{
	char scope[TTR_SCOPE_MAX], *rest = NULL;
	const char *address, *name;
	struct ttr_addr addr;
	int rc = 0;

	line[strcspn(line, "#")] = '\0';
	address = strtok_r(line, BLANKS, &rest);
	if (!address || ttr_addr_parse(&addr, scope, address) || scope[0] ||
	    ttr_addr_is_link_local(&addr))
		return 0;
	while (!rc && (name = strtok_r(NULL, BLANKS, &rest)))
		if (ttr_hostname_check(name) == 0)
			rc = add(aliases, &addr, name);
	return rc;
}

int ttr_aliases_read(struct ttr_aliases *aliases, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	if (!file)
		return 0;
	while (!rc && getline(&line, &size, file) >= 0)
		rc = read_line(aliases, line);
	free(line);
	fclose(file);
	if (aliases->count)
		qsort(aliases->all, aliases->count, sizeof(*aliases->all), compare);
	return rc;
}

void ttr_aliases_fini(struct ttr_aliases *aliases)
{
	for (size_t i = 0; i < aliases->count; i++)
		free(aliases->all[i].name);
	free(aliases->all);
}

bool ttr_aliases_find(const struct ttr_aliases *aliases, const char *name, enum ttr_family family,
		      struct ttr_addr *addr)
{
	size_t low = 0, high = aliases->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcasecmp(aliases->all[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < aliases->count && strcasecmp(aliases->all[low].name, name) == 0; low++)
		if (!family || aliases->all[low].addr.family == family) {
			*addr = aliases->all[low].addr;
			return true;
		}
	return false;
}
