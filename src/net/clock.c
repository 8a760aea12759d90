/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/clock.h"

#include <time.h>

#define STEP_NS TTR_NS_PER_MS
#define PAIR_TRIES 3

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	/* Cannot fail: both clocks exist on every system that has them at all. */
	clock_gettime(clock, &now);
	return now.tv_sec * TTR_NS_PER_S + now.tv_nsec;
}

struct ttr_mono ttr_mono_now(void)
{
	return (struct ttr_mono){read_clock(CLOCK_MONOTONIC)};
}

struct ttr_wall ttr_wall_now(void)
{
	return (struct ttr_wall){read_clock(CLOCK_REALTIME)};
}

/* Both clocks at one moment: being interrupted between the readings would show as a step, so the
 * narrowest of a few attempts counts. */
static void read_pair(struct ttr_mono *mono, struct ttr_wall *wall)
{
	int64_t narrowest = INT64_MAX;

	for (int i = 0; i < PAIR_TRIES; i++) {
		const int64_t before = read_clock(CLOCK_MONOTONIC);
		const int64_t between = read_clock(CLOCK_REALTIME);
		const int64_t width = read_clock(CLOCK_MONOTONIC) - before;

		if (width >= narrowest)
			continue;
		narrowest = width;
		mono->ns = before + width / 2;
		wall->ns = between;
	}
}

void ttr_clock_bridge_start(struct ttr_clock_bridge *bridge, struct ttr_mono mono,
			    struct ttr_wall wall)
{
	bridge->read = mono;
	bridge->since = mono;
	bridge->offset_ns = mono.ns - wall.ns;
}

void ttr_clock_bridge_feed(struct ttr_clock_bridge *bridge, struct ttr_mono mono,
			   struct ttr_wall wall)
{
	const int64_t offset_ns = mono.ns - wall.ns;
	const int64_t change_ns = offset_ns - bridge->offset_ns;

	if (change_ns > STEP_NS || change_ns < -STEP_NS)
		bridge->since = mono;
	bridge->read = mono;
	bridge->offset_ns = offset_ns;
}

void ttr_clock_bridge_init(struct ttr_clock_bridge *bridge)
{
	struct ttr_mono mono = {0};
	struct ttr_wall wall = {0};

	read_pair(&mono, &wall);
	ttr_clock_bridge_start(bridge, mono, wall);
}

void ttr_clock_bridge_read(struct ttr_clock_bridge *bridge)
{
	struct ttr_mono mono = {0};
	struct ttr_wall wall = {0};

	read_pair(&mono, &wall);
	ttr_clock_bridge_feed(bridge, mono, wall);
}

struct ttr_mono ttr_clock_bridge_mono(const struct ttr_clock_bridge *bridge, struct ttr_wall stamp)
{
	const struct ttr_mono mono = {stamp.ns + bridge->offset_ns};

	if (mono.ns < bridge->since.ns || mono.ns > bridge->read.ns)
		return bridge->read;
	return mono;
}
