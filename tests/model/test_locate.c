/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of many ports against simulated networks, on a virtual clock: what was promised of its
 * probes and its time, and networks that are odd in one way.
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

/* 1000 ports of which 77 are stopped at one hop, and every router as a Linux one. */
static void check_thousand(enum ttr_family family, double located_s)
{
	struct run *w = run_new();

	run_say_path(w, 15, "limit linux");
	run_say(w, "port 22,80,443 open\nfirewall at 9 drop 100-176\n");
	run_open(w, family, 1, 1000, 1);
	assert_true(run_go(w, 100));
	print_message("# 1000 ports: states %.2f s, end %.2f s, %lu probes, %lu answers limited\n",
		      run_seconds(w, w->states_known), run_seconds(w, w->now),
		      (unsigned long)w->sends, (unsigned long)run_limited(w));
	assert_int_equal(run_count_wrong(w), 0);
	assert_true(run_seconds(w, w->states_known) <= 2);
	assert_true(run_seconds(w, w->now) <= located_s);
	assert_true(w->sends <= 2000);
	assert_int_equal(run_limited(w), 0);
	assert_true(run_count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_YES) >= 20);
	assert_int_equal(run_count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_YES) +
				 run_count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_NO),
			 77);
	run_close(w);
}

static void test_thousand(void **state)
{
	(void)state;
	check_thousand(TTR_FAMILY_IPV4, 20);
	check_thousand(TTR_FAMILY_IPV6, 6);
}

/* Two places, and 21 ports that are stopped at the second one among 80. */
static void check_exceptions(unsigned int most, unsigned int few)
{
	struct run *w = run_new();

	run_say_path(w, 15, "limit 10 10/s");
	run_say(w, "port 443 open\n");
	for (unsigned int i = 0; i < 80; i++)
		run_say(w, "firewall at %u drop %u\n", i * 37 % 80 < 21 ? few : most, 100 + i);
	run_open(w, TTR_FAMILY_IPV4, 1, 500, 2);
	assert_true(run_go(w, 200));
	print_message("# most after %u, 21 after %u: end %.2f s, %lu probes, %lu limited\n", most,
		      few, run_seconds(w, w->now), (unsigned long)w->sends,
		      (unsigned long)run_limited(w));
	assert_int_equal(run_count_wrong(w), 0);
	for (size_t i = 99; i < 179; i++)
		assert_int_equal(ttr_locate_port(w->locate, i)->verdict.after_ttl,
				 run_last_seen(w, i));
	run_close(w);
}

static void test_exceptions(void **state)
{
	(void)state;
	check_exceptions(9, 12);
	check_exceptions(9, 4);
	check_exceptions(4, 14);
}

/* All ports but one are dark. */
static void check_dark(const char *limit)
{
	struct run *w = run_new();

	run_say_path(w, 15, limit);
	run_say(w, "port any open\nfirewall at 7 drop 1-442\nfirewall at 7 drop 444-1024\n");
	run_open(w, TTR_FAMILY_IPV4, 1, 1024, 3);
	assert_true(run_go(w, 100));
	print_message("# 1023 dark, %s: states %.2f s, end %.2f s, %lu probes, %lu limited\n",
		      limit, run_seconds(w, w->states_known), run_seconds(w, w->now),
		      (unsigned long)w->sends, (unsigned long)run_limited(w));
	assert_int_equal(run_count_wrong(w), 0);
	assert_true(w->sends <= 6 * 1024);
	if (!*limit)
		assert_true(run_seconds(w, w->now) <= 8);
	for (size_t i = 0; i < 1024; i++)
		if (w->ports[i] != 443)
			assert_int_equal(ttr_locate_port(w->locate, i)->verdict.after_ttl, 7);
	run_close(w);
}

static void test_dark(void **state)
{
	(void)state;
	check_dark("");
	check_dark("limit linux");
}

/* -- Odd in one way -- */

static enum ttr_port_state state_at(const struct run *w, uint16_t port)
{
	return ttr_locate_port(w->locate, port - w->ports[0])->verdict.state;
}

static size_t count_states(const struct run *w, enum ttr_port_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < w->settings.port_count; i++)
		count += ttr_locate_port(w->locate, i)->verdict.state == state;
	return count;
}

