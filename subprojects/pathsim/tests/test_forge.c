/* SPDX-License-Identifier: BSD-2-Clause */
/* Forged answers: how many, for how long, and what they know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static void test_forgers(void **state)
{
	static const struct {
		const char *forge;
		size_t count;
		bool tcp, ports, seq;
	} cases[] = {
		{"20000/s icmp for 100ms", 2000, false, false, false},
		{"1000/s icmp", 3000, false, false, false},
		{"1000/s icmp ports known for 1s", 1000, false, true, false},
		{"1000/s icmp ports known seq known for 1s", 1000, false, true, true},
		{"20000/s tcp ports random seq random for 100ms", 2000, true, false, false},
		{"1000/s tcp ports known seq known for 1s", 1000, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const char *to = i % 2 != 0 ? "2001:db8:ff::10" : "198.51.100.10";
		struct probe probe = {
			.to = to, .ttl = 1, .sport = 40000, .dport = 80, .seq = 7, .flags = SYN};
		size_t count = 0, ports = 0, numbers = 0, acks = 0;
		struct pathsim_totals totals;
		struct answer answer;
		struct pathsim *sim;
		char text[300];

		snprintf(text, sizeof(text),
			 "prober 198.18.0.1 2001:db8::1\nforge %s\nhop 1 silent\n"
			 "destination 198.51.100.10 2001:db8:ff::10 at 2\n",
			 cases[i / 2].forge);
		sim = network(text);
		give(sim, 10 * MS, &probe);
		while (take(sim, 100000 * MS, &answer)) {
			count++;
			if (cases[i / 2].tcp) {
				assert_addr(&answer.from, to);
				assert_int_equal(answer.sport, 80);
				ports += answer.dport == 40000;
				acks += (answer.flags & ACK) != 0;
				numbers += answer.ack == 8;
			} else {
				const uint8_t *tcp = answer.quote + (i % 2 != 0 ? 40 : 20);

				assert_int_equal(answer.from.bytes[0], i % 2 != 0 ? 0x20 : 192);
				assert_int_equal(number16(tcp + 2), 80);
				ports += number16(tcp) == 40000;
				numbers += number32(tcp + 4) == 7;
				acks++;
			}
		}
		pathsim_totals(sim, &totals);
		assert_int_equal(totals.forged, count);
		assert_int_equal(count, cases[i / 2].count);
		assert_in_range(ports, cases[i / 2].ports ? count : 0,
				cases[i / 2].ports ? count : 3);
		assert_int_equal(numbers, cases[i / 2].seq ? acks : 0);
		pathsim_free(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_forgers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
