/* SPDX-License-Identifier: BSD-2-Clause */
#include "route.h"

#include <string.h>

#include "sim.h"
#include "wire.h"

const struct ps_target *ps_route_target(const struct pathsim *sim, const struct pathsim_addr *addr)
{
	size_t low = 0, high = sim->map.target_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ps_addr_compare(addr, &sim->map.targets[middle].addr);

		if (order == 0)
			return &sim->map.targets[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* What routers balance on: addresses, protocol, the first four bytes behind the IP header (ports;
 * type, code and checksum of ICMP), and the flow label (RFC 6438). */
static uint64_t hash_flow(const struct pathsim *sim, const struct ps_packet *packet,
			  const struct ps_node *node)
{
	uint64_t hash = ps_hash(sim->seed, &node->distance, 1);

	hash = ps_hash(hash, packet->source.bytes, 16);
	hash = ps_hash(hash, packet->dest.bytes, 16);
	hash = ps_hash(hash, &packet->protocol, 1);
	hash = ps_hash(hash, &packet->flow_label, sizeof(packet->flow_label));
	if (packet->body_len >= 4 && !packet->fragment)
		hash = ps_hash(hash, packet->body, 4);
	return ps_hash_end(hash);
}

static struct pathsim_addr choose(const struct pathsim *sim, const struct ps_packet *packet,
				  struct ps_random *random, struct ps_route *route)
{
	const struct pathsim_hop *hop = route->node->hop;
	const struct pathsim_addr *addrs = packet->dest.family == 6 ? hop->v6 : hop->v4;
	uint8_t count = packet->dest.family == 6 ? hop->v6_count : hop->v4_count;
	uint64_t draw = 0;

	if (hop->silent || count == 0)
		return (struct pathsim_addr){0};
	route->drawn = hop->per_packet && count > 1;
	if (!route->drawn)
		draw = hash_flow(sim, packet, route->node);
	else if (random != NULL)
		draw = ps_random_next(random);
	return addrs[draw % count];
}

void ps_route(const struct pathsim *sim, const struct ps_packet *packet, struct ps_random *random,
	      struct ps_route *route)
{
	const struct ps_target *target = ps_route_target(sim, &packet->dest);
	const struct ps_path *path = target != NULL ? &target->path : &sim->map.path;

	*route = (struct ps_route){.target = target};
	if (packet->ttl == 0 || ps_addr_is_multicast(&packet->dest))
		return;
	if (path->reject_at > 0 && packet->ttl > path->reject_at) {
		route->fate = PATHSIM_FATE_REJECTED;
		route->node = path->nodes[path->reject_at - 1];
		route->ttl = (uint8_t)(packet->ttl - path->reject_at);
		route->from = choose(sim, packet, random, route);
	} else if (packet->ttl <= path->count) {
		route->fate = PATHSIM_FATE_EXPIRES;
		route->node = path->nodes[packet->ttl - 1];
		route->ttl = 1;
		route->from = choose(sim, packet, random, route);
	} else if (target != NULL) {
		route->fate = PATHSIM_FATE_ARRIVES;
		route->node = target->node;
		route->ttl = (uint8_t)(packet->ttl - path->count);
		route->from = target->addr;
	}
}
