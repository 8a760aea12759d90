/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces many hosts on a loop: resolves their names, asks for their source addresses, and drives
 * the sweep (sweep.h) with a sending socket for each family and one capture.
 *
 * Targets are pulled from the caller when there is room for them, and each is given back as often
 * as it has ports: with a result, or with the reason why there is none.
 */
#ifndef TTR_NET_SWEEPER_H
#define TTR_NET_SWEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/session.h"
#include "tcptraceroute/settings.h"
#include "tcptraceroute/sweep.h"

struct ttr_loop;
struct ttr_sandbox;
struct ttr_sweeper;
struct ttr_request;

/* One host with its ports: the caller's memory, which the sweeper uses until all is given back. */
struct ttr_sweeper_item {
	const char *host;
	const uint16_t *ports;
	size_t port_count; /* 1 or more */
	uint64_t line;     /* the caller's */

	/* the sweeper's */
	struct ttr_sweeper *sweeper;
	struct ttr_sweeper_item *next, *previous;
	struct ttr_request *lookup;
	struct ttr_addr address;
	size_t next_port;
	struct ttr_addr source;
	size_t left; /* ports that are not given back yet, and one as long as it is in a list */
};

enum ttr_sweeper_feed {
	TTR_SWEEPER_ITEM,  /* *item is the next one */
	TTR_SWEEPER_LATER, /* ttr_sweeper_pump() when there is one */
	TTR_SWEEPER_END,   /* there are no more */
};

struct ttr_sweeper_handler {
	enum ttr_sweeper_feed (*feed)(void *context, struct ttr_sweeper_item **item);
	/* False: this address and port is not to be traced; it counts as given back. */
	bool (*accept)(void *context, const struct ttr_sweeper_item *item, uint16_t port);
	void (*result)(void *context, struct ttr_sweeper_item *item,
		       const struct ttr_sweep_result *result);
	/* The item's remaining ports, all together, cannot be traced. */
	void (*refused)(void *context, struct ttr_sweeper_item *item,
			const struct ttr_problem *problem);
	/* The item is not used any more; after the last of the above. */
	void (*release)(void *context, struct ttr_sweeper_item *item);
	/* Of the run: fatal ones, and warnings, as in session.h. */
	void (*problem)(void *context, const struct ttr_problem *problem);
	/* This turn of the loop is over: what was said may be written. */
	void (*turn)(void *context);
	/* Everything was said. */
	void (*end)(void *context);
};

struct ttr_sweeper_plan {
	const struct ttr_settings *settings; /* host and ports are not looked at */
	uint32_t rate;
	bool full;
};

/* Targets in memory for a rate: what it takes to wait for silent ones. */
size_t ttr_sweeper_window(const struct ttr_sweeper_plan *plan);

/* loop, plan's settings and handler must outlive it. 0, -ENOMEM. */
int ttr_sweeper_new(struct ttr_sweeper **sweeper, struct ttr_loop *loop,
		    const struct ttr_sweeper_plan *plan, const struct ttr_sweeper_handler *handler,
		    void *context);
void ttr_sweeper_free(struct ttr_sweeper *sweeper);

/* Opens what needs the privilege, gives it up, and starts. 0, or the problem was told. */
int ttr_sweeper_start(struct ttr_sweeper *sweeper);

/* There is something to do: targets, or output has caught up. */
void ttr_sweeper_pump(struct ttr_sweeper *sweeper);

/* Sends nothing more and gives out what is known, then the end. Names that are looked up are
 * dropped. */
void ttr_sweeper_stop(struct ttr_sweeper *sweeper);

const struct ttr_sweep_counters *ttr_sweeper_counters(const struct ttr_sweeper *sweeper);
uint64_t ttr_sweeper_frames_dropped(const struct ttr_sweeper *sweeper);
/* What was given up: from the start on. */
const struct ttr_sandbox *ttr_sweeper_sandbox(const struct ttr_sweeper *sweeper);
size_t ttr_sweeper_active(const struct ttr_sweeper *sweeper);

#endif
