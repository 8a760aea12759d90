/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of --locate, of which each question can be looked at: six routers and a host, each
 * answers after ten milliseconds what a test wants it to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/locate_state.h"

#define MS TTR_NS_PER_MS
#define RTT_NS (10 * MS)
#define HOST 7 /* its distance */
#define PORTS 40
#define FIRST_PORT 100
#define KEYS 100
#define SENT_MAX 4000
#define STEPS_MAX 100000

struct sent {
	struct ttr_segment segment;
	struct ttr_mono answer_at; /* 0: none will come, or it came */
	bool placing;              /* sent when places were looked for */
};

struct lab {
	struct ttr_settings settings;
	uint16_t ports[PORTS];
	struct ttr_locate *locate;
	uint8_t stops[PORTS]; /* the last router that sees the port; HOST: the host does */
	bool resets[PORTS];   /* who is behind that router resets it in the host's name */
	bool mute;            /* nobody answers any more */
	struct ttr_mono now, wake;
	struct ttr_mono timers[SENT_MAX];
	struct sent sent[SENT_MAX];
	size_t sent_count;
	unsigned int said[PORTS];
	bool ended;
};

static const struct ttr_addr source = {.family = TTR_FAMILY_IPV4, .bytes = {192, 0, 2, 1}};
static const struct ttr_addr target = {.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 9}};

static struct ttr_addr router(unsigned int ttl)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, (uint8_t)ttl}};
}

/* -- The network -- */

static size_t port_of(const struct ttr_segment *segment)
{
	return segment->target_port - FIRST_PORT;
}

static bool is_answered(const struct lab *lab, const struct ttr_segment *s)
{
	const size_t port = port_of(s);

	return !lab->mute &&
	       (s->ttl <= lab->stops[port] || lab->stops[port] == HOST || lab->resets[port]);
}

static struct ttr_reply exceed(const struct ttr_segment *s)
{
	return (struct ttr_reply){
		.kind = TTR_REPLY_TIME_EXCEEDED,
		.source = router(s->ttl),
		.target = source,
		.ttl = (uint8_t)(65 - s->ttl),
		.icmp_type = 11,
		.quote = {.source = source,
			  .target = target,
			  .ip_id = s->ip_id,
			  .tcp = {.source_port = s->source_port,
				  .target_port = s->target_port,
				  .has_seq = true,
				  .seq = s->seq}},
	};
}

/* distance: of who answers; 100 is open, all others are closed. */
static struct ttr_reply arrive(const struct ttr_segment *s, unsigned int distance, bool open)
{
	const uint8_t flags = open ? TTR_TCP_SYN | TTR_TCP_ACK : TTR_TCP_RST | TTR_TCP_ACK;

	return (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = target,
		.target = source,
		.ttl = (uint8_t)(65 - distance),
		.tcp = {.source_port = s->target_port,
			.target_port = s->source_port,
			.has_flags = true,
			.flags = flags,
			.has_seq = true,
			.ack = s->seq + 1,
			.has_ts = open,
			.ts_echo = open ? s->ts_value : 0},
	};
}

static struct ttr_reply answer(const struct lab *lab, const struct ttr_segment *s)
{
	const size_t port = port_of(s);

	if (s->ttl <= lab->stops[port] && s->ttl < HOST)
		return exceed(s);
	if (lab->resets[port])
		return arrive(s, lab->stops[port], false);
	return arrive(s, HOST, port == 0);
}

/* -- Running -- */

static void open_lab(struct lab *lab)
{
	static struct ttr_flow_key keys[KEYS];
	static const uint8_t secret[TTR_LOCATE_SECRET_BYTES] = "no secret at all";
	struct ttr_locate_plan plan = {
		.source = source,
		.target = target,
		.settings = &lab->settings,
		.secret = secret,
		.keys = keys,
		.key_count = ttr_locate_flows(&lab->settings),
	};

	assert_true(plan.key_count <= KEYS);
	for (uint16_t i = 0; i < TTR_LOCATE_SOURCES; i++)
		plan.source_ports[i] = (uint16_t)(40000 + i);
	for (uint32_t i = 0; i < plan.key_count; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port = (uint16_t)(41000 + i),
			.ip_id = (uint16_t)(900 * (i + 1)),
			.isn = 0x01000000 * (i + 1),
			.ts_value = 100000 * (i + 1),
		};
	assert_int_equal(ttr_locate_new(&lab->locate, &plan), 0);
	assert_true(ttr_locate_probe_limit(lab->locate) <= SENT_MAX);
	lab->now.ns = 1000 * MS;
}

