/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/link.h"

#define MACS "020000000001 020000000002 "
#define IP "45" /* the IP packet, of which one byte is enough here */
#define SLL_REST "0001 0006 0200000000010000 "
#define SLL2_REST "0000 00000003 0001 "
#define SLL2_ADDRESS "06 0200000000010000 "

/* offset: of the IP packet; -1 - outcome if there is none. */
#define FOREIGN (-1 - TTR_DECODE_FOREIGN)
#define MALFORMED (-1 - TTR_DECODE_MALFORMED)
#define TRUNCATED (-1 - TTR_DECODE_TRUNCATED)

static const struct link_case {
	enum ttr_link link;
	const char *hex;
	int offset;
	bool outgoing;
} cases[] = {
	{TTR_LINK_ETHERNET, MACS "0800" IP, 14, false},
	{TTR_LINK_ETHERNET, MACS "86dd" IP, 14, false},
	{TTR_LINK_ETHERNET, MACS "0806 0001 0800", FOREIGN, false}, /* ARP */
	{TTR_LINK_ETHERNET, MACS "8100 0007 0800" IP, 18, false},
	{TTR_LINK_ETHERNET, MACS "88a8 0007 8100 0008 86dd" IP, 22, false},
	{TTR_LINK_ETHERNET, MACS "9100 0007 8100 0008 0800" IP, 22, false},
	{TTR_LINK_ETHERNET, MACS "8100 0001 8100 0002 8100 0003 8100 0004 0800" IP, 30, false},
	{TTR_LINK_ETHERNET, MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800" IP,
	 MALFORMED, false},
	{TTR_LINK_ETHERNET,
	 MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 "
	      "0800" IP,
	 MALFORMED, false},
	{TTR_LINK_ETHERNET, MACS "8100 0007 0806 0001", FOREIGN, false},
	{TTR_LINK_ETHERNET, MACS "8864 11 00 0001 002a 0021" IP, 22, false}, /* PPPoE */
	{TTR_LINK_ETHERNET, MACS "8864 11 00 0001 002a 0057" IP, 22, false},
	{TTR_LINK_ETHERNET, MACS "8100 0007 8864 11 00 0001 002a 0021" IP, 26, false},
	{TTR_LINK_ETHERNET, MACS "8864 11 00 0001 002a c021 0101", FOREIGN, false}, /* LCP */
	{TTR_LINK_ETHERNET, MACS "8863 11 09 0000 0000", FOREIGN, false}, /* PPPoE discovery */
	{TTR_LINK_ETHERNET, MACS "0026 4242 03 0000", FOREIGN, false},    /* 802.3, LLC: STP */
	{TTR_LINK_ETHERNET, MACS "0030 aaaa 03 000000 0800" IP, FOREIGN, false}, /* SNAP */
	{TTR_LINK_ETHERNET, MACS "8847 00001140" IP, FOREIGN, false},            /* MPLS */
	{TTR_LINK_RAW, IP, 0, false},
	{TTR_LINK_NULL, "02000000" IP, 4, false}, /* little endian */
	{TTR_LINK_NULL, "00000002" IP, 4, false}, /* big endian */
	{TTR_LINK_NULL, "0a000000" IP, 4, false}, /* AF_INET6 of Linux, NetBSD, FreeBSD, macOS */
	{TTR_LINK_NULL, "18000000" IP, 4, false},
	{TTR_LINK_NULL, "1c000000" IP, 4, false},
	{TTR_LINK_NULL, "1e000000" IP, 4, false},
	{TTR_LINK_NULL, "07000000" IP, FOREIGN, false}, /* ISO */
	{TTR_LINK_NULL, "00020000" IP, FOREIGN, false},
	{TTR_LINK_NULL, "02000100" IP, FOREIGN, false},
	{TTR_LINK_LOOP, "00000002" IP, 4, false},
	{TTR_LINK_LOOP, "00000018" IP, 4, false},
	{TTR_LINK_LOOP, "00000011" IP, FOREIGN, false},
	{TTR_LINK_SLL, "0000" SLL_REST "0800" IP, 16, false},
	{TTR_LINK_SLL, "0000" SLL_REST "86dd" IP, 16, false},
	{TTR_LINK_SLL, "0003" SLL_REST "0800" IP, 16, false}, /* for another host */
	{TTR_LINK_SLL, "0004" SLL_REST "0800" IP, 16, true},
	{TTR_LINK_SLL, "0000" SLL_REST "8100 0007 0800" IP, 20, false},
	{TTR_LINK_SLL, "0000" SLL_REST "0806 0001", FOREIGN, false},
	{TTR_LINK_SLL, "0000" SLL_REST "0004 4242", FOREIGN, false}, /* 802.2 */
	{TTR_LINK_SLL2, "0800" SLL2_REST "00" SLL2_ADDRESS IP, 20, false},
	{TTR_LINK_SLL2, "86dd" SLL2_REST "00" SLL2_ADDRESS IP, 20, false},
	{TTR_LINK_SLL2, "86dd" SLL2_REST "04" SLL2_ADDRESS IP, 20, true},
	{TTR_LINK_SLL2, "8100" SLL2_REST "04" SLL2_ADDRESS "0007 0800" IP, 24, true},
	{TTR_LINK_SLL2, "0806" SLL2_REST "04" SLL2_ADDRESS "0001", FOREIGN, false},
	{TTR_LINK_PPP, "ff03 0021" IP, 4, false},
	{TTR_LINK_PPP, "ff03 0057" IP, 4, false},
	{TTR_LINK_PPP, "ff03 21" IP, 3, false}, /* compressed protocol field */
	{TTR_LINK_PPP, "0021" IP, 2, false},    /* compressed address and control */
	{TTR_LINK_PPP, "57" IP, 1, false},      /* both */
	{TTR_LINK_PPP, "ff03 c021 01", FOREIGN, false},
	{TTR_LINK_PPP, "ff03 2145 00", 3, false},
	{TTR_LINK_PPP, "ff04 0021" IP, FOREIGN, false},
	{TTR_LINK_PPP, "fd" IP, FOREIGN, false}, /* compressed data */
};

