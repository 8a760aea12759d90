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
		{"sequence and IP ID rewritten", other_seq_and_id, false, 0},
		{"no sequence number", no_seq, true, TTR_EVIDENCE_REWRITTEN},
		{"another source port", other_port, false, 0},
		{"destination rewritten", other_target, true, TTR_EVIDENCE_EXACT},
		{"destination and sequence", other_target_and_seq, false, 0},
		{"quotes another host's packet", other_source, false, 0},
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
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_strict_dnat),
	};

	return cmocka_run_group_tests_name("matcher", tests, NULL, NULL);
}
