/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reply_packets.h"
#include "tcptraceroute/reply.h"

/* How much of the TCP header a good reply must show. */
enum depth {
	NOTHING, /* not a good reply */
	PORTS,
	NUMBER,
	FLAGS,
	OPTIONS, /* the time stamps */
};

struct edit {
	unsigned int at;
	uint8_t value;
};

static const struct reply_case {
	const char *what;
	unsigned int icmp_at; /* 0: no ICMP */
	enum ttr_decode_outcome outcome;
	enum depth depth;
	const char *hex;
	struct edit edit;  /* of the lengths and all else, before the checksums are set */
	struct edit spoil; /* after that */
} cases[] = {
	/* Quotes of every length that has a name (P8, P9, P10). */
	{"no TCP", 20, TTR_DECODE_TRUNCATED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP},
	{"1 byte", 20, TTR_DECODE_TRUNCATED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP "a2"},
	{"4 bytes", 20, TTR_DECODE_OK, PORTS, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_PORTS},
	{"7 bytes", 20, TTR_DECODE_OK, PORTS,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_PORTS "2e9852"},
	{"8 bytes", 20, TTR_DECODE_OK, NUMBER, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8},
	{"14 bytes", 20, TTR_DECODE_OK, FLAGS, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_14},
	{"20 bytes", 20, TTR_DECODE_OK, FLAGS, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_20},
	{"40 bytes", 20, TTR_DECODE_OK, OPTIONS, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_40},
	{"40 bytes and data", 20, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_40 "0000000000000000"},
	{"8 bytes and zeros", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8 "000000000000000000000000"},

	/* Headers (P11 to P16). */
	{"version 5", 20, TTR_DECODE_MALFORMED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8,
	 .edit = {0, 0x55}},
	{"version 0", 20, TTR_DECODE_MALFORMED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8,
	 .edit = {0, 0x05}},
	{"IHL 0", 20, TTR_DECODE_MALFORMED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8,
	 .edit = {0, 0x40}},
	{"IHL 1", 20, TTR_DECODE_MALFORMED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8,
	 .edit = {0, 0x41}},
	{"IHL 4", 20, TTR_DECODE_MALFORMED, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8,
	 .edit = {0, 0x44}},
	{"total length 0", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {3, 0}},
	{"total length 27", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {3, 27}},
	{"total length inside the quote", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {3, 35}},
	{"more was sent than captured", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {2, 1}},
	{"fragment: offset", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {7, 1}},
	{"fragment: the first", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {6, 0x20}},
	{"must not be fragmented", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .edit = {6, 0x40}},
	{"router alert", 24, TTR_DECODE_OK, NUMBER,
	 .hex = "4600 0000 1640 0000 4001 0000 c0000201 c0000202 94040000 " EXCEEDED QUOTED_IP
		 QUOTED_8},
	{"40 bytes of options", 60, TTR_DECODE_OK, NUMBER,
	 .hex = "4f00 0000 1640 0000 4001 0000 c0000201 c0000202 " OPTIONS_40 EXCEEDED QUOTED_IP
		 QUOTED_8},
	{"wrong ICMP checksum", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .spoil = {40, 0xff}},
	{"wrong IP checksum", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8, .spoil = {8, 0x41}},
	{"UDP", 20, TTR_DECODE_FOREIGN, NOTHING, .hex = ROUTER EXCEEDED QUOTED_IP QUOTED_8,
	 .edit = {9, 17}},
	{"ICMPv6 in IPv4", 20, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER EXCEEDED6 QUOTED_IP QUOTED_8, .edit = {9, 58}},

	/* Quoted headers. */
	{"quoted IHL 0", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED "4000"
				"003c d29e 4000 0106 bae5 c0000202 c6336402" QUOTED_8},
	{"quoted IHL 4", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED "4400"
				"003c d29e 4000 0106 bae5 c0000202 c6336402" QUOTED_8},
	{"quoted IHL 6", 20, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER EXCEEDED
	 "4600 0040 d29e 4000 0106 bae5 c0000202 c6336402 94040000" QUOTED_40},
	{"quoted IHL 15", 20, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER EXCEEDED
	 "4f00 0064 d29e 4000 0106 bae5 c0000202 c6336402 " OPTIONS_40 QUOTED_40},
	{"quoted IHL 15, cut in its options", 20, TTR_DECODE_TRUNCATED, NOTHING,
	 .hex = ROUTER EXCEEDED "4f00 0064 d29e 4000 0106 bae5 "
				"c0000202 c6336402 0727" QUOTED_8},
	{"quoted IPv6", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED QUOTED_IP6("06") QUOTED_8},
	{"quoted UDP", 20, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER EXCEEDED "4500 003c d29e 4000 0111 bae5 c0000202 c6336402" QUOTED_8},
	{"quoted first fragment", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER EXCEEDED "4500 003c d29e 2000 0106 bae5 c0000202 c6336402" QUOTED_8},
	{"quoted second fragment", 20, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER EXCEEDED "4500 003c d29e 0040 0106 bae5 c0000202 c6336402" QUOTED_8},
	{"quoted total length 0, checksum 0", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER EXCEEDED "4500 0000 d29e 4000 0106 0000 c0000202 c6336402" QUOTED_8},

	/* Other types and codes (P17 to P19, P44). */
	{"port unreachable", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER UNREACHABLE("03") QUOTED_IP QUOTED_8},
	{"unreachable 200", 20, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER UNREACHABLE("c8") QUOTED_IP QUOTED_8},
	{"time exceeded in reassembly", 20, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER "0b01 0000 00000000" QUOTED_IP QUOTED_8},
	{"parameter problem", 20, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER "0c00 0000 00000000" QUOTED_IP QUOTED_8},
	{"source quench", 20, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER "0400 0000 00000000" QUOTED_IP QUOTED_8},
	{"redirect", 20, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER "0501 0000 c0000209" QUOTED_IP QUOTED_8},
	{"echo reply", 20, TTR_DECODE_FOREIGN, NOTHING, .hex = ROUTER "0000 0000 00010001"},
	{"ICMP of 4 bytes", 20, TTR_DECODE_MALFORMED, NOTHING, .hex = ROUTER "0b00 0000"},

	/* RFC 4884 (P21, P27): a length that is a lie, one that is right, one that is not given. */
	{"length of 1020 bytes", 20, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER "0b00 0000 00ff0000" QUOTED_IP QUOTED_40},
	{"length of 4 bytes", 20, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER "0b00 0000 00010000" QUOTED_IP QUOTED_40},

	/* IPv6. */
	{"IPv6, 4 bytes", 40, TTR_DECODE_OK, PORTS,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_PORTS},
	{"IPv6, 8 bytes", 40, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_8},
	{"IPv6, 40 bytes", 40, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_40},
	{"IPv6, unreachable", 40, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER6 "0104 0000 00000000" QUOTED_IP6("06") QUOTED_40},
	{"IPv6, hop limit 255", 40, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_8, .edit = {7, 255}},
	{"IPv6, wrong checksum", 40, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_8, .spoil = {50, 0xff}},
	{"IPv6, another source than the checksum's", 40, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_8, .spoil = {23, 9}},
	{"IPv6, payload length 0", 0, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_8, .spoil = {5, 0}},
	{"IPv6, quoted IPv4", 40, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP QUOTED_40},
	{"IPv6, ICMP of IPv4", 40, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = "600e4422 0000 01 40" ROUTER6_ADDRESSES EXCEEDED QUOTED_IP6("06") QUOTED_8},
	{"IPv6, no next header", 0, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = "600e4422 0000 3b 40" ROUTER6_ADDRESSES "00000000"},
	{"IPv6, router advertisement", 40, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER6 "8600 0000 40000708 00000000 00000000"},
	{"IPv6, outer extension headers", 56, TTR_DECODE_OK, NUMBER,
	 .hex = "600e4422 0000 00 40" ROUTER6_ADDRESSES OPTIONS6("3c") OPTIONS6("3a")
		 EXCEEDED6 QUOTED_IP6("06") QUOTED_8},
	{"IPv6, outer fragment that is the whole", 48, TTR_DECODE_OK, NUMBER,
	 .hex = "600e4422 0000 2c 40" ROUTER6_ADDRESSES
		"3a00 0000 12345678" EXCEEDED6 QUOTED_IP6("06") QUOTED_8},
	{"IPv6, outer first fragment", 48, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = "600e4422 0000 2c 40" ROUTER6_ADDRESSES
		"3a00 0001 12345678" EXCEEDED6 QUOTED_IP6("06") QUOTED_8},
	{"IPv6, outer second fragment", 48, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = "600e4422 0000 2c 40" ROUTER6_ADDRESSES
		"3a00 0008 12345678" EXCEEDED6 QUOTED_IP6("06") QUOTED_8},
	{"IPv6, quoted extension headers", 40, TTR_DECODE_OK, OPTIONS,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("00") OPTIONS6("3c") OPTIONS6("06") QUOTED_40},
	{"IPv6, quoted first fragment", 40, TTR_DECODE_OK, NUMBER,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("2c") "0600 0001 12345678" QUOTED_8},
	{"IPv6, quoted second fragment", 40, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("2c") "0600 0008 12345678" QUOTED_8},
	{"IPv6, quoted ESP", 40, TTR_DECODE_FOREIGN, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("32") "0000000100000002"},
	{"IPv6, quoted chain of nine", 40, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = ROUTER6 EXCEEDED6 QUOTED_IP6("3c") OPTIONS6("3c") OPTIONS6("3c") OPTIONS6("3c")
		 OPTIONS6("3c") OPTIONS6("3c") OPTIONS6("3c") OPTIONS6("3c") OPTIONS6("3c")
			 OPTIONS6("06") QUOTED_8},

	/* TCP (P37 to P39). */
	{"SYN/ACK", 0, TTR_DECODE_OK, OPTIONS, .hex = HOST_TO_US SYN_ACK SYN_ACK_OPTIONS,
	 .edit = {32, 0xa0}},
	{"SYN/ACK without options", 0, TTR_DECODE_OK, FLAGS, .hex = HOST_TO_US SYN_ACK,
	 .edit = {32, 0x50}},
	{"SYN/ACK, wrong options", 0, TTR_DECODE_OK, FLAGS, .hex = HOST_TO_US SYN_ACK "0200ffff",
	 .edit = {32, 0x60}},
	{"SYN/ACK, wrong TCP checksum", 0, TTR_DECODE_OK, OPTIONS,
	 .hex = HOST_TO_US SYN_ACK SYN_ACK_OPTIONS, .spoil = {36, 0xff}},
	{"data offset 4", 0, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = HOST_TO_US SYN_ACK SYN_ACK_OPTIONS, .edit = {32, 0x40}},
	{"data offset 0", 0, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = HOST_TO_US SYN_ACK SYN_ACK_OPTIONS, .edit = {32, 0x00}},
	{"data offset beyond the packet", 0, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = HOST_TO_US SYN_ACK SYN_ACK_OPTIONS, .edit = {32, 0xb0}},
	{"TCP of 19 bytes", 0, TTR_DECODE_TRUNCATED, NOTHING, .hex = HOST_TO_US SYN_ACK,
	 .edit = {3, 39}},
	{"TCP fragment", 0, TTR_DECODE_MALFORMED, NOTHING,
	 .hex = HOST_TO_US SYN_ACK SYN_ACK_OPTIONS, .edit = {7, 3}},
	{"TCP over IPv6", 0, TTR_DECODE_OK, OPTIONS,
	 .hex = "600e4422 0000 06 3f" ROUTER6_ADDRESSES SYN_ACK SYN_ACK_OPTIONS},
	{"TCP behind options", 0, TTR_DECODE_OK, OPTIONS,
	 .hex = "600e4422 0000 3c 3f" ROUTER6_ADDRESSES OPTIONS6("06") SYN_ACK SYN_ACK_OPTIONS},
};

