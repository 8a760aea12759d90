/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets for test_filter.c, made by hand, as they are on every kind of link. */
#ifndef TESTS_UNIT_FILTER_PACKETS_H
#define TESTS_UNIT_FILTER_PACKETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <pcap.h>
#include <sys/socket.h>

#include "tcptraceroute/address.h"

#define SNAP 512
#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		.family = TTR_FAMILY_IPV4, .bytes = { a, b, c, d }                                 \
	}
#define V6(end)                                                                                    \
	{                                                                                          \
		.family = TTR_FAMILY_IPV6, .bytes = { 0x20, 1, 0xd, 0xb8, [15] = end }             \
	}

static const struct ttr_addr source = V4(192, 0, 2, 1), target = V4(198, 51, 100, 9);
static const struct ttr_addr router = V4(203, 0, 113, 7);
static const struct ttr_addr source6 = V6(1), target6 = V6(9), router6 = V6(7);

/* One packet: TCP if icmp_type is 0, else an ICMP error with a quote. */
struct packet {
	const struct ttr_addr *from, *to;
	uint8_t icmp_type;
	uint8_t protocol;      /* of the packet, or of the quote; 0: TCP */
	uint8_t options;       /* bytes of IPv4 options; or the type of one IPv6 extension header */
	uint8_t quote_options; /* the same in the quote */
	uint16_t fragment;     /* IPv4 fragment offset, in 8 bytes */
	uint16_t from_port, to_port;
	const struct ttr_addr *quoted;      /* destination in the quote; NULL: our target */
	const struct ttr_addr *quoted_from; /* source in the quote; NULL: whom it is sent to */
	unsigned int cut;                   /* bytes of the packet that were captured; 0: all */
};

struct bytes {
	unsigned int length;
	uint8_t at[SNAP];
};

static void add(struct bytes *to, const void *bytes, unsigned int length)
{
	assert_true(to->length + length <= sizeof(to->at));
	memcpy(to->at + to->length, bytes, length);
	to->length += length;
}

static void add_zero(struct bytes *to, unsigned int length)
{
	static const uint8_t zero[64];

	add(to, zero, length);
}

static void add_be16(struct bytes *to, unsigned int value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	add(to, bytes, sizeof(bytes));
}

static void add_ip4(struct bytes *to, const struct packet *p, uint8_t protocol, uint8_t options)
{
	const uint8_t start[] = {(uint8_t)(0x45 + options / 4), 0, 0, 100, 0x12, 0x34};
	const uint8_t middle[] = {64, protocol, 0, 0};

	add(to, start, sizeof(start));
	add_be16(to, p->fragment);
	add(to, middle, sizeof(middle));
	add(to, p->from->bytes, 4);
	add(to, p->to->bytes, 4);
	add_zero(to, options);
}

/* extension: type of a header of 8 bytes in front of the payload; 255: hop-by-hop, which is 0. */
static void add_ip6(struct bytes *to, const struct packet *p, uint8_t protocol, uint8_t extension)
{
	uint8_t first = extension == 0 ? protocol : extension == 255 ? 0 : extension;
	const uint8_t start[] = {0x60, 0, 0, 0, 0, 60, first, 64};
	const uint8_t header[8] = {protocol};

	add(to, start, sizeof(start));
	add(to, p->from->bytes, 16);
	add(to, p->to->bytes, 16);
	if (extension)
		add(to, header, sizeof(header));
}

static void add_ip(struct bytes *to, const struct packet *p, uint8_t protocol, uint8_t options)
{
	if (p->from->family == TTR_FAMILY_IPV4)
		add_ip4(to, p, protocol, options);
	else
		add_ip6(to, p, protocol, options);
}

static void add_tcp(struct bytes *to, const struct packet *p)
{
	add_be16(to, p->from_port);
	add_be16(to, p->to_port);
	add_zero(to, 16);
}

static void make(struct bytes *to, const struct packet *p)
{
	bool ipv4 = p->from->family == TTR_FAMILY_IPV4;
	uint8_t protocol = p->protocol ? p->protocol : IPPROTO_TCP;
	const struct ttr_addr *ours = ipv4 ? &target : &target6;
	const struct packet quoted = {.from = p->quoted_from ? p->quoted_from : p->to,
				      .to = p->quoted ? p->quoted : ours};
	const uint8_t icmp[8] = {p->icmp_type};

	if (p->icmp_type) {
		add_ip(to, p, ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, p->options);
		add(to, icmp, sizeof(icmp));
		add_ip(to, &quoted, protocol, p->quote_options);
	} else {
		add_ip(to, p, protocol, p->options);
	}
	add_tcp(to, p);
}

struct link {
	const char *name;
	int dlt;
	bool vlan; /* one tag */
};

static const struct link links[] = {
	{"Ethernet", DLT_EN10MB, false},
	{"VLAN", DLT_EN10MB, true},
	{"raw", DLT_RAW, false},
	{"NULL", DLT_NULL, false},
	{"LOOP", DLT_LOOP, false},
	{"SLL", DLT_LINUX_SLL, false},
	{"SLL2", DLT_LINUX_SLL2, false},
	{"PPP", DLT_PPP, false},
	{"PPP serial", DLT_PPP_SERIAL, false},
};

#define LINKS (sizeof(links) / sizeof(links[0]))

static void add_link(struct bytes *to, const struct link *link, bool ipv4)
{
	static const uint8_t tag[4] = {0x81, 0, 0, 5}, ppp[2] = {0xff, 3};
	const uint32_t family = ipv4 ? AF_INET : AF_INET6, family_be = htonl(family);
	unsigned int ether_type = ipv4 ? 0x800 : 0x86dd;

	switch (link->dlt) {
	case DLT_EN10MB:
		add_zero(to, 12);
		add(to, tag, link->vlan ? sizeof(tag) : 0);
		add_be16(to, ether_type);
		break;
	case DLT_NULL:
		add(to, &family, sizeof(family));
		break;
	case DLT_LOOP:
		add(to, &family_be, sizeof(family_be));
		break;
	case DLT_LINUX_SLL:
		add_zero(to, 14);
		add_be16(to, ether_type);
		break;
	case DLT_LINUX_SLL2:
		add_be16(to, ether_type);
		add_zero(to, 18);
		break;
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		add(to, ppp, sizeof(ppp));
		add_be16(to, ipv4 ? 0x21 : 0x57);
		break;
	default:
		break;
	}
}

#endif
