/* SPDX-License-Identifier: BSD-2-Clause */
#include "map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crowd.h"

/* What map-making needs besides the map. */
struct maker {
	struct ps_map *map;
	const struct pathsim_network *network;
	struct ps_arena *arena;
	struct ps_node *common[256]; /* by TTL */
	struct ps_detour *detours;   /* those of the network */
};

static struct ps_node *add_node(struct ps_map *map, const struct pathsim_manner *manner,
				const struct pathsim_hop *hop, uint8_t distance)
{
	struct ps_node *node = &map->nodes[map->node_count++];

	*node = (struct ps_node){.manner = manner, .hop = hop, .distance = distance};
	return node;
}

/* The nodes with TTL 1 .. count, from own[] or else the common ones, as far as there are any. */
static int make_path(struct maker *maker, struct ps_path *path, struct ps_node *const own[256],
		     size_t count)
{
	struct ps_node **nodes = ps_arena_take(maker->arena, count, sizeof(struct ps_node *));

	if (nodes == NULL)
		return -ENOMEM;
	*path = (struct ps_path){.nodes = nodes,
				 .detours = maker->detours,
				 .detour_count = maker->network->detour_count};
	for (size_t ttl = 1; ttl <= count; ttl++) {
		struct ps_node *node =
			own != NULL && own[ttl] != NULL ? own[ttl] : maker->common[ttl];

		if (node == NULL)
			break;
		nodes[path->count++] = node;
		if (path->reject_at == 0 && node->hop->reject.active)
			path->reject_at = (uint8_t)ttl;
	}
	return 0;
}

static uint8_t detour_length(const struct pathsim_detour *plan)
{
	return plan->like.v4_count > plan->like.v6_count ? plan->like.v4_count
							 : plan->like.v6_count;
}

/* Each router as a hop with one address of each family. Its distance is that of the hop before, as
 * for what boxes on the path have done to a packet by then. */
static int add_detour(struct maker *maker, struct ps_detour *detour,
		      const struct pathsim_detour *plan)
{
	uint8_t count = detour_length(plan);
	struct pathsim_hop *hops = ps_arena_take(maker->arena, count, sizeof(*hops));

	if (hops == NULL)
		return -ENOMEM;
	*detour = (struct ps_detour){
		.plan = plan, .nodes = &maker->map->nodes[maker->map->node_count], .count = count};
	for (size_t i = 0; i < count; i++) {
		hops[i] = plan->like;
		hops[i].v4_count = i < plan->like.v4_count;
		hops[i].v6_count = i < plan->like.v6_count;
		hops[i].v4[0] = plan->like.v4[i];
		hops[i].v6[0] = plan->like.v6[i];
		hops[i].per_packet = false;
		add_node(maker->map, &hops[i].manner, &hops[i], plan->like.ttl);
	}
	return 0;
}

/* Those of the network, then those of the destination. */
static int add_detours(struct maker *maker, const struct pathsim_destination *dest,
		       struct ps_path *path)
{
	size_t common = maker->network->detour_count;
	struct ps_detour *detours =
		ps_arena_take(maker->arena, common + dest->detour_count, sizeof(*detours));
	int error = 0;

	if (detours == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < common; i++)
		detours[i] = maker->detours[i];
	for (size_t i = 0; i < dest->detour_count && error == 0; i++)
		error = add_detour(maker, &detours[common + i], &dest->detours[i]);
	path->detours = detours;
	path->detour_count = common + dest->detour_count;
	return error;
}

static void add_target(struct ps_map *map, const struct pathsim_addr *addr,
		       const struct ps_target *like)
{
	struct ps_target *target = &map->targets[map->target_count];

	if (addr->family == 0)
		return;
	*target = *like;
	target->addr = *addr;
	map->target_count++;
}

static void add_hop_targets(struct ps_map *map, struct ps_node *node, const struct ps_path *path)
{
	struct ps_target target = {.node = node, .path = *path};

	target.path.count = (uint8_t)(node->hop->ttl - 1);
	if (target.path.reject_at > target.path.count)
		target.path.reject_at = 0;
	for (size_t i = 0; i < node->hop->v4_count; i++)
		add_target(map, &node->hop->v4[i], &target);
	for (size_t i = 0; i < node->hop->v6_count; i++)
		add_target(map, &node->hop->v6[i], &target);
}

