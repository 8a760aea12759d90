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

static void test_deadlines(void **state)
{
	static const struct {
		int64_t rtt_ms[6]; /* of TTL 1 to 6; -1: silent */
		unsigned int ttl;
		int64_t retry_ms, by_last_ms, by_first_ms;
	} cases[] = {
		/* nothing is known behind it */
		{{10, 20, -1, -1, -1, -1}, 3, -1, -1, -1},
		/* one answer from behind */
		{{10, -1, 40, -1, -1, -1}, 2, 70, 70, 70},
		/* the second smallest, so that one stray answer does not hurry */
		{{-1, 8, 40, 80, -1, -1}, 1, 70, 120, 120},
		/* the three nearest for the last probe, all for the first one */
		{{-1, 8, 16, 24, 100, 200}, 1, 40, 50, 270},
		/* rows before it say nothing */
		{{400, 300, -1, 40, 40, 40}, 3, 70, 70, 70},
		/* the row's own other answers count */
		{{4, 4, 4, 4, 4, 160}, 6, 220, 220, 220},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ttr_waits *w;
		struct ttr_waits waits[6];
		int64_t rtt_ns[6];

		for (unsigned int ttl = 1; ttl <= 6; ttl++)
			rtt_ns[ttl - 1] = in_ns(cases[i].rtt_ms[ttl - 1]);
		ttr_schedule_waits(waits, rtt_ns, 6, -1);
		w = &waits[cases[i].ttl - 1];
		assert_int_equal(w->retry_ns, in_ns(cases[i].retry_ms));
		assert_int_equal(w->last_ns, in_ns(cases[i].by_last_ms));
		assert_int_equal(w->first_ns, in_ns(cases[i].by_first_ms));
	}
}

/* It says how long the last rows are waited for, but asks nobody again. */
static void test_open_arrival(void **state)
{
	const int64_t rtt_ns[3] = {10 * MS, -1, -1};
	struct ttr_waits waits[3];

	(void)state;
	ttr_schedule_waits(waits, rtt_ns, 3, 80 * MS);
	assert_int_equal(waits[2].retry_ns, -1);
	assert_int_equal(waits[2].last_ns, 120 * MS);
	assert_int_equal(waits[0].retry_ns, in_ns(10) + 2500000 + 20 * MS);
	assert_int_equal(waits[0].first_ns, 120 * MS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_open_arrival),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
