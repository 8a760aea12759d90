/* SPDX-License-Identifier: BSD-2-Clause */
/* What boxes on the way rewrite: in quotes from there on, and at the destination. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static struct probe syn(bool ipv6, uint8_t ttl)
{
	return (struct probe){.to = ipv6 ? TO6 : TO4,
			      .ttl = ttl,
			      .sport = 40000,
			      .dport = 80,
			      .id = 0x1234,
			      .seq = 0xdeadbeef,
			      .flags = SYN | ECE | CWR,
			      .full_options = true,
			      .ts_value = 5};
}

static struct pathsim *network_with(const char *rewrite)
{
	char text[600];

	snprintf(text, sizeof(text),
		 "prober 198.18.0.1 2001:db8::1\n"
		 "hop 1 203.0.113.1 2001:db8:1::1\n"
		 "hop 2 203.0.113.2 2001:db8:1::2\n"
		 "hop 3 203.0.113.3 2001:db8:1::3 quote-ttl 1\n"
		 "destination " TO4 " " TO6 " at 4\n"
		 "port 80 open ecn\nport 81 rejected code 3\n%s\n",
		 rewrite);
	return network(text);
}

/* One's complement sum of a quoted transport segment with its pseudo header. */
static uint32_t sum_quote(const uint8_t *p, size_t len)
{
	size_t header = p[0] >> 4 == 6 ? 40 : 20;
	uint64_t sum = 6 + len - header;

	for (size_t i = header == 40 ? 8 : 12; i < header; i += 2)
		sum += number16(p + i);
	for (size_t i = header; i < len; i += 2)
		sum += number16(p + i);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* The bytes that differ between probe and quote, by the offset of runs: "ip12+4 tcp0+2". Checksums
 * and TTL aside. */
static void describe(char *text, size_t size, const struct packet *sent,
		     const struct answer *answer)
{
	size_t header = sent->bytes[0] >> 4 == 6 ? 40 : 20, used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sent->len; i++) {
		size_t start = i;

		while (i < sent->len && sent->bytes[i] != answer->quote[i] && i != header + 16 &&
		       i != header + 17 && (header == 40 ? i != 7 : i != 8 && i != 10 && i != 11))
			i++;
		if (i > start)
			used += (size_t)snprintf(text + used, size - used, "%s%s%zu",
						 used > 0 ? " " : "", start < header ? "ip" : "tcp",
						 start < header ? start : start - header);
	}
}

static void test_quotes_show_it(void **state)
{
	static const struct {
		const char *text, *seen4, *seen6;
		uint32_t kinds;
	} cases[] = {
		{"nat 192.0.2.77:1000 at 2 unrestored\nnat [2001:db8:7::7]:1000 at 2 unrestored",
		 "ip12 tcp0", "ip13 ip23 tcp0", 1 << PATHSIM_REWRITE_NAT},
		{"nat 192.0.2.77:1000 at 2\nnat [2001:db8:7::7]:1000 at 2", "", "", 0},
		{"isn at 2 untranslated", "tcp4", "tcp4", 1 << PATHSIM_REWRITE_ISN},
		{"isn at 2", "", "", 0},
		{"ipid at 2", "ip4", "", 1 << PATHSIM_REWRITE_IPID},
		{"tos 255 at 2", "ip1", "ip0", 1 << PATHSIM_REWRITE_TOS},
		{"dscp 46 at 2", "ip1", "ip0", 1 << PATHSIM_REWRITE_DSCP},
		{"ecn at 2", "", "", 1 << PATHSIM_REWRITE_ECN},
		{"ece at 2", "tcp13", "tcp13", 1 << PATHSIM_REWRITE_ECE},
		{"timestamps at 2", "tcp26", "tcp26", 1 << PATHSIM_REWRITE_TIMESTAMPS},
		{"mss 1300 at 2", "tcp23", "tcp23", 1 << PATHSIM_REWRITE_MSS},
		{"mss 1461 at 2", "", "", 1 << PATHSIM_REWRITE_MSS},
		{"options at 2", "tcp24 tcp37", "tcp24 tcp37", 1 << PATHSIM_REWRITE_OPTIONS},
		{"dnat 10.6.35.86:8080 at 2\ndnat [fd00::86]:8080 at 2", "ip16 tcp2",
		 "ip24 ip29 ip39 tcp2", 1 << PATHSIM_REWRITE_KINDS},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct pathsim *sim = network_with(cases[i / 2].text);
		bool ipv6 = i % 2 != 0;

		for (uint8_t ttl = 1; ttl <= 4; ttl++) {
			struct probe probe = syn(ipv6, ttl);
			const char *wanted = ipv6 ? cases[i / 2].seen6 : cases[i / 2].seen4;
			struct packet sent;
			struct pathsim_truth truth;
			struct answer answer;
			uint8_t seen[100];
			char text[200];

			probe.dport = 81;
			sent = craft(&probe);
			assert_true(ask(sim, ttl * MS, &probe, &answer));
			pathsim_truth(sim, sent.bytes, sent.len, &truth);
			assert_int_equal(truth.rewritten, ttl == 1 ? 0 : cases[i / 2].kinds);
			assert_int_equal(answer.quote_len, sent.len);
			describe(text, sizeof(text), &sent, &answer);
			if (strncmp(text, ttl == 1 ? "" : wanted, strlen(wanted)) != 0 ||
			    (*wanted == '\0' && *text != '\0'))
				fail_msg("%s: %s, not %s", cases[i / 2].text, text, wanted);
			assert_int_equal(sum_quote(answer.quote, answer.quote_len), 0xffff);
			assert_int_equal(
				pathsim_quoted(sim, sent.bytes, sent.len, seen, sizeof(seen)),
				sent.len);
			assert_memory_equal(seen, answer.quote, sent.len);
		}
		pathsim_free(sim);
	}
}

