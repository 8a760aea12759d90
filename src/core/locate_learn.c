/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* Batches without a control's answer until a hop is taken for one that answers no more: in a row,
 * or in all, if that is more than one in so many. */
#define VOIDS_MAX 5
#define MISSED_MAX 12
#define MISSED_PART 6

/* The rate is raised once or twice, by ten: the classes of bucket.h. */
#define RATE_STEP 10
#define RATE_CLASSES 2

/* A missing answer is taken for a limit. After so many that were not missing it was a lost one; and
 * after twice as many each further time. */
#define STREAK 8
#define STREAK_DOUBLED_MAX 6

static bool is_forgiven(const struct ttr_locate_hop *hop)
{
	const unsigned int times =
		hop->missed < STREAK_DOUBLED_MAX ? hop->missed : STREAK_DOUBLED_MAX;

	return hop->streak >= STREAK << times;
}

/* All tokens are gone, and come back at this rate. */
static void drain(struct ttr_locate *l, struct ttr_locate_hop *hop, uint32_t rate_mhz)
{
	ttr_bucket_init(&hop->bucket, l->source.family);
	ttr_bucket_fix(&hop->bucket, rate_mhz);
	for (unsigned int i = 0; i < TTR_BUCKET_BURST; i++)
		ttr_bucket_take(&hop->bucket, l->now.ns);
}

static void raise(struct ttr_locate *l, struct ttr_locate_hop *hop)
{
	hop->rate_known = ++hop->rate_class == RATE_CLASSES;
	drain(l, hop, hop->bucket.rate_mhz * RATE_STEP);
}

/* A trial that failed says that the limit is what was assumed; anything else, that it is less. */
static void lower(struct ttr_locate *l, struct ttr_locate_hop *hop, bool trial)
{
	uint32_t rate_mhz = hop->bucket.rate_mhz;

	if (!trial && !l->settings.hop_rate && rate_mhz >= TTR_BUCKET_MHZ * RATE_STEP) {
		rate_mhz /= RATE_STEP;
		hop->lowered++;
	}
	drain(l, hop, rate_mhz);
}

/* An answer came while fewer were thought to be left than there seemed to be. */
static void recover(struct ttr_locate *l, struct ttr_locate_hop *hop)
{
	if (hop->spaced || !is_forgiven(hop)) {
		/* It may have no more than one at a time. */
		drain(l, hop, hop->bucket.rate_mhz);
	} else if (hop->lowered) {
		hop->lowered--;
		drain(l, hop, hop->bucket.rate_mhz * RATE_STEP);
	}
}

/* More answers at once than a router of this class has. */
static bool is_above_class(const struct ttr_locate_asker *a, const struct ttr_locate_hop *hop)
{
	size_t most = TTR_BUCKET_BURST + 1;

	if (hop->bucket.rate_mhz > TTR_BUCKET_MHZ)
		most *= 2;
	return !a->rejects && a->answered + a->control_answered > most;
}

static void learn_limit(struct ttr_locate *l, struct ttr_locate_asker *a)
{
	struct ttr_locate_hop *hop = &l->hops[a->place];
	bool above =
		is_above_class(a, hop) && hop->rate_class < RATE_CLASSES && !l->settings.hop_rate;

	if (!a->with_control)
		return;
	if (a->control_answered) {
		hop->kept++;
		hop->streak++;
	} else if (!a->trial) {
		hop->missed++;
		hop->streak = 0;
	}
	hop->voids = a->control_answered || a->trial || above ? 0 : hop->voids + 1;
	hop->spaced |= hop->voids >= TTR_LOCATE_VOIDS_SPACED;
	if (above || (a->control_answered && a->trial)) {
		raise(l, hop);
	} else if (!a->control_answered) {
		hop->rate_known = true;
		lower(l, hop, a->trial);
	} else if (hop->missed) {
		recover(l, hop);
	}
	if (!a->control_answered)
		a->gamble = a->gamble / 4 > TTR_LOCATE_GAMBLE_LEAST ? a->gamble / 4
								    : TTR_LOCATE_GAMBLE_LEAST;
}

/* With many that were seen after all, no more than the router has tokens for. */
static void adapt_gamble(struct ttr_locate_asker *a)
{
	if (!a->control_answered)
		return;
	if (a->answered > 0)
		a->gamble = TTR_LOCATE_GAMBLE_LEAST;
	else if (a->size == a->gamble && a->gamble < TTR_LOCATE_GAMBLE_MOST)
		a->gamble *= 4;
}

/* Some were seen that were not expected: of the silent ones some may have been lost to the limit,
 * although there was an answer for the control again. */
static bool is_overdrawn(const struct ttr_locate_asker *a)
{
	return !a->charged && a->answered > 0;
}

static bool is_hopeless(const struct ttr_locate_hop *hop)
{
	return hop->voids >= VOIDS_MAX ||
	       (hop->missed >= MISSED_MAX && hop->missed * MISSED_PART > hop->kept + hop->missed);
}

void ttr_locate_learn(struct ttr_locate *l, struct ttr_locate_asker *a)
{
	a->overdrawn = is_overdrawn(a);
	learn_limit(l, a);
	adapt_gamble(a);
	a->dead = is_hopeless(&l->hops[a->place]);
}
