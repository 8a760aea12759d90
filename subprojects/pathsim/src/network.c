/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "map.h"

#define MILLION 1000000

static int copy_items(const void **pointer, size_t count, size_t size, struct ps_arena *arena)
{
	void *copy = ps_arena_take(arena, count, size);

	if (copy == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(copy, *pointer, count * size);
	*pointer = copy;
	return 0;
}

static int copy_text(const char **text, struct ps_arena *arena)
{
	const void *bytes = *text;
	int error;

	if (*text == NULL)
		return 0;
	error = copy_items(&bytes, strlen(*text) + 1, 1, arena);
	*text = bytes;
	return error;
}

static int copy_rewrites(const struct pathsim_rewrite **rewrites, size_t count,
			 struct ps_arena *arena)
{
	const void *items = *rewrites;
	int error = copy_items(&items, count, sizeof(**rewrites), arena);

	*rewrites = items;
	return error;
}

static int copy_firewalls(const struct pathsim_firewall **firewalls, size_t count,
			  struct ps_arena *arena)
{
	const void *items = *firewalls;
	int error = copy_items(&items, count, sizeof(**firewalls), arena);

	*firewalls = items;
	return error;
}

static int copy_hops(const struct pathsim_hop **hops, size_t count, struct ps_arena *arena)
{
	struct pathsim_hop *copy = ps_arena_take(arena, count, sizeof(*copy));
	int error = copy == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < count && error == 0; i++) {
		copy[i] = (*hops)[i];
		error = copy_text(&copy[i].name, arena);
	}
	*hops = copy;
	return error;
}

static int copy_detours(const struct pathsim_detour **detours, size_t count, struct ps_arena *arena)
{
	struct pathsim_detour *copy = ps_arena_take(arena, count, sizeof(*copy));
	int error = copy == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < count && error == 0; i++) {
		copy[i] = (*detours)[i];
		error = copy_text(&copy[i].like.name, arena);
	}
	*detours = copy;
	return error;
}

static int compare_ports(const void *left, const void *right)
{
	const struct pathsim_port *a = left, *b = right;

	return (int)a->first - (int)b->first;
}

/* In order, so that a port is found by halving. */
static int copy_ports(struct pathsim_destination *dest, struct ps_arena *arena)
{
	struct pathsim_port *copy = ps_arena_take(arena, dest->port_count, sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < dest->port_count; i++)
		copy[i] = dest->ports[i];
	qsort(copy, dest->port_count, sizeof(*copy), compare_ports);
	dest->ports = copy;
	return 0;
}

static int copy_destinations(struct pathsim_network *network, struct ps_arena *arena)
{
	struct pathsim_destination *copy =
		ps_arena_take(arena, network->destination_count, sizeof(*copy));
	int error = copy == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < network->destination_count && error == 0; i++) {
		copy[i] = network->destinations[i];
		error = copy_ports(&copy[i], arena);
		if (error == 0)
			error = copy_hops(&copy[i].hops, copy[i].hop_count, arena);
		if (error == 0)
			error = copy_text(&copy[i].name, arena);
		if (error == 0)
			error = copy_rewrites(&copy[i].rewrites, copy[i].rewrite_count, arena);
		if (error == 0)
			error = copy_firewalls(&copy[i].firewalls, copy[i].firewall_count, arena);
		if (error == 0)
			error = copy_detours(&copy[i].detours, copy[i].detour_count, arena);
		if (error == 0 && copy[i].crowd != NULL) {
			const void *crowd = copy[i].crowd;

			error = copy_items(&crowd, 1, sizeof(*copy[i].crowd), arena);
			copy[i].crowd = crowd;
		}
	}
	network->destinations = copy;
	return error;
}

static int copy_names(struct pathsim_network *network, struct ps_arena *arena)
{
	struct pathsim_name *copy = ps_arena_take(arena, network->name_count, sizeof(*copy));
	int error = copy == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < network->name_count && error == 0; i++) {
		copy[i] = network->names[i];
		error = copy_text(&copy[i].name, arena);
	}
	network->names = copy;
	return error;
}

int ps_network_copy(struct pathsim_network *copy, const struct pathsim_network *network,
		    struct ps_arena *arena)
{
	const void *nameservers = network->nameservers;
	int error;

	*copy = *network;
	error = copy_items(&nameservers, copy->nameserver_count, sizeof(*copy->nameservers), arena);
	copy->nameservers = nameservers;
	if (error == 0)
		error = copy_hops(&copy->hops, copy->hop_count, arena);
	if (error == 0)
		error = copy_destinations(copy, arena);
	if (error == 0)
		error = copy_rewrites(&copy->rewrites, copy->rewrite_count, arena);
	if (error == 0)
		error = copy_firewalls(&copy->firewalls, copy->firewall_count, arena);
	if (error == 0)
		error = copy_detours(&copy->detours, copy->detour_count, arena);
	if (error == 0)
		error = copy_names(copy, arena);
	return error;
}

