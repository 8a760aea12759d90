/* SPDX-License-Identifier: BSD-2-Clause */
/* Many queries and routers that limit their errors: a trace asks nobody for more than he gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine_state.h"
#include "core/grid.h"
#include "seeds.h"
#include "world.h"

#define MS ((uint64_t)TTR_NS_PER_MS)
#define HOPS_MAX 16
#define QUERIES_MAX 20

/* Two trials say that there is a limit; where errors are limited to less than the family's usual
 * rate each further one that is missing halves what is asked: 10/s, 5/s, 2/s, 1/s. */
#define SWALLOWED_MAX 6

struct scene {
	uint64_t seed;
	enum ttr_family family;
	struct pathsim_hop hops[HOPS_MAX];
	struct pathsim_port port;
	struct pathsim_destination destination;
	struct pathsim_network network;
	struct ttr_settings settings;
	bool limits; /* some router has one */
	uint64_t slowest_ns;
};

static struct pathsim_addr address(enum ttr_family family, unsigned int net)
{
	struct pathsim_addr addr = {.family = (uint8_t)family};

	if (family == TTR_FAMILY_IPV4) {
		memcpy(addr.bytes, (uint8_t[]){203, 0, (uint8_t)net, 1}, 4);
	} else {
		memcpy(addr.bytes, "\x20\x01\x0d\xb8", 4);
		addr.bytes[13] = (uint8_t)net;
		addr.bytes[15] = 1;
	}
	return addr;
}

static void draw_limit(struct scene *s, struct pathsim_manner *manner, uint64_t *random)
{
	switch (draw(random, 3)) {
	case 0:
		manner->limit_linux = true;
		break;
	case 1: /* bucket.h: those of the field */
		manner->limit.burst = (uint16_t)(6 + draw(random, 10));
		manner->limit.answers = (uint16_t)(1 + draw(random, 10));
		manner->limit.per_ns = 1000 * MS;
		break;
	default:
		return;
	}
	s->limits = true;
}

static void draw_path(struct scene *s, bool limits, uint64_t *random)
{
	const uint64_t scale_ns = (const uint64_t[]){MS / 10, 2 * MS, 20 * MS}[draw(random, 3)];
	uint64_t rtt_ns = 0;

	for (unsigned int ttl = 1; ttl < s->destination.distance; ttl++) {
		struct pathsim_hop *hop = &s->hops[ttl - 1];

		rtt_ns += scale_ns / 10 + draw(random, scale_ns);
		*hop = (struct pathsim_hop){
			.ttl = (uint8_t)ttl,
			.v4 = {address(TTR_FAMILY_IPV4, ttl)},
			.v6 = {address(TTR_FAMILY_IPV6, ttl)},
			.v4_count = 1,
			.v6_count = 1,
			.silent = draw(random, 6) == 0,
			.manner.rtt_ns = rtt_ns,
		};
		if (limits)
			draw_limit(s, &hop->manner, random);
	}
	s->slowest_ns = s->destination.manner.rtt_ns = rtt_ns + scale_ns;
}

static void draw_scene(struct scene *s, uint64_t seed)
{
	static const uint16_t ports[] = {443};
	static const enum pathsim_port_kind kinds[] = {PATHSIM_PORT_OPEN, PATHSIM_PORT_CLOSED,
						       PATHSIM_PORT_DROPPED};
	uint64_t random = seed * 7919 + 29;

	*s = (struct scene){.seed = seed};
	s->family = draw(&random, 2) ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6;
	s->port = (struct pathsim_port){443, 443, .kind = kinds[draw(&random, 3)]};
	s->destination = (struct pathsim_destination){
		.v4 = address(TTR_FAMILY_IPV4, 200),
		.v6 = address(TTR_FAMILY_IPV6, 200),
		.distance = (uint8_t)(1 + draw(&random, HOPS_MAX)),
		.ports = &s->port,
		.port_count = 1,
	};
	draw_path(s, draw(&random, 3) > 0, &random);
	s->network = (struct pathsim_network){
		.seed = seed,
		.prober4 = address(TTR_FAMILY_IPV4, 0),
		.prober6 = address(TTR_FAMILY_IPV6, 0),
		.hops = s->hops,
		.hop_count = s->destination.distance - 1u,
		.destinations = &s->destination,
		.destination_count = 1,
	};
	ttr_settings_init(&s->settings);
	s->settings.host = "203.0.200.1";
	s->settings.ports = ports;
	s->settings.port_count = 1;
	s->settings.queries = (uint16_t)(1 + draw(&random, QUERIES_MAX));
	if (draw(&random, 8) == 0)
		s->settings.source_port = 40000;
	if (draw(&random, 8) == 0)
		s->settings.window = (uint8_t)(1 + draw(&random, 6));
	if (draw(&random, 8) == 0)
		s->settings.track_port = true;
}

