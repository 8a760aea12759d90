/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sweep_state.h"

static bool is_wanted(const struct ttr_sweep_slot *slot, uint8_t ttl)
{
	return slot->want[ttl / 64] >> ttl % 64 & 1;
}

void ttr_sweep_want(struct ttr_sweep *s, uint32_t number, uint8_t ttl)
{
	struct ttr_sweep_slot *slot = &s->slots[number];

	slot->want[ttl / 64] |= UINT64_C(1) << ttl % 64;
	ttr_sweep_enqueue(s, number,
			  slot->phase == TTR_SWEEP_ANCHOR_OUT ? TTR_SWEEP_QUEUE_FIRST
							      : TTR_SWEEP_QUEUE_PATH);
}

void ttr_sweep_ask(struct ttr_sweep *s, uint32_t number, uint8_t ttl)
{
	struct ttr_sweep_slot *slot = &s->slots[number];

	ttr_sweep_hops(s, number)[ttl].state = TTR_CELL_ASKED;
	if (!slot->low || ttl < slot->low)
		slot->low = ttl;
	if (ttl > slot->high)
		slot->high = ttl;
	ttr_sweep_want(s, number, ttl);
}

/* -- Times -- */

static uint32_t clamp_rto(uint64_t rto_us)
{
	if (rto_us < TTR_SWEEP_RTO_MIN_US)
		return TTR_SWEEP_RTO_MIN_US;
	return rto_us > TTR_SWEEP_RTO_MAX_US ? TTR_SWEEP_RTO_MAX_US : (uint32_t)rto_us;
}

/* RFC 6298 section 2. */
static uint32_t rto_us(const struct ttr_sweep *s, const struct ttr_sweep_slot *slot)
{
	const struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, slot);

	if (s->settings.wait_ns)
		return (uint32_t)(s->settings.wait_ns / TTR_NS_PER_US);
	if (prefix && prefix->srtt_us)
		return clamp_rto((uint64_t)prefix->srtt_us + 4 * (uint64_t)prefix->rttvar_us);
	if (s->srtt_us)
		return clamp_rto((uint64_t)s->srtt_us + 4 * (uint64_t)s->rttvar_us);
	return TTR_SWEEP_RTO_FIRST_US;
}

/* A router's silence may be judged early, the target's may not. */
static uint32_t patience_us(const struct ttr_sweep *s, const struct ttr_sweep_slot *slot,
			    const struct ttr_sweep_hop *hop, bool anchor)
{
	int64_t wait_ns = s->settings.wait_ns ? s->settings.wait_ns : TTR_WAIT_DEFAULT_NS;

	if (anchor && slot->phase == TTR_SWEEP_PATH && hop->attempts > 0)
		return (uint32_t)(wait_ns / TTR_NS_PER_US);
	return rto_us(s, slot);
}

static uint32_t due_us(const struct ttr_sweep *s, const struct ttr_sweep_slot *slot,
		       const struct ttr_sweep_hop *hop, bool anchor)
{
	return hop->sent_us[hop->attempts - 1] + patience_us(s, slot, hop, anchor);
}

static bool is_out(const struct ttr_sweep_slot *slot, const struct ttr_sweep_hop *hops, uint8_t ttl)
{
	return hops[ttl].state == TTR_CELL_ASKED && hops[ttl].attempts > 0 && !is_wanted(slot, ttl);
}

static void arm(struct ttr_sweep *s, uint32_t number, int64_t earliest_ns)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	uint32_t first = UINT32_MAX;
	int64_t at;

	if (is_out(slot, hops, TTR_SWEEP_ANCHOR))
		first = due_us(s, slot, &hops[0], true);
	for (unsigned int ttl = slot->low; slot->low && ttl <= slot->high; ttl++)
		if (is_out(slot, hops, (uint8_t)ttl) && due_us(s, slot, &hops[ttl], false) < first)
			first = due_us(s, slot, &hops[ttl], false);
	at = first == UINT32_MAX ? INT64_MAX : slot->base.ns + first * TTR_NS_PER_US;
	if (earliest_ns < at)
		at = earliest_ns;
	if (at == INT64_MAX)
		ttr_wheel_disarm(&s->wheel, number);
	else
		ttr_wheel_arm(&s->wheel, number, (struct ttr_mono){at});
}

