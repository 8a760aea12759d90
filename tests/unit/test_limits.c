/* SPDX-License-Identifier: BSD-2-Clause */
/* Silence that may be a router's limit: what is marked, and what is asked again when. */
#include "engine_lab.h"

/* The number of the sent probe of this TTL and query, the last one. */
static size_t sent_at(const struct lab *lab, unsigned int ttl, unsigned int query)
{
	size_t found = PROBES_MAX;

	for (size_t i = 0; i < lab->sent_count; i++)
		if (lab->sent[i].ttl == ttl && lab->sent[i].source_port == 40000 + query)
			found = i;
	assert_true(found < PROBES_MAX);
	return found;
}

/* On whatever flow. */
static size_t last_sent_at(const struct lab *lab, unsigned int ttl)
{
	size_t i = lab->sent_count - 1;

	while (lab->sent[i].ttl != ttl)
		i--;
	return i;
}

static void answer(struct lab *lab, int64_t after_ms, unsigned int ttl, unsigned int query)
{
	struct ttr_reply reply;

	if (ttl < 4) {
		exceed(lab, after_ms, sent_at(lab, ttl, query), ttl);
		return;
	}
	reply = syn_ack(lab, sent_at(lab, ttl, query));
	assert_true(feed(lab, after_ms, &reply));
}

/* All that is armed fires, in order of time, until `until_ms`; then it is that time. */
static void pass_until(struct lab *lab, int64_t until_ms)
{
	for (unsigned int turn = 0; turn < 1000; turn++) {
		size_t next = PROBES_MAX;

		for (size_t i = 0; i < lab->sent_count; i++) {
			int64_t at = lab->armed[lab->number[i]].ns;

			if (at && at <= until_ms * MS &&
			    (next == PROBES_MAX || at < lab->armed[lab->number[next]].ns))
				next = i;
		}
		if (next == PROBES_MAX)
			break;
		fire(lab, next);
	}
	lab->now.ns = until_ms * MS;
}

/* Row 2 answers the first two queries, and nothing after that. */
static void test_last_ones_missing(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 6, 3);
	open_lab(&lab);
	for (unsigned int q = 0; q < 3; q++)
		for (unsigned int ttl = 1; ttl <= 4; ttl++)
			if (ttl != 2 || q < 2)
				answer(&lab, 2, ttl, q);
	pass_until(&lab, 1500);
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	assert_int_equal(cell(&lab, 2, 2)->state, TTR_CELL_SILENT);
	assert_true(cell(&lab, 2, 2)->rate_limited);
	assert_false(cell(&lab, 2, 1)->rate_limited);
	/* three first ones, and no more than six in all */
	assert_int_equal(cell(&lab, 2, 2)->attempts, 4);
	ttr_engine_free(lab.engine);
}

/* Silence of a router that answers nobody, and of everything behind some hop, is no limit. */
static void test_silence_is_no_limit(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 5, 2);
	open_lab(&lab);
	for (unsigned int q = 0; q < 2; q++) {
		answer(&lab, 2, 1, q);
		answer(&lab, 2, 3, q);
	}
	pass_until(&lab, 8000);
	assert_string_equal(lab.rows, "1 2 3 4 5 . !");
	for (unsigned int ttl = 2; ttl <= 5; ttl++)
		assert_false(cell(&lab, ttl, 0)->rate_limited);
	ttr_engine_free(lab.engine);
}

/* Nobody but the destination answers: one cell of each row is saved for the next token. */
static void test_all_used_up(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 6, 3);
	open_lab(&lab);
	for (unsigned int q = 0; q < 3; q++)
		answer(&lab, 4, 4, q);
	pass_until(&lab, 1500);
	for (unsigned int ttl = 1; ttl <= 3; ttl++) {
		assert_int_equal(cell(&lab, ttl, 0)->attempts, 1);
		assert_int_equal(cell(&lab, ttl, 1)->attempts, 2);
	}
	assert_string_equal(lab.rows, "");
	for (int64_t ms = 1500; cell(&lab, 1, 0)->attempts == 1 && ms < 4000; ms++)
		pass_until(&lab, ms);
	assert_true(lab.now.ns > 2000 * MS);
	for (unsigned int ttl = 1; ttl <= 3; ttl++) {
		assert_int_equal(cell(&lab, ttl, 0)->attempts, 2);
		exceed(&lab, 2, last_sent_at(&lab, ttl), ttl);
	}
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	for (unsigned int ttl = 1; ttl <= 3; ttl++)
		assert_true(cell(&lab, ttl, 1)->rate_limited && cell(&lab, ttl, 2)->rate_limited);
	ttr_engine_free(lab.engine);
}

/* Who waits anyway asks again as the router's limit allows. */
static void test_asked_to_wait(void **state)
{
	struct lab lab;

	(void)state;
	settings_init(&lab, 6, 3);
	lab.settings.wait_ns = 5000 * MS;
	open_lab(&lab);
	for (unsigned int q = 0; q < 3; q++)
		for (unsigned int ttl = 1; ttl <= 4; ttl++)
			if (ttl != 2 || q < 2)
				answer(&lab, 2, ttl, q);
	pass_until(&lab, 1500);
	assert_int_equal(cell(&lab, 2, 2)->attempts, 4);
	pass_until(&lab, 7000);
	assert_int_equal(cell(&lab, 2, 2)->state, TTR_CELL_SILENT);
	assert_string_equal(lab.rows, "1 2 3 4 . !");
	ttr_engine_free(lab.engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_ones_missing),
		cmocka_unit_test(test_silence_is_no_limit),
		cmocka_unit_test(test_all_used_up),
		cmocka_unit_test(test_asked_to_wait),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