static struct bytes make_packet(const struct reply_case *c)
{
	struct bytes packet = bytes_hex(c->hex);

	packet_set_length(packet);
	if (c->edit.at != 0 || c->edit.value != 0)
		packet.data[c->edit.at] = c->edit.value;
	packet_set_checksums(packet, c->icmp_at);
	if (c->spoil.at != 0)
		packet.data[c->spoil.at] = c->spoil.value;
	return packet;
}

static enum depth depth_of(const struct ttr_tcp_seen *tcp)
{
	if (tcp->has_ts) {
		assert_true(tcp->has_flags);
		assert_true(tcp->has_mss);
		return OPTIONS;
	}
	if (tcp->has_flags) {
		assert_true(tcp->has_seq);
		return FLAGS;
	}
	return tcp->has_seq ? NUMBER : PORTS;
}

static enum ttr_reply_kind kind_of(struct bytes packet, unsigned int icmp_at)
{
	unsigned int exceeded = packet.data[0] >> 4 == 6 ? 3 : 11;

	if (icmp_at == 0)
		return TTR_REPLY_TCP;
	return packet.data[icmp_at] == exceeded ? TTR_REPLY_TIME_EXCEEDED : TTR_REPLY_UNREACHABLE;
}

static const struct ttr_tcp_seen *tcp_of(const struct ttr_reply *reply)
{
	return reply->kind == TTR_REPLY_TCP ? &reply->tcp : &reply->quote.tcp;
}

