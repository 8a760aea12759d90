/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/wheel.h"

#include <errno.h>
#include <stdlib.h>

#define MASK (TTR_WHEEL_TICKS - 1)
#define WORDS (TTR_WHEEL_TICKS / 64)

int ttr_wheel_init(struct ttr_wheel *wheel, size_t count)
{
	*wheel = (struct ttr_wheel){.now = 0};
	wheel->timers = calloc(count, sizeof(*wheel->timers));
	return wheel->timers ? 0 : -ENOMEM;
}

void ttr_wheel_fini(struct ttr_wheel *wheel)
{
	free(wheel->timers);
	wheel->timers = NULL;
}

/* The first tick that begins at this time or later. */
static int64_t tick_of(struct ttr_mono at)
{
	return (at.ns + TTR_WHEEL_TICK_NS - 1) / TTR_WHEEL_TICK_NS;
}

void ttr_wheel_disarm(struct ttr_wheel *wheel, uint32_t number)
{
	struct ttr_wheel_timer *timer = &wheel->timers[number];
	uint32_t tick = timer->tick - 1;

	if (!timer->tick)
		return;
	if (timer->previous)
		wheel->timers[timer->previous - 1].next = timer->next;
	else
		wheel->first[tick] = timer->next;
	if (timer->next)
		wheel->timers[timer->next - 1].previous = timer->previous;
	if (!wheel->first[tick])
		wheel->occupied[tick / 64] &= ~(UINT64_C(1) << tick % 64);
	*timer = (struct ttr_wheel_timer){0};
}

void ttr_wheel_arm(struct ttr_wheel *wheel, uint32_t number, struct ttr_mono at)
{
	struct ttr_wheel_timer *timer = &wheel->timers[number];
	int64_t tick = tick_of(at);
	uint32_t place;

	if (tick < wheel->now)
		tick = wheel->now;
	if (tick >= wheel->now + TTR_WHEEL_TICKS)
		tick = wheel->now + TTR_WHEEL_TICKS - 1;
	place = (uint32_t)(tick & MASK);
	if (timer->tick == place + 1)
		return;
	ttr_wheel_disarm(wheel, number);
	*timer = (struct ttr_wheel_timer){.next = wheel->first[place], .tick = place + 1};
	if (timer->next)
		wheel->timers[timer->next - 1].previous = number + 1;
	wheel->first[place] = number + 1;
	wheel->occupied[place / 64] |= UINT64_C(1) << place % 64;
}

/* The distance from `now` to the first tick with timers; TTR_WHEEL_TICKS: there is none. */
static int64_t find_tick(const struct ttr_wheel *wheel)
{
	uint32_t start = (uint32_t)(wheel->now & MASK);
	uint32_t word = start / 64;
	uint64_t bits = wheel->occupied[word] & ~UINT64_C(0) << start % 64;

	for (unsigned int i = 0; i <= WORDS; i++) {
		if (bits) {
			uint32_t tick = word * 64 + (uint32_t)__builtin_ctzll(bits);

			return (tick - start) & MASK;
		}
		word = (word + 1) % WORDS;
		bits = wheel->occupied[word];
	}
	return TTR_WHEEL_TICKS;
}

bool ttr_wheel_due(struct ttr_wheel *wheel, struct ttr_mono now, uint32_t *timer)
{
	int64_t last = now.ns / TTR_WHEEL_TICK_NS, ahead = find_tick(wheel);

	if (ahead == TTR_WHEEL_TICKS || wheel->now + ahead > last) {
		if (wheel->now < last)
			wheel->now = last;
		return false;
	}
	wheel->now += ahead;
	*timer = wheel->first[wheel->now & MASK] - 1;
	ttr_wheel_disarm(wheel, *timer);
	return true;
}

struct ttr_mono ttr_wheel_next(const struct ttr_wheel *wheel)
{
	int64_t ahead = find_tick(wheel);

	if (ahead == TTR_WHEEL_TICKS)
		return (struct ttr_mono){INT64_MAX};
	return (struct ttr_mono){(wheel->now + ahead) * TTR_WHEEL_TICK_NS};
}
