/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of many ports against random firewalls: every verdict is the truth, or says that it
 * may not be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "locate_run.h"
#include "seeds.h"
#include "world.h"

#define PORTS 60

/* Twelve rounds, the path, and what places may take: locate.h. With verify_all the same and more.
 */
#define BOUND_S (12 * 4 + 20 + 120 + PORTS * 5)

static const char *some_limit(uint64_t *random)
{
	static const char *const limits[] = {
		"", "", "", "limit linux", "limit 10 10/s", "limit 1 1/500ms", "limit 50 100/s",
	};

	return limits[draw(random, 7)];
}

static void say_rule(struct run *w, unsigned int distance, uint64_t *random)
{
	static const char *const actions[] = {"drop",   "drop",  "drop",
					      "reject", "reset", "synproxy"};
	const char *action = actions[draw(random, 6)];
	unsigned int at = 1 + (unsigned int)draw(random, distance - 1);
	unsigned int first = 1 + (unsigned int)draw(random, PORTS);
	unsigned int last = first + (unsigned int)draw(random, draw(random, 2) ? 3 : PORTS);

	if (w->silent[at]) /* nor does it answer for others */
		action = "drop";
	run_say(w, "firewall at %u %s %s %u-%u\n", at, action,
		strcmp(action, "reject") == 0 ? "code 13" : "", first,
		last < PORTS    ? last
		: first > PORTS ? first
				: PORTS);
}

/* Mostly little; now and then so much that hardly anything can be sure. */
static unsigned int some_loss(uint64_t *random)
{
	return draw(random, 8) ? 1 + (unsigned int)draw(random, 2)
			       : 5 + (unsigned int)draw(random, 25);
}

static void say_hops(struct run *w, unsigned int distance, bool lossy, uint64_t *random)
{
	for (unsigned int ttl = 1; ttl < distance; ttl++) {
		w->silent[ttl] = draw(random, 8) == 0;
		if (w->silent[ttl]) {
			run_say(w, "hop %u silent\n", ttl);
			continue;
		}
		run_say(w, "hop %u 203.0.113.%u 2001:db8:1::%x rtt %ums %s", ttl, ttl, ttl,
			10 * ttl + (unsigned int)draw(random, 10), some_limit(random));
		if (lossy && draw(random, 3) == 0)
			run_say(w, " loss %u%%", some_loss(random));
		if (draw(random, 4) == 0)
			run_say(w, " jitter %ums", 1 + (unsigned int)draw(random, 4));
		run_say(w, "\n");
	}
}

static void say_world(struct run *w, bool lossy, uint64_t *random)
{
	static const char *const others[] = {"closed", "open", "dropped", "rejected code 10"};
	static const char *const stacks[] = {"linux", "linux", "linux", "bsd", "mute", "noackrst"};
	unsigned int distance = 2 + (unsigned int)draw(random, 18);

	run_say(w, "prober 198.18.0.1 2001:db8::1\n");
	say_hops(w, distance, lossy, random);
	run_say(w, "destination 198.51.100.10 2001:db8:ff::10 at %u rtt %ums loss %u%%\nstack %s\n",
		distance, 10 * distance + (unsigned int)draw(random, 20),
		lossy && draw(random, 3) == 0 ? some_loss(random) : 0, stacks[draw(random, 6)]);
	run_say(w, "port any %s\n", others[draw(random, 4)]);
	for (unsigned int i = 1; draw(random, 3) && i < 10; i++)
		run_say(w, "port %u open\n", i * 6);
	for (unsigned int rules = 1 + (unsigned int)draw(random, 4); rules > 0; rules--)
		say_rule(w, distance, random);
}

/* What many runs come to. */
struct tally {
	size_t wrong;
	size_t stopped;
	size_t verified; /* of those that were stopped */
};

static void check_random(struct tally *tally, uint64_t seed, bool lossy)
{
	struct run *w = run_new();
	uint64_t random = seed * 1000003 + 17;
	size_t wrong;

	w->settings.verify_all = draw(&random, 3) == 0;
	if (draw(&random, 5) == 0)
		w->settings.style = TTR_SYN_BARE;
	say_world(w, lossy, &random);
	run_open(w, draw(&random, 2) ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6, 1, PORTS, seed);
	wrong = run_go(w, BOUND_S) ? run_count_wrong(w) : PORTS;
	if (wrong)
		fprintf(stderr, "seed %lu: %zu wrong\n%s\n", (unsigned long)seed, wrong, w->text);
	tally->wrong += wrong;
	for (enum ttr_stop how = TTR_STOP_DROP; how <= TTR_STOP_RESET; how++) {
		tally->verified += run_count_verdicts(w, how, TTR_VERIFIED_YES);
		tally->stopped += run_count_verdicts(w, how, TTR_VERIFIED_YES) +
				  run_count_verdicts(w, how, TTR_VERIFIED_NO);
	}
	run_close(w);
}

static void check_many(bool lossy)
{
	const struct seeds seeds = seeds_read(500);
	struct tally tally = {0};

	for (unsigned long seed = seeds.first; seed < seeds.end; seed++)
		check_random(&tally, seed, lossy);
	print_message("# %lu networks: %zu ports stopped, %zu verified, %zu wrong\n",
		      seeds.end - seeds.first, tally.stopped, tally.verified, tally.wrong);
	assert_int_equal(tally.wrong, 0);
	if (!seeds.replayed)
		assert_true(tally.verified * 3 > tally.stopped);
}

/* Not only true, but worth something: most places are verified, though many of these networks are
 * odd on purpose. */
static void test_random(void **state)
{
	(void)state;
	check_many(false);
}

/* However much is lost: what may be due to it is not verified. */
static void test_random_loss(void **state)
{
	(void)state;
	check_many(true);
}

/* Drawn long ago, and once wrong, or without an end. */
static void test_once_wrong(void **state)
{
	static const unsigned long seeds[] = {6112, 9883, 10171, 13030, 20668, 21597};
	struct tally tally = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++)
		check_random(&tally, seeds[i], true);
	assert_int_equal(tally.wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_loss),
		cmocka_unit_test(test_once_wrong),
	};

	return cmocka_run_group_tests_name("located", tests, NULL, NULL);
}