static struct lab *make_lab(unsigned int max_ttl)
{
	static struct lab lab;

	memset(&lab, 0, sizeof(lab));
	ttr_settings_init(&lab.settings);
	for (uint16_t i = 0; i < PORTS; i++) {
		lab.ports[i] = (uint16_t)(FIRST_PORT + i);
		lab.stops[i] = HOST;
	}
	lab.settings.locate = true;
	lab.settings.ports = lab.ports;
	lab.settings.port_count = PORTS;
	lab.settings.queries = 1;
	lab.settings.max_ttl = (uint8_t)max_ttl;
	open_lab(&lab);
	return &lab;
}

static void send(struct lab *lab, uint32_t probe)
{
	struct sent *sent = &lab->sent[lab->sent_count++];

	assert_true(lab->sent_count < SENT_MAX);
	sent->segment = ttr_locate_segment(lab->locate, probe);
	sent->placing = lab->locate->placing;
	ttr_locate_sent(lab->locate, probe, lab->now);
	if (is_answered(lab, &sent->segment))
		sent->answer_at.ns = lab->now.ns + RTT_NS;
}

static void drain(struct lab *lab)
{
	struct ttr_action a;

	while (ttr_locate_next(lab->locate, true, &a)) {
		if (a.kind == TTR_ACTION_SEND)
			send(lab, a.probe);
		else if (a.kind == TTR_ACTION_ARM || a.kind == TTR_ACTION_DISARM)
			lab->timers[a.probe] =
				a.kind == TTR_ACTION_ARM ? a.at : (struct ttr_mono){0};
		else if (a.kind == TTR_ACTION_WAKE)
			lab->wake = a.at;
		else if (a.kind == TTR_ACTION_PORT)
			lab->said[a.port]++;
		lab->ended |= a.kind == TTR_ACTION_END;
	}
}

/* The earliest of what is to come: *which is its time, which is 0 afterwards. */
static void look(struct ttr_mono *at, struct ttr_mono **which)
{
	if (at->ns && (!*which || at->ns < (*which)->ns))
		*which = at;
}

static struct ttr_mono *next_of(struct lab *lab, size_t *reply, size_t *timer)
{
	struct ttr_mono *which = NULL;

	look(&lab->wake, &which);
	for (size_t i = 0; i < lab->sent_count; i++) {
		struct ttr_mono *before = which;

		look(&lab->sent[i].answer_at, &which);
		*reply = which == before ? *reply : i;
	}
	for (size_t i = 0; i < SENT_MAX; i++) {
		struct ttr_mono *before = which;

		look(&lab->timers[i], &which);
		*timer = which == before ? *timer : i;
	}
	return which;
}

static void step(struct lab *lab)
{
	size_t reply = SENT_MAX, timer = SENT_MAX;
	struct ttr_mono *which = next_of(lab, &reply, &timer);
	struct ttr_reply r;

	assert_non_null(which);
	if (which->ns > lab->now.ns)
		lab->now = *which;
	which->ns = 0;
	if (which == &lab->wake) {
		ttr_locate_wake(lab->locate, lab->now);
	} else if (timer < SENT_MAX && which == &lab->timers[timer]) {
		ttr_locate_timeout(lab->locate, (uint32_t)timer, lab->now);
	} else {
		r = answer(lab, &lab->sent[reply].segment);
		r.at = lab->now;
		assert_true(ttr_locate_reply(lab->locate, &r));
	}
	drain(lab);
}

