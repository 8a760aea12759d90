/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Until when a cell is waited for, and when it is asked again.
 *
 * A router's silence is judged by the answers from behind it: when those came, its own should have
 * come too. The destination, and whatever lies beyond the last answer, can only be judged by
 * patience (timing.md 4a).
 *
 * So there are answers that a trace does not wait for, since only waiting would tell that they come:
 * those of a way that is slower than everything that was heard, in three cases. What was asked again
 * has the time that the hops behind, and its own row, took. Where each probe has a way of its own
 * (track_port) the others' answers are all that it is judged by. And when another flow was asked
 * because the query's own was silent, and a router on that other way answers, its answer stands: the
 * host's own one, if it comes after the row was given out, is late, and what the flow's farther
 * probes get is not told from a copy of it where answers name no probe: their cells may stay empty.
 */
#ifndef TTR_CORE_SCHEDULE_H
#define TTR_CORE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"

/* The probes of a row follow those of the row before it after this time. */
#define TTR_ROW_GAP_NS (100 * TTR_NS_PER_US)

/* A cell of a row that says nothing at all is asked that often. */
#define TTR_TRIES 2

/*
 * A row is asked that often in all, but at least TTR_TRIES times per query: what a Linux router
 * answers at once (timing.md section 2).
 */
#define TTR_ROW_ASKS 6

/* What is known of one row. */
struct ttr_row {
	int64_t smallest_ns; /* of its round-trip times; -1: no answer */
	int64_t largest_ns;
	uint32_t asks;      /* probes asked for */
	bool balance_asked; /* balance.c has asked its flows again */
};

/* How long the cells of one row are waited for; -1: no row says anything about it. */
struct ttr_waits {
	/* From the cell's last probe until it is asked again, or given up. */
	int64_t last_ns;
	/* From the cell's first probe until it is given up, at the least. */
	int64_t first_ns;
	/* The same if nobody behind has answered the query: its way may be a slower one. */
	int64_t alone_ns;
	/* The rows say enough to ask it again; an arrival whose TTL is open does not, arrival.c
	 * asks what has to be asked about it. */
	bool retry;
};

/*
 * Derives the waits of `count` rows, and of an arrival whose TTL is still open (-1: there is none).
 * A row is judged by itself and the rows behind it:
 *	last	the second smallest time (the only one if there is but one), a sixteenth more,
 *		the jitter, and 5 ms
 *	first	the largest time, a quarter more, and 20 ms
 *	alone	twice the largest time, and 100 ms
 * The jitter is the median over the rows of how much the answers of one row differ; a sixteenth
 * again where none has two.
 */
void ttr_schedule_waits(struct ttr_waits *waits, const struct ttr_row *rows, unsigned int count,
			int64_t arrival_ns);

/* What is asked of a row for the last time has what its slowest answer took, a sixteenth more, and
 * 5 ms; -1: it has none. */
int64_t ttr_schedule_row_wait(const struct ttr_row *row);

#endif
