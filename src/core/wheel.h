/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A timing wheel: arming, disarming and finding what is due cost O(1), however many there are.
 *
 * Timers are numbers 0 .. count - 1. One is due up to a tick late, and early when it was armed
 * farther ahead than the wheel reaches: whoever armed it knows its time and arms it again (G.
 * Varghese, T. Lauck: "Hashed and Hierarchical Timing Wheels", 1987, scheme 4).
 */
#ifndef TTR_CORE_WHEEL_H
#define TTR_CORE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"

#define TTR_WHEEL_TICK_NS (2 * TTR_NS_PER_MS)
#define TTR_WHEEL_TICKS 2048 /* a power of two, a multiple of 64 */

struct ttr_wheel_timer {
	uint32_t next, previous; /* in the same tick; number plus one, 0: none */
	uint32_t tick;           /* plus one; 0: not armed */
};

struct ttr_wheel {
	struct ttr_wheel_timer *timers;
	uint32_t first[TTR_WHEEL_TICKS];         /* number plus one */
	uint64_t occupied[TTR_WHEEL_TICKS / 64]; /* ticks that have timers */
	int64_t now;                             /* in ticks: all before it was given out */
};

/* 0 or -ENOMEM. */
int ttr_wheel_init(struct ttr_wheel *wheel, size_t count);
void ttr_wheel_fini(struct ttr_wheel *wheel);

/* Replaces what the timer was armed for. */
void ttr_wheel_arm(struct ttr_wheel *wheel, uint32_t timer, struct ttr_mono at);
void ttr_wheel_disarm(struct ttr_wheel *wheel, uint32_t timer);

/* Takes out one that is due by now; false: none is. */
bool ttr_wheel_due(struct ttr_wheel *wheel, struct ttr_mono now, uint32_t *timer);

/* When the next one is due; INT64_MAX: none is armed. */
struct ttr_mono ttr_wheel_next(const struct ttr_wheel *wheel);

#endif
