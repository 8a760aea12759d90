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
#include "tcptraceroute/grid.h"

/* The probes of a row follow those of the row before it after this time. */
#define TTR_ROW_GAP_NS (100 * TTR_NS_PER_US)

/* A cell is asked that often at most without a doubt about the destination (that allows one more).
 */
#define TTR_TRIES 2

/* Smallest round-trip times of the answered rows of one port. */
struct ttr_evidence_rows {
	int64_t rtt_ns[TTR_TTL_MAX + 2]; /* by TTL; -1: no answer; behind the last: an arrival whose
					    TTL is open */
};

void ttr_schedule_gather(struct ttr_evidence_rows *rows, const struct ttr_grid *grid, size_t port);

/*
 * How long the last probe of a cell at `ttl` is waited for before the cell is asked again, judged
 * by the rows from `ttl` on: the second smallest time (the only one if there is but one) and a
 * quarter more, and 20 ms. -1: no row says anything. An arrival whose TTL is open does not count:
 * arrival.c asks what has to be asked about it.
 */
int64_t ttr_schedule_retry_ns(const struct ttr_evidence_rows *rows, unsigned int ttl);

/*
 * How long the last and the first probe of a cell are waited for before it is given up: a quarter
 * more than the largest of the three nearest rows, and than the largest of all, and 20 ms. -1: no
 * row says anything.
 */
int64_t ttr_schedule_verdict_ns(const struct ttr_evidence_rows *rows, unsigned int ttl,
				int64_t *since_first_ns);

#endif
