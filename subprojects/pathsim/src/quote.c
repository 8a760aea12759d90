/* SPDX-License-Identifier: BSD-2-Clause */
#include "quote.h"

#include <string.h>

#include "extension.h"
#include "rewrite.h"
#include "wire.h"

#define ICMP_HEADER 8
#define LINUX_LIMIT4 576  /* RFC 1812 section 4.3.2.3 */
#define LINUX_LIMIT6 1280 /* RFC 4443 section 3.1 */
#define LONGEST_QUOTE 1016
#define PRECEDENCE_INTERNETWORK 0xc0 /* RFC 1812 section 4.3.2.5 */

static size_t quote_limit(const struct ps_node *node, const struct ps_packet *packet,
			  const struct ps_answer *answer)
{
	size_t full = ps_answer_room(answer, PATHSIM_PACKET_SIZE) - ICMP_HEADER;
	size_t bytes = packet->header_len + node->manner->quote_bytes;

	switch (node->manner->quote) {
	case PATHSIM_QUOTE_LINUX:
		return ps_answer_room(answer,
				      packet->dest.family == 6 ? LINUX_LIMIT6 : LINUX_LIMIT4) -
		       ICMP_HEADER;
	case PATHSIM_QUOTE_BYTES:
		return bytes < full ? bytes : full;
	case PATHSIM_QUOTE_FULL:
		break;
	}
	return full;
}

/* Writes the packet as the node saw it; at most `limit` bytes of it stay. */
static size_t write_quote(const struct pathsim *sim, uint8_t *out, size_t limit,
			  const struct ps_route *route, const struct ps_packet *packet)
{
	uint8_t copy[PATHSIM_PACKET_SIZE];
	size_t len = packet->len; /* pathsim_input() takes nothing longer */

	ps_rewrite_quote(sim, route, packet, copy);
	if (len > limit)
		len = limit;
	memcpy(out, copy, len);
	return len;
}

/* The quote in front of an extension: whole words of 4 (IPv4) or 8 bytes (IPv6), 128 at least. The
 * field that says how many: RFC 4884 sections 4.1 to 4.5; before it, 128 were meant. */
static size_t pad_quote(uint8_t *body, size_t len, bool ipv6, bool old_form)
{
	size_t unit = ipv6 ? 8 : 4, padded = (len + unit - 1) / unit * unit;

	if (padded < PS_EXTENSION_QUOTE || old_form)
		padded = PS_EXTENSION_QUOTE;
	if (padded > len)
		memset(body + ICMP_HEADER + len, 0, padded - len);
	if (!old_form)
		body[ipv6 ? 4 : 5] = (uint8_t)(padded / unit);
	return padded;
}

/* All behind the ICMP header; returns its length. */
static size_t write_body(const struct pathsim *sim, uint8_t *body, size_t limit,
			 const struct ps_route *route, const struct ps_packet *packet)
{
	const struct pathsim_extensions *extensions = &route->node->manner->extensions;
	uint8_t extension[PS_EXTENSION_SIZE];
	size_t extension_len = ps_extension_write(extensions, extension);
	size_t len;

	if (extension_len == 0)
		return write_quote(sim, body + ICMP_HEADER, limit, route, packet);
	/* The packet stays as long as it would be without. The length field ends at 1020 (IPv4). */
	if (route->node->manner->quote != PATHSIM_QUOTE_BYTES)
		limit = (limit - extension_len) / 8 * 8;
	if (limit > LONGEST_QUOTE)
		limit = LONGEST_QUOTE;
	len = write_quote(sim, body + ICMP_HEADER, limit, route, packet);
	len = pad_quote(body, len, packet->dest.family == 6, extensions->old_form);
	memcpy(body + ICMP_HEADER + len, extension, extension_len);
	return len + extension_len;
}

void ps_quote_send(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		   const struct ps_packet *packet, uint8_t type, uint8_t code)
{
	bool ipv6 = packet->dest.family == 6;
	struct ps_answer answer;
	uint8_t *body;
	size_t len;

	if (!ps_limit_icmp(sim, route->node, now_ns, &packet->source)) {
		route->node->counts.limited++;
		return;
	}
	ps_answer_begin(&answer, route->node, &route->from, &packet->source,
			ipv6 ? PS_PROTO_ICMP6 : PS_PROTO_ICMP);
	if (!ipv6)
		ps_answer_set_tos(&answer, PRECEDENCE_INTERNETWORK);
	body = ps_answer_body(&answer);
	memset(body, 0, ICMP_HEADER);
	body[0] = type;
	body[1] = code;
	len = write_body(sim, body, quote_limit(route->node, packet, &answer), route, packet);
	ps_answer_end(&answer, ICMP_HEADER + len);
	ps_sim_send(sim, route->node, now_ns, &answer);
}
