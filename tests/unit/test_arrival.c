/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of the destination that name no probe. */
#include "engine_lab.h"

/* Each RST is one SYN that arrived: when all are accounted for, the first is likely to be the
 * lowest TTL's. */
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
	assert_int_equal(lab.sent_count, 4);
	assert_true(feed(&lab, 1, &rst));
	assert_string_equal(lab.rows, "1 ");
	/* a copy may be among them, and hop 2 silent: the same way is asked with other numbers */
	assert_int_equal(lab.sent_count, 7);
	assert_int_equal(lab.sent[4].ttl, 2);
	assert_int_equal(lab.sent[4].source_port, lab.sent[0].source_port);
	assert_int_not_equal(lab.sent[4].seq, lab.sent[0].seq);
	rst = tcp(&lab, 4, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 20, &rst));
	/* and another flow, whether it is closed there as well */
	assert_string_equal(lab.rows, "1 ");
	assert_int_equal(lab.sent_count, 8);
	assert_int_equal(lab.sent[7].ttl, 4);
	assert_int_not_equal(lab.sent[7].source_port, lab.sent[0].source_port);
	rst = tcp(&lab, 7, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 20, &rst));
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_CLOSED);
	assert_int_equal(cell(&lab, 2, 0)->rtt_ns, 20 * MS);
	assert_int_equal(lab.sent_count, 8);
	ttr_engine_free(lab.engine);
}

static void reset_then_ask(struct lab *lab)
{
	struct ttr_reply rst;

	settings_init(lab, 2, 1);
	open_lab(lab);
	exceed(lab, 10, 0, 1);
	rst = tcp(lab, 1, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(lab, 10, &rst));
	assert_string_equal(lab->rows, "1 ");
	assert_int_equal(lab->sent_count, 3);
}

/* The fresh flow is accepted: the reset was not the port's word. */
static void test_not_closed(void **state)
{
	struct ttr_reply reply;
	struct lab lab;

	(void)state;
	reset_then_ask(&lab);
	reply = syn_ack(&lab, 2);
	assert_true(feed(&lab, 30, &reply));
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_OPEN);
	assert_int_equal(cell(&lab, 2, 0)->answer, TTR_ANSWER_SYN_ACK);
	assert_int_equal(cell(&lab, 2, 0)->rtt_ns, 30 * MS);
	ttr_engine_free(lab.engine);
}

/* Nobody answers it: the reset stands after a little more than its round trip. */
static void test_closed_after_silence(void **state)
{
	struct lab lab;

	(void)state;
	reset_then_ask(&lab);
	assert_int_equal(lab.wake.ns, lab.now.ns + 20 * MS + 5 * MS + 20 * MS);
	lab.now = lab.wake;
	ttr_engine_wake(lab.engine, lab.now);
	drain(&lab);
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_CLOSED);
	ttr_engine_free(lab.engine);
}

/* One RST is missing and hop 2 is silent: other numbers on the same way find out where the host is.
 */
static void test_closed_by_other_numbers(void **state)
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
		assert_int_equal(lab.sent[i].ttl, i - 4); /* up to where three RSTs put it */
		assert_int_equal(lab.sent[i].source_port, lab.sent[0].source_port);
		assert_int_not_equal(lab.sent[i].seq, lab.sent[0].seq);
	}
	rst = tcp(&lab, 7, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 10, &rst));
	assert_int_equal(lab.grid->ports[0].end_ttl, 3);
	assert_string_equal(lab.rows, "1 ");
	fire(&lab, 6);
	assert_string_equal(lab.rows, "1 2 ");
	rst = tcp(&lab, lab.sent_count - 1, TTR_TCP_RST | TTR_TCP_ACK);
	assert_int_not_equal(lab.sent[lab.sent_count - 1].source_port, lab.sent[0].source_port);
	assert_true(feed(&lab, 10, &rst));
	assert_string_equal(lab.rows, "1 2 3 . !");
	assert_int_equal(cell(&lab, 2, 0)->state, TTR_CELL_SILENT);
	ttr_engine_free(lab.engine);
}

