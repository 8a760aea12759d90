/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "core/checksum.h"
#include "core/ip.h"
#include "core/ipv4.h"
#include "core/ipv6.h"
#include "core/tcp.h"
#include "tcptraceroute/probe.h"

/* What Linux 6.x sends on a link of 1500 bytes: that less the smallest headers (RFC 9293 section
 * 3.7.1); as window as many whole segments as fit in 65535 bytes, and its scale (RFC 7323). */
#define MSS_IPV4 1460
#define MSS_IPV6 1440
#define WINDOW_IPV4 (44 * MSS_IPV4)
#define WINDOW_IPV6 (45 * MSS_IPV6)
#define WINDOW_SCALE 7

#define SYN_OPTIONS 20
#define ACK_OPTIONS 12

#define IPV4_DONT_FRAGMENT 0x4000 /* RFC 791 section 3.1 */

/* Where the next byte goes. The size of the whole was checked before the first one. */
struct writer {
	uint8_t *at;
};

static void put8(struct writer *writer, unsigned int value)
{
	*writer->at++ = (uint8_t)value;
}

static void put16(struct writer *writer, unsigned int value)
{
	put8(writer, value >> 8);
	put8(writer, value & 0xff);
}

static void put32(struct writer *writer, uint32_t value)
{
	put16(writer, value >> 16);
	put16(writer, value & 0xffff);
}

static void put_address(struct writer *writer, const struct ttr_addr *addr)
{
	unsigned int size = ttr_addr_size(addr);

	memcpy(writer->at, addr->bytes, size);
	writer->at += size;
}

static unsigned int option_bytes(uint8_t flags, enum ttr_syn_style style)
{
	if (style == TTR_SYN_BARE)
		return 0;
	return flags & TTR_TCP_SYN ? SYN_OPTIONS : ACK_OPTIONS;
}

static unsigned int ip_header_bytes(enum ttr_family family)
{
	return family == TTR_FAMILY_IPV6 ? TTR_IPV6_HEADER : TTR_IPV4_HEADER_MIN;
}

static unsigned int window(const struct ttr_segment *segment)
{
	if (segment->style == TTR_SYN_BARE)
		return 0;
	return segment->source.family == TTR_FAMILY_IPV6 ? WINDOW_IPV6 : WINDOW_IPV4;
}

unsigned int ttr_segment_min_length(enum ttr_family family, uint8_t flags, enum ttr_syn_style style)
{
	return ip_header_bytes(family) + TTR_TCP_HEADER_MIN + option_bytes(flags, style);
}

unsigned int ttr_segment_payload(const struct ttr_segment *segment)
{
	unsigned int smallest =
		ttr_segment_min_length(segment->source.family, segment->flags, segment->style);

	return segment->length > smallest ? segment->length - smallest : 0;
}

static void put_ts_option(struct writer *writer, const struct ttr_segment *segment)
{
	put8(writer, TTR_TCP_OPTION_TS);
	put8(writer, TTR_TCP_OPTION_TS_BYTES);
	put32(writer, segment->ts_value);
	put32(writer, 0);
}

/* In the order of Linux, since middleboxes know stacks by it. */
static void put_syn_options(struct writer *writer, const struct ttr_segment *segment)
{
	put8(writer, TTR_TCP_OPTION_MSS);
	put8(writer, TTR_TCP_OPTION_MSS_BYTES);
	put16(writer, segment->source.family == TTR_FAMILY_IPV6 ? MSS_IPV6 : MSS_IPV4);
	put8(writer, TTR_TCP_OPTION_SACK);
	put8(writer, TTR_TCP_OPTION_SACK_BYTES);
	put_ts_option(writer, segment);
	put8(writer, TTR_TCP_OPTION_NOP);
	put8(writer, TTR_TCP_OPTION_SCALE);
	put8(writer, TTR_TCP_OPTION_SCALE_BYTES);
	put8(writer, WINDOW_SCALE);
}

