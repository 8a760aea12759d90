/* SPDX-License-Identifier: BSD-2-Clause */
/* The routers that are known, and the prefixes of the targets: what a sweep remembers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/prefixes.h"
#include "core/stopset.h"

static const struct ttr_siphash_key key = {1, 2};

static struct ttr_addr router(unsigned int number)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4,
				 .bytes = {10, 0, (uint8_t)(number >> 8), (uint8_t)number}};
}

static void test_router_and_ttl(void **state)
{
	struct ttr_addr a = router(1), b = router(2);
	struct ttr_stopset set;
	uint32_t first;

	(void)state;
	assert_int_equal(ttr_stopset_init(&set, 100, &key), 0);
	assert_int_equal(ttr_stopset_find(&set, &a, 3), TTR_STOP_NONE);
	first = ttr_stopset_add(&set, &a, 3, 77);
	assert_int_equal(ttr_stopset_find(&set, &a, 3), first);
	assert_int_equal(ttr_stopset_find(&set, &a, 4), TTR_STOP_NONE);
	assert_int_equal(ttr_stopset_find(&set, &b, 3), TTR_STOP_NONE);
	assert_int_equal(set.stops[first].owner, 77);
	ttr_stopset_fini(&set);
}

static void test_bounded(void **state)
{
	struct ttr_stopset set;

	(void)state;
	assert_int_equal(ttr_stopset_init(&set, 1000, &key), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		struct ttr_addr addr = router(i);

		assert_int_equal(ttr_stopset_add(&set, &addr, (uint8_t)(1 + i % 30), 0), i);
	}
	for (unsigned int i = 0; i < 1100; i++) {
		struct ttr_addr addr = router(i);
		uint8_t ttl = (uint8_t)(1 + i % 30);

		assert_int_equal(ttr_stopset_find(&set, &addr, ttl), i < 1000 ? i : TTR_STOP_NONE);
		if (i >= 1000)
			assert_int_equal(ttr_stopset_add(&set, &addr, ttl, 0), TTR_STOP_NONE);
	}
	ttr_stopset_fini(&set);
}

/* 5 - 4 - 3 - ROOT; then 4's way becomes open, then unknown. */
static void test_ways(void **state)
{
	struct ttr_stopset set;
	uint32_t stops[6];

	(void)state;
	assert_int_equal(ttr_stopset_init(&set, 100, &key), 0);
	for (unsigned int ttl = 3; ttl <= 5; ttl++) {
		struct ttr_addr addr = router(ttl);

		stops[ttl] = ttr_stopset_add(&set, &addr, (uint8_t)ttl, 9);
		set.stops[stops[ttl]].before = ttl == 3 ? TTR_STOP_ROOT : stops[ttl - 1];
	}
	assert_int_equal(ttr_stopset_open(&set, stops[5]), TTR_STOP_NONE);
	assert_true(ttr_stopset_is_useful(&set, stops[5]));
	set.stops[stops[4]].before = TTR_STOP_OPEN;
	assert_int_equal(ttr_stopset_open(&set, stops[5]), stops[4]);
	assert_int_equal(ttr_stopset_open(&set, stops[3]), TTR_STOP_NONE);
	assert_true(ttr_stopset_is_useful(&set, stops[5]));
	set.stops[stops[4]].before = TTR_STOP_NONE;
	assert_int_equal(ttr_stopset_open(&set, stops[5]), TTR_STOP_NONE);
	assert_false(ttr_stopset_is_useful(&set, stops[5]));
	assert_false(ttr_stopset_is_useful(&set, TTR_STOP_NONE));
	ttr_stopset_fini(&set);
}

static void test_networks(void **state)
{
	struct ttr_addr a = {TTR_FAMILY_IPV4, {10, 1, 2, 3}},
			b = {TTR_FAMILY_IPV4, {10, 1, 2, 200}};
	struct ttr_addr c = {TTR_FAMILY_IPV4, {10, 1, 3, 3}};
	struct ttr_addr d = {TTR_FAMILY_IPV6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9}};
	struct ttr_addr e = {TTR_FAMILY_IPV6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 8, 7}};
	struct ttr_addr f = {TTR_FAMILY_IPV6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 9}};
	struct ttr_prefixes prefixes;
	uint32_t one, two;

	(void)state;
	assert_int_equal(ttr_prefixes_init(&prefixes, 8, &key), 0);
	one = ttr_prefixes_use(&prefixes, &a);
	two = ttr_prefixes_use(&prefixes, &d);
	assert_int_equal(ttr_prefixes_use(&prefixes, &b), one);
	assert_int_equal(ttr_prefixes_use(&prefixes, &e), two);
	assert_int_not_equal(ttr_prefixes_use(&prefixes, &c), one);
	assert_int_not_equal(ttr_prefixes_use(&prefixes, &f), two);
	assert_int_equal(prefixes.all[one].users, 2);
	ttr_prefixes_fini(&prefixes);
}

/* What is in use stays, whatever else comes. */
static void test_makes_room(void **state)
{
	struct ttr_addr kept = {TTR_FAMILY_IPV4, {10, 0, 0, 1}};
	struct ttr_prefixes prefixes;
	uint32_t number;

	(void)state;
	assert_int_equal(ttr_prefixes_init(&prefixes, 4, &key), 0);
	number = ttr_prefixes_use(&prefixes, &kept);
	prefixes.all[number].distance = 9;
	for (unsigned int i = 1; i < 1000; i++) {
		struct ttr_addr other = {TTR_FAMILY_IPV4, {11, (uint8_t)(i >> 8), (uint8_t)i, 1}};
		uint32_t made = ttr_prefixes_use(&prefixes, &other);

		assert_int_not_equal(made, number);
		assert_int_equal(prefixes.all[made].distance, 0);
		ttr_prefixes_leave(&prefixes, made);
	}
	assert_int_equal(ttr_prefixes_use(&prefixes, &kept), number);
	assert_int_equal(prefixes.all[number].distance, 9);
	ttr_prefixes_fini(&prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_router_and_ttl), cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_ways),           cmocka_unit_test(test_networks),
		cmocka_unit_test(test_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
