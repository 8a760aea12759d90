/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine, fed by hand: each case is a few replies and what must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "tcptraceroute/engine.h"

#define MS TTR_NS_PER_MS
#define KEYS 40
#define PROBES_MAX 400

static const uint16_t ports[] = {443};
static const struct ttr_addr source = {.family = TTR_FAMILY_IPV4, .bytes = {192, 0, 2, 1}};
static const struct ttr_addr target = {.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 9}};

struct lab {
	struct ttr_settings settings;
	struct ttr_engine *engine;
	const struct ttr_grid *grid;
	struct ttr_mono now;
	struct ttr_segment sent[PROBES_MAX]; /* in the order of sending */
	uint32_t number[PROBES_MAX];
	size_t sent_count;
	struct ttr_mono armed[PROBES_MAX]; /* by probe number */
	struct ttr_mono wake;
	char rows[64]; /* "1 2 3 . !" */
};

static void drain(struct lab *lab)
{
	struct ttr_action a;

	while (ttr_engine_next(lab->engine, true, &a)) {
		size_t at = strlen(lab->rows);

		switch (a.kind) {
		case TTR_ACTION_SEND:
			lab->sent[lab->sent_count] = ttr_engine_segment(lab->engine, a.probe);
			lab->number[lab->sent_count++] = a.probe;
			ttr_engine_sent(lab->engine, a.probe, lab->now);
			break;
		case TTR_ACTION_ARM:
			lab->armed[a.probe] = a.at;
			break;
		case TTR_ACTION_DISARM:
			lab->armed[a.probe].ns = 0;
			break;
		case TTR_ACTION_WAKE:
			lab->wake = a.at;
			break;
		case TTR_ACTION_ROW:
			snprintf(lab->rows + at, sizeof(lab->rows) - at, "%u ", a.ttl);
			break;
		case TTR_ACTION_PORT:
			snprintf(lab->rows + at, sizeof(lab->rows) - at, ". ");
			break;
		case TTR_ACTION_END:
			snprintf(lab->rows + at, sizeof(lab->rows) - at, "!");
			break;
		case TTR_ACTION_ANSWER:
			break;
		}
	}
}

/* Lets the time pass in which the rows are begun, one after the other. */
static void begin_rows(struct lab *lab)
{
	for (unsigned int ttl = lab->settings.first_ttl; ttl < lab->settings.max_ttl; ttl++) {
		struct ttr_mono at = lab->wake;

		if (!at.ns)
			break;
		lab->wake.ns = 0;
		ttr_engine_wake(lab->engine, at);
		drain(lab);
	}
}

static void open_lab(struct lab *lab)
{
	static struct ttr_flow_key keys[KEYS];
	struct ttr_plan plan = {
		.source = source,
		.target = target,
		.settings = &lab->settings,
		.keys = keys,
		.key_count = KEYS,
	};

	for (size_t i = 0; i < KEYS; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port =
				(uint16_t)(lab->settings.source_port ? lab->settings.source_port
								     : 40000 + i),
			.ip_id = (uint16_t)(1000 * (i + 1)),
			.isn = (uint32_t)(0x01000000 * (i + 1)),
			.ts_value = (uint32_t)(100000 * (i + 1)),
		};
	assert_int_equal(ttr_engine_new(&lab->engine, &plan), 0);
	lab->grid = ttr_engine_grid(lab->engine);
	lab->now.ns = 1000 * MS;
	ttr_engine_start(lab->engine, lab->now);
	drain(lab);
	begin_rows(lab);
}

static void settings_init(struct lab *lab, unsigned int max_ttl, unsigned int queries)
{
	*lab = (struct lab){.now = {0}};
	ttr_settings_init(&lab->settings);
	lab->settings.ports = ports;
	lab->settings.port_count = 1;
	lab->settings.max_ttl = (uint8_t)max_ttl;
	lab->settings.queries = (uint16_t)queries;
}

static struct ttr_addr router(unsigned int host)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, (uint8_t)host}};
}

static bool feed(struct lab *lab, int64_t after_ms, struct ttr_reply *reply)
{
	bool ours;

	lab->now.ns += after_ms * MS;
	reply->at = lab->now;
	ours = ttr_engine_reply(lab->engine, reply);
	drain(lab);
	return ours;
}

