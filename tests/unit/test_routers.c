/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/routers.h"
#include "tcptraceroute/clock.h"

#define MS TTR_NS_PER_MS
#define START (1000 * TTR_NS_PER_S)

static struct ttr_addr host(unsigned int number)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4,
				 .bytes = {203, 0, 113, (uint8_t)number}};
}

static unsigned int take_all(struct ttr_routers *r, unsigned int ttl, int64_t now_ns)
{
	unsigned int taken = 0;

	for (; ttr_routers_ready_ns(r, ttl) <= now_ns; taken++)
		ttr_routers_take(r, ttl, now_ns);
	return taken;
}

static uint16_t answer(struct ttr_routers *r, unsigned int ttl, uint16_t charge, unsigned int from)
{
	struct ttr_addr address = host(from);

	return ttr_routers_answered(r, ttl, charge, &address, START, START + 10 * MS);
}

/* Before anybody answers every TTL has its own; who answers takes over what was spent. */
static void test_unknown(void **state)
{
	struct ttr_routers r;
	uint16_t charge;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 2, 5, 0), 0);
	charge = ttr_routers_take(&r, 2, START);
	assert_int_not_equal(charge, ttr_routers_take(&r, 3, START));
	assert_int_equal(answer(&r, 2, charge, 1), charge);
	assert_int_equal(take_all(&r, 2, START + 10 * MS), TTR_BUCKET_BURST - 1);
	assert_int_equal(take_all(&r, 5, START), TTR_BUCKET_BURST);
	ttr_routers_fini(&r);
}

/* Two share the load of one TTL: each has its own limit. */
static void test_balanced(void **state)
{
	struct ttr_routers r;
	uint16_t charge, other;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 4, 0), 0);
	charge = ttr_routers_take(&r, 1, START);
	other = ttr_routers_take(&r, 1, START);
	assert_int_equal(answer(&r, 1, charge, 1), charge);
	other = answer(&r, 1, other, 2);
	assert_int_not_equal(other, charge);
	assert_int_equal(r.all[charge].bucket.taken, 1);
	assert_int_equal(r.all[other].bucket.taken, 1);
	assert_int_equal(take_all(&r, 1, START + 10 * MS), 2 * (TTR_BUCKET_BURST - 1));
	ttr_routers_fini(&r);
}

/* The same router at two TTLs has one limit for both. */
static void test_shared(void **state)
{
	struct ttr_routers r;
	uint16_t first, second;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 4, 0), 0);
	first = answer(&r, 1, ttr_routers_take(&r, 1, START), 1);
	second = answer(&r, 2, ttr_routers_take(&r, 2, START), 1);
	assert_int_equal(first, second);
	assert_int_equal(take_all(&r, 2, START + 10 * MS), TTR_BUCKET_BURST - 2);
	assert_int_equal(take_all(&r, 1, START + 10 * MS), 0);
	ttr_routers_fini(&r);
}

static void test_more_than_are_told_apart(void **state)
{
	struct ttr_routers r;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 1, 0), 0);
	for (unsigned int i = 1; i < 2 * TTR_ROUTERS_PER_TTL; i++)
		answer(&r, 1, ttr_routers_take(&r, 1, START), i);
	assert_int_equal(r.stages[0].count, TTR_ROUTERS_PER_TTL);
	assert_int_equal(r.count, TTR_ROUTERS_PER_TTL);
	ttr_routers_fini(&r);
}

/* A silent hop has no limit to blame; one that answers others has. */
static void test_limit(void **state)
{
	struct ttr_routers r;
	uint16_t lost;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 2, 0), 0);
	lost = ttr_routers_take(&r, 1, START);
	ttr_routers_lost(&r, lost, START, START + 20 * MS);
	assert_false(ttr_routers_limit(&r, 1));
	answer(&r, 1, ttr_routers_take(&r, 1, START), 1);
	assert_true(ttr_routers_limit(&r, 1));
	assert_false(ttr_routers_limit(&r, 2));
	ttr_routers_fini(&r);
}

/* What was sent before answered probes of the same moment met no empty bucket. */
static void test_may_have_limited(void **state)
{
	const struct ttr_addr address = host(1);
	struct ttr_routers r;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 2, 0), 0);
	assert_false(ttr_routers_may_have_limited(&r, 1, START));
	ttr_routers_answered(&r, 1, ttr_routers_take(&r, 1, START), &address, START, START + MS);
	assert_true(ttr_routers_may_have_limited(&r, 1, START));
	assert_true(ttr_routers_may_have_limited(&r, 1, START + MS));
	assert_false(ttr_routers_may_have_limited(&r, 1, START - MS));
	assert_true(ttr_routers_may_have_limited(&r, 1, START - 1000 * MS));
	assert_false(ttr_routers_may_have_limited(&r, 2, START));
	ttr_routers_fini(&r);
}

