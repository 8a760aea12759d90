/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a destination's TCP answers, as Linux 6.18 was seen to answer the same segments.
 *
 * Answers are written as text: flags, our number relative to the first SYN|ACK of the connection
 * (s, or x if it is another connection's), and the acknowledged number relative to the base.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

#define ISN 0x10000000U
#define LIMIT 12

static const char scenario[] = "prober 198.18.0.1 2001:db8::1\n"
			       "destination 198.51.100.10 2001:db8:ff::10 at 1 rtt 100ms\n"
			       "port 443 open\n"
			       "port 444 open ecn\n"
			       "port 80 closed\n"
			       "port 25 dropped\n"
			       "port 7 answers ACK PSH\n"
			       "port 8 answers none\n"
			       "destination 198.51.100.20 2001:db8:ff::20 at 1 rtt 100ms\n"
			       "stack syncookies\n"
			       "port 443 open\n"
			       "destination 198.51.100.30 2001:db8:ff::30 at 1 rtt 100ms ttl 128\n"
			       "stack bsd\nport 443 open\nrstlimit 2/s\n"
			       "destination 198.51.100.40 2001:db8:ff::40 at 1 rtt 100ms\n"
			       "stack mute\nport 443 open\n"
			       "destination 198.51.100.50 2001:db8:ff::50 at 1 rtt 100ms\n"
			       "stack bareack\nport 443 open\n"
			       "destination 198.51.100.60 2001:db8:ff::60 at 1 rtt 100ms\n"
			       "stack noackrst\nport 443 open\n"
			       "destination 198.51.100.70 2001:db8:ff::70 at 1 rtt 100ms\n"
			       "stack linux without timestamps\nport 443 open\n";

struct step {
	int64_t after_ms;
	int64_t seq; /* relative to ISN */
	uint8_t flags;
	uint32_t ts; /* 0: bare header */
	size_t data;
	int64_t ack_seq; /* ACK: relative to the number of the SYN|ACK */
};

struct play {
	const char *name;
	uint16_t port;
	int stack; /* which destination */
	const char *answers;
	uint64_t until_ms; /* after the last step; 0: 110 */
	struct step steps[LIMIT];
};

static const char *flag_text(uint8_t flags)
{
	static const struct {
		uint8_t flags;
		const char *text;
	} names[] = {{SYN | ACK, "SA"}, {SYN | ACK | ECE, "SAE"}, {ACK, "A"}, {RST, "R"},
		     {RST | ACK, "RA"}, {ACK | PSH, "PA"},        {0, "none"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].flags == flags)
			return names[i].text;
	return "other";
}

struct run {
	char text[1000];
	uint32_t iss;
	bool has_iss;
};

static void write_answer(struct run *run, const struct answer *answer)
{
	size_t used = strlen(run->text);
	int64_t ours = (int32_t)(answer->seq - run->iss);
	char number[32], echo[32] = "";

	if ((answer->flags & SYN) != 0 && !run->has_iss) {
		run->iss = answer->seq;
		run->has_iss = true;
		ours = 0;
	}
	if (answer->seq < 0x10000)
		snprintf(number, sizeof(number), "%u", answer->seq);
	else if (run->has_iss && ours >= 0 && ours < 10)
		snprintf(number, sizeof(number), "s%+d", (int)ours);
	else
		snprintf(number, sizeof(number), "x");
	if (answer->has_ts)
		snprintf(echo, sizeof(echo), " ts%u", answer->ts_echo);
	snprintf(run->text + used, sizeof(run->text) - used, "%s%s %s %d%s", used > 0 ? ", " : "",
		 flag_text(answer->flags), number,
		 (answer->flags & ACK) != 0 ? (int)(answer->ack - ISN) : 0, echo);
}

static void play_steps(struct pathsim *sim, const struct play *play, bool ipv6, struct run *run)
{
	static const char *const names[7][2] = {
		{"198.51.100.10", "2001:db8:ff::10"}, {"198.51.100.20", "2001:db8:ff::20"},
		{"198.51.100.30", "2001:db8:ff::30"}, {"198.51.100.40", "2001:db8:ff::40"},
		{"198.51.100.50", "2001:db8:ff::50"}, {"198.51.100.60", "2001:db8:ff::60"},
		{"198.51.100.70", "2001:db8:ff::70"},
	};
	uint64_t now = MS;
	struct answer answer;

	for (size_t i = 0; i < LIMIT && (play->steps[i].flags != 0 || i == 0); i++) {
		const struct step *step = &play->steps[i];
		struct probe probe = {.to = names[play->stack][ipv6],
				      .ttl = 9,
				      .sport = 50000,
				      .dport = play->port,
				      .seq = (uint32_t)((int64_t)ISN + step->seq),
				      .flags = step->flags,
				      .full_options = step->ts != 0,
				      .ts_value = step->ts,
				      .data = "hello",
				      .data_len = step->data};

		now += (uint64_t)step->after_ms * MS;
		while (take(sim, now - 1, &answer))
			write_answer(run, &answer);
		if ((step->flags & ACK) != 0)
			probe.ack = run->has_iss ? run->iss + (uint32_t)step->ack_seq
						 : (uint32_t)step->ack_seq;
		give(sim, now, &probe);
	}
	now += (play->until_ms != 0 ? play->until_ms : 110) * MS;
	while (take(sim, now, &answer))
		write_answer(run, &answer);
}

enum { LINUX, COOKIES, BSD, MUTE, BAREACK, NOACKRST, PLAIN };

static const struct play plays[] = {
	{"bsd: any SYN again, with the newest timestamp",
	 443,
	 BSD,
	 "SA s+0 1 ts7, SA s+0 1 ts8, SA s+0 1 ts3",
	 0,
	 {{.flags = SYN, .ts = 7},
	  {.flags = SYN, .seq = 1, .ts = 8},
	  {.flags = SYN, .seq = -99999, .ts = 3}}},
	{"bsd: repeated three times",
	 443,
	 BSD,
	 "SA s+0 1, SA s+0 1, SA s+0 1, SA s+0 1",
	 30000,
	 {{.flags = SYN}}},
	{"bsd: a reset in the window",
	 443,
	 BSD,
	 "SA s+0 1",
	 30000,
	 {{.flags = SYN}, {.flags = RST, .seq = 1}}},
	{"bsd: resets are limited",
	 80,
	 BSD,
	 "RA 0 1, RA 0 2, RA 0 6",
	 0,
	 {{.flags = SYN},
	  {.flags = SYN, .seq = 1},
	  {.flags = SYN, .seq = 2},
	  {.flags = SYN, .seq = 3},
	  {.flags = SYN, .seq = 4},
	  {.flags = SYN, .seq = 5, .after_ms = 600}}},
	{"mute",
	 443,
	 MUTE,
	 "SA s+0 1",
	 30000,
	 {{.flags = SYN}, {.flags = SYN}, {.flags = RST, .seq = 1}, {.flags = SYN, .seq = 5}}},
	{"without timestamps: none is echoed, and none counts",
	 443,
	 PLAIN,
	 "SA s+0 1, SA s+0 1",
	 30000,
	 {{.flags = SYN, .ts = 9},
	  {.flags = SYN, .ts = 8, .after_ms = 600},
	  {.flags = RST, .seq = 1}}},
	{"mute, a closed port", 80, MUTE, "RA 0 1", 0, {{.flags = SYN}}},
	{"bareack",
	 443,
	 BAREACK,
	 "A x 1, A x 8",
	 30000,
	 {{.flags = SYN}, {.flags = SYN, .seq = 7}, {.flags = RST, .seq = 1}}},
	{"noackrst, closed", 80, NOACKRST, "R 0 0", 0, {{.flags = SYN}}},
	{"noackrst, open", 443, NOACKRST, "SA s+0 1", 0, {{.flags = SYN}}},
	{"eight equal SYNs",
	 443,
	 LINUX,
	 "SA s+0 1, SA s+0 1",
	 0,
	 {{.flags = SYN},
	  {.flags = SYN},
	  {.flags = SYN},
	  {.flags = SYN},
	  {.flags = SYN},
	  {.flags = SYN},
	  {.flags = SYN},
	  {.flags = SYN}}},
	{"equal, timestamps rising",
	 443,
	 LINUX,
	 "SA s+0 1 ts7, SA s+0 1 ts7",
	 0,
	 {{.flags = SYN, .ts = 7}, {.flags = SYN, .ts = 8}, {.flags = SYN, .ts = 9}}},
	{"equal, timestamps falling",
	 443,
	 LINUX,
	 "SA s+0 1 ts9, A s+1 1 ts9",
	 0,
	 {{.flags = SYN, .ts = 9}, {.flags = SYN, .ts = 8}, {.flags = SYN, .ts = 7}}},
	{"numbers rising by one",
	 443,
	 LINUX,
	 "SA s+0 1, RA 0 2, SA x 3, RA 0 4",
	 0,
	 {{.flags = SYN},
	  {.flags = SYN, .seq = 1},
	  {.flags = SYN, .seq = 2},
	  {.flags = SYN, .seq = 3}}},
	{"numbers far apart",
	 443,
	 LINUX,
	 "SA s+0 1, A s+1 1",
	 0,
	 {{.flags = SYN}, {.flags = SYN, .seq = 100000}, {.flags = SYN, .seq = 200000}}},
	{"numbers falling",
	 443,
	 LINUX,
	 "SA s+0 1, A s+1 1",
	 0,
	 {{.flags = SYN}, {.flags = SYN, .seq = -1}, {.flags = SYN, .seq = -2}}},
	{"equal every 300 ms",
	 443,
	 LINUX,
	 "SA s+0 1, SA s+0 1, SA s+0 1",
	 0,
	 {{.flags = SYN}, {300, .flags = SYN}, {300, .flags = SYN}, {300, .flags = SYN}}},
	{"the limit is one for both kinds",
	 443,
	 LINUX,
	 "SA s+0 1, A s+1 1",
	 0,
	 {{.flags = SYN}, {.flags = SYN, .seq = -9}, {499, .flags = SYN}}},
	{"just after the limit",
	 443,
	 LINUX,
	 "SA s+0 1, A s+1 1, SA s+0 1",
	 0,
	 {{.flags = SYN}, {.flags = SYN, .seq = -9}, {500, .flags = SYN}}},
	{"reset with the right number",
	 443,
	 LINUX,
	 "SA s+0 1, SA x 1",
	 0,
	 {{.flags = SYN}, {.flags = RST, .seq = 1}, {.flags = SYN}}},
	{"reset elsewhere in the window",
	 443,
	 LINUX,
	 "SA s+0 1, A s+1 1",
	 0,
	 {{.flags = SYN}, {.flags = RST, .seq = 100}, {.flags = SYN}}},
	{"reset outside the window",
	 443,
	 LINUX,
	 "SA s+0 1, SA s+0 1",
	 0,
	 {{.flags = SYN}, {.flags = RST, .seq = -100}, {.flags = SYN}}},
	{"timestamp 0 is none",
	 443,
	 LINUX,
	 "SA s+0 1, A s+1 1",
	 0,
	 {{.flags = SYN}, {.flags = SYN, .seq = -9000, .ts = 5}}},
	{"bare ACK with timestamps",
	 443,
	 LINUX,
	 "SA s+0 1 ts7, A s+1 1 ts7",
	 0,
	 {{.flags = SYN, .ts = 7}, {.flags = SYN, .seq = -9000, .ts = 8}}},
	{"SYN|ACK repeated", 443, LINUX, "SA s+0 1, SA s+0 1, SA s+0 1", 3200, {{.flags = SYN}}},
	{"repeated five times",
	 443,
	 LINUX,
	 "SA s+0 1, SA s+0 1, SA s+0 1, SA s+0 1, SA s+0 1, SA s+0 1",
	 100000,
	 {{.flags = SYN}}},
	{"answered ones are not repeated",
	 443,
	 LINUX,
	 "SA s+0 1",
	 5000,
	 {{.flags = SYN}, {100, .flags = RST, .seq = 1}}},
	{"handshake completed, then closed",
	 443,
	 LINUX,
	 "SA s+0 1, R s+1 0",
	 5000,
	 {{.flags = SYN},
	  {101, .flags = ACK, .seq = 1, .ack_seq = 1},
	  {1, .flags = FIN | ACK, .seq = 1, .ack_seq = 1}}},
	{"half-open, wrong ACK",
	 443,
	 LINUX,
	 "SA s+0 1, R x 0",
	 0,
	 {{.flags = SYN}, {101, .flags = ACK, .seq = 1, .ack_seq = 99999}}},
	{"SYN with data", 443, LINUX, "SA s+0 1", 0, {{.flags = SYN, .data = 5}}},
	{"open: ACK", 443, LINUX, "R 1911 0", 0, {{.flags = ACK, .ack_seq = 1911}}},
	{"open: SYN|ACK", 443, LINUX, "R 1911 0", 0, {{.flags = SYN | ACK, .ack_seq = 1911}}},
	{"open: SYN|FIN", 443, LINUX, "", 0, {{.flags = SYN | FIN}}},
	{"open: FIN", 443, LINUX, "", 0, {{.flags = FIN}}},
	{"open: no flag", 443, LINUX, "", 0, {{.flags = 0}}},
	{"open: ECN not wanted", 443, LINUX, "SA s+0 1", 0, {{.flags = SYN | ECE | CWR}}},
	{"open ecn", 444, LINUX, "SAE s+0 1", 0, {{.flags = SYN | ECE | CWR}}},
	{"open ecn, not asked", 444, LINUX, "SA s+0 1", 0, {{.flags = SYN}}},
	{"closed: SYN", 80, LINUX, "RA 0 1", 0, {{.flags = SYN}}},
	{"closed: each SYN",
	 80,
	 LINUX,
	 "RA 0 1, RA 0 1, RA 0 6",
	 0,
	 {{.flags = SYN}, {.flags = SYN}, {.flags = SYN, .seq = 5}}},
	{"closed: SYN with data", 80, LINUX, "RA 0 6", 0, {{.flags = SYN, .data = 5}}},
	{"closed: ACK", 80, LINUX, "R 1911 0", 0, {{.flags = ACK, .ack_seq = 1911}}},
	{"closed: no flag", 80, LINUX, "RA 0 0", 0, {{.flags = 0}}},
	{"closed: FIN", 80, LINUX, "RA 0 1", 0, {{.flags = FIN}}},
	{"closed: RST", 80, LINUX, "", 0, {{.flags = RST}}},
	{"unlisted is closed", 81, LINUX, "RA 0 1", 0, {{.flags = SYN}}},
	{"dropped", 25, LINUX, "", 0, {{.flags = SYN}, {.flags = ACK}}},
	{"answers ACK PSH", 7, LINUX, "PA x 1", 0, {{.flags = SYN}}},
	{"answers none", 8, LINUX, "none x 0", 0, {{.flags = SYN}}},
	{"cookies: each SYN",
	 443,
	 COOKIES,
	 "SA s+0 1, SA s+0 1, SA x 2, SA x 0",
	 0,
	 {{.flags = SYN}, {.flags = SYN}, {.flags = SYN, .seq = 1}, {.flags = SYN, .seq = -1}}},
	{"cookies: own timestamp echoed",
	 443,
	 COOKIES,
	 "SA s+0 1 ts7, SA s+0 1 ts8",
	 0,
	 {{.flags = SYN, .ts = 7}, {.flags = SYN, .ts = 8}}},
	{"cookies: nothing is kept", 443, COOKIES, "SA s+0 1", 90000, {{.flags = SYN}}},
	{"cookies: right ACK",
	 443,
	 COOKIES,
	 "SA s+0 1",
	 0,
	 {{.flags = SYN}, {101, .flags = ACK, .seq = 1, .ack_seq = 1}}},
	{"cookies: wrong ACK",
	 443,
	 COOKIES,
	 "SA s+0 1, R x 0",
	 0,
	 {{.flags = SYN}, {101, .flags = ACK, .seq = 1, .ack_seq = 77777}}},
};

static void play_all(bool ipv6)
{
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		struct pathsim *sim = network(scenario);
		struct run run = {0};

		play_steps(sim, &plays[i], ipv6, &run);
		if (strcmp(run.text, plays[i].answers) != 0)
			fail_msg("%s: got %s, wanted %s", plays[i].name, run.text,
				 plays[i].answers);
		pathsim_free(sim);
	}
}

