/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/cursor.h"

static void test_numbers(void **state)
{
	struct bytes bytes = bytes_hex("01 fe02 81020304 ff");
	struct ttr_cursor cursor = ttr_cursor_over(bytes.data, bytes.count);

	(void)state;
	assert_int_equal(ttr_cursor_left(&cursor), 8);
	assert_int_equal(ttr_cursor_u8(&cursor), 0x01);
	assert_int_equal(ttr_cursor_be16(&cursor), 0xfe02);
	assert_int_equal(ttr_cursor_be32(&cursor), 0x81020304);
	assert_int_equal(ttr_cursor_left(&cursor), 1);
	assert_false(cursor.failed);
	bytes_free(bytes);
}

static void test_end(void **state)
{
	struct bytes bytes = bytes_hex("0102 03");
	struct ttr_cursor cursor = ttr_cursor_over(bytes.data, bytes.count);

	(void)state;
	assert_int_equal(ttr_cursor_be32(&cursor), 0);
	assert_true(cursor.failed);
	/* From then on nothing is read, not even what would fit. */
	assert_int_equal(ttr_cursor_left(&cursor), 0);
	assert_int_equal(ttr_cursor_u8(&cursor), 0);
	assert_int_equal(ttr_cursor_be16(&cursor), 0);
	assert_null(ttr_cursor_take(&cursor, 0));
	bytes_free(bytes);
}

static void test_empty(void **state)
{
	struct ttr_cursor cursor = ttr_cursor_over(NULL, 0);

	(void)state;
	assert_int_equal(ttr_cursor_left(&cursor), 0);
	assert_false(cursor.failed);
	assert_int_equal(ttr_cursor_u8(&cursor), 0);
	assert_true(cursor.failed);
}

static void test_take(void **state)
{
	struct bytes bytes = bytes_hex("0a0b0c0d");
	struct ttr_cursor cursor = ttr_cursor_over(bytes.data, bytes.count);

	(void)state;
	assert_ptr_equal(ttr_cursor_take(&cursor, 0), bytes.data);
	assert_ptr_equal(ttr_cursor_take(&cursor, 3), bytes.data);
	assert_ptr_equal(ttr_cursor_take(&cursor, 1), bytes.data + 3);
	assert_non_null(ttr_cursor_take(&cursor, 0));
	assert_null(ttr_cursor_take(&cursor, 1));

	cursor = ttr_cursor_over(bytes.data, bytes.count);
	ttr_cursor_u8(&cursor);
	assert_null(ttr_cursor_take(&cursor, UINT32_MAX)); /* at + count would wrap */
	assert_true(cursor.failed);
	bytes_free(bytes);
}

static void test_limit(void **state)
{
	struct bytes bytes = bytes_hex("0102030405");
	struct ttr_cursor cursor = ttr_cursor_over(bytes.data, bytes.count);

	(void)state;
	ttr_cursor_u8(&cursor);
	ttr_cursor_limit(&cursor, UINT32_MAX);
	assert_int_equal(ttr_cursor_left(&cursor), 4);
	ttr_cursor_limit(&cursor, 5);
	assert_int_equal(ttr_cursor_left(&cursor), 4);
	ttr_cursor_limit(&cursor, 2);
	assert_int_equal(ttr_cursor_left(&cursor), 2);
	assert_int_equal(ttr_cursor_be16(&cursor), 0x0203);
	assert_int_equal(ttr_cursor_u8(&cursor), 0);
	assert_true(cursor.failed);
	bytes_free(bytes);
}

static void test_seek(void **state)
{
	struct bytes bytes = bytes_hex("010203");
	struct ttr_cursor cursor = ttr_cursor_over(bytes.data, bytes.count);

	(void)state;
	ttr_cursor_seek(&cursor, 3);
	assert_int_equal(ttr_cursor_left(&cursor), 0);
	ttr_cursor_seek(&cursor, 1);
	assert_int_equal(ttr_cursor_u8(&cursor), 2);
	ttr_cursor_seek(&cursor, 4);
	assert_true(cursor.failed);
	ttr_cursor_seek(&cursor, 0);
	assert_int_equal(ttr_cursor_u8(&cursor), 0);
	bytes_free(bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_end),
		cmocka_unit_test(test_empty),   cmocka_unit_test(test_take),
		cmocka_unit_test(test_limit),   cmocka_unit_test(test_seek),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
