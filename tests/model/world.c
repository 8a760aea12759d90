/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/flow.h"
#include "core/grid.h"
#include "wire.h"

/* splitmix64: small, and good enough to draw networks */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t draw(uint64_t *state, uint64_t limit)
{
	return next_random(state) % limit;
}

static void digest(struct world *w, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		w->digest = (w->digest ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

static void make_engine(struct world *w, const struct pathsim_network *network,
			enum ttr_family family)
{
	bool four = family == TTR_FAMILY_IPV4;
	size_t count = ttr_plan_flows(&w->settings) + ttr_plan_spare_flows(&w->settings);
	struct ttr_flow_key *keys = allocate(count, sizeof(*keys));
	struct ttr_plan plan = {
		.source = wire_from_sim(four ? &network->prober4 : &network->prober6),
		.target = wire_from_sim(four ? &network->destinations[0].v4
					     : &network->destinations[0].v6),
		.settings = &w->settings,
		.keys = keys,
		.key_count = count,
	};
	uint16_t port = (uint16_t)(32768 + draw(&w->random, 20000));

	for (size_t i = 0; i < count; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port = w->settings.source_port ? w->settings.source_port
							       : (uint16_t)(port + i),
			.ip_id = (uint16_t)draw(&w->random, 65536),
			.isn = (uint32_t)next_random(&w->random),
			.ts_value = (uint32_t)next_random(&w->random),
		};
	if (ttr_engine_new(&w->engine, &plan) != 0)
		abort();
	free(keys);
}

void world_init(struct world *w, const struct pathsim_network *network,
		const struct ttr_settings *settings, enum ttr_family family, uint64_t seed)
{
	struct pathsim_problem problem = {0};

	*w = (struct world){.settings = *settings, .random = seed, .now = {1000000000}};
	if (pathsim_new(&w->sim, network, &problem) != 0) {
		fprintf(stderr, "pathsim: %s\n", problem.what);
		abort();
	}
	make_engine(w, network, family);
	w->grid = ttr_engine_grid(w->engine);
	w->timers = allocate(ttr_engine_probe_limit(w->engine), sizeof(*w->timers));
	w->sent = allocate(ttr_engine_probe_limit(w->engine), sizeof(*w->sent));
	w->heard = allocate(ttr_engine_probe_limit(w->engine), sizeof(*w->heard));
	w->next_row = allocate(w->grid->port_count, sizeof(*w->next_row));
	w->row_time = allocate(TTR_TTL_MAX + 1, sizeof(*w->row_time));
	for (size_t i = 0; i < w->grid->port_count; i++)
		w->next_row[i] = w->grid->first_ttl;
}

void world_explain(const struct world *w, const char *wrong)
{
	static char text[16384];

	pathsim_print(w->sim, text, sizeof(text));
	fprintf(stderr, "%s\n%s\n", wrong, text);
}

void world_fini(struct world *w)
{
	ttr_engine_free(w->engine);
	pathsim_free(w->sim);
	free(w->timers);
	free(w->sent);
	free(w->heard);
	free(w->probe_of_input);
	free(w->next_row);
	free(w->row_time);
}

/* The packet that goes out next is this probe; UINT32_MAX: none. */
static void count_input(struct world *w, uint32_t probe)
{
	if (w->inputs + 2 > w->inputs_room) {
		w->inputs_room = w->inputs_room ? 2 * w->inputs_room : 1024;
		w->probe_of_input =
			realloc(w->probe_of_input, w->inputs_room * sizeof(*w->probe_of_input));
		if (!w->probe_of_input)
			abort();
	}
	w->probe_of_input[++w->inputs] = probe;
}

static void send_segment(struct world *w, const struct ttr_segment *segment, uint32_t probe)
{
	uint8_t packet[WIRE_MTU];

	count_input(w, probe);
	digest(w, packet, wire_send(w->sim, w->now, segment, packet));
}

static void hear(struct world *w, const uint8_t *packet, unsigned int length)
{
	struct pathsim_origin origin;
	struct world_heard *heard;
	struct ttr_reply reply;

	pathsim_origin(w->sim, &origin);
	if (origin.input == 0 || w->probe_of_input[origin.input] == UINT32_MAX)
		return;
	heard = &w->heard[w->probe_of_input[origin.input]];
	if (origin.delayed || origin.malformed)
		heard->meddled = true;
	else if (!heard->at.ns && ttr_reply_decode(&reply, packet, length) == TTR_DECODE_OK)
		*heard = (struct world_heard){w->now, reply.kind, reply.source, heard->meddled};
}

static void receive(struct world *w, const uint8_t *packet, unsigned int length)
{
	struct ttr_segment reset;
	struct ttr_reply reply;

	hear(w, packet, length);
	digest(w, packet, length);
	if (ttr_reply_decode(&reply, packet, length) != TTR_DECODE_OK)
		return;
	reply.at = w->now;
	ttr_engine_reply(w->engine, &reply);
	if (wire_resets(&reply, &reset))
		send_segment(w, &reset, UINT32_MAX);
}

static void take_row(struct world *w, const struct ttr_action *action)
{
	if (w->next_row[action->port]++ != action->ttl || w->grid->ports[action->port].done)
		w->disorder++;
	w->rows_out++;
	if (action->port == 0)
		w->row_time[action->ttl] = w->now;
}

static void carry_out(struct world *w, const struct ttr_action *action)
{
	struct ttr_segment segment;

	digest(w, &action->kind, sizeof(action->kind));
	switch (action->kind) {
	case TTR_ACTION_SEND:
		segment = ttr_engine_segment(w->engine, action->probe);
		ttr_engine_sent(w->engine, action->probe, w->now);
		w->sent[action->probe] = true;
		w->last_sent = w->now;
		send_segment(w, &segment, action->probe);
		w->now.ns += 5000; /* a send takes some time: later probes leave later */
		break;
	case TTR_ACTION_ARM:
		w->timers[action->probe] = action->at;
		break;
	case TTR_ACTION_DISARM:
		w->timers[action->probe].ns = 0;
		break;
	case TTR_ACTION_WAKE:
		w->wake = action->at;
		break;
	case TTR_ACTION_ROW:
		take_row(w, action);
		break;
	case TTR_ACTION_END:
		w->ended = true;
		break;
	default:
		break;
	}
}

static void drain(struct world *w)
{
	struct ttr_action action;

	while (ttr_engine_next(w->engine, true, &action))
		carry_out(w, &action);
}

static void fire_timers(struct world *w)
{
	for (size_t i = 0; i < ttr_engine_probe_limit(w->engine); i++) {
		if (!w->timers[i].ns || w->timers[i].ns > w->now.ns)
			continue;
		w->timers[i].ns = 0;
		ttr_engine_timeout(w->engine, (uint32_t)i, w->now);
	}
	if (w->wake.ns && w->wake.ns <= w->now.ns) {
		w->wake.ns = 0;
		ttr_engine_wake(w->engine, w->now);
	}
}

bool world_run(struct world *w, int64_t limit_ns)
{
	int64_t end = w->now.ns + limit_ns;

	ttr_engine_start(w->engine, w->now);
	drain(w);
	while (!w->ended) {
		int64_t at = wire_next_event(w->sim, w->timers, ttr_engine_probe_limit(w->engine),
					     w->wake);
		uint8_t packet[PATHSIM_PACKET_SIZE];
		size_t length;

		if (at > end)
			return false;
		if (at > w->now.ns)
			w->now.ns = at;
		/* one packet at a time: each may change what is wanted next */
		length = pathsim_output(w->sim, (uint64_t)w->now.ns, packet, sizeof(packet));
		if (length)
			receive(w, packet, (unsigned int)length);
		else
			fire_timers(w);
		drain(w);
	}
	return true;
}

void world_listen(struct world *w, int64_t time_ns)
{
	int64_t end = w->now.ns + time_ns;
	uint64_t at;

	while (pathsim_next_time(w->sim, &at) && (int64_t)at <= end) {
		uint8_t packet[PATHSIM_PACKET_SIZE];
		size_t length;

		if ((int64_t)at > w->now.ns)
			w->now.ns = (int64_t)at;
		length = pathsim_output(w->sim, (uint64_t)w->now.ns, packet, sizeof(packet));
		if (length)
			hear(w, packet, (unsigned int)length);
	}
}

struct pathsim_truth world_truth_of(const struct world *w, uint32_t probe)
{
	struct ttr_segment segment = ttr_engine_segment(w->engine, probe);

	return wire_truth(w->sim, &segment);
}

struct pathsim_truth world_truth(const struct world *w, size_t port, unsigned int ttl,
				 unsigned int query)
{
	uint32_t probe = ttr_grid_index(w->grid, port, ttl, query) * TTR_TRIES_MAX;
	struct ttr_segment segment = ttr_engine_segment(w->engine, probe);

	segment.ttl = (uint8_t)ttl; /* also of a probe that was never sent */
	return wire_truth(w->sim, &segment);
}
