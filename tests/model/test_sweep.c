/* SPDX-License-Identifier: BSD-2-Clause */
/* Many hosts at once against networks of many hosts. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fleet.h"
#include "world.h"

#define SECOND TTR_NS_PER_S

/* 512 prefixes of 8, 15 hops, 60 ms: a tree of 1023 routers behind four that all share. */
static const char even[] = "prober 198.18.0.1 2001:db8::1\n"
			   "destination 10.0.0.1 2001:db8:4000::1 at 15 rtt 60ms\n"
			   "hosts 8 in 512 prefixes 100.64.0.1 2001:db8:2::1\n"
			   "port 443 open\n";

static void assert_once_each(const struct fleet *f)
{
	for (size_t i = 0; i < f->targets; i++)
		assert_int_equal(f->given[i], 1);
}

static void assert_true_picture(const struct fleet *f)
{
	assert_once_each(f);
	assert_int_equal(f->wrong_hops, 0);
	assert_int_equal(f->wrong_distances, 0);
	assert_int_equal(f->too_fast, 0);
	assert_int_equal(f->probes, ttr_sweep_counters(f->sweep)->probes_sent);
	assert_int_equal(ttr_sweep_active(f->sweep), 0);
}

static void assert_all_found(const struct fleet *f)
{
	size_t all, seen = fleet_routers_seen(f, &all);

	assert_int_equal(seen, all);
	assert_int_equal(f->missing_hops, 0);
	assert_int_equal(f->no_distance, 0);
	assert_int_equal(f->open, f->targets);
}

static void run(struct fleet *f, const struct fleet_plan *plan, int64_t limit_ns)
{
	fleet_init(f, plan);
	assert_true(fleet_run(f, limit_ns));
	assert_true_picture(f);
}

static void test_even_network(void **state)
{
	static const enum ttr_family families[] = {TTR_FAMILY_IPV4, TTR_FAMILY_IPV6};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fleet_plan plan = {
			.scenario = even, .family = families[i], .window = 8192, .rate = 20000};
		struct fleet f;

		run(&f, &plan, 1500 * TTR_NS_PER_MS);
		assert_all_found(&f);
		print_message("# IPv%d: %.3f probes per host, %.0f ms\n", families[i],
			      (double)f.probes / (double)f.targets,
			      (double)(f.now.ns - f.started.ns) / 1e6);
		assert_in_range(f.probes, f.targets, 3 * f.targets);
		/* the first of its prefix: anchor, and the hops around it */
		assert_in_range(fleet_most_syns(&f), 1, 3);
		fleet_fini(&f);
	}
}

