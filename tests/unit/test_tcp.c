/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/tcp.h"

#define PORTS "0050 a24a "
#define NUMBERS "44f63dc7 856d0881 "

/* The SYN/ACK of a Linux host. */
static void test_syn_ack(void **state)
{
	struct bytes segment = bytes_hex(PORTS NUMBERS "a012 fe88 ec66 0000"
						       "0204 05b4 0402 080a 9fe5 545f 1904 8868"
						       "0103 030a");
	struct ttr_cursor cursor = ttr_cursor_over(segment.data, segment.count);
	struct ttr_tcp_seen tcp;

	(void)state;
	assert_int_equal(ttr_tcp_read(&tcp, &cursor, segment.count), TTR_DECODE_OK);
	assert_int_equal(tcp.source_port, 80);
	assert_int_equal(tcp.target_port, 41546);
	assert_true(tcp.has_seq);
	assert_int_equal(tcp.seq, 0x44f63dc7);
	assert_true(tcp.has_flags);
	assert_int_equal(tcp.ack, 0x856d0881);
	assert_int_equal(tcp.flags, 0x12);
	assert_true(tcp.has_ts);
	assert_int_equal(tcp.ts_value, 0x9fe5545f);
	assert_int_equal(tcp.ts_echo, 0x19048868);
	assert_true(tcp.has_mss);
	assert_int_equal(tcp.mss, 1460);
	assert_int_equal(tcp.payload, 0);
	bytes_free(segment);
}

static void test_offsets(void **state)
{
	static const struct {
		unsigned int offset, segment_bytes;
		enum ttr_decode_outcome outcome;
		unsigned int payload;
	} cases[] = {
		{0, 24, TTR_DECODE_MALFORMED, 0},
		{1, 24, TTR_DECODE_MALFORMED, 0},
		{4, 24, TTR_DECODE_MALFORMED, 0},
		{5, 24, TTR_DECODE_OK, 4},
		{6, 24, TTR_DECODE_OK, 0},
		{7, 24, TTR_DECODE_MALFORMED, 0},
		{15, 24, TTR_DECODE_MALFORMED, 0},
		{5, 19, TTR_DECODE_MALFORMED, 0},
		{15, 60, TTR_DECODE_OK, 0},
		{5, 1420, TTR_DECODE_OK, 1400},
		{5, 65535, TTR_DECODE_OK, 65535 - 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes segment =
			bytes_hex(PORTS NUMBERS "0012 fe88 ec66 0000 02040218 00000000");
		struct ttr_cursor cursor = ttr_cursor_over(segment.data, segment.count);
		struct ttr_tcp_seen tcp;

		segment.data[12] = (uint8_t)(cases[i].offset << 4);
		assert_int_equal(ttr_tcp_read(&tcp, &cursor, cases[i].segment_bytes),
				 cases[i].outcome);
		if (cases[i].outcome == TTR_DECODE_OK) {
			assert_int_equal(tcp.payload, cases[i].payload);
			assert_int_equal(tcp.has_mss, cases[i].offset > 5);
		}
		bytes_free(segment);
	}
}

/* Options, and what is read of them, whatever else they are. */
static const struct option_case {
	const char *options; /* filled up to whole words */
	bool has_mss, has_ts;
} options[] = {
	{"", false, false},
	{"01010101", false, false},
	{"0101080a 11111111 22222222", false, true},
	{"02040218", true, false},
	{"02040218 0101080a 11111111 22222222", true, true},
	{"080a1111 11112222 22220204 02180101", true, true},
	{"00040218 02040218", false, false}, /* behind the end of the list */
	{"01020402 18000000", true, false},
	{"1e04abcd 02040218", true, false}, /* MPTCP: stepped over */
	{"fe02fd02 02040218", true, false},
	{"02030200 02040218", false, false}, /* MSS of 3 bytes: what follows is shifted */
	{"080b1111 11112222 22220002 04021800", true, false}, /* timestamps of 11 */
	{"00000000", false, false},
	{"02000000", false, false},          /* length 0 */
	{"02010204 02180000", false, false}, /* length 1 */
	{"02ff0218", false, false},          /* length 255 */
	{"01010108", false, false},          /* no room for a length */
	{"01010802", false, false},
	{"0101080a 11111111 222222", false, false},  /* cut: the last byte is not there */
	{"02040218 08ff0000 02040219", true, false}, /* what was sound before stays */
	{"ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff "
	 "ffffffff",
	 false, false},
	{"00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
	 "00000000",
	 false, false},
	{"01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
	 "02040218",
	 true, false},
};

static void check_options(const struct option_case *c, const struct ttr_tcp_seen *tcp)
{
	if (tcp->has_mss != c->has_mss || tcp->has_ts != c->has_ts)
		print_error("options %s\n", c->options);
	assert_int_equal(tcp->has_mss, c->has_mss);
	assert_int_equal(tcp->mss, c->has_mss ? 536 : 0);
	assert_int_equal(tcp->has_ts, c->has_ts);
	assert_int_equal(tcp->ts_value, c->has_ts ? 0x11111111 : 0);
	assert_int_equal(tcp->ts_echo, c->has_ts ? 0x22222222 : 0);
}

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct bytes tail = bytes_hex(options[i].options);
		unsigned int words = 5 + (tail.count + 3) / 4;
		uint8_t data[60] = {0, 80, 0xa2, 0x4a, [12] = (uint8_t)(words << 4), [13] = 0x12};
		struct bytes segment;
		struct ttr_cursor cursor, quoted;
		struct ttr_tcp_seen tcp;

		memcpy(data + 20, tail.data, tail.count);
		segment = bytes_copy(data, 20 + tail.count);
		cursor = quoted = ttr_cursor_over(segment.data, segment.count);
		assert_int_equal(ttr_tcp_read(&tcp, &cursor, words * 4), TTR_DECODE_OK);
		check_options(&options[i], &tcp);
		assert_int_equal(ttr_tcp_read_quoted(&tcp, &quoted), TTR_DECODE_OK);
		check_options(&options[i], &tcp);
		bytes_free(segment);
		bytes_free(tail);
	}
}

