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

#include "core/grid.h"
#include "core/schedule.h"
#include "seeds.h"
#include "wild_check.h"

#define MS TTR_NS_PER_MS

/* 3 s after the last probe. That goes out within some round trips, or, where fresh flows have to be
 * asked for what waiting did not settle, 3 s later. With a window that is so for every window. */
static int64_t time_limit(const struct wild *s)
{
	uint64_t once_ns = s->slowest_ns * 4 + 6300 * (uint64_t)MS;
	unsigned int window = s->settings.window ? s->settings.window : s->settings.max_ttl;

	return (int64_t)(once_ns * ((s->settings.max_ttl + window - 1) / window));
}

/* How a trace went. */
struct outcome {
	const char *wrong; /* NULL: nothing */
	uint64_t digest;   /* of all that it did */
	bool doubtful;     /* it says of an answer that it may be another hop's */
};

static bool is_doubtful(const struct world *w)
{
	const unsigned int last = ttr_grid_last_row(w->grid, 0);

	for (unsigned int ttl = w->grid->first_ttl; ttl <= last; ttl++)
		for (unsigned int q = 0; q < w->grid->queries; q++)
			if (ttr_grid_cell(w->grid, 0, ttl, q)->evidence == TTR_EVIDENCE_SUPPOSED)
				return true;
	return false;
}

static struct outcome run(const struct wild *s)
{
	struct outcome outcome = {0};
	struct world w;

	world_init(&w, &s->network, &s->settings, s->family, s->seed);
	if (!world_run(&w, time_limit(s)))
		outcome.wrong = wild_complain(s, "does not end in time", 0, 0);
	else if (w.now.ns - w.last_sent.ns > TTR_WAIT_DEFAULT_NS + MS)
		outcome.wrong = wild_complain(s, "more than 3 s after the last probe", 0, 0);
	outcome.digest = w.digest;
	world_listen(&w, 2 * TTR_NS_PER_S);
	if (!outcome.wrong)
		outcome.wrong = wild_check(s, &w);
	if (outcome.wrong)
		world_explain(&w, outcome.wrong);
	outcome.doubtful = is_doubtful(&w);
	world_fini(&w);
	return outcome;
}

static void test_wild_networks(void **state)
{
	const struct seeds seeds = seeds_read(20000);
	unsigned long failed = 0, doubtful = 0;

	(void)state;
	for (unsigned long seed = seeds.first; seed < seeds.end; seed++) {
		struct wild *wild = calloc(1, sizeof(*wild));
		struct outcome outcome;

		assert_non_null(wild);
		wild_draw(wild, seed);
		outcome = run(wild);
		failed += outcome.wrong != NULL;
		doubtful += outcome.doubtful;
		free(wild);
	}
	assert_int_equal(failed, 0);
	/* Who doubts everything is never wrong. */
	if (!seeds.replayed)
		assert_in_range(doubtful, 1, (seeds.end - seeds.first) / 100);
}

static void test_same_seed_same_run(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		static struct wild wild;
		uint64_t first;

		wild_draw(&wild, seed);
		first = run(&wild).digest;
		assert_true(run(&wild).digest == first);
	}
}

/* What is printed of a network that failed is all of it: read back, it does the same. */
static void test_printed_network_replays(void **state)
{
	static char text[16384], error[200];

	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		static struct wild wild;
		struct pathsim *drawn, *again;
		struct pathsim_problem problem;
		uint64_t first, second;

		wild_draw(&wild, seed);
		first = run(&wild).digest;
		assert_int_equal(pathsim_new(&drawn, &wild.network, &problem), 0);
		assert_in_range(pathsim_print(drawn, text, sizeof(text)), 1, sizeof(text) - 1);
		assert_int_equal(pathsim_parse(&again, text, strlen(text), error, sizeof(error)),
				 0);
		wild.network = *pathsim_network(again);
		second = run(&wild).digest;
		if (first != second)
			fprintf(stderr, "seed %llu does not replay:\n%s\n",
				(unsigned long long)seed, text);
		assert_true(first == second);
		pathsim_free(drawn);
		pathsim_free(again);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wild_networks),
		cmocka_unit_test(test_same_seed_same_run),
		cmocka_unit_test(test_printed_network_replays),
	};

	return cmocka_run_group_tests_name("wild", tests, NULL, NULL);
}
