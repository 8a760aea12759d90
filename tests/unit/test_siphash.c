/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/siphash.h"

/* The paper's appendix A: key 00 01 .. 0f, message 00 01 .. 0e (15 bytes); and its authors' table
 * of the shorter messages. */
static const struct {
	size_t length;
	uint64_t hash;
} vectors[] = {
	{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
	{2, UINT64_C(0x0d6c8009d9a94f5a)},  {3, UINT64_C(0x85676696d7fb7e2d)},
	{7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
	{15, UINT64_C(0xa129ca6149be45e5)},
};

static struct ttr_siphash_key counting_key(void)
{
	uint8_t bytes[TTR_SIPHASH_KEY_BYTES];

	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	return ttr_siphash_key(bytes);
}

static void test_vectors(void **state)
{
	struct ttr_siphash_key key = counting_key();
	uint8_t message[16];

	(void)state;
	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_int_equal(ttr_siphash(&key, message, vectors[i].length), vectors[i].hash);
}

/* Every bit of key and message counts, wherever it stands. */
static void test_every_bit(void **state)
{
	uint8_t bytes[TTR_SIPHASH_KEY_BYTES] = {0}, message[37] = {0};
	struct ttr_siphash_key key = ttr_siphash_key(bytes);
	uint64_t plain = ttr_siphash(&key, message, sizeof(message));

	(void)state;
	for (unsigned int bit = 0; bit < 8 * sizeof(message); bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(ttr_siphash(&key, message, sizeof(message)), plain);
		message[bit / 8] = 0;
	}
	for (unsigned int bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		key = ttr_siphash_key(bytes);
		assert_int_not_equal(ttr_siphash(&key, message, sizeof(message)), plain);
		bytes[bit / 8] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
