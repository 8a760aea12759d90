/* SPDX-License-Identifier: BSD-2-Clause */
/* The network made ready: nodes, paths, and who has which address and name. */
#ifndef PS_MAP_H
#define PS_MAP_H

#include "arena.h"
#include "pathsim.h"
#include "route.h"

struct ps_map_name {
	const struct pathsim_addr *addr;
	const char *name;
};

struct ps_map {
	struct ps_path path;       /* what all destinations share */
	struct ps_target *targets; /* by address, each once */
	size_t target_count;
	struct ps_map_name *by_addr;
	struct ps_map_name *by_name; /* without regard to case */
	size_t name_count;           /* of both */
	struct ps_node *nodes;       /* all */
	size_t node_count;
};

/* Copies the network with all it points to; the ports of the copy are in order. Returns 0 or
 * -ENOMEM. */
int ps_network_copy(struct pathsim_network *copy, const struct pathsim_network *network,
		    struct ps_arena *arena);

/* Of a copy. Returns 0 or -EINVAL and says why. */
int ps_network_check(const struct pathsim_network *network, struct pathsim_problem *problem);

/* Of a network that was checked and outlives the map. Returns 0, -ENOMEM, or -EINVAL: two
 * destinations have the same address. */
int ps_map_init(struct ps_map *map, const struct pathsim_network *network, struct ps_arena *arena,
		struct pathsim_problem *problem);

#endif
