/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reply_packets.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"

static void check_addr(const struct ttr_addr *addr, const char *hex)
{
	struct bytes bytes = bytes_hex(hex);

	assert_int_equal(addr->family, bytes.count == 4 ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6);
	assert_memory_equal(addr->bytes, bytes.data, bytes.count);
	bytes_free(bytes);
}

static void decode(struct ttr_reply *reply, const char *hex)
{
	struct bytes packet = bytes_hex(hex);

	memset(reply, 0xee, sizeof(*reply));
	assert_int_equal(ttr_reply_decode(reply, packet.data, packet.count), TTR_DECODE_OK);
	bytes_free(packet);
}

/* As a Linux 6.18 router sent it. */
static void test_linux_exceeded(void **state)
{
	struct ttr_reply reply;

	(void)state;
	decode(&reply, "45c0 0058 1640 0000 4001 dfa1 c000 0201 c000 0202 0b00 43d4 0000 0000"
		       "4500 003c d29e 4000 0106 bae5 c000 0202 c633 6402"
		       "a240 0050 2e98 5224 0000 0000 a002 faf0 ec66 0000"
		       "0204 05b4 0402 080a 73c9 7ae9 0000 0000 0103 030a");
	assert_int_equal(reply.kind, TTR_REPLY_TIME_EXCEEDED);
	check_addr(&reply.source, "c0000201");
	check_addr(&reply.target, "c0000202");
	assert_int_equal(reply.ttl, 64);
	assert_int_equal(reply.tos, 0xc0);
	assert_int_equal(reply.ip_id, 0x1640);
	assert_int_equal(reply.icmp_type, 11);
	assert_int_equal(reply.icmp_code, 0);
	assert_int_equal(reply.mtu, 0);
	check_addr(&reply.quote.source, "c0000202");
	check_addr(&reply.quote.target, "c6336402");
	assert_int_equal(reply.quote.tos, 0);
	assert_int_equal(reply.quote.ttl, 1);
	assert_int_equal(reply.quote.ip_id, 0xd29e);
	assert_int_equal(reply.quote.tcp.source_port, 41536);
	assert_int_equal(reply.quote.tcp.target_port, 80);
	assert_int_equal(reply.quote.tcp.seq, SEQ);
	assert_int_equal(reply.quote.tcp.flags, TTR_TCP_SYN);
	assert_int_equal(reply.quote.tcp.ts_value, 0x73c97ae9);
	assert_int_equal(reply.quote.tcp.ack, 0);
	assert_int_equal(reply.quote.tcp.ts_echo, 0);
	assert_int_equal(reply.quote.tcp.mss, 1460);
}

static void test_linux_exceeded6(void **state)
{
	struct ttr_reply reply;

	(void)state;
	decode(&reply, "600e 4422 0058 3a40 2001 0db8 0001 0000 0000 0000 0000 0001"
		       "2001 0db8 0001 0000 0000 0000 0000 0002 0300 45b9 0000 0000"
		       "6009 5101 0028 0601 2001 0db8 0001 0000 0000 0000 0000 0002"
		       "2001 0db8 0002 0000 0000 0000 0000 0002"
		       "c132 0050 ba55 9027 0000 0000 a002 fd20 5ba7 0000"
		       "0204 05a0 0402 080a c948 62bf 0000 0000 0103 030a");
	assert_int_equal(reply.kind, TTR_REPLY_TIME_EXCEEDED);
	check_addr(&reply.source, "20010db8000100000000000000000001");
	check_addr(&reply.target, "20010db8000100000000000000000002");
	assert_int_equal(reply.ttl, 64);
	assert_int_equal(reply.tos, 0);
	assert_int_equal(reply.ip_id, 0);
	assert_int_equal(reply.icmp_type, 3);
	assert_int_equal(reply.icmp_code, 0);
	assert_int_equal(reply.mtu, 0);
	check_addr(&reply.quote.source, "20010db8000100000000000000000002");
	check_addr(&reply.quote.target, "20010db8000200000000000000000002");
	assert_int_equal(reply.quote.ttl, 1);
	assert_int_equal(reply.quote.ip_id, 0);
	assert_int_equal(reply.quote.tcp.source_port, 49458);
	assert_int_equal(reply.quote.tcp.target_port, 80);
	assert_int_equal(reply.quote.tcp.seq, 0xba559027);
	assert_int_equal(reply.quote.tcp.ts_value, 0xc94862bf);
	assert_int_equal(reply.quote.tcp.mss, 1440);
}

static void test_linux_rst(void **state)
{
	struct ttr_reply reply;

	(void)state;
	decode(&reply, "4500 0028 0000 4000 3f06 4f98 c633 6402 c000 0202"
		       "0051 adf6 0000 0000 cff9 05e3 5014 0000 3f74 0000 0000 0000 0000");
	assert_int_equal(reply.kind, TTR_REPLY_TCP);
	check_addr(&reply.source, "c6336402");
	check_addr(&reply.target, "c0000202");
	assert_int_equal(reply.ttl, 63);
	assert_int_equal(reply.icmp_type, 0);
	assert_int_equal(reply.icmp_code, 0);
	assert_int_equal(reply.mtu, 0);
	assert_int_equal(reply.tcp.source_port, 81);
	assert_int_equal(reply.tcp.target_port, 44534);
	assert_true(reply.tcp.has_seq);
	assert_int_equal(reply.tcp.seq, 0);
	assert_int_equal(reply.tcp.ack, 0xcff905e3);
	assert_int_equal(reply.tcp.flags, 0x14);
	assert_false(reply.tcp.has_ts);
	assert_false(reply.tcp.has_mss);
	assert_int_equal(reply.tcp.payload, 0);
}

