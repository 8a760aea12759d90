/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/ipv6.h"

#define ADDRESSES "20010db8000100000000000000000001 20010db8000100000000000000000002 "
#define HEADER(next) "60000000 0000 " next " 40 " ADDRESSES
#define PAYLOAD "0300 45b9" /* the first bytes of what is carried */

/* Extension headers. */
#define OPTIONS_8(next) next " 00 0104 00000000 "
#define OPTIONS_16(next) next " 01 010c 000000000000000000000000 "
#define ROUTING_24(next) next " 02 03 00 00000000 20010db8000300000000000000000001 "
#define FRAGMENT(next, field) next " 00 " field " 12345678 "
#define AUTH_24(next) next " 04 0000 00000001 00000002 000102030405060708090a0b "

static void test_header(void **state)
{
	static const struct ttr_addr source = {TTR_FAMILY_IPV6,
					       {0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 1}};
	static const struct ttr_addr target = {TTR_FAMILY_IPV6,
					       {0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 2}};
	/* Traffic class b9, flow label e4422; 88 bytes, of which 4 are here. */
	struct bytes packet = bytes_hex("6b9e4422 0058 3a 3f" ADDRESSES PAYLOAD);
	struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
	struct ttr_ip ip;

	(void)state;
	assert_int_equal(ttr_ipv6_read(&ip, &cursor), TTR_DECODE_OK);
	assert_memory_equal(&ip.source, &source, sizeof(source));
	assert_memory_equal(&ip.target, &target, sizeof(target));
	assert_int_equal(ip.ttl, 63);
	assert_int_equal(ip.tos, 0xb9);
	assert_int_equal(ip.protocol, TTR_PROTOCOL_ICMPV6);
	assert_int_equal(ip.id, 0);
	assert_int_equal(ip.payload_bytes, 88);
	assert_int_equal(cursor.at, 40);
	assert_int_equal(ttr_cursor_left(&cursor), 4);
	bytes_free(packet);
}

struct chain_case {
	const char *hex; /* the length is filled in */
	enum ttr_decode_outcome outcome;
	unsigned int protocol, at; /* of what is behind the chain */
	unsigned int offset;
	bool more;
};

static const struct chain_case cases[] = {
	{HEADER("06") PAYLOAD, TTR_DECODE_OK, 6, 40, 0, false},
	{HEADER("00") OPTIONS_8("3a") PAYLOAD, TTR_DECODE_OK, 58, 48, 0, false},
	{HEADER("00") OPTIONS_16("06") PAYLOAD, TTR_DECODE_OK, 6, 56, 0, false},
	{HEADER("2b") ROUTING_24("06") PAYLOAD, TTR_DECODE_OK, 6, 64, 0, false},
	{HEADER("3c") OPTIONS_8("06") PAYLOAD, TTR_DECODE_OK, 6, 48, 0, false},
	{HEADER("33") AUTH_24("06") PAYLOAD, TTR_DECODE_OK, 6, 64, 0, false},
	/* AH without any check value: two words less than nothing */
	{HEADER("33") "06 00 0000 00000001" PAYLOAD, TTR_DECODE_OK, 6, 48, 0, false},
	{HEADER("2c") FRAGMENT("06", "0000") PAYLOAD, TTR_DECODE_OK, 6, 48, 0, false},
	{HEADER("2c") FRAGMENT("06", "0001") PAYLOAD, TTR_DECODE_OK, 6, 48, 0, true},
	/* What follows an offset is data, even if it is called a header. */
	{HEADER("2c") FRAGMENT("06", "0008") PAYLOAD, TTR_DECODE_OK, 6, 48, 1, false},
	{HEADER("2c") FRAGMENT("3c", "fff9") PAYLOAD, TTR_DECODE_OK, 60, 48, 0x1fff, true},
	/* All of them, in the order of RFC 8200 section 4.1. */
	{HEADER("00") OPTIONS_8("3c") OPTIONS_8("2b") ROUTING_24("2c") FRAGMENT("33", "0000")
		 AUTH_24("3c") OPTIONS_16("06") PAYLOAD,
	 TTR_DECODE_OK, 6, 128, 0, false},
	/* Eight are walked, nine are not. */
	{HEADER("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("3c")
		 OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("06") PAYLOAD,
	 TTR_DECODE_OK, 6, 104, 0, false},
	{HEADER("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8(
		 "3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("3c") OPTIONS_8("06") PAYLOAD,
	 TTR_DECODE_MALFORMED, 0, 0, 0, false},
	/* Hop-by-hop options anywhere but first. */
	{HEADER("3c") OPTIONS_8("00") OPTIONS_8("06") PAYLOAD, TTR_DECODE_MALFORMED, 0, 0, 0,
	 false},
	{HEADER("00") OPTIONS_8("00") OPTIONS_8("06") PAYLOAD, TTR_DECODE_MALFORMED, 0, 0, 0,
	 false},
	/* No extension headers: ESP, mobility, nothing. */
	{HEADER("32") PAYLOAD, TTR_DECODE_OK, 50, 40, 0, false},
	{HEADER("87") PAYLOAD, TTR_DECODE_OK, 135, 40, 0, false},
	{HEADER("00") OPTIONS_8("3b") PAYLOAD, TTR_DECODE_OK, 59, 48, 0, false},
	/* Longer than the packet. */
	{HEADER("3c") "06 ff 0104 00000000" PAYLOAD, TTR_DECODE_TRUNCATED, 0, 0, 0, false},
	{HEADER("33") "06 ff 0000 00000000" PAYLOAD, TTR_DECODE_TRUNCATED, 0, 0, 0, false},
	{HEADER("2c") "06", TTR_DECODE_TRUNCATED, 0, 0, 0, false},
	{"50000000 0000 06 40" ADDRESSES PAYLOAD, TTR_DECODE_MALFORMED, 0, 0, 0, false},
	{"4500 0018 1640 0000 4001 0000 c0000201 c0000202" PAYLOAD, TTR_DECODE_MALFORMED, 0, 0, 0,
	 false},
};

static void check(const struct chain_case *c, const struct ttr_ip *ip,
		  const struct ttr_cursor *cursor)
{
	assert_int_equal(ip->protocol, c->protocol);
	assert_int_equal(cursor->at, c->at);
	assert_int_equal(ip->fragment_offset, c->offset);
	assert_int_equal(ip->more_fragments, c->more);
}

static void test_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct chain_case *c = &cases[i];
		struct bytes packet = bytes_hex(c->hex);
		struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
		struct ttr_cursor quoted = cursor;
		enum ttr_decode_outcome outcome;
		struct ttr_ip ip;

		if (packet.count > 40)
			packet_set_length(packet);
		outcome = ttr_ipv6_read(&ip, &cursor);
		if (outcome != c->outcome)
			print_error("packet %s\n", c->hex);
		assert_int_equal(outcome, c->outcome);
		assert_int_equal(cursor.failed, c->outcome == TTR_DECODE_TRUNCATED);
		if (c->outcome == TTR_DECODE_OK) {
			check(c, &ip, &cursor);
			assert_int_equal(ip.payload_bytes, packet.count - c->at);
		}
		assert_int_equal(ttr_ipv6_read_quoted(&ip, &quoted), c->outcome);
		if (c->outcome == TTR_DECODE_OK)
			check(c, &ip, &quoted);
		bytes_free(packet);
	}
}