/* The offset belongs to the flow: the distances of numbers stay. */
static void test_isn_offset(void **state)
{
	struct pathsim *sim = network_with("isn at 1 untranslated");
	uint32_t offsets[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct probe probe = syn(false, 2);
		struct answer answer;

		probe.seq += (uint32_t)(i % 2) * 77;
		probe.sport = (uint16_t)(40000 + i / 2);
		assert_true(ask(sim, i * MS, &probe, &answer));
		offsets[i] = number32(answer.quote + 24) - probe.seq;
		assert_int_not_equal(offsets[i], 0);
	}
	assert_int_equal(offsets[0], offsets[1]);
	assert_int_not_equal(offsets[0], offsets[2]);
	pathsim_free(sim);
}

static void test_destination(void **state)
{
	static const struct {
		const char *text;
		bool has_ts;
		uint8_t flags;
	} cases[] = {
		{"nat 192.0.2.77:1000 at 2 unrestored\nisn at 2 untranslated", true,
		 SYN | ACK | ECE},
		{"timestamps at 3", false, SYN | ACK | ECE},
		{"ece at 4", true, SYN | ACK},
		{"timestamps at 5", true, SYN | ACK | ECE},
		{"options at 1", true, SYN | ACK | ECE},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct pathsim *sim = network_with(cases[i / 2].text);
		struct probe probe = syn(i % 2 != 0, 9);
		struct answer answer;

		assert_true(ask(sim, MS, &probe, &answer));
		assert_addr(&answer.from, probe.to);
		assert_int_equal(answer.dport, 40000);
		assert_int_equal(answer.ack, probe.seq + 1);
		assert_int_equal(answer.flags, cases[i / 2].flags);
		assert_int_equal(answer.has_ts, cases[i / 2].has_ts);
		pathsim_free(sim);
	}
}

static void test_quoted_ttl(void **state)
{
	static const struct {
		const char *text;
		uint8_t seen;
	} cases[] = {{"", 1}, {"quote-ttl 0", 0}, {"quote-ttl 1", 1}, {"quote-ttl sent", 3}};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		char text[300] = "prober 198.18.0.1 2001:db8::1\nhop 1-2 silent\n"
				 "hop 3 203.0.113.3 2001:db8:1::3 ";
		struct probe probe = syn(i % 2 != 0, 3);
		struct answer answer;
		struct pathsim *sim;

		strcat(strcat(text, cases[i / 2].text), "\ndestination " TO4 " " TO6 " at 4\n");
		sim = network(text);
		assert_true(ask(sim, MS, &probe, &answer));
		assert_int_equal(answer.quote[i % 2 != 0 ? 7 : 8], cases[i / 2].seen);
		pathsim_free(sim);
	}
}

/* Those for all come first; nobody's address has them too. */
static void test_for_all(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\nhop 1 203.0.113.1\nhop 2 203.0.113.2\n"
				      "tos 4 at 1\n"
				      "destination " TO4 " at 3\ntos 8 at 2\n");
	static const struct {
		const char *to;
		uint8_t ttl, tos;
	} cases[] = {{TO4, 1, 4}, {TO4, 2, 8}, {"192.0.2.200", 2, 4}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct probe probe = syn(false, cases[i].ttl);
		struct answer answer;

		probe.to = cases[i].to;
		assert_true(ask(sim, i * MS, &probe, &answer));
		assert_int_equal(answer.quote[1], cases[i].tos);
	}
	pathsim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes_show_it), cmocka_unit_test(test_isn_offset),
		cmocka_unit_test(test_destination),    cmocka_unit_test(test_quoted_ttl),
		cmocka_unit_test(test_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
