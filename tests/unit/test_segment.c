/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"

static const struct ttr_segment syn4 = {
	.source = {TTR_FAMILY_IPV4, {192, 0, 2, 2}},
	.target = {TTR_FAMILY_IPV4, {198, 51, 100, 2}},
	.source_port = 41536,
	.target_port = 80,
	.ttl = 1,
	.dont_fragment = true,
	.ip_id = 0xd29e,
	.seq = 0x2e985224,
	.flags = TTR_TCP_SYN,
	.ts_value = 0x73c97ae9,
};

static const struct ttr_segment syn6 = {
	.source = {TTR_FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 2}},
	.target = {TTR_FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8, [5] = 2, [15] = 2}},
	.source_port = 49458,
	.target_port = 80,
	.ttl = 1,
	.seq = 0xba559027,
	.flags = TTR_TCP_SYN,
	.ts_value = 0xc94862bf,
};

static void check(const struct ttr_segment *segment, const char *hex)
{
	struct bytes expected = bytes_hex(hex);
	struct bytes built = bytes_copy(expected.data, expected.count);

	memset(built.data, 0xee, built.count);
	assert_int_equal(ttr_segment_build(built.data, built.count, segment), expected.count);
	assert_memory_equal(built.data, expected.data, expected.count);
	/* One byte less is not enough, and then nothing is written. */
	memset(built.data, 0xee, built.count);
	assert_int_equal(ttr_segment_build(built.data, built.count - 1, segment), 0);
	assert_int_equal(built.data[0], 0xee);
	bytes_free(built);
	bytes_free(expected);
}

/* What Linux 6.18 sent for these values, but for the checksum (left to the device there), the
 * window scale (10 on that host) and the flow label. */
static void test_syn_of_linux(void **state)
{
	(void)state;
	check(&syn4, "4500 003c d29e 4000 0106 bae5 c000 0202 c633 6402"
		     "a240 0050 2e98 5224 0000 0000 a002 faf0 4ed7 0000"
		     "0204 05b4 0402 080a 73c9 7ae9 0000 0000 0103 0307");
	check(&syn6, "6000 0000 0028 0601 2001 0db8 0001 0000 0000 0000 0000 0002"
		     "2001 0db8 0002 0000 0000 0000 0000 0002"
		     "c132 0050 ba55 9027 0000 0000 a002 fd20 b772 0000"
		     "0204 05a0 0402 080a c948 62bf 0000 0000 0103 0307");
}

static void test_bare(void **state)
{
	struct ttr_segment segment = syn4;

	(void)state;
	segment.style = TTR_SYN_BARE;
	segment.dont_fragment = false;
	check(&segment, "4500 0028 d29e 0000 0106 faf9 c000 0202 c633 6402"
			"a240 0050 2e98 5224 0000 0000 5002 0000 a05d 0000");
	segment = syn6;
	segment.style = TTR_SYN_BARE;
	check(&segment, "6000 0000 0014 0601 2001 0db8 0001 0000 0000 0000 0000 0002"
			"2001 0db8 0002 0000 0000 0000 0000 0002"
			"c132 0050 ba55 9027 0000 0000 5002 0000 486a 0000");
}

static void test_ack(void **state)
{
	struct ttr_segment segment = syn4;

	(void)state;
	segment.flags = TTR_TCP_ACK;
	segment.ack = 0x44f63dc8;
	check(&segment, "4500 0034 d29e 4000 0106 baed c000 0202 c633 6402"
			"a240 0050 2e98 5224 44f6 3dc8 8010 faf0 fad5 0000"
			"0101 080a 73c9 7ae9 0000 0000");
}

static void test_lengths(void **state)
{
	static const struct {
		enum ttr_family family;
		uint8_t flags;
		enum ttr_syn_style style;
		unsigned int smallest;
	} cases[] = {
		{TTR_FAMILY_IPV4, TTR_TCP_SYN, TTR_SYN_LINUX, 60},
		{TTR_FAMILY_IPV4, TTR_TCP_SYN | TTR_TCP_ECE | TTR_TCP_CWR, TTR_SYN_LINUX, 60},
		{TTR_FAMILY_IPV4, TTR_TCP_SYN | TTR_TCP_ACK, TTR_SYN_LINUX, 60},
		{TTR_FAMILY_IPV4, TTR_TCP_ACK, TTR_SYN_LINUX, 52},
		{TTR_FAMILY_IPV4, TTR_TCP_SYN, TTR_SYN_BARE, 40},
		{TTR_FAMILY_IPV4, TTR_TCP_ACK, TTR_SYN_BARE, 40},
		{TTR_FAMILY_IPV6, TTR_TCP_SYN, TTR_SYN_LINUX, 80},
		{TTR_FAMILY_IPV6, TTR_TCP_ACK, TTR_SYN_LINUX, 72},
		{TTR_FAMILY_IPV6, TTR_TCP_SYN, TTR_SYN_BARE, 60},
		{TTR_FAMILY_IPV6, TTR_TCP_ACK, TTR_SYN_BARE, 60},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			ttr_segment_min_length(cases[i].family, cases[i].flags, cases[i].style),
			cases[i].smallest);
}

