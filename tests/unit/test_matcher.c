/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose answer is it? Each case is a quote and what becomes of it. */
#include "engine_lab.h"

struct quote_case {
	const char *what;
	void (*change)(struct ttr_reply *reply);
	bool ours;
	enum ttr_evidence evidence;
};

static void as_sent(struct ttr_reply *r)
{
	(void)r;
}
static void without_options(struct ttr_reply *r)
{
	r->quote.tcp.has_ts = false;
}
static void other_ip_id(struct ttr_reply *r)
{
	r->quote.ip_id ^= 0x5555;
}
static void other_id_and_no_options(struct ttr_reply *r)
{
	other_ip_id(r);
	without_options(r);
}
static void other_seq(struct ttr_reply *r)
{
	r->quote.tcp.seq += 77;
}
static void other_seq_and_id(struct ttr_reply *r)
{
	other_seq(r);
	other_ip_id(r);
}
static void no_seq(struct ttr_reply *r)
{
	r->quote.tcp.has_seq = false;
	r->quote.tcp.has_ts = false;
}
static void other_port(struct ttr_reply *r)
{
	r->quote.tcp.source_port++;
}
static void other_target(struct ttr_reply *r)
{
	r->quote.target.bytes[3]++;
}
static void other_target_and_seq(struct ttr_reply *r)
{
	other_target(r);
	other_seq(r);
}
static void other_source(struct ttr_reply *r)
{
	r->quote.source.bytes[3]++;
}
static void other_seq_without_options(struct ttr_reply *r)
{
	other_seq(r);
	without_options(r);
}
static void other_port_without_options(struct ttr_reply *r)
{
	other_port(r);
	without_options(r);
}
static void other_port_and_seq(struct ttr_reply *r)
{
	other_port(r);
	other_seq(r);
}
static void other_source_and_seq(struct ttr_reply *r)
{
	other_source(r);
	other_seq(r);
}
static void other_source_and_port(struct ttr_reply *r)
{
	other_source(r);
	other_port(r);
}
static void other_source_and_target(struct ttr_reply *r)
{
	other_source(r);
	other_target(r);
}
static void other_source_and_port_80(struct ttr_reply *r)
{
	other_source(r);
	r->quote.tcp.target_port = 80;
}
static void not_to_us(struct ttr_reply *r)
{
	r->target.bytes[3]++;
}
static void unsent_ttl(struct ttr_reply *r)
{
	r->quote.tcp.ts_value += 30;
	r->quote.ip_id = (uint16_t)(r->quote.ip_id + 30);
}

