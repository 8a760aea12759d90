/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/schedule.h"

#define MS TTR_NS_PER_MS

static int64_t in_ns(int64_t ms)
{
	return ms < 0 ? -1 : ms * MS;
}

static struct ttr_row row(int64_t smallest_ms, int64_t largest_ms)
{
	return (struct ttr_row){.smallest_ns = in_ns(smallest_ms), .largest_ns = in_ns(largest_ms)};
}

static void test_waits(void **state)
{
	static const struct {
		int64_t rtt_ms[6]; /* of TTL 1 to 6; -1: silent */
		unsigned int ttl;
		int64_t last_ms, first_ms;
	} cases[] = {
		/* nothing is known behind it */
		{{16, 32, -1, -1, -1, -1}, 3, -1, -1},
		/* one answer from behind */
		{{16, -1, 32, -1, -1, -1}, 2, 41, 60},
		/* the second smallest, so that one stray answer does not hurry */
		{{-1, 8, 32, 80, -1, -1}, 1, 41, 120},
		{{-1, 8, 16, 24, 96, 200}, 1, 23, 270},
		/* rows before it say nothing */
		{{400, 300, -1, 48, 48, 48}, 3, 59, 80},
		/* the row's own other answers count */
		{{4, 4, 4, 4, 4, 160}, 6, 185, 220},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ttr_waits *w;
		struct ttr_waits waits[6];
		struct ttr_row rows[6];

		for (unsigned int ttl = 1; ttl <= 6; ttl++)
			rows[ttl - 1] = row(cases[i].rtt_ms[ttl - 1], cases[i].rtt_ms[ttl - 1]);
		ttr_schedule_waits(waits, rows, 6, -1);
		w = &waits[cases[i].ttl - 1];
		assert_int_equal(w->last_ns, in_ns(cases[i].last_ms));
		assert_int_equal(w->first_ns, in_ns(cases[i].first_ms));
		assert_int_equal(w->alone_ns, cases[i].last_ms < 0
						      ? -1
						      : (w->first_ns - 20 * MS) * 8 / 5 + 100 * MS);
		assert_int_equal(w->retry, cases[i].last_ms >= 0);
	}
}

/* The median of what the rows differ in themselves: one late answer does not count. */
static void test_jitter(void **state)
{
	const struct ttr_row rows[] = {row(16, 20), row(16, 900), row(-1, -1), row(16, 19)};
	struct ttr_waits waits[4];

	(void)state;
	ttr_schedule_waits(waits, rows, 4, -1);
	assert_int_equal(waits[2].last_ns, in_ns(16 + 1 + 4 + 5));
}

/* It says how long the last rows are waited for, but asks nobody again. */
static void test_open_arrival(void **state)
{
	const struct ttr_row rows[] = {row(16, 16), row(-1, -1), row(-1, -1)};
	struct ttr_waits waits[3];

	(void)state;
	ttr_schedule_waits(waits, rows, 3, 80 * MS);
	assert_false(waits[2].retry);
	assert_int_equal(waits[2].last_ns, in_ns(80 + 5 + 5 + 5));
	assert_true(waits[0].retry);
	assert_int_equal(waits[0].first_ns, in_ns(120));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_open_arrival),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
