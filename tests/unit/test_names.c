/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of names, with a real resolver and the test's own name server on one loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "name_server.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/loop.h"
#include "net/names.h"
#include "net/resolver.h"

struct lab {
	struct ttr_loop *loop;
	struct ttr_timer *guard;
	struct name_server server;
	struct ttr_resolver *resolver;
	struct ttr_names *names;
	size_t settled;
	size_t expected;
	bool asking;
	unsigned int held; /* queries that wait for release() */
	bool hold;
	struct ttr_addr last;
};

static void hang(void *context)
{
	(void)context;
	fail_msg("names did not come in 60 s");
}

static void note_settled(void *context, const struct ttr_addr *addr)
{
	struct lab *lab = context;

	assert_false(lab->asking);
	assert_false(ttr_names_pending(lab->names, addr));
	lab->last = *addr;
	if (++lab->settled == lab->expected)
		ttr_loop_quit(lab->loop);
}

static void setup(struct lab *lab, enum ttr_names_mode mode, int64_t timeout_ns)
{
	struct ttr_resolver_options options = {
		.servers = lab->server.address,
		.resolvconf = "/dev/null",
		.timeout_ns = timeout_ns,
	};

	memset(lab, 0, sizeof(*lab));
	assert_int_equal(ttr_loop_new(&lab->loop), 0);
	assert_int_equal(ttr_timer_new(&lab->guard, lab->loop, hang, NULL), 0);
	name_server_start(&lab->server, lab->loop);
	lab->server.context = lab;
	assert_int_equal(ttr_resolver_new(&lab->resolver, lab->loop, &options, NULL), 0);
	assert_int_equal(ttr_names_new(&lab->names, lab->resolver, mode, note_settled, lab), 0);
}

static void teardown(struct lab *lab)
{
	ttr_names_free(lab->names);
	ttr_resolver_free(lab->resolver);
	name_server_stop(&lab->server);
	ttr_timer_free(lab->guard);
	ttr_loop_free(lab->loop);
}

static void ask(struct lab *lab, const struct ttr_addr *addr)
{
	lab->asking = true;
	ttr_names_ask(lab->names, addr);
	lab->asking = false;
}

static void wait_for(struct lab *lab, size_t expected)
{
	lab->expected = expected;
	ttr_timer_arm(lab->guard, 60 * TTR_NS_PER_S);
	assert_int_equal(ttr_loop_run(lab->loop), 0);
	ttr_timer_disarm(lab->guard);
	assert_int_equal(lab->settled, expected);
}

static struct ttr_addr numbered(size_t number)
{
	return (struct ttr_addr){
		.family = TTR_FAMILY_IPV6,
		.bytes = {0x20, 0x01, 0x0d, 0xb8, [13] = (uint8_t)(number >> 16),
			  [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number},
	};
}

static struct ttr_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {a, b, c, d}};
}

/* "h" and the first label of the question; none for those that start with "f". */
static void answer_label(void *context, struct name_server *server,
			 const struct dns_question *question)
{
	static struct dns_message message;
	char name[300];
	uint8_t wire[512];

	(void)context;
	dns_begin(&message, question, question->name[0] == 'f' ? DNS_OK | 3 : DNS_OK);
	if (question->name[0] != 'f') {
		snprintf(name, sizeof(name), "h%.10s.example", question->name);
		for (char *at = name; *at && at < name + 11; at++)
			if (*at == '.')
				*at = '-';
		dns_record(&message, DNS_PTR, wire, dns_wire_name(wire, name));
	}
	name_server_send(server, message.bytes, message.length);
}

static void test_one(void **state)
{
	const struct ttr_addr known = v4(192, 0, 2, 1), other = v4(192, 0, 2, 2);
	struct lab lab;

	(void)state;
	setup(&lab, TTR_NAMES_PUBLIC, 8 * TTR_NS_PER_S);
	lab.server.answer = answer_label;
	ask(&lab, &known);
	ask(&lab, &known);
	assert_true(ttr_names_pending(lab.names, &known));
	assert_false(ttr_names_pending(lab.names, &other));
	assert_int_equal(ttr_names_pending_count(lab.names), 1);
	assert_null(ttr_names_get(lab.names, &known));
	wait_for(&lab, 1);
	assert_true(ttr_addr_equal(&lab.last, &known));
	assert_int_equal(ttr_names_pending_count(lab.names), 0);
	assert_string_equal(ttr_names_get(lab.names, &known), "h1-2-0-192-.example");
	assert_null(ttr_names_get(lab.names, &other));
	ask(&lab, &known);
	assert_false(ttr_names_pending(lab.names, &known));
	assert_int_equal(lab.server.queries, 1);
	teardown(&lab);
}