/* An ICMP error about the i-th probe that was sent, with a full quote. */
static struct ttr_reply icmp(const struct lab *lab, size_t i, unsigned int host)
{
	const struct ttr_segment *s = &lab->sent[i];

	return (struct ttr_reply){
		.kind = TTR_REPLY_TIME_EXCEEDED,
		.source = router(host),
		.target = source,
		.icmp_type = 11,
		.quote = {.source = s->source,
			  .target = s->target,
			  .ttl = 1,
			  .ip_id = s->ip_id,
			  .tcp = {.source_port = s->source_port,
				  .target_port = s->target_port,
				  .has_seq = true,
				  .seq = s->seq,
				  .has_ts = true,
				  .ts_value = s->ts_value}},
	};
}

static struct ttr_reply tcp(const struct lab *lab, size_t i, uint8_t flags)
{
	const struct ttr_segment *s = &lab->sent[i];

	return (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = target,
		.target = source,
		.tcp = {.source_port = s->target_port,
			.target_port = s->source_port,
			.has_seq = true,
			.has_flags = true,
			.flags = flags,
			.ack = flags & TTR_TCP_ACK ? s->seq + 1 : 0},
	};
}

static struct ttr_reply syn_ack(const struct lab *lab, size_t i)
{
	struct ttr_reply reply = tcp(lab, i, TTR_TCP_SYN | TTR_TCP_ACK);

	reply.tcp.has_ts = true;
	reply.tcp.ts_echo = lab->sent[i].ts_value;
	return reply;
}

static void exceed(struct lab *lab, int64_t after_ms, size_t i, unsigned int host)
{
	struct ttr_reply reply = icmp(lab, i, host);

	assert_true(feed(lab, after_ms, &reply));
}

static void fire(struct lab *lab, size_t i)
{
	struct ttr_mono at = lab->armed[lab->number[i]];

	assert_true(at.ns > 0);
	lab->now = at;
	lab->armed[lab->number[i]].ns = 0;
	ttr_engine_timeout(lab->engine, lab->number[i], at);
	drain(lab);
}

static const struct ttr_cell *cell(const struct lab *lab, unsigned int ttl, unsigned int query)
{
	return ttr_grid_cell(lab->grid, 0, ttl, query);
}

static void test_whole_path(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 5, 1);
	open_lab(&lab);
	assert_int_equal(lab.sent_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(lab.sent[i].ttl, i + 1);
		assert_int_equal(lab.sent[i].seq, lab.sent[0].seq);
		assert_int_equal(lab.sent[i].source_port, lab.sent[0].source_port);
		assert_int_equal(lab.sent[i].ip_id, lab.sent[0].ip_id + i);
	}
	exceed(&lab, 10, 1, 2);
	assert_string_equal(lab.rows, "");
	exceed(&lab, 1, 0, 1);
	assert_string_equal(lab.rows, "1 2 ");
	reply = syn_ack(&lab, 2);
	assert_true(feed(&lab, 9, &reply));
	assert_string_equal(lab.rows, "1 2 3 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_OPEN);
	assert_int_equal(lab.grid->ports[0].distance, 3);
	assert_int_equal(cell(&lab, 1, 0)->rtt_ns, 11 * MS);
	assert_int_equal(cell(&lab, 3, 0)->rtt_ns, 20 * MS);
	assert_int_equal(lab.sent_count, 5);
	assert_int_equal(ttr_engine_in_flight(lab.engine), 0);
	for (size_t i = 0; i < PROBES_MAX; i++)
		assert_int_equal(lab.armed[i].ns, 0);
	ttr_engine_free(lab.engine);
}

/* Each RST is one SYN that arrived: when all are accounted for, the first is the lowest TTL's. */
static void test_closed_by_count(void **state)
{
	struct lab lab;
	struct ttr_reply rst;

	(void)state;
	settings_init(&lab, 4, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	rst = tcp(&lab, 1, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 10, &rst));
	assert_true(feed(&lab, 0, &rst));
	assert_string_equal(lab.rows, "1 ");
	assert_true(feed(&lab, 1, &rst));
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_CLOSED);
	assert_int_equal(cell(&lab, 2, 0)->rtt_ns, 20 * MS);
	assert_int_equal(lab.sent_count, 4);
	ttr_engine_free(lab.engine);
}

