/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/tcp.h"

#include "tcptraceroute/changes.h"

static void read_option(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor, uint8_t kind,
			unsigned int length)
{
	tcp->options |= TTR_OPTION_BIT(kind);
	if (kind == TTR_TCP_OPTION_MSS && length == TTR_TCP_OPTION_MSS_BYTES) {
		tcp->has_mss = true;
		tcp->mss = ttr_cursor_be16(cursor);
	} else if (kind == TTR_TCP_OPTION_TS && length == TTR_TCP_OPTION_TS_BYTES) {
		tcp->has_ts = true;
		tcp->ts_value = ttr_cursor_be32(cursor);
		tcp->ts_echo = ttr_cursor_be32(cursor);
	} else if (kind == TTR_TCP_OPTION_SCALE && length == TTR_TCP_OPTION_SCALE_BYTES) {
		tcp->has_scale = true;
		tcp->scale = ttr_cursor_u8(cursor);
	} else {
		ttr_cursor_take(cursor, length - 2);
	}
}

/* True if the list is sound to its last byte. */
static bool read_list(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor)
{
	while (ttr_cursor_left(cursor) > 0) {
		uint8_t kind = ttr_cursor_u8(cursor);
		unsigned int length;

		if (kind == TTR_TCP_OPTION_END)
			return false;
		if (kind == TTR_TCP_OPTION_NOP)
			continue;
		length = ttr_cursor_u8(cursor);
		/* Without this an option of length 0 or 1 would never end. */
		if (cursor->failed || length < 2 || length - 2 > ttr_cursor_left(cursor))
			return false;
		read_option(tcp, cursor, kind, length);
	}
	return true;
}

/* count bytes of options, or as many of them as are there. */
static void read_options(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor, unsigned int count)
{
	const bool whole = !cursor->failed && ttr_cursor_left(cursor) >= count;

	ttr_cursor_limit(cursor, count);
	tcp->has_all_options = read_list(tcp, cursor) && whole;
}

/* Acknowledgement, data offset and flags; returns the header's length in bytes. */
static unsigned int read_flags(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor)
{
	unsigned int offset;

	tcp->ack = ttr_cursor_be32(cursor);
	offset = ttr_cursor_u8(cursor) >> 4;
	tcp->flags = ttr_cursor_u8(cursor);
	return offset * 4;
}

/* And checksum and urgent pointer, of which nothing is kept. */
static void read_window(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor)
{
	tcp->window = ttr_cursor_be16(cursor);
	tcp->has_window = !cursor->failed;
	ttr_cursor_be32(cursor);
}

enum ttr_decode_outcome ttr_tcp_read(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor,
				     unsigned int segment_bytes)
{
	unsigned int header_bytes;

	*tcp = (struct ttr_tcp_seen){.has_seq = true, .has_flags = true};
	tcp->source_port = ttr_cursor_be16(cursor);
	tcp->target_port = ttr_cursor_be16(cursor);
	tcp->seq = ttr_cursor_be32(cursor);
	header_bytes = read_flags(tcp, cursor);
	read_window(tcp, cursor);
	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	if (header_bytes < TTR_TCP_HEADER_MIN || header_bytes > segment_bytes)
		return TTR_DECODE_MALFORMED;
	tcp->payload = (uint16_t)(segment_bytes - header_bytes);
	read_options(tcp, cursor, header_bytes - TTR_TCP_HEADER_MIN);
	return TTR_DECODE_OK;
}

enum ttr_decode_outcome ttr_tcp_read_quoted(struct ttr_tcp_seen *tcp, struct ttr_cursor *cursor)
{
	struct ttr_tcp_seen more;
	unsigned int header_bytes;

	*tcp = (struct ttr_tcp_seen){.source_port = ttr_cursor_be16(cursor)};
	tcp->target_port = ttr_cursor_be16(cursor);
	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	tcp->seq = ttr_cursor_be32(cursor);
	tcp->has_seq = !cursor->failed;
	more = *tcp;
	more.has_flags = true;
	header_bytes = read_flags(&more, cursor);
	if (cursor->failed || header_bytes < TTR_TCP_HEADER_MIN)
		return TTR_DECODE_OK;
	*tcp = more;
	read_window(tcp, cursor);
	read_options(tcp, cursor, header_bytes - TTR_TCP_HEADER_MIN);
	return TTR_DECODE_OK;
}