static void test_policy(void **state)
{
	static const struct {
		struct ttr_addr addr;
		bool with_public, with_all;
	} cases[] = {
		{{.family = TTR_FAMILY_IPV4, .bytes = {10, 0, 0, 1}}, false, true},
		{{.family = TTR_FAMILY_IPV4, .bytes = {172, 31, 0, 1}}, false, true},
		{{.family = TTR_FAMILY_IPV4, .bytes = {192, 168, 0, 1}}, false, true},
		{{.family = TTR_FAMILY_IPV4, .bytes = {172, 32, 0, 1}}, true, true},
		{{.family = TTR_FAMILY_IPV4, .bytes = {100, 64, 0, 1}}, true, true},
		{{.family = TTR_FAMILY_IPV6, .bytes = {0xfd, [15] = 1}}, true, true},
		{{.family = TTR_FAMILY_NONE}, false, false},
	};

	(void)state;
	for (enum ttr_names_mode mode = TTR_NAMES_NONE; mode <= TTR_NAMES_ALL; mode++) {
		struct lab lab;

		setup(&lab, mode, 8 * TTR_NS_PER_S);
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const bool wanted = mode == TTR_NAMES_ALL      ? cases[i].with_all
					    : mode == TTR_NAMES_PUBLIC ? cases[i].with_public
								       : false;

			ask(&lab, &cases[i].addr);
			assert_true(ttr_names_pending(lab.names, &cases[i].addr) == wanted);
		}
		teardown(&lab);
	}
}

static void test_without_resolver(void **state)
{
	const struct ttr_addr addr = v4(192, 0, 2, 1);
	struct ttr_names *names;

	(void)state;
	assert_int_equal(ttr_names_new(&names, NULL, TTR_NAMES_NONE, NULL, NULL), 0);
	ttr_names_ask(names, &addr);
	assert_int_equal(ttr_names_pending_count(names), 0);
	ttr_names_free(names);
	ttr_names_free(NULL);
}

static void test_thousand(void **state)
{
	enum { THOUSAND = 1000 };
	struct lab lab;

	(void)state;
	setup(&lab, TTR_NAMES_PUBLIC, 8 * TTR_NS_PER_S);
	lab.server.answer = answer_label;
	for (size_t i = 0; i < THOUSAND; i++) {
		const struct ttr_addr addr = numbered(i);

		ask(&lab, &addr);
	}
	assert_int_equal(ttr_names_pending_count(lab.names), THOUSAND);
	wait_for(&lab, THOUSAND);
	assert_int_equal(lab.server.queries, THOUSAND);
	for (size_t i = 0; i < THOUSAND; i++) {
		const struct ttr_addr addr = numbered(i);
		const char *name = ttr_names_get(lab.names, &addr);
		char expected[64];

		snprintf(expected, sizeof(expected), "h%zx-%zx-%zx-0-0-.example", i & 15,
			 i >> 4 & 15, i >> 8 & 15);
		if ((i & 15) == 15)
			assert_null(name);
		else
			assert_string_equal(name, expected);
	}
	teardown(&lab);
}

/* A server that holds its answers back sees as many queries as may be in flight, not more. */
static void hold_or_answer(void *context, struct name_server *server,
			   const struct dns_question *question)
{
	struct lab *lab = context;

	if (!lab->hold)
		answer_label(context, server, question);
	else if (++lab->held == lab->expected)
		ttr_loop_quit(lab->loop);
}

static void quit(void *context)
{
	ttr_loop_quit(context);
}

static void run_for(struct lab *lab, int64_t time_ns)
{
	struct ttr_timer *timer;

	assert_int_equal(ttr_timer_new(&timer, lab->loop, quit, lab->loop), 0);
	ttr_timer_arm(timer, time_ns);
	ttr_loop_run(lab->loop);
	ttr_timer_free(timer);
}

