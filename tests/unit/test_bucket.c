/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/bucket.h"
#include "tcptraceroute/clock.h"

#define MS TTR_NS_PER_MS
#define START (1000 * TTR_NS_PER_S)

/* Takes what there is at that time. */
static unsigned int take_all(struct ttr_bucket *b, int64_t now_ns)
{
	unsigned int taken = 0;

	for (; ttr_bucket_ready_ns(b) <= now_ns; taken++)
		ttr_bucket_take(b, now_ns);
	return taken;
}

static void test_start(void **state)
{
	struct ttr_bucket b;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV4);
	assert_int_equal(take_all(&b, START), TTR_BUCKET_BURST);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 1000 * MS);
	assert_int_equal(take_all(&b, START + 999 * MS), 0);
	assert_int_equal(take_all(&b, START + 1000 * MS), 1);
	/* it fills, but not beyond the burst */
	assert_int_equal(take_all(&b, START + 3500 * MS), 2);
	assert_int_equal(take_all(&b, START + 100000 * MS), TTR_BUCKET_BURST);

	ttr_bucket_init(&b, TTR_FAMILY_IPV6);
	assert_int_equal(take_all(&b, START), TTR_BUCKET_BURST);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 100 * MS);
}

static void test_give_back_and_overdraw(void **state)
{
	struct ttr_bucket b;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV4);
	take_all(&b, START);
	ttr_bucket_give_back(&b);
	assert_int_equal(b.taken, TTR_BUCKET_BURST - 1);
	assert_int_equal(take_all(&b, START), 1);
	for (unsigned int i = 0; i < 3; i++)
		ttr_bucket_take(&b, START);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 4000 * MS);
}

/* An answer raises the rate only where the probes had used up what was believed to be there. */
static void test_raise(void **state)
{
	struct ttr_bucket b;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV4);
	ttr_bucket_take(&b, START);
	ttr_bucket_answered(&b, START, START + 10 * MS);
	assert_int_equal(b.rate_mhz, TTR_BUCKET_MHZ);
	take_all(&b, START);
	for (unsigned int i = 0; i < 4; i++)
		ttr_bucket_answered(&b, START, START + 10 * MS);
	assert_int_equal(b.rate_mhz, 2 * TTR_BUCKET_MHZ);
	/* five were taken, 10 ms ago, and 2/s is one in 500 ms */
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 10 * MS + 495 * MS);
	assert_int_equal(b.seen, 5);
	assert_false(b.limits);
}

static void test_lower(void **state)
{
	struct ttr_bucket b;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV6);
	ttr_bucket_take(&b, START);
	ttr_bucket_take(&b, START);
	ttr_bucket_lost(&b, START, START + 20 * MS);
	assert_true(b.limits);
	/* half of 10/s is more than the class below */
	assert_int_equal(b.rate_mhz, 2 * TTR_BUCKET_MHZ);
	assert_int_equal(b.top_mhz, 2 * TTR_BUCKET_MHZ);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 20 * MS + 500 * MS);
	/* the second one was lost to the same limit */
	ttr_bucket_lost(&b, START, START + 21 * MS);
	assert_int_equal(b.rate_mhz, 2 * TTR_BUCKET_MHZ);
	ttr_bucket_lost(&b, START + 30 * MS, START + 40 * MS);
	ttr_bucket_lost(&b, START + 50 * MS, START + 60 * MS);
	assert_int_equal(b.rate_mhz, TTR_BUCKET_MHZ);
	assert_int_equal(b.missed, 4);
}

/* One in more than eight is the path's. */
static void test_single_loss_among_many(void **state)
{
	struct ttr_bucket b;
	uint32_t rate_mhz;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV4);
	for (unsigned int i = 0; i < 20; i++) {
		take_all(&b, START + i * MS);
		ttr_bucket_answered(&b, START + i * MS, START + i * MS);
	}
	rate_mhz = b.rate_mhz;
	ttr_bucket_lost(&b, START + 20 * MS, START + 20 * MS);
	assert_int_equal(b.rate_mhz, rate_mhz);
	assert_false(b.limits);
}

static void test_fixed(void **state)
{
	struct ttr_bucket b;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV4);
	ttr_bucket_fix(&b, 20 * TTR_BUCKET_MHZ);
	take_all(&b, START);
	ttr_bucket_answered(&b, START, START);
	ttr_bucket_lost(&b, START, START);
	assert_int_equal(b.rate_mhz, 20 * TTR_BUCKET_MHZ);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 50 * MS);
	assert_true(b.limits);
}

/* -- Against routers: how many answers come in 60 s, and how many are missing -- */

#define RTT_NS (20 * MS)
#define FLIGHT_MAX 64

