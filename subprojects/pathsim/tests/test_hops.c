/* SPDX-License-Identifier: BSD-2-Clause */
/* Routers and hosts: who answers, when, and to what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static void test_who_answers(void **state)
{
	static const struct {
		const char *to;
		uint8_t ttl;
		const char *from; /* NULL: nobody */
		uint8_t answer_ttl;
		uint64_t ms;
	} cases[] = {
		{TO4, 1, "203.0.113.1", 64, 1},
		{TO4, 2, "203.0.113.2", 249, 5},
		{TO4, 3, NULL, 0, 0},
		{TO4, 4, "203.0.113.4", 61, 10},
		{TO4, 5, TO4, 60, 20},
		{TO4, 255, TO4, 60, 20},
		{TO6, 1, "2001:db8:1::1", 64, 1},
		{TO6, 2, NULL, 0, 0},
		{TO6, 4, "2001:db8:1::4", 61, 10},
		{TO6, 5, TO6, 60, 20},
		{"203.0.113.4", 2, "203.0.113.2", 249, 5}, /* a hop, asked itself */
		{"203.0.113.4", 9, "203.0.113.4", 61, 10},
		{"192.0.2.1", 1, "203.0.113.1", 64, 1}, /* nobody's address: the shared path */
		{"192.0.2.1", 9, NULL, 0, 0},
		{"224.0.0.1", 1, NULL, 0, 0},
		{"255.255.255.255", 1, NULL, 0, 0},
		{"ff02::2", 255, NULL, 0, 0},
		{TO4, 0, NULL, 0, 0},
	};
	struct pathsim *sim = network(five_hops);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = syn_to(cases[i].to, cases[i].ttl);
		struct packet packet = craft(&probe);
		struct pathsim_truth truth;
		struct answer answer;
		uint64_t now = 100000 * MS * (i + 1);

		probe.sport = (uint16_t)(1000 + i);
		pathsim_truth(sim, packet.bytes, packet.len, &truth);
		while (take(sim, now - 1, &answer)) /* SYN|ACKs repeated by those before */
			;
		if (!ask(sim, now, &probe, &answer)) {
			assert_null(cases[i].from);
			assert_int_equal(truth.from.family, 0);
			continue;
		}
		assert_non_null(cases[i].from);
		assert_addr(&answer.from, cases[i].from);
		assert_addr(&truth.from, cases[i].from);
		assert_int_equal(answer.ttl, cases[i].answer_ttl);
		assert_int_equal(answer.when_ns - now, cases[i].ms * MS);
		assert_int_equal(truth.rtt_ns, cases[i].ms * MS);
	}
	pathsim_free(sim);
}

static const char balanced[] = "prober 198.18.0.1 2001:db8::1\n"
			       "hop 1 203.0.113.1,203.0.113.2,203.0.113.3\n"
			       "hop 2 203.0.113.11,203.0.113.12 per packet\n"
			       "destination " TO4 " at 3\n";

static void test_balancing(void **state)
{
	struct pathsim *sim = network(balanced);
	unsigned int seen_flow[4] = {0}, seen_packet[13] = {0};

	(void)state;
	for (uint16_t i = 0; i < 300; i++) {
		struct probe probe = syn_to(TO4, 1);
		struct pathsim_truth truth;
		struct answer first, answer;
		struct packet packet;

		probe.sport = i;
		packet = craft(&probe);
		pathsim_truth(sim, packet.bytes, packet.len, &truth);
		assert_true(ask(sim, i * MS, &probe, &first));
		probe.seq++;
		probe.id++;
		assert_true(ask(sim, i * MS, &probe, &answer));
		assert_memory_equal(&first.from, &answer.from, sizeof(answer.from));
		assert_memory_equal(&first.from, &truth.from, sizeof(answer.from));
		assert_false(truth.drawn);
		seen_flow[answer.from.bytes[3]]++;
		probe.ttl = 2;
		assert_true(ask(sim, i * MS, &probe, &answer));
		seen_packet[answer.from.bytes[3]]++;
	}
	for (size_t i = 1; i <= 3; i++)
		assert_in_range(seen_flow[i], 70, 130);
	assert_in_range(seen_packet[11], 110, 190);
	assert_in_range(seen_packet[12], 110, 190);
	pathsim_free(sim);
}

