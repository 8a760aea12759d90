/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of the field for single facts, shared by rows, JSON and messages.
 */
#ifndef TTR_CLI_FORMAT_H
#define TTR_CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/grid.h"

#define TTR_MARK_MAX 8
#define TTR_STATE_MAX 64
#define TTR_MS_MAX 32

/* Flags in the order in which they are listed. */
struct ttr_flag_name {
	uint8_t flag;
	const char *word; /* in rows; JSON says ECE where rows say ECN */
};
#define TTR_FLAG_COUNT 8
extern const struct ttr_flag_name ttr_flag_names[TTR_FLAG_COUNT];

/*
 * The mark of an unreachable, such as "!A": ICMP type 3 (RFC 792, RFC 1812 section 5.2.7.1), ICMPv6
 * types 1 and 2 (RFC 4443 sections 3.1 and 3.2). Codes without a letter are shown as numbers.
 */
void ttr_format_mark(char mark[TTR_MARK_MAX], const struct ttr_cell *cell);

/* What a TCP answer says of the port: "open", "open, ecn", "closed", "unknown, ACK PSH"... */
void ttr_format_state(char state[TTR_STATE_MAX], uint8_t tcp_flags);

/* "open", "closed", "filtered", "unreachable", "unknown" */
const char *ttr_format_port_state(enum ttr_port_state state);

/* "time-exceeded", "syn-ack", "none"... */
const char *ttr_format_reply(enum ttr_answer answer);

/* Milliseconds with three decimals, rounded; the decimal point is a point in every locale. */
void ttr_format_ms(char ms[TTR_MS_MAX], int64_t ns);

/* Three digits: 0.712, 7.12, 36.2, 181; more where there are more before the point. */
void ttr_format_short_ms(char ms[TTR_MS_MAX], int64_t ns);

#endif
