/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads IPv6 headers (RFC 8200) and steps over the extension headers behind them, of captured
 * packets and of quotes in ICMPv6 errors.
 *
 * Stepped over are hop-by-hop options, routing, fragment and destination options headers and AH
 * (RFC 4302). Any other next header is the protocol. Whether a fragment is of use is the caller's
 * question; behind a fragment header with an offset nothing is read, since no header is there.
 */
#ifndef CORE_IPV6_H
#define CORE_IPV6_H

#include "core/cursor.h"
#include "core/ip.h"
#include "tcptraceroute/reply.h"

#define TTR_IPV6_HEADER 40 /* bytes, RFC 8200 section 3 */

/* RFC 8200 section 4.1 allows each header once and destination options twice, so six of those above
 * in all; a packet with more than eight is not worth the walk. */
#define TTR_IPV6_EXTENSIONS_MAX 8

/*
 * A captured packet. Afterwards the cursor is behind the extension headers and limited to what the
 * payload length says. A payload length of 0 is refused: nothing or a jumbogram (RFC 2675) follows,
 * neither of which is an answer.
 *
 * OK; TRUNCATED: a header is not all there; MALFORMED: version, payload length, too many extension
 * headers, or hop-by-hop options anywhere but first.
 */
enum ttr_decode_outcome ttr_ipv6_read(struct ttr_ip *ip, struct ttr_cursor *cursor);

/* Headers in a quote, whose payload length is not looked at. Afterwards the cursor is behind them.
 * Outcomes as above. */
enum ttr_decode_outcome ttr_ipv6_read_quoted(struct ttr_ip *ip, struct ttr_cursor *cursor);

#endif
