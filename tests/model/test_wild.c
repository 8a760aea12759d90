/* SPDX-License-Identifier: BSD-2-Clause */
/* What must be true of a trace through any network, however badly it behaves. */
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
#include "core/schedule.h"
#include "wild.h"
#include "world.h"

#define MS TTR_NS_PER_MS

static char complaint[200];

static const char *complain(const struct wild *s, const char *what, unsigned int ttl,
			    unsigned int query)
{
	snprintf(
		complaint, sizeof(complaint),
		"seed %llu: %s (ttl %u, query %u; -q %u, window %u, syn %d, isn %d, track-port %d)",
		(unsigned long long)s->seed, what, ttl, query, s->settings.queries,
		s->settings.window, s->settings.style, s->settings.isn, s->settings.track_port);
	return complaint;
}

static bool hop_has(const struct pathsim_hop *hop, const struct ttr_addr *addr)
{
	for (unsigned int i = 0; i < hop->v4_count; i++)
		if (memcmp(addr->family == TTR_FAMILY_IPV4 ? hop->v4[i].bytes : hop->v6[i].bytes,
			   addr->bytes, sizeof(addr->bytes)) == 0)
			return true;
	return false;
}

/* Where a packet takes a way of its own, any of that hop's neighbours may have answered. */
static bool is_near(const struct wild *s, unsigned int ttl, const struct ttr_addr *addr)
{
	if (hop_has(&s->detour.like, addr))
		return true;
	for (unsigned int at = ttl > 2 ? ttl - 2 : 1; at <= ttl && at <= s->network.hop_count; at++)
		if (hop_has(&s->hops[at - 1], addr))
			return true;
	return false;
}

static enum ttr_answer answer_to(const struct pathsim_truth *truth, const struct wild *s)
{
	if (truth->fate == PATHSIM_FATE_EXPIRES)
		return TTR_ANSWER_TIME_EXCEEDED;
	if (truth->fate == PATHSIM_FATE_REJECTED ||
	    (truth->fate == PATHSIM_FATE_ARRIVES && s->port.kind == PATHSIM_PORT_REJECTED))
		return TTR_ANSWER_UNREACHABLE;
	return TTR_ANSWER_TCP;
}

/* Whether this probe can have had this answer. */
static bool explains(const struct wild *s, const struct world *w, uint32_t probe, unsigned int ttl,
		     const struct ttr_cell *cell)
{
	struct pathsim_truth truth = world_truth_of(w, probe);
	enum ttr_answer answer = answer_to(&truth, s);
	const bool tcp = cell->answer == TTR_ANSWER_SYN_ACK || cell->answer == TTR_ANSWER_RST ||
			 cell->answer == TTR_ANSWER_TCP;

	if (s->detour.like.per_packet)
		return cell->answer != TTR_ANSWER_TIME_EXCEEDED || is_near(s, ttl, &cell->address);
	if (answer != (tcp ? TTR_ANSWER_TCP : cell->answer))
		return false;
	if (truth.drawn)
		return is_near(s, truth.hop, &cell->address);
	return memcmp(truth.from.bytes, cell->address.bytes, sizeof(truth.from.bytes)) == 0;
}

/* There was no fresh flow left to ask with: then the distance is as good as the number of answers
 * says. */
static bool is_exhausted(const struct world *w)
{
	return w->engine->flows.next_spare == w->engine->flows.count;
}

static const char *check_answer(const struct wild *s, const struct world *w,
				const struct ttr_cell *cell, unsigned int ttl, unsigned int query)
{
	uint32_t first = ttr_grid_index(w->grid, 0, ttl, query) * TTR_TRIES_MAX;

	if (cell->per_packet && !s->hops[ttl - 1].per_packet && !s->detour.like.per_packet &&
	    !s->balanced)
		return complain(s, "balanced per packet where it is not", ttl, query);
	for (uint32_t probe = first; probe < first + TTR_TRIES_MAX; probe++)
		if (w->sent[probe] && explains(s, w, probe, ttl, cell))
			return NULL;
	if (is_exhausted(w) && cell->answer != TTR_ANSWER_TIME_EXCEEDED)
		return NULL;
	return complain(s, "an answer that is not the network's", ttl, query);
}

/* Nothing but loss, limits and lost names explains silence where somebody would have answered. */
static const char *check_silence(const struct wild *s, const struct world *w,
				 const struct ttr_cell *cell, unsigned int ttl, unsigned int query)
{
	struct pathsim_truth truth = world_truth(w, 0, ttl, query);
	bool lossy = s->lossy || s->lossy_end || s->tampered || s->balanced;

	if (cell->rate_limited && !s->lossy && !s->tampered && !s->balanced &&
	    ttl <= s->network.hop_count && s->hops[ttl - 1].v4_count == 1)
		return complain(s, "a limit that is not there", ttl, query);
	if (lossy || truth.silent || truth.fate == PATHSIM_FATE_DROPPED ||
	    truth.fate == PATHSIM_FATE_NONE)
		return NULL;
	if (truth.fate == PATHSIM_FATE_ARRIVES && s->port.kind == PATHSIM_PORT_DROPPED)
		return NULL;
	return complain(s, "a false *", ttl, query);
}