static void test_orders_and_windows(void **state)
{
	static const struct {
		size_t window;
		bool backward;
	} cases[] = {{1, false}, {7, false}, {64, true}, {300, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fleet_plan plan = {.scenario = even,
					  .family = TTR_FAMILY_IPV4,
					  .targets = 200,
					  .window = cases[i].window,
					  .backward = cases[i].backward,
					  .rate = 20000};
		struct fleet f;

		run(&f, &plan, 600 * SECOND);
		assert_int_equal(f.missing_hops, 0);
		assert_int_equal(f.open, 200);
		assert_in_range(f.active_most, 1, cases[i].window);
		fleet_fini(&f);
	}
}

static void test_full(void **state)
{
	struct fleet_plan plan = {.scenario = even,
				  .family = TTR_FAMILY_IPV4,
				  .targets = 100,
				  .window = 100,
				  .rate = 50000,
				  .full = true};
	struct fleet f;

	(void)state;
	run(&f, &plan, 10 * SECOND);
	assert_int_equal(f.missing_hops, 0);
	assert_int_equal(f.inferred_hops, 0);
	assert_int_equal(f.probed_hops, 100 * 15);
	fleet_fini(&f);
}

/* When nothing more can be remembered, more is asked, and nothing is wrong. */
static void test_small_memory(void **state)
{
	struct fleet_plan plan = {.scenario = even,
				  .family = TTR_FAMILY_IPV6,
				  .targets = 400,
				  .window = 64,
				  .routers = 16,
				  .rate = 20000};
	struct fleet f;

	(void)state;
	run(&f, &plan, 60 * SECOND);
	assert_int_equal(f.missing_hops, 0);
	assert_int_equal(ttr_sweep_counters(f.sweep)->routers, 16);
	fleet_fini(&f);
}

static void test_full_sockets(void **state)
{
	struct fleet_plan plan = {.scenario = even,
				  .family = TTR_FAMILY_IPV4,
				  .targets = 200,
				  .window = 200,
				  .rate = 20000,
				  .refuse_some = true};
	struct fleet f;

	(void)state;
	run(&f, &plan, 10 * SECOND);
	assert_int_equal(f.missing_hops, 0);
	assert_int_equal(f.open, 200);
	fleet_fini(&f);
}

/* Stopped: each target in the window is given out once, and nothing in it is wrong. */
static void test_stopped(void **state)
{
	(void)state;
	for (unsigned int ms = 1; ms < 600; ms += 23) {
		struct fleet_plan plan = {.scenario = even,
					  .family = TTR_FAMILY_IPV4,
					  .window = 512,
					  .rate = 20000,
					  .stop_ns = ms * TTR_NS_PER_MS};
		struct fleet f;

		run(&f, &plan, 10 * SECOND);
		assert_true(f.cut_short > 0);
		fleet_fini(&f);
	}
}

/* Routers that limit as Linux does: nearly nothing is asked in vain. */
static void test_limits(void **state)
{
	static const char limited[] = "prober 198.18.0.1\n"
				      "destination 10.0.0.1 at 12 rtt 40ms\n"
				      "hosts 16 in 256 prefixes 100.64.0.1 limit linux\n"
				      "port 443 open\n";
	struct fleet_plan plan = {
		.scenario = limited, .family = TTR_FAMILY_IPV4, .window = 4096, .rate = 10000};
	struct fleet f;

	(void)state;
	run(&f, &plan, 60 * SECOND);
	print_message("# limited: %" PRIu64 " of %" PRIu64 " probes\n", fleet_limited(&f),
		      f.probes);
	assert_int_equal(f.open, f.targets);
	assert_in_range(fleet_limited(&f), 0, f.probes / 100);
	assert_in_range(f.missing_hops, 0, f.targets * 12 / 100);
	fleet_fini(&f);
}

static void test_dead_hosts(void **state)
{
	static const char *const dead[] = {
		"prober 198.18.0.1\ndestination 10.0.0.1 at 10 rtt 40ms\n"
		"hosts 8 in 64 prefixes dead 30% 100.64.0.1\nport 443 open\n",
		"prober 198.18.0.1\ndestination 10.0.0.1 at 10 rtt 40ms\n"
		"hosts 8 in 64 prefixes dead 100% 100.64.0.1\nport 443 open\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fleet_plan plan = {.scenario = dead[i],
					  .family = TTR_FAMILY_IPV4,
					  .window = 512,
					  .rate = 20000};
		struct fleet f;

		run(&f, &plan, 60 * SECOND);
		print_message("# dead: %" PRIu64 " of %zu, %.2f probes per host, %.1f s\n",
			      f.filtered, f.targets, (double)f.probes / (double)f.targets,
			      (double)(f.now.ns - f.started.ns) / 1e9);
		assert_int_equal(f.wrong_states, 0);
		assert_int_equal(f.missing_hops, 0);
		assert_int_equal(f.no_distance, f.filtered);
		fleet_fini(&f);
	}
}

/* A host that is asked again on its half-open connection says something else: closed it is not. */
static void test_stacks(void **state)
{
	static const char *const stacks[] = {"linux", "syncookies", "bsd", "mute"};

	(void)state;
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		char scenario[512];
		struct fleet_plan plan = {.scenario = scenario,
					  .family = TTR_FAMILY_IPV4,
					  .window = 128,
					  .rate = 20000};
		struct fleet f;

		/* the way back is longer: every guess is too high by four */
		snprintf(scenario, sizeof(scenario),
			 "prober 198.18.0.1\ndestination 10.0.0.1 at 10 rtt 40ms back 14\n"
			 "hosts 8 in 16 prefixes 100.64.0.1\nport 443 open\nstack %s\n",
			 stacks[i]);
		run(&f, &plan, 60 * SECOND);
		assert_int_equal(f.open, f.targets);
		assert_int_equal(f.missing_hops, 0);
		fleet_fini(&f);
	}
}

