/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ipv4.h"

#include <string.h>

#include "core/checksum.h"

/* RFC 791 section 3.1: the 16 bits that hold flags and fragment offset. */
#define MORE_FRAGMENTS 0x2000
#define OFFSET_MASK 0x1fff

static struct ttr_addr read_address(struct ttr_cursor *cursor)
{
	struct ttr_addr addr = {.family = TTR_FAMILY_IPV4};
	const uint8_t *bytes = ttr_cursor_take(cursor, 4);

	if (bytes)
		memcpy(addr.bytes, bytes, 4);
	return addr;
}

static enum ttr_decode_outcome read_header(struct ttr_ip *ip, struct ttr_cursor *cursor,
					   unsigned int *total_bytes)
{
	unsigned int first = ttr_cursor_u8(cursor);
	unsigned int header_bytes = (first & 0x0f) * 4;
	unsigned int fragment;

	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	if (first >> 4 != 4 || header_bytes < TTR_IPV4_HEADER_MIN)
		return TTR_DECODE_MALFORMED;
	*ip = (struct ttr_ip){.tos = ttr_cursor_u8(cursor)};
	*total_bytes = ttr_cursor_be16(cursor);
	ip->id = ttr_cursor_be16(cursor);
	fragment = ttr_cursor_be16(cursor);
	ip->fragment_offset = fragment & OFFSET_MASK;
	ip->more_fragments = (fragment & MORE_FRAGMENTS) != 0;
	ip->ttl = ttr_cursor_u8(cursor);
	ip->protocol = ttr_cursor_u8(cursor);
	ttr_cursor_be16(cursor);
	ip->source = read_address(cursor);
	ip->target = read_address(cursor);
	ttr_cursor_take(cursor, header_bytes - TTR_IPV4_HEADER_MIN);
	return cursor->failed ? TTR_DECODE_TRUNCATED : TTR_DECODE_OK;
}

enum ttr_decode_outcome ttr_ipv4_read(struct ttr_ip *ip, struct ttr_cursor *cursor)
{
	const unsigned int start = cursor->at;
	unsigned int header_bytes, total_bytes = 0;
	enum ttr_decode_outcome outcome = read_header(ip, cursor, &total_bytes);

	if (outcome != TTR_DECODE_OK)
		return outcome;
	header_bytes = cursor->at - start;
	if (total_bytes < header_bytes)
		return TTR_DECODE_MALFORMED;
	if (ttr_checksum_finish(ttr_checksum_add(0, cursor->bytes + start, header_bytes)) != 0)
		return TTR_DECODE_MALFORMED;
	ip->payload_bytes = total_bytes - header_bytes;
	ttr_cursor_limit(cursor, ip->payload_bytes);
	return TTR_DECODE_OK;
}

enum ttr_decode_outcome ttr_ipv4_read_quoted(struct ttr_ip *ip, struct ttr_cursor *cursor)
{
	unsigned int total_bytes;

	return read_header(ip, cursor, &total_bytes);
}