static void test_quotes(void **state)
{
	static const struct quote_case cases[] = {
		{"as sent", as_sent, true, TTR_EVIDENCE_EXACT},
		{"eight bytes", without_options, true, TTR_EVIDENCE_EXACT},
		{"IP ID rewritten", other_ip_id, true, TTR_EVIDENCE_EXACT},
		{"IP ID rewritten, eight bytes", other_id_and_no_options, false, 0},
		{"sequence rewritten", other_seq, true, TTR_EVIDENCE_REWRITTEN},
		{"sequence and IP ID rewritten", other_seq_and_id, true, TTR_EVIDENCE_REWRITTEN},
		{"sequence rewritten, eight bytes", other_seq_without_options, false, 0},
		{"no sequence number", no_seq, false, 0},
		{"another source port", other_port, true, TTR_EVIDENCE_EXACT},
		{"another source port, eight bytes", other_port_without_options, true,
		 TTR_EVIDENCE_EXACT},
		{"another source port and sequence", other_port_and_seq, false, 0},
		{"destination rewritten", other_target, true, TTR_EVIDENCE_EXACT},
		{"destination and sequence", other_target_and_seq, false, 0},
		{"another source", other_source, true, TTR_EVIDENCE_EXACT},
		{"another source and sequence", other_source_and_seq, false, 0},
		{"another source and port", other_source_and_port, true, TTR_EVIDENCE_EXACT},
		{"another source and destination", other_source_and_target, false, 0},
		{"another source and destination port", other_source_and_port_80, false, 0},
		{"to another host", not_to_us, false, 0},
		{"a TTL that was not sent", unsent_ttl, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;
		struct ttr_reply reply;

		settings_init(&lab, 3, 1);
		open_lab(&lab);
		reply = icmp(&lab, 1, 2);
		cases[i].change(&reply);
		if (feed(&lab, 5, &reply) != cases[i].ours)
			fail_msg("%s", cases[i].what);
		assert_int_equal(cell(&lab, 2, 0)->state,
				 cases[i].ours ? TTR_CELL_ANSWERED : TTR_CELL_ASKED);
		if (cases[i].ours)
			assert_int_equal(cell(&lab, 2, 0)->evidence, cases[i].evidence);
		assert_int_equal(lab.grid->counters.foreign, !cases[i].ours);
		ttr_engine_free(lab.engine);
	}
}

static struct ttr_reply shifted(const struct lab *lab, size_t i, uint32_t shift)
{
	struct ttr_reply reply = icmp(lab, i, (unsigned int)i + 1);

	without_options(&reply);
	reply.quote.tcp.seq += shift;
	return reply;
}

/* A rewritten sequence number alone is believed when a second probe of the flow shows the same. */
static void test_shifted_sequence(void **state)
{
	struct ttr_reply reply;
	struct lab lab;

	(void)state;
	settings_init(&lab, 5, 1);
	open_lab(&lab);
	reply = shifted(&lab, 1, 77);
	assert_false(feed(&lab, 5, &reply));
	/* the same again is no second probe, and another shift not the same */
	assert_false(feed(&lab, 5, &reply));
	reply = shifted(&lab, 2, 78);
	assert_false(feed(&lab, 1, &reply));
	reply = shifted(&lab, 3, 78);
	assert_true(feed(&lab, 1, &reply));
	assert_int_equal(cell(&lab, 4, 0)->evidence, TTR_EVIDENCE_REWRITTEN);
	reply = shifted(&lab, 4, 77);
	assert_false(feed(&lab, 1, &reply));
	reply = shifted(&lab, 2, 78);
	assert_true(feed(&lab, 1, &reply));
	assert_int_equal(cell(&lab, 2, 0)->state, TTR_CELL_ASKED);
	assert_int_equal(lab.grid->counters.foreign, 4);
	ttr_engine_free(lab.engine);
}

/* A quote with its timestamp vouches for those without. */
static void test_shift_is_proven(void **state)
{
	struct ttr_reply reply;
	struct lab lab;

	(void)state;
	settings_init(&lab, 5, 1);
	open_lab(&lab);
	reply = icmp(&lab, 1, 2);
	reply.quote.tcp.seq -= 9;
	assert_true(feed(&lab, 5, &reply));
	assert_int_equal(cell(&lab, 2, 0)->evidence, TTR_EVIDENCE_REWRITTEN);
	reply = shifted(&lab, 3, UINT32_MAX - 8);
	assert_true(feed(&lab, 5, &reply));
	ttr_engine_free(lab.engine);
}

/* IP IDs are rewritten and timestamps cut off: no IP ID is a name any more, but a flow that sent
 * one probe needs none. */
static void test_unnamed(void **state)
{
	struct ttr_reply reply;
	struct lab lab;

	(void)state;
	settings_init(&lab, 4, 1);
	open_lab(&lab);
	reply = icmp(&lab, 1, 2);
	other_id_and_no_options(&reply);
	assert_false(feed(&lab, 5, &reply));
	reply = icmp(&lab, 0, 1);
	without_options(&reply);
	assert_false(feed(&lab, 1, &reply));
	/* what was asked is asked again, each on a flow of its own */
	assert_int_equal(lab.sent_count, 8);
	for (size_t i = 4; i < 8; i++) {
		assert_int_equal(lab.sent[i].ttl, i - 3);
		assert_int_not_equal(lab.sent[i].source_port, lab.sent[0].source_port);
	}
	/* a timestamp still is a name */
	exceed(&lab, 1, 0, 1);
	exceed(&lab, 4, 2, 3);
	reply = syn_ack(&lab, 3);
	assert_true(feed(&lab, 1, &reply));
	reply = icmp(&lab, 5, 2);
	other_id_and_no_options(&reply);
	assert_true(feed(&lab, 5, &reply));
	assert_int_equal(cell(&lab, 2, 0)->evidence, TTR_EVIDENCE_EXACT);
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	ttr_engine_free(lab.engine);
}

/* So is one whose timestamp shows that its IP ID was rewritten. */
static void test_id_is_seen_rewritten(void **state)
{
	struct ttr_reply reply;
	struct lab lab;

	(void)state;
	settings_init(&lab, 4, 1);
	open_lab(&lab);
	reply = icmp(&lab, 1, 2);
	other_ip_id(&reply);
	assert_true(feed(&lab, 5, &reply));
	reply = icmp(&lab, 2, 3);
	without_options(&reply);
	assert_false(feed(&lab, 1, &reply));
	ttr_engine_free(lab.engine);
}

static void test_strict_dnat(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 3, 1);
	lab.settings.dnat = TTR_DNAT_STRICT;
	open_lab(&lab);
	reply = icmp(&lab, 1, 2);
	reply.quote.target.bytes[3]++;
	assert_false(feed(&lab, 5, &reply));
	reply.kind = TTR_REPLY_UNREACHABLE;
	assert_true(feed(&lab, 5, &reply));
	ttr_engine_free(lab.engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes),          cmocka_unit_test(test_shifted_sequence),
		cmocka_unit_test(test_unnamed),         cmocka_unit_test(test_id_is_seen_rewritten),
		cmocka_unit_test(test_shift_is_proven), cmocka_unit_test(test_strict_dnat),
	};

	return cmocka_run_group_tests_name("matcher", tests, NULL, NULL);
}