static void test_in_flight(void **state)
{
	struct lab lab;

	(void)state;
	setup(&lab, TTR_NAMES_PUBLIC, 2 * TTR_NS_PER_S);
	lab.hold = true;
	lab.server.answer = hold_or_answer;
	for (size_t i = 0; i < 100; i++) {
		const struct ttr_addr addr = numbered(16 * i);

		ask(&lab, &addr);
	}
	lab.expected = TTR_NAMES_IN_FLIGHT;
	ttr_timer_arm(lab.guard, 60 * TTR_NS_PER_S);
	assert_int_equal(ttr_loop_run(lab.loop), 0);
	run_for(&lab, 10 * TTR_NS_PER_MS);
	assert_int_equal(lab.held, TTR_NAMES_IN_FLIGHT);
	assert_int_equal(ttr_names_pending_count(lab.names), 100);
	ttr_names_stop(lab.names);
	assert_int_equal(ttr_names_pending_count(lab.names), 0);
	lab.hold = false;
	run_for(&lab, 10 * TTR_NS_PER_MS);
	assert_int_equal(lab.settled, 0);
	assert_int_equal(lab.server.queries, TTR_NAMES_IN_FLIGHT);
	teardown(&lab);
}

/* Nobody answers: each name costs two queries, and all of them fail together. */
static void test_dead_server(void **state)
{
	struct lab lab;
	struct ttr_mono start;

	(void)state;
	setup(&lab, TTR_NAMES_PUBLIC, 30 * TTR_NS_PER_MS);
	start = ttr_mono_now();
	for (size_t i = 0; i < TTR_NAMES_IN_FLIGHT; i++) {
		const struct ttr_addr addr = numbered(i);

		ask(&lab, &addr);
	}
	wait_for(&lab, TTR_NAMES_IN_FLIGHT);
	assert_true(ttr_mono_now().ns - start.ns >= 90 * TTR_NS_PER_MS);
	assert_int_equal(lab.server.queries, 2 * TTR_NAMES_IN_FLIGHT);
	teardown(&lab);
}

/* The port is closed: 100 names fail without any waiting. */
static void test_closed_port(void **state)
{
	struct lab lab;
	struct ttr_mono start;

	(void)state;
	setup(&lab, TTR_NAMES_PUBLIC, 20 * TTR_NS_PER_S);
	name_server_stop(&lab.server);
	start = ttr_mono_now();
	for (size_t i = 0; i < 100; i++) {
		const struct ttr_addr addr = numbered(i);

		ask(&lab, &addr);
	}
	wait_for(&lab, 100);
	assert_true(ttr_mono_now().ns - start.ns < 10 * TTR_NS_PER_S);
	name_server_start(&lab.server, lab.loop);
	teardown(&lab);
}

static void test_full_table(void **state)
{
	struct ttr_addr addr;
	struct lab lab;

	(void)state;
	setup(&lab, TTR_NAMES_PUBLIC, 8 * TTR_NS_PER_S);
	for (size_t i = 0; i < TTR_NAMES_MAX + 100; i++) {
		addr = numbered(i);
		ask(&lab, &addr);
	}
	assert_int_equal(ttr_names_pending_count(lab.names), TTR_NAMES_MAX);
	assert_false(ttr_names_pending(lab.names, &addr));
	assert_null(ttr_names_get(lab.names, &addr));
	for (size_t i = 0; i < TTR_NAMES_MAX; i++) {
		addr = numbered(i);
		assert_true(ttr_names_pending(lab.names, &addr));
	}
	teardown(&lab);
}

/* The callback may end it all, or ask more. */
static void free_names(void *context, const struct ttr_addr *addr)
{
	struct lab *lab = context;

	(void)addr;
	ttr_names_free(lab->names);
	lab->names = NULL;
	lab->settled++;
	ttr_loop_quit(lab->loop);
}

static void ask_more(void *context, const struct ttr_addr *addr)
{
	struct lab *lab = context;

	for (size_t i = 1; i <= 100; i++) {
		const struct ttr_addr more = numbered(i);

		ttr_names_ask(lab->names, &more);
	}
	note_settled(context, addr);
}

static void run_with(void (*settled)(void *context, const struct ttr_addr *addr), size_t expected)
{
	const struct ttr_addr first = numbered(0), second = numbered(0x10000);
	struct lab lab;

	setup(&lab, TTR_NAMES_ALL, 8 * TTR_NS_PER_S);
	ttr_names_free(lab.names);
	assert_int_equal(ttr_names_new(&lab.names, lab.resolver, TTR_NAMES_ALL, settled, &lab), 0);
	lab.server.answer = answer_label;
	ask(&lab, &first);
	ask(&lab, &second);
	wait_for(&lab, expected);
	teardown(&lab);
}

static void test_callbacks(void **state)
{
	(void)state;
	run_with(free_names, 1);
	run_with(ask_more, 102);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_without_resolver),
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_dead_server),
		cmocka_unit_test(test_closed_port),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_callbacks),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
