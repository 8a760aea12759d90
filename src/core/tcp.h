/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads TCP headers (RFC 9293) and the three options that matter, of captured segments and of
 * quotes in ICMP errors.
 *
 * The checksum is not looked at: offload leaves that of our own segments unfilled, and a quote does
 * not hold what it covers. Options are read as far as they are sound and there; what is wrong with
 * them ends the reading of options and nothing else.
 */
#ifndef CORE_TCP_H
#define CORE_TCP_H

#include "core/cursor.h"
#include "tcptraceroute/reply.h"

#define TTR_TCP_HEADER_MIN 20 /* bytes, RFC 9293 section 3.1 */

/* Option kinds, RFC 9293 section 3.2, RFC 7323, RFC 2018; and their lengths in bytes. */
#define TTR_TCP_OPTION_END 0
#define TTR_TCP_OPTION_NOP 1
#define TTR_TCP_OPTION_MSS 2
#define TTR_TCP_OPTION_MSS_BYTES 4
#define TTR_TCP_OPTION_SCALE 3
#define TTR_TCP_OPTION_SCALE_BYTES 3
#define TTR_TCP_OPTION_SACK 4
#define TTR_TCP_OPTION_SACK_BYTES 2
#define TTR_TCP_OPTION_TS 8
#define TTR_TCP_OPTION_TS_BYTES 10

/*
 * A captured segment. segment_bytes is what the IP header says it has.
 *
 * OK; TRUNCATED: the 20 bytes are not all there; MALFORMED: the data offset is less than they are
 * or lies beyond the segment.
 */
enum ttr_decode_outcome ttr_tcp_read(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor,
				     unsigned int segment_bytes);

/*
 * As much as a quote holds. Routers that fill a quote up with zeros (RFC 4884 section 3) may do
 * so behind its first 8 bytes: where the data offset is impossible, the header ends there.
 *
 * OK: the ports at least; TRUNCATED: less than that.
 */
enum ttr_decode_outcome ttr_tcp_read_quoted(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor);

#endif