/* One RST is missing and hop 2 is silent: fresh flows find out where the host is. */
static void test_closed_by_fresh_flows(void **state)
{
	struct lab lab;
	struct ttr_reply rst;

	(void)state;
	settings_init(&lab, 6, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	rst = tcp(&lab, 2, TTR_TCP_RST | TTR_TCP_ACK);
	for (int i = 0; i < 3; i++)
		assert_true(feed(&lab, 1, &rst));
	assert_int_equal(lab.sent_count, 6);
	lab.now = lab.wake;
	ttr_engine_wake(lab.engine, lab.now);
	drain(&lab);
	assert_int_equal(lab.sent_count, 9);
	for (size_t i = 6; i < 9; i++) {
		assert_int_equal(lab.sent[i].ttl, i - 4);
		assert_int_not_equal(lab.sent[i].source_port, lab.sent[0].source_port);
	}
	rst = tcp(&lab, 7, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 10, &rst));
	assert_int_equal(lab.grid->ports[0].end_ttl, 3);
	assert_string_equal(lab.rows, "1 ");
	fire(&lab, 6);
	assert_string_equal(lab.rows, "1 2 3 . !");
	assert_int_equal(cell(&lab, 2, 0)->state, TTR_CELL_SILENT);
	ttr_engine_free(lab.engine);
}

/* An RST without ACK proves nothing but the ports: it counts when a fresh flow gets one too. */
static void test_bare_rst(void **state)
{
	struct lab lab;
	struct ttr_reply rst;

	(void)state;
	settings_init(&lab, 2, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	rst = tcp(&lab, 1, TTR_TCP_RST);
	assert_true(feed(&lab, 1, &rst));
	assert_string_equal(lab.rows, "1 ");
	lab.now = lab.wake;
	ttr_engine_wake(lab.engine, lab.now);
	drain(&lab);
	assert_int_equal(lab.sent_count, 3);
	rst = tcp(&lab, 2, TTR_TCP_RST);
	assert_true(feed(&lab, 10, &rst));
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(cell(&lab, 2, 0)->answer, TTR_ANSWER_RST);
	ttr_engine_free(lab.engine);
}

static void test_syn_ack_beats_rst(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 2, 1);
	open_lab(&lab);
	reply = tcp(&lab, 1, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 5, &reply));
	reply = syn_ack(&lab, 1);
	assert_true(feed(&lab, 5, &reply));
	exceed(&lab, 5, 0, 1);
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_OPEN);
	assert_int_equal(cell(&lab, 2, 0)->answer, TTR_ANSWER_SYN_ACK);
	ttr_engine_free(lab.engine);
}

static void test_duplicates_and_late_ones(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 3, 1);
	lab.settings.wait_ns = 100 * MS;
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	exceed(&lab, 1, 0, 7);
	assert_int_equal(cell(&lab, 1, 0)->duplicates, 1);
	assert_true(ttr_addr_equal(
		&cell(&lab, 1, 0)->address,
		&(struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, 1}}));
	fire(&lab, 1);
	fire(&lab, 2);
	assert_string_equal(lab.rows, "1 2 3 . !");
	exceed(&lab, 50, 1, 2);
	assert_true(cell(&lab, 2, 0)->late);
	assert_int_equal(cell(&lab, 2, 0)->state, TTR_CELL_SILENT);
	assert_int_equal(lab.grid->counters.late, 1);
	assert_int_equal(lab.grid->counters.duplicates, 1);
	ttr_engine_free(lab.engine);
}

