/* SPDX-License-Identifier: BSD-2-Clause */
#include "crowd.h"

#include <errno.h>

#include "random.h"
#include "wire.h"

#define MILLION 1000000

/* What making a crowd needs. */
struct founder {
	struct ps_map *map;
	struct ps_arena *arena;
	const struct pathsim_destination *dest;
	struct ps_node *fixed[256];   /* that were described, by TTL */
	struct ps_node *routers[256]; /* of those that were not: the first */
	uint32_t shift[256];          /* so many prefixes share one */
};

static bool fits_family(const struct pathsim_addr *hosts, const struct pathsim_addr *routers)
{
	return routers->family == 0 || hosts->family != 0;
}

const char *ps_crowd_check(const struct pathsim_destination *dest)
{
	const struct pathsim_crowd *crowd = dest->crowd;

	if (crowd->hosts < 1 || crowd->hosts > 254 || crowd->prefixes < 1 || crowd->fan < 1)
		return "hosts: 1 to 254 in one prefix or more, fan 1 or more";
	if (crowd->prefixes > PATHSIM_CROWD_HOSTS / crowd->hosts)
		return "too many hosts";
	if (dest->v4.bytes[3] + crowd->hosts > 256 || dest->v6.bytes[15] + crowd->hosts > 256)
		return "the hosts do not fit behind the address in its 256";
	if (!fits_family(&dest->v4, &crowd->routers4) || !fits_family(&dest->v6, &crowd->routers6))
		return "routers of a family that the hosts do not have";
	if (crowd->routers4.family == 0 && crowd->routers6.family == 0 && !crowd->like.silent)
		return "hosts: the routers' first address, or silent";
	return NULL;
}

size_t ps_crowd_nodes(const struct pathsim_destination *dest)
{
	const struct pathsim_crowd *crowd = dest->crowd;
	size_t count = (size_t)crowd->prefixes * crowd->hosts, row = crowd->prefixes;

	for (uint8_t ttl = 1; ttl < dest->distance; ttl++) {
		count += row;
		row = (row + crowd->fan - 1) / crowd->fan;
	}
	return count;
}

/* `high` is added to the network's part (IPv4: /24, IPv6: /64), `low` to the last 32 bits. */
static struct pathsim_addr add_to(const struct pathsim_addr *base, uint32_t high, uint32_t low)
{
	struct pathsim_addr addr = *base;

	if (addr.family == 4) {
		ps_put32(addr.bytes, ps_get32(addr.bytes) + (high << 8) + low);
	} else if (addr.family == 6) {
		ps_put32(addr.bytes + 4, ps_get32(addr.bytes + 4) + high);
		ps_put32(addr.bytes + 12, ps_get32(addr.bytes + 12) + low);
	}
	return addr;
}

static void add_address(struct ps_map *map, const struct pathsim_addr *addr,
			const struct ps_target *like)
{
	if (addr->family == 0)
		return;
	map->targets[map->target_count] = *like;
	map->targets[map->target_count++].addr = *addr;
}

/* One row of the tree: the routers with this TTL. */
static int add_row(struct founder *founder, uint8_t ttl, uint32_t count, uint32_t *serial)
{
	const struct pathsim_crowd *crowd = founder->dest->crowd;
	struct pathsim_hop *hop = ps_arena_take(founder->arena, 1, sizeof(*hop));

	if (hop == NULL)
		return -ENOMEM;
	*hop = crowd->like;
	hop->ttl = ttl;
	if (hop->manner.rtt_ns == 0)
		hop->manner.rtt_ns = founder->dest->manner.rtt_ns / founder->dest->distance * ttl;
	founder->routers[ttl] = &founder->map->nodes[founder->map->node_count];
	for (uint32_t i = 0; i < count; i++, (*serial)++)
		founder->map->nodes[founder->map->node_count++] = (struct ps_node){
			.manner = &hop->manner,
			.hop = hop,
			.distance = ttl,
			.own = {add_to(&crowd->routers4, 0, *serial),
				add_to(&crowd->routers6, 0, *serial)},
		};
	return 0;
}