static void test_give_back_and_fixed(void **state)
{
	struct ttr_routers r;
	uint16_t charge;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV6, 1, 2, 4 * TTR_BUCKET_MHZ), 0);
	charge = ttr_routers_take(&r, 1, START);
	ttr_routers_give_back(&r, charge);
	assert_int_equal(take_all(&r, 1, START), TTR_BUCKET_BURST);
	assert_int_equal(ttr_routers_ready_ns(&r, 1), START + 250 * MS);
	ttr_routers_fini(&r);
}

/* As many as may go at once; each is asked for, and goes. */
static unsigned int admit_all(struct ttr_routers *r, unsigned int ttl, int64_t now_ns)
{
	unsigned int admitted = 0;

	for (; admitted < 100 && ttr_routers_admit(r, ttl, now_ns); admitted++) {
		bool trial = ttr_routers_asked(r, ttl);

		assert_int_equal(trial, r->stages[ttl - 1].asked > TTR_ROUTERS_BURST);
		ttr_routers_take(r, ttl, now_ns);
	}
	return admitted;
}

/* A burst; then one trial, two, three: nobody is asked more than one window too much. */
static void test_trials(void **state)
{
	struct ttr_routers r;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 4, 0), 0);
	assert_int_equal(admit_all(&r, 1, START), TTR_ROUTERS_BURST);
	/* as long as nobody answers there is nothing to try */
	assert_int_equal(admit_all(&r, 1, START), 0);
	answer(&r, 1, ttr_routers_take(&r, 1, START), 1);
	for (unsigned int window = 1; window < 5; window++) {
		assert_int_equal(admit_all(&r, 1, START), window);
		for (unsigned int i = 0; i < window; i++)
			ttr_routers_trial_passed(&r, 1);
	}
	assert_false(ttr_routers_paced(&r, 1));
	/* one is taken back, and nobody waits for another */
	assert_int_equal(admit_all(&r, 1, START), 5);
	ttr_routers_unasked(&r, 1);
	ttr_routers_trial_over(&r, 1);
	assert_int_equal(admit_all(&r, 1, START), 1);
	ttr_routers_fini(&r);
}

/* One that is missing may be the path's loss, two in a row are the limit: then one a second. */
static void test_trials_missed(void **state)
{
	struct ttr_routers r;
	uint16_t charge;
	int64_t open_ns;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV6, 1, 4, 0), 0);
	assert_int_equal(admit_all(&r, 1, START), TTR_ROUTERS_BURST);
	charge = answer(&r, 1, ttr_routers_take(&r, 1, START), 1);
	assert_int_equal(admit_all(&r, 1, START + 10 * MS), 1);
	ttr_routers_trial_missed(&r, 1, charge, START + 10 * MS, START + 20 * MS);
	assert_false(ttr_routers_paced(&r, 1));
	assert_int_equal(admit_all(&r, 1, START + 20 * MS), 1);
	ttr_routers_trial_missed(&r, 1, charge, START + 20 * MS, START + 30 * MS);
	assert_true(ttr_routers_paced(&r, 1));
	open_ns = START + 20 * MS + TTR_NS_PER_S + 10 * MS;
	assert_int_equal(ttr_routers_open_ns(&r, 1), open_ns);
	assert_false(ttr_routers_admit(&r, 1, open_ns - 1));
	/* one, although it has not been sent yet */
	assert_true(ttr_routers_admit(&r, 1, open_ns));
	assert_false(ttr_routers_admit(&r, 1, open_ns + TTR_NS_PER_S - 1));
	ttr_routers_fini(&r);
}

static void test_trials_unjudged(void **state)
{
	struct ttr_routers r;
	uint16_t charge;

	(void)state;
	assert_int_equal(ttr_routers_init(&r, TTR_FAMILY_IPV4, 1, 4, 0), 0);
	/* where nobody answers silence says nothing */
	assert_int_equal(admit_all(&r, 1, START), TTR_ROUTERS_BURST);
	assert_true(ttr_routers_asked(&r, 1));
	assert_true(ttr_routers_asked(&r, 1));
	charge = ttr_routers_take(&r, 1, START);
	ttr_routers_trial_missed(&r, 1, charge, START, START + 10 * MS);
	ttr_routers_trial_missed(&r, 1, charge, START, START + 10 * MS);
	assert_false(ttr_routers_paced(&r, 1));
	/* one that nobody judges is not waited for, once there is a token again */
	assert_int_equal(admit_all(&r, 2, START), TTR_ROUTERS_BURST);
	answer(&r, 2, ttr_routers_take(&r, 2, START), 3);
	assert_int_equal(admit_all(&r, 2, START), 1);
	assert_int_equal(admit_all(&r, 2, START + TTR_NS_PER_S - 1), 0);
	assert_int_equal(admit_all(&r, 2, START + 10 * TTR_NS_PER_S), 1);
	ttr_routers_fini(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_more_than_are_told_apart),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_trials),
		cmocka_unit_test(test_trials_missed),
		cmocka_unit_test(test_trials_unjudged),
		cmocka_unit_test(test_may_have_limited),
		cmocka_unit_test(test_give_back_and_fixed),
	};

	return cmocka_run_group_tests_name("routers", tests, NULL, NULL);
}
