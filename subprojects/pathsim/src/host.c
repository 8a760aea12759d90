/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"

#include <string.h>

#include "dns.h"
#include "quote.h"
#include "rewrite.h"
#include "stack.h"
#include "tcp.h"
#include "wire.h"

#define DNS_PORT 53

/* The ports are in order since pathsim_new(). */
const struct pathsim_port *ps_host_port(const struct pathsim_destination *destination,
					uint16_t port)
{
	size_t low = 0, high = destination->port_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct pathsim_port *rule = &destination->ports[middle];

		if (port >= rule->first && port <= rule->last)
			return rule;
		if (port < rule->first)
			high = middle;
		else
			low = middle + 1;
	}
	return &destination->others;
}

/* The same flags whatever comes; numbers that fit them. */
static void answer_flags(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			 const struct ps_packet *packet, const struct ps_tcp *tcp, uint8_t flags)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);
	struct ps_segment segment = {.flags = flags};

	if ((tcp->flags & PS_TCP_RST) != 0)
		return;
	if ((tcp->flags & PS_TCP_ACK) != 0)
		segment.seq = tcp->ack;
	else if ((flags & PS_TCP_RST) == 0)
		segment.seq = (uint32_t)ps_random_next(&sim->random);
	if ((flags & PS_TCP_ACK) != 0)
		segment.ack = tcp->seq + ps_tcp_length(tcp);
	if ((flags & PS_TCP_RST) == 0)
		segment.window = 64240;
	ps_tcp_send(sim, route->node, now_ns, &tuple, packet->flow_label, &segment);
}

static void reject(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		   const struct ps_packet *packet, uint8_t code4, uint8_t code6)
{
	if (packet->dest.family == 6)
		ps_quote_send(sim, now_ns, route, packet, PS_ICMP6_UNREACHABLE, code6);
	else
		ps_quote_send(sim, now_ns, route, packet, PS_ICMP_UNREACHABLE, code4);
}

static void receive_tcp(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			const struct ps_packet *packet)
{
	static const struct pathsim_port closed = {.kind = PATHSIM_PORT_CLOSED};
	const struct pathsim_destination *dest = route->target->destination;
	const struct pathsim_port *port = &closed;
	uint8_t copy[PATHSIM_PACKET_SIZE];
	struct ps_packet seen = *packet;
	struct ps_tcp tcp;

	ps_rewrite_content(sim, route, packet, copy);
	seen.bytes = copy;
	seen.body = copy + packet->header_len;
	if (!ps_tcp_parse(&tcp, &seen))
		return;
	if (dest != NULL)
		port = ps_host_port(dest, packet->dest_port);
	if (dest != NULL && dest->no_timestamps)
		tcp.has_ts = false;
	switch (port->kind) {
	case PATHSIM_PORT_CLOSED:
		if ((tcp.flags & PS_TCP_RST) == 0)
			ps_tcp_send_reset(sim, route->node, now_ns, packet, &tcp);
		break;
	case PATHSIM_PORT_OPEN:
		ps_stack_open(sim, now_ns, route, packet, &tcp, port);
		break;
	case PATHSIM_PORT_DROPPED:
		break;
	case PATHSIM_PORT_ANSWERS:
		answer_flags(sim, now_ns, route, packet, &tcp, port->flags);
		break;
	case PATHSIM_PORT_REJECTED:
		reject(sim, now_ns, route, packet, port->code4, port->code6);
		break;
	}
}

static void receive_udp(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			const struct ps_packet *packet)
{
	if (packet->body_len < 8)
		return;
	if (route->target->nameserver != NULL && packet->dest_port == DNS_PORT)
		ps_dns_receive(sim, now_ns, route, packet);
	else
		reject(sim, now_ns, route, packet, 3, 4);
}

static void receive_echo(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			 const struct ps_packet *packet)
{
	bool ipv6 = packet->dest.family == 6;
	struct ps_answer answer;
	uint8_t *body;

	if (packet->body_len < 8 || packet->body[1] != 0 ||
	    packet->body[0] != (ipv6 ? PS_ICMP6_ECHO : PS_ICMP_ECHO))
		return;
	ps_answer_begin(&answer, route->node, &route->from, &packet->source, packet->protocol);
	if (packet->body_len > ps_answer_room(&answer, PATHSIM_PACKET_SIZE))
		return;
	ps_answer_set_tos(&answer, packet->tos);
	ps_answer_set_flow_label(&answer, packet->flow_label);
	body = ps_answer_body(&answer);
	memcpy(body, packet->body, packet->body_len);
	body[0] = ipv6 ? PS_ICMP6_ECHO_REPLY : PS_ICMP_ECHO_REPLY;
	ps_put16(body + 2, 0);
	ps_answer_end(&answer, packet->body_len);
	ps_sim_send(sim, route->node, now_ns, &answer);
}

void ps_host_intercept(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		       const struct ps_packet *packet)
{
	struct ps_tcp tcp;

	if (!ps_tcp_parse(&tcp, packet))
		return;
	if (route->firewall->action == PATHSIM_FIREWALL_SYNPROXY)
		ps_stack_proxy(sim, now_ns, route, packet, &tcp);
	else if ((tcp.flags & PS_TCP_RST) == 0)
		ps_tcp_send_reset(sim, route->node, now_ns, packet, &tcp);
}

bool ps_host_is_mute(const struct ps_route *route)
{
	const struct ps_target *target = route->target;

	if (target->destination != NULL)
		return target->destination->silent || target->node->dead;
	if (target->nameserver != NULL)
		return target->nameserver->mode == PATHSIM_DNS_DEAD;
	return target->node->hop->silent;
}

static bool is_syn(const struct ps_packet *packet)
{
	const uint8_t mask = PS_TCP_SYN | PS_TCP_ACK | PS_TCP_RST | PS_TCP_FIN;
	struct ps_tcp tcp;

	return packet->protocol == PS_PROTO_TCP && ps_tcp_parse(&tcp, packet) &&
	       (tcp.flags & mask) == PS_TCP_SYN;
}

void ps_host_arrival(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		     const struct ps_packet *packet)
{
	if (!ps_packet_checksum_ok(packet)) {
		sim->totals.bad_checksum++;
		return;
	}
	if (is_syn(packet))
		route->node->counts.syns++;
	if (ps_host_is_mute(route) || packet->fragment)
		return;
	switch (packet->protocol) {
	case PS_PROTO_TCP:
		receive_tcp(sim, now_ns, route, packet);
		break;
	case PS_PROTO_UDP:
		receive_udp(sim, now_ns, route, packet);
		break;
	case PS_PROTO_ICMP:
	case PS_PROTO_ICMP6:
		receive_echo(sim, now_ns, route, packet);
		break;
	default:
		if (packet->dest.family == 4)
			reject(sim, now_ns, route, packet, 2, 0);
		break;
	}
}
