/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a packet ends.
 *
 * A node is what answers: a hop, a destination or a name server. A target is an address that a
 * packet can be sent to, with the path that leads there.
 */
#ifndef PS_ROUTE_H
#define PS_ROUTE_H

#include "limit.h"
#include "packet.h"
#include "pathsim.h"
#include "random.h"

struct ps_node {
	const struct pathsim_manner *manner;
	const struct pathsim_hop *hop;                 /* NULL: a host */
	const struct pathsim_destination *destination; /* NULL: something else */
	uint8_t distance;                              /* the TTL that expires or arrives here */
	uint16_t ip_id;                                /* of its next answer, IPv4 */
	uint64_t last_ns;                              /* its last answer is at the prober */
	struct ps_bucket *buckets;                     /* of its limit; belong to the arena */
	uint32_t bucket_count;
	struct ps_bucket resets; /* of a destination */
	uint32_t global_level;   /* of Linux' limit for the whole host */
	uint64_t global_ns;      /* when that was last raised; 0: never */
	struct pathsim_counts counts;
	bool dead;                  /* of a crowd: a host that says nothing */
	struct pathsim_addr own[2]; /* of a crowd: a router's address, IPv4 and IPv6 */
};

struct ps_detour {
	const struct pathsim_detour *plan;
	struct ps_node *nodes;
	uint8_t count;
};

struct ps_path {
	const struct ps_detour *detours;
	size_t detour_count;
	struct ps_node *const *nodes; /* by TTL, from 1: nodes[0] has TTL 1 */
	uint8_t count;
	uint8_t reject_at; /* the first hop that rejects; 0: none */
};

struct ps_target {
	struct pathsim_addr addr;
	struct ps_node *node;
	struct ps_path path;                           /* the hops before the node */
	const struct pathsim_destination *destination; /* both NULL: a hop */
	const struct pathsim_nameserver *nameserver;
};

struct ps_route {
	enum pathsim_fate fate;
	struct ps_node *node;                    /* NONE: NULL */
	const struct ps_target *target;          /* NULL: nobody has that address */
	const struct pathsim_firewall *firewall; /* that stops it; NULL: none does */
	uint8_t hop, distance;                   /* as in struct pathsim_truth */
	uint8_t ttl;                             /* as the node sees it in the packet it quotes */
	bool drawn;
	struct pathsim_addr from; /* the node's address; family 0: silent */
};

/* `random` is for balancing per packet and may be NULL (then it is the first address). */
void ps_route(const struct pathsim *sim, const struct ps_packet *packet, struct ps_random *random,
	      struct ps_route *route);

/* NULL: nobody has it. */
const struct ps_target *ps_route_target(const struct pathsim *sim, const struct pathsim_addr *addr);

#endif
