/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/changes.h"

#include "core/cursor.h"
#include "core/ipv4.h"
#include "core/ipv6.h"
#include "core/tcp.h"

#define ECN_MASK 0x03

/* What the segment's TCP header says is read from its bytes, so that there is one place that knows
 * what probes look like. */
#define PROBE_BYTES_MAX 128

static void compare(struct ttr_changes *changes, enum ttr_field field, uint32_t sent, uint32_t seen)
{
	if (sent == seen)
		return;
	changes->fields |= TTR_FIELD_BIT(field);
	changes->of[field] = (struct ttr_change){.sent = sent, .seen = seen};
}

static bool read_sent(struct ttr_tcp_seen *tcp, const struct ttr_segment *segment)
{
	struct ttr_segment bare = *segment;
	unsigned int header_bytes, total_bytes;
	uint8_t bytes[PROBE_BYTES_MAX];
	struct ttr_cursor cursor;

	bare.length = 0;
	total_bytes = ttr_segment_build(bytes, sizeof(bytes), &bare);
	header_bytes =
		segment->source.family == TTR_FAMILY_IPV6 ? TTR_IPV6_HEADER : TTR_IPV4_HEADER_MIN;
	cursor = ttr_cursor_over(bytes, total_bytes);
	ttr_cursor_take(&cursor, header_bytes);
	return ttr_tcp_read_quoted(tcp, &cursor) == TTR_DECODE_OK;
}

static void compare_addresses(struct ttr_changes *changes, const struct ttr_segment *sent,
			      const struct ttr_quote *quote)
{
	if (!ttr_addr_equal(&sent->source, &quote->source)) {
		changes->fields |= TTR_FIELD_BIT(TTR_FIELD_IP_SRC);
		changes->source = quote->source;
	}
	if (!ttr_addr_equal(&sent->target, &quote->target))
		changes->fields |= TTR_FIELD_BIT(TTR_FIELD_IP_DST);
}

static void compare_ip(struct ttr_changes *changes, const struct ttr_segment *sent,
		       const struct ttr_reply *reply)
{
	const struct ttr_quote *quote = &reply->quote;

	compare(changes, TTR_FIELD_IP_TOS, sent->tos & ~ECN_MASK & 0xff,
		quote->tos & ~ECN_MASK & 0xff);
	compare(changes, TTR_FIELD_IP_ECN, sent->tos & ECN_MASK, quote->tos & ECN_MASK);
	if (sent->source.family == TTR_FAMILY_IPV4 && sent->ip_id != 0)
		compare(changes, TTR_FIELD_IP_ID, sent->ip_id, quote->ip_id);
	if (reply->kind == TTR_REPLY_TIME_EXCEEDED && quote->ttl > 1)
		compare(changes, TTR_FIELD_IP_TTL, sent->ttl, quote->ttl);
	compare_addresses(changes, sent, quote);
}

static void compare_options(struct ttr_changes *changes, const struct ttr_tcp_seen *sent,
			    const struct ttr_tcp_seen *seen)
{
	if (seen->has_all_options)
		compare(changes, TTR_FIELD_TCP_OPTIONS, sent->options, seen->options);
	if (sent->has_mss && seen->has_mss)
		compare(changes, TTR_FIELD_TCP_MSS, sent->mss, seen->mss);
	/* A quote that ends within one of these may be filled up with zeros. */
	if (!seen->has_all_options)
		return;
	if (sent->has_scale && seen->has_scale)
		compare(changes, TTR_FIELD_TCP_SCALE, sent->scale, seen->scale);
	if (sent->has_ts && seen->has_ts)
		compare(changes, TTR_FIELD_TCP_TSVAL, sent->ts_value, seen->ts_value);
}

static void compare_tcp(struct ttr_changes *changes, const struct ttr_tcp_seen *sent,
			const struct ttr_tcp_seen *seen)
{
	compare(changes, TTR_FIELD_TCP_SPORT, sent->source_port, seen->source_port);
	compare(changes, TTR_FIELD_TCP_DPORT, sent->target_port, seen->target_port);
	if (seen->has_seq)
		compare(changes, TTR_FIELD_TCP_SEQ, sent->seq, seen->seq);
	if (seen->has_flags && (sent->flags & TTR_TCP_ACK))
		compare(changes, TTR_FIELD_TCP_ACK, sent->ack, seen->ack);
	if (seen->has_flags)
		compare(changes, TTR_FIELD_TCP_FLAGS, sent->flags, seen->flags);
	if (seen->has_window)
		compare(changes, TTR_FIELD_TCP_WINDOW, sent->window, seen->window);
	compare_options(changes, sent, seen);
}

void ttr_changes_find(struct ttr_changes *changes, const struct ttr_segment *sent,
		      const struct ttr_reply *reply)
{
	struct ttr_tcp_seen tcp;

	*changes = (struct ttr_changes){.fields = 0};
	if (reply->kind == TTR_REPLY_TCP || reply->quote.target.family == TTR_FAMILY_NONE)
		return;
	compare_ip(changes, sent, reply);
	if (read_sent(&tcp, sent))
		compare_tcp(changes, &tcp, &reply->quote.tcp);
}