/* Behind hop 4 all quotes show port 8080: whose they are only the sequence number says. */
static void check_rewritten(enum ttr_family family)
{
	struct run *w = run_new();

	w->settings.verify_all = true;
	run_say_path(w, 10, "");
	run_say(w, "port 443 open\ndnat 10.9.9.9:8080 at 4\ndnat [2001:db8:9::9]:8080 at 4\n"
		   "firewall at 7 drop 100-119\n");
	run_open(w, family, 1, 200, 5);
	assert_true(run_go(w, 100));
	assert_int_equal(run_count_wrong(w), 0);
	assert_int_equal(run_count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_YES), 20);
	for (size_t i = 99; i < 119; i++) {
		assert_int_equal(ttr_locate_port(w->locate, i)->verdict.after_ttl, 7);
		assert_int_equal(ttr_locate_port(w->locate, i)->seen.quoted_port, 8080);
	}
	run_close(w);
}

static void test_rewritten(void **state)
{
	(void)state;
	check_rewritten(TTR_FAMILY_IPV4);
	check_rewritten(TTR_FAMILY_IPV6);
}

/* A NAT at hop 2 that does not translate quotes back: they show another source, and other ports. */
static void check_translated(enum ttr_family family)
{
	struct run *w = run_new();

	w->settings.verify_all = true;
	run_say_path(w, 9, "");
	run_say(w, "port 443 open\nnat 192.0.2.77:1000 at 2 unrestored\n"
		   "nat [2001:db8:77::7]:1000 at 2 unrestored\n"
		   "firewall at 6 drop 100-119\nfirewall at 4 reject code 13 code6 1 150-159\n"
		   "firewall at 5 reject code 10 code6 4 160-162\nfirewall at 8 reset 170-172\n");
	run_open(w, family, 1, 443, 5);
	assert_true(run_go(w, 100));
	assert_int_equal(run_count_wrong(w), 0);
	assert_int_equal(run_count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_YES), 20);
	assert_int_equal(run_count_verdicts(w, TTR_STOP_REJECT, TTR_VERIFIED_YES), 13);
	/* the one right before the host, too */
	assert_int_equal(run_count_verdicts(w, TTR_STOP_RESET, TTR_VERIFIED_YES), 3);
	run_close(w);
}

static void test_translated(void **state)
{
	(void)state;
	check_translated(TTR_FAMILY_IPV4);
	check_translated(TTR_FAMILY_IPV6);
}

/* FreeBSD makes 200 resets a second: none of the closed ports may pass for a filtered one. */
static void test_reset_limit(void **state)
{
	struct run *w = run_new();

	(void)state;
	run_say_path(w, 8, "");
	run_say(w, "port 80 open\nrstlimit 200/s\nfirewall at 3 drop 500-519\n");
	run_open(w, TTR_FAMILY_IPV4, 1, 2000, 6);
	assert_true(run_go(w, 120));
	print_message("# 2000 ports, 200 resets a second: states %.2f s, %lu probes\n",
		      run_seconds(w, w->states_known), (unsigned long)w->sends);
	assert_int_equal(run_count_wrong(w), 0);
	assert_int_equal(count_states(w, TTR_PORT_CLOSED), 1979);
	assert_int_equal(count_states(w, TTR_PORT_FILTERED), 20);
	run_close(w);
}

/* All ports alike, in every way; and one hop, or none. */
static void check_alike(enum ttr_family family, unsigned int hops, const char *behaviour,
			enum ttr_port_state expected)
{
	struct run *w = run_new();

	run_say_path(w, hops, "limit linux");
	run_say(w, "port any %s\n", behaviour);
	run_open(w, family, 1, 300, 7);
	assert_true(run_go(w, 100));
	assert_int_equal(run_count_wrong(w), 0);
	assert_int_equal(count_states(w, expected), 300);
	assert_true(w->sends <= 300 * 4);
	run_close(w);
}

