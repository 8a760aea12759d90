/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the sweeper share: sweeper_open.c opens and seals, sweeper_targets.c takes in
 * what the caller has, sweeper.c sends, listens and gives out.
 */
#ifndef TTR_NET_SWEEPER_STATE_H
#define TTR_NET_SWEEPER_STATE_H

#include "net/aliases.h"
#include "net/clock.h"
#include "net/origin.h"
#include "net/raw.h"
#include "net/sweeper.h"
#include "tcptraceroute/sandbox.h"

/* Names that are looked up at a time: see names.h. */
#define TTR_SWEEPER_LOOKUPS 32

struct ttr_batch;
struct ttr_capture;
struct ttr_resolver;
struct ttr_timer;
struct ttr_watch;

/* What is opened with the privilege, and what has been given up since. */
struct ttr_sweeper_gear {
	struct ttr_raw raw;
	struct ttr_sandbox sandbox;
	struct ttr_batch *batch;
	struct ttr_capture *capture;
	int reserved[TTR_SWEEP_PORTS]; /* sockets that hold the source ports; -1: none */
	uint16_t ports[TTR_SWEEP_PORTS];
	unsigned int ifindex;   /* -i; 0: any device */
	struct ttr_addr source; /* -s; NONE: the kernel's choice */
};

struct ttr_sweeper {
	struct ttr_loop *loop;
	struct ttr_sweeper_plan plan;
	const struct ttr_sweeper_handler *handler;
	void *context;
	struct ttr_sweeper_gear gear;
	struct ttr_origin origin;
	struct ttr_resolver *resolver;
	struct ttr_aliases aliases; /* of the hosts file */
	struct ttr_sweep *sweep;
	struct ttr_watch *capture_watch;
	struct ttr_watch *batch_watches[2];
	struct ttr_timer *wake;
	struct ttr_timer *resume;
	struct ttr_timer *bound; /* --max-time */

	struct ttr_sweeper_item *ready; /* have an address and ports to trace: a list by `next` */
	struct ttr_sweeper_item **ready_end;
	struct ttr_sweeper_item *asked; /* whose name is looked up */
	size_t lookups;
	bool exhausted; /* no more items */
	bool opened;
	bool can_send;
	bool pumping;
	bool ended;
	int send_error;
	bool starving; /* the caller has no item yet */
	struct ttr_sweep_counters no_counters;
	struct ttr_clock_sleep sleep;
};

/* -- sweeper_open.c -- */

/* Stages 4 and 5 of start.h, and of 8 all but the targets. 0, or a negative errno and the problem.
 */
int ttr_sweeper_open(struct ttr_sweeper_gear *gear, const struct ttr_sweeper_plan *plan,
		     struct ttr_problem *problem);
/* Stage 9: before the first byte of the list is read. 0, or a negative errno and the problem; a
 * warning is told in *warning, whose kind is TTR_PROBLEM_NONE without one. */
int ttr_sweeper_seal(struct ttr_sweeper_gear *gear, const struct ttr_settings *settings,
		     struct ttr_problem *problem, struct ttr_problem *warning);
void ttr_sweeper_close(struct ttr_sweeper_gear *gear);

/* -- sweeper_targets.c -- */

/* Takes in targets as long as there is room: nothing that there is no room for, so that memory
 * stays what it is. */
void ttr_sweeper_fill(struct ttr_sweeper *sweeper, struct ttr_mono now);

/* One of the item's ports is done with. */
void ttr_sweeper_give_back(struct ttr_sweeper *sweeper, struct ttr_sweeper_item *item);

/* All that are not in the sweep yet; no more are taken. */
void ttr_sweeper_drop_targets(struct ttr_sweeper *sweeper);

#endif
