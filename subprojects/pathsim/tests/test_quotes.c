/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors: their header, and the probe they quote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static void test_time_exceeded(void **state)
{
	struct pathsim *sim = network(five_hops);
	struct probe probe = syn_to(TO4, 1);
	struct packet sent = craft(&probe);
	struct answer answer, next;

	(void)state;
	assert_true(ask(sim, 0, &probe, &answer));
	assert_int_equal(answer.protocol, 1);
	assert_int_equal(answer.type, 11);
	assert_int_equal(answer.code, 0);
	assert_int_equal(answer.packet.bytes[1], 0xc0);
	assert_int_equal(answer.quote_len, 60);
	assert_memory_equal(answer.quote, sent.bytes, 60);
	assert_true(ask(sim, MS, &probe, &next)); /* the IP ID counts */
	assert_int_equal((uint16_t)(number16(answer.packet.bytes + 4) + 1),
			 number16(next.packet.bytes + 4));
	probe.ttl = 4;
	assert_true(ask(sim, 2 * MS, &probe, &answer));
	assert_int_equal(answer.packet.bytes[0], 0x47); /* 8 bytes of options */
	assert_int_equal(number32(answer.packet.bytes + 20), 0x94040000);
	assert_int_equal(answer.quote[8], 1); /* TTL as it arrived */
	assert_memory_equal(answer.quote + 20, sent.bytes + 20, 40);
	pathsim_free(sim);
}

static void test_time_exceeded_ipv6(void **state)
{
	struct pathsim *sim = network(five_hops);
	struct probe probe = syn_to(TO6, 4);
	struct packet sent = craft(&probe);
	struct answer answer;

	(void)state;
	sent.bytes[7] = 1;
	assert_true(ask(sim, 0, &probe, &answer));
	assert_int_equal(answer.packet.bytes[6], 0); /* the hop-by-hop header */
	assert_int_equal(answer.protocol, 58);
	assert_int_equal(answer.type, 3);
	assert_int_equal(answer.quote_len, 80);
	assert_memory_equal(answer.quote, sent.bytes, 80);
	pathsim_free(sim);
}

static void test_quote_lengths(void **state)
{
	static const struct {
		const char *quote;
		size_t len4, len6; /* of what is quoted; the probe has 1400 bytes */
	} cases[] = {
		{"", 548, 1232},
		{"quote linux", 548, 1232},
		{"quote full", 1400, 1400},
		{"quote 0", 20, 40},
		{"quote 7", 27, 47},
		{"quote 8", 28, 48},
		{"quote 128", 148, 168},
		{"quote 1472", 1400, 1400},
		{"options 40", 508, 1184},
		{"options 40 quote full", 1400, 1400},
	};
	static const uint8_t data[1400] = {0};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool ipv6 = i % 2 != 0;
		struct probe probe = {.to = ipv6 ? TO6 : TO4,
				      .ttl = 1,
				      .flags = SYN,
				      .data = data,
				      .data_len = ipv6 ? 1340 : 1360};
		char text[400] = "prober 198.18.0.1 2001:db8::1\nhop 1 203.0.113.1 2001:db8:1::1 ";
		struct answer answer;
		struct pathsim *sim;

		strcat(strcat(text, cases[i / 2].quote), "\ndestination " TO4 " " TO6 " at 2\n");
		sim = network(text);
		assert_true(ask(sim, 0, &probe, &answer));
		assert_int_equal(answer.quote_len, ipv6 ? cases[i / 2].len6 : cases[i / 2].len4);
		pathsim_free(sim);
	}
}

