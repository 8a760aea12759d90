/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Token buckets: how many answers a node may give.
 *
 * ICMP errors: one bucket for each source address of probes, which time exceeded and destination
 * unreachable share. PATHSIM_LIMIT_LINUX has the one for the whole host too: 50 at once, then 1000
 * in a second, added at least 20 ms apart; each answer takes 0, 1 or 2 of them by chance.
 */
#ifndef PS_LIMIT_H
#define PS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "pathsim_network.h"

struct pathsim;
struct ps_node;

struct ps_bucket {
	struct ps_bucket *next;
	struct pathsim_addr source;
	uint64_t level_ns; /* saved up; an answer costs per_ns / answers */
	uint64_t last_ns;
};

/* True: the node may send an ICMP error about a packet from this address now, and has paid. */
bool ps_limit_icmp(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		   const struct pathsim_addr *source);

/* The same with one bucket of the caller, zeroed at first. */
bool ps_limit_take(struct ps_bucket *bucket, const struct pathsim_limit *limit, uint64_t now_ns);

#endif