static const char *check_limit(const struct pathsim_limit *limit)
{
	if (limit->answers > 0 && (limit->burst == 0 || limit->per_ns < limit->answers))
		return "a limit needs a burst and a time";
	return NULL;
}

static const char *check_extensions(const struct pathsim_extensions *extensions)
{
	if (extensions->mpls_count > PATHSIM_MPLS_LABELS)
		return "too many labels";
	for (size_t i = 0; i < extensions->mpls_count; i++)
		if (extensions->mpls[i].label > 0xfffff || extensions->mpls[i].traffic_class > 7)
			return "a label has 20 bits, its class 3";
	if (memchr(extensions->interface.name, '\0', PATHSIM_INTERFACE_NAME) == NULL)
		return "the interface's name has no end";
	if (extensions->interface.role > PATHSIM_ROLE_NEXT_HOP)
		return "not the role of an interface";
	if (extensions->object.len > PATHSIM_OBJECT_BYTES)
		return "an object is too long";
	return NULL;
}

static const char *check_manner(const struct pathsim_manner *manner)
{
	if (manner->loss_ppm > MILLION)
		return "the loss is above 100%";
	if (manner->reorder.share_ppm > MILLION || manner->late.share_ppm > MILLION ||
	    manner->duplicate_ppm > MILLION || manner->malformed_ppm > MILLION)
		return "a share is above 100%";
	if (manner->malformed >= PATHSIM_MALFORMED_KINDS)
		return "malformed in no such way";
	if (manner->option_bytes > 40 || manner->option_bytes % 4 != 0)
		return "IP options are 4, 8 .. 40 bytes";
	if (check_extensions(&manner->extensions) != NULL)
		return check_extensions(&manner->extensions);
	return check_limit(&manner->limit);
}

/* Odd names are what tests want. But what cannot be written in a message (RFC 1035 section 3.1) or
 * a scenario is refused. */
static const char *check_name(const char *name)
{
	size_t label = 0;

	if (name == NULL)
		return NULL;
	if (name[0] == '\0' || strlen(name) >= PATHSIM_NAME_SIZE)
		return "a name has 1 to 253 characters";
	for (const char *p = name; *p != '\0'; p++) {
		label = *p == '.' ? 0 : label + 1;
		if ((unsigned char)*p <= ' ' || (*p == '#' && p == name))
			return "a name has no blanks";
		if (label > 63)
			return "a label has at most 63 characters";
		if (*p == '.' && (p == name || p[1] == '.'))
			return "a name has an empty label";
	}
	return NULL;
}

static const char *check_hop(const struct pathsim_hop *hop)
{
	const char *what = check_manner(&hop->manner);

	if (what != NULL)
		return what;
	if (hop->ttl == 0 || hop->ttl > 254)
		return "hops are numbered 1 to 254";
	if (hop->v4_count > PATHSIM_HOP_ADDRS || hop->v6_count > PATHSIM_HOP_ADDRS)
		return "too many addresses";
	for (size_t i = 0; i < hop->v4_count; i++)
		if (hop->v4[i].family != 4)
			return "not an IPv4 address";
	for (size_t i = 0; i < hop->v6_count; i++)
		if (hop->v6[i].family != 6)
			return "not an IPv6 address";
	return check_name(hop->name);
}

static const char *check_family(const struct pathsim_addr *v4, const struct pathsim_addr *v6)
{
	if (v4->family == 0 && v6->family == 0)
		return "an address is missing";
	if ((v4->family != 0 && v4->family != 4) || (v6->family != 0 && v6->family != 6))
		return "an address of the wrong family";
	return NULL;
}

static const char *check_detours(const struct pathsim_detour *detours, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *what = check_hop(&detours[i].like);

		if (what != NULL)
			return what;
		if (detours[i].share_ppm > MILLION)
			return "a share is above 100%";
		if (detours[i].like.v4_count + detours[i].like.v6_count == 0)
			return "a detour has no routers";
	}
	return NULL;
}

static const char *check_ports(const struct pathsim_destination *dest)
{
	for (size_t i = 0; i < dest->port_count; i++) {
		if (dest->ports[i].first == 0 || dest->ports[i].first > dest->ports[i].last)
			return "ports are 1 to 65535, the lower one first";
		if (i > 0 && dest->ports[i].first <= dest->ports[i - 1].last)
			return "a port was described twice";
	}
	return NULL;
}

static const char *check_rewrites(const struct pathsim_rewrite *rewrites, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (rewrites[i].kind >= PATHSIM_REWRITE_KINDS || rewrites[i].at == 0)
			return "a rewriting of no kind or at no hop";
		if (rewrites[i].kind == PATHSIM_REWRITE_NAT && rewrites[i].addr.family == 0)
			return "a NAT needs an address";
	}
	return NULL;
}

static const char *check_firewalls(const struct pathsim_firewall *firewalls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (firewalls[i].at == 0 || firewalls[i].action >= PATHSIM_FIREWALL_ACTIONS ||
		    firewalls[i].first > firewalls[i].last)
			return "a firewall at no hop, without action or without ports";
	return NULL;
}

