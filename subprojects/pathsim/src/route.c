/* SPDX-License-Identifier: BSD-2-Clause */
#include "route.h"

#include <string.h>

#include "sim.h"
#include "wire.h"

#define MILLION 1000000

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

	if (route->node->own[packet->dest.family == 6].family != 0 && !hop->silent)
		return route->node->own[packet->dest.family == 6];
	if (hop->silent || count == 0)
		return (struct pathsim_addr){0};
	route->drawn = hop->per_packet && count > 1;
	if (!route->drawn)
		draw = hash_flow(sim, packet, route->node);
	else if (random != NULL)
		draw = ps_random_next(random);
	return addrs[draw % count];
}

static bool is_taken(const struct pathsim *sim, const struct ps_packet *packet,
		     struct ps_random *random, const struct ps_detour *detour, size_t index,
		     bool *drawn)
{
	const struct pathsim_detour *plan = detour->plan;
	uint64_t draw = 0;

	if (plan->like.per_packet) {
		*drawn = true;
		if (random != NULL)
			draw = ps_random_next(random);
	} else {
		draw = ps_hash_end(hash_flow(sim, packet, detour->nodes) + 1 + index);
	}
	return draw % MILLION < plan->share_ppm;
}

/* Where a packet is when its TTL is used up, as on a path without detours. */
struct place {
	struct ps_node *node; /* on a detour; NULL: not there */
	uint8_t ttl;          /* what would get there without detours; on a detour, one more than
				 the hop before it */
	uint8_t extra;        /* routers on the detours that it took so far, */
	uint8_t total;        /* and would take up to the end */
	bool drawn;
};

static struct place find_place(const struct pathsim *sim, const struct ps_path *path,
			       const struct ps_packet *packet, struct ps_random *random)
{
	struct place place = {0};
	unsigned int extra = 0;
	bool found = false;

	for (size_t hop = 1; hop <= path->count && path->detour_count > 0; hop++) {
		if (!found && packet->ttl <= hop + extra) {
			place.extra = (uint8_t)extra;
			found = true;
		}
		for (size_t i = 0; i < path->detour_count; i++) {
			const struct ps_detour *detour = &path->detours[i];

			if (detour->plan->like.ttl != hop || extra + detour->count > 200 ||
			    !is_taken(sim, packet, random, detour, i, &place.drawn))
				continue;
			if (!found && packet->ttl <= hop + extra + detour->count) {
				place.node = &detour->nodes[packet->ttl - hop - extra - 1];
				place.extra = (uint8_t)(packet->ttl - hop - 1);
				found = true;
			}
			extra += detour->count;
		}
	}
	place.total = (uint8_t)extra;
	if (!found)
		place.extra = (uint8_t)extra;
	place.ttl = (uint8_t)(packet->ttl - place.extra);
	return place;
}

static bool stops(const struct pathsim_firewall *rule, const struct ps_packet *packet)
{
	bool tcp = packet->protocol == PS_PROTO_TCP;

	if (rule->action == PATHSIM_FIREWALL_SYNPROXY && !tcp)
		return false;
	return packet->ttl > rule->at && (rule->first == 0 || (packet->dest_port >= rule->first &&
							       packet->dest_port <= rule->last));
}

/* The one that is reached first; of two at the same hop, the one that comes first. */
static const struct pathsim_firewall *find_firewall(const struct pathsim_firewall *best,
						    const struct pathsim_firewall *rules,
						    size_t count, const struct ps_path *path,
						    const struct ps_packet *packet)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].at <= path->count && (best == NULL || rules[i].at < best->at) &&
		    (path->reject_at == 0 || rules[i].at <= path->reject_at) &&
		    stops(&rules[i], packet))
			best = &rules[i];
	return best;
}

static void stop_at(const struct pathsim *sim, const struct ps_path *path,
		    const struct ps_packet *packet, struct ps_random *random,
		    struct ps_route *route)
{
	const struct pathsim_firewall *rule = route->firewall;

	route->node = path->nodes[rule->at - 1];
	route->ttl = (uint8_t)(packet->ttl - rule->at);
	route->fate = PATHSIM_FATE_DROPPED;
	if (rule->action == PATHSIM_FIREWALL_REJECT) {
		route->fate = PATHSIM_FATE_REJECTED;
		route->from = choose(sim, packet, random, route);
	} else if (rule->action != PATHSIM_FIREWALL_DROP && packet->protocol == PS_PROTO_TCP) {
		route->fate = PATHSIM_FATE_ANSWERED;
		route->from = packet->dest;
	}
}

void ps_route(const struct pathsim *sim, const struct ps_packet *packet, struct ps_random *random,
	      struct ps_route *route)
{
	const struct ps_target *target = ps_route_target(sim, &packet->dest);
	const struct ps_path *path = target != NULL ? &target->path : &sim->map.path;
	struct ps_packet seen = *packet;
	struct place place;

	*route = (struct ps_route){.target = target};
	if (packet->ttl == 0 || ps_addr_is_multicast(&packet->dest))
		return;
	place = find_place(sim, path, packet, random);
	seen.ttl = place.ttl;
	packet = &seen;
	route->firewall = find_firewall(NULL, sim->network.firewalls, sim->network.firewall_count,
					path, packet);
	if (target != NULL && target->destination != NULL)
		route->firewall = find_firewall(route->firewall, target->destination->firewalls,
						target->destination->firewall_count, path, packet);
	if (route->firewall != NULL) {
		stop_at(sim, path, packet, random, route);
	} else if (path->reject_at > 0 && packet->ttl > path->reject_at) {
		route->fate = PATHSIM_FATE_REJECTED;
		route->node = path->nodes[path->reject_at - 1];
		route->ttl = (uint8_t)(packet->ttl - path->reject_at);
		route->from = choose(sim, packet, random, route);
	} else if (place.node != NULL) {
		route->fate = PATHSIM_FATE_EXPIRES;
		route->node = place.node;
		route->ttl = 1;
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
	if (route->node == NULL)
		return;
	route->hop = route->node->distance;
	if (route->fate == PATHSIM_FATE_EXPIRES)
		route->hop = (uint8_t)(place.ttl + place.extra);
	else if (route->fate == PATHSIM_FATE_ARRIVES)
		route->hop = (uint8_t)(path->count + 1 + place.total);
	route->distance = target != NULL ? (uint8_t)(path->count + 1 + place.total) : 0;
	route->drawn = route->drawn || place.drawn;
}
