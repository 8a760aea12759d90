/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two clocks, as types that cannot be mixed by accident.
 *
 * Everything that decides uses the monotonic one. Captured frames are stamped with wall time; the
 * capture converts it when it reads a frame, so that a step of the wall clock cannot change a
 * round-trip time.
 */
#ifndef TCPTRACEROUTE_CLOCK_H
#define TCPTRACEROUTE_CLOCK_H

#include <stdint.h>

#define TTR_NS_PER_US INT64_C(1000)
#define TTR_NS_PER_MS INT64_C(1000000)
#define TTR_NS_PER_S INT64_C(1000000000)

/* Nanoseconds of CLOCK_MONOTONIC; 0 is no time. */
struct ttr_mono {
	int64_t ns;
};

/* Nanoseconds since the epoch, CLOCK_REALTIME. */
struct ttr_wall {
	int64_t ns;
};

#endif
