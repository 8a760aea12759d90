/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the errors of ICMP (RFC 792) and ICMPv6 (RFC 4443) up to where their quote starts and ends.
 *
 * What is quoted is the caller's business; what is behind the quote (RFC 4884) is read by
 * extensions.h.
 */
#ifndef CORE_ICMP_H
#define CORE_ICMP_H

#include "core/cursor.h"
#include "core/ip.h"
#include "tcptraceroute/reply.h"

#define TTR_ICMP_HEADER 8 /* bytes of an error in front of its quote */

/* RFC 792. */
#define TTR_ICMP_UNREACHABLE 3
#define TTR_ICMP_UNREACHABLE_TOO_BIG 4 /* code: the next-hop MTU is in bytes 6 and 7, RFC 1191 */
#define TTR_ICMP_TIME_EXCEEDED 11

/* RFC 4443 sections 3.1 to 3.3. */
#define TTR_ICMPV6_UNREACHABLE 1
#define TTR_ICMPV6_TOO_BIG 2 /* the MTU is in bytes 4 to 7 */
#define TTR_ICMPV6_TIME_EXCEEDED 3

/* RFC 4884 section 3: a quote whose length is given has at least that many bytes. */
#define TTR_ICMP_QUOTE_MIN_BYTES 128

/* All numbers are in host byte order. */
struct ttr_icmp {
	enum ttr_reply_kind kind; /* TIME_EXCEEDED or UNREACHABLE */
	uint8_t type;
	uint8_t code;
	uint32_t mtu; /* 0: not said */
	struct ttr_extensions extensions;
};

/* OK: kind is what such an error says about the packet that it quotes; FOREIGN: it is not of the
 * types above, or is time exceeded with another code than 0. */
enum ttr_decode_outcome ttr_icmp_classify(enum ttr_reply_kind *kind, enum ttr_family family,
					  uint8_t type, uint8_t code);

/*
 * The cursor is at the message and limited to it, ip is the header in front, as received.
 * Afterwards the cursor is at the quote and limited to it: to the length that RFC 4884 gives (in
 * words of 4 bytes for ICMP, 8 for ICMPv6), if it is at least TTR_ICMP_QUOTE_MIN_BYTES and not more
 * than the message has; to 128 bytes if no length is given and a sound extension structure follows
 * them, which is how it was done before RFC 4884 (section 5.5); to the rest of the message
 * otherwise. The checksum is verified, and extensions are read, when all of the message was
 * captured. Extensions that are wrong are marked and change nothing else.
 *
 * OK; TRUNCATED: less than 8 bytes were captured; MALFORMED: the message has less than 8 bytes or a
 * wrong checksum; FOREIGN: not an error of the types above, or time exceeded in reassembly (code 1)
 * or with a code that does not exist.
 */
enum ttr_decode_outcome ttr_icmp_read(struct ttr_icmp *icmp, struct ttr_cursor *cursor,
				      const struct ttr_ip *ip);

#endif
