/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/cookie.h"

static const uint8_t secret[TTR_SIPHASH_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
static const struct ttr_addr hosts4[] = {
	{.family = TTR_FAMILY_IPV4, .bytes = {192, 0, 2, 1}},
	{.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 9}},
	{.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 10}},
};
static const struct ttr_addr hosts6[] = {
	{.family = TTR_FAMILY_IPV6, .bytes = {0x20, 1, 13, 0xb8, 0, 1, [15] = 1}},
	{.family = TTR_FAMILY_IPV6, .bytes = {0x20, 1, 13, 0xb8, 0, 2, [15] = 9}},
	{.family = TTR_FAMILY_IPV6, .bytes = {0x20, 1, 13, 0xb8, 0, 2, [15] = 10}},
};
static const struct ttr_addr router = {.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, 1}};

struct lab {
	struct ttr_cookies cookies;
	struct ttr_cookie_flow flow;
	struct ttr_addr self;
	struct ttr_addr other; /* a third host */
};

static struct lab open_lab(const struct ttr_addr hosts[3], enum ttr_isn_mode isn,
			   enum ttr_syn_style style, uint16_t length)
{
	struct lab lab = {.flow = {hosts[1], 40001, 443}, .self = hosts[0], .other = hosts[2]};
	struct ttr_settings settings;

	ttr_settings_init(&settings);
	settings.isn = isn;
	settings.style = style;
	settings.length = length;
	ttr_cookies_init(&lab.cookies, secret, &lab.self, &settings);
	return lab;
}

static struct lab usual(void)
{
	return open_lab(hosts4, TTR_ISN_SAME, TTR_SYN_LINUX, 0);
}

/* A router's error about the probe, with a quote as long as is usual today. */
static struct ttr_reply error_about(const struct ttr_segment *s)
{
	return (struct ttr_reply){
		.kind = TTR_REPLY_TIME_EXCEEDED,
		.source = router,
		.target = s->source,
		.quote = {.source = s->source,
			  .target = s->target,
			  .ttl = 1,
			  .ip_id = s->ip_id,
			  .tcp = {.source_port = s->source_port,
				  .target_port = s->target_port,
				  .has_seq = true,
				  .seq = s->seq,
				  .has_ts = s->style == TTR_SYN_LINUX,
				  .ts_value = s->ts_value}},
	};
}

static struct ttr_reply answer_to(const struct ttr_segment *s, uint8_t flags, bool with_ts)
{
	return (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = s->target,
		.target = s->source,
		.tcp = {.source_port = s->target_port,
			.target_port = s->source_port,
			.has_seq = true,
			.has_flags = true,
			.flags = flags,
			.ack = s->seq + 1 + ttr_segment_payload(s),
			.has_ts = with_ts,
			.ts_echo = s->ts_value},
	};
}

static struct ttr_cookie_match find(const struct lab *lab, const struct ttr_reply *reply)
{
	return ttr_cookie_find(&lab->cookies, NULL, reply);
}

static void assert_probe(const struct lab *lab, const struct ttr_reply *reply, uint32_t index)
{
	struct ttr_cookie_match match = find(lab, reply);

	assert_int_equal(match.kind, TTR_COOKIE_PROBE);
	assert_int_equal(match.evidence, TTR_EVIDENCE_EXACT);
	assert_int_equal(match.index, index);
	assert_true(ttr_addr_equal(&match.flow.target, &lab->flow.target));
	assert_int_equal(match.flow.source_port, lab->flow.source_port);
	assert_int_equal(match.flow.target_port, lab->flow.target_port);
}

static void assert_kind(const struct lab *lab, const struct ttr_reply *reply,
			enum ttr_cookie_kind kind)
{
	assert_int_equal(find(lab, reply).kind, kind);
}

/* Every way to carry the index brings every index back: from quotes, and from SYN/ACKs where
 * something in them can tell. */
static void check_layout(const struct ttr_addr hosts[3], enum ttr_isn_mode isn,
			 enum ttr_syn_style style)
{
	struct lab lab = open_lab(hosts, isn, style, 0);
	bool exact = lab.cookies.isn != TTR_ISN_SAME || style == TTR_SYN_LINUX;

	for (uint32_t index = 0; index < TTR_INDEX_LIMIT; index++) {
		struct ttr_segment s = ttr_cookie_segment(&lab.cookies, &lab.flow, index);
		struct ttr_reply error = error_about(&s);
		struct ttr_reply answer =
			answer_to(&s, TTR_TCP_SYN | TTR_TCP_ACK, style == TTR_SYN_LINUX);

		if (TTR_INDEX_TTL(index) == 0)
			continue;
		assert_int_not_equal(s.ip_id, 0);
		assert_probe(&lab, &error, index);
		if (exact)
			assert_probe(&lab, &answer, index);
		else
			assert_kind(&lab, &answer, TTR_COOKIE_FLOW);
	}
}

