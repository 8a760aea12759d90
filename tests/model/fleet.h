/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sweep of many hosts against a simulated network in one process, on a virtual clock.
 *
 * The prober's kernel is part of the model: it answers SYN/ACK with RST. Every result is compared
 * with what the network really is, as soon as it is given out.
 */
#ifndef TESTS_MODEL_FLEET_H
#define TESTS_MODEL_FLEET_H

#include "pathsim.h"
#include "tcptraceroute/sweep.h"

struct fleet_plan {
	const char *scenario; /* its first destination is the crowd; hosts are asked at port 443 */
	enum ttr_family family;
	size_t targets; /* the first so many hosts of the crowd, in order; 0: all */
	size_t window;
	size_t routers; /* that the sweep may remember; 0: enough */
	uint32_t rate;
	uint8_t max_ttl; /* 0: 30 */
	bool full;
	bool backward;    /* targets in the opposite order */
	bool refuse_some; /* every seventh send cannot be taken the first time */
	int64_t stop_ns;  /* the sweep is stopped then; 0: not */
	uint64_t seed;
};

struct fleet {
	struct pathsim *sim;
	struct ttr_sweep *sweep;
	struct ttr_settings settings;
	const struct pathsim_destination *crowd;
	struct ttr_addr source;
	struct ttr_mono started, now, wake;
	size_t next, targets;
	uint8_t *given; /* results for each target */

	/* what came out */
	uint64_t results, probes, probed_hops, inferred_hops, silent_hops, open, closed, filtered;
	uint64_t unreachable, unknown, cut_short, no_distance;
	uint64_t wrong_hops;      /* an address that is not the network's, or one behind the end */
	uint64_t missing_hops;    /* a router that answers is shown as silent, or not at all */
	uint64_t wrong_distances; /* known, but another one */
	uint64_t wrong_states;    /* a host that lives and answers is not open, a dead one is */
	uint64_t too_fast;        /* more probes in some 100 ms than the rate allows */
	bool ended;

	uint64_t window_sent[2]; /* in this and the last 100 ms */
	int64_t window_start;
	const struct fleet_plan *plan;
	uint64_t sends;
	size_t active_most;
};

void fleet_init(struct fleet *fleet, const struct fleet_plan *plan);
void fleet_fini(struct fleet *fleet);

/* Adds targets as long as there is room; false: none was added. */
bool fleet_feed(struct fleet *fleet);

/* To the end; false: not within limit_ns of virtual time. */
bool fleet_run(struct fleet *fleet, int64_t limit_ns);

/* What limits have cost at the routers: answers that were not made. */
uint64_t fleet_limited(const struct fleet *fleet);

/* Routers of the crowd that answered at least once, and how many there are. */
size_t fleet_routers_seen(const struct fleet *fleet, size_t *all);

/* The most SYNs that any host has seen. */
uint64_t fleet_most_syns(const struct fleet *fleet);

#endif