/* The sum over pseudo header and segment, which is all ones if the checksum is right. */
static unsigned int tcp_sum(struct bytes packet)
{
	bool v6 = packet.data[0] >> 4 == 6;
	unsigned int addresses_at = v6 ? 8 : 12, tcp_at = v6 ? 40 : 20;
	unsigned int sum = words_sum(6, packet.data + addresses_at, tcp_at - addresses_at);

	sum += packet.count - tcp_at;
	sum = sum % 0x10000 + sum / 0x10000;
	return words_sum(sum, packet.data + tcp_at, packet.count - tcp_at);
}

/* Built, checked against the tests' own checksums, and read back. */
static void check_length(struct ttr_segment segment, unsigned int smallest, uint16_t length)
{
	unsigned int total = length > smallest ? length : smallest;
	struct bytes packet = {.data = malloc(total), .count = total};
	struct ttr_reply reply;

	assert_non_null(packet.data);
	memset(packet.data, 0xee, total);
	segment.length = length;
	segment.tos = 0xfd;
	assert_int_equal(ttr_segment_payload(&segment), total - smallest);
	assert_int_equal(ttr_segment_build(packet.data, packet.count, &segment), total);
	assert_int_equal(tcp_sum(packet), 0xffff);
	assert_int_equal(ttr_reply_decode(&reply, packet.data, packet.count), TTR_DECODE_OK);
	assert_int_equal(reply.kind, TTR_REPLY_TCP);
	assert_memory_equal(&reply.source, &segment.source, sizeof(segment.source));
	assert_memory_equal(&reply.target, &segment.target, sizeof(segment.target));
	assert_int_equal(reply.ttl, segment.ttl);
	assert_int_equal(reply.tos, segment.tos);
	assert_int_equal(reply.ip_id, segment.ip_id);
	assert_int_equal(reply.tcp.source_port, segment.source_port);
	assert_int_equal(reply.tcp.target_port, segment.target_port);
	assert_int_equal(reply.tcp.seq, segment.seq);
	assert_int_equal(reply.tcp.flags, segment.flags);
	assert_int_equal(reply.tcp.has_ts, segment.style == TTR_SYN_LINUX);
	if (reply.tcp.has_ts)
		assert_int_equal(reply.tcp.ts_value, segment.ts_value);
	assert_int_equal(reply.tcp.payload, total - smallest);
	for (unsigned int i = smallest; i < total; i++)
		assert_int_equal(packet.data[i], 0);
	bytes_free(packet);
}

/* Lengths below the smallest give the smallest. */
static void test_payload(void **state)
{
	static const uint16_t lengths[] = {0, 1, 39, 40, 41, 60, 61, 80, 81, 999, 1500, 65535};
	static const uint8_t flags[] = {
		TTR_TCP_SYN,
		TTR_TCP_ACK,
		TTR_TCP_SYN | TTR_TCP_ACK,
		TTR_TCP_SYN | TTR_TCP_CWR | TTR_TCP_ECE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (unsigned int j = 0; j < 4 * 4; j++) {
			struct ttr_segment segment = j & 8 ? syn6 : syn4;

			segment.style = j & 4 ? TTR_SYN_BARE : TTR_SYN_LINUX;
			segment.flags = flags[j & 3];
			check_length(segment,
				     ttr_segment_min_length(segment.source.family, segment.flags,
							    segment.style),
				     lengths[i]);
		}
	}
}

static void test_out_of_range(void **state)
{
	uint8_t buf[100] = {0};
	struct ttr_segment segment = syn4;

	(void)state;
	segment.ttl = 0;
	assert_int_equal(ttr_segment_build(buf, sizeof(buf), &segment), 0);
	segment = syn4;
	segment.target = syn6.target;
	assert_int_equal(ttr_segment_build(buf, sizeof(buf), &segment), 0);
	segment.source.family = segment.target.family = TTR_FAMILY_NONE;
	assert_int_equal(ttr_segment_build(buf, sizeof(buf), &segment), 0);
	segment = syn4;
	segment.style = (enum ttr_syn_style)7;
	assert_int_equal(ttr_segment_build(buf, sizeof(buf), &segment), 0);
	segment = syn4;
	segment.length = sizeof(buf) + 1;
	assert_int_equal(ttr_segment_build(buf, sizeof(buf), &segment), 0);
	segment.length = sizeof(buf);
	assert_int_equal(ttr_segment_build(buf, sizeof(buf), &segment), sizeof(buf));
	assert_int_equal(ttr_segment_build(NULL, 0, &segment), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_of_linux), cmocka_unit_test(test_bare),
		cmocka_unit_test(test_ack),          cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_payload),      cmocka_unit_test(test_out_of_range),
	};

	return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