static void test_layouts(void **state)
{
	(void)state;
	for (enum ttr_isn_mode isn = TTR_ISN_SAME; isn <= TTR_ISN_RANDOM; isn++) {
		check_layout(hosts4, isn, TTR_SYN_LINUX);
		check_layout(hosts4, isn, TTR_SYN_BARE);
		check_layout(hosts6, isn, TTR_SYN_LINUX);
		check_layout(hosts6, isn, TTR_SYN_BARE);
	}
}

/* Another flow has other numbers, whatever it differs in; so has another run. */
static void test_flows_differ(void **state)
{
	struct lab lab = usual();
	struct ttr_cookie_flow other[] = {lab.flow, lab.flow, lab.flow};
	struct ttr_flow_key key = ttr_cookie_key(&lab.cookies, &lab.flow);

	(void)state;
	other[0].target = lab.other;
	other[1].source_port++;
	other[2].target_port++;
	for (size_t i = 0; i < 3; i++) {
		struct ttr_flow_key k = ttr_cookie_key(&lab.cookies, &other[i]);

		assert_int_not_equal(k.isn, key.isn);
		assert_int_not_equal(k.ts_value, key.ts_value);
		assert_int_equal(k.source_port, other[i].source_port);
	}
	lab.cookies.form.source = lab.other;
	assert_int_not_equal(ttr_cookie_key(&lab.cookies, &lab.flow).isn, key.isn);
	lab = usual();
	lab.cookies.secret.high++;
	assert_int_not_equal(ttr_cookie_key(&lab.cookies, &lab.flow).isn, key.isn);
}

static void test_segment(void **state)
{
	struct lab lab = open_lab(hosts4, TTR_ISN_SAME, TTR_SYN_LINUX, 80);
	struct ttr_segment s = ttr_cookie_segment(&lab.cookies, &lab.flow, TTR_INDEX(2, 7));
	struct ttr_flow_key key = ttr_cookie_key(&lab.cookies, &lab.flow);

	(void)state;
	assert_true(ttr_addr_equal(&s.source, &lab.self));
	assert_true(ttr_addr_equal(&s.target, &lab.flow.target));
	assert_int_equal(s.source_port, 40001);
	assert_int_equal(s.target_port, 443);
	assert_int_equal(s.ttl, 7);
	assert_int_equal(s.flags, TTR_TCP_SYN);
	assert_int_equal(s.length, 80);
	assert_int_equal(s.seq, key.isn);
	assert_int_equal(s.ip_id, key.ip_id + TTR_INDEX(2, 7));
	assert_int_equal(s.ts_value, key.ts_value + TTR_INDEX(2, 7));
}

static void test_what_is_rewritten(void **state)
{
	struct lab lab = usual();
	struct ttr_segment s = ttr_cookie_segment(&lab.cookies, &lab.flow, TTR_INDEX(1, 5));
	struct ttr_reply reply = error_about(&s);
	struct ttr_cookie_match match;

	(void)state;
	reply.quote.ip_id ^= 0x5555; /* the timestamp says it */
	assert_probe(&lab, &reply, TTR_INDEX(1, 5));
	reply.quote.tcp.has_ts = false; /* now nothing does */
	assert_kind(&lab, &reply, TTR_COOKIE_NONE);
	reply = error_about(&s);
	reply.quote.tcp.seq++; /* the secret is gone: all else must fit */
	match = find(&lab, &reply);
	assert_int_equal(match.kind, TTR_COOKIE_PROBE);
	assert_int_equal(match.evidence, TTR_EVIDENCE_REWRITTEN);
	assert_int_equal(match.index, TTR_INDEX(1, 5));
	reply.quote.tcp.ts_value++;
	assert_kind(&lab, &reply, TTR_COOKIE_NONE);
	reply = error_about(&s);
	reply.quote.tcp.has_seq = false; /* a short quote is the same */
	reply.quote.tcp.has_ts = false;
	assert_int_equal(find(&lab, &reply).evidence, TTR_EVIDENCE_REWRITTEN);
}