/* -- The range of hops -- */

/* Answered, or asked again already: its neighbour may be asked. */
static bool is_passed(const struct ttr_sweep_slot *slot, const struct ttr_sweep_hop *hops,
		      uint8_t ttl)
{
	return ttr_sweep_is_settled(&hops[ttl]) || hops[ttl].attempts == TTR_SWEEP_TRIES ||
	       (hops[ttl].attempts > 0 && is_wanted(slot, ttl));
}

/* How many hops in a row say nothing when the path ends nowhere. */
static unsigned int gap_limit(const struct ttr_sweep *s, const struct ttr_sweep_slot *slot)
{
	const struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, slot);

	if (slot->alive || !prefix || (!prefix->dead_ttl && !prefix->distance))
		return TTR_SWEEP_GAP;
	return 1;
}

/* Toward the target. True: nothing more is to be asked. */
static bool climb(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	unsigned int run = 0;

	if (slot->end)
		return true;
	while (slot->high - run >= slot->low && hops[slot->high - run].state != TTR_CELL_ANSWERED &&
	       is_passed(slot, hops, (uint8_t)(slot->high - run)))
		run++;
	if (slot->high == s->settings.max_ttl || run >= gap_limit(s, slot))
		return true;
	if (is_passed(slot, hops, slot->high))
		ttr_sweep_ask(s, number, (uint8_t)(slot->high + 1));
	return false;
}

static bool wants_next(struct ttr_sweep *s, uint32_t number, uint8_t next, struct ttr_mono now,
		       struct ttr_mono *again)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, slot);

	if (s->plan.full)
		return true;
	if (slot->end == next + 1 && prefix && prefix->last != TTR_STOP_NONE &&
	    s->stopset.stops[prefix->last].ttl == next)
		return ttr_sweep_may_ask(s, slot, prefix->last, now);
	if (next > TTR_SWEEP_NEAR_TTL)
		return true;
	switch (ttr_sweep_look_near(s, slot, next, now, again)) {
	case TTR_SWEEP_NEAR_ASK:
		return true;
	case TTR_SWEEP_NEAR_SILENT:
		ttr_sweep_hops(s, number)[next].state = TTR_CELL_SILENT;
		ttr_sweep_hops(s, number)[next].inferred = true;
		slot->low = next;
		return false;
	default:
		return false;
	}
}

/* Back toward this host. True: all of the way is known, or somebody else's. */
static bool descend(struct ttr_sweep *s, uint32_t number, struct ttr_mono now,
		    struct ttr_mono *again)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);

	while (slot->link == TTR_STOP_NONE && slot->low > s->settings.first_ttl &&
	       is_passed(slot, hops, slot->low)) {
		uint8_t next = (uint8_t)(slot->low - 1);

		if (wants_next(s, number, next, now, again)) {
			ttr_sweep_ask(s, number, next);
			return false;
		}
		if (again->ns != INT64_MAX)
			return false;
	}
	return slot->link != TTR_STOP_NONE || slot->low <= s->settings.first_ttl;
}

/* Everything that was asked beyond what is taken over. */
static bool all_settled(const struct ttr_sweep *s, uint32_t number)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	unsigned int ttl = slot->low;

	if (slot->link != TTR_STOP_NONE && s->stopset.stops[slot->link].ttl >= ttl)
		ttl = s->stopset.stops[slot->link].ttl;
	for (; ttl <= slot->high && (!slot->end || ttl < slot->end); ttl++)
		if (hops[ttl].state == TTR_CELL_ASKED)
			return false;
	return true;
}

/* -- What comes next -- */

static bool is_complete(const struct ttr_sweep *s, uint32_t number)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];

	return slot->published && all_settled(s, number) &&
	       ttr_sweep_hops(s, number)[TTR_SWEEP_ANCHOR].state != TTR_CELL_ASKED;
}

static void proceed_path(struct ttr_sweep *s, uint32_t number, struct ttr_mono now)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_mono again = {INT64_MAX};
	bool top = climb(s, number), bottom = descend(s, number, now, &again);

	ttr_sweep_learn_distance(s, number);
	if (bottom && !slot->published && all_settled(s, number))
		ttr_sweep_publish(s, number);
	if (top && is_complete(s, number)) {
		ttr_sweep_leave_prefix(s, number);
		ttr_sweep_dequeue(s, number);
		ttr_sweep_follow_chain(s, number);
		return;
	}
	arm(s, number, again.ns);
}

