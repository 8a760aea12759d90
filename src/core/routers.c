/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/routers.h"

#include <errno.h>
#include <stdlib.h>

#include "tcptraceroute/clock.h"

/* A trial that nobody judged in that time is not waited for. */
#define TRIAL_NS TTR_NS_PER_S

static struct ttr_stage *stage_of(const struct ttr_routers *r, unsigned int ttl)
{
	return &r->stages[ttl - r->first_ttl];
}

static uint16_t add_router(struct ttr_routers *r)
{
	struct ttr_bucket *bucket = &r->all[r->count].bucket;

	ttr_bucket_init(bucket, r->family);
	if (r->fixed_mhz)
		ttr_bucket_fix(bucket, r->fixed_mhz);
	return r->count++;
}

int ttr_routers_init(struct ttr_routers *r, enum ttr_family family, uint8_t first_ttl,
		     uint8_t max_ttl, uint32_t fixed_mhz)
{
	*r = (struct ttr_routers){
		.family = family,
		.first_ttl = first_ttl,
		.ttl_count = max_ttl - first_ttl + 1u,
		.fixed_mhz = fixed_mhz,
	};
	r->limit = (uint16_t)(r->ttl_count * TTR_ROUTERS_PER_TTL);
	r->all = calloc(r->limit, sizeof(*r->all));
	r->stages = calloc(r->ttl_count, sizeof(*r->stages));
	if (!r->all || !r->stages) {
		ttr_routers_fini(r);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < r->ttl_count; i++)
		r->stages[i] = (struct ttr_stage){.newest_ns = INT64_MIN,
						  .next_ns = INT64_MIN,
						  .window = 1,
						  .count = 1,
						  .routers = {add_router(r)}};
	return 0;
}

void ttr_routers_fini(struct ttr_routers *r)
{
	free(r->all);
	free(r->stages);
	r->all = NULL;
	r->stages = NULL;
}

/* The one of this TTL that may be asked first. */
static uint16_t readiest(const struct ttr_routers *r, unsigned int ttl)
{
	const struct ttr_stage *stage = stage_of(r, ttl);
	uint16_t best = stage->routers[0];

	for (unsigned int i = 1; i < stage->count; i++)
		if (ttr_bucket_ready_ns(&r->all[stage->routers[i]].bucket) <
		    ttr_bucket_ready_ns(&r->all[best].bucket))
			best = stage->routers[i];
	return best;
}

int64_t ttr_routers_ready_ns(const struct ttr_routers *r, unsigned int ttl)
{
	return ttr_bucket_ready_ns(&r->all[readiest(r, ttl)].bucket);
}

uint16_t ttr_routers_take(struct ttr_routers *r, unsigned int ttl, int64_t now_ns)
{
	uint16_t router = readiest(r, ttl);

	ttr_bucket_take(&r->all[router].bucket, now_ns);
	return router;
}

void ttr_routers_give_back(struct ttr_routers *r, uint16_t charge)
{
	ttr_bucket_give_back(&r->all[charge].bucket);
}

static uint16_t find_at(const struct ttr_routers *r, unsigned int ttl,
			const struct ttr_addr *address)
{
	const struct ttr_stage *stage = stage_of(r, ttl);

	for (unsigned int i = 0; i < stage->count; i++)
		if (ttr_addr_equal(&r->all[stage->routers[i]].address, address))
			return stage->routers[i];
	return TTR_ROUTER_NONE;
}

static uint16_t find_anywhere(const struct ttr_routers *r, const struct ttr_addr *address)
{
	for (uint16_t i = 0; i < r->count; i++)
		if (ttr_addr_equal(&r->all[i].address, address))
			return i;
	return TTR_ROUTER_NONE;
}

/* Somebody answers at this TTL for the first time. */
static uint16_t join(struct ttr_routers *r, unsigned int ttl, const struct ttr_addr *address)
{
	struct ttr_stage *stage = stage_of(r, ttl);
	uint16_t known = find_anywhere(r, address);
	uint16_t nobody = stage->routers[0];

	if (r->all[nobody].address.family == TTR_FAMILY_NONE) {
		if (known == TTR_ROUTER_NONE)
			r->all[known = nobody].address = *address;
		return stage->routers[0] = known;
	}
	if (stage->count == TTR_ROUTERS_PER_TTL)
		return nobody;
	if (known == TTR_ROUTER_NONE) {
		known = add_router(r);
		r->all[known].address = *address;
	}
	return stage->routers[stage->count++] = known;
}

