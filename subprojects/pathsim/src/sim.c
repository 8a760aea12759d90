/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "forge.h"
#include "host.h"
#include "malform.h"
#include "quote.h"
#include "rewrite.h"
#include "stack.h"
#include "wire.h"

#define MILLION 1000000

static const struct pathsim_manner forger_manner = {0};

void pathsim_seed(struct pathsim *sim, uint64_t seed)
{
	sim->seed = seed;
	sim->network.seed = seed;
	ps_random_init(&sim->random, seed);
	for (size_t i = 0; i < sim->map.node_count; i++)
		sim->map.nodes[i].ip_id = (uint16_t)ps_random_next(&sim->random);
}

int pathsim_new(struct pathsim **out, const struct pathsim_network *network,
		struct pathsim_problem *problem)
{
	struct pathsim *sim = calloc(1, sizeof(*sim));
	int error;

	*out = NULL;
	if (sim == NULL)
		return -ENOMEM;
	error = ps_network_copy(&sim->network, network, &sim->arena);
	if (error == 0)
		error = ps_network_check(&sim->network, problem);
	if (error == 0)
		error = ps_map_init(&sim->map, &sim->network, &sim->arena, problem);
	if (error < 0) {
		pathsim_free(sim);
		return error;
	}
	sim->forger = (struct ps_node){.manner = &forger_manner, .distance = 12};
	pathsim_seed(sim, network->seed);
	*out = sim;
	return 0;
}

void pathsim_free(struct pathsim *sim)
{
	if (sim == NULL)
		return;
	ps_queue_fini(&sim->queue);
	ps_halfopen_fini(&sim->halfopen);
	ps_arena_fini(&sim->arena);
	free(sim);
}

const struct pathsim_network *pathsim_network(const struct pathsim *sim)
{
	return &sim->network;
}

/* -- Packets -- */

static bool happens(struct pathsim *sim, uint32_t share_ppm)
{
	return share_ppm > 0 && ps_random_upto(&sim->random, MILLION - 1) < share_ppm;
}

static uint64_t draw_lag(struct pathsim *sim, const struct pathsim_manner *manner)
{
	uint64_t lag = happens(sim, manner->reorder.share_ppm) ? manner->reorder.by_ns : 0;

	return happens(sim, manner->late.share_ppm) ? lag + manner->late.by_ns : lag;
}

static bool put_output(struct pathsim *sim, uint64_t when, const struct ps_answer *answer)
{
	struct ps_event *event = ps_event_new(PS_EVENT_OUTPUT, when, answer->bytes, answer->len);

	if (event == NULL)
		return false;
	event->origin = sim->origin;
	return ps_queue_put(&sim->queue, event) == 0;
}

/* What arrives: the answer, or what is wrong with it, once or twice. */
static bool deliver(struct pathsim *sim, struct ps_node *node, uint64_t when,
		    const struct ps_answer *answer)
{
	const struct pathsim_manner *manner = node->manner;
	struct ps_answer wrong;

	if (happens(sim, manner->malformed_ppm)) {
		node->counts.malformed++;
		sim->origin.malformed = true;
		wrong = *answer;
		ps_malform(&wrong, manner->malformed, &sim->random);
		answer = &wrong;
	}
	if (happens(sim, manner->duplicate_ppm)) {
		node->counts.duplicated++;
		put_output(sim, when, answer);
	}
	return put_output(sim, when, answer);
}

void ps_sim_send(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		 const struct ps_answer *answer)
{
	const struct pathsim_manner *manner = node->manner;
	uint64_t when = now_ns + (manner->rtt_ns - manner->rtt_ns / 2), lag;

	sim->origin.delayed = sim->origin.malformed = false;
	node->counts.answered++;
	if (happens(sim, manner->loss_ppm)) {
		node->counts.lost++;
		return;
	}
	if (manner->jitter_ns > 0)
		when += ps_random_upto(&sim->random, manner->jitter_ns);
	lag = draw_lag(sim, manner);
	if (lag > 0) {
		node->counts.delayed++;
		sim->origin.delayed = true;
		deliver(sim, node, when + lag, answer);
		return;
	}
	if (when < node->last_ns)
		when = node->last_ns;
	if (deliver(sim, node, when, answer))
		node->last_ns = when;
}