/* A silent hop is asked again as soon as the hops behind it have answered, on the same flow. */
static void test_silence_is_judged_from_behind(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 4, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	exceed(&lab, 10, 2, 3);
	reply = syn_ack(&lab, 3);
	assert_true(feed(&lab, 20, &reply));
	assert_string_equal(lab.rows, "1 ");
	/* second smallest from behind: 40 ms, and a quarter, and 20 ms */
	assert_int_equal(lab.armed[lab.number[1]].ns, 1000 * MS + 70 * MS);
	fire(&lab, 1);
	assert_int_equal(lab.sent_count, 5);
	assert_int_equal(lab.sent[4].ttl, 2);
	assert_int_equal(lab.sent[4].source_port, lab.sent[1].source_port);
	assert_int_equal(lab.sent[4].seq, lab.sent[1].seq);
	assert_int_not_equal(lab.sent[4].ip_id, lab.sent[1].ip_id);
	fire(&lab, 4);
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	assert_int_equal(lab.now.ns, 1000 * MS + 140 * MS);
	ttr_engine_free(lab.engine);
}

static void test_unreachable_ends(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 4, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	reply = icmp(&lab, 2, 2);
	reply.kind = TTR_REPLY_UNREACHABLE;
	reply.icmp_type = 3;
	reply.icmp_code = 13;
	assert_true(feed(&lab, 0, &reply));
	reply = icmp(&lab, 1, 2);
	reply.kind = TTR_REPLY_UNREACHABLE;
	reply.icmp_type = 3;
	reply.icmp_code = 13;
	assert_true(feed(&lab, 0, &reply));
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_UNREACHABLE);
	assert_true(lab.grid->ports[0].reached);
	assert_int_equal(lab.grid->ports[0].distance, 0);
	ttr_engine_free(lab.engine);
}

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

static void test_wire_time(void **state)
{
	struct lab lab;
	struct ttr_reply own;

	(void)state;
	settings_init(&lab, 2, 1);
	open_lab(&lab);
	own = (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = source,
		.target = target,
		.ip_id = lab.sent[0].ip_id,
		.tcp = {.source_port = lab.sent[0].source_port,
			.target_port = 443,
			.has_seq = true,
			.seq = lab.sent[0].seq,
			.has_flags = true,
			.flags = TTR_TCP_SYN},
	};
	assert_true(feed(&lab, 3, &own));
	assert_true(feed(&lab, 1, &own)); /* a copy on another device */
	exceed(&lab, 6, 0, 1);
	assert_int_equal(cell(&lab, 1, 0)->rtt_ns, 7 * MS);
	assert_int_equal(lab.grid->counters.replies, 1);
	ttr_engine_free(lab.engine);
}

static void test_send_failures(void **state)
{
	struct lab lab;
	struct ttr_action a;

	(void)state;
	settings_init(&lab, 2, 1);
	open_lab(&lab);
	ttr_engine_free(lab.engine);
	lab.sent_count = 0;
	lab.rows[0] = '\0';
	{
		static struct ttr_flow_key keys[KEYS];
		struct ttr_plan plan = {
			.source = source,
			.target = target,
			.settings = &lab.settings,
			.keys = keys,
			.key_count = KEYS,
		};

		assert_int_equal(ttr_engine_new(&lab.engine, &plan), 0);
	}
	lab.grid = ttr_engine_grid(lab.engine);
	ttr_engine_start(lab.engine, lab.now);
	assert_true(ttr_engine_next(lab.engine, false, &a));
	assert_int_equal(a.kind, TTR_ACTION_WAKE); /* for the second row */
	lab.wake = a.at;
	assert_false(ttr_engine_next(lab.engine, false, &a));
	assert_true(ttr_engine_next(lab.engine, true, &a));
	assert_int_equal(a.kind, TTR_ACTION_SEND);
	ttr_engine_unsent(lab.engine, a.probe);
	assert_false(ttr_engine_next(lab.engine, false, &a));
	drain(&lab);
	begin_rows(&lab);
	assert_int_equal(lab.sent_count, 2);
	assert_int_equal(lab.sent[0].ttl, 1); /* still first */
	ttr_engine_send_failed(lab.engine, lab.number[0], ENOBUFS);
	assert_int_equal(cell(&lab, 1, 0)->send_error, ENOBUFS);
	assert_int_equal(lab.grid->counters.local_drops, 1);
	ttr_engine_free(lab.engine);
}

