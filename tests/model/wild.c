/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild.h"

#include <string.h>

#include "tcptraceroute/clock.h"
#include "world.h"

#define MS ((uint64_t)TTR_NS_PER_MS)

/* True once in `of` times. */
static bool once(uint64_t *random, uint64_t of)
{
	return draw(random, of) == 0;
}

static struct pathsim_addr address(enum ttr_family family, unsigned int net, unsigned int host)
{
	struct pathsim_addr addr = {.family = (uint8_t)family};

	if (family == TTR_FAMILY_IPV4) {
		addr.bytes[0] = 203;
		addr.bytes[2] = (uint8_t)net;
		addr.bytes[3] = (uint8_t)host;
	} else {
		memcpy(addr.bytes, "\x20\x01\x0d\xb8", 4);
		addr.bytes[13] = (uint8_t)net;
		addr.bytes[15] = (uint8_t)host;
	}
	return addr;
}

static void draw_addresses(struct pathsim_hop *hop, unsigned int net, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		hop->v4[i] = address(TTR_FAMILY_IPV4, net, 1 + i);
		hop->v6[i] = address(TTR_FAMILY_IPV6, net, 1 + i);
	}
	hop->v4_count = hop->v6_count = (uint8_t)count;
}

/* 0.1 to 900 ms on the whole path, mostly less. */
static uint64_t draw_step(uint64_t *random, uint64_t scale_ns)
{
	return scale_ns / 40 + draw(random, scale_ns);
}

/* What chance does to answers. */
static void draw_mishaps(struct wild *w, struct pathsim_manner *manner, bool *lossy,
			 uint64_t *random)
{
	if (once(random, 3))
		manner->jitter_ns = manner->rtt_ns / 10;
	if (w->lossy && once(random, 3)) {
		manner->loss_ppm = (uint32_t)draw(random, 100000);
		*lossy = true;
	}
	if (once(random, 12))
		manner->duplicate_ppm = (uint32_t)draw(random, 300000);
	if (w->lossy && once(random, 12)) {
		manner->late = (struct pathsim_lag){(uint32_t)draw(random, 200000), 900 * MS};
		*lossy = true;
	}
	if (w->lossy && once(random, 12)) {
		manner->reorder = (struct pathsim_lag){(uint32_t)draw(random, 200000), 3 * MS};
		*lossy = true;
	}
	if (w->lossy && once(random, 20)) {
		manner->malformed = PATHSIM_MALFORMED_ANY;
		manner->malformed_ppm = (uint32_t)draw(random, 200000);
		*lossy = true;
	}
}

static void draw_limit(struct wild *w, struct pathsim_manner *manner, uint64_t *random)
{
	if (!w->lossy || !once(random, 3))
		return;
	if (once(random, 2))
		manner->limit_linux = true;
	else
		manner->limit = (struct pathsim_limit){(uint16_t)(1 + draw(random, 8)), 1,
						       (1 + draw(random, 10)) * 100 * MS};
}

static void draw_quote(struct wild *w, struct pathsim_manner *manner, uint64_t *random)
{
	if (once(random, 5)) {
		manner->quote = PATHSIM_QUOTE_BYTES;
		manner->quote_bytes = 8;
		w->tampered |= w->family == TTR_FAMILY_IPV6;
	}
	if (once(random, 8))
		manner->option_bytes = 8;
	if (once(random, 6))
		manner->back = (uint8_t)(1 + draw(random, 40));
	if (once(random, 10)) {
		manner->extensions.mpls_count = 1;
		manner->extensions.mpls[0] = (struct pathsim_mpls){16004, 0, 1};
	}
}

static void draw_hop(struct wild *w, unsigned int ttl, uint64_t rtt_ns, uint64_t *random)
{
	struct pathsim_hop *hop = &w->hops[ttl - 1];
	bool several = once(random, 6);

	*hop = (struct pathsim_hop){.ttl = (uint8_t)ttl, .silent = once(random, 6)};
	draw_addresses(hop, ttl, several ? 1 + (unsigned int)draw(random, 4) : 1);
	hop->per_packet = several && once(random, 3);
	hop->manner.rtt_ns = rtt_ns;
	draw_mishaps(w, &hop->manner, &w->lossy, random);
	draw_limit(w, &hop->manner, random);
	draw_quote(w, &hop->manner, random);
}

static void draw_path(struct wild *w, unsigned int distance, uint64_t *random)
{
	static const uint64_t scales_ns[] = {MS / 10, MS, 4 * MS, 10 * MS, 45 * MS};
	uint64_t scale_ns = scales_ns[draw(random, 5)], rtt_ns = 0;

	for (unsigned int ttl = 1; ttl < distance; ttl++) {
		rtt_ns += draw_step(random, scale_ns);
		draw_hop(w, ttl, rtt_ns, random);
		if (rtt_ns > w->slowest_ns)
			w->slowest_ns = rtt_ns;
		if (once(random, 8) && rtt_ns > scale_ns)
			rtt_ns -= scale_ns / 2;
	}
	rtt_ns += draw_step(random, scale_ns);
	w->destination.manner.rtt_ns = rtt_ns;
	if (rtt_ns > w->slowest_ns)
		w->slowest_ns = rtt_ns;
}

