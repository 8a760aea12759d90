/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/ipv4.h"

/* What a host sent: time exceeded, 68 bytes behind the header, of which 4 are here. */
#define HEADER "45c0 0058 1640 0000 4001 dfa1 c000 0201 c000 0202"
#define PAYLOAD "0b00 43d4"

static void test_header(void **state)
{
	static const struct ttr_addr source = {TTR_FAMILY_IPV4, {192, 0, 2, 1}};
	static const struct ttr_addr target = {TTR_FAMILY_IPV4, {192, 0, 2, 2}};
	struct bytes packet = bytes_hex(HEADER PAYLOAD);
	struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
	struct ttr_ip ip;

	(void)state;
	assert_int_equal(ttr_ipv4_read(&ip, &cursor), TTR_DECODE_OK);
	assert_memory_equal(&ip.source, &source, sizeof(source));
	assert_memory_equal(&ip.target, &target, sizeof(target));
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ip.tos, 0xc0);
	assert_int_equal(ip.protocol, TTR_PROTOCOL_ICMP);
	assert_int_equal(ip.id, 0x1640);
	assert_int_equal(ip.fragment_offset, 0);
	assert_false(ip.more_fragments);
	assert_int_equal(ip.payload_bytes, 68);
	assert_int_equal(cursor.at, 20);
	assert_int_equal(ttr_cursor_left(&cursor), 4);
	bytes_free(packet);
}

/* A packet that does not start where the cursor's bytes do. */
static void test_behind(void **state)
{
	struct bytes packet = bytes_hex("aabbcc" HEADER PAYLOAD);
	struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
	struct ttr_ip ip;

	(void)state;
	ttr_cursor_take(&cursor, 3);
	assert_int_equal(ttr_ipv4_read(&ip, &cursor), TTR_DECODE_OK);
	assert_int_equal(ip.payload_bytes, 68);
	assert_int_equal(cursor.at, 23);
	bytes_free(packet);
}

struct header_case {
	const char *hex;
	bool wrong_checksum;
	enum ttr_decode_outcome received, quoted;
	unsigned int left; /* behind a received header */
};

