/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Until when a cell is waited for, and when it is asked again.
 *
 * A router's silence is judged by the answers from behind it: when those came, its own should have
 * come too. The destination, and whatever lies beyond the last answer, can only be judged by
 * patience (timing.md 4a).
 */
#ifndef TTR_CORE_SCHEDULE_H
#define TTR_CORE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"

/* The probes of a row follow those of the row before it after this time. */
#define TTR_ROW_GAP_NS (100 * TTR_NS_PER_US)

/* A cell is asked that often at most without a doubt about the destination (that allows one more).
 */
#define TTR_TRIES 2

/* How long the cells of one row are waited for; -1: no row says anything about it. */
struct ttr_waits {
	/* From the cell's last probe until it is asked again. */
	int64_t retry_ns;
	/* From the cell's last and from its first probe until it is given up, if it is not asked
	 * again. */
	int64_t last_ns;
	int64_t first_ns;
};

/*
 * Derives the waits of `count` rows from the smallest round-trip time of each (-1: no answer), and
 *from the time that an arrival took whose TTL is still open (-1: there is none). A row is judged by
 *itself and the rows behind it: retry	the second smallest time (the only one if there is but one),
 *a quarter more, and 20 ms; an open arrival does not count, arrival.c asks what has to be asked
 *about it last	the largest of the three nearest times, a quarter more, and 20 ms first	the largest
 *of all times, a quarter more, and 20 ms
 */
void ttr_schedule_waits(struct ttr_waits *waits, const int64_t *rtt_ns, unsigned int count,
			int64_t arrival_ns);

#endif