static const char *check_destination(const struct pathsim_destination *dest)
{
	const char *what = check_family(&dest->v4, &dest->v6);

	if (what == NULL && dest->distance == 0)
		what = "the distance is missing (at N)";
	if (what == NULL)
		what = check_manner(&dest->manner);
	if (what == NULL)
		what = check_ports(dest);
	if (what == NULL && dest->stack >= PATHSIM_STACKS)
		what = "no such stack";
	if (what == NULL)
		what = check_limit(&dest->rst_limit);
	if (what == NULL)
		what = check_rewrites(dest->rewrites, dest->rewrite_count);
	if (what == NULL)
		what = check_firewalls(dest->firewalls, dest->firewall_count);
	if (what == NULL)
		what = check_detours(dest->detours, dest->detour_count);
	if (what == NULL && dest->crowd != NULL)
		what = ps_crowd_check(dest);
	if (what == NULL && (dest->dnat4.to.family == 6 || dest->dnat6.to.family == 4))
		what = "dnat to the other family";
	return what != NULL ? what : check_name(dest->name);
}

/* Marks each hop's TTL in `seen`; one that was marked already is named. */
static const char *check_hops(const struct pathsim_hop *hops, size_t count, bool seen[256],
			      size_t *bad)
{
	for (size_t i = 0; i < count; i++) {
		const char *what = check_hop(&hops[i]);

		*bad = i;
		if (what != NULL)
			return what;
		if (seen[hops[i].ttl])
			return "this hop was described already";
		seen[hops[i].ttl] = true;
	}
	return NULL;
}

static int refuse(struct pathsim_problem *problem, enum pathsim_part part, size_t index, size_t hop,
		  const char *what)
{
	if (problem != NULL)
		*problem = (struct pathsim_problem){
			.part = part, .index = index, .hop = hop, .what = what};
	return -EINVAL;
}

static int check_path(const struct pathsim_destination *dest, size_t index, const bool common[256],
		      struct pathsim_problem *problem)
{
	bool own[256] = {false};
	size_t bad = 0;
	const char *what = check_hops(dest->hops, dest->hop_count, own, &bad);

	if (what != NULL)
		return refuse(problem, PATHSIM_PART_OWN_HOP, index, bad, what);
	for (size_t i = 0; i < dest->hop_count; i++)
		if (dest->hops[i].ttl >= dest->distance)
			return refuse(problem, PATHSIM_PART_OWN_HOP, index, i,
				      "this hop lies behind the destination");
	for (size_t ttl = 1; ttl < dest->distance; ttl++)
		if (!common[ttl] && !own[ttl] && dest->crowd == NULL)
			return refuse(problem, PATHSIM_PART_DESTINATION, index, ttl,
				      "a hop on the way is not described");
	return 0;
}

static int check_rest(const struct pathsim_network *network, struct pathsim_problem *problem)
{
	for (size_t i = 0; i < network->nameserver_count; i++) {
		const struct pathsim_nameserver *server = &network->nameservers[i];
		const char *what = check_family(&server->v4, &server->v6);

		if (what == NULL)
			what = check_manner(&server->manner);
		if (what != NULL)
			return refuse(problem, PATHSIM_PART_NAMESERVER, i, 0, what);
	}
	for (size_t i = 0; i < network->name_count; i++) {
		const char *what = check_name(network->names[i].name);

		if (network->names[i].name == NULL || network->names[i].addr.family == 0)
			what = "a name needs an address and a text";
		if (what != NULL)
			return refuse(problem, PATHSIM_PART_NAME, i, 0, what);
	}
	return 0;
}

int ps_network_check(const struct pathsim_network *network, struct pathsim_problem *problem)
{
	bool common[256] = {false};
	size_t bad = 0;
	const char *what = check_hops(network->hops, network->hop_count, common, &bad);

	if (what != NULL)
		return refuse(problem, PATHSIM_PART_HOP, 0, bad, what);
	if (network->prober4.family == 0 && network->prober6.family == 0)
		return refuse(problem, PATHSIM_PART_NETWORK, 0, 0, "the prober has no address");
	for (size_t i = 0; i < PATHSIM_FORGE_KINDS; i++)
		if (network->forges[i].rate.answers > 0 &&
		    network->forges[i].rate.per_ns < network->forges[i].rate.answers)
			return refuse(problem, PATHSIM_PART_NETWORK, 0, 0, "a rate needs a time");
	what = check_rewrites(network->rewrites, network->rewrite_count);
	if (what == NULL)
		what = check_firewalls(network->firewalls, network->firewall_count);
	if (what == NULL)
		what = check_detours(network->detours, network->detour_count);
	if (what != NULL)
		return refuse(problem, PATHSIM_PART_NETWORK, 0, 0, what);
	for (size_t i = 0; i < network->destination_count; i++) {
		int error;

		what = check_destination(&network->destinations[i]);
		if (what != NULL)
			return refuse(problem, PATHSIM_PART_DESTINATION, i, 0, what);
		error = check_path(&network->destinations[i], i, common, problem);
		if (error < 0)
			return error;
	}
	return check_rest(network, problem);
}
