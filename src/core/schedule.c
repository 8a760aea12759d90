/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/schedule.h"

/* Timer granularity and a router's own delay: what even the nearest answer may take longer than the
 * last one. */
#define SLACK_NS (20 * TTR_NS_PER_MS)

static int64_t and_a_quarter(int64_t rtt_ns)
{
	return rtt_ns + rtt_ns / 4 + SLACK_NS;
}

static int64_t row_rtt(const struct ttr_grid *grid, size_t port, unsigned int ttl)
{
	const struct ttr_cell *row = ttr_grid_row(grid, port, ttl);
	int64_t best = -1;

	for (unsigned int q = 0; q < grid->queries; q++)
		if (row[q].state == TTR_CELL_ANSWERED && (best < 0 || row[q].rtt_ns < best))
			best = row[q].rtt_ns;
	return best;
}

void ttr_schedule_gather(struct ttr_evidence_rows *rows, const struct ttr_grid *grid, size_t port)
{
	for (unsigned int ttl = 0; ttl <= TTR_TTL_MAX + 1; ttl++)
		rows->rtt_ns[ttl] = -1;
	for (unsigned int ttl = grid->first_ttl; ttl <= grid->max_ttl; ttl++)
		rows->rtt_ns[ttl] = row_rtt(grid, port, ttl);
}

int64_t ttr_schedule_retry_ns(const struct ttr_evidence_rows *rows, unsigned int ttl)
{
	int64_t smallest = -1, second = -1;

	for (; ttl <= TTR_TTL_MAX; ttl++) {
		int64_t rtt = rows->rtt_ns[ttl];

		if (rtt < 0)
			continue;
		if (smallest < 0 || rtt < smallest) {
			second = smallest;
			smallest = rtt;
		} else if (second < 0 || rtt < second) {
			second = rtt;
		}
	}
	if (smallest < 0)
		return -1;
	return and_a_quarter(second < 0 ? smallest : second);
}

int64_t ttr_schedule_verdict_ns(const struct ttr_evidence_rows *rows, unsigned int ttl,
				int64_t *since_first_ns)
{
	int64_t nearest = -1, largest = -1;
	unsigned int seen = 0;

	for (; ttl <= TTR_TTL_MAX + 1; ttl++) {
		int64_t rtt = rows->rtt_ns[ttl];

		if (rtt < 0)
			continue;
		if (seen++ < 3 && rtt > nearest)
			nearest = rtt;
		if (rtt > largest)
			largest = rtt;
	}
	if (largest < 0)
		return -1;
	*since_first_ns = and_a_quarter(largest);
	return and_a_quarter(nearest);
}
