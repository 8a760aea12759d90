/* SPDX-License-Identifier: BSD-2-Clause */
#include "forge.h"

#include <string.h>

#include "checksum.h"
#include "tcp.h"
#include "wire.h"

#define NS_PER_S UINT64_C(1000000000)
#define DEFAULT_NS (3 * NS_PER_S)
#define ICMP_HEADER 8
#define QUOTE_BEHIND_IP 20

static void plan_next(struct pathsim *sim, uint64_t now_ns, unsigned int kind)
{
	const struct pathsim_forge *forge = &sim->network.forges[kind];
	uint64_t when = now_ns + forge->rate.per_ns / forge->rate.answers;
	struct ps_event *event;

	if (when > sim->forge_end_ns[kind])
		return;
	event = ps_event_new(PS_EVENT_FORGE, when, NULL, 0);
	if (event == NULL)
		return;
	event->forge = kind;
	ps_queue_put(&sim->queue, event);
}

void ps_forge_see(struct pathsim *sim, uint64_t now_ns, const struct ps_packet *packet)
{
	bool first = sim->victim_len == 0;

	if (packet->protocol != PS_PROTO_TCP || packet->fragment || packet->body_len < 20)
		return;
	memcpy(sim->victim, packet->bytes, packet->len);
	sim->victim_len = packet->len;
	for (unsigned int kind = 0; first && kind < PATHSIM_FORGE_KINDS; kind++) {
		const struct pathsim_forge *forge = &sim->network.forges[kind];

		if (forge->rate.answers == 0)
			continue;
		sim->forge_end_ns[kind] = now_ns + (forge->for_ns > 0 ? forge->for_ns : DEFAULT_NS);
		plan_next(sim, now_ns, kind);
	}
}

/* Addresses kept for documentation, so that a test knows them at once. */
static struct pathsim_addr draw_router(struct pathsim *sim, uint8_t family)
{
	static const uint8_t base4[4] = {192, 0, 2}, base6[16] = {0x20, 1, 0xd, 0xb8, 0x0b, 0xad};
	struct pathsim_addr addr = ps_addr(family, family == 6 ? base6 : base4);

	addr.bytes[family == 6 ? 15 : 3] = (uint8_t)(1 + ps_random_upto(&sim->random, 253));
	return addr;
}

static void send_icmp(struct pathsim *sim, uint64_t now_ns, const struct pathsim_forge *forge,
		      const struct ps_packet *victim)
{
	bool ipv6 = victim->dest.family == 6, reject = ps_random_upto(&sim->random, 7) == 0;
	struct pathsim_addr from = draw_router(sim, victim->dest.family);
	size_t len = victim->header_len + QUOTE_BEHIND_IP;
	uint8_t *body, *quote, *tcp;
	struct ps_answer answer;

	ps_answer_begin(&answer, &sim->forger, &from, &victim->source,
			ipv6 ? PS_PROTO_ICMP6 : PS_PROTO_ICMP);
	if (len > ps_answer_room(&answer, PATHSIM_PACKET_SIZE) - ICMP_HEADER)
		return;
	body = ps_answer_body(&answer);
	quote = body + ICMP_HEADER;
	tcp = quote + victim->header_len;
	memset(body, 0, ICMP_HEADER);
	body[0] = ipv6 ? (reject ? PS_ICMP6_UNREACHABLE : PS_ICMP6_TIME_EXCEEDED)
		       : (reject ? PS_ICMP_UNREACHABLE : PS_ICMP_TIME_EXCEEDED);
	memcpy(quote, victim->bytes, len);
	quote[ipv6 ? 7 : 8] = 1;
	if (!forge->know_ports)
		ps_put16(tcp, (uint16_t)ps_random_next(&sim->random));
	if (!forge->know_seq)
		ps_put32(tcp + 4, (uint32_t)ps_random_next(&sim->random));
	ps_put16(tcp + 16, ps_checksum_adjust(ps_get16(tcp + 16), victim->body, tcp, 16));
	if (!ipv6) {
		ps_put16(quote + 4, (uint16_t)ps_random_next(&sim->random));
		ps_put16(quote + 10, 0);
		ps_put16(quote + 10, ps_checksum(quote, victim->header_len));
	}
	ps_answer_end(&answer, ICMP_HEADER + len);
	ps_sim_send(sim, &sim->forger, now_ns, &answer);
}

static void send_tcp(struct pathsim *sim, uint64_t now_ns, const struct pathsim_forge *forge,
		     const struct ps_packet *victim)
{
	static const uint8_t flags[3] = {PS_TCP_SYN | PS_TCP_ACK, PS_TCP_RST | PS_TCP_ACK,
					 PS_TCP_RST};
	struct ps_tuple tuple = ps_tcp_tuple(victim);
	struct ps_segment segment = {
		.flags = flags[ps_random_upto(&sim->random, 2)],
		.seq = (uint32_t)ps_random_next(&sim->random),
		.window = 64240,
	};

	if (!forge->know_ports)
		tuple.remote_port = (uint16_t)ps_random_next(&sim->random);
	if ((segment.flags & PS_TCP_ACK) != 0)
		segment.ack = forge->know_seq ? ps_get32(victim->body + 4) + 1
					      : (uint32_t)ps_random_next(&sim->random);
	ps_tcp_send(sim, &sim->forger, now_ns, &tuple, 0, &segment);
}

void ps_forge_send(struct pathsim *sim, uint64_t now_ns, unsigned int kind)
{
	const struct pathsim_forge *forge = &sim->network.forges[kind];
	struct ps_packet victim;

	if (!ps_packet_parse(&victim, sim->victim, sim->victim_len))
		return;
	if (kind == PATHSIM_FORGE_ICMP)
		send_icmp(sim, now_ns, forge, &victim);
	else
		send_tcp(sim, now_ns, forge, &victim);
	plan_next(sim, now_ns, kind);
}
