/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds complete rows back until their names have come, in order, and never for long.
 *
 * While probes are still out a row waits TTR_GATE_ROW_NS for its names; when the last row of the
 * trace is complete, all that is left waits for the rest of the time that the user gives to names.
 * Plain data and times in, decisions out.
 *
 * With thousands of ports each pass must cost what it lets through: ports that have something to
 * show are in a queue, those that wait for names in a heap by the time at which they stop waiting,
 * and are looked at again when a name came.
 */
#ifndef TTR_NET_GATE_H
#define TTR_NET_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fifo.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/grid.h"

/* Long enough for a cached or near answer, short enough to look immediate. */
#define TTR_GATE_ROW_NS (500 * TTR_NS_PER_MS)

struct ttr_gate_port {
	struct ttr_mono *complete; /* by row from first_ttl on; 0: not complete yet */
	struct ttr_mono due;       /* if it waits: until then at most */
	uint16_t next;             /* TTL of the next row to let through */
	bool waits;                /* for the names of that row */
	bool done;                 /* its last row is known and complete */
	bool out;                  /* its end was let through */
};

struct ttr_gate {
	const struct ttr_grid *grid;
	struct ttr_gate_port *ports;
	struct ttr_mono *rows; /* the memory behind `complete` */
	struct ttr_fifo ready; /* ports that may have something to let through */
	uint32_t *waiting;     /* a heap of ports: the earliest due first */
	size_t waiting_count;
	bool name_came; /* after those that wait were looked at */
	size_t ports_out;
	int64_t end_wait_ns;
	struct ttr_mono ended; /* when the trace was complete; 0: it is not */
	bool open;             /* nothing waits any more */
};

enum ttr_gate_kind {
	TTR_GATE_ROW,
	TTR_GATE_PORT,
	TTR_GATE_END,
};

struct ttr_gate_pass {
	enum ttr_gate_kind kind;
	size_t port;
	unsigned int ttl; /* ROW */
};

/* grid must outlive the gate. 0 or -ENOMEM. */
int ttr_gate_init(struct ttr_gate *gate, const struct ttr_grid *grid, int64_t end_wait_ns);
void ttr_gate_fini(struct ttr_gate *gate);

/* The engine's ROW, PORT and END actions. */
void ttr_gate_row(struct ttr_gate *gate, size_t port, unsigned int ttl, struct ttr_mono now);
void ttr_gate_port(struct ttr_gate *gate, size_t port);
void ttr_gate_end(struct ttr_gate *gate, struct ttr_mono now);

/* The name of some address is settled. */
void ttr_gate_named(struct ttr_gate *gate);

/* Nothing waits any more. */
void ttr_gate_open(struct ttr_gate *gate);

/*
 * The next thing to let through; false if all that is left waits. named(context, addr) says whether
 * the address' name is settled. *until: when to ask again at the latest (0: only an input can
 * change anything).
 */
bool ttr_gate_next(struct ttr_gate *gate, struct ttr_mono now,
		   bool (*named)(const void *context, const struct ttr_addr *addr),
		   const void *context, struct ttr_gate_pass *pass, struct ttr_mono *until);

#endif
