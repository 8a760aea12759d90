/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a captured packet says, in neutral terms: no protocol, no pointer into the frame.
 *
 * Decoding does not know the probes: whether a reply is an answer to one of ours is the matcher's
 * question. All numbers are in host byte order.
 */
#ifndef TCPTRACEROUTE_REPLY_H
#define TCPTRACEROUTE_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/extensions.h"

enum ttr_reply_kind {
	TTR_REPLY_TIME_EXCEEDED, /* ICMP type 11 code 0 (RFC 792), ICMPv6 type 3 code 0 (RFC 4443
				    section 3.3) */
	TTR_REPLY_UNREACHABLE,   /* ICMP type 3, ICMPv6 types 1 and 2 (packet too big) */
	TTR_REPLY_TCP, /* a TCP segment, whoever sent it: the target's answer, or our own probe on
			  its way out */
};

/* A TCP segment, or as much of one as a quote holds. */
struct ttr_tcp_seen {
	uint16_t source_port;
	uint16_t target_port;
	bool has_seq; /* false in a quote of less than 8 bytes */
	uint32_t seq;
	bool has_flags; /* ack, flags: the quote reached byte 14 */
	uint32_t ack;
	uint8_t flags;
	bool has_window; /* the quote reached byte 16 */
	uint16_t window; /* as it stands there, not scaled */
	/* All that the data offset announces was there and sound, up to its last byte: what is not
	 * among the options was not sent. A list that ends early may have been filled up. */
	bool has_all_options;
	uint32_t options; /* the kinds that were read: TTR_OPTION_BIT() */
	bool has_ts;      /* a timestamp option was there: RFC 7323 */
	uint32_t ts_value;
	uint32_t ts_echo;
	bool has_mss;
	uint16_t mss;
	bool has_scale; /* RFC 7323 section 2 */
	uint8_t scale;
	uint16_t payload; /* bytes of data that the IP length says follow the header; 0 in quotes */
};

/* The IP header and TCP segment that an ICMP error brings back (RFC 792, RFC 1812 section 4.3.2.3,
 * RFC 4443 section 2.4 (c)). */
struct ttr_quote {
	struct ttr_addr source;
	struct ttr_addr target;
	uint8_t ttl; /* as the answering router saw it: 1 or 0 with most */
	uint8_t tos;
	uint16_t ip_id; /* IPv4 only */
	struct ttr_tcp_seen tcp;
};

struct ttr_reply {
	enum ttr_reply_kind kind;
	struct ttr_mono at;     /* when it was captured; set by the caller of the decoder */
	struct ttr_addr source; /* of the outer header: who answered */
	struct ttr_addr target;
	uint8_t ttl; /* of the outer header, as it arrived */
	uint8_t tos;
	uint16_t ip_id;    /* of the outer header, IPv4 only */
	uint8_t icmp_type; /* as on the wire; 0 for TCP */
	uint8_t icmp_code;
	uint32_t mtu; /* next-hop MTU of ICMP 3/4 (RFC 1191) or ICMPv6 2; 0: not said */
	union {
		struct ttr_quote quote;  /* TIME_EXCEEDED and UNREACHABLE; target NONE: not seen */
		struct ttr_tcp_seen tcp; /* TCP */
	};
	struct ttr_extensions extensions; /* behind the quote; all 0 with TCP */
};

/* Why a packet was not decoded; each is counted by the caller and nothing else happens. */
enum ttr_decode_outcome {
	TTR_DECODE_OK = 0,
	TTR_DECODE_TRUNCATED, /* ends before what it announces and what is needed */
	TTR_DECODE_MALFORMED, /* a length or a version contradicts itself, a fragment, a wrong ICMP
				 checksum */
	TTR_DECODE_FOREIGN,   /* well-formed, but not ICMP errors or TCP; quotes of other protocols;
				 type 11 code 1 */
};

/*
 * Decodes an IP packet (no link header). captured is how many bytes are there; the IP header's own
 * length may be larger (cut by the capture) or smaller (link padding, which is ignored). The reply
 * is complete only with TTR_DECODE_OK; `at` is not touched. ICMP checksums are verified when the
 * whole message was captured; TCP checksums are not (offload leaves our own unfilled).
 */
enum ttr_decode_outcome ttr_reply_decode(struct ttr_reply *reply, const uint8_t *packet,
					 unsigned int captured);

#endif