static int add_destination(struct maker *maker, const struct pathsim_destination *dest)
{
	struct ps_target target = {.destination = dest};
	struct ps_node *own[256] = {NULL};
	int error;

	for (size_t i = 0; i < dest->hop_count; i++)
		own[dest->hops[i].ttl] = add_node(maker->map, &dest->hops[i].manner, &dest->hops[i],
						  dest->hops[i].ttl);
	error = make_path(maker, &target.path, own, (size_t)dest->distance - 1);
	if (error == 0)
		error = add_detours(maker, dest, &target.path);
	if (error < 0)
		return error;
	if (dest->crowd != NULL)
		return ps_crowd_add(maker->map, maker->arena, dest, own, maker->common,
				    &target.path);
	target.node = add_node(maker->map, &dest->manner, NULL, dest->distance);
	target.node->destination = dest;
	add_target(maker->map, &dest->v4, &target);
	add_target(maker->map, &dest->v6, &target);
	for (size_t i = 0; i < dest->hop_count; i++)
		add_hop_targets(maker->map, own[dest->hops[i].ttl], &target.path);
	return 0;
}

static int add_nameserver(struct maker *maker, const struct pathsim_nameserver *server)
{
	struct ps_target target = {.nameserver = server};
	uint8_t distance = server->distance > 0 ? server->distance : 1;
	int error = make_path(maker, &target.path, NULL, (size_t)distance - 1);

	if (error < 0)
		return error;
	/* The way to the name server may be longer than what is described: it has no hops then. */
	target.node = add_node(maker->map, &server->manner, NULL, (uint8_t)(target.path.count + 1));
	add_target(maker->map, &server->v4, &target);
	add_target(maker->map, &server->v6, &target);
	return 0;
}

/* Who comes first when an address is taken twice: destination, name server, hop. */
static int rank(const struct ps_target *target)
{
	return target->destination != NULL ? 0 : target->nameserver != NULL ? 1 : 2;
}

static int compare_targets(const void *left, const void *right)
{
	const struct ps_target *a = left, *b = right;
	int order = ps_addr_compare(&a->addr, &b->addr);

	if (order == 0)
		order = rank(a) - rank(b);
	if (order == 0)
		order = (int)a->node->distance - (int)b->node->distance;
	if (order == 0) /* as they were described */
		order = (a->node > b->node) - (a->node < b->node);
	return order;
}

static int refuse_twin(const struct maker *maker, const struct ps_target *target,
		       struct pathsim_problem *problem)
{
	if (problem != NULL)
		*problem = (struct pathsim_problem){
			.part = PATHSIM_PART_DESTINATION,
			.index = (size_t)(target->destination - maker->network->destinations),
			.what = "another destination has this address"};
	return -EINVAL;
}

static int sort_targets(const struct maker *maker, struct pathsim_problem *problem)
{
	struct ps_target *targets = maker->map->targets;
	size_t count = maker->map->target_count, kept = 0;

	qsort(targets, count, sizeof(*targets), compare_targets);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || ps_addr_compare(&targets[i].addr, &targets[kept - 1].addr) != 0)
			targets[kept++] = targets[i];
		else if (targets[i].destination != NULL)
			return refuse_twin(maker, &targets[i], problem);
	}
	maker->map->target_count = kept;
	return 0;
}

static int compare_names_by_addr(const void *left, const void *right)
{
	const struct ps_map_name *a = left, *b = right;
	int order = ps_addr_compare(a->addr, b->addr);

	return order != 0 ? order : strcasecmp(a->name, b->name);
}

static int compare_names(const void *left, const void *right)
{
	const struct ps_map_name *a = left, *b = right;
	int order = strcasecmp(a->name, b->name);

	return order != 0 ? order : ps_addr_compare(a->addr, b->addr);
}

static void add_name(struct ps_map *map, const struct pathsim_addr *addr, const char *name)
{
	if (name != NULL && addr->family != 0)
		map->by_addr[map->name_count++] = (struct ps_map_name){.addr = addr, .name = name};
}

static void add_hop_names(struct ps_map *map, const struct pathsim_hop *hops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < hops[i].v4_count; j++)
			add_name(map, &hops[i].v4[j], hops[i].name);
		for (size_t j = 0; j < hops[i].v6_count; j++)
			add_name(map, &hops[i].v6[j], hops[i].name);
	}
}

static void add_detour_names(struct ps_map *map, const struct pathsim_detour *detours, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_hop_names(map, &detours[i].like, 1);
}

