/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/schedule.h"

#include "tcptraceroute/grid.h"

/* A router's own delay, and the timers': what even the nearest answer may take longer than the
 * last one. */
#define LAST_SLACK_NS (5 * TTR_NS_PER_MS)
#define FIRST_SLACK_NS (20 * TTR_NS_PER_MS)

/* Balanced ways differ more than that in few places. */
#define ALONE_SLACK_NS (100 * TTR_NS_PER_MS)

/* The times of the rows seen so far, from the last row towards the first; -1: none. */
struct behind {
	int64_t smallest, second, largest;
};

static void see(struct behind *behind, int64_t rtt_ns)
{
	if (behind->smallest < 0 || rtt_ns < behind->smallest) {
		behind->second = behind->smallest;
		behind->smallest = rtt_ns;
	} else if (behind->second < 0 || rtt_ns < behind->second) {
		behind->second = rtt_ns;
	}
	if (rtt_ns > behind->largest)
		behind->largest = rtt_ns;
}

static void insert(int64_t *sorted, unsigned int count, int64_t value)
{
	for (; count > 0 && sorted[count - 1] > value; count--)
		sorted[count] = sorted[count - 1];
	sorted[count] = value;
}

/* One row may be late for reasons of its own: the median, not the largest. -1: no row has two
 * answers.
 */
static int64_t jitter_ns(const struct ttr_row *rows, unsigned int count)
{
	int64_t sorted[TTR_TTL_MAX];
	unsigned int found = 0;

	for (unsigned int i = 0; i < count && found < TTR_TTL_MAX; i++)
		if (rows[i].largest_ns > rows[i].smallest_ns)
			insert(sorted, found++, rows[i].largest_ns - rows[i].smallest_ns);
	return found ? sorted[found / 2] : -1;
}

static struct ttr_waits judge(const struct behind *behind, int64_t jitter_ns)
{
	int64_t rtt_ns = behind->second < 0 ? behind->smallest : behind->second;

	if (rtt_ns < 0)
		return (struct ttr_waits){.last_ns = -1, .first_ns = -1, .alone_ns = -1};
	return (struct ttr_waits){
		.last_ns = rtt_ns + rtt_ns / 16 + (jitter_ns < 0 ? rtt_ns / 16 : jitter_ns) +
			   LAST_SLACK_NS,
		.first_ns = behind->largest + behind->largest / 4 + FIRST_SLACK_NS,
		.alone_ns = 2 * behind->largest + ALONE_SLACK_NS,
		.retry = true,
	};
}

void ttr_schedule_waits(struct ttr_waits *waits, const struct ttr_row *rows, unsigned int count,
			int64_t arrival_ns)
{
	struct behind behind = {-1, -1, -1};
	int64_t jitter = jitter_ns(rows, count);
	bool answered = false;

	if (arrival_ns >= 0)
		see(&behind, arrival_ns);
	while (count-- > 0) {
		if (rows[count].smallest_ns >= 0) {
			see(&behind, rows[count].smallest_ns);
			answered = true;
		}
		waits[count] = judge(&behind, jitter);
		waits[count].retry = answered;
	}
}

int64_t ttr_schedule_row_wait(const struct ttr_row *row)
{
	if (row->smallest_ns < 0)
		return -1;
	return row->largest_ns + row->largest_ns / 16 + LAST_SLACK_NS;
}
