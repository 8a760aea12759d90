/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ipv6.h"

#include <string.h>

/* Next header values: RFC 8200 section 4, RFC 4302 section 2. */
enum {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	DESTINATION_OPTIONS = 60,
};

/* RFC 8200 section 4.5: offset, two reserved bits, M. */
#define MORE_FRAGMENTS 0x0001

static struct ttr_addr read_address(struct ttr_cursor *cursor)
{
	struct ttr_addr addr = {.family = TTR_FAMILY_IPV6};
	const uint8_t *bytes = ttr_cursor_take(cursor, sizeof(addr.bytes));

	if (bytes)
		memcpy(addr.bytes, bytes, sizeof(addr.bytes));
	return addr;
}

static bool is_extension(uint8_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT ||
	       next == AUTHENTICATION || next == DESTINATION_OPTIONS;
}

static void read_fragment(struct ttr_ip *ip, struct ttr_cursor *cursor)
{
	unsigned int fragment = ttr_cursor_be16(cursor);

	ttr_cursor_be32(cursor);
	ip->fragment_offset = (uint16_t)(fragment >> 3);
	ip->more_fragments = (fragment & MORE_FRAGMENTS) != 0;
}

/* One extension header; returns what follows it. */
static uint8_t read_extension(struct ttr_ip *ip, struct ttr_cursor *cursor, uint8_t kind)
{
	uint8_t next = ttr_cursor_u8(cursor);
	unsigned int length = ttr_cursor_u8(cursor);

	if (kind == FRAGMENT) /* its second byte is reserved */
		read_fragment(ip, cursor);
	else if (kind == AUTHENTICATION) /* counts words of 4 bytes, two of them not */
		ttr_cursor_take(cursor, (length + 2) * 4 - 2);
	else /* counts words of 8 bytes, the first of them not */
		ttr_cursor_take(cursor, (length + 1) * 8 - 2);
	return next;
}

static enum ttr_decode_outcome read_chain(struct ttr_ip *ip, struct ttr_cursor *cursor,
					  uint8_t next)
{
	for (unsigned int i = 0; is_extension(next) && ip->fragment_offset == 0; i++) {
		if (i == TTR_IPV6_EXTENSIONS_MAX || (next == HOP_BY_HOP && i > 0))
			return TTR_DECODE_MALFORMED;
		next = read_extension(ip, cursor, next);
		if (cursor->failed)
			return TTR_DECODE_TRUNCATED;
	}
	ip->protocol = next;
	return TTR_DECODE_OK;
}

/* The fixed header. */
static enum ttr_decode_outcome read_header(struct ttr_ip *ip, struct ttr_cursor *cursor,
					   unsigned int *payload_bytes, uint8_t *next)
{
	uint32_t first = ttr_cursor_be32(cursor);

	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	if (first >> 28 != 6)
		return TTR_DECODE_MALFORMED;
	*ip = (struct ttr_ip){.tos = first >> 20 & 0xff};
	*payload_bytes = ttr_cursor_be16(cursor);
	*next = ttr_cursor_u8(cursor);
	ip->ttl = ttr_cursor_u8(cursor);
	ip->source = read_address(cursor);
	ip->target = read_address(cursor);
	return cursor->failed ? TTR_DECODE_TRUNCATED : TTR_DECODE_OK;
}

enum ttr_decode_outcome ttr_ipv6_read(struct ttr_ip *ip, struct ttr_cursor *cursor)
{
	unsigned int start, payload_bytes = 0;
	uint8_t next = 0;
	enum ttr_decode_outcome outcome = read_header(ip, cursor, &payload_bytes, &next);

	if (outcome != TTR_DECODE_OK)
		return outcome;
	if (payload_bytes == 0)
		return TTR_DECODE_MALFORMED;
	ttr_cursor_limit(cursor, payload_bytes);
	start = cursor->at;
	outcome = read_chain(ip, cursor, next);
	ip->payload_bytes = payload_bytes - (cursor->at - start);
	return outcome;
}

enum ttr_decode_outcome ttr_ipv6_read_quoted(struct ttr_ip *ip, struct ttr_cursor *cursor)
{
	unsigned int payload_bytes = 0;
	uint8_t next = 0;
	enum ttr_decode_outcome outcome = read_header(ip, cursor, &payload_bytes, &next);

	return outcome == TTR_DECODE_OK ? read_chain(ip, cursor, next) : outcome;
}