static void check_quote(const struct ttr_quote *quote, enum depth depth)
{
	assert_int_equal(quote->ttl, 1);
	assert_int_equal(quote->source.family, quote->target.family);
	assert_int_equal(quote->ip_id, quote->source.family == TTR_FAMILY_IPV4 ? 0xd29e : 0);
	assert_int_equal(quote->tcp.source_port, 41536);
	assert_int_equal(quote->tcp.target_port, 80);
	assert_int_equal(quote->tcp.seq, depth >= NUMBER ? SEQ : 0);
	assert_int_equal(quote->tcp.flags, depth >= FLAGS ? 2 : 0);
	assert_int_equal(quote->tcp.ts_value, depth >= OPTIONS ? 0x73c97ae9 : 0);
	assert_int_equal(quote->tcp.payload, 0);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct reply_case *c = &cases[i];
		struct bytes packet = make_packet(c);
		struct ttr_reply reply = {.at = {.ns = 12345}};
		enum ttr_decode_outcome outcome =
			ttr_reply_decode(&reply, packet.data, packet.count);

		if (outcome != c->outcome)
			print_error("%s\n", c->what);
		assert_int_equal(outcome, c->outcome);
		assert_int_equal(reply.at.ns, 12345);
		if (outcome == TTR_DECODE_OK) {
			assert_int_equal(reply.kind, kind_of(packet, c->icmp_at));
			assert_int_equal(depth_of(tcp_of(&reply)), c->depth);
			if (reply.kind != TTR_REPLY_TCP)
				check_quote(&reply.quote, c->depth);
		}
		bytes_free(packet);
	}
}

