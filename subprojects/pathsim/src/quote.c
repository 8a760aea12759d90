/* SPDX-License-Identifier: BSD-2-Clause */
#include "quote.h"

#include <string.h>

#include "checksum.h"
#include "wire.h"

#define ICMP_HEADER 8
#define LINUX_LIMIT4 576             /* RFC 1812 section 4.3.2.3 */
#define LINUX_LIMIT6 1280            /* RFC 4443 section 3.1 */
#define PRECEDENCE_INTERNETWORK 0xc0 /* RFC 1812 section 4.3.2.5 */

static const struct pathsim_dnat *find_dnat(const struct ps_route *route, uint8_t family)
{
	const struct pathsim_dnat *dnat;

	if (route->target == NULL || route->target->destination == NULL)
		return NULL;
	dnat = family == 6 ? &route->target->destination->dnat6
			   : &route->target->destination->dnat4;
	return dnat->to.family != 0 && route->node->distance >= dnat->at ? dnat : NULL;
}

/* The transport checksum covers the pseudo header, so that it changes with the address. */
static void adjust_transport(uint8_t *body, size_t len, uint8_t protocol, const uint8_t *before,
			     const uint8_t *after, size_t count)
{
	size_t at = protocol == PS_PROTO_TCP ? 16 : protocol == PS_PROTO_UDP ? 6 : 2;

	if (protocol == PS_PROTO_ICMP || len < at + 2 ||
	    (protocol == PS_PROTO_UDP && ps_get16(body + at) == 0))
		return;
	ps_put16(body + at, ps_checksum_adjust(ps_get16(body + at), before, after, count));
}

static void rewrite(uint8_t *copy, size_t len, const struct ps_packet *packet,
		    const struct pathsim_dnat *dnat)
{
	uint8_t *addr = copy + (packet->dest.family == 6 ? 24 : 16);
	uint8_t *body = copy + packet->header_len;
	size_t body_len = len - packet->header_len;
	size_t addr_len = packet->dest.family == 6 ? 16 : 4;
	uint8_t port[2];

	memcpy(addr, dnat->to.bytes, addr_len);
	adjust_transport(body, body_len, packet->protocol, packet->dest.bytes, addr, addr_len);
	if (dnat->port == 0 || packet->dest_port == 0)
		return;
	ps_put16(port, dnat->port);
	adjust_transport(body, body_len, packet->protocol, body + 2, port, 2);
	memcpy(body + 2, port, 2);
}

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
static size_t write_quote(uint8_t *out, size_t limit, const struct ps_route *route,
			  const struct ps_packet *packet)
{
	const struct pathsim_dnat *dnat = find_dnat(route, packet->dest.family);
	uint8_t copy[PATHSIM_PACKET_SIZE];
	size_t len = packet->len; /* pathsim_input() takes nothing longer */

	memcpy(copy, packet->bytes, len);
	copy[packet->dest.family == 6 ? 7 : 8] = route->ttl;
	if (dnat != NULL)
		rewrite(copy, len, packet, dnat);
	if (packet->dest.family == 4) {
		ps_put16(copy + 10, 0);
		ps_put16(copy + 10, ps_checksum(copy, packet->header_len));
	}
	if (len > limit)
		len = limit;
	memcpy(out, copy, len);
	return len;
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
	len = write_quote(body + ICMP_HEADER, quote_limit(route->node, packet, &answer), route,
			  packet);
	ps_answer_end(&answer, ICMP_HEADER + len);
	ps_sim_send(sim, route->node, now_ns, &answer);
}