/* Every length of a SYN, captured and quoted, and what can be known from it. */
static void test_cut(void **state)
{
	struct bytes segment = bytes_hex("a2400050 2e985224 00000000 a002faf0 ec660000"
					 "020405b4 0402080a 73c97ae9 00000000 0103030a");

	(void)state;
	for (unsigned int count = 0; count <= segment.count; count++) {
		struct bytes cut = bytes_copy(segment.data, count);
		struct ttr_cursor cursor = ttr_cursor_over(cut.data, cut.count);
		struct ttr_cursor quoted = cursor;
		struct ttr_tcp_seen tcp;

		assert_int_equal(ttr_tcp_read(&tcp, &cursor, 40),
				 count < 20 ? TTR_DECODE_TRUNCATED : TTR_DECODE_OK);
		if (count >= 20) {
			assert_int_equal(tcp.has_mss, count >= 24);
			assert_int_equal(tcp.has_ts, count >= 36);
		}
		assert_int_equal(ttr_tcp_read_quoted(&tcp, &quoted),
				 count < 4 ? TTR_DECODE_TRUNCATED : TTR_DECODE_OK);
		if (count >= 4) {
			assert_int_equal(tcp.target_port, 80);
			assert_int_equal(tcp.has_seq, count >= 8);
			assert_int_equal(tcp.seq, count >= 8 ? 0x2e985224 : 0);
			assert_int_equal(tcp.has_flags, count >= 14);
			assert_int_equal(tcp.flags, count >= 14 ? 2 : 0);
			assert_int_equal(tcp.has_window, count >= 16);
			assert_int_equal(tcp.window, count >= 16 ? 0xfaf0 : 0);
			assert_int_equal(tcp.has_mss, count >= 24);
			assert_int_equal(tcp.has_ts, count >= 36);
			assert_int_equal(tcp.has_scale, count >= 40);
			assert_int_equal(tcp.scale, count >= 40 ? 10 : 0);
			assert_int_equal(tcp.has_all_options, count >= 40);
			assert_int_equal(tcp.payload, 0);
		}
		bytes_free(cut);
	}
	bytes_free(segment);
}

/* Eight bytes of a segment, filled up with zeros by the router: no flags, no number of 0. */
static void test_filled_up(void **state)
{
	struct bytes quote = bytes_hex("a2400050 2e985224 00000000 00000000 00000000 00000000");
	struct ttr_cursor cursor = ttr_cursor_over(quote.data, quote.count);
	struct ttr_tcp_seen tcp;

	(void)state;
	assert_int_equal(ttr_tcp_read_quoted(&tcp, &cursor), TTR_DECODE_OK);
	assert_true(tcp.has_seq);
	assert_int_equal(tcp.seq, 0x2e985224);
	assert_false(tcp.has_flags);
	assert_false(tcp.has_ts);
	bytes_free(quote);
}

/* Behind a header without options is data, whatever it looks like. */
static void test_data_behind(void **state)
{
	struct bytes quote =
		bytes_hex("a2400050 2e985224 00000000 5002faf0 ec660000 020405b4 01010101");
	struct ttr_cursor cursor = ttr_cursor_over(quote.data, quote.count);
	struct ttr_cursor captured = cursor;
	struct ttr_tcp_seen tcp;

	(void)state;
	assert_int_equal(ttr_tcp_read_quoted(&tcp, &cursor), TTR_DECODE_OK);
	assert_true(tcp.has_flags);
	assert_int_equal(tcp.flags, 2);
	assert_false(tcp.has_mss);
	assert_int_equal(ttr_tcp_read(&tcp, &captured, quote.count), TTR_DECODE_OK);
	assert_false(tcp.has_mss);
	assert_int_equal(tcp.payload, 8);
	bytes_free(quote);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_ack),   cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_options),   cmocka_unit_test(test_cut),
		cmocka_unit_test(test_filled_up), cmocka_unit_test(test_data_behind),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