static void test_closed_and_short_way_back(void **state)
{
	static const char scenario[] = "prober 198.18.0.1\n"
				       "destination 10.0.0.1 at 12 rtt 40ms back 7 ttl 128\n"
				       "hosts 8 in 16 prefixes 100.64.0.1\n";
	struct fleet_plan plan = {
		.scenario = scenario, .family = TTR_FAMILY_IPV4, .window = 128, .rate = 20000};
	struct fleet f;

	(void)state;
	run(&f, &plan, 60 * SECOND);
	assert_int_equal(f.closed, f.targets);
	assert_int_equal(f.no_distance, 0);
	assert_int_equal(f.missing_hops, 0);
	fleet_fini(&f);
}

static void test_firewalls(void **state)
{
	static const char *const rules[] = {"firewall at 6 drop any\n",
					    "firewall at 6 reject code 13 any\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char scenario[512];
		struct fleet_plan plan = {.scenario = scenario,
					  .family = TTR_FAMILY_IPV4,
					  .window = 128,
					  .rate = 20000};
		struct fleet f;

		snprintf(scenario, sizeof(scenario),
			 "prober 198.18.0.1\ndestination 10.0.0.1 at 12 rtt 40ms\n"
			 "hosts 8 in 16 prefixes 100.64.0.1\nport 443 open\n%s",
			 rules[i]);
		run(&f, &plan, 60 * SECOND);
		assert_int_equal(i == 0 ? f.filtered : f.unreachable, f.targets);
		assert_int_equal(f.missing_hops, 0);
		fleet_fini(&f);
	}
}

/* Answers that somebody makes up who knows addresses and ports, but not the numbers. */
/* Their quotes show another source and another port. */
static void test_translated(void **state)
{
	static const enum ttr_family families[] = {TTR_FAMILY_IPV4, TTR_FAMILY_IPV6};
	char scenario[1024];

	(void)state;
	snprintf(scenario, sizeof(scenario),
		 "%snat 192.0.2.77:1000 at 2 unrestored\n"
		 "nat [2001:db8:77::7]:1000 at 2 unrestored\n",
		 even);
	for (size_t i = 0; i < 2; i++) {
		struct fleet_plan plan = {.scenario = scenario,
					  .family = families[i],
					  .targets = 200,
					  .window = 64,
					  .rate = 20000};
		struct fleet f;

		run(&f, &plan, 10 * SECOND);
		assert_int_equal(f.missing_hops, 0);
		assert_int_equal(f.no_distance, 0);
		assert_int_equal(f.open, 200);
		fleet_fini(&f);
	}
}

static void test_forged(void **state)
{
	struct fleet_plan plan = {
		.scenario = even, .family = TTR_FAMILY_IPV4, .window = 64, .rate = 20000};
	struct ttr_sweep_action action;
	struct fleet f;
	uint64_t random = 7;

	(void)state;
	fleet_init(&f, &plan);
	fleet_feed(&f);
	for (unsigned int i = 0; i < 20 && ttr_sweep_next(f.sweep, f.now, true, &action); i++) {
		struct ttr_segment probe = ttr_sweep_segment(f.sweep, action.probe);
		struct ttr_reply reply = {.kind = TTR_REPLY_TCP,
					  .source = probe.target,
					  .target = probe.source,
					  .at = f.now};

		ttr_sweep_sent(f.sweep, action.probe, f.now);
		for (unsigned int j = 0; j < 1000; j++) {
			reply.tcp = (struct ttr_tcp_seen){
				.source_port = probe.target_port,
				.target_port = probe.source_port,
				.has_seq = true,
				.has_flags = true,
				.ack = (uint32_t)draw(&random, UINT32_MAX),
				.flags = j % 2 ? TTR_TCP_RST | TTR_TCP_ACK
					       : TTR_TCP_SYN | TTR_TCP_ACK,
			};
			assert_false(ttr_sweep_reply(f.sweep, &reply));
		}
	}
	assert_int_equal(ttr_sweep_counters(f.sweep)->foreign, 20000);
	assert_int_equal(ttr_sweep_counters(f.sweep)->replies, 0);
	fleet_fini(&f);
}

/* How long the first so many probes take, of hosts that keep silent. */
static int64_t time_of(uint32_t rate, unsigned int count)
{
	const struct fleet_plan plan = {.scenario = even,
					.family = TTR_FAMILY_IPV4,
					.window = 4096,
					.rate = rate,
					.full = true};
	struct ttr_sweep_action action;
	struct ttr_mono first, now;
	struct fleet f;

	fleet_init(&f, &plan);
	fleet_feed(&f);
	first = now = f.now;
	for (unsigned int sent = 0; sent < count;) {
		assert_true(ttr_sweep_next(f.sweep, now, true, &action));
		if (action.kind == TTR_SWEEP_WAKE)
			now = action.at;
		if (action.kind != TTR_SWEEP_SEND)
			continue;
		ttr_sweep_sent(f.sweep, action.probe, now);
		sent++;
	}
	fleet_fini(&f);
	return now.ns - first.ns;
}