static const char *check_row(const struct wild *s, const struct world *w, unsigned int ttl)
{
	unsigned int asked = 0;
	bool answered = false;

	for (unsigned int q = 0; q < w->grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(w->grid, 0, ttl, q);
		const char *wrong;

		asked += cell->attempts;
		answered |= cell->answer == TTR_ANSWER_TIME_EXCEEDED;
		if (cell->state == TTR_CELL_ANSWERED)
			wrong = check_answer(s, w, cell, ttl, q);
		else if (cell->state == TTR_CELL_SILENT)
			wrong = check_silence(s, w, cell, ttl, q);
		else
			wrong = complain(s, "a row with an open cell", ttl, q);
		if (wrong)
			return wrong;
	}
	if (answered && asked > TTR_ROW_ASKS && ttl < w->grid->ports[0].end_ttl && !s->balanced &&
	    !s->tampered)
		return complain(s, "a router asked beyond its budget", ttl, asked);
	return NULL;
}

/* The least TTL with which a first probe ends in the host's hands; 0: none does. */
static unsigned int true_distance(const struct wild *s, const struct world *w)
{
	for (unsigned int ttl = 1; ttl <= w->grid->max_ttl; ttl++)
		for (unsigned int q = 0; q < w->grid->queries; q++) {
			struct pathsim_truth truth = world_truth(w, 0, ttl, q);

			if (answer_to(&truth, s) != TTR_ANSWER_TIME_EXCEEDED && !truth.silent &&
			    truth.fate != PATHSIM_FATE_DROPPED && truth.fate != PATHSIM_FATE_NONE &&
			    !(truth.fate == PATHSIM_FATE_ARRIVES &&
			      s->port.kind == PATHSIM_PORT_DROPPED))
				return ttl;
		}
	return 0;
}

static bool resets(const struct wild *s)
{
	return s->network.firewall_count && s->firewall.action == PATHSIM_FIREWALL_RESET;
}

static bool accepts(const struct wild *s)
{
	return s->network.firewall_count && s->firewall.action == PATHSIM_FIREWALL_SYNPROXY;
}

static const char *check_port(const struct wild *s, const struct world *w)
{
	const struct ttr_port_result *result = &w->grid->ports[0];

	if (!result->done)
		return complain(s, "no result", 0, 0);
	if (result->state == TTR_PORT_CLOSED && s->port.kind != PATHSIM_PORT_CLOSED && !resets(s))
		return complain(s, "an open port called closed", 0, 0);
	if (result->state == TTR_PORT_OPEN && s->port.kind != PATHSIM_PORT_OPEN && !accepts(s))
		return complain(s, "a closed port called open", 0, 0);
	if (s->lossy || s->lossy_end || s->balanced)
		return NULL;
	/* Nothing named the probes that were rejected. */
	if (s->tampered && (!result->end_ttl || result->end_ttl > true_distance(s, w)))
		return NULL;
	if (result->end_ttl != true_distance(s, w) && !is_exhausted(w))
		return complain(s, "the wrong distance", result->end_ttl, true_distance(s, w));
	return NULL;
}

static const char *check_run(const struct wild *s, const struct world *w)
{
	const char *wrong = check_port(s, w);

	if (w->disorder)
		return complain(s, "rows out of order", 0, 0);
	if (!wrong && w->rows_out != ttr_grid_last_row(w->grid, 0))
		return complain(s, "rows missing", 0, 0);
	for (unsigned int ttl = 1; !wrong && ttl <= ttr_grid_last_row(w->grid, 0); ttl++)
		wrong = check_row(s, w, ttl);
	return wrong;
}

/* 3 s after the last probe. That goes out within some round trips, or, where fresh flows have to be
 * asked for what waiting did not settle, 3 s later. With a window that is so for every window. */
static int64_t time_limit(const struct wild *s)
{
	uint64_t once_ns = s->slowest_ns * 4 + 6300 * (uint64_t)MS;
	unsigned int window = s->settings.window ? s->settings.window : s->settings.max_ttl;

	return (int64_t)(once_ns * ((s->settings.max_ttl + window - 1) / window));
}

static const char *run(const struct wild *s, uint64_t *digest)
{
	const char *wrong;
	struct world w;

	world_init(&w, &s->network, &s->settings, s->family, s->seed);
	if (!world_run(&w, time_limit(s)))
		wrong = complain(s, "does not end in time", 0, 0);
	else
		wrong = check_run(s, &w);
	if (wrong) {
		static char text[16384];

		pathsim_print(w.sim, text, sizeof(text));
		fprintf(stderr, "%s\n%s\n", wrong, text);
	}
	*digest = w.digest;
	world_fini(&w);
	return wrong;
}

static unsigned long from_environment(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : fallback;
}

/* MODEL_SEED replays one network, MODEL_COUNT draws more of them. */
static void test_wild_networks(void **state)
{
	unsigned long first = from_environment("MODEL_SEED", 1);
	unsigned long count = getenv("MODEL_SEED") ? 1 : from_environment("MODEL_COUNT", 20000);
	unsigned long failed = 0;

	(void)state;
	for (unsigned long seed = first; seed < first + count; seed++) {
		struct wild *wild = calloc(1, sizeof(*wild));
		uint64_t digest;

		assert_non_null(wild);
		wild_draw(wild, seed);
		failed += run(wild, &digest) != NULL;
		free(wild);
	}
	assert_int_equal(failed, 0);
}

static void test_same_seed_same_run(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		static struct wild wild;
		uint64_t first, second;

		wild_draw(&wild, seed);
		run(&wild, &first);
		run(&wild, &second);
		assert_true(first == second);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wild_networks),
		cmocka_unit_test(test_same_seed_same_run),
	};

	return cmocka_run_group_tests_name("wild", tests, NULL, NULL);
}
