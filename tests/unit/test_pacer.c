/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pacer.h"
#include "tcptraceroute/clock.h"

#define RTT_NS (20 * TTR_NS_PER_MS)
#define QUEUE 4096

/* A router with a bucket, asked by a pacer; answers and their absence are known after a round trip.
 */
struct lab {
	struct ttr_pacer pacer;
	double tokens, burst, rate; /* of the router */
	int64_t now, filled_at;
	int64_t sent[QUEUE];
	bool answered[QUEUE];
	unsigned int first, last;
	unsigned int asked, got;
};

static void init(struct lab *lab, double rate, double burst)
{
	*lab = (struct lab){.rate = rate, .burst = burst, .tokens = burst, .now = TTR_NS_PER_S};
	lab->filled_at = lab->now;
	ttr_pacer_init(&lab->pacer, 40, 5, false);
}

static void ask(struct lab *lab)
{
	lab->tokens += (double)(lab->now - lab->filled_at) / (double)TTR_NS_PER_S * lab->rate;
	lab->filled_at = lab->now;
	if (lab->tokens > lab->burst)
		lab->tokens = lab->burst;
	ttr_pacer_take(&lab->pacer, lab->now);
	lab->sent[lab->last % QUEUE] = lab->now;
	lab->answered[lab->last % QUEUE] = lab->tokens >= 1;
	lab->got += lab->tokens >= 1;
	lab->tokens -= lab->tokens >= 1 ? 1 : 0;
	lab->asked++;
	lab->last++;
}

static void learn(struct lab *lab)
{
	for (; lab->first < lab->last && lab->sent[lab->first % QUEUE] + RTT_NS <= lab->now;
	     lab->first++) {
		const int64_t sent = lab->sent[lab->first % QUEUE];

		if (lab->answered[lab->first % QUEUE])
			ttr_pacer_answered(&lab->pacer, sent, lab->now);
		else
			ttr_pacer_lost(&lab->pacer, sent, lab->now);
	}
}

/* Asks as often as the pacer allows, for so long. */
static void run(struct lab *lab, int64_t duration_ns)
{
	const int64_t end = lab->now + duration_ns;

	for (; lab->now < end; lab->now += TTR_NS_PER_MS) {
		learn(lab);
		while (ttr_pacer_ready_ns(&lab->pacer) <= lab->now)
			ask(lab);
	}
}

/* What a limited router can answer is answered, for few probes more; a slow one takes long to
 * learn. */
static void test_limited(void **state)
{
	static const struct {
		double rate, burst;
		int64_t seconds;
		double share;
	} routers[] = {
		{20, 10, 10, 0.95}, {10, 6, 20, 0.95}, {100, 10, 5, 0.95},
		{2, 1, 60, 0.7},    {1, 6, 100, 0.7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(routers) / sizeof(routers[0]); i++) {
		const double possible =
			routers[i].burst + routers[i].rate * (double)routers[i].seconds;
		struct lab lab;

		init(&lab, routers[i].rate, routers[i].burst);
		run(&lab, routers[i].seconds * TTR_NS_PER_S);
		assert_true(lab.pacer.limited);
		assert_true(lab.got >= routers[i].share * possible);
		assert_true(lab.asked <= 1.7 * possible + 20);
	}
}

/* Nothing holds back what is not limited. */
static void test_unlimited(void **state)
{
	struct lab lab;

	(void)state;
	init(&lab, 1e6, 1e6);
	run(&lab, TTR_NS_PER_S);
	assert_false(lab.pacer.limited);
	assert_int_equal(lab.got, lab.asked);
	assert_true(lab.asked > 1000);
}

static void test_fixed(void **state)
{
	struct lab lab;

	(void)state;
	init(&lab, 1, 1);
	ttr_pacer_init(&lab.pacer, 50, 5, true);
	run(&lab, 10 * TTR_NS_PER_S);
	assert_in_range(lab.asked, 495, 510);
	assert_true(lab.pacer.rate == 50);
}

/* A slower rate does not come with a burst of its own. */
static void test_no_burst_after_a_cut(void **state)
{
	struct lab lab;
	unsigned int asked;

	(void)state;
	init(&lab, 1, 1);
	while (!lab.pacer.limited)
		run(&lab, TTR_NS_PER_MS);
	asked = lab.asked;
	run(&lab, 10 * TTR_NS_PER_MS);
	assert_in_range(lab.asked - asked, 0, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limited),
		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_no_burst_after_a_cut),
	};

	return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