static void test_alike(void **state)
{
	static const struct {
		const char *behaviour;
		enum ttr_port_state expected;
	} all[] = {
		{"open", TTR_PORT_OPEN},
		{"closed", TTR_PORT_CLOSED},
		{"dropped", TTR_PORT_FILTERED},
		{"rejected code 3 code6 4", TTR_PORT_UNREACHABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (unsigned int hops = 1; hops <= 9; hops += 4) {
			check_alike(TTR_FAMILY_IPV4, hops, all[i].behaviour, all[i].expected);
			check_alike(TTR_FAMILY_IPV6, hops, all[i].behaviour, all[i].expected);
		}
}

/* Somebody at hop 3 takes every connection: that is what there is to see, and nobody is stopped. */
static void test_proxy_for_all(void **state)
{
	struct run *w = run_new();

	(void)state;
	run_say_path(w, 9, "");
	run_say(w, "port 80 open\nfirewall at 3 synproxy 1-300\n");
	run_open(w, TTR_FAMILY_IPV4, 1, 300, 8);
	assert_true(run_go(w, 60));
	assert_int_equal(count_states(w, TTR_PORT_OPEN), 300);
	run_close(w);
}

/* Stopped at any time: every port once, nothing said that was not found out. */
static void check_stopped(int64_t at_ns)
{
	struct run *w = run_new();
	struct ttr_action action;

	run_say_path(w, 15, "limit linux");
	run_say(w, "port 22 open\nfirewall at 9 drop 100-176\n"
		   "firewall at 12 reject code 13 200-202\n");
	run_open(w, TTR_FAMILY_IPV4, 1, 1000, 9);
	run_until(w, at_ns);
	ttr_locate_stop(w->locate, w->now, false);
	run_drain(w);
	assert_true(w->ended);
	assert_int_equal(w->ports_out, 1000);
	assert_false(w->twice);
	assert_false(ttr_locate_next(w->locate, true, &action));
	for (size_t i = 0; i < 1000; i++) {
		const struct ttr_verdict *v = &ttr_locate_port(w->locate, i)->verdict;

		if (v->verified == TTR_VERIFIED_YES)
			assert_int_equal(v->after_ttl, run_last_seen(w, i));
		else if (v->how == TTR_STOP_DROP) /* somewhere between */
			assert_true(v->after_ttl <= 9 && 9 < v->before_ttl);
		else if (v->how != TTR_STOP_NONE)
			assert_int_not_equal(v->doubt, TTR_DOUBT_NONE);
		/* Where there is no path yet there is no place on it. */
		if (v->how == TTR_STOP_DROP)
			assert_true(ttr_locate_reference(w->locate) != SIZE_MAX);
		if (v->state == TTR_PORT_CLOSED || v->state == TTR_PORT_OPEN)
			assert_true(i < 99 || i > 175);
	}
	run_close(w);
}

static void test_stopped(void **state)
{
	(void)state;
	for (int64_t ms = 0; ms < 20000; ms += ms < 3000 ? 50 : 400)
		check_stopped(ms * TTR_NS_PER_MS);
}

/* Suspended for a minute in the middle: what came meanwhile is lost, and no silence counts. */
static void check_resumed(int64_t at_ns)
{
	struct run *w = run_new();
	uint8_t packet[PATHSIM_PACKET_SIZE];

	run_say_path(w, 12, "limit 10 10/s");
	run_say(w, "port 22 open\nfirewall at 6 drop 100-140\n");
	run_open(w, TTR_FAMILY_IPV4, 1, 300, 10);
	run_until(w, at_ns);
	w->now.ns += 60 * TTR_NS_PER_S;
	while (pathsim_output(w->sim, (uint64_t)w->now.ns, packet, sizeof(packet)))
		;
	ttr_locate_resume(w->locate, w->now);
	run_drain(w);
	assert_true(run_go(w, 200));
	assert_int_equal(run_count_wrong(w), 0);
	assert_int_equal(state_at(w, 22), TTR_PORT_OPEN);
	assert_int_equal(count_states(w, TTR_PORT_CLOSED), 258);
	assert_int_equal(count_states(w, TTR_PORT_FILTERED), 41);
	run_close(w);
}

static void test_resumed(void **state)
{
	(void)state;
	for (int64_t ms = 20; ms < 6000; ms += 70)
		check_resumed(ms * TTR_NS_PER_MS);
}

/* Every port there is. */
static void check_all(const char *what)
{
	struct run *w = run_new();

	run_say_path(w, 15, "limit linux");
	run_say(w, "%s", what);
	w->settings.rate = 20000;
	run_open(w, TTR_FAMILY_IPV4, 1, 65535, 11);
	assert_true(run_go(w, 600));
	print_message("# 65535 ports: states %.1f s, end %.1f s, %lu probes\n",
		      run_seconds(w, w->states_known), run_seconds(w, w->now),
		      (unsigned long)w->sends);
	assert_int_equal(run_count_wrong(w), 0);
	assert_true(w->sends <= UINT64_C(6) * 65535);
	run_close(w);
}

static void test_all(void **state)
{
	(void)state;
	check_all("port any closed");
	check_all("port any dropped\nport 443 open");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thousand),   cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_dark),       cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_translated), cmocka_unit_test(test_reset_limit),
		cmocka_unit_test(test_alike),      cmocka_unit_test(test_proxy_for_all),
		cmocka_unit_test(test_stopped),    cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
