/* SPDX-License-Identifier: BSD-2-Clause */
/* Branches of different length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static const char scenario[] =
	"prober 198.18.0.1 2001:db8::1\n"
	"hop 1 203.0.113.1 2001:db8:1::1\n"
	"hop 2 203.0.113.2 2001:db8:1::2\n"
	"hop 3 203.0.113.3 2001:db8:1::3\n"
	"detour at 1 share 40% 203.0.113.51,203.0.113.52 2001:db8:1::51,2001:db8:1::52\n"
	"destination " TO4 " " TO6 " at 4\n"
	"detour at 2 203.0.113.61 2001:db8:1::61 per packet\n"
	"destination 198.51.100.11 2001:db8:ff::11 at 4\n";

/* The last bytes of the addresses, by TTL; 10, 11: the destination. */
static void trace(struct pathsim *sim, const char *to, uint16_t sport, uint8_t seen[9],
		  uint8_t *distance)
{
	for (uint8_t ttl = 1; ttl <= 8; ttl++) {
		struct probe probe = {
			.to = to, .ttl = ttl, .sport = sport, .dport = 9, .flags = SYN};
		struct packet packet = craft(&probe);
		struct pathsim_truth truth;
		struct answer answer;

		assert_true(ask(sim, MS, &probe, &answer));
		pathsim_truth(sim, packet.bytes, packet.len, &truth);
		if (!truth.drawn)
			assert_memory_equal(&truth.from, &answer.from, sizeof(answer.from));
		if (truth.fate == PATHSIM_FATE_EXPIRES)
			assert_int_equal(truth.hop, ttl);
		seen[ttl] = answer.from.bytes[answer.from.family == 6 ? 15 : 3];
		*distance = truth.distance;
	}
}

static void test_per_flow(void **state)
{
	static const uint8_t brief[8] = {1, 2, 3, 11, 11, 11, 11, 11};
	static const uint8_t longer[8] = {1, 51, 52, 2, 3, 11, 11, 11};
	static const uint8_t brief6[8] = {1, 2, 3, 0x11, 0x11, 0x11, 0x11, 0x11};
	static const uint8_t longer6[8] = {1, 0x51, 0x52, 2, 3, 0x11, 0x11, 0x11};
	struct pathsim *sim = network(scenario);
	size_t count[2] = {0};

	(void)state;
	for (uint16_t i = 0; i < 400; i++) {
		bool ipv6 = i % 2 != 0;
		uint8_t seen[9], distance;

		trace(sim, ipv6 ? "2001:db8:ff::11" : "198.51.100.11", i, seen, &distance);
		if (distance == 4)
			assert_memory_equal(seen + 1, ipv6 ? brief6 : brief, 8);
		else
			assert_memory_equal(seen + 1, ipv6 ? longer6 : longer, 8);
		assert_true(distance == 4 || distance == 6);
		count[distance == 6]++;
	}
	assert_in_range(count[1], 120, 200);
	pathsim_free(sim);
}

static void test_per_packet(void **state)
{
	struct pathsim *sim = network(scenario);
	bool at3[256] = {false}, at4[256] = {false};

	(void)state;
	for (uint16_t i = 0; i < 200; i++) {
		uint8_t seen[9], distance;

		trace(sim, TO4, 7, seen, &distance);
		at3[seen[3]] = at4[seen[4]] = true;
	}
	if (at3[52]) {
		assert_true(at4[2] && !at4[61]);
	} else {
		assert_true(at3[3] && at3[61]);
		assert_true(at4[3] && at4[10]);
	}
	pathsim_free(sim);
}

static void test_firewall_before_and_behind(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\nhop 1 203.0.113.1\nhop 2 203.0.113.2\n"
				      "detour at 1 share 100% 203.0.113.51\n"
				      "destination " TO4 " at 3\n"
				      "firewall at 1 reject code 13 22\n"
				      "firewall at 2 reject code 13 23\n");
	static const struct {
		uint16_t port;
		uint8_t ttl, from, type;
	} cases[] = {{22, 1, 1, 11}, {22, 2, 1, 3}, {23, 2, 51, 11}, {23, 3, 2, 11}, {23, 4, 2, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = {
			.to = TO4, .ttl = cases[i].ttl, .dport = cases[i].port, .flags = SYN};
		struct answer answer;

		assert_true(ask(sim, MS, &probe, &answer));
		assert_int_equal(answer.from.bytes[3], cases[i].from);
		assert_int_equal(answer.type, cases[i].type);
		assert_int_equal(answer.quote[8], 1);
	}
	pathsim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_per_flow),
		cmocka_unit_test(test_per_packet),
		cmocka_unit_test(test_firewall_before_and_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
