/* SPDX-License-Identifier: BSD-2-Clause */
/* Several routers in a row: paths for flows, or for packets? */
#include "engine_lab.h"

/* Row 1 of three: answered by the routers `first` of the queries, and by `again` when each flow is
 * asked a second time. */
static void trace(struct lab *lab, const unsigned int *first, const unsigned int *again)
{
	settings_init(lab, 2, 2);
	open_lab(lab);
	assert_int_equal(lab->sent_count, 4);
	for (size_t q = 0; q < 2; q++)
		exceed(lab, 5, q, first[q]);
	assert_string_equal(lab->rows, "1 ");
	for (size_t q = 0; q < 2 && again; q++) {
		assert_int_equal(lab->sent[4 + q].ttl, 1);
		assert_int_equal(lab->sent[4 + q].source_port, lab->sent[q].source_port);
		exceed(lab, 5, 4 + q, again[q]);
	}
}

static void test_per_flow(void **state)
{
	static const unsigned int routers[] = {1, 2};
	struct lab lab;

	(void)state;
	trace(&lab, routers, routers);
	assert_int_equal(lab.sent_count, 6);
	assert_false(cell(&lab, 1, 0)->per_packet || cell(&lab, 1, 1)->per_packet);
	assert_int_equal(lab.grid->counters.duplicates + lab.grid->counters.late, 0);
	ttr_engine_free(lab.engine);
}

static void test_per_packet(void **state)
{
	static const unsigned int first[] = {1, 2}, again[] = {1, 1};
	struct lab lab;

	(void)state;
	trace(&lab, first, again);
	assert_false(cell(&lab, 1, 0)->per_packet);
	assert_true(cell(&lab, 1, 1)->per_packet);
	assert_true(ttr_addr_equal(&cell(&lab, 1, 1)->address,
				   &(struct ttr_addr){TTR_FAMILY_IPV4, {203, 0, 113, 2}}));
	assert_int_equal(cell(&lab, 1, 1)->attempts, 2);
	ttr_engine_free(lab.engine);
}

/* One router is no reason to ask, and nobody waits for the answers. */
static void test_not_asked_and_not_waited_for(void **state)
{
	static const unsigned int one[] = {1, 1}, two[] = {1, 2};
	struct ttr_reply reply;
	struct lab lab;

	(void)state;
	trace(&lab, one, NULL);
	assert_int_equal(lab.sent_count, 4);
	ttr_engine_free(lab.engine);
	trace(&lab, two, NULL);
	assert_int_equal(lab.sent_count, 6);
	for (size_t i = 2; i < 4; i++) {
		reply = syn_ack(&lab, i);
		assert_true(feed(&lab, 1, &reply));
	}
	assert_string_equal(lab.rows, "1 2 . !");
	ttr_engine_free(lab.engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_per_flow),
		cmocka_unit_test(test_per_packet),
		cmocka_unit_test(test_not_asked_and_not_waited_for),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