static void test_loss_and_jitter(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\n"
				      "hop 1 203.0.113.1 rtt 10ms jitter 2ms loss 25%\n"
				      "destination " TO4 " at 2\n");
	struct probe probe = syn_to(TO4, 1);
	struct pathsim_addr to = addr(TO4);
	struct pathsim_counts counts;
	uint64_t got = 0, least = UINT64_MAX, most = 0;
	struct answer answer;

	(void)state;
	for (uint64_t i = 0; i < 2000; i++) {
		uint64_t now = i * 100 * MS;

		if (!ask(sim, now, &probe, &answer))
			continue;
		got++;
		least = answer.when_ns - now < least ? answer.when_ns - now : least;
		most = answer.when_ns - now > most ? answer.when_ns - now : most;
	}
	assert_in_range(got, 1400, 1600);
	assert_in_range(least, 10 * MS, 10 * MS + MS / 50);
	assert_in_range(most, 12 * MS - MS / 50, 12 * MS);
	assert_true(pathsim_hop_counts(sim, &to, 1, &counts));
	assert_false(pathsim_hop_counts(sim, &to, 2, &counts));
	assert_int_equal(counts.arrived, 2000);
	assert_int_equal(counts.answered, 2000);
	assert_int_equal(counts.lost, 2000 - got);
	pathsim_free(sim);
}

static void test_answers_keep_their_order(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1\n"
				      "hop 1 203.0.113.1 rtt 10ms jitter 5ms\n"
				      "destination " TO4 " at 2\n");
	struct answer answer;

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		struct probe probe = syn_to(TO4, 1);

		probe.id = i;
		give(sim, i * MS / 10, &probe);
	}
	for (uint16_t i = 0; i < 100; i++) {
		assert_true(take(sim, 100 * MS, &answer));
		assert_int_equal(number16(answer.quote + 4), i);
		assert_in_range(answer.when_ns, i * MS / 10 + 10 * MS, i * MS / 10 + 15 * MS);
	}
	pathsim_free(sim);
}

static void test_echo_and_udp(void **state)
{
	static const uint8_t data[20] = {0, 0, 0x12, 0x34, 0, 1, 'x'};
	static const struct {
		const char *to;
		uint8_t ttl, protocol, icmp_type, type, code;
	} cases[] = {
		{TO4, 9, 1, 8, 0, 0},      {"203.0.113.4", 9, 1, 8, 0, 0}, {TO4, 1, 1, 8, 11, 0},
		{TO6, 9, 58, 128, 129, 0}, {TO6, 1, 58, 128, 3, 0},        {TO4, 9, 17, 0, 3, 3},
		{TO6, 9, 17, 0, 1, 4},     {TO4, 4, 17, 0, 11, 0},         {TO4, 9, 132, 0, 3, 2},
	};
	struct pathsim *sim = network(five_hops);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe probe = {.to = cases[i].to,
				      .ttl = cases[i].ttl,
				      .sport = 1,
				      .dport = 33434,
				      .protocol = cases[i].protocol,
				      .icmp_type = cases[i].icmp_type,
				      .data = data,
				      .data_len = sizeof(data)};
		struct answer answer;

		assert_true(ask(sim, i * MS, &probe, &answer));
		assert_int_equal(answer.type, cases[i].type);
		assert_int_equal(answer.code, cases[i].code);
		if (answer.type == 0 || answer.type == 129)
			assert_memory_equal(answer.body + 4, data, sizeof(data));
	}
	pathsim_free(sim);
}