/* Total length, flags and offset are at byte 2 and 6. */
static const struct header_case cases[] = {
	{HEADER PAYLOAD, false, TTR_DECODE_OK, TTR_DECODE_OK, 4},
	{HEADER, false, TTR_DECODE_OK, TTR_DECODE_OK, 0},
	{HEADER PAYLOAD, true, TTR_DECODE_MALFORMED, TTR_DECODE_OK, 0},
	/* IHL 0, 1, 4; version 0, 6 */
	{"4000 0018 1640 0000 4001 0000 c0000201 c0000202", true, TTR_DECODE_MALFORMED,
	 TTR_DECODE_MALFORMED, 0},
	{"4100 0018 1640 0000 4001 0000 c0000201 c0000202", true, TTR_DECODE_MALFORMED,
	 TTR_DECODE_MALFORMED, 0},
	{"4400 0018 1640 0000 4001 0000 c0000201 c0000202", true, TTR_DECODE_MALFORMED,
	 TTR_DECODE_MALFORMED, 0},
	{"0500 0018 1640 0000 4001 0000 c0000201 c0000202", true, TTR_DECODE_MALFORMED,
	 TTR_DECODE_MALFORMED, 0},
	{"6500 0018 1640 0000 4001 0000 c0000201 c0000202", true, TTR_DECODE_MALFORMED,
	 TTR_DECODE_MALFORMED, 0},
	/* total length 0, one below the header, the header, one above */
	{"4500 0000 1640 0000 4001 0000 c0000201 c0000202" PAYLOAD, false, TTR_DECODE_MALFORMED,
	 TTR_DECODE_OK, 0},
	{"4500 0013 1640 0000 4001 0000 c0000201 c0000202" PAYLOAD, false, TTR_DECODE_MALFORMED,
	 TTR_DECODE_OK, 0},
	{"4500 0014 1640 0000 4001 0000 c0000201 c0000202" PAYLOAD, false, TTR_DECODE_OK,
	 TTR_DECODE_OK, 0},
	{"4500 0015 1640 0000 4001 0000 c0000201 c0000202" PAYLOAD, false, TTR_DECODE_OK,
	 TTR_DECODE_OK, 1},
	/* options: router alert; 40 bytes; more than there are; total length inside of them */
	{"4600 001c 1640 0000 4001 0000 c0000201 c0000202 94040000" PAYLOAD, false, TTR_DECODE_OK,
	 TTR_DECODE_OK, 4},
	{"4f00 0040 1640 0000 4001 0000 c0000201 c0000202 0727040000000000000000000000000000000000"
	 "0000000000000000000000000000000000000000" PAYLOAD,
	 false, TTR_DECODE_OK, TTR_DECODE_OK, 4},
	{"4700 0020 1640 0000 4001 0000 c0000201 c0000202 94040000", false, TTR_DECODE_TRUNCATED,
	 TTR_DECODE_TRUNCATED, 0},
	{"4600 0014 1640 0000 4001 0000 c0000201 c0000202 94040000" PAYLOAD, false,
	 TTR_DECODE_MALFORMED, TTR_DECODE_OK, 0},
};

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct header_case *c = &cases[i];
		struct bytes packet = bytes_hex(c->hex);
		struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
		struct ttr_cursor quoted = cursor;
		struct ttr_ip ip;

		packet_set_checksums(packet, 0);
		if (c->wrong_checksum)
			packet.data[11] ^= 1;
		assert_int_equal(ttr_ipv4_read(&ip, &cursor), c->received);
		if (c->received == TTR_DECODE_OK)
			assert_int_equal(ttr_cursor_left(&cursor), c->left);
		assert_int_equal(ttr_ipv4_read_quoted(&ip, &quoted), c->quoted);
		if (c->quoted == TTR_DECODE_OK)
			assert_int_equal(quoted.at, (packet.data[0] & 0x0f) * 4);
		bytes_free(packet);
	}
}

static void test_fragments(void **state)
{
	static const struct {
		unsigned int field, offset;
		bool more;
	} fields[] = {
		{0x0000, 0, false}, {0x4000, 0, false}, {0x8000, 0, false}, {0x2000, 0, true},
		{0x0001, 1, false}, {0x2001, 1, true},  {0x6000, 0, true},  {0x1fff, 0x1fff, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct bytes packet = bytes_hex(HEADER PAYLOAD);
		struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
		struct ttr_ip ip;

		bytes_put16(packet, 6, fields[i].field);
		packet_set_checksums(packet, 0);
		assert_int_equal(ttr_ipv4_read(&ip, &cursor), TTR_DECODE_OK);
		assert_int_equal(ip.fragment_offset, fields[i].offset);
		assert_int_equal(ip.more_fragments, fields[i].more);
		bytes_free(packet);
	}
}

static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes packet = bytes_hex(cases[i].hex);

		packet_set_checksums(packet, 0);
		for (unsigned int count = 0; count < packet.count; count++) {
			struct bytes cut = bytes_copy(packet.data, count);
			struct ttr_cursor cursor = ttr_cursor_over(cut.data, cut.count);
			struct ttr_cursor quoted = cursor;
			bool whole = count >= (packet.data[0] & 0x0f) * 4U && count >= 20;
			struct ttr_ip ip;

			if (ttr_ipv4_read(&ip, &cursor) == TTR_DECODE_OK)
				assert_true(whole);
			if (ttr_ipv4_read_quoted(&ip, &quoted) == TTR_DECODE_OK)
				assert_true(whole);
			bytes_free(cut);
		}
		bytes_free(packet);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),  cmocka_unit_test(test_behind),
		cmocka_unit_test(test_headers), cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("ipv4", tests, NULL, NULL);
}
