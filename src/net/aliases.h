/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses that the hosts file gives to names, read once: a program that has given up files
 * cannot look there again.
 *
 * The other direction of hosts.h, with every name of a line. Files that cannot be read are empty;
 * lines that make no sense are passed over, and link-local addresses, which would need a device.
 */
#ifndef TTR_NET_ALIASES_H
#define TTR_NET_ALIASES_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptraceroute/address.h"

struct ttr_alias {
	char *name; /* lower case */
	struct ttr_addr addr;
	size_t line; /* of those that were kept: the first one counts */
};

/* All zero is an empty one. */
struct ttr_aliases {
	struct ttr_alias *all; /* by name, then as they stand in the file */
	size_t count, size;
};

/* 0 or -ENOMEM. */
int ttr_aliases_read(struct ttr_aliases *aliases, const char *path);
void ttr_aliases_fini(struct ttr_aliases *aliases);

/* The first address of that name, without regard to case; family NONE: of any. */
bool ttr_aliases_find(const struct ttr_aliases *aliases, const char *name, enum ttr_family family,
		      struct ttr_addr *addr);

#endif
