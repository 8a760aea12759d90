/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define PORT 443
#define WINDOW_NS (100 * TTR_NS_PER_MS)

static struct pathsim_addr to_sim(const struct ttr_addr *addr)
{
	struct pathsim_addr result = {.family = addr->family};

	memcpy(result.bytes, addr->bytes, sizeof(result.bytes));
	return result;
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

/* Host `index` of the crowd: prefix by prefix. */
static struct ttr_addr host(const struct fleet *f, size_t index)
{
	bool four = f->plan->family == TTR_FAMILY_IPV4;
	struct ttr_addr addr = wire_from_sim(four ? &f->crowd->v4 : &f->crowd->v6);
	size_t prefix = index / f->crowd->crowd->hosts, place = index % f->crowd->crowd->hosts;
	unsigned int low = four ? 2 : 7;

	addr.bytes[four ? 3 : 15] = (uint8_t)(addr.bytes[four ? 3 : 15] + place);
	prefix += addr.bytes[low] | (size_t)addr.bytes[low - 1] << 8;
	addr.bytes[low] = (uint8_t)prefix;
	addr.bytes[low - 1] = (uint8_t)(prefix >> 8);
	addr.bytes[low - 2] = (uint8_t)(addr.bytes[low - 2] + (prefix >> 16));
	return addr;
}

void fleet_init(struct fleet *f, const struct fleet_plan *plan)
{
	struct ttr_sweep_plan sweep = {
		.window = plan->window,
		.routers = plan->routers ? plan->routers : 65536,
		.rate = plan->rate,
		.full = plan->full,
		.source_ports = {40001, 40002, 40003, 40004, 40005, 40006, 40007, 40008},
	};
	const struct pathsim_network *network;
	char error[256];

	*f = (struct fleet){.now = {1000000000}, .started = {1000000000}, .plan = plan};
	if (pathsim_parse(&f->sim, plan->scenario, strlen(plan->scenario), error, sizeof(error)) !=
	    0) {
		fprintf(stderr, "pathsim: %s\n", error);
		abort();
	}
	pathsim_seed(f->sim, plan->seed);
	network = pathsim_network(f->sim);
	f->crowd = &network->destinations[0];
	f->targets = (size_t)f->crowd->crowd->prefixes * f->crowd->crowd->hosts;
	if (plan->targets)
		f->targets = plan->targets;
	f->given = allocate(f->targets, 1);
	f->source = wire_from_sim(plan->family == TTR_FAMILY_IPV4 ? &network->prober4
								  : &network->prober6);
	ttr_settings_init(&f->settings);
	if (plan->max_ttl)
		f->settings.max_ttl = plan->max_ttl;
	sweep.settings = &f->settings;
	memcpy(sweep.secret, &plan->seed, sizeof(plan->seed));
	if (ttr_sweep_new(&f->sweep, &sweep) != 0)
		abort();
}

void fleet_fini(struct fleet *f)
{
	ttr_sweep_free(f->sweep);
	pathsim_free(f->sim);
	free(f->given);
}

static void send_segment(struct fleet *f, const struct ttr_segment *segment)
{
	uint8_t packet[WIRE_MTU];

	wire_send(f->sim, f->now, segment, packet);
}

static void receive(struct fleet *f, const uint8_t *packet, unsigned int length)
{
	struct ttr_segment reset;
	struct ttr_reply reply;

	if (ttr_reply_decode(&reply, packet, length) != TTR_DECODE_OK)
		return;
	reply.at = f->now;
	ttr_sweep_reply(f->sweep, &reply);
	if (wire_resets(&reply, &reset))
		send_segment(f, &reset);
}

/* -- The truth -- */

static struct pathsim_truth truth_of(const struct fleet *f, const struct ttr_sweep_target *target,
				     unsigned int ttl)
{
	struct ttr_segment segment = {
		.source = target->source,
		.target = target->address,
		.source_port = 40002,
		.target_port = PORT,
		.ttl = (uint8_t)ttl,
		.flags = TTR_TCP_SYN,
	};

	return wire_truth(f->sim, &segment);
}

static void check_hop(struct fleet *f, const struct ttr_sweep_result *result, unsigned int ttl)
{
	const struct ttr_sweep_hop *hop = &result->hops[ttl];
	struct pathsim_truth truth = truth_of(f, &result->target, ttl);
	struct pathsim_addr address = to_sim(&hop->address);

	if (hop->state != TTR_CELL_ANSWERED) {
		f->silent_hops++;
		f->missing_hops += !truth.silent;
		return;
	}
	f->probed_hops += !hop->inferred;
	f->inferred_hops += hop->inferred;
	if (memcmp(&truth.from, &address, sizeof(address)) != 0 ||
	    (truth.fate == PATHSIM_FATE_EXPIRES) != (hop->answer == TTR_ANSWER_TIME_EXCEEDED))
		f->wrong_hops++;
}

static void check_state(struct fleet *f, const struct ttr_sweep_result *result, bool dead)
{
	uint64_t *counts[] = {&f->unknown, &f->open, &f->closed, &f->unreachable, &f->filtered};

	(*counts[result->state])++;
	if (!result->cut_short)
		f->wrong_states += dead ? result->state != TTR_PORT_FILTERED
					: result->state == TTR_PORT_FILTERED;
}

static void take_result(struct fleet *f, const struct ttr_sweep_result *result)
{
	struct pathsim_truth end = truth_of(f, &result->target, 255);

	f->results++;
	f->given[result->target.tag]++;
	f->probes += result->probes_sent;
	f->cut_short += result->cut_short;
	for (unsigned int ttl = f->settings.first_ttl; ttl <= result->last_ttl; ttl++)
		if (!result->cut_short || result->hops[ttl].state == TTR_CELL_ANSWERED)
			check_hop(f, result, ttl);
	check_state(f, result, end.silent);
	if (result->distance)
		f->wrong_distances += result->distance != end.distance;
	else
		f->no_distance++;
}

/* -- The loop -- */

static void count_rate(struct fleet *f)
{
	uint64_t allowed = f->plan->rate / 10 + f->plan->rate / 100 + 2;

	while (f->now.ns - f->window_start >= WINDOW_NS) {
		f->window_sent[0] = 0;
		f->window_start = f->now.ns;
	}
	f->window_sent[0]++;
	f->too_fast += f->window_sent[0] > allowed;
}

static void carry_out(struct fleet *f, const struct ttr_sweep_action *action)
{
	struct ttr_segment segment;

	switch (action->kind) {
	case TTR_SWEEP_SEND:
		if (f->plan->refuse_some && ++f->sends % 7 == 0) {
			ttr_sweep_unsent(f->sweep, action->probe);
			break;
		}
		segment = ttr_sweep_segment(f->sweep, action->probe);
		ttr_sweep_sent(f->sweep, action->probe, f->now);
		send_segment(f, &segment);
		count_rate(f);
		break;
	case TTR_SWEEP_RESULT:
		take_result(f, action->result);
		break;
	case TTR_SWEEP_WAKE:
		f->wake = action->at;
		break;
	}
}

bool fleet_feed(struct fleet *f)
{
	size_t before = f->next;

	while (f->next < f->targets && ttr_sweep_room(f->sweep) > 0) {
		size_t index = f->plan->backward ? f->targets - 1 - f->next : f->next;
		struct ttr_sweep_target target = {
			.address = host(f, index),
			.source = f->source,
			.port = PORT,
			.tag = index,
		};

		f->next++;
		if (ttr_sweep_add(f->sweep, &target, f->now) != TTR_SWEEP_ADDED)
			abort();
	}
	if (ttr_sweep_active(f->sweep) > f->active_most)
		f->active_most = ttr_sweep_active(f->sweep);
	return f->next > before;
}

static void drain(struct fleet *f)
{
	struct ttr_sweep_action action;

	f->wake.ns = INT64_MAX;
	do {
		fleet_feed(f);
		while (ttr_sweep_next(f->sweep, f->now, true, &action)) {
			carry_out(f, &action);
			if (action.kind == TTR_SWEEP_WAKE)
				break;
		}
	} while (fleet_feed(f));
}

static bool advance(struct fleet *f, int64_t end)
{
	uint64_t packet;
	int64_t at = f->wake.ns;

	if (pathsim_next_time(f->sim, &packet) && (int64_t)packet < at)
		at = (int64_t)packet;
	if (f->plan->stop_ns && f->now.ns < f->started.ns + f->plan->stop_ns &&
	    at >= f->started.ns + f->plan->stop_ns) {
		at = f->started.ns + f->plan->stop_ns;
		ttr_sweep_stop(f->sweep);
		f->targets = f->next;
	}
	if (at > end)
		return false;
	if (at > f->now.ns)
		f->now.ns = at;
	return true;
}

bool fleet_run(struct fleet *f, int64_t limit_ns)
{
	int64_t end = f->now.ns + limit_ns;

	drain(f);
	while (ttr_sweep_active(f->sweep) > 0) {
		uint8_t packet[PATHSIM_PACKET_SIZE];
		size_t length;

		if (!advance(f, end))
			return false;
		length = pathsim_output(f->sim, (uint64_t)f->now.ns, packet, sizeof(packet));
		if (length)
			receive(f, packet, (unsigned int)length);
		drain(f);
	}
	f->ended = true;
	return true;
}

/* -- What the network saw -- */

/* Each hop of each prefix, as its first host sees it; shared ones several times. */
static bool router_counts(const struct fleet *f, size_t prefix, uint8_t ttl,
			  struct pathsim_counts *counts)
{
	struct ttr_addr addr = host(f, prefix * f->crowd->crowd->hosts);
	struct pathsim_addr to = to_sim(&addr);