static void collect_names(struct ps_map *map, const struct pathsim_network *network)
{
	add_hop_names(map, network->hops, network->hop_count);
	add_detour_names(map, network->detours, network->detour_count);
	for (size_t i = 0; i < network->destination_count; i++) {
		const struct pathsim_destination *dest = &network->destinations[i];

		add_name(map, &dest->v4, dest->name);
		add_name(map, &dest->v6, dest->name);
		add_hop_names(map, dest->hops, dest->hop_count);
		add_detour_names(map, dest->detours, dest->detour_count);
	}
	for (size_t i = 0; i < network->name_count; i++)
		add_name(map, &network->names[i].addr, network->names[i].name);
}

static size_t count_addrs(const struct pathsim_hop *hops, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += (size_t)hops[i].v4_count + hops[i].v6_count;
	return total;
}

static void count_detours(const struct pathsim_detour *detours, size_t count, size_t *nodes,
			  size_t *addrs)
{
	for (size_t i = 0; i < count; i++) {
		*nodes += detour_length(&detours[i]);
		*addrs += count_addrs(&detours[i].like, 1);
	}
}

static int make_room(struct maker *maker)
{
	const struct pathsim_network *network = maker->network;
	size_t nodes = network->hop_count + network->destination_count + network->nameserver_count;
	size_t addrs = count_addrs(network->hops, network->hop_count) +
		       2 * network->destination_count + 2 * network->nameserver_count;
	struct ps_map *map = maker->map;
	size_t crowd = 0;

	for (size_t i = 0; i < network->destination_count; i++) {
		if (network->destinations[i].crowd != NULL)
			crowd += ps_crowd_nodes(&network->destinations[i]);
		nodes += network->destinations[i].hop_count;
		addrs += count_addrs(network->destinations[i].hops,
				     network->destinations[i].hop_count);
		count_detours(network->destinations[i].detours,
			      network->destinations[i].detour_count, &nodes, &addrs);
	}
	count_detours(network->detours, network->detour_count, &nodes, &addrs);
	map->nodes = ps_arena_take(maker->arena, nodes + crowd, sizeof(*map->nodes));
	map->targets = ps_arena_take(maker->arena, addrs + 2 * crowd, sizeof(*map->targets));
	map->by_addr =
		ps_arena_take(maker->arena, addrs + network->name_count, sizeof(*map->by_addr));
	map->by_name =
		ps_arena_take(maker->arena, addrs + network->name_count, sizeof(*map->by_name));
	return map->nodes != NULL && map->targets != NULL && map->by_addr != NULL &&
			       map->by_name != NULL
		       ? 0
		       : -ENOMEM;
}

static int add_hops(struct maker *maker)
{
	const struct pathsim_network *network = maker->network;
	int error;

	for (size_t i = 0; i < network->hop_count; i++)
		maker->common[network->hops[i].ttl] =
			add_node(maker->map, &network->hops[i].manner, &network->hops[i],
				 network->hops[i].ttl);
	maker->detours =
		ps_arena_take(maker->arena, network->detour_count, sizeof(*maker->detours));
	error = maker->detours == NULL ? -ENOMEM : 0;
	for (size_t i = 0; i < network->detour_count && error == 0; i++)
		error = add_detour(maker, &maker->detours[i], &network->detours[i]);
	if (error == 0)
		error = make_path(maker, &maker->map->path, NULL, 254);
	if (error < 0)
		return error;
	for (size_t i = 0; i < maker->map->path.count; i++)
		add_hop_targets(maker->map, maker->map->path.nodes[i], &maker->map->path);
	return 0;
}

int ps_map_init(struct ps_map *map, const struct pathsim_network *network, struct ps_arena *arena,
		struct pathsim_problem *problem)
{
	struct maker maker = {.map = map, .network = network, .arena = arena};
	int error = make_room(&maker);

	if (error == 0)
		error = add_hops(&maker);
	for (size_t i = 0; i < network->destination_count && error == 0; i++)
		error = add_destination(&maker, &network->destinations[i]);
	for (size_t i = 0; i < network->nameserver_count && error == 0; i++)
		error = add_nameserver(&maker, &network->nameservers[i]);
	if (error == 0)
		error = sort_targets(&maker, problem);
	if (error < 0)
		return error;
	collect_names(map, network);
	if (map->name_count > 0)
		memcpy(map->by_name, map->by_addr, map->name_count * sizeof(*map->by_name));
	qsort(map->by_addr, map->name_count, sizeof(*map->by_addr), compare_names_by_addr);
	qsort(map->by_name, map->name_count, sizeof(*map->by_name), compare_names);
	return 0;
}