static void run(struct lab *lab, bool (*until)(const struct lab *lab))
{
	if (!lab->sent_count)
		ttr_locate_start(lab->locate, lab->now);
	drain(lab);
	for (unsigned int steps = 0; !until(lab); steps++) {
		assert_true(steps < STEPS_MAX);
		step(lab);
	}
}

static bool is_ended(const struct lab *lab)
{
	return lab->ended;
}

static bool is_placing(const struct lab *lab)
{
	return lab->locate->placing;
}

/* -- What was asked -- */

/* The n-th probe of the port, from 0, when places were looked for; 0: there is none. */
static unsigned int asked(const struct lab *lab, size_t port, unsigned int n)
{
	for (size_t i = 0; i < lab->sent_count; i++)
		if (lab->sent[i].placing && port_of(&lab->sent[i].segment) == port && n-- == 0)
			return lab->sent[i].segment.ttl;
	return 0;
}

static unsigned int count_asked(const struct lab *lab, size_t port, unsigned int ttl)
{
	unsigned int count = 0;

	for (size_t i = 0; i < lab->sent_count; i++)
		count += lab->sent[i].placing && port_of(&lab->sent[i].segment) == port &&
			 lab->sent[i].segment.ttl == ttl;
	return count;
}

static const struct ttr_verdict *verdict(const struct lab *lab, size_t port)
{
	return &ttr_locate_port(lab->locate, port)->verdict;
}

static void close_lab(struct lab *lab)
{
	for (size_t i = 0; i < PORTS; i++)
		assert_true(lab->said[i] >= 1);
	ttr_locate_free(lab->locate);
}

/* The first dark port is asked at every hop; the others behind the place where it was last seen
 * first, and nowhere but there and at the place. */
static void test_hypothesis(void **state)
{
	struct lab *lab = make_lab(30);

	(void)state;
	for (size_t i = 10; i < 20; i++)
		lab->stops[i] = 4;
	run(lab, is_ended);
	assert_int_equal(ttr_locate_reference(lab->locate), 0);
	for (unsigned int n = 0; n < HOST; n++)
		assert_int_equal(asked(lab, 10, n), n + 1);
	for (size_t i = 11; i < 20; i++) {
		assert_int_equal(asked(lab, i, 0), 5);
		for (unsigned int ttl = 1; ttl < 30; ttl++)
			assert_true(ttl == 4 || ttl == 5 || !count_asked(lab, i, ttl));
	}
	assert_int_equal(asked(lab, 30, 0), 0); /* closed: nothing to ask */
	close_lab(lab);
}

/* Verified: seen at the place, and silent as often as is wanted at the next, both itself. */
static void test_verification(void **state)
{
	struct lab *lab = make_lab(30);

	(void)state;
	lab->locate->settings.verify_all = true;
	for (size_t i = 5; i < 35; i++)
		lab->stops[i] = 3;
	run(lab, is_ended);
	for (size_t i = 5; i < 35; i++) {
		const struct ttr_verdict *v = verdict(lab, i);

		assert_int_equal(v->how, TTR_STOP_DROP);
		assert_int_equal(v->after_ttl, 3);
		assert_int_equal(v->before_ttl, 4);
		assert_int_equal(lab->said[i], 1);
		assert_int_equal(v->verified, TTR_VERIFIED_YES);
		assert_true(count_asked(lab, i, 3) >= 1);
		assert_true(count_asked(lab, i, 4) >= TTR_LOCATE_PROOFS);
	}
	close_lab(lab);
}

/* Exceptions are found: behind the place they are seen, and then searched for. */
static void test_exceptions(void **state)
{
	struct lab *lab = make_lab(30);

	(void)state;
	for (size_t i = 5; i < 35; i++)
		lab->stops[i] = i == 20 ? 5 : i == 25 ? 1 : 3;
	run(lab, is_ended);
	assert_int_equal(verdict(lab, 20)->after_ttl, 5);
	assert_int_equal(verdict(lab, 20)->verified, TTR_VERIFIED_YES);
	assert_int_equal(asked(lab, 20, 0), 4);
	/* an exception before the place shows only if it is looked at there: as 20 of 30 are */
	if (count_asked(lab, 25, 3))
		assert_int_equal(verdict(lab, 25)->after_ttl, 1);
	else
		assert_int_equal(verdict(lab, 25)->verified, TTR_VERIFIED_NO);
	close_lab(lab);
}

