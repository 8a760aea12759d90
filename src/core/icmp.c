/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/icmp.h"

#include "core/checksum.h"
#include "core/extensions.h"

enum ttr_decode_outcome ttr_icmp_classify(enum ttr_reply_kind *kind, enum ttr_family family,
					  uint8_t type, uint8_t code)
{
	bool v6 = family == TTR_FAMILY_IPV6;
	unsigned int unreachable = v6 ? TTR_ICMPV6_UNREACHABLE : TTR_ICMP_UNREACHABLE;
	unsigned int exceeded = v6 ? TTR_ICMPV6_TIME_EXCEEDED : TTR_ICMP_TIME_EXCEEDED;

	if (type == unreachable || (v6 && type == TTR_ICMPV6_TOO_BIG))
		*kind = TTR_REPLY_UNREACHABLE;
	else if (type == exceeded && code == 0)
		*kind = TTR_REPLY_TIME_EXCEEDED;
	else
		return TTR_DECODE_FOREIGN;
	return TTR_DECODE_OK;
}

static bool checksum_fits(const struct ttr_cursor *message, const struct ttr_ip *ip)
{
	uint32_t sum = 0;

	if (ttr_cursor_left(message) < ip->payload_bytes)
		return true;
	if (ip->source.family == TTR_FAMILY_IPV6)
		sum = ttr_checksum_pseudo(&ip->source, &ip->target, TTR_PROTOCOL_ICMPV6,
					  ip->payload_bytes);
	sum = ttr_checksum_add(sum, message->bytes + message->at, ip->payload_bytes);
	return ttr_checksum_finish(sum) == 0;
}

/* Bytes 4 to 7 mean something else in each type; returns the quote's length, 0 if it is not given.
 */
static unsigned int read_rest(struct ttr_icmp *icmp, struct ttr_cursor *cursor, bool v6)
{
	uint32_t rest = ttr_cursor_be32(cursor);

	if (!v6) {
		if (icmp->type == TTR_ICMP_UNREACHABLE &&
		    icmp->code == TTR_ICMP_UNREACHABLE_TOO_BIG)
			icmp->mtu = rest & 0xffff;
		return (rest >> 16 & 0xff) * 4;
	}
	if (icmp->type == TTR_ICMPV6_TOO_BIG) {
		icmp->mtu = rest;
		return 0;
	}
	return (rest >> 24) * 8;
}

/* How long a quote without a length is; 0: as long as the message. ICMPv6's packet too big has
 * neither lengths nor extensions (RFC 4884 section 4). */
static unsigned int find_quote_end(const struct ttr_icmp *icmp, const struct ttr_cursor *quote,
				   bool v6)
{
	struct ttr_cursor area = *quote;

	if (v6 && icmp->type == TTR_ICMPV6_TOO_BIG)
		return 0;
	ttr_cursor_take(&area, TTR_ICMP_QUOTE_MIN_BYTES);
	return ttr_extensions_fit(&area, false) ? TTR_ICMP_QUOTE_MIN_BYTES : 0;
}

/* The cursor is at the quote, and the rest of the message has count bytes. */
static void split(struct ttr_icmp *icmp, struct ttr_cursor *cursor, unsigned int quote_bytes,
		  unsigned int count)
{
	struct ttr_cursor area = *cursor;

	icmp->extensions.invalid = quote_bytes > count;
	if (quote_bytes < TTR_ICMP_QUOTE_MIN_BYTES || quote_bytes > count)
		return;
	ttr_cursor_limit(cursor, quote_bytes);
	if (quote_bytes == count || ttr_cursor_left(&area) < count)
		return;
	ttr_cursor_take(&area, quote_bytes);
	ttr_extensions_read(&icmp->extensions, area);
}

enum ttr_decode_outcome ttr_icmp_read(struct ttr_icmp *icmp, struct ttr_cursor *cursor,
				      const struct ttr_ip *ip)
{
	const struct ttr_cursor message = *cursor;
	const bool v6 = ip->source.family == TTR_FAMILY_IPV6;
	enum ttr_decode_outcome outcome;
	unsigned int quote_bytes;

	*icmp = (struct ttr_icmp){.type = ttr_cursor_u8(cursor)};
	icmp->code = ttr_cursor_u8(cursor);
	ttr_cursor_be16(cursor);
	quote_bytes = read_rest(icmp, cursor, v6);
	if (ip->payload_bytes < TTR_ICMP_HEADER)
		return TTR_DECODE_MALFORMED;
	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	outcome = ttr_icmp_classify(&icmp->kind, ip->source.family, icmp->type, icmp->code);
	if (outcome != TTR_DECODE_OK)
		return outcome;
	if (!checksum_fits(&message, ip))
		return TTR_DECODE_MALFORMED;
	if (quote_bytes == 0 && ttr_cursor_left(&message) >= ip->payload_bytes)
		quote_bytes = find_quote_end(icmp, cursor, v6);
	split(icmp, cursor, quote_bytes, ip->payload_bytes - TTR_ICMP_HEADER);
	return TTR_DECODE_OK;
}