static char complaint[160];

static const char *complain(const struct scene *s, const char *what, unsigned int ttl,
			    uint64_t count)
{
	snprintf(complaint, sizeof(complaint),
		 "seed %llu: %s (ttl %u, %llu; -q %u, window %u, IPv%u)",
		 (unsigned long long)s->seed, what, ttl, (unsigned long long)count,
		 s->settings.queries, s->settings.window, (unsigned int)s->family);
	return complaint;
}

static unsigned int count_answers(const struct world *w, unsigned int ttl)
{
	unsigned int count = 0;

	for (unsigned int q = 0; q < w->grid->queries; q++)
		count += ttr_grid_cell(w->grid, 0, ttl, q)->state == TTR_CELL_ANSWERED;
	return count;
}

/* Only with a window, or query by query, may a router's turns not come within the time that all is
 * bounded by. */
static bool is_cut_off(const struct scene *s, const struct world *w, const struct ttr_cell *cell)
{
	return w->now.ns - w->engine->start.ns >= TTR_HELD_NS &&
	       (cell->rate_limited || cell->attempts > 0) &&
	       (s->settings.window || s->settings.source_port);
}

static const char *check_hop(const struct scene *s, const struct world *w, unsigned int ttl)
{
	const struct pathsim_addr *to =
		s->family == TTR_FAMILY_IPV4 ? &s->destination.v4 : &s->destination.v6;
	struct pathsim_counts counts;

	if (s->hops[ttl - 1].silent)
		return NULL;
	assert_true(pathsim_hop_counts(w->sim, to, (uint8_t)ttl, &counts));
	if (counts.limited > (s->settings.queries > 3 ? SWALLOWED_MAX : 0))
		return complain(s, "a router asked beyond its budget", ttl, counts.limited);
	for (unsigned int q = 0; q < w->grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(w->grid, 0, ttl, q);

		if (cell->state != TTR_CELL_ANSWERED && !is_cut_off(s, w, cell))
			return complain(s, "a false *", ttl, q);
	}
	return NULL;
}

static const char *check_run(const struct scene *s, const struct world *w)
{
	const unsigned int distance = s->destination.distance;
	const char *wrong = NULL;

	for (unsigned int ttl = 1; !wrong && ttl < distance; ttl++)
		wrong = check_hop(s, w, ttl);
	if (wrong || s->port.kind == PATHSIM_PORT_DROPPED)
		return wrong;
	if (w->grid->ports[0].end_ttl != distance)
		return complain(s, "the wrong distance", w->grid->ports[0].end_ttl, distance);
	if (count_answers(w, distance) < w->grid->queries)
		return complain(s, "a false * of the destination", distance, 0);
	return NULL;
}

/* On one source port the queries go one after the other, and each waits for the host; with a window
 * that is so for every window. */
static int64_t time_limit(const struct scene *s)
{
	unsigned int window = s->settings.window ? s->settings.window : s->settings.max_ttl;
	unsigned int rounds = (s->settings.max_ttl + window - 1) / window;

	if (s->settings.source_port)
		rounds *= s->settings.queries;
	return (int64_t)((s->slowest_ns * 5 / 2 + 3300 * MS) * rounds) + TTR_HELD_NS;
}

static const char *run(const struct scene *s)
{
	const char *wrong = NULL;
	struct world w;

	world_init(&w, &s->network, &s->settings, s->family, s->seed);
	if (!world_run(&w, time_limit(s)))
		wrong = complain(s, "does not end in time", 0, 0);
	if (!wrong)
		wrong = check_run(s, &w);
	if (wrong)
		world_explain(&w, wrong);
	world_fini(&w);
	return wrong;
}

static void test_no_more_than_given(void **state)
{
	const struct seeds seeds = seeds_read(2000);
	unsigned long failed = 0;

	(void)state;
	for (unsigned long seed = seeds.first; seed < seeds.end; seed++) {
		static struct scene scene;

		draw_scene(&scene, seed);
		failed += run(&scene) != NULL;
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_than_given),
	};

	return cmocka_run_group_tests_name("paced", tests, NULL, NULL);
}
