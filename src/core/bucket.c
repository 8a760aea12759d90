/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/bucket.h"

#include "tcptraceroute/clock.h"

#define FLOOR_MHZ TTR_BUCKET_MHZ

/* More than one in so many missing is a limit; fewer may be the way back. */
#define LOSS_PART 8

/* The rates that are found in the field: bucket.h. */
static const uint32_t classes_mhz[] = {
	1 * TTR_BUCKET_MHZ,  2 * TTR_BUCKET_MHZ,   10 * TTR_BUCKET_MHZ,
	50 * TTR_BUCKET_MHZ, 100 * TTR_BUCKET_MHZ, 500 * TTR_BUCKET_MHZ,
};

#define CLASSES (sizeof(classes_mhz) / sizeof(classes_mhz[0]))

int64_t ttr_bucket_gap_ns(const struct ttr_bucket *b)
{
	return TTR_NS_PER_S * TTR_BUCKET_MHZ / b->rate_mhz;
}

void ttr_bucket_init(struct ttr_bucket *b, enum ttr_family family)
{
	uint32_t start_mhz = family == TTR_FAMILY_IPV6 ? 10 * TTR_BUCKET_MHZ : TTR_BUCKET_MHZ;

	*b = (struct ttr_bucket){
		.full_ns = INT64_MIN / 2,
		.since_ns = INT64_MIN / 2,
		.rate_mhz = start_mhz,
		.top_mhz = classes_mhz[CLASSES - 1],
		.step_mhz = start_mhz,
	};
}

/* The tokens that are missing stay missing, whatever the rate is. */
static void set_rate(struct ttr_bucket *b, uint32_t rate_mhz, int64_t now_ns)
{
	if (b->full_ns > now_ns) {
		int64_t missing_us = (b->full_ns - now_ns) / TTR_NS_PER_US;

		b->full_ns = now_ns + missing_us * b->rate_mhz / rate_mhz * TTR_NS_PER_US;
	}
	b->rate_mhz = rate_mhz;
}

void ttr_bucket_fix(struct ttr_bucket *b, uint32_t rate_mhz)
{
	b->rate_mhz = b->top_mhz = rate_mhz;
	b->step_mhz = 0;
}

int64_t ttr_bucket_ready_ns(const struct ttr_bucket *b)
{
	return b->full_ns - (TTR_BUCKET_BURST - 1) * ttr_bucket_gap_ns(b);
}

void ttr_bucket_take(struct ttr_bucket *b, int64_t now_ns)
{
	b->full_ns = (b->full_ns > now_ns ? b->full_ns : now_ns) + ttr_bucket_gap_ns(b);
	b->taken++;
	if (ttr_bucket_ready_ns(b) > now_ns)
		b->pressed = true;
}

void ttr_bucket_give_back(struct ttr_bucket *b)
{
	b->full_ns -= ttr_bucket_gap_ns(b);
	b->taken--;
}

static uint32_t class_below(uint32_t rate_mhz)
{
	size_t i = CLASSES - 1;

	while (i > 0 && classes_mhz[i] >= rate_mhz)
		i--;
	return classes_mhz[i];
}

static uint32_t class_above(uint32_t rate_mhz)
{
	size_t i = 0;

	while (i < CLASSES - 1 && classes_mhz[i] <= rate_mhz)
		i++;
	return classes_mhz[i];
}

/* Old news count half. */
static void count(struct ttr_bucket *b, uint8_t *counter)
{
	++*counter;
	if (b->answered + b->lost <= TTR_BUCKET_TRUST)
		return;
	b->answered /= 2;
	b->lost /= 2;
}

void ttr_bucket_answered(struct ttr_bucket *b, int64_t sent_ns, int64_t now_ns)
{
	uint32_t rate_mhz = b->rate_mhz + b->step_mhz;

	b->seen++;
	if (sent_ns < b->since_ns || !b->step_mhz)
		return;
	count(b, &b->answered);
	if (!b->pressed)
		return;
	if (b->answered >= TTR_BUCKET_TRUST && b->rate_mhz == b->top_mhz) {
		b->top_mhz = class_above(b->top_mhz);
		b->answered = b->lost = 0;
	}
	b->pressed = false;
	set_rate(b, rate_mhz < b->top_mhz ? rate_mhz : b->top_mhz, now_ns);
}

static void lower(struct ttr_bucket *b, int64_t now_ns)
{
	uint32_t rate_mhz = b->rate_mhz / 2;

	b->top_mhz = class_below(b->rate_mhz);
	if (rate_mhz > b->top_mhz)
		rate_mhz = b->top_mhz;
	b->rate_mhz = rate_mhz > FLOOR_MHZ ? rate_mhz : FLOOR_MHZ;
	b->full_ns = now_ns + TTR_BUCKET_BURST * ttr_bucket_gap_ns(b);
	b->since_ns = now_ns;
	b->answered = b->lost = 0;
	b->pressed = false;
}

static void limit(struct ttr_bucket *b, int64_t now_ns)
{
	b->limits = true;
	if (b->step_mhz)
		lower(b, now_ns);
}

void ttr_bucket_lost(struct ttr_bucket *b, int64_t sent_ns, int64_t now_ns)
{
	b->missed++;
	if (sent_ns < b->since_ns)
		return;
	count(b, &b->lost);
	if (b->lost * LOSS_PART <= b->answered + b->lost)
		return;
	limit(b, now_ns);
}

void ttr_bucket_limited(struct ttr_bucket *b, int64_t sent_ns, int64_t now_ns)
{
	b->missed++;
	if (sent_ns < b->since_ns)
		return;
	limit(b, now_ns);
	if (!b->step_mhz)
		return;
	b->rate_mhz = b->step_mhz = FLOOR_MHZ;
	b->full_ns = now_ns + TTR_BUCKET_BURST * ttr_bucket_gap_ns(b);
}
