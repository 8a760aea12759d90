/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/checksum.h"

static void test_known(void **state)
{
	static const struct {
		const char *hex;
		unsigned int checksum;
	} cases[] = {
		{"", 0xffff},
		{"0001 f203 f4f5 f6f7", 0x220d}, /* RFC 1071 section 3: the sum is ddf2 */
		{"00", 0xffff},
		{"ff", 0x00ff}, /* an odd byte is the upper half of a word */
		{"0001 02", 0xfdfe},
		{"ffff ffff", 0x0000},
		{"ffff 0001", 0xfffe},
		/* Header of a time exceeded as Linux sent it; the checksum is contained. */
		{"45c0 0058 1640 0000 4001 dfa1 c000 0201 c000 0202", 0x0000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes bytes = bytes_hex(cases[i].hex);
		uint32_t sum = ttr_checksum_add(0, bytes.data, bytes.count);

		assert_int_equal(ttr_checksum_finish(sum), cases[i].checksum);
		bytes_free(bytes);
	}
}

/* What does not fit into 16 bits is added, and what that gives too much once more. */
static void test_fold(void **state)
{
	(void)state;
	assert_int_equal(ttr_checksum_finish(0), 0xffff);
	assert_int_equal(ttr_checksum_finish(0x00010000), 0xfffe);
	assert_int_equal(ttr_checksum_finish(0x7fff0000), 0x8000);
	assert_int_equal(ttr_checksum_finish(0x0001ffff), 0xfffe);
	assert_int_equal(ttr_checksum_finish(0x1234edcc), 0xfffe);
	assert_int_equal(ttr_checksum_finish(0xffffffff), 0);
}

static void test_pieces(void **state)
{
	struct bytes bytes = bytes_hex("0102 0304 0506 07");
	uint32_t whole = ttr_checksum_add(0, bytes.data, bytes.count);

	(void)state;
	for (unsigned int cut = 0; cut <= 6; cut += 2) {
		uint32_t sum = ttr_checksum_add(0, bytes.data, cut);

		sum = ttr_checksum_add(sum, bytes.data + cut, bytes.count - cut);
		assert_int_equal(ttr_checksum_finish(sum), ttr_checksum_finish(whole));
	}
	bytes_free(bytes);
}

/* The sum of the longest packet of the worst bytes does not overflow. */
static void test_largest(void **state)
{
	static const struct ttr_addr addr = {
		.family = TTR_FAMILY_IPV6,
		.bytes = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
			  255},
	};
	const unsigned int count = 65535;
	struct bytes bytes = {.data = malloc(count), .count = count};
	uint32_t sum;

	(void)state;
	assert_non_null(bytes.data);
	memset(bytes.data, 0xff, count);
	sum = ttr_checksum_pseudo(&addr, &addr, 255, count);
	sum = ttr_checksum_add(sum, bytes.data, count);
	/* Sixteen words of addresses and 32767 of data, all ones, count as nothing; what is left
	 * is the protocol, the length (ones again) and the odd byte. */
	assert_int_equal(ttr_checksum_finish(sum), 0xffff - 0xff00 - 255);
	bytes_free(bytes);
}

/* As the kernels of two hosts sent them. */
static void test_pseudo(void **state)
{
	static const struct ttr_addr host4 = {TTR_FAMILY_IPV4, {192, 0, 2, 2}};
	static const struct ttr_addr target4 = {TTR_FAMILY_IPV4, {198, 51, 100, 2}};
	static const struct ttr_addr router6 = {TTR_FAMILY_IPV6,
						{0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 1}};
	static const struct ttr_addr host6 = {TTR_FAMILY_IPV6,
					      {0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 2}};
	struct bytes rst = bytes_hex("0051 adf6 0000 0000 cff9 05e3 5014 0000 3f74 0000");
	struct bytes exceeded =
		bytes_hex("0300 45b9 0000 0000"
			  "6009 5101 0028 0601 2001 0db8 0001 0000 0000 0000 0000 0002"
			  "2001 0db8 0002 0000 0000 0000 0000 0002"
			  "c132 0050 ba55 9027 0000 0000 a002 fd20 5ba7 0000"
			  "0204 05a0 0402 080a c948 62bf 0000 0000 0103 030a");
	uint32_t sum = ttr_checksum_pseudo(&target4, &host4, 6, rst.count);

	(void)state;
	assert_int_equal(ttr_checksum_finish(ttr_checksum_add(sum, rst.data, rst.count)), 0);
	/* A length of more than 16 bits is two words. */
	assert_int_equal(ttr_checksum_pseudo(&target4, &host4, 6, 0x20005) + 0x10000 -
				 ttr_checksum_pseudo(&target4, &host4, 6, 0),
			 0x10007);
	sum = ttr_checksum_pseudo(&router6, &host6, 58, exceeded.count);
	assert_int_equal(ttr_checksum_finish(ttr_checksum_add(sum, exceeded.data, exceeded.count)),
			 0);
	bytes_free(rst);
	bytes_free(exceeded);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),  cmocka_unit_test(test_fold),
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_largest),
		cmocka_unit_test(test_pseudo),
	};

	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
