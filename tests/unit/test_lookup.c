/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/lookup.h"

#define COUNT 500

static bool has(const struct ttr_lookup *lookup, uint32_t hash, uint32_t number)
{
	uint32_t place, found = ttr_lookup_first(lookup, hash, &place);

	while (found != TTR_LOOKUP_NONE && found != number)
		found = ttr_lookup_next(lookup, hash, &place);
	return found == number;
}

/* Few hashes, many collisions: long runs, which wrap around the end. */
static void test_beside_a_plain_list(void **state)
{
	struct ttr_lookup lookup;
	uint32_t hashes[COUNT];
	bool in[COUNT] = {false};
	uint32_t random = 1;

	(void)state;
	assert_int_equal(ttr_lookup_init(&lookup, COUNT), 0);
	for (uint32_t i = 0; i < COUNT; i++)
		hashes[i] = i % 3 == 0 ? UINT32_MAX - i % 7 : i * 2654435761U;
	for (unsigned int round = 0; round < 20000; round++) {
		uint32_t i = (random = random * 1103515245U + 12345U) >> 16;

		i %= COUNT;
		if (in[i])
			ttr_lookup_drop(&lookup, hashes[i], i);
		else
			ttr_lookup_put(&lookup, hashes[i], i);
		in[i] = !in[i];
		assert_int_equal(has(&lookup, hashes[i], i), in[i]);
		if (round % 500)
			continue;
		for (uint32_t j = 0; j < COUNT; j++)
			assert_int_equal(has(&lookup, hashes[j], j), in[j]);
	}
	ttr_lookup_fini(&lookup);
}

static void test_absent_is_no_harm(void **state)
{
	struct ttr_lookup lookup;

	(void)state;
	assert_int_equal(ttr_lookup_init(&lookup, 4), 0);
	ttr_lookup_put(&lookup, 5, 1);
	ttr_lookup_drop(&lookup, 5, 2);
	ttr_lookup_drop(&lookup, 6, 1);
	assert_true(has(&lookup, 5, 1));
	assert_false(has(&lookup, 5, 2));
	ttr_lookup_fini(&lookup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_a_plain_list),
		cmocka_unit_test(test_absent_is_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