int pathsim_input(struct pathsim *sim, uint64_t now_ns, const uint8_t *bytes, size_t len)
{
	struct ps_packet packet;
	struct ps_event *event;
	struct ps_route route;

	sim->totals.input++;
	if (!ps_packet_parse(&packet, bytes, len) || packet.len > PATHSIM_PACKET_SIZE) {
		sim->totals.malformed++;
		return 0;
	}
	ps_forge_see(sim, now_ns, &packet);
	ps_route(sim, &packet, &sim->random, &route);
	if (route.fate == PATHSIM_FATE_NONE) {
		sim->totals.unrouted++;
		return 0;
	}
	event = ps_event_new(PS_EVENT_ARRIVAL, now_ns + route.node->manner->rtt_ns / 2, bytes,
			     packet.len);
	if (event == NULL)
		return -ENOMEM;
	event->route = route;
	event->origin.input = sim->totals.input;
	return ps_queue_put(&sim->queue, event);
}

static uint8_t unreachable_code(const struct ps_route *route, bool ipv6)
{
	const struct pathsim_reject *reject = &route->node->hop->reject;

	if (route->firewall != NULL)
		return ipv6 ? route->firewall->code6 : route->firewall->code4;
	return ipv6 ? reject->code6 : reject->code4;
}

static void arrive(struct pathsim *sim, const struct ps_event *event)
{
	const struct ps_route *route = &event->route;
	struct ps_packet packet;
	bool ipv6;

	route->node->counts.arrived++;
	if (!ps_packet_parse(&packet, event->bytes, event->len))
		return;
	ipv6 = packet.dest.family == 6;
	if (route->fate == PATHSIM_FATE_ARRIVES)
		ps_host_arrival(sim, event->when_ns, route, &packet);
	else if (route->from.family == 0)
		return;
	else if (route->fate == PATHSIM_FATE_EXPIRES)
		ps_quote_send(sim, event->when_ns, route, &packet,
			      ipv6 ? PS_ICMP6_TIME_EXCEEDED : PS_ICMP_TIME_EXCEEDED, 0);
	else if (route->fate == PATHSIM_FATE_ANSWERED)
		ps_host_intercept(sim, event->when_ns, route, &packet);
	else
		ps_quote_send(sim, event->when_ns, route, &packet,
			      ipv6 ? PS_ICMP6_UNREACHABLE : PS_ICMP_UNREACHABLE,
			      unreachable_code(route, ipv6));
}

bool pathsim_next_time(struct pathsim *sim, uint64_t *when_ns)
{
	const struct ps_event *event = ps_queue_peek(&sim->queue);

	if (event == NULL)
		return false;
	*when_ns = event->when_ns;
	return true;
}

static size_t give_out(struct pathsim *sim, const struct ps_event *event, uint8_t *buf, size_t size)
{
	size_t len = event->len < size ? event->len : size;

	memcpy(buf, event->bytes, len);
	sim->origin = event->origin;
	sim->totals.output++;
	return len;
}

size_t pathsim_output(struct pathsim *sim, uint64_t now_ns, uint8_t *buf, size_t size)
{
	const struct ps_event *next;
	size_t len = 0;

	while (len == 0 && (next = ps_queue_peek(&sim->queue)) != NULL && next->when_ns <= now_ns) {
		struct ps_event *event = ps_queue_take(&sim->queue);

		sim->origin = event->origin;
		if (event->kind == PS_EVENT_OUTPUT)
			len = give_out(sim, event, buf, size);
		else if (event->kind == PS_EVENT_ARRIVAL)
			arrive(sim, event);
		else if (event->kind == PS_EVENT_TIMER)
			ps_stack_timer(sim, event->when_ns, event->entry);
		else if (event->kind == PS_EVENT_FORGE)
			ps_forge_send(sim, event->when_ns, event->forge);
		free(event);
	}
	return len;
}