struct router {
	uint32_t burst;
	int64_t gap_ns; /* 0: no limit */
	int64_t full_ns;
	uint32_t loss_part; /* one in so many answers is lost on the way; 0: none */
	uint32_t asked;
};

static bool router_answers(struct router *r, int64_t now_ns)
{
	r->asked++;
	if (r->loss_part && r->asked % r->loss_part == 0)
		return false;
	if (r->full_ns < now_ns)
		r->full_ns = now_ns;
	if (r->full_ns - now_ns > (r->burst - 1) * r->gap_ns)
		return false;
	r->full_ns += r->gap_ns;
	return true;
}

/* Always one more probe as soon as the bucket allows it, for 60 s; what is missing is noticed after
 * a round trip. */
static void ask(struct ttr_bucket *b, struct router *r)
{
	struct {
		int64_t sent_ns;
		bool answered;
	} flight[FLIGHT_MAX];
	unsigned int head = 0, tail = 0;

	for (int64_t now = START; now < START + 60 * TTR_NS_PER_S; now += MS / 4) {
		for (; head != tail && flight[head].sent_ns + RTT_NS <= now;
		     head = (head + 1) % FLIGHT_MAX) {
			if (flight[head].answered)
				ttr_bucket_answered(b, flight[head].sent_ns, now);
			else
				ttr_bucket_lost(b, flight[head].sent_ns, now);
		}
		while (ttr_bucket_ready_ns(b) <= now && (tail + 1) % FLIGHT_MAX != head) {
			ttr_bucket_take(b, now);
			flight[tail].sent_ns = now;
			flight[tail].answered = router_answers(r, now);
			tail = (tail + 1) % FLIGHT_MAX;
		}
	}
}

static void test_routers(void **state)
{
	static const struct {
		enum ttr_family family;
		struct router router;
		unsigned int least; /* answers in 60 s */
		unsigned int most;  /* missing */
	} cases[] = {
		/* Linux: 6 and 60 at most; a look for more now and then costs some */
		{TTR_FAMILY_IPV4, {.burst = 6, .gap_ns = 1000 * MS}, 60, 5},
		{TTR_FAMILY_IPV6, {.burst = 6, .gap_ns = 100 * MS}, 580, 30},
		/* Linux IPv6 before its limit became 100 ms */
		{TTR_FAMILY_IPV6, {.burst = 6, .gap_ns = 1000 * MS}, 60, 6},
		{TTR_FAMILY_IPV4, {.burst = 1, .gap_ns = 500 * MS}, 80, 10},
		{TTR_FAMILY_IPV4, {.burst = 10, .gap_ns = 100 * MS}, 580, 30},
		{TTR_FAMILY_IPV4, {.burst = 10, .gap_ns = 10 * MS}, 5500, 400},
		{TTR_FAMILY_IPV4, {.burst = 1}, 25000, 0},
		/* no limit, but one in 20, one in 10 is lost on the way */
		{TTR_FAMILY_IPV4, {.burst = 1, .loss_part = 20}, 4000, 500},
		{TTR_FAMILY_IPV4, {.burst = 1, .loss_part = 10}, 4000, 3000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct router router = cases[i].router;
		struct ttr_bucket b;

		ttr_bucket_init(&b, cases[i].family);
		ask(&b, &router);
		print_message("# router %zu: %u asked, %u answered, %u missing, at last %u mHz\n",
			      i, b.taken, b.seen, b.missed, b.rate_mhz);
		assert_true(b.seen >= cases[i].least);
		assert_true(b.missed <= cases[i].most);
	}
}

/* What is known to be one is not weighed against the answers before it. */
static void test_limited(void **state)
{
	struct ttr_bucket b;

	(void)state;
	ttr_bucket_init(&b, TTR_FAMILY_IPV6);
	for (unsigned int i = 0; i < 20; i++) {
		ttr_bucket_take(&b, START);
		ttr_bucket_answered(&b, START, START);
	}
	ttr_bucket_limited(&b, START, START + 1);
	assert_true(b.limits);
	assert_int_equal(b.rate_mhz, TTR_BUCKET_MHZ);
	assert_int_equal(ttr_bucket_gap_ns(&b), TTR_NS_PER_S);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 1 + TTR_NS_PER_S);
	/* those of the same burst say it again */
	ttr_bucket_limited(&b, START, START + TTR_NS_PER_S);
	assert_int_equal(ttr_bucket_ready_ns(&b), START + 1 + TTR_NS_PER_S);
	ttr_bucket_take(&b, START + 2 * TTR_NS_PER_S);
	ttr_bucket_answered(&b, START + 2 * TTR_NS_PER_S, START + 2 * TTR_NS_PER_S);
	assert_int_equal(b.rate_mhz, 2 * TTR_BUCKET_MHZ);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_give_back_and_overdraw),
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_single_loss_among_many),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_limited),
		cmocka_unit_test(test_routers),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
