/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads IPv4 headers (RFC 791), of captured packets and of quotes in ICMP errors.
 *
 * Options are stepped over. Whether a fragment is of use is the caller's question.
 */
#ifndef CORE_IPV4_H
#define CORE_IPV4_H

#include "core/cursor.h"
#include "core/ip.h"
#include "tcptraceroute/reply.h"

#define TTR_IPV4_HEADER_MIN 20 /* bytes, RFC 791 section 3.1 */

/*
 * A captured packet. Afterwards the cursor is at its payload and limited to what the total length
 * says: what comes behind is padding of the link. The header's checksum must be right (RFC 1122
 * section 3.2.1.2); on our own packets the kernel fills it in before they are captured.
 *
 * OK; TRUNCATED: the header is not all there; MALFORMED: version, a length or the checksum is
 * wrong.
 */
enum ttr_decode_outcome ttr_ipv4_read(struct ttr_ip *ip, struct ttr_cursor *cursor);

/*
 * A header in a quote. Afterwards the cursor is behind it. Total length and checksum are not looked
 * at: routers quote them before, after and in the midst of their own changes.
 *
 * OK; TRUNCATED and MALFORMED as above.
 */
enum ttr_decode_outcome ttr_ipv4_read_quoted(struct ttr_ip *ip, struct ttr_cursor *cursor);

#endif