/* -- The truth -- */

void pathsim_truth(const struct pathsim *sim, const uint8_t *bytes, size_t len,
		   struct pathsim_truth *truth)
{
	const struct pathsim_port *port;
	uint8_t copy[PATHSIM_PACKET_SIZE];
	struct ps_packet packet;
	struct ps_route route;

	*truth = (struct pathsim_truth){0};
	if (!ps_packet_parse(&packet, bytes, len) || packet.len > PATHSIM_PACKET_SIZE)
		return;
	ps_route(sim, &packet, NULL, &route);
	truth->fate = route.fate;
	if (route.fate == PATHSIM_FATE_NONE)
		return;
	truth->hop = route.hop;
	truth->distance = route.distance;
	truth->drawn = route.drawn;
	truth->from = route.from;
	truth->rtt_ns = route.node->manner->rtt_ns;
	truth->jitter_ns = route.node->manner->jitter_ns;
	truth->silent = route.from.family == 0;
	if (route.fate == PATHSIM_FATE_ARRIVES && packet.protocol == PS_PROTO_TCP) {
		port = pathsim_port(sim, &packet.dest, packet.dest_port);
		truth->silent = port != NULL && port->kind == PATHSIM_PORT_DROPPED;
	}
	if (route.fate == PATHSIM_FATE_ARRIVES && ps_host_is_mute(&route))
		truth->silent = true;
	if (truth->silent)
		truth->from = (struct pathsim_addr){0};
	truth->rewritten = ps_rewrite_quote(sim, &route, &packet, copy);
}

size_t pathsim_quoted(const struct pathsim *sim, const uint8_t *bytes, size_t len, uint8_t *buf,
		      size_t size)
{
	uint8_t copy[PATHSIM_PACKET_SIZE];
	struct ps_packet packet;
	struct ps_route route;

	if (!ps_packet_parse(&packet, bytes, len) || packet.len > PATHSIM_PACKET_SIZE)
		return 0;
	ps_route(sim, &packet, NULL, &route);
	if (route.fate == PATHSIM_FATE_NONE)
		return 0;
	ps_rewrite_quote(sim, &route, &packet, copy);
	memcpy(buf, copy, packet.len < size ? packet.len : size);
	return packet.len;
}

uint8_t pathsim_distance(const struct pathsim *sim, const struct pathsim_addr *addr)
{
	const struct ps_target *target = ps_route_target(sim, addr);

	return target != NULL ? target->node->distance : 0;
}

const struct pathsim_port *pathsim_port(const struct pathsim *sim, const struct pathsim_addr *addr,
					uint16_t port)
{
	const struct ps_target *target = ps_route_target(sim, addr);

	return target != NULL && target->destination != NULL
		       ? ps_host_port(target->destination, port)
		       : NULL;
}

bool pathsim_hop_counts(const struct pathsim *sim, const struct pathsim_addr *to, uint8_t ttl,
			struct pathsim_counts *counts)
{
	const struct ps_target *target = ps_route_target(sim, to);
	const struct ps_path *path = target != NULL ? &target->path : &sim->map.path;

	if (ttl == 0 || ttl > path->count)
		return false;
	*counts = path->nodes[ttl - 1]->counts;
	return true;
}

bool pathsim_host_counts(const struct pathsim *sim, const struct pathsim_addr *addr,
			 struct pathsim_counts *counts)
{
	const struct ps_target *target = ps_route_target(sim, addr);

	if (target == NULL)
		return false;
	*counts = target->node->counts;
	return true;
}

void pathsim_origin(const struct pathsim *sim, struct pathsim_origin *origin)
{
	*origin = sim->origin;
}

void pathsim_totals(const struct pathsim *sim, struct pathsim_totals *totals)
{
	*totals = sim->totals;
	totals->forged = sim->forger.counts.answered;
	totals->half_open = sim->halfopen.count;
}
