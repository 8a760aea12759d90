/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/reply.h"

#include "core/cursor.h"
#include "core/icmp.h"
#include "core/ip.h"
#include "core/ipv4.h"
#include "core/ipv6.h"
#include "core/tcp.h"

static enum ttr_decode_outcome read_packet(struct ttr_ip *ip, struct ttr_cursor *cursor)
{
	struct ttr_cursor ahead = *cursor;

	switch (ttr_cursor_u8(&ahead) >> 4) {
	case 4:
		return ttr_ipv4_read(ip, cursor);
	case 6:
		return ttr_ipv6_read(ip, cursor);
	default:
		return ahead.failed ? TTR_DECODE_TRUNCATED : TTR_DECODE_MALFORMED;
	}
}

/* An error quotes the version it is about: ICMP IPv4, ICMPv6 IPv6. */
static enum ttr_decode_outcome read_quoted_ip(struct ttr_ip *ip, struct ttr_cursor *cursor,
					      enum ttr_family family)
{
	enum ttr_decode_outcome outcome;

	if (family == TTR_FAMILY_IPV4)
		outcome = ttr_ipv4_read_quoted(ip, cursor);
	else
		outcome = ttr_ipv6_read_quoted(ip, cursor);
	if (outcome != TTR_DECODE_OK)
		return outcome;
	/* A first fragment is fine: a long probe may have been cut up on its way. */
	if (ip->fragment_offset != 0)
		return TTR_DECODE_MALFORMED;
	return ip->protocol == TTR_PROTOCOL_TCP ? TTR_DECODE_OK : TTR_DECODE_FOREIGN;
}

static enum ttr_decode_outcome read_quote(struct ttr_quote *quote, struct ttr_cursor *cursor,
					  enum ttr_family family)
{
	struct ttr_ip ip;
	enum ttr_decode_outcome outcome = read_quoted_ip(&ip, cursor, family);

	if (outcome != TTR_DECODE_OK)
		return outcome;
	*quote = (struct ttr_quote){
		.source = ip.source,
		.target = ip.target,
		.ttl = ip.ttl,
		.tos = ip.tos,
		.ip_id = ip.id,
	};
	return ttr_tcp_read_quoted(&quote->tcp, cursor);
}

static enum ttr_decode_outcome read_error(struct ttr_reply *reply, struct ttr_cursor *cursor,
					  const struct ttr_ip *ip)
{
	struct ttr_icmp icmp;
	enum ttr_decode_outcome outcome = ttr_icmp_read(&icmp, cursor, ip);

	if (outcome != TTR_DECODE_OK)
		return outcome;
	reply->kind = icmp.kind;
	reply->icmp_type = icmp.type;
	reply->icmp_code = icmp.code;
	reply->mtu = icmp.mtu;
	reply->extensions = icmp.extensions;
	return read_quote(&reply->quote, cursor, ip->source.family);
}

static enum ttr_decode_outcome read_segment(struct ttr_reply *reply, struct ttr_cursor *cursor,
					    const struct ttr_ip *ip)
{
	reply->kind = TTR_REPLY_TCP;
	reply->icmp_type = 0;
	reply->icmp_code = 0;
	reply->mtu = 0;
	reply->extensions = (struct ttr_extensions){0};
	return ttr_tcp_read(&reply->tcp, cursor, ip->payload_bytes);
}

enum ttr_decode_outcome ttr_reply_decode(struct ttr_reply *reply, const uint8_t *packet,
					 unsigned int captured)
{
	struct ttr_cursor cursor = ttr_cursor_over(packet, captured);
	struct ttr_ip ip;
	enum ttr_decode_outcome outcome = read_packet(&ip, &cursor);

	if (outcome != TTR_DECODE_OK)
		return outcome;
	/* The first one too: its checksum covers what is not there. */
	if (ip.fragment_offset != 0 || ip.more_fragments)
		return TTR_DECODE_MALFORMED;
	reply->source = ip.source;
	reply->target = ip.target;
	reply->ttl = ip.ttl;
	reply->tos = ip.tos;
	reply->ip_id = ip.id;
	if (ip.protocol == TTR_PROTOCOL_TCP)
		return read_segment(reply, &cursor, &ip);
	if (ip.protocol ==
	    (ip.source.family == TTR_FAMILY_IPV6 ? TTR_PROTOCOL_ICMPV6 : TTR_PROTOCOL_ICMP))
		return read_error(reply, &cursor, &ip);
	return TTR_DECODE_FOREIGN;
}