uint16_t ttr_routers_answered(struct ttr_routers *r, unsigned int ttl, uint16_t charge,
			      const struct ttr_addr *address, int64_t sent_ns, int64_t now_ns)
{
	uint16_t router = find_at(r, ttl, address);

	if (router == TTR_ROUTER_NONE)
		router = join(r, ttl, address);
	if (router != charge) {
		ttr_bucket_give_back(&r->all[charge].bucket);
		ttr_bucket_take(&r->all[router].bucket, now_ns);
	}
	ttr_bucket_answered(&r->all[router].bucket, sent_ns, now_ns);
	if (sent_ns > stage_of(r, ttl)->newest_ns)
		stage_of(r, ttl)->newest_ns = sent_ns;
	return router;
}

void ttr_routers_lost(struct ttr_routers *r, uint16_t charge, int64_t sent_ns, int64_t now_ns)
{
	ttr_bucket_lost(&r->all[charge].bucket, sent_ns, now_ns);
}

bool ttr_routers_limit(const struct ttr_routers *r, unsigned int ttl)
{
	const struct ttr_stage *stage = stage_of(r, ttl);

	for (unsigned int i = 0; i < stage->count; i++) {
		const struct ttr_router *router = &r->all[stage->routers[i]];

		if (router->address.family != TTR_FAMILY_NONE && router->bucket.limits)
			return true;
	}
	return false;
}

bool ttr_routers_may_have_limited(const struct ttr_routers *r, unsigned int ttl, int64_t sent_ns)
{
	const struct ttr_stage *stage = stage_of(r, ttl);

	if (stage->newest_ns == INT64_MIN)
		return false;
	return stage->newest_ns <= sent_ns || stage->newest_ns - sent_ns >= TTR_NS_PER_S;
}

bool ttr_routers_answer(const struct ttr_routers *r, unsigned int ttl)
{
	return stage_of(r, ttl)->newest_ns != INT64_MIN;
}

int64_t ttr_routers_open_ns(const struct ttr_routers *r, unsigned int ttl)
{
	int64_t ready_ns = ttr_routers_ready_ns(r, ttl);
	int64_t next_ns = stage_of(r, ttl)->next_ns;

	return ready_ns > next_ns ? ready_ns : next_ns;
}

bool ttr_routers_admit(struct ttr_routers *r, unsigned int ttl, int64_t now_ns)
{
	struct ttr_stage *stage = stage_of(r, ttl);

	if (stage->asked < TTR_ROUTERS_BURST)
		return true;
	if (!stage->limited && stage->trials < stage->window && ttr_routers_answer(r, ttl)) {
		stage->next_ns = now_ns + TRIAL_NS;
		return true;
	}
	if (now_ns < ttr_routers_open_ns(r, ttl))
		return false;
	stage->next_ns = now_ns + ttr_bucket_gap_ns(&r->all[readiest(r, ttl)].bucket);
	return true;
}

bool ttr_routers_paced(const struct ttr_routers *r, unsigned int ttl)
{
	return stage_of(r, ttl)->limited;
}

bool ttr_routers_asked(struct ttr_routers *r, unsigned int ttl)
{
	struct ttr_stage *stage = stage_of(r, ttl);

	if (stage->asked++ < TTR_ROUTERS_BURST)
		return false;
	stage->trials++;
	return true;
}

void ttr_routers_unasked(struct ttr_routers *r, unsigned int ttl)
{
	stage_of(r, ttl)->asked--;
}

void ttr_routers_trial_passed(struct ttr_routers *r, unsigned int ttl)
{
	struct ttr_stage *stage = stage_of(r, ttl);

	stage->trials--;
	stage->failed = false;
	if (++stage->passed < stage->window)
		return;
	stage->window++;
	stage->passed = 0;
}

void ttr_routers_trial_missed(struct ttr_routers *r, unsigned int ttl, uint16_t charge,
			      int64_t sent_ns, int64_t now_ns)
{
	struct ttr_stage *stage = stage_of(r, ttl);

	stage->trials--;
	if (!ttr_routers_answer(r, ttl))
		return;
	stage->limited |= stage->failed;
	stage->failed = true;
	stage->window = 1;
	stage->passed = 0;
	if (stage->limited)
		ttr_bucket_limited(&r->all[charge].bucket, sent_ns, now_ns);
}

void ttr_routers_trial_over(struct ttr_routers *r, unsigned int ttl)
{
	stage_of(r, ttl)->trials--;
}