/* Our own probe as the capture sees it leave, its checksum left to the device. */
static void test_own_probe(void **state)
{
	struct ttr_reply reply;

	(void)state;
	decode(&reply, "4500 003c d29e 4000 0106 bae5 c000 0202 c633 6402"
		       "a240 0050 2e98 5224 0000 0000 a002 faf0 ec66 0000"
		       "0204 05b4 0402 080a 73c9 7ae9 0000 0000 0103 030a");
	assert_int_equal(reply.kind, TTR_REPLY_TCP);
	assert_int_equal(reply.ttl, 1);
	assert_int_equal(reply.ip_id, 0xd29e);
	assert_int_equal(reply.tcp.source_port, 41536);
	assert_int_equal(reply.tcp.seq, SEQ);
	assert_int_equal(reply.tcp.flags, 2);
	assert_int_equal(reply.tcp.ts_value, 0x73c97ae9);
}

static void test_mtu(void **state)
{
	struct bytes four = bytes_hex(ROUTER "0304 0000 000005dc" QUOTED_IP QUOTED_8);
	struct bytes six = bytes_hex(ROUTER6 "0200 0000 00000500" QUOTED_IP6("06") QUOTED_8);
	struct ttr_reply reply;

	(void)state;
	packet_set_length(four);
	packet_set_checksums(four, 20);
	assert_int_equal(ttr_reply_decode(&reply, four.data, four.count), TTR_DECODE_OK);
	assert_int_equal(reply.kind, TTR_REPLY_UNREACHABLE);
	assert_int_equal(reply.icmp_type, 3);
	assert_int_equal(reply.icmp_code, 4);
	assert_int_equal(reply.mtu, 1500);
	packet_set_length(six);
	packet_set_checksums(six, 40);
	assert_int_equal(ttr_reply_decode(&reply, six.data, six.count), TTR_DECODE_OK);
	assert_int_equal(reply.kind, TTR_REPLY_UNREACHABLE);
	assert_int_equal(reply.icmp_type, 2);
	assert_int_equal(reply.mtu, 1280);
	bytes_free(four);
	bytes_free(six);
}

/* A SYN/ACK with 1400 bytes of data (P38), of which the capture has nothing. */
static void test_data(void **state)
{
	struct bytes packet = bytes_hex(HOST_TO_US SYN_ACK SYN_ACK_OPTIONS);
	struct ttr_reply reply;

	(void)state;
	bytes_put16(packet, 2, 60 + 1400);
	packet_set_checksums(packet, 0);
	assert_int_equal(ttr_reply_decode(&reply, packet.data, packet.count), TTR_DECODE_OK);
	assert_int_equal(reply.tcp.payload, 1400);
	assert_true(reply.tcp.has_ts);
	bytes_free(packet);
}

/* RFC 4884: a quote of 128 bytes with 16 bytes of extensions behind it. The quoted options would
 * reach into them. */
static void test_extension(void **state)
{
	uint8_t data[40 + 8 + 128 + 16] = {0};
	struct bytes base = bytes_hex(ROUTER6 "0300 0000 10000000" QUOTED_IP6("3c"));
	/* 64 bytes of destination options fill the quote up to 24 bytes of TCP. */
	struct bytes options = bytes_hex("06 07 01 3c");
	struct bytes tcp =
		bytes_hex(QUOTED_20 "01010101"
				    "02040218 080a1111 11112222 22220101"); /* extensions */
	struct bytes packet;
	struct ttr_reply reply;

	(void)state;
	memcpy(data, base.data, base.count);
	memcpy(data + 88, options.data, options.count);
	memcpy(data + 152, tcp.data, tcp.count);
	packet = bytes_copy(data, sizeof(data));
	packet_set_length(packet);
	packet_set_checksums(packet, 40);
	assert_int_equal(ttr_reply_decode(&reply, packet.data, packet.count), TTR_DECODE_OK);
	assert_true(reply.quote.tcp.has_flags);
	assert_false(reply.quote.tcp.has_mss);
	assert_false(reply.quote.tcp.has_ts);
	/* Without the length they are taken for the quote's. */
	packet.data[44] = 0;
	packet_set_checksums(packet, 40);
	assert_int_equal(ttr_reply_decode(&reply, packet.data, packet.count), TTR_DECODE_OK);
	assert_true(reply.quote.tcp.has_mss);
	assert_true(reply.quote.tcp.has_ts);
	bytes_free(packet);
	bytes_free(tcp);
	bytes_free(options);
	bytes_free(base);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux_exceeded),
		cmocka_unit_test(test_linux_exceeded6),
		cmocka_unit_test(test_linux_rst),
		cmocka_unit_test(test_own_probe),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_extension),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