static void test_bad_packets(void **state)
{
	struct pathsim *sim = network(five_hops);
	struct probe probe = syn_to(TO4, 9);
	struct packet good = craft(&probe), bad;
	struct pathsim_totals totals;
	struct answer answer;

	(void)state;
	for (size_t len = 0; len < good.len; len++)
		assert_int_equal(pathsim_input(sim, 0, good.bytes, len), 0);
	bad = good;
	bad.bytes[10] ^= 1;
	assert_int_equal(pathsim_input(sim, 0, bad.bytes, bad.len), 0);
	pathsim_totals(sim, &totals);
	assert_int_equal(totals.malformed, good.len + 1);
	bad = good;
	bad.bytes[37] ^= 1; /* TCP checksum */
	assert_int_equal(pathsim_input(sim, 0, bad.bytes, bad.len), 0);
	assert_false(take(sim, 1000 * MS, &answer));
	pathsim_totals(sim, &totals);
	assert_int_equal(totals.bad_checksum, 1);
	assert_int_equal(totals.input, good.len + 2);
	pathsim_free(sim);
}

/* Any bytes: nothing worse than silence (with the sanitizers). */
static void test_random_bytes(void **state)
{
	struct pathsim *sim = network(five_hops);
	struct answer answer;

	(void)state;
	srand(1);
	for (uint64_t i = 0; i < 20000; i++) {
		struct probe probe = syn_to(i % 2 == 0 ? TO4 : TO6, (uint8_t)(rand() % 8));
		struct packet packet = craft(&probe);
		uint8_t *exact;

		packet.bytes[rand() % (int)packet.len] = (uint8_t)rand();
		packet.len -= (size_t)(rand() % 8);
		exact = malloc(packet.len);
		assert_non_null(exact);
		memcpy(exact, packet.bytes, packet.len);
		assert_int_equal(pathsim_input(sim, i * MS, exact, packet.len), 0);
		free(exact);
		while (take(sim, i * MS, &answer))
			;
	}
	pathsim_free(sim);
}

static size_t record(const char *text, uint64_t seed, uint8_t *bytes, size_t size)
{
	struct pathsim *sim = network(text);
	struct answer answer;
	size_t used = 0;

	pathsim_seed(sim, seed);
	for (uint16_t i = 0; i < 200; i++) {
		struct probe probe = syn_to(TO4, (uint8_t)(1 + i % 5));

		probe.sport = i;
		give(sim, i * MS, &probe);
	}
	while (take(sim, 5000 * MS, &answer)) {
		assert_true(used + answer.packet.len + 8 <= size);
		memcpy(bytes + used, &answer.when_ns, 8);
		memcpy(bytes + used + 8, answer.packet.bytes, answer.packet.len);
		used += 8 + answer.packet.len;
	}
	pathsim_free(sim);
	return used;
}

static void test_seeds(void **state)
{
	static const char text[] = "prober 198.18.0.1\n"
				   "hop 1 203.0.113.1,203.0.113.2 rtt 1ms jitter 1ms loss 10%\n"
				   "hop 2 203.0.113.11,203.0.113.12 per packet rtt 2ms\n"
				   "destination " TO4 " at 3 rtt 5ms jitter 1ms\n"
				   "port 80 open\n";
	static uint8_t a[100000], b[100000];
	size_t len = record(text, 7, a, sizeof(a)), other;

	(void)state;
	assert_int_equal(record(text, 7, b, sizeof(b)), len);
	assert_memory_equal(a, b, len);
	other = record(text, 8, b, sizeof(b));
	assert_true(other != len || memcmp(a, b, len) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_answers),
		cmocka_unit_test(test_balancing),
		cmocka_unit_test(test_loss_and_jitter),
		cmocka_unit_test(test_answers_keep_their_order),
		cmocka_unit_test(test_echo_and_udp),
		cmocka_unit_test(test_bad_packets),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
