/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the clocks, and converts the kernel's wall-time stamps to the monotonic clock.
 */
#ifndef TTR_NET_CLOCK_H
#define TTR_NET_CLOCK_H

#include "tcptraceroute/clock.h"

/* CLOCK_MONOTONIC and CLOCK_REALTIME. */
struct ttr_mono ttr_mono_now(void);
struct ttr_wall ttr_wall_now(void);

/*
 * Between the clocks. Read once before a batch of frames, then asked for each stamp in it. A step
 * of the wall clock (its distance to the monotonic one changes by more than 1 ms from one read to
 * the next) makes the stamps from before it worthless, also those that are still queued: they are
 * answered with the time of the read. Plain data; nothing to free.
 */
struct ttr_clock_bridge {
	struct ttr_mono read;  /* when it was read last */
	struct ttr_mono since; /* nothing converts to before this: start, or the last step */
	int64_t offset_ns;     /* monotonic minus wall */
};

/* Reads both clocks. To be called before the first frame can be stamped. */
void ttr_clock_bridge_init(struct ttr_clock_bridge *bridge);
void ttr_clock_bridge_read(struct ttr_clock_bridge *bridge);

/* The same with given readings of one moment; for tests, and for what reads the clocks itself. */
void ttr_clock_bridge_start(struct ttr_clock_bridge *bridge, struct ttr_mono mono,
			    struct ttr_wall wall);
void ttr_clock_bridge_feed(struct ttr_clock_bridge *bridge, struct ttr_mono mono,
			   struct ttr_wall wall);

/* The stamp's time, never after the last read; the last read's time where the stamp cannot be
 * right (from before start or step, or from the future). */
struct ttr_mono ttr_clock_bridge_mono(const struct ttr_clock_bridge *bridge, struct ttr_wall stamp);

/*
 * How long the machine was suspended: CLOCK_BOOTTIME goes on meanwhile, CLOCK_MONOTONIC does not.
 * What is said is never more than it was; less than a millisecond is nothing. Plain data.
 * clock_linux.c: not every system has CLOCK_BOOTTIME.
 */
struct ttr_clock_sleep {
	int64_t before_ns; /* all suspensions since the machine started, at most */
};

void ttr_clock_sleep_start(struct ttr_clock_sleep *sleep);
int64_t ttr_clock_slept_ns(const struct ttr_clock_sleep *sleep); /* since the start */

#endif