/* Every packet, cut everywhere (P40): never a read beyond the end, and what a shorter capture shows
 * a longer one shows as well. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct reply_case *c = &cases[i];
		struct bytes packet = make_packet(c);
		enum depth depth = NOTHING;

		for (unsigned int count = 0; count <= packet.count; count++) {
			struct bytes cut = bytes_copy(packet.data, count);
			struct ttr_reply reply;
			enum ttr_decode_outcome outcome =
				ttr_reply_decode(&reply, cut.data, cut.count);

			if (c->outcome == TTR_DECODE_OK && depth != NOTHING)
				assert_int_equal(outcome, TTR_DECODE_OK);
			else if (c->outcome == TTR_DECODE_OK)
				assert_true(outcome == TTR_DECODE_OK ||
					    outcome == TTR_DECODE_TRUNCATED);
			if (outcome == TTR_DECODE_OK) {
				assert_true(depth_of(tcp_of(&reply)) >= depth);
				depth = depth_of(tcp_of(&reply));
			}
			bytes_free(cut);
		}
		if (c->outcome == TTR_DECODE_OK)
			assert_int_equal(depth, c->depth);
		bytes_free(packet);
	}
}

/* What the link fills a frame up with is no part of the packet: not of its checksum, not of its
 * quote, not of its payload. */
static void test_padding(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct reply_case *c = &cases[i];
		struct bytes packet = make_packet(c);
		uint8_t data[1024];
		struct bytes padded;
		struct ttr_reply plain, reply;

		memset(data, 0xee, sizeof(data));
		memcpy(data, packet.data, packet.count);
		padded = bytes_copy(data, packet.count + 13);
		memset(&plain, 0, sizeof(plain));
		memset(&reply, 0, sizeof(reply));
		if (ttr_reply_decode(&plain, packet.data, packet.count) == TTR_DECODE_OK &&
		    c->edit.at != 2) {
			assert_int_equal(ttr_reply_decode(&reply, padded.data, padded.count),
					 TTR_DECODE_OK);
			assert_int_equal(depth_of(tcp_of(&reply)), c->depth);
			assert_int_equal(tcp_of(&reply)->payload, tcp_of(&plain)->payload);
		}
		bytes_free(padded);
		bytes_free(packet);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		{"P40 every prefix of every packet", test_cut, NULL, NULL, NULL},
		cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests_name("reply_cases", tests, NULL, NULL);
}
