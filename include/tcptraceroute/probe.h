/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A probe as it goes on the wire: one TCP segment with a chosen time to live.
 *
 * All numbers are in host byte order. Addresses are not (see address.h).
 */
#ifndef TCPTRACEROUTE_PROBE_H
#define TCPTRACEROUTE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/address.h"

/* TCP flags, RFC 9293 section 3.1. */
#define TTR_TCP_FIN 0x01
#define TTR_TCP_SYN 0x02
#define TTR_TCP_RST 0x04
#define TTR_TCP_PSH 0x08
#define TTR_TCP_ACK 0x10
#define TTR_TCP_URG 0x20
#define TTR_TCP_ECE 0x40
#define TTR_TCP_CWR 0x80

/* How a SYN looks. An ACK probe without SYN carries the timestamp option only (LINUX) or no option
 * (BARE). */
enum ttr_syn_style {
	TTR_SYN_LINUX, /* MSS, SACK permitted, timestamps, no-op, window scale; window 64240 (IPv6:
			  64800) */
	TTR_SYN_BARE,  /* no option, window 0: the 40 bytes of tcptraceroute 1.5beta7 */
};

struct ttr_segment {
	struct ttr_addr source;
	struct ttr_addr target;
	uint16_t source_port;
	uint16_t target_port;
	uint8_t ttl;        /* or hop limit */
	uint8_t tos;        /* or traffic class */
	bool dont_fragment; /* IPv4 only */
	uint16_t ip_id;     /* IPv4 only */
	uint32_t seq;
	uint32_t ack;
	uint8_t flags; /* TTR_TCP_* */
	enum ttr_syn_style style;
	uint32_t ts_value; /* TSval, RFC 7323 section 3; only with LINUX */
	uint16_t length; /* total IP length, header included; filled up with zero bytes of payload;
			    below the smallest probe's: that one's */
};

/* The largest probe that ttr_segment_build() makes: -l takes up to 65535. */
#define TTR_SEGMENT_MAX 65535

/* Total IP length of the smallest probe with these flags and this style. */
unsigned int ttr_segment_min_length(enum ttr_family family, uint8_t flags,
				    enum ttr_syn_style style);

/* Bytes of payload that the segment carries: what length says above the smallest. */
unsigned int ttr_segment_payload(const struct ttr_segment *segment);

/*
 * Writes the IP packet (headers with their checksums, options, payload) to buf. Returns its length,
 * or 0 if size is too small or a field is out of range. Everything is network byte order on Linux;
 * the kernel may set the IP length and checksum again.
 */
unsigned int ttr_segment_build(uint8_t *buf, unsigned int size, const struct ttr_segment *segment);

#endif
