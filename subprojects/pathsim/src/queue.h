/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events in the order of time; at the same time in the order they were put in.
 *
 * A binary heap: putting in and taking out cost O(log n). An event can be cancelled in O(1); it
 * goes when its turn comes.
 */
#ifndef PS_QUEUE_H
#define PS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pathsim.h"
#include "route.h"

#define PS_QUEUE_LIMIT (1U << 20)

struct ps_halfopen;

enum ps_event_kind {
	PS_EVENT_CANCELLED,
	PS_EVENT_ARRIVAL, /* the packet is at route.node */
	PS_EVENT_OUTPUT,  /* the packet is at the prober */
	PS_EVENT_TIMER,   /* of `entry` */
	PS_EVENT_FORGE,   /* an answer of this kind */
};

struct ps_event {
	uint64_t when_ns;
	enum ps_event_kind kind;
	struct ps_route route;        /* ARRIVAL */
	struct ps_halfopen *entry;    /* TIMER */
	unsigned int forge;           /* FORGE */
	struct pathsim_origin origin; /* ARRIVAL: only the input; OUTPUT */
	size_t len;
	uint8_t bytes[]; /* the IP packet */
};

struct ps_queue_slot {
	uint64_t when_ns;
	uint64_t order;
	struct ps_event *event;
};

struct ps_queue {
	struct ps_queue_slot *slots;
	size_t count, room;
	uint64_t order;
};

/* Frees the events too. */
void ps_queue_fini(struct ps_queue *queue);

/* A new event for ps_queue_put(), its other members 0; `bytes` are copied. NULL: no memory. */
struct ps_event *ps_event_new(enum ps_event_kind kind, uint64_t when_ns, const uint8_t *bytes,
			      size_t len);

/* The queue owns the event from now on; it frees it when it cannot take it. Returns 0, -ENOMEM or
 * -ENOBUFS. */
int ps_queue_put(struct ps_queue *queue, struct ps_event *event);

/* The next event, still in the queue; NULL: empty. */
const struct ps_event *ps_queue_peek(struct ps_queue *queue);

/* Takes the next event out; the caller frees it with free(). NULL: empty. */
struct ps_event *ps_queue_take(struct ps_queue *queue);

#endif
