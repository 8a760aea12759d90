/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/icmp.h"

static const struct ttr_ip header4 = {
	.source = {TTR_FAMILY_IPV4, {192, 0, 2, 1}},
	.target = {TTR_FAMILY_IPV4, {192, 0, 2, 2}},
};
static const struct ttr_ip header6 = {
	.source = {TTR_FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 1}},
	.target = {TTR_FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 2}},
};

/* Type, code and bytes 4 to 7; quote of 4 bytes. */
static const struct type_case {
	bool v6;
	uint8_t type, code;
	const char *rest;
	enum ttr_decode_outcome outcome;
	enum ttr_reply_kind kind;
	uint32_t mtu;
} types[] = {
	{false, 11, 0, "00000000", TTR_DECODE_OK, TTR_REPLY_TIME_EXCEEDED, 0},
	{false, 11, 1, "00000000", TTR_DECODE_FOREIGN, 0, 0}, /* in reassembly */
	{false, 11, 77, "00000000", TTR_DECODE_FOREIGN, 0, 0},
	{false, 3, 0, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{false, 3, 3, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{false, 3, 13, "000005dc", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{false, 3, 200, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{false, 3, 4, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{false, 3, 4, "00000044", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 68},
	{false, 3, 4, "00000258", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 600},
	{false, 3, 4, "0000ffff", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 65535},
	{false, 0, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0},  /* echo reply */
	{false, 4, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0},  /* source quench */
	{false, 5, 1, "c0000209", TTR_DECODE_FOREIGN, 0, 0},  /* redirect */
	{false, 8, 0, "00010001", TTR_DECODE_FOREIGN, 0, 0},  /* echo request */
	{false, 12, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0}, /* parameter problem */
	{false, 1, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0},  /* types of the other version */
	{false, 2, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0},
	{true, 3, 0, "00000000", TTR_DECODE_OK, TTR_REPLY_TIME_EXCEEDED, 0},
	{true, 3, 1, "00000000", TTR_DECODE_FOREIGN, 0, 0},
	{true, 1, 0, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{true, 1, 6, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{true, 1, 200, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{true, 2, 0, "00000500", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 1280},
	{true, 2, 9, "00000000", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0},
	{true, 2, 0, "ffffffff", TTR_DECODE_OK, TTR_REPLY_UNREACHABLE, 0xffffffff},
	{true, 4, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0}, /* parameter problem */
	{true, 11, 0, "00000000", TTR_DECODE_FOREIGN, 0, 0},
	{true, 128, 0, "00010001", TTR_DECODE_FOREIGN, 0, 0}, /* echo */
	{true, 129, 0, "00010001", TTR_DECODE_FOREIGN, 0, 0},
	{true, 134, 0, "40000708", TTR_DECODE_FOREIGN, 0, 0}, /* router advertisement */
};

/* The sum of the pseudo header and the message; all ones if the checksum is right. */
static void set_checksum(struct bytes message, const struct ttr_ip *ip)
{
	unsigned int sum = 0;

	if (ip->source.family == TTR_FAMILY_IPV6) {
		sum = words_sum(58 + message.count, ip->source.bytes, 16);
		sum = words_sum(sum, ip->target.bytes, 16);
	}
	bytes_put16(message, 2, 0);
	bytes_put16(message, 2, 0xffff - words_sum(sum, message.data, message.count));
}

static struct bytes make_message(const struct type_case *c)
{
	char hex[64] = "0000 0000 00000000 45000000";
	struct bytes message;

	memcpy(hex + 10, c->rest, 8);
	message = bytes_hex(hex);
	message.data[0] = c->type;
	message.data[1] = c->code;
	set_checksum(message, c->v6 ? &header6 : &header4);
	return message;
}

static enum ttr_decode_outcome read_all(struct ttr_icmp *icmp, struct ttr_cursor *cursor,
					const struct ttr_ip *header, struct bytes message)
{
	struct ttr_ip ip = *header;

	ip.payload_bytes = message.count;
	*cursor = ttr_cursor_over(message.data, message.count);
	return ttr_icmp_read(icmp, cursor, &ip);
}

static void test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct type_case *c = &types[i];
		const struct ttr_ip *header = c->v6 ? &header6 : &header4;
		struct bytes message = make_message(c);
		struct ttr_cursor cursor;
		struct ttr_icmp icmp;
		enum ttr_decode_outcome outcome = read_all(&icmp, &cursor, header, message);

		if (outcome != c->outcome)
			print_error("IPv%d type %d code %d\n", c->v6 ? 6 : 4, c->type, c->code);
		assert_int_equal(outcome, c->outcome);
		if (c->outcome == TTR_DECODE_OK) {
			assert_int_equal(icmp.kind, c->kind);
			assert_int_equal(icmp.type, c->type);
			assert_int_equal(icmp.code, c->code);
			assert_int_equal(icmp.mtu, c->mtu);
			assert_int_equal(cursor.at, 8);
			assert_int_equal(ttr_cursor_left(&cursor), 4);
			message.data[9] ^= 1;
			assert_int_equal(read_all(&icmp, &cursor, header, message),
					 TTR_DECODE_MALFORMED);
		}
		bytes_free(message);
	}
}

/* Captured bytes: the checksum counts only if all is there. */
static void test_cut(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct type_case *c = &types[i == 0 ? 0 : 18];
		struct bytes message = make_message(c);
		struct ttr_ip ip = c->v6 ? header6 : header4;

		ip.payload_bytes = message.count;
		message.data[3] ^= 1;
		for (unsigned int count = 0; count <= message.count; count++) {
			struct bytes cut = bytes_copy(message.data, count);
			struct ttr_cursor cursor = ttr_cursor_over(cut.data, cut.count);
			struct ttr_icmp icmp;
			enum ttr_decode_outcome expected = TTR_DECODE_OK;

			if (count < 8)
				expected = TTR_DECODE_TRUNCATED;
			else if (count == message.count)
				expected = TTR_DECODE_MALFORMED;
			assert_int_equal(ttr_icmp_read(&icmp, &cursor, &ip), expected);
			bytes_free(cut);
		}
		/* The message itself is too short for its header. */
		ip.payload_bytes = 7;
		for (unsigned int count = 0; count <= 7; count++) {
			struct ttr_cursor cursor = ttr_cursor_over(message.data, count);
			struct ttr_icmp icmp;

			assert_int_equal(ttr_icmp_read(&icmp, &cursor, &ip), TTR_DECODE_MALFORMED);
		}
		bytes_free(message);
	}
}

/* RFC 4884: where the quote ends in a message with 200 bytes behind the header. */
static void test_quote_lengths(void **state)
{
	static const struct {
		bool v6;
		uint8_t type, code, length; /* words */
		unsigned int quote;
	} cases[] = {
		{false, 11, 0, 0, 200},  {false, 11, 0, 32, 128}, {false, 11, 0, 33, 132},
		{false, 11, 0, 50, 200}, {false, 11, 0, 51, 200}, {false, 11, 0, 255, 200},
		{false, 11, 0, 31, 200}, {false, 11, 0, 1, 200},  {false, 3, 4, 32, 128},
		{true, 3, 0, 0, 200},    {true, 3, 0, 16, 128},   {true, 1, 4, 25, 200},
		{true, 1, 4, 26, 200},   {true, 1, 4, 255, 200},  {true, 1, 4, 15, 200},
		{true, 2, 0, 16, 200},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[208] = {cases[i].type, cases[i].code};
		const struct ttr_ip *header = cases[i].v6 ? &header6 : &header4;
		struct bytes message;
		struct ttr_cursor cursor;
		struct ttr_icmp icmp;

		data[cases[i].v6 ? 4 : 5] = cases[i].length;
		message = bytes_copy(data, sizeof(data));
		set_checksum(message, header);
		assert_int_equal(read_all(&icmp, &cursor, header, message), TTR_DECODE_OK);
		assert_int_equal(ttr_cursor_left(&cursor), cases[i].quote);
		bytes_free(message);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_quote_lengths),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
