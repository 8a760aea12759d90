/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pacer.h"

#include "tcptraceroute/clock.h"

#define RATE_MIN 1.0
#define RATE_MAX                                                                                   \
	2000.0 /* twice what the host is asked (crowd_state.h): the routers keep up with it */
#define OVERDRIVE 1.25

/* So many outcomes make a judgement: about half a second of them, within these bounds. */
#define OUTCOMES_MIN 4
#define OUTCOMES_MAX 16
#define OUTCOMES_PART_S 2

/* So many lost in a row are the end of a burst, or a rate far too high. */
#define STREAK 3
#define STREAK_FACTOR 0.25

static int64_t gap_ns(const struct ttr_pacer *p)
{
	return (int64_t)((double)TTR_NS_PER_S / p->rate);
}

void ttr_pacer_init(struct ttr_pacer *p, double rate, unsigned int burst, bool fixed)
{
	*p = (struct ttr_pacer){
		.full_ns = INT64_MIN / 2,
		.since_ns = INT64_MIN / 2,
		.rate = rate,
		.burst = (uint16_t)burst,
		.fixed = fixed,
	};
}

int64_t ttr_pacer_ready_ns(const struct ttr_pacer *p)
{
	return p->full_ns - (p->burst - 1) * gap_ns(p);
}

void ttr_pacer_take(struct ttr_pacer *p, int64_t now_ns)
{
	p->full_ns = (p->full_ns > now_ns ? p->full_ns : now_ns) + gap_ns(p);
}

static unsigned int outcomes_wanted(const struct ttr_pacer *p)
{
	if (p->rate >= OUTCOMES_MAX * OUTCOMES_PART_S)
		return OUTCOMES_MAX;
	if (p->rate <= OUTCOMES_MIN * OUTCOMES_PART_S)
		return OUTCOMES_MIN;
	return (unsigned int)(p->rate / OUTCOMES_PART_S);
}

static double factor(struct ttr_pacer *p)
{
	const double share = (double)p->answered / (p->answered + p->lost);

	if (!p->limited && p->lost == 0)
		return 2;
	if (!p->limited && share >= 0.75)
		return 1.5;
	p->limited = true;
	return share * OVERDRIVE > 0.25 ? share * OVERDRIVE : 0.25;
}

static void change(struct ttr_pacer *p, double by, int64_t now_ns)
{
	p->rate *= by;
	if (p->rate < RATE_MIN)
		p->rate = RATE_MIN;
	if (p->rate > RATE_MAX)
		p->rate = RATE_MAX;
	p->since_ns = now_ns;
	p->answered = p->lost = 0;
	p->streak = 0;
	/* A limited router has no burst left, and what the old rate had saved up is spent. */
	if (p->limited)
		p->burst = 1;
	if (by < 1 || p->full_ns > now_ns + p->burst * gap_ns(p))
		p->full_ns = now_ns + p->burst * gap_ns(p);
}

static void judge(struct ttr_pacer *p, int64_t now_ns)
{
	if (p->streak >= STREAK) {
		p->limited = true;
		change(p, STREAK_FACTOR, now_ns);
	} else if (p->answered + p->lost >= (p->limited ? outcomes_wanted(p) : OUTCOMES_MAX / 2)) {
		change(p, factor(p), now_ns);
	}
}

void ttr_pacer_answered(struct ttr_pacer *p, int64_t sent_ns, int64_t now_ns)
{
	if (p->fixed || sent_ns < p->since_ns)
		return;
	p->answered++;
	p->streak = 0;
	judge(p, now_ns);
}

void ttr_pacer_lost(struct ttr_pacer *p, int64_t sent_ns, int64_t now_ns)
{
	if (p->fixed || sent_ns < p->since_ns)
		return;
	p->lost++;
	p->streak++;
	judge(p, now_ns);
}