/* Most RSTs are missing: silence before the end may be the host's, and is asked once more. */
static void test_closed_with_a_limit(void **state)
{
	struct lab lab;
	struct ttr_reply rst;

	(void)state;
	settings_init(&lab, 12, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	rst = tcp(&lab, 4, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 1, &rst));
	assert_int_equal(lab.sent_count, 12);
	lab.now = lab.wake;
	ttr_engine_wake(lab.engine, lab.now);
	drain(&lab);
	/* what it can be is asked evenly, the nearest first */
	assert_int_equal(lab.sent_count, 18);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(lab.sent[12 + i].ttl, 2 + 2 * i);
	rst = tcp(&lab, 14, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 10, &rst));
	assert_int_equal(lab.grid->ports[0].end_ttl, 6);
	/* the one before it, which was asked once, on other numbers */
	assert_int_equal(lab.sent[lab.sent_count - 1].ttl, 5);
	rst = tcp(&lab, lab.sent_count - 1, TTR_TCP_RST | TTR_TCP_ACK);
	assert_true(feed(&lab, 10, &rst));
	assert_int_equal(lab.grid->ports[0].end_ttl, 5);
	/* nobody says anything any more: what is in between may be the host as well */
	ttr_engine_stop(lab.engine, lab.now, true);
	drain(&lab);
	assert_true(lab.grid->ports[0].done);
	assert_int_equal(lab.grid->ports[0].distance, 5);
	assert_true(lab.grid->ports[0].distance_uncertain);
	ttr_engine_free(lab.engine);
}

/* A SYN/ACK that echoes no timestamp, and fresh flows that nobody answers: open, but how far away?
 */
static void test_open_somewhere(void **state)
{
	struct lab lab;
	struct ttr_reply answer;

	(void)state;
	settings_init(&lab, 4, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	answer = tcp(&lab, 1, TTR_TCP_SYN | TTR_TCP_ACK);
	assert_true(feed(&lab, 1, &answer));
	for (size_t i = 4; i < 40 && !lab.grid->ports[0].done; i++) {
		lab.now = lab.wake;
		ttr_engine_wake(lab.engine, lab.now);
		drain(&lab);
		if (i < lab.sent_count)
			fire(&lab, i);
	}
	assert_true(lab.sent_count > 4);
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(lab.grid->ports[0].state, TTR_PORT_OPEN);
	assert_int_equal(cell(&lab, 2, 0)->evidence, TTR_EVIDENCE_SUPPOSED);
	assert_int_equal(cell(&lab, 1, 0)->evidence, TTR_EVIDENCE_EXACT);
	assert_true(lab.grid->ports[0].distance_uncertain);
	ttr_engine_free(lab.engine);
}

/* More resets than probes: copies. What was asked there with other numbers got none. */
static void test_copies_do_not_count(void **state)
{
	struct lab lab;
	struct ttr_reply rst;

	(void)state;
	settings_init(&lab, 3, 1);
	open_lab(&lab);
	exceed(&lab, 10, 0, 1);
	rst = tcp(&lab, 2, TTR_TCP_RST | TTR_TCP_ACK);
	for (int i = 0; i < 3; i++)
		assert_true(feed(&lab, 0, &rst));
	/* twins of TTL 2, and of 3 when that is not answered */
	for (size_t i = 3; i < 40 && !lab.grid->ports[0].done; i++) {
		if (i < lab.sent_count)
			fire(&lab, i);
		lab.now = lab.wake;
		ttr_engine_wake(lab.engine, lab.now);
		drain(&lab);
	}
	assert_true(lab.sent_count > 3);
	assert_int_equal(lab.sent[3].ttl, 2);
	assert_int_equal(lab.sent[3].source_port, lab.sent[0].source_port);
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
	/* what the kernel says to all those answers is no stranger's guess */
	rst.source = source;
	rst.target = target;
	rst.tcp.source_port = lab.sent[1].source_port;
	rst.tcp.target_port = lab.sent[1].target_port;
	for (int i = 0; i < 200; i++)
		assert_false(feed(&lab, 0, &rst));
	assert_int_equal(lab.grid->counters.foreign, 0);
	rst = tcp(&lab, 2, TTR_TCP_RST);
	assert_true(feed(&lab, 10, &rst));
	/* it has to wait: who guesses shows himself meanwhile */
	assert_string_equal(lab.rows, "1 ");
	lab.now = lab.wake;
	ttr_engine_wake(lab.engine, lab.now);
	drain(&lab);
	assert_string_equal(lab.rows, "1 2 . !");
	assert_int_equal(cell(&lab, 2, 0)->answer, TTR_ANSWER_RST);
	assert_int_equal(cell(&lab, 2, 0)->rtt_ns, 10 * MS);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_by_count),
		cmocka_unit_test(test_not_closed),
		cmocka_unit_test(test_closed_after_silence),
		cmocka_unit_test(test_closed_by_other_numbers),
		cmocka_unit_test(test_closed_with_a_limit),
		cmocka_unit_test(test_open_somewhere),
		cmocka_unit_test(test_copies_do_not_count),
		cmocka_unit_test(test_bare_rst),
		cmocka_unit_test(test_syn_ack_beats_rst),
	};

	return cmocka_run_group_tests_name("arrival", tests, NULL, NULL);
}