static void test_rejects(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1 2001:db8::1\n"
				      "hop 1 203.0.113.1 2001:db8:1::1\n"
				      "hop 2 203.0.113.2 2001:db8:1::2 reject code 13\n"
				      "hop 3 203.0.113.3 2001:db8:1::3\n"
				      "destination " TO4 " " TO6 " at 4\n"
				      "destination 198.51.100.11 2001:db8:ff::11 at 4\n"
				      "hop 2 203.0.113.22 2001:db8:1::22\n"
				      "port 9 rejected code 3\n");
	static const struct {
		const char *to;
		uint8_t ttl;
		const char *from;
		uint8_t type, code, quoted_ttl;
	} cases[] = {
		{TO4, 2, "203.0.113.2", 11, 0, 1},
		{TO4, 3, "203.0.113.2", 3, 13, 1},
		{TO4, 30, "203.0.113.2", 3, 13, 28},
		{TO6, 2, "2001:db8:1::2", 3, 0, 1},
		{TO6, 30, "2001:db8:1::2", 1, 1, 28},
		{"198.51.100.11", 2, "203.0.113.22", 11, 0, 1},
		{"198.51.100.11", 3, "203.0.113.3", 11, 0, 1},
		{"198.51.100.11", 9, "198.51.100.11", 3, 3, 6},
		{"2001:db8:ff::11", 9, "2001:db8:ff::11", 1, 4, 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = syn_to(cases[i].to, cases[i].ttl);
		bool ipv6 = strchr(probe.to, ':') != NULL;
		struct answer answer;

		probe.dport = 9;
		assert_true(ask(sim, i * MS, &probe, &answer));
		assert_addr(&answer.from, cases[i].from);
		assert_int_equal(answer.type, cases[i].type);
		assert_int_equal(answer.code, cases[i].code);
		assert_int_equal(answer.quote[ipv6 ? 7 : 8], cases[i].quoted_ttl);
	}
	pathsim_free(sim);
}

/* The first hop that rejects is the one; it can be asked itself, what lies behind it cannot. */
static void test_two_reject(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\n"
				      "hop 1 203.0.113.1\n"
				      "hop 2 203.0.113.2 reject code 9\n"
				      "hop 3 203.0.113.3 reject code 10\n"
				      "destination " TO4 " at 4\n");
	struct probe probe = syn_to(TO4, 9);
	struct answer answer;

	(void)state;
	assert_true(ask(sim, 0, &probe, &answer));
	assert_addr(&answer.from, "203.0.113.2");
	assert_int_equal(answer.code, 9);
	probe.to = "203.0.113.2";
	assert_true(ask(sim, MS, &probe, &answer));
	assert_int_equal(answer.flags, RST | ACK);
	probe.to = "203.0.113.3";
	assert_true(ask(sim, 2 * MS, &probe, &answer));
	assert_addr(&answer.from, "203.0.113.2");
	pathsim_free(sim);
}

/* What is quoted was rewritten, with checksums that fit; the destination answers as itself. */
static void test_dnat(void **state)
{
	static const struct {
		const char *to;
		uint8_t ttl;
		const char *seen;
		uint16_t port;
	} cases[] = {
		{TO4, 1, TO4, 80},
		{TO4, 2, "10.6.35.86", 8080},
		{TO4, 3, "10.6.35.86", 8080},
		{TO6, 1, TO6, 80},
		{TO6, 2, TO6, 80},
		{TO6, 3, "fd00:6:35::86", 80},
	};
	struct pathsim *sim = network("prober 198.18.0.1 2001:db8::1\n"
				      "hop 1 203.0.113.1 2001:db8:1::1\n"
				      "hop 2 203.0.113.2 2001:db8:1::2\n"
				      "hop 3 203.0.113.3 2001:db8:1::3\n"
				      "destination " TO4 " " TO6 " at 4\n"
				      "port 80 open\n"
				      "dnat 10.6.35.86:8080 at 2\n"
				      "dnat fd00:6:35::86 at 3\n");
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = syn_to(cases[i].to, cases[i].ttl), seen = probe;
		struct packet wanted;

		seen.to = cases[i].seen;
		seen.dport = cases[i].port;
		seen.ttl = 1;
		wanted = craft(&seen);
		assert_true(ask(sim, i * MS, &probe, &answer));
		assert_int_equal(answer.quote_len, wanted.len);
		assert_memory_equal(answer.quote, wanted.bytes, wanted.len);
	}
	for (size_t i = 0; i < 2; i++) {
		struct probe probe = syn_to(i == 0 ? TO4 : TO6, 9);

		assert_true(ask(sim, (100 + i) * MS, &probe, &answer));
		assert_int_equal(answer.flags, SYN | ACK);
		assert_addr(&answer.from, i == 0 ? TO4 : TO6);
	}
	pathsim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_exceeded), cmocka_unit_test(test_time_exceeded_ipv6),
		cmocka_unit_test(test_quote_lengths), cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_two_reject),    cmocka_unit_test(test_dnat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