/* The outcome, or where the packet is; checks that all of it is in the frame. */
static int strip(struct ttr_link_packet *packet, enum ttr_link link, const uint8_t *frame,
		 unsigned int count)
{
	enum ttr_decode_outcome outcome = ttr_link_strip(packet, link, frame, count);

	if (outcome != TTR_DECODE_OK)
		return -1 - (int)outcome;
	assert_int_equal(packet->offset + packet->captured, count);
	return (int)packet->offset;
}

static void test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes frame = bytes_hex(cases[i].hex);
		struct ttr_link_packet packet = {.offset = 77};
		int offset = strip(&packet, cases[i].link, frame.data, frame.count);

		if (offset != cases[i].offset)
			print_error("frame %s\n", cases[i].hex);
		assert_int_equal(offset, cases[i].offset);
		if (offset >= 0)
			assert_int_equal(packet.outgoing, cases[i].outgoing);
		else
			assert_int_equal(packet.offset, 77);
		bytes_free(frame);
	}
}

/* A frame cut anywhere in its link header is truncated; cut behind it there is less packet. A cut
 * PPP header may still be one that is nothing of ours. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes frame = bytes_hex(cases[i].hex);

		for (unsigned int count = 0; count < frame.count; count++) {
			struct bytes cut = bytes_copy(frame.data, count);
			struct ttr_link_packet packet;
			int offset = strip(&packet, cases[i].link, cut.data, cut.count);

			if (cases[i].offset >= 0 && (int)count >= cases[i].offset)
				assert_int_equal(offset, cases[i].offset);
			else if (cases[i].link != TTR_LINK_PPP && cases[i].offset >= 0)
				assert_int_equal(offset, TRUNCATED);
			else
				assert_true(offset == TRUNCATED || offset == cases[i].offset ||
					    offset == FOREIGN);
			bytes_free(cut);
		}
		bytes_free(frame);
	}
}

static void test_unknown(void **state)
{
	struct bytes frame = bytes_hex("4500");
	struct ttr_link_packet packet;

	(void)state;
	assert_int_equal(ttr_link_strip(&packet, (enum ttr_link)99, frame.data, frame.count),
			 TTR_DECODE_FOREIGN);
	bytes_free(frame);
}

/* 60 bytes on the wire for an RST of 40: the link does not know, the length is the packet's. */
static void test_padding(void **state)
{
	struct bytes frame = bytes_hex(MACS "0800"
					    "4500 0028 0000 4000 3f06 4f98 c633 6402 c000 0202"
					    "0051 adf6 0000 0000 cff9 05e3 5014 0000 3f74 0000"
					    "000000000000");
	struct ttr_link_packet packet;

	(void)state;
	assert_int_equal(frame.count, 60);
	assert_int_equal(strip(&packet, TTR_LINK_ETHERNET, frame.data, frame.count), 14);
	assert_int_equal(packet.captured, 46);
	bytes_free(frame);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{"P41 frames of every kind", test_frames, NULL, NULL, NULL},
		{"P40, P41 every prefix of every frame", test_cut, NULL, NULL, NULL},
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
