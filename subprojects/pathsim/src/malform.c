/* SPDX-License-Identifier: BSD-2-Clause */
#include "malform.h"

#include "checksum.h"
#include "wire.h"

#define ICMP_HEADER 8

const char *const ps_malform_words[PATHSIM_MALFORMED_KINDS] = {
	[PATHSIM_MALFORMED_NONE] = "none",
	[PATHSIM_MALFORMED_TRUNCATED] = "truncated",
	[PATHSIM_MALFORMED_CHECKSUM] = "checksum",
	[PATHSIM_MALFORMED_IP_CHECKSUM] = "ip-checksum",
	[PATHSIM_MALFORMED_IHL] = "ihl",
	[PATHSIM_MALFORMED_LENGTH] = "length",
	[PATHSIM_MALFORMED_QUOTE_IHL] = "quote-ihl",
	[PATHSIM_MALFORMED_QUOTE_VERSION] = "quote-version",
	[PATHSIM_MALFORMED_EXTENSION_LENGTH] = "extension-length",
	[PATHSIM_MALFORMED_ZERO_OBJECT] = "zero-object",
	[PATHSIM_MALFORMED_DATA_OFFSET] = "data-offset",
	[PATHSIM_MALFORMED_TCP_OPTION] = "tcp-option",
	[PATHSIM_MALFORMED_ANY] = "any",
};

static bool is_ipv6(const struct ps_answer *answer)
{
	return answer->from.family == 6;
}

static bool is_error(const struct ps_answer *answer)
{
	const uint8_t *body = answer->bytes + answer->header_len;

	if (answer->protocol == PS_PROTO_ICMP6)
		return body[0] < PS_ICMP6_ECHO;
	return answer->protocol == PS_PROTO_ICMP && body[0] != PS_ICMP_ECHO_REPLY;
}

/* All checksums as they should be for what the body now says. */
static void mend(struct ps_answer *answer)
{
	uint8_t *body = ps_answer_body(answer);
	size_t at = answer->protocol == PS_PROTO_TCP   ? 16
		    : answer->protocol == PS_PROTO_UDP ? 6
						       : 2;

	ps_put16(body + at, 0);
	if (!is_ipv6(answer))
		ps_put16(answer->bytes + 10, 0);
	ps_answer_end(answer, answer->len - answer->header_len);
}

static void cut(struct ps_answer *answer)
{
	answer->len = answer->header_len + (answer->len - answer->header_len) / 2;
}

static void break_checksum(struct ps_answer *answer)
{
	answer->bytes[answer->header_len + (answer->protocol == PS_PROTO_TCP   ? 17U
					    : answer->protocol == PS_PROTO_UDP ? 7U
									       : 3U)] ^= 1;
}

/* IPv6 has none: its payload length is one too long. */
static void break_ip_checksum(struct ps_answer *answer)
{
	answer->bytes[is_ipv6(answer) ? 5 : 11]++;
}

/* IPv6: no such version. */
static void break_ihl(struct ps_answer *answer)
{
	answer->bytes[0] = is_ipv6(answer) ? 0x50 : 0x44;
	if (!is_ipv6(answer)) {
		ps_put16(answer->bytes + 10, 0);
		ps_put16(answer->bytes + 10, ps_checksum(answer->bytes, 16));
	}
}

static void break_length(struct ps_answer *answer)
{
	ps_put16(answer->bytes + (is_ipv6(answer) ? 4 : 2), 0xffff);
	if (!is_ipv6(answer)) {
		ps_put16(answer->bytes + 10, 0);
		ps_put16(answer->bytes + 10, ps_checksum(answer->bytes, answer->header_len));
	}
}

static void break_quote(struct ps_answer *answer, uint8_t first)
{
	if (!is_error(answer)) {
		cut(answer);
		return;
	}
	ps_answer_body(answer)[ICMP_HEADER] = first;
	mend(answer);
}

static void break_extension_length(struct ps_answer *answer)
{
	if (!is_error(answer)) {
		cut(answer);
		return;
	}
	ps_answer_body(answer)[is_ipv6(answer) ? 4 : 5] = 255;
	mend(answer);
}

/* The extension lies behind what the length field says, or in the old form behind 128 bytes. */
static void break_object(struct ps_answer *answer)
{
	uint8_t *body = ps_answer_body(answer);
	size_t units = body[is_ipv6(answer) ? 4 : 5], len = answer->len - answer->header_len;
	size_t at = ICMP_HEADER + (units == 0 ? 128 : units * (is_ipv6(answer) ? 8 : 4));

	if (!is_error(answer) || at + 8 > len) {
		cut(answer);
		return;
	}
	ps_put16(body + at + 4, 0);
	ps_put16(body + at + 2, 0);
	ps_put16(body + at + 2, ps_checksum(body + at, len - at));
	mend(answer);
}

static void break_data_offset(struct ps_answer *answer)
{
	if (answer->protocol != PS_PROTO_TCP) {
		cut(answer);
		return;
	}
	ps_answer_body(answer)[12] = 0x40;
	mend(answer);
}

static void break_tcp_option(struct ps_answer *answer)
{
	if (answer->protocol != PS_PROTO_TCP || answer->len < answer->header_len + 24) {
		cut(answer);
		return;
	}
	ps_answer_body(answer)[20] = 8;
	ps_answer_body(answer)[21] = 0;
	mend(answer);
}

void ps_malform(struct ps_answer *answer, enum pathsim_malformed kind, struct ps_random *random)
{
	if (kind == PATHSIM_MALFORMED_ANY)
		kind = (enum pathsim_malformed)(1 +
						ps_random_upto(random, PATHSIM_MALFORMED_ANY - 2));
	switch (kind) {
	case PATHSIM_MALFORMED_TRUNCATED:
		cut(answer);
		break;
	case PATHSIM_MALFORMED_CHECKSUM:
		break_checksum(answer);
		break;
	case PATHSIM_MALFORMED_IP_CHECKSUM:
		break_ip_checksum(answer);
		break;
	case PATHSIM_MALFORMED_IHL:
		break_ihl(answer);
		break;
	case PATHSIM_MALFORMED_LENGTH:
		break_length(answer);
		break;
	case PATHSIM_MALFORMED_QUOTE_IHL:
		break_quote(answer, is_ipv6(answer) ? 0x00 : 0x40);
		break;
	case PATHSIM_MALFORMED_QUOTE_VERSION:
		break_quote(answer, is_ipv6(answer) ? 0x45 : 0x60);
		break;
	case PATHSIM_MALFORMED_EXTENSION_LENGTH:
		break_extension_length(answer);
		break;
	case PATHSIM_MALFORMED_ZERO_OBJECT:
		break_object(answer);
		break;
	case PATHSIM_MALFORMED_DATA_OFFSET:
		break_data_offset(answer);
		break;
	case PATHSIM_MALFORMED_TCP_OPTION:
		break_tcp_option(answer);
		break;
	case PATHSIM_MALFORMED_NONE:
	case PATHSIM_MALFORMED_ANY:
	case PATHSIM_MALFORMED_KINDS:
		break;
	}
}