/* With one target only, a quote may name another; strictly, it may not. */
static void test_other_destination(void **state)
{
	struct lab lab = usual();
	struct ttr_segment s = ttr_cookie_segment(&lab.cookies, &lab.flow, 5);
	struct ttr_reply reply = error_about(&s);

	(void)state;
	reply.quote.target = lab.other;
	assert_kind(&lab, &reply, TTR_COOKIE_NONE);
	assert_int_equal(ttr_cookie_find(&lab.cookies, &lab.flow.target, &reply).kind,
			 TTR_COOKIE_PROBE);
	reply.quote.tcp.target_port++;
	assert_int_equal(ttr_cookie_find(&lab.cookies, &lab.flow.target, &reply).kind,
			 TTR_COOKIE_NONE);
	assert_int_equal(ttr_cookie_quote_of(&lab.cookies, &lab.flow, &reply).kind,
			 TTR_COOKIE_PROBE);
	lab.cookies.strict = true;
	assert_int_equal(ttr_cookie_quote_of(&lab.cookies, &lab.flow, &reply).kind,
			 TTR_COOKIE_NONE);
	reply.kind = TTR_REPLY_UNREACHABLE;
	assert_int_equal(ttr_cookie_quote_of(&lab.cookies, &lab.flow, &reply).kind,
			 TTR_COOKIE_PROBE);
}

static void test_answers(void **state)
{
	struct lab lab = open_lab(hosts4, TTR_ISN_SAME, TTR_SYN_LINUX, 100);
	struct ttr_segment s = ttr_cookie_segment(&lab.cookies, &lab.flow, TTR_INDEX(0, 64));
	struct ttr_reply reply = answer_to(&s, TTR_TCP_RST | TTR_TCP_ACK, false);

	(void)state;
	assert_kind(&lab, &reply, TTR_COOKIE_FLOW);
	assert_int_equal(find(&lab, &reply).proof, TTR_PROOF_FULL);
	reply.tcp.ack = s.seq + 1; /* the payload was not acknowledged */
	assert_kind(&lab, &reply, TTR_COOKIE_FLOW);
	reply.tcp.flags = TTR_TCP_ACK;
	assert_int_equal(find(&lab, &reply).proof, TTR_PROOF_ARRIVED);
	reply.tcp.ack++;
	assert_kind(&lab, &reply, TTR_COOKIE_NONE);
	reply.tcp.flags = TTR_TCP_RST;
	assert_int_equal(find(&lab, &reply).proof, TTR_PROOF_PORTS);
	reply = answer_to(&s, TTR_TCP_SYN | TTR_TCP_ACK, true);
	reply.source = lab.other; /* from elsewhere */
	assert_kind(&lab, &reply, TTR_COOKIE_NONE);
	reply = answer_to(&s, TTR_TCP_SYN | TTR_TCP_ACK, true);
	reply.tcp.ts_echo = 0; /* not echoed */
	assert_kind(&lab, &reply, TTR_COOKIE_FLOW);
	reply.tcp.has_flags = false;
	assert_kind(&lab, &reply, TTR_COOKIE_NONE);
}

/* The probe itself, seen on its way out; also to an address of our own. */
static void test_own(void **state)
{
	struct lab lab = usual();
	struct ttr_segment s;
	struct ttr_reply reply;

	(void)state;
	for (int local = 0; local < 2; local++) {
		if (local)
			lab.flow.target = lab.self;
		s = ttr_cookie_segment(&lab.cookies, &lab.flow, 3);
		reply = (struct ttr_reply){
			.kind = TTR_REPLY_TCP,
			.source = s.source,
			.target = s.target,
			.ip_id = s.ip_id,
			.tcp = {.source_port = s.source_port,
				.target_port = s.target_port,
				.has_seq = true,
				.seq = s.seq,
				.has_flags = true,
				.flags = s.flags,
				.has_ts = true,
				.ts_value = s.ts_value},
		};
		assert_kind(&lab, &reply, TTR_COOKIE_OWN);
		assert_int_equal(find(&lab, &reply).index, 3);
		reply = answer_to(&s, TTR_TCP_SYN | TTR_TCP_ACK, true);
		assert_probe(&lab, &reply, 3);
	}
}

/* What a host off the path can do without the secret: nothing, but by the odds of 32 bits (and of
 * all 32 for the IP ID and the timestamp where the sequence number is wrong). */
static void test_forgeries(void **state)
{
	struct lab lab = usual();
	struct ttr_segment s = ttr_cookie_segment(&lab.cookies, &lab.flow, 5);
	uint32_t random = 12345, accepted = 0;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct ttr_reply error = error_about(&s);
		struct ttr_reply answer = answer_to(&s, TTR_TCP_RST | TTR_TCP_ACK, false);

		random = random * 1664525 + 1013904223;
		error.quote.tcp.seq = random;
		error.quote.ip_id = (uint16_t)(random >> 7);
		error.quote.tcp.ts_value = random * 0x9e3779b1;
		answer.tcp.ack = random;
		accepted += find(&lab, &error).kind != TTR_COOKIE_NONE;
		accepted += find(&lab, &answer).kind != TTR_COOKIE_NONE;
	}
	assert_int_equal(accepted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_flows_differ),
		cmocka_unit_test(test_segment),
		cmocka_unit_test(test_what_is_rewritten),
		cmocka_unit_test(test_other_destination),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_forgeries),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