void ttr_sweep_proceed(struct ttr_sweep *s, uint32_t number, struct ttr_mono now)
{
	const struct ttr_sweep_hop *anchor = ttr_sweep_hops(s, number);

	switch (s->slots[number].phase) {
	case TTR_SWEEP_ANCHOR_OUT:
		if (anchor->state != TTR_CELL_ASKED)
			ttr_sweep_leave_anchor(s, number);
		arm(s, number, INT64_MAX);
		break;
	case TTR_SWEEP_HELD:
		if (anchor->state == TTR_CELL_ANSWERED)
			ttr_sweep_leave_anchor(s, number);
		arm(s, number, INT64_MAX);
		break;
	case TTR_SWEEP_PATH:
		proceed_path(s, number, now);
		break;
	default:
		break;
	}
}

/* -- Silence -- */

static void give_up(struct ttr_sweep *s, uint32_t number, uint8_t ttl, struct ttr_mono now)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_sweep_hop *hop = &ttr_sweep_hops(s, number)[ttl];
	bool ipv6 = slot->target.address.family == TTR_FAMILY_IPV6;

	hop->state = TTR_CELL_SILENT;
	if (ttl != TTR_SWEEP_ANCHOR && ttl <= TTR_SWEEP_NEAR_TTL &&
	    s->near[ipv6][ttl].silent < UINT8_MAX)
		s->near[ipv6][ttl].silent++;
	if (slot->tested != TTR_STOP_NONE && s->stopset.stops[slot->tested].ttl == ttl)
		ttr_bucket_lost(&s->stopset.stops[slot->tested].bucket,
				slot->base.ns + hop->sent_us[0] * TTR_NS_PER_US, now.ns);
}

/* No router answered there or behind it. */
static bool may_be_target(const struct ttr_sweep_slot *slot, const struct ttr_sweep_hop *hops,
			  uint8_t ttl)
{
	for (unsigned int behind = ttl; behind <= slot->high; behind++)
		if (ttr_sweep_is_router(&hops[behind]))
			return false;
	return true;
}

static void expire(struct ttr_sweep *s, uint32_t number, uint8_t ttl, struct ttr_mono now)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	unsigned int tries = TTR_SWEEP_TRIES;

	/* The host of a prefix that is silent where the others answer: dead, or farther away? */
	if (slot->follower && ttl == slot->expect && hops[0].state == TTR_CELL_IDLE) {
		hops[0].state = TTR_CELL_ASKED;
		ttr_sweep_want(s, number, TTR_SWEEP_ANCHOR);
	}
	if (slot->follower && ttl == TTR_SWEEP_ANCHOR)
		tries = 1;
	if (hops[ttl].attempts < tries) {
		hops[ttl].fresh = ttl != TTR_SWEEP_ANCHOR && may_be_target(slot, hops, ttl);
		ttr_sweep_want(s, number, ttl);
		if (ttl == TTR_SWEEP_ANCHOR)
			ttr_sweep_pass_on(s, number);
	} else if (ttl == TTR_SWEEP_ANCHOR && slot->phase == TTR_SWEEP_ANCHOR_OUT) {
		ttr_sweep_leave_anchor(s, number); /* it stays asked: its answer may still come */
	} else {
		give_up(s, number, ttl, now);
	}
}

void ttr_sweep_timeout(struct ttr_sweep *s, uint32_t number, struct ttr_mono now)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	uint32_t now_us = (uint32_t)((now.ns - slot->base.ns) / TTR_NS_PER_US);

	if (is_out(slot, hops, TTR_SWEEP_ANCHOR) && now_us >= due_us(s, slot, &hops[0], true))
		expire(s, number, TTR_SWEEP_ANCHOR, now);
	for (unsigned int ttl = slot->low; slot->low && ttl <= slot->high; ttl++)
		if (is_out(slot, hops, (uint8_t)ttl) &&
		    now_us >= due_us(s, slot, &hops[ttl], false))
			expire(s, number, (uint8_t)ttl, now);
	ttr_sweep_proceed(s, number, now);
}
