/* SPDX-License-Identifier: BSD-2-Clause */
/* Firewalls at a hop: which ports they stop, from where on, and what they answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static const char scenario[] = "prober 198.18.0.1 2001:db8::1\n"
			       "hop 1 203.0.113.1 2001:db8:1::1 rtt 1ms\n"
			       "hop 2 203.0.113.2 2001:db8:1::2 rtt 2ms\n"
			       "hop 3 203.0.113.3 2001:db8:1::3 rtt 3ms\n"
			       "firewall at 1 drop 25\n"
			       "destination 198.51.100.10 2001:db8:ff::10 at 4 rtt 4ms\n"
			       "port 80 open\n"
			       "firewall at 3 drop 22\n"
			       "firewall at 2 reject code 13 22,3389\n"
			       "firewall at 2 reset 8000-8999\n"
			       "destination 198.51.100.11 2001:db8:ff::11 at 4 rtt 4ms\n"
			       "stack synproxy at 2\n";

enum { NOTHING, EXCEEDED, REJECTED, RESET, OPEN };

static void test_ports(void **state)
{
	static const struct {
		uint8_t host, ttl;
		uint16_t port;
		int answer;
		uint8_t hop;
		enum pathsim_fate fate;
	} cases[] = {
		{10, 1, 25, EXCEEDED, 1, PATHSIM_FATE_EXPIRES},
		{10, 2, 25, NOTHING, 1, PATHSIM_FATE_DROPPED},
		{11, 9, 25, NOTHING, 1, PATHSIM_FATE_DROPPED},
		{10, 2, 22, EXCEEDED, 2, PATHSIM_FATE_EXPIRES},
		{10, 3, 22, REJECTED, 2, PATHSIM_FATE_REJECTED},
		{10, 9, 3389, REJECTED, 2, PATHSIM_FATE_REJECTED},
		{10, 9, 3388, RESET, 4, PATHSIM_FATE_ARRIVES},
		{10, 9, 80, OPEN, 4, PATHSIM_FATE_ARRIVES},
		{10, 2, 8500, EXCEEDED, 2, PATHSIM_FATE_EXPIRES},
		{10, 3, 8000, RESET, 2, PATHSIM_FATE_ANSWERED},
		{10, 9, 8999, RESET, 2, PATHSIM_FATE_ANSWERED},
		{11, 2, 80, EXCEEDED, 2, PATHSIM_FATE_EXPIRES},
		{11, 3, 80, OPEN, 2, PATHSIM_FATE_ANSWERED},
		{11, 9, 81, OPEN, 2, PATHSIM_FATE_ANSWERED},
	};
	struct pathsim *sim = network(scenario);

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		static const char *const names[2][2] = {{"198.51.100.10", "2001:db8:ff::10"},
							{"198.51.100.11", "2001:db8:ff::11"}};
		bool ipv6 = i % 2 != 0;
		struct probe probe = {.to = names[cases[i / 2].host - 10][ipv6],
				      .ttl = cases[i / 2].ttl,
				      .sport = (uint16_t)(1000 + i),
				      .dport = cases[i / 2].port,
				      .seq = 77,
				      .flags = SYN};
		struct packet packet = craft(&probe);
		uint64_t now = (i + 1) * 100000 * MS;
		struct pathsim_truth truth;
		struct answer answer;
		int got = NOTHING;

		while (take(sim, now - 1, &answer))
			;
		pathsim_truth(sim, packet.bytes, packet.len, &truth);
		assert_int_equal(truth.fate, cases[i / 2].fate);
		assert_int_equal(truth.hop, cases[i / 2].hop);
		assert_int_equal(truth.silent, cases[i / 2].answer == NOTHING);
		if (ask(sim, now, &probe, &answer)) {
			assert_memory_equal(&truth.from, &answer.from, sizeof(answer.from));
			assert_int_equal(answer.when_ns - now, cases[i / 2].hop * MS);
			if (answer.protocol == 6)
				got = answer.flags == (RST | ACK) ? RESET : OPEN;
			else
				got = answer.type == (ipv6 ? 3 : 11) ? EXCEEDED : REJECTED;
		}
		assert_int_equal(got, cases[i / 2].answer);
		if (got == RESET || got == OPEN) {
			assert_addr(&answer.from, probe.to);
			assert_int_equal(answer.ack, 78);
		}
		if (got == REJECTED)
			assert_int_equal(answer.code, ipv6 ? 1 : 13);
	}
	pathsim_free(sim);
}

/* "any" is for all protocols; a box that speaks TCP lets others pass. */
static void test_other_protocols(void **state)
{
	static const struct {
		const char *rule;
		bool answered;
	} cases[] = {
		{"firewall at 1 drop any\n", false},  {"firewall at 1 drop 1-65535\n", true},
		{"firewall at 1 reset any\n", false}, {"firewall at 1 synproxy any\n", true},
		{"firewall at 2 drop any\n", true}, /* no such hop */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = {.to = "198.51.100.10",
				      .ttl = 9,
				      .protocol = 1,
				      .icmp_type = 8,
				      .data = "1234567",
				      .data_len = 8};
		char text[300] = "prober 198.18.0.1\nhop 1 203.0.113.1\n"
				 "destination 198.51.100.10 at 2\n";
		struct pathsim *sim = network(strcat(text, cases[i].rule));
		struct answer answer;

		assert_int_equal(ask(sim, MS, &probe, &answer), cases[i].answered);
		pathsim_free(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_other_protocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
