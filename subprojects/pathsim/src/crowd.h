/* SPDX-License-Identifier: BSD-2-Clause */
/* Many hosts behind a tree of routers: what struct pathsim_crowd describes, made into nodes. */
#ifndef PS_CROWD_H
#define PS_CROWD_H

#include "map.h"

/* NULL, or why not. */
const char *ps_crowd_check(const struct pathsim_destination *dest);

/* How many nodes ps_crowd_add() makes at most, and how many addresses they have in a family. */
size_t ps_crowd_nodes(const struct pathsim_destination *dest);

/*
 * Adds the hosts and routers to the map, which has room for them. `own` and `common` are the hops
 * that were described, by TTL; `path` has the detours of all. Returns 0 or -ENOMEM.
 */
int ps_crowd_add(struct ps_map *map, struct ps_arena *arena, const struct pathsim_destination *dest,
		 struct ps_node *const own[256], struct ps_node *const common[256],
		 const struct ps_path *path);

#endif
