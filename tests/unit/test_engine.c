/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine, fed by hand: each case is a few replies and what must come out. */
#include <errno.h>
#include <string.h>

#include "engine_lab.h"

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
	exceed(&lab, 1, 0, 8);
	exceed(&lab, 1, 0, 1);
	assert_int_equal(cell(&lab, 1, 0)->duplicates, 3);
	assert_true(ttr_addr_equal(
		&cell(&lab, 1, 0)->conflict,
		&(struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, 7}}));
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
	assert_int_equal(lab.grid->counters.duplicates, 3);
	ttr_engine_free(lab.engine);
}

/* Clocks that do not agree, or a stamp that is forged: no time is negative. */
static void test_answer_from_before(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 3, 1);
	open_lab(&lab);
	exceed(&lab, -5, 0, 1);
	assert_int_equal(cell(&lab, 1, 0)->state, TTR_CELL_ANSWERED);
	assert_int_equal(cell(&lab, 1, 0)->rtt_ns, 0);
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
	/* second smallest from behind: 40 ms, a sixteenth of it twice, and 5 ms */
	assert_int_equal(lab.armed[lab.number[1]].ns, 1000 * MS + 50 * MS);
	fire(&lab, 1);
	assert_int_equal(lab.sent_count, 5);
	assert_int_equal(lab.sent[4].ttl, 2);
	assert_int_equal(lab.sent[4].source_port, lab.sent[1].source_port);
	assert_int_equal(lab.sent[4].seq, lab.sent[1].seq);
	assert_int_not_equal(lab.sent[4].ip_id, lab.sent[1].ip_id);
	fire(&lab, 4);
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	assert_int_equal(lab.now.ns, 1000 * MS + 100 * MS);
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

/* What connections see: an error without its quote, and a state without numbers. */
static void test_answers_of_known_probes(void **state)
{
	struct lab lab;
	struct ttr_reply reply;

	(void)state;
	settings_init(&lab, 5, 1);
	lab.life_ns = 900 * MS;
	open_lab(&lab);
	for (unsigned int i = 0; i < 2; i++) {
		reply = icmp(&lab, i, 1 + i);
		reply.quote = (struct ttr_quote){.source = {0}};
		reply.at.ns = lab.now.ns + 10 * MS;
		ttr_engine_answer(lab.engine, lab.number[i], &reply);
		drain(&lab);
	}
	assert_string_equal(lab.rows, "1 2 ");
	assert_int_equal(cell(&lab, 1, 0)->rtt_ns, 10 * MS);
	assert_int_equal(cell(&lab, 1, 0)->quoted_target.family, TTR_FAMILY_NONE);
	assert_null(cell(&lab, 1, 0)->changes);
	/* the host answers several probes of what would be one flow */
	for (size_t i = 4; i >= 2; i--) {
		reply = (struct ttr_reply){.kind = TTR_REPLY_TCP, .source = target};
		reply.tcp.has_flags = true;
		reply.tcp.flags = TTR_TCP_RST | TTR_TCP_ACK;
		reply.at.ns = lab.now.ns + 40 * MS;
		ttr_engine_answer(lab.engine, lab.number[i], &reply);
		drain(&lab);
	}
	assert_string_equal(lab.rows, "1 2 3 . !");
	assert_int_equal(lab.grid->ports[0].distance, 3);
	assert_int_equal(lab.grid->counters.duplicates, 0);
	assert_int_equal(lab.grid->counters.replies, 5);
	assert_int_equal(cell(&lab, 3, 0)->rtt_ns, 40 * MS);
	ttr_engine_free(lab.engine);
}

/* Nobody is waited for longer than an answer can take, whatever -w says. */
static void test_life(void **state)
{
	static const int64_t waits[] = {0, 5000 * MS, 100 * MS};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct lab lab;
		int64_t sent_ns;

		settings_init(&lab, 2, 1);
		lab.settings.wait_ns = waits[i];
		lab.life_ns = 900 * MS;
		open_lab(&lab);
		sent_ns = 1000 * MS;
		assert_int_equal(lab.armed[lab.number[0]].ns - sent_ns,
				 waits[i] == 100 * MS ? 100 * MS : 900 * MS);
		fire(&lab, 0);
		assert_int_equal(cell(&lab, 1, 0)->state, TTR_CELL_SILENT);
		ttr_engine_free(lab.engine);
	}
}

