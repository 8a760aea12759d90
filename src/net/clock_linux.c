/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/clock.h"

#include <time.h>

#define LEAST_NS TTR_NS_PER_MS

/* Between two bounds, since the clocks cannot be read at one moment. */
static void read_sleep(int64_t *least_ns, int64_t *most_ns)
{
	const struct ttr_mono before = ttr_mono_now();
	struct timespec between;
	int64_t between_ns;

	clock_gettime(CLOCK_BOOTTIME, &between);
	between_ns = between.tv_sec * TTR_NS_PER_S + between.tv_nsec;
	*least_ns = between_ns - ttr_mono_now().ns;
	*most_ns = between_ns - before.ns;
}

void ttr_clock_sleep_start(struct ttr_clock_sleep *sleep)
{
	int64_t least_ns;

	read_sleep(&least_ns, &sleep->before_ns);
}

int64_t ttr_clock_slept_ns(const struct ttr_clock_sleep *sleep)
{
	int64_t least_ns, most_ns;

	read_sleep(&least_ns, &most_ns);
	return least_ns - sleep->before_ns >= LEAST_NS ? least_ns - sleep->before_ns : 0;
}