static void test_ipv4(void **state)
{
	(void)state;
	play_all(false);
}

static void test_ipv6(void **state)
{
	(void)state;
	play_all(true);
}

/* The window that decides has 64240 bytes for IPv4 without timestamps. */
static void test_window_edge(void **state)
{
	static const struct {
		uint32_t ahead;
		uint8_t flags;
		uint32_t ts;
		bool ipv6;
	} cases[] = {
		{64240, RST | ACK, 0, false}, {64241, ACK, 0, false},
		{65160, RST | ACK, 5, false}, {65161, ACK, 5, false},
		{64800, RST | ACK, 0, true},  {64801, ACK, 0, true},
		{64260, RST | ACK, 5, true},  {64261, ACK, 5, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pathsim *sim = network(scenario);
		struct probe probe = {.to = cases[i].ipv6 ? "2001:db8:ff::10" : "198.51.100.10",
				      .ttl = 5,
				      .dport = 443,
				      .seq = 0xfffffff0, /* wraps */
				      .flags = SYN,
				      .full_options = cases[i].ts != 0,
				      .ts_value = cases[i].ts};
		struct answer answer;

		assert_true(ask(sim, 0, &probe, &answer));
		probe.seq += cases[i].ahead;
		assert_true(ask(sim, 200 * MS, &probe, &answer));
		assert_int_equal(answer.flags, cases[i].flags);
		pathsim_free(sim);
	}
}

static void test_syn_ack_options(void **state)
{
	static const uint8_t start[] = {2, 4, 5, 0xb4, 4, 2, 8, 10}, end[] = {1, 3, 3, 10};
	struct pathsim *sim = network(scenario);
	struct probe probe = {.to = "198.51.100.10",
			      .ttl = 5,
			      .dport = 443,
			      .flags = SYN,
			      .full_options = true,
			      .ts_value = 99};
	struct answer answer;

	(void)state;
	assert_true(ask(sim, 0, &probe, &answer));
	assert_int_equal(answer.body_len, 40);
	assert_memory_equal(answer.body + 20, start, 8);
	assert_memory_equal(answer.body + 36, end, 4);
	probe.sport = 1;
	probe.full_options = false;
	probe.ts_only = true;
	assert_true(ask(sim, 200 * MS, &probe, &answer));
	assert_int_equal(answer.body_len, 36);
	assert_int_equal(answer.ts_echo, 99);
	pathsim_free(sim);
}

static void test_counts(void **state)
{
	struct pathsim *sim = network(scenario);
	struct probe probe = {.to = "198.51.100.10", .ttl = 5, .dport = 443, .flags = SYN};
	struct pathsim_addr to = addr("198.51.100.10");
	struct pathsim_counts counts;
	struct pathsim_totals totals;
	struct answer answer;

	(void)state;
	for (uint16_t i = 0; i < 10; i++) {
		probe.sport = i;
		give(sim, 0, &probe);
	}
	while (take(sim, 200 * MS, &answer))
		;
	assert_true(pathsim_host_counts(sim, &to, &counts));
	assert_int_equal(counts.syns, 10);
	assert_int_equal(counts.answered, 10);
	pathsim_totals(sim, &totals);
	assert_int_equal(totals.half_open, 10);
	assert_int_equal(totals.output, 10);
	pathsim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),        cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_window_edge), cmocka_unit_test(test_syn_ack_options),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