/* From the hosts up; the first rows have the first addresses, so the widths come first. */
static int add_rows(struct founder *founder)
{
	const struct pathsim_crowd *crowd = founder->dest->crowd;
	uint32_t width[256] = {0}, serial = 0, shift = 1, row = crowd->prefixes;
	int error = 0;

	for (int ttl = founder->dest->distance - 1; ttl > 0; ttl--) {
		width[ttl] = row;
		founder->shift[ttl] = shift;
		row = (row + crowd->fan - 1) / crowd->fan;
		shift = shift > crowd->prefixes ? shift : shift * crowd->fan;
	}
	for (unsigned int ttl = 1; ttl < founder->dest->distance && error == 0; ttl++)
		if (founder->fixed[ttl] == NULL)
			error = add_row(founder, (uint8_t)ttl, width[ttl], &serial);
	return error;
}

static int make_path(struct founder *founder, uint32_t prefix, struct ps_path *path)
{
	uint8_t count = (uint8_t)(founder->dest->distance - 1);
	struct ps_node **nodes = ps_arena_take(founder->arena, count, sizeof(struct ps_node *));

	if (nodes == NULL)
		return -ENOMEM;
	path->nodes = nodes;
	path->count = count;
	path->reject_at = 0;
	for (unsigned int ttl = 1; ttl <= count; ttl++) {
		struct ps_node *node = founder->fixed[ttl];

		if (node == NULL)
			node = founder->routers[ttl] + prefix / founder->shift[ttl];
		nodes[ttl - 1] = node;
		if (path->reject_at == 0 && node->hop->reject.active)
			path->reject_at = (uint8_t)ttl;
	}
	return 0;
}

static void add_host(struct founder *founder, uint32_t prefix, uint32_t host,
		     const struct ps_path *path)
{
	const struct pathsim_destination *dest = founder->dest;
	struct pathsim_addr v4 = add_to(&dest->v4, prefix, host);
	struct pathsim_addr v6 = add_to(&dest->v6, prefix, host);
	struct ps_node *node = &founder->map->nodes[founder->map->node_count++];
	struct ps_target target = {.node = node, .path = *path, .destination = dest};
	uint32_t place[2] = {prefix, host};

	*node = (struct ps_node){
		.manner = &dest->manner, .destination = dest, .distance = dest->distance};
	node->dead =
		ps_hash_end(ps_hash(1, place, sizeof(place))) % MILLION < dest->crowd->dead_ppm;
	add_address(founder->map, &v4, &target);
	add_address(founder->map, &v6, &target);
}

/* A router is a host too; the way to it is that of the first prefix that it serves. */
static void add_router_addresses(struct founder *founder, uint32_t prefix,
				 const struct ps_path *path)
{
	for (unsigned int ttl = 1; ttl <= path->count; ttl++) {
		struct ps_node *node = path->nodes[ttl - 1];
		struct ps_target target = {.node = node, .path = *path};

		if (founder->fixed[ttl] != NULL || prefix % founder->shift[ttl] != 0)
			continue;
		target.path.count = (uint8_t)(ttl - 1);
		if (target.path.reject_at >= ttl)
			target.path.reject_at = 0;
		add_address(founder->map, &node->own[0], &target);
		add_address(founder->map, &node->own[1], &target);
	}
}

int ps_crowd_add(struct ps_map *map, struct ps_arena *arena, const struct pathsim_destination *dest,
		 struct ps_node *const own[256], struct ps_node *const common[256],
		 const struct ps_path *path)
{
	struct founder founder = {.map = map, .arena = arena, .dest = dest};
	struct ps_path mine = *path;
	int error;

	for (unsigned int ttl = 1; ttl < dest->distance; ttl++)
		founder.fixed[ttl] = own[ttl] != NULL ? own[ttl] : common[ttl];
	error = add_rows(&founder);
	for (uint32_t prefix = 0; prefix < dest->crowd->prefixes && error == 0; prefix++) {
		error = make_path(&founder, prefix, &mine);
		if (error < 0)
			break;
		for (uint32_t host = 0; host < dest->crowd->hosts; host++)
			add_host(&founder, prefix, host, &mine);
		add_router_addresses(&founder, prefix, &mine);
	}
	return error;
}
