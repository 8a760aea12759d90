/* SPDX-License-Identifier: BSD-2-Clause */
/* Many hosts behind a tree of routers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

/* 6 prefixes, 5 routers before them: hop 1 is described, then rows of 1, 2, 3 and 6. */
static const char scenario[] = "prober 198.18.0.1 2001:db8::1\n"
			       "hop 1 203.0.113.1 2001:db8:1::1 rtt 1ms\n"
			       "destination 10.0.0.250 2001:db8:40::f0 at 6 rtt 60ms\n"
			       "hosts 4 in 6 prefixes fan 2 100.64.0.1 2001:db8:2::1\n"
			       "port 443 open\n";

static void name_host(char *text, bool ipv6, unsigned int prefix, unsigned int host)
{
	if (ipv6 && prefix == 0)
		sprintf(text, "2001:db8:40::%x", 0xf0 + host);
	else if (ipv6)
		sprintf(text, "2001:db8:40:%x::%x", prefix, 0xf0 + host);
	else
		sprintf(text, "10.0.%u.%u", prefix, 250 + host);
}

static void name_router(char *text, bool ipv6, unsigned int number)
{
	sprintf(text, ipv6 ? "2001:db8:2::%x" : "100.64.0.%u", number);
}

/* By hand: the number of the router at TTL 2 .. 5, for each prefix. */
static const unsigned int tree[6][4] = {
	{1, 2, 4, 7}, {1, 2, 4, 8}, {1, 2, 5, 9}, {1, 2, 5, 10}, {1, 3, 6, 11}, {1, 3, 6, 12},
};

static void assert_path(struct pathsim *sim, bool ipv6, unsigned int prefix, unsigned int host)
{
	char to[64], router[64];
	struct answer answer;

	name_host(to, ipv6, prefix, host);
	for (uint8_t ttl = 2; ttl <= 6; ttl++) {
		struct probe probe = {.to = to, .ttl = ttl, .sport = 9, .dport = 443, .flags = SYN};
		struct pathsim_truth truth;
		struct packet packet = craft(&probe);

		assert_true(ask(sim, MS, &probe, &answer));
		name_router(router, ipv6, tree[prefix][ttl < 6 ? ttl - 2 : 0]);
		assert_addr(&answer.from, ttl < 6 ? router : to);
		pathsim_truth(sim, packet.bytes, packet.len, &truth);
		assert_memory_equal(&truth.from, &answer.from, sizeof(answer.from));
		assert_int_equal(truth.rtt_ns, 10 * MS * ttl);
		assert_int_equal(truth.distance, 6);
	}
	assert_int_equal(answer.flags, SYN | ACK);
}

static void test_every_host(void **state)
{
	struct pathsim *sim = network(scenario);

	(void)state;
	for (unsigned int prefix = 0; prefix < 6; prefix++)
		for (unsigned int host = 0; host < 4; host++) {
			assert_path(sim, false, prefix, host);
			assert_path(sim, true, prefix, host);
		}
	pathsim_free(sim);
}

static void test_nobody_else(void **state)
{
	static const char *const strangers[] = {"10.0.0.249", "10.0.0.254", "10.0.6.250",
						"2001:db8:40::f4", "2001:db8:40:6::f0"};
	struct pathsim *sim = network(scenario);

	(void)state;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct pathsim_addr to = addr(strangers[i]);

		assert_int_equal(pathsim_distance(sim, &to), 0);
	}
	pathsim_free(sim);
}

/* A router is reached through those before it, and counts for all prefixes that share it. */
static void test_routers(void **state)
{
	struct pathsim *sim = network(scenario);
	struct pathsim_addr router = addr("100.64.0.6"), host = addr("10.0.5.250");
	struct pathsim_counts counts;
	struct answer answer;

	(void)state;
	assert_int_equal(pathsim_distance(sim, &router), 4);
	for (unsigned int prefix = 4; prefix < 6; prefix++) {
		char to[64];
		struct probe probe = {.to = to, .ttl = 4, .dport = 443, .flags = SYN};

		name_host(to, false, prefix, 0);
		assert_true(ask(sim, MS, &probe, &answer));
	}
	assert_true(pathsim_hop_counts(sim, &host, 4, &counts));
	assert_int_equal(counts.answered, 2);
	pathsim_free(sim);
}

static void test_dead_share(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\n"
				      "destination 10.0.0.0 at 3 rtt 60ms\n"
				      "hosts 100 in 20 prefixes dead 25% 100.64.0.1 limit 2 1/s\n");
	size_t answers = 0, limited = 0;

	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		char to[64];
		struct probe probe = {.to = to, .ttl = 3, .dport = 443, .flags = SYN};
		struct answer answer;

		sprintf(to, "10.0.%u.%u", i / 100, i % 100);
		answers += ask(sim, MS, &probe, &answer);
		if (i >= 100)
			continue;
		probe.ttl = 1;
		limited += !ask(sim, MS, &probe, &answer);
	}
	assert_in_range(answers, 1400, 1600);
	assert_in_range(limited, 1, 98);
	pathsim_free(sim);
}

static void test_as_text(void **state)
{
	struct pathsim *sim = network(scenario), *again;
	char text[2048], same[2048];

	(void)state;
	assert_in_range(pathsim_print(sim, text, sizeof(text)), 1, sizeof(text) - 1);
	assert_non_null(strstr(text, "\nhosts 4 in 6 prefixes fan 2 100.64.0.1 2001:db8:2::1\n"));
	again = network(text);
	pathsim_print(again, same, sizeof(same));
	assert_string_equal(text, same);
	pathsim_free(again);
	pathsim_free(sim);
}

static void test_refused(void **state)
{
	static const struct {
		const char *hosts, *what;
	} cases[] = {
		{"hosts 7 100.64.0.1", "line 3: the hosts do not fit"},
		{"hosts 0 100.64.0.1", "line 4: not a number in its range"},
		{"hosts 2 in 3 100.64.0.1", "line 4: in P prefixes, not: 100.64.0.1"},
		{"hosts 2 fan 0 100.64.0.1", "line 4: not a number in its range"},
		{"hosts 2", "line 4: an address is missing"},
		{"hosts 2 2001:db8::1", "line 3: routers of a family"},
		{"hosts 6 in 2000000 prefixes 100.64.0.1", "line 3: too many hosts"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256], error[256];
		struct pathsim *sim;

		sprintf(text,
			"prober 198.18.0.1\nhop 1 203.0.113.1\ndestination 10.0.0.250 at 3\n%s\n",
			cases[i].hosts);
		assert_int_equal(pathsim_parse(&sim, text, strlen(text), error, sizeof(error)),
				 -22);
		assert_ptr_equal(strstr(error, cases[i].what), error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_host), cmocka_unit_test(test_nobody_else),
		cmocka_unit_test(test_routers),    cmocka_unit_test(test_dead_share),
		cmocka_unit_test(test_as_text),    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