/* Nothing could be sent for a while: what was in flight then is asked anew, and -w counts from now.
 */
static void test_resume(void **state)
{
	struct lab lab;
	size_t first;

	(void)state;
	settings_init(&lab, 3, 1);
	lab.settings.wait_ns = 1000 * MS;
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	lab.now.ns += 5000 * MS;
	first = lab.sent_count;
	ttr_engine_resume(lab.engine, lab.now);
	drain(&lab);
	assert_int_equal(lab.sent_count, first + 2);
	for (size_t i = first; i < first + 2; i++) {
		assert_int_equal(lab.sent[i].ttl, i - first + 2);
		assert_int_not_equal(lab.sent[i].ip_id, lab.sent[i - first + 1].ip_id);
		assert_int_equal(lab.armed[lab.number[i]].ns - lab.now.ns, 1000 * MS);
	}
	exceed(&lab, 20, first, 2);
	assert_int_equal(cell(&lab, 2, 0)->rtt_ns, 20 * MS);
	assert_int_equal(cell(&lab, 2, 0)->attempts, 2);
	assert_string_equal(lab.rows, "1 2 ");
	ttr_engine_free(lab.engine);
}

/* Time passes until nothing is left to wait for. */
static void pass_all(struct lab *lab, int64_t until_ns)
{
	for (unsigned int step = 0; step < 10000; step++) {
		uint32_t due = PROBES_MAX;
		struct ttr_mono at = lab->wake;

		for (uint32_t i = 0; i < PROBES_MAX; i++) {
			if (!lab->armed[i].ns || (at.ns && at.ns <= lab->armed[i].ns))
				continue;
			due = i;
			at = lab->armed[i];
		}
		if (!at.ns || at.ns > until_ns)
			return;
		if (at.ns > lab->now.ns)
			lab->now = at;
		if (due == PROBES_MAX) {
			lab->wake.ns = 0;
			ttr_engine_wake(lab->engine, lab->now);
		} else {
			lab->armed[due].ns = 0;
			ttr_engine_timeout(lab->engine, due, lab->now);
		}
		drain(lab);
	}
	fail();
}

/* Several ports, nobody answers, and the grid is to end early: then a router behind refuses. The
 * rows up to there are asked again, and the run ends. */
static void test_end_behind_the_horizon(void **state)
{
	static const uint16_t two[] = {443, 80};
	struct ttr_reply reply;
	struct lab lab;
	size_t last = 0, asked;

	(void)state;
	settings_init(&lab, 7, 1);
	lab.settings.ports = two;
	lab.settings.port_count = 2;
	open_lab(&lab);
	pass_all(&lab, lab.now.ns + 1500 * MS);
	assert_int_equal(lab.grid->horizon, 4);
	while (lab.sent[last].ttl != 7 || lab.sent[last].target_port != 80)
		last++;
	asked = lab.sent_count;
	reply = icmp(&lab, last, 7);
	reply.kind = TTR_REPLY_UNREACHABLE;
	reply.icmp_type = 3;
	assert_true(feed(&lab, 1, &reply));
	assert_int_equal(lab.grid->ports[1].end_ttl, 7);
	pass_all(&lab, INT64_MAX);
	assert_non_null(strchr(lab.rows, '!'));
	for (unsigned int ttl = 5; ttl <= 6; ttl++) {
		bool again = false;

		for (size_t i = asked; i < lab.sent_count; i++)
			again |= lab.sent[i].ttl == ttl && lab.sent[i].target_port == 80;
		assert_true(again);
		assert_int_equal(ttr_grid_cell(lab.grid, 1, ttl, 0)->state, TTR_CELL_SILENT);
	}
	ttr_engine_free(lab.engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_path),
		{"P33 to P35 duplicates and late ones", test_duplicates_and_late_ones, NULL, NULL,
		 NULL},
		{"P36 an answer from before its probe", test_answer_from_before, NULL, NULL, NULL},
		cmocka_unit_test(test_silence_is_judged_from_behind),
		cmocka_unit_test(test_unreachable_ends),
		cmocka_unit_test(test_wire_time),
		cmocka_unit_test(test_send_failures),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_one_source_port),
		cmocka_unit_test(test_rows_begin_one_by_one),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_answers_of_known_probes),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_end_behind_the_horizon),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