/* The rate is kept, but for the first 10 ms or 400 probes, which may go at once, and a batch. */
static void test_pacing(void **state)
{
	static const uint32_t rates[] = {1,    7,     50,    99,     333,    1000,
					 4999, 20000, 65000, 150000, 400000, 1000000};
	const unsigned int count = 4000;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		int64_t took_ns = time_of(rates[i], count), full_ns = count * SECOND / rates[i];
		int64_t burst_ns = 400 * SECOND / rates[i];

		if (burst_ns > SECOND / 100)
			burst_ns = SECOND / 100;
		if (burst_ns < SECOND / rates[i])
			burst_ns = SECOND / rates[i];
		assert_in_range(took_ns, full_ns - full_ns / 1000 - burst_ns - 1000000, full_ns);
	}
}

/* -- Networks by seed -- */

static void draw_scenario(char *text, size_t size, uint64_t *random)
{
	static const char *const fans[] = {"1", "2", "3", "8", "100"};
	unsigned int distance = 2 + (unsigned int)draw(random, 22);
	unsigned int silent = 1 + (unsigned int)draw(random, distance - 1);

	snprintf(text, size,
		 "prober 198.18.0.1 2001:db8::1\n"
		 "%shop %u silent\n"
		 "destination 10.0.0.1 2001:db8:4000::1 at %u rtt %ums jitter %ums loss %u%% back "
		 "%u "
		 "ttl %u\n"
		 "hosts %u in %u prefixes fan %s dead %u%% 100.64.0.1 2001:db8:2::1 loss %u%%%s\n"
		 "port 443 %s\n",
		 draw(random, 3) == 0 ? "" : "#", silent, distance,
		 1 + (unsigned int)draw(random, 300), (unsigned int)draw(random, 20),
		 (unsigned int)draw(random, 2), distance + (unsigned int)draw(random, 4),
		 draw(random, 2) == 0 ? 64 : 255, 1 + (unsigned int)draw(random, 12),
		 1 + (unsigned int)draw(random, 40), fans[draw(random, 5)],
		 draw(random, 3) == 0 ? 20 : 0, (unsigned int)draw(random, 3),
		 draw(random, 4) == 0 ? " limit linux" : "",
		 draw(random, 3) == 0 ? "closed" : "open");
}

static void test_many_networks(void **state)
{
	uint64_t random = 20261126, missing = 0, hops = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 400; seed++) {
		char scenario[1024];
		struct fleet_plan plan = {
			.scenario = scenario,
			.family = draw(&random, 2) == 0 ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6,
			.window = 1 + (size_t)draw(&random, 300),
			.rate = 1000 + (uint32_t)draw(&random, 50000),
			.backward = draw(&random, 2) == 0,
			.refuse_some = draw(&random, 4) == 0,
			.full = draw(&random, 8) == 0,
			.seed = seed,
		};
		struct fleet f;

		draw_scenario(scenario, sizeof(scenario), &random);
		fleet_init(&f, &plan);
		if (!fleet_run(&f, 3600 * SECOND) || f.wrong_hops > 0)
			print_message("seed %u\n%s", seed, scenario);
		assert_true(f.ended);
		assert_once_each(&f);
		assert_int_equal(f.wrong_hops, 0);
		assert_int_equal(f.too_fast, 0);
		/* A router that limits may stay silent; others are silent by chance alone. */
		if (!strstr(scenario, "limit")) {
			missing += f.missing_hops;
			hops += f.missing_hops + f.probed_hops + f.inferred_hops;
		}
		fleet_fini(&f);
	}
	print_message("# missing: %" PRIu64 " of %" PRIu64 " hops\n", missing, hops);
	assert_in_range(missing, 0, hops / 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_even_network),
		cmocka_unit_test(test_orders_and_windows),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_small_memory),
		cmocka_unit_test(test_full_sockets),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_dead_hosts),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_closed_and_short_way_back),
		cmocka_unit_test(test_firewalls),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_pacing),
		cmocka_unit_test(test_many_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
