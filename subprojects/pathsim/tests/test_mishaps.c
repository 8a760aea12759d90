/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that come late, twice, out of order or broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

#define PROBES 1000

static struct pathsim *network_with(const char *attributes)
{
	char text[400];

	snprintf(text, sizeof(text),
		 "prober 198.18.0.1 2001:db8::1\nhop 1 203.0.113.1 2001:db8:1::1 rtt 10ms %s\n"
		 "destination " TO4 " " TO6 " at 2 %s\nport 80 open\n",
		 attributes, attributes);
	return network(text);
}

/* One probe each millisecond. */
static size_t run(struct pathsim *sim, size_t *overtaken, uint64_t *latest)
{
	size_t count = 0;
	uint32_t newest = 0;
	struct answer answer;

	*overtaken = 0;
	*latest = 0;
	for (uint16_t i = 0; i < PROBES; i++) {
		struct probe probe = {.to = TO4, .ttl = 1, .id = i, .flags = SYN};

		give(sim, i * MS, &probe);
	}
	while (take(sim, 100000 * MS, &answer)) {
		uint32_t id = number16(answer.quote + 4);
		uint64_t age = answer.when_ns - id * MS;

		*overtaken += id < newest;
		newest = id > newest ? id : newest;
		*latest = age > *latest ? age : *latest;
		count++;
	}
	return count;
}

static void test_order_and_number(void **state)
{
	static const struct {
		const char *attributes;
		size_t least, most, overtaken_least, overtaken_most;
		uint64_t latest_ms;
	} cases[] = {
		{"", PROBES, PROBES, 0, 0, 10},
		{"reorder 10% by 5ms", PROBES, PROBES, 70, 130, 15},
		{"late 10% by 900ms", PROBES, PROBES, 30, 130, 910},
		{"duplicate 20%", 1150, 1250, 0, 0, 10},
		{"duplicate 100%", 2 * PROBES, 2 * PROBES, 0, 0, 10},
		{"reorder 50% by 5ms late 50% by 900ms", PROBES, PROBES, 400, 800, 915},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pathsim *sim = network_with(cases[i].attributes);
		struct pathsim_addr to = addr(TO4);
		struct pathsim_counts counts;
		size_t overtaken;
		uint64_t latest;
		size_t count = run(sim, &overtaken, &latest);

		assert_in_range(count, cases[i].least, cases[i].most);
		assert_in_range(overtaken, cases[i].overtaken_least, cases[i].overtaken_most);
		assert_int_equal(latest, cases[i].latest_ms * MS);
		assert_true(pathsim_hop_counts(sim, &to, 1, &counts));
		assert_int_equal(counts.answered, PROBES);
		assert_int_equal(counts.duplicated, count - PROBES);
		assert_int_equal(counts.delayed > 0, cases[i].overtaken_most > 0);
		pathsim_free(sim);
	}
}

/* The same probe to a good and a bad network; where the answers begin to differ. */
static void test_malformed(void **state)
{
	static const struct {
		const char *kind;
		uint8_t ttl;
		size_t at4, at6; /* 0: shorter instead */
	} cases[] = {
		{"truncated", 1, 0, 0},       {"checksum", 1, 23, 43},
		{"checksum", 2, 37, 57},      {"ip-checksum", 1, 11, 5},
		{"ihl", 1, 1000, 1000},       {"length", 1, 2, 4},
		{"quote-ihl", 1, 22, 42},     {"quote-version", 1, 22, 42},
		{"zero-object", 1, 159, 179}, {"extension-length", 1, 22, 42},
		{"data-offset", 2, 32, 52},   {"data-offset", 1, 0, 0},
		{"tcp-option", 2, 36, 56},    {"zero-object", 2, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool ipv6 = i % 2 != 0;
		struct probe probe = {
			.to = ipv6 ? TO6 : TO4, .ttl = cases[i / 2].ttl, .dport = 80, .flags = SYN};
		struct packet sent = craft(&probe);
		size_t wanted = ipv6 ? cases[i / 2].at6 : cases[i / 2].at4, at = 0, len[2];
		uint8_t bytes[2][1500];

		for (size_t j = 0; j < 2; j++) {
			char text[100];
			struct pathsim *sim;
			uint64_t when;

			snprintf(text, sizeof(text), "mpls 3/0/1 malformed %s %s",
				 cases[i / 2].kind, j == 0 ? "0%" : "100%");
			sim = network_with(text);
			assert_int_equal(pathsim_input(sim, 0, sent.bytes, sent.len), 0);
			len[j] = 0;
			while (len[j] == 0 && pathsim_next_time(sim, &when))
				len[j] = pathsim_output(sim, when, bytes[j], 1500);
			pathsim_free(sim);
		}
		if (wanted == 0) {
			assert_true(len[1] > 20 && len[1] < len[0]);
			continue;
		}
		assert_int_equal(len[0], len[1]);
		while (at < len[0] && bytes[0][at] == bytes[1][at])
			at++;
		if (wanted == 1000)
			wanted = 0;
		if (at != wanted)
			fail_msg("%s IPv%d: %zu, not %zu", cases[i / 2].kind, ipv6 ? 6 : 4, at,
				 wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_number),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
