/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/wheel.h"

#define COUNT 200
#define TICK TTR_WHEEL_TICK_NS

static struct ttr_mono at(int64_t ns)
{
	return (struct ttr_mono){ns};
}

/* Beside a plain array of times: nothing is lost, nothing early, nothing later than a tick. */
static void test_beside_an_array(void **state)
{
	struct ttr_wheel wheel;
	int64_t times[COUNT] = {0}, now = 123456789;
	uint32_t random = 3, due;
	uint64_t fired = 0;

	(void)state;
	assert_int_equal(ttr_wheel_init(&wheel, COUNT), 0);
	for (unsigned int round = 0; round < 50000; round++) {
		uint32_t i;

		random = random * 1103515245U + 12345U;
		i = (random >> 16) % COUNT;
		if (round % 5 == 0) {
			ttr_wheel_disarm(&wheel, i);
			times[i] = 0;
		} else {
			times[i] = now + (int64_t)(random >> 8) % (TICK * 2000);
			ttr_wheel_arm(&wheel, i, at(times[i]));
		}
		if (round % 3)
			continue;
		now += (int64_t)(random >> 4) % (3 * TICK);
		while (ttr_wheel_due(&wheel, at(now), &due)) {
			assert_true(times[due] > 0 && times[due] <= now);
			times[due] = 0;
			fired++;
		}
		for (i = 0; i < COUNT; i++)
			assert_true(times[i] == 0 || times[i] > now - TICK);
	}
	assert_true(fired > 1000);
	ttr_wheel_fini(&wheel);
}

static void test_next(void **state)
{
	struct ttr_wheel wheel;
	uint32_t due;

	(void)state;
	assert_int_equal(ttr_wheel_init(&wheel, 3), 0);
	assert_true(ttr_wheel_next(&wheel).ns == INT64_MAX);
	assert_false(ttr_wheel_due(&wheel, at(1000 * TICK), &due));
	ttr_wheel_arm(&wheel, 1, at(1500 * TICK));
	ttr_wheel_arm(&wheel, 2, at(1100 * TICK - 1));
	assert_int_equal(ttr_wheel_next(&wheel).ns, 1100 * TICK);
	ttr_wheel_disarm(&wheel, 2);
	assert_int_equal(ttr_wheel_next(&wheel).ns, 1500 * TICK);
	assert_false(ttr_wheel_due(&wheel, at(1500 * TICK - 1), &due));
	assert_true(ttr_wheel_due(&wheel, at(1500 * TICK), &due));
	assert_int_equal(due, 1);
	assert_true(ttr_wheel_next(&wheel).ns == INT64_MAX);
	ttr_wheel_fini(&wheel);
}

/* In the past: at once. Beyond the wheel: early, at its end. */
static void test_ends(void **state)
{
	struct ttr_wheel wheel;
	uint32_t due;

	(void)state;
	assert_int_equal(ttr_wheel_init(&wheel, 2), 0);
	assert_false(ttr_wheel_due(&wheel, at(5000 * TICK), &due));
	ttr_wheel_arm(&wheel, 0, at(17));
	assert_true(ttr_wheel_due(&wheel, at(5000 * TICK), &due));
	ttr_wheel_arm(&wheel, 1, at(500000 * TICK));
	assert_int_equal(ttr_wheel_next(&wheel).ns, (5000 + TTR_WHEEL_TICKS - 1) * TICK);
	assert_true(ttr_wheel_due(&wheel, at(9000 * TICK), &due));
	assert_int_equal(due, 1);
	ttr_wheel_fini(&wheel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_an_array),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
