/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/fifo.h"

static void assert_order(struct ttr_fifo *fifo, const uint32_t *expected, size_t count)
{
	uint32_t number;

	for (size_t i = 0; i < count; i++) {
		assert_true(ttr_fifo_pop(fifo, &number));
		assert_int_equal(number, expected[i]);
	}
	assert_false(ttr_fifo_pop(fifo, &number));
	assert_true(ttr_fifo_empty(fifo));
}

static void test_order(void **state)
{
	struct ttr_fifo fifo;

	(void)state;
	assert_int_equal(ttr_fifo_init(&fifo, 8), 0);
	assert_true(ttr_fifo_empty(&fifo));
	ttr_fifo_push(&fifo, 3);
	ttr_fifo_push(&fifo, 7);
	ttr_fifo_push_front(&fifo, 0);
	ttr_fifo_push(&fifo, 5);
	assert_order(&fifo, (const uint32_t[]){0, 3, 7, 5}, 4);
	ttr_fifo_push_front(&fifo, 6);
	ttr_fifo_push(&fifo, 2);
	assert_order(&fifo, (const uint32_t[]){6, 2}, 2);
	ttr_fifo_fini(&fifo);
}

static void test_each_once(void **state)
{
	struct ttr_fifo fifo;
	uint32_t number;

	(void)state;
	assert_int_equal(ttr_fifo_init(&fifo, 4), 0);
	for (int i = 0; i < 100; i++) {
		ttr_fifo_push(&fifo, 1);
		ttr_fifo_push(&fifo, 2);
		ttr_fifo_push_front(&fifo, 2);
	}
	assert_true(ttr_fifo_pop(&fifo, &number));
	assert_int_equal(number, 1);
	ttr_fifo_push(&fifo, 1); /* again, now that it was taken */
	assert_order(&fifo, (const uint32_t[]){2, 1}, 2);
	ttr_fifo_fini(&fifo);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_each_once),
	};

	return cmocka_run_group_tests_name("fifo", tests, NULL, NULL);
}