static void test_stop(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 30, 2);
	open_lab(&lab);
	exceed(&lab, 10, 4, 3);
	ttr_engine_stop(lab.engine, lab.now, false);
	drain(&lab);
	assert_string_equal(lab.rows, "1 2 3 . !");
	assert_true(lab.grid->cut_short);
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_UNKNOWN);
	ttr_engine_free(lab.engine);

	settings_init(&lab, 4, 2);
	open_lab(&lab);
	exceed(&lab, 10, 4, 3);
	ttr_engine_stop(lab.engine, lab.now, true);
	drain(&lab);
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	assert_false(lab.grid->cut_short);
	assert_int_equal(cell(&lab, 4, 1)->state, TTR_CELL_SILENT);
	ttr_engine_free(lab.engine);
}

/* All queries on one source port: a query begins when the one before it is complete. */
static void test_one_source_port(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 5, 2);
	lab.settings.source_port = 1234;
	open_lab(&lab);
	assert_int_equal(lab.sent_count, 5);
	exceed(&lab, 10, 0, 1);
	reply = syn_ack(&lab, 1);
	assert_true(feed(&lab, 5, &reply));
	assert_int_equal(lab.sent_count, 7); /* no farther than the destination */
	assert_int_equal(lab.sent[5].source_port, 1234);
	assert_int_not_equal(lab.sent[5].seq, lab.sent[0].seq);
	exceed(&lab, 10, 5, 1);
	reply = syn_ack(&lab, 6);
	assert_true(feed(&lab, 5, &reply));
	assert_string_equal(lab.rows, "1 2 . !");
	ttr_engine_free(lab.engine);
}

/* Row by row, all queries of a row together; a destination that answers in time is spared the rest.
 */
static void test_rows_begin_one_by_one(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 30, 2);
	{
		static struct ttr_flow_key keys[KEYS];
		struct ttr_plan plan = {
			.source = source,
			.target = target,
			.settings = &lab.settings,
			.keys = keys,
			.key_count = KEYS,
		};

		for (size_t i = 0; i < KEYS; i++)
			keys[i] = (struct ttr_flow_key){.source_port = (uint16_t)(40000 + i),
							.isn = (uint32_t)(i << 24)};
		assert_int_equal(ttr_engine_new(&lab.engine, &plan), 0);
	}
	lab.grid = ttr_engine_grid(lab.engine);
	lab.now.ns = 1000 * MS;
	ttr_engine_start(lab.engine, lab.now);
	drain(&lab);
	assert_int_equal(lab.sent_count, 2);
	assert_int_equal(lab.sent[1].ttl, 1);
	assert_int_not_equal(lab.sent[1].source_port, lab.sent[0].source_port);
	assert_int_equal(lab.wake.ns, 1000 * MS + TTR_NS_PER_MS / 10);
	ttr_engine_wake(lab.engine, (struct ttr_mono){1000 * MS + TTR_NS_PER_MS / 4});
	drain(&lab);
	assert_int_equal(lab.sent_count, 6); /* late: two rows at once */
	reply = syn_ack(&lab, 4);
	assert_true(feed(&lab, 1, &reply));
	ttr_engine_wake(lab.engine, (struct ttr_mono){1002 * MS});
	drain(&lab);
	assert_int_equal(lab.sent_count, 6);
	ttr_engine_free(lab.engine);
}

static void test_window(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 9, 1);
	lab.settings.window = 2;
	open_lab(&lab);
	assert_int_equal(lab.sent_count, 2);
	exceed(&lab, 10, 0, 1);
	assert_int_equal(lab.sent_count, 3);
	exceed(&lab, 10, 2, 3);
	assert_int_equal(lab.sent_count, 5);
	ttr_engine_free(lab.engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_path),
		cmocka_unit_test(test_closed_by_count),
		cmocka_unit_test(test_closed_by_fresh_flows),
		cmocka_unit_test(test_bare_rst),
		cmocka_unit_test(test_syn_ack_beats_rst),
		cmocka_unit_test(test_duplicates_and_late_ones),
		cmocka_unit_test(test_silence_is_judged_from_behind),
		cmocka_unit_test(test_unreachable_ends),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_strict_dnat),
		cmocka_unit_test(test_wire_time),
		cmocka_unit_test(test_send_failures),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_one_source_port),
		cmocka_unit_test(test_rows_begin_one_by_one),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