static void draw_destination(struct wild *w, unsigned int distance, uint64_t *random)
{
	static const enum pathsim_port_kind kinds[] = {
		PATHSIM_PORT_OPEN,   PATHSIM_PORT_OPEN,    PATHSIM_PORT_CLOSED,
		PATHSIM_PORT_CLOSED, PATHSIM_PORT_DROPPED, PATHSIM_PORT_REJECTED,
	};
	struct pathsim_destination *d = &w->destination;

	w->port = (struct pathsim_port){.first = 443, .last = 443, .kind = kinds[draw(random, 6)]};
	w->port.code4 = 13;
	w->port.code6 = 1;
	d->v4 = address(TTR_FAMILY_IPV4, 200, 80);
	d->v6 = address(TTR_FAMILY_IPV6, 200, 80);
	d->distance = (uint8_t)distance;
	d->stack = (enum pathsim_stack)draw(random, PATHSIM_STACKS);
	d->ports = &w->port;
	d->port_count = 1;
	draw_mishaps(w, &d->manner, &w->lossy_end, random);
	if (w->lossy && once(random, 5)) {
		uint64_t burst = draw(random, 200);

		/* often only a few at a time */
		d->rst_limit = (struct pathsim_limit){
			(uint16_t)(1 + (burst < 100 ? burst % 4 : burst)), 200, TTR_NS_PER_S};
		w->lossy_end = true;
	}
}

static void draw_rewrites(struct wild *w, unsigned int distance, uint64_t *random)
{
	unsigned int count = once(random, 3) ? 1 + (unsigned int)draw(random, 2) : 0;

	for (unsigned int i = 0; i < count; i++) {
		struct pathsim_rewrite *r = &w->rewrites[i];

		r->kind = (enum pathsim_rewrite_kind)draw(random, PATHSIM_REWRITE_KINDS);
		r->at = (uint8_t)(1 + draw(random, distance));
		r->raw = once(random, 2) && r->kind <= PATHSIM_REWRITE_ISN;
		if (r->kind == PATHSIM_REWRITE_NAT)
			r->addr = address(w->family, 250, 1);
		if (r->kind == PATHSIM_REWRITE_MSS)
			r->number = 1300;
		w->tampered |= r->raw || r->kind == PATHSIM_REWRITE_IPID ||
			       r->kind == PATHSIM_REWRITE_TIMESTAMPS;
	}
	w->network.rewrites = w->rewrites;
	w->network.rewrite_count = count;
}

static void draw_branches(struct wild *w, unsigned int distance, uint64_t *random)
{
	if (distance < 3 || !once(random, 6))
		return;
	w->balanced = true;
	w->detour.share_ppm = (uint32_t)draw(random, 1000000);
	w->detour.like.ttl = (uint8_t)(1 + draw(random, distance - 2));
	w->detour.like.manner.rtt_ns = w->hops[w->detour.like.ttl - 1].manner.rtt_ns;
	w->detour.like.per_packet = once(random, 3);
	draw_addresses(&w->detour.like, 240, 1 + (unsigned int)draw(random, 2));
	w->network.detours = &w->detour;
	w->network.detour_count = 1;
}

static void draw_firewall(struct wild *w, unsigned int distance, uint64_t *random)
{
	if (distance < 2 || !once(random, 6))
		return;
	w->firewall = (struct pathsim_firewall){
		.at = (uint8_t)(1 + draw(random, distance - 1)),
		.action = (enum pathsim_firewall_action)draw(random, PATHSIM_FIREWALL_ACTIONS),
		.code4 = 13,
		.code6 = 1,
		.first = 443,
		.last = 443,
	};
	w->network.firewalls = &w->firewall;
	w->network.firewall_count = 1;
}

static void draw_settings(struct wild *w, unsigned int distance, uint64_t *random)
{
	static const uint16_t ports[] = {443};

	ttr_settings_init(&w->settings);
	w->settings.host = "198.51.100.80";
	w->settings.ports = ports;
	w->settings.port_count = 1;
	w->settings.queries = (uint16_t)(1 + draw(random, 3));
	if (distance > 25)
		w->settings.max_ttl = 60;
	if (once(random, 6))
		w->settings.style = TTR_SYN_BARE;
	if (once(random, 5))
		w->settings.isn = once(random, 2) ? TTR_ISN_RANDOM : TTR_ISN_RISING;
	if (once(random, 10))
		w->settings.window = (uint8_t)(1 + draw(random, 6));
	if (once(random, 10))
		w->settings.track_port = true;
}

/* What was thought of later: from numbers of its own, so that seeds stay what they were. */
static void draw_more(struct wild *w)
{
	uint64_t random = w->seed * 6007 + 5;

	w->destination.no_timestamps = once(&random, 5);
}

void wild_draw(struct wild *w, uint64_t seed)
{
	uint64_t random = seed * 7919 + 17;
	unsigned int distance;

	*w = (struct wild){.seed = seed};
	w->family = once(&random, 2) ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6;
	w->lossy = once(&random, 2);
	distance = 1 + (unsigned int)draw(&random, once(&random, 4) ? 40 : 16);
	w->network = (struct pathsim_network){
		/* not the seed of the engine's secrets: nobody guesses those */
		.seed = seed + (UINT64_C(1) << 63),
		.prober4 = address(TTR_FAMILY_IPV4, 0, 9),
		.prober6 = address(TTR_FAMILY_IPV6, 0, 9),
		.hops = w->hops,
		.hop_count = distance - 1,
		.destinations = &w->destination,
		.destination_count = 1,
	};
	draw_path(w, distance, &random);
	draw_destination(w, distance, &random);
	draw_rewrites(w, distance, &random);
	draw_branches(w, distance, &random);
	draw_firewall(w, distance, &random);
	draw_settings(w, distance, &random);
	draw_more(w);
	if (!once(&random, 40))
		return;
	/* While strangers send, resets without ACK are not believed. */
	w->lossy_end |= w->destination.stack == PATHSIM_STACK_NOACKRST;
	w->network.forges[PATHSIM_FORGE_ICMP] = (struct pathsim_forge){
		.rate = {1, 1, MS / 2}, .know_ports = true, .for_ns = 100 * MS};
}