static void test_lengths(void **state)
{
	static const struct {
		unsigned int length, left;
		enum ttr_decode_outcome outcome;
	} lengths[] = {
		{0, 0, TTR_DECODE_MALFORMED}, {1, 1, TTR_DECODE_TRUNCATED},
		{7, 0, TTR_DECODE_TRUNCATED}, {8, 0, TTR_DECODE_OK},
		{10, 2, TTR_DECODE_OK},       {12, 4, TTR_DECODE_OK},
		{40, 4, TTR_DECODE_OK},       {0xffff, 4, TTR_DECODE_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct bytes packet = bytes_hex(HEADER("00") OPTIONS_8("06") PAYLOAD);
		struct ttr_cursor cursor = ttr_cursor_over(packet.data, packet.count);
		struct ttr_cursor quoted = cursor;
		struct ttr_ip ip;

		bytes_put16(packet, 4, lengths[i].length);
		assert_int_equal(ttr_ipv6_read(&ip, &cursor), lengths[i].outcome);
		if (lengths[i].outcome == TTR_DECODE_OK) {
			assert_int_equal(ttr_cursor_left(&cursor), lengths[i].left);
			assert_int_equal(ip.payload_bytes, lengths[i].length - 8);
		}
		assert_int_equal(ttr_ipv6_read_quoted(&ip, &quoted), TTR_DECODE_OK);
		assert_int_equal(ttr_cursor_left(&quoted), 4);
		bytes_free(packet);
	}
}

static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes packet = bytes_hex(cases[i].hex);

		if (packet.count > 40)
			packet_set_length(packet);
		for (unsigned int count = 0; count < packet.count; count++) {
			struct bytes cut = bytes_copy(packet.data, count);
			struct ttr_cursor cursor = ttr_cursor_over(cut.data, cut.count);
			struct ttr_cursor quoted = cursor;
			bool whole = cases[i].outcome == TTR_DECODE_OK && count >= cases[i].at;
			struct ttr_ip ip;

			assert_int_equal(ttr_ipv6_read(&ip, &cursor) == TTR_DECODE_OK, whole);
			assert_int_equal(ttr_ipv6_read_quoted(&ip, &quoted) == TTR_DECODE_OK,
					 whole);
			bytes_free(cut);
		}
		bytes_free(packet);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("ipv6", tests, NULL, NULL);
}