	return pathsim_hop_counts(f->sim, &to, ttl, counts);
}

/* Calls for every router once: of those that prefixes share, for the first. */
static uint64_t sum_routers(const struct fleet *f,
			    uint64_t (*value)(const struct pathsim_counts *counts), size_t *all)
{
	struct pathsim_addr *known = allocate(f->crowd->distance + 1U, sizeof(*known));
	size_t prefixes = f->crowd->crowd->prefixes, hosts = f->crowd->crowd->hosts;
	struct pathsim_counts counts;
	uint64_t sum = 0;

	*all = 0;
	for (size_t prefix = 0; prefix < prefixes; prefix++)
		for (uint8_t ttl = 1; ttl < f->crowd->distance; ttl++) {
			struct ttr_sweep_target target = {.address = host(f, prefix * hosts),
							  .source = f->source};
			struct pathsim_truth truth = truth_of(f, &target, ttl);

			if (memcmp(&truth.from, &known[ttl], sizeof(truth.from)) == 0 ||
			    !router_counts(f, prefix, ttl, &counts))
				continue;
			known[ttl] = truth.from;
			(*all)++;
			sum += value(&counts);
		}
	free(known);
	return sum;
}

static uint64_t value_limited(const struct pathsim_counts *counts)
{
	return counts->limited;
}

static uint64_t value_seen(const struct pathsim_counts *counts)
{
	return counts->answered > 0;
}

uint64_t fleet_limited(const struct fleet *f)
{
	size_t all;

	return sum_routers(f, value_limited, &all);
}

size_t fleet_routers_seen(const struct fleet *f, size_t *all)
{
	return (size_t)sum_routers(f, value_seen, all);
}

uint64_t fleet_most_syns(const struct fleet *f)
{
	uint64_t most = 0;

	for (size_t i = 0; i < f->targets; i++) {
		struct ttr_addr addr = host(f, i);
		struct pathsim_addr to = to_sim(&addr);
		struct pathsim_counts counts;

		if (pathsim_host_counts(f->sim, &to, &counts) && counts.syns > most)
			most = counts.syns;
	}
	return most;
}