static void put_options(struct writer *writer, const struct ttr_segment *segment)
{
	if (segment->style == TTR_SYN_BARE)
		return;
	if (segment->flags & TTR_TCP_SYN) {
		put_syn_options(writer, segment);
		return;
	}
	put8(writer, TTR_TCP_OPTION_NOP);
	put8(writer, TTR_TCP_OPTION_NOP);
	put_ts_option(writer, segment);
}

/* tcp_bytes is header and payload, which is zero already. */
static void put_tcp(struct writer *writer, const struct ttr_segment *segment,
		    unsigned int tcp_bytes)
{
	unsigned int words = TTR_TCP_HEADER_MIN / 4;
	uint8_t *start = writer->at;
	struct writer checksum;
	uint32_t sum;

	words += option_bytes(segment->flags, segment->style) / 4;
	put16(writer, segment->source_port);
	put16(writer, segment->target_port);
	put32(writer, segment->seq);
	put32(writer, segment->ack);
	put8(writer, words << 4);
	put8(writer, segment->flags);
	put16(writer, window(segment));
	checksum = *writer;
	put16(writer, 0);
	put16(writer, 0); /* urgent pointer */
	put_options(writer, segment);
	sum = ttr_checksum_pseudo(&segment->source, &segment->target, TTR_PROTOCOL_TCP, tcp_bytes);
	put16(&checksum, ttr_checksum_finish(ttr_checksum_add(sum, start, tcp_bytes)));
}

static void put_ipv4(struct writer *writer, const struct ttr_segment *segment,
		     unsigned int total_bytes)
{
	const uint8_t *start = writer->at;
	struct writer checksum;

	put8(writer, 0x45);
	put8(writer, segment->tos);
	put16(writer, total_bytes);
	put16(writer, segment->ip_id);
	put16(writer, segment->dont_fragment ? IPV4_DONT_FRAGMENT : 0);
	put8(writer, segment->ttl);
	put8(writer, TTR_PROTOCOL_TCP);
	checksum = *writer;
	put16(writer, 0);
	put_address(writer, &segment->source);
	put_address(writer, &segment->target);
	put16(&checksum, ttr_checksum_finish(ttr_checksum_add(0, start, TTR_IPV4_HEADER_MIN)));
}

/*
 * The flow label stays 0 (RFC 6437: not labelled): all probes of a flow must carry the same one, or
 * a balancer that looks at it would send them on different paths, and without one balancers take
 * the ports, as they do for IPv4.
 */
static void put_ipv6(struct writer *writer, const struct ttr_segment *segment,
		     unsigned int total_bytes)
{
	put32(writer, UINT32_C(6) << 28 | (uint32_t)segment->tos << 20);
	put16(writer, total_bytes - TTR_IPV6_HEADER);
	put8(writer, TTR_PROTOCOL_TCP);
	put8(writer, segment->ttl);
	put_address(writer, &segment->source);
	put_address(writer, &segment->target);
}

static bool is_sendable(const struct ttr_segment *segment)
{
	if (segment->source.family != TTR_FAMILY_IPV4 && segment->source.family != TTR_FAMILY_IPV6)
		return false;
	if (segment->style != TTR_SYN_LINUX && segment->style != TTR_SYN_BARE)
		return false;
	return segment->target.family == segment->source.family && segment->ttl > 0;
}

unsigned int ttr_segment_build(uint8_t *buf, unsigned int size, const struct ttr_segment *segment)
{
	struct writer writer = {.at = buf};
	enum ttr_family family = segment->source.family;
	unsigned int total_bytes;

	if (!is_sendable(segment))
		return 0;
	total_bytes = ttr_segment_min_length(family, segment->flags, segment->style) +
		      ttr_segment_payload(segment);
	if (total_bytes > size)
		return 0;
	memset(buf, 0, total_bytes);
	if (family == TTR_FAMILY_IPV6)
		put_ipv6(&writer, segment, total_bytes);
	else
		put_ipv4(&writer, segment, total_bytes);
	put_tcp(&writer, segment, total_bytes - ip_header_bytes(family));
	return total_bytes;
}
