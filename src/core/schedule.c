/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/schedule.h"

/* Timer granularity and a router's own delay: what even the nearest answer may take longer than the
 * last one. */
#define SLACK_NS (20 * TTR_NS_PER_MS)

/* The times of the rows seen so far, from the last row towards the first; -1: none. */
struct behind {
	int64_t smallest, second, largest;
	int64_t nearest[3];
};

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void see(struct behind *behind, int64_t rtt_ns)
{
	if (behind->smallest < 0 || rtt_ns < behind->smallest) {
		behind->second = behind->smallest;
		behind->smallest = rtt_ns;
	} else if (behind->second < 0 || rtt_ns < behind->second) {
		behind->second = rtt_ns;
	}
}

static void see_farthest(struct behind *behind, int64_t rtt_ns)
{
	behind->largest = larger(behind->largest, rtt_ns);
	behind->nearest[2] = behind->nearest[1];
	behind->nearest[1] = behind->nearest[0];
	behind->nearest[0] = rtt_ns;
}

static int64_t and_a_quarter(int64_t rtt_ns)
{
	return rtt_ns < 0 ? -1 : rtt_ns + rtt_ns / 4 + SLACK_NS;
}

static struct ttr_waits judge(const struct behind *behind)
{
	const int64_t *nearest = behind->nearest;

	return (struct ttr_waits){
		.retry_ns = and_a_quarter(behind->second < 0 ? behind->smallest : behind->second),
		.last_ns = and_a_quarter(larger(nearest[0], larger(nearest[1], nearest[2]))),
		.first_ns = and_a_quarter(behind->largest),
	};
}

void ttr_schedule_waits(struct ttr_waits *waits, const int64_t *rtt_ns, unsigned int count,
			int64_t arrival_ns)
{
	struct behind behind = {-1, -1, -1, {-1, -1, -1}};

	if (arrival_ns >= 0)
		see_farthest(&behind, arrival_ns);
	while (count-- > 0) {
		if (rtt_ns[count] >= 0) {
			see(&behind, rtt_ns[count]);
			see_farthest(&behind, rtt_ns[count]);
		}
		waits[count] = judge(&behind);
	}
}
