/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/schedule.h"

#define MS TTR_NS_PER_MS

static void set_rows(struct ttr_evidence_rows *rows, const int64_t *rtt_ms)
{
	for (unsigned int ttl = 0; ttl <= TTR_TTL_MAX + 1; ttl++)
		rows->rtt_ns[ttl] = -1;
	for (unsigned int i = 0; i < 6; i++)
		rows->rtt_ns[i + 1] = rtt_ms[i] < 0 ? -1 : rtt_ms[i] * MS;
}

static void test_deadlines(void **state)
{
	static const struct {
		int64_t rtt_ms[6]; /* of TTL 1 to 6; -1: silent */
		unsigned int ttl;
		int64_t retry_ms, by_last_ms, by_first_ms;
	} cases[] = {
		/* nothing is known behind it */
		{{10, 20, -1, -1, -1, -1}, 3, -1, -1, 0},
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
		struct ttr_evidence_rows rows;
		int64_t by_last, by_first = 0;

		set_rows(&rows, cases[i].rtt_ms);
		by_last = ttr_schedule_verdict_ns(&rows, cases[i].ttl, &by_first);
		if (cases[i].retry_ms < 0) {
			assert_int_equal(ttr_schedule_retry_ns(&rows, cases[i].ttl), -1);
			assert_int_equal(by_last, -1);
			continue;
		}
		assert_int_equal(ttr_schedule_retry_ns(&rows, cases[i].ttl),
				 cases[i].retry_ms * MS);
		assert_int_equal(by_last, cases[i].by_last_ms * MS);
		assert_int_equal(by_first, cases[i].by_first_ms * MS);
	}
}

static void test_open_arrival(void **state)
{
	static const int64_t none[6] = {-1, -1, -1, -1, -1, -1};
	struct ttr_evidence_rows rows;
	int64_t by_first;

	(void)state;
	set_rows(&rows, none);
	rows.rtt_ns[TTR_TTL_MAX + 1] = 80 * MS;
	assert_int_equal(ttr_schedule_retry_ns(&rows, 5), -1);
	assert_int_equal(ttr_schedule_verdict_ns(&rows, 5, &by_first), 120 * MS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_open_arrival),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
