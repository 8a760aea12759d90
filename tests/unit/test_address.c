/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tcptraceroute/address.h"

#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		.family = TTR_FAMILY_IPV4, .bytes = { a, b, c, d }                                 \
	}

static void test_kinds(void **state)
{
	static const struct {
		struct ttr_addr addr;
		bool rfc1918, unicast, link_local, martian;
	} cases[] = {
		{V4(126, 255, 255, 255), false, true, false, false},
		{{.family = TTR_FAMILY_IPV6, .bytes = {[10] = 0xff, 0xff, 10, 0, 0, 1}},
		 false,
		 true,
		 false,
		 true},
		{V4(10, 0, 0, 1), true, true, false, false},
		{V4(172, 15, 255, 255), false, true, false, false},
		{V4(172, 16, 0, 1), true, true, false, false},
		{V4(172, 31, 255, 255), true, true, false, false},
		{V4(172, 32, 0, 0), false, true, false, false},
		{V4(192, 168, 7, 7), true, true, false, false},
		{V4(192, 169, 0, 1), false, true, false, false},
		{V4(127, 0, 0, 1), false, true, false, true},
		{V4(0, 0, 0, 0), false, false, false, true},
		{V4(0, 1, 2, 3), false, false, false, true},
		{V4(224, 0, 0, 1), false, false, false, true},
		{V4(240, 0, 0, 1), false, false, false, true},
		{V4(255, 255, 255, 255), false, false, false, true},
		{{.family = TTR_FAMILY_IPV6, .bytes = {0xfe, 0x80, [15] = 1}},
		 false,
		 true,
		 true,
		 false},
		{{.family = TTR_FAMILY_IPV6, .bytes = {0xfe, 0xbf, [15] = 1}},
		 false,
		 true,
		 true,
		 false},
		{{.family = TTR_FAMILY_IPV6, .bytes = {0xfe, 0xc0, [15] = 1}},
		 false,
		 true,
		 false,
		 false},
		{{.family = TTR_FAMILY_IPV6, .bytes = {0xff, 0x02, [15] = 1}},
		 false,
		 false,
		 false,
		 true},
		{{.family = TTR_FAMILY_IPV6}, false, false, false, true},
		{{.family = TTR_FAMILY_IPV6, .bytes = {[15] = 1}}, false, true, false, true},
		{{.family = TTR_FAMILY_NONE}, false, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ttr_addr_is_rfc1918(&cases[i].addr), cases[i].rfc1918);
		assert_int_equal(ttr_addr_is_unicast(&cases[i].addr), cases[i].unicast);
		assert_int_equal(ttr_addr_is_link_local(&cases[i].addr), cases[i].link_local);
		assert_int_equal(ttr_addr_is_martian(&cases[i].addr), cases[i].martian);
	}
}

static void test_equal(void **state)
{
	static const struct ttr_addr a = V4(192, 0, 2, 1), b = V4(192, 0, 2, 2);
	static const struct ttr_addr six = {.family = TTR_FAMILY_IPV6, .bytes = {192, 0, 2, 1}};
	static const struct ttr_addr none, none2;
	struct ttr_addr dirty = a;

	(void)state;
	dirty.bytes[9] = 77; /* behind the four bytes that count */
	assert_true(ttr_addr_equal(&a, &dirty));
	assert_false(ttr_addr_equal(&a, &b));
	assert_false(ttr_addr_equal(&a, &six));
	assert_true(ttr_addr_equal(&none, &none2));
	assert_false(ttr_addr_equal(&none, &a));
}

static void test_unmap(void **state)
{
	static const struct ttr_addr mapped = {
		.family = TTR_FAMILY_IPV6,
		.bytes = {[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 9},
	};
	static const struct ttr_addr plain = V4(192, 0, 2, 9);
	static const struct ttr_addr six = {.family = TTR_FAMILY_IPV6, .bytes = {[15] = 9}};
	struct ttr_addr got;

	(void)state;
	got = ttr_addr_unmap(&mapped);
	assert_true(ttr_addr_equal(&got, &plain));
	got = ttr_addr_unmap(&six);
	assert_true(ttr_addr_equal(&got, &six));
	got = ttr_addr_unmap(&plain);
	assert_true(ttr_addr_equal(&got, &plain));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_unmap),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