/* Resets that passed fewer routers than the host's: the middle of the path is asked. */
static void test_bisection(void **state)
{
	struct lab *lab = make_lab(30);

	(void)state;
	lab->stops[12] = 2;
	lab->resets[12] = true;
	lab->stops[13] = HOST - 1;
	lab->resets[13] = true;
	run(lab, is_ended);
	for (size_t i = 12; i < 14; i++) {
		assert_int_equal(verdict(lab, i)->how, TTR_STOP_RESET);
		assert_int_equal(verdict(lab, i)->state, TTR_PORT_FILTERED);
		assert_int_equal(verdict(lab, i)->after_ttl, lab->stops[i]);
		assert_int_equal(verdict(lab, i)->verified, TTR_VERIFIED_YES);
	}
	/* the last router first, which the one right before the host is seen by; then halves */
	assert_int_equal(asked(lab, 12, 0), HOST - 1);
	assert_int_equal(asked(lab, 12, 1), 3);
	assert_int_equal(verdict(lab, 14)->state, TTR_PORT_CLOSED);
	close_lab(lab);
}

/* Nobody answers any more, and the time is over: each port has a verdict, none a place that it did
 * not show. */
static void test_bound(void **state)
{
	struct lab *lab = make_lab(30);
	const struct ttr_locate *l = lab->locate;
	int64_t until_ns;

	(void)state;
	for (size_t i = 5; i < 35; i++)
		lab->stops[i] = 3;
	run(lab, is_placing);
	until_ns = l->placing_until_ns;
	assert_true(until_ns >= lab->now.ns + TTR_LOCATE_PLACING_NS);
	assert_true(until_ns <= lab->now.ns + TTR_LOCATE_PLACING_NS + TTR_NS_PER_S);
	lab->now.ns = until_ns - 1;
	ttr_locate_wake(lab->locate, lab->now);
	drain(lab);
	assert_false(lab->ended);
	lab->now.ns = until_ns;
	ttr_locate_wake(lab->locate, lab->now);
	drain(lab);
	assert_true(lab->ended);
	for (size_t i = 5; i < 35; i++) {
		assert_int_equal(verdict(lab, i)->state, TTR_PORT_FILTERED);
		assert_int_equal(verdict(lab, i)->verified, TTR_VERIFIED_NO);
		assert_int_equal(verdict(lab, i)->doubt, TTR_DOUBT_LIMITED);
	}
	close_lab(lab);
}

/* The host is farther than anybody wants to look: a router at the last TTL answers all that is not
 * stopped before, and no state is made up from that. */
static void test_horizon(void **state)
{
	struct lab *lab = make_lab(4);

	(void)state;
	for (size_t i = 5; i < 15; i++)
		lab->stops[i] = 2;
	run(lab, is_ended);
	for (size_t i = 0; i < PORTS; i++) {
		const struct ttr_port_result *result = &ttr_locate_port(lab->locate, i)->result;
		const bool stopped = i >= 5 && i < 15;

		assert_false(result->reached);
		assert_int_equal(verdict(lab, i)->state,
				 stopped ? TTR_PORT_FILTERED : TTR_PORT_UNKNOWN);
		assert_int_equal(verdict(lab, i)->how, stopped ? TTR_STOP_DROP : TTR_STOP_NONE);
		if (stopped)
			assert_int_equal(verdict(lab, i)->after_ttl, 2);
		else
			assert_int_equal(result->last_seen_ttl, 4);
	}
	for (size_t i = 0; i < lab->sent_count; i++)
		assert_true(lab->sent[i].segment.ttl <= 4);
	close_lab(lab);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hypothesis), cmocka_unit_test(test_verification),
		cmocka_unit_test(test_exceptions), cmocka_unit_test(test_bisection),
		cmocka_unit_test(test_bound),      cmocka_unit_test(test_horizon),
	};

	return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
