/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits of ICMP errors, as Linux 6.18 was seen to have them, and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

#define DESTINATION "destination " TO4 " " TO6 " at 2\n"

/* `count` probes, each `gap_ms` after the other; how many were answered. */
static size_t count_answers(struct pathsim *sim, const char *to, uint64_t start_ms, size_t count,
			    uint64_t gap_ms, uint8_t ttl)
{
	size_t answered = 0;

	for (size_t i = 0; i < count; i++) {
		struct probe probe = {.to = to,
				      .ttl = ttl,
				      .sport = (uint16_t)(1000 + i),
				      .dport = 9,
				      .flags = SYN};
		struct answer answer;
		uint64_t now = (start_ms + i * gap_ms) * MS;

		give(sim, now, &probe);
		while (take(sim, now, &answer))
			answered++;
	}
	return answered;
}

static void test_buckets(void **state)
{
	static const struct {
		const char *limit, *to;
		size_t count;
		uint64_t gap_ms;
		size_t answers;
	} cases[] = {
		/* measured: timing of limits on Linux 6.18 */
		{"limit linux", TO4, 64, 0, 6},
		{"limit linux", TO4, 64, 50, 9},
		{"limit linux", TO4, 10, 1000, 10},
		{"limit linux", TO6, 64, 0, 6},
		{"limit linux", TO6, 64, 50, 37},
		{"limit 6 1/s", TO4, 64, 50, 9},
		{"limit 10 100/10s", TO4, 64, 0, 10},
		{"limit 10 100/10s", TO6, 64, 0, 10},
		{"limit 1 1/500ms", TO4, 20, 100, 4},
		{"limit 100 500/s", TO4, 300, 1, 249},
		{"", TO4, 300, 0, 300},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[400] = "prober 198.18.0.1 2001:db8::1\nhop 1 203.0.113.1 2001:db8:1::1 ";
		struct pathsim_addr to = addr(cases[i].to);
		struct pathsim_counts counts;
		struct pathsim *sim =
			network(strcat(strcat(text, cases[i].limit), "\n" DESTINATION));

		assert_in_range(
			count_answers(sim, cases[i].to, 5000, cases[i].count, cases[i].gap_ms, 1),
			cases[i].answers, cases[i].answers + (cases[i].gap_ms == 1));
		assert_true(pathsim_hop_counts(sim, &to, 1, &counts));
		assert_int_equal(counts.arrived, cases[i].count);
		assert_int_equal(counts.answered + counts.limited, cases[i].count);
		pathsim_free(sim);
	}
}

/* Time exceeded and unreachable share it, also for different destinations; the families do not. */
static void test_one_bucket_for_all(void **state)
{
	struct pathsim *sim =
		network("prober 198.18.0.1 2001:db8::1\n"
			"hop 1 203.0.113.1 2001:db8:1::1 limit linux reject code 13\n" DESTINATION
			"destination 198.51.100.11 at 2\n");

	(void)state;
	assert_int_equal(count_answers(sim, TO4, 1000, 4, 0, 1), 4);
	assert_int_equal(count_answers(sim, "198.51.100.11", 1000, 4, 0, 9), 2);
	assert_int_equal(count_answers(sim, TO6, 1000, 4, 0, 9), 4);
	assert_int_equal(count_answers(sim, TO6, 1000, 4, 0, 1), 2);
	assert_int_equal(count_answers(sim, TO4, 3050, 4, 0, 1), 2);
	pathsim_free(sim);
}

/* 256 probes from 64 addresses: about 60 answers, since the host has a limit for all. */
static void test_many_sources(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\nhop 1 203.0.113.1 limit linux\n"
				      "destination " TO4 " at 2\n");
	size_t answered = 0;

	(void)state;
	for (size_t i = 0; i < 256; i++) {
		struct probe probe = {.to = TO4, .ttl = 1, .flags = SYN};
		struct packet packet = craft(&probe);
		struct answer answer;

		/* The source moves by N and the IP checksum against it. */
		packet.bytes[15] = (uint8_t)(packet.bytes[15] + i % 64);
		packet.bytes[11] = (uint8_t)(packet.bytes[11] - i % 64);
		if (packet.bytes[11] > 255 - i % 64)
			packet.bytes[10]--;
		assert_int_equal(pathsim_input(sim, 1000 * MS, packet.bytes, packet.len), 0);
		while (take(sim, 1000 * MS, &answer))
			answered++;
	}
	assert_in_range(answered, 35, 80);
	pathsim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_one_bucket_for_all),
		cmocka_unit_test(test_many_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
