/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sweep_state.h"

/* Probes at a near hop before anybody has answered there. */
#define NEAR_FIRST 5

/* A target that has to wait for what others are asking looks again after this. */
#define LOOK_AGAIN_NS (20 * TTR_NS_PER_MS)

/* So long a hop's bucket is waited for, when all have the same router there. */
#define TOKEN_PATIENCE_NS (5 * TTR_NS_PER_S)

static bool is_own(const struct ttr_sweep *s, uint32_t stop, uint32_t number)
{
	return s->stopset.stops[stop].before == TTR_STOP_OPEN &&
	       s->stopset.stops[stop].owner == number;
}

static void see_near(struct ttr_sweep *s, const struct ttr_addr *router, uint8_t ttl, uint32_t stop)
{
	struct ttr_sweep_near *near = &s->near[router->family == TTR_FAMILY_IPV6][ttl];

	if (near->router == TTR_STOP_NONE)
		near->router = stop;
	else if (near->router != stop)
		near->several = true;
}

static void forget_wants_below(struct ttr_sweep_slot *slot, uint8_t ttl)
{
	for (uint8_t below = TTR_SWEEP_ANCHOR + 1; below < ttl; below++)
		slot->want[below / 64] &= ~(UINT64_C(1) << below % 64);
}

void ttr_sweep_meet(struct ttr_sweep *s, uint32_t number, uint8_t ttl, struct ttr_mono now)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hop = &ttr_sweep_hops(s, number)[ttl];
	uint32_t stop = ttr_stopset_find(&s->stopset, &hop->address, ttl);
	struct ttr_stop *known;

	if (slot->published)
		return;
	if (stop == TTR_STOP_NONE) {
		stop = ttr_stopset_add(&s->stopset, &hop->address, ttl, number);
		s->counters.routers = s->stopset.count;
		if (stop == TTR_STOP_NONE)
			return;
		ttr_bucket_take(&s->stopset.stops[stop].bucket, now.ns);
	}
	known = &s->stopset.stops[stop];
	if (known->before == TTR_STOP_NONE) {
		/* Met before, but nobody has found the way to it. */
		known->before = TTR_STOP_OPEN;
		known->owner = number;
	}
	ttr_bucket_answered(&known->bucket,
			    slot->base.ns + hop->sent_us[hop->attempts - 1] * TTR_NS_PER_US,
			    now.ns);
	if (ttl <= TTR_SWEEP_NEAR_TTL)
		see_near(s, &hop->address, ttl, stop);
	if (!s->plan.full && !is_own(s, stop, number) && ttr_stopset_is_useful(&s->stopset, stop) &&
	    (slot->link == TTR_STOP_NONE || s->stopset.stops[slot->link].ttl < ttl)) {
		slot->link = stop;
		forget_wants_below(slot, ttl);
	}
}

/* A token of its bucket, or else the path is taken over from there. */
bool ttr_sweep_may_ask(struct ttr_sweep *s, struct ttr_sweep_slot *slot, uint32_t stop,
		       struct ttr_mono now)
{
	struct ttr_stop *known = &s->stopset.stops[stop];

	if (!ttr_stopset_is_useful(&s->stopset, stop) ||
	    now.ns >= ttr_bucket_ready_ns(&known->bucket)) {
		ttr_bucket_take(&known->bucket, now.ns);
		slot->tested = stop;
		return true;
	}
	slot->link = stop;
	return false;
}

/* The router that all have there so far: it is asked when its bucket has a token. Who has waited
 * for too long takes it for his, too. */
static enum ttr_sweep_near_outcome wait_for_token(struct ttr_sweep *s, struct ttr_sweep_slot *slot,
						  uint32_t stop, struct ttr_mono now,
						  struct ttr_mono *again)
{
	struct ttr_bucket *bucket = &s->stopset.stops[stop].bucket;
	int64_t ready_ns = ttr_bucket_ready_ns(bucket);

	if (now.ns >= ready_ns) {
		ttr_bucket_take(bucket, now.ns);
		slot->tested = stop;
		slot->token_wait.ns = 0;
		return TTR_SWEEP_NEAR_ASK;
	}
	if (!slot->token_wait.ns)
		slot->token_wait = now;
	if (now.ns - slot->token_wait.ns > TOKEN_PATIENCE_NS &&
	    ttr_stopset_is_useful(&s->stopset, stop)) {
		slot->link = stop;
		return TTR_SWEEP_NEAR_LINKED;
	}
	*again = (struct ttr_mono){ready_ns};
	return TTR_SWEEP_NEAR_WAIT;
}

enum ttr_sweep_near_outcome ttr_sweep_look_near(struct ttr_sweep *s, struct ttr_sweep_slot *slot,
						uint8_t ttl, struct ttr_mono now,
						struct ttr_mono *again)
{
	struct ttr_sweep_near *near = &s->near[slot->target.address.family == TTR_FAMILY_IPV6][ttl];

	if (near->several)
		return TTR_SWEEP_NEAR_ASK;
	if (near->router == TTR_STOP_NONE) {
		if (near->silent >= TTR_SWEEP_NEAR_WITNESSES)
			return TTR_SWEEP_NEAR_SILENT;
		/* What became of some nobody says: targets that were given out, or lost. */
		if (now.ns - near->since.ns > TTR_NS_PER_S) {
			near->since = now;
			near->asked = 0;
		}
		*again = (struct ttr_mono){now.ns + LOOK_AGAIN_NS};
		if (near->asked >= NEAR_FIRST)
			return TTR_SWEEP_NEAR_WAIT;
		near->asked++;
		return TTR_SWEEP_NEAR_ASK;
	}
	return wait_for_token(s, slot, near->router, now, again);
}

/* -- The tree -- */

/* From the nearest hop outward: each router gets the one before it. What was asked nearer than the
 * part that is taken over stays for others to find out. */
static void connect_routers(struct ttr_sweep *s, uint32_t number)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	uint32_t before = TTR_STOP_ROOT;
	uint8_t from = 0;

	if (slot->link != TTR_STOP_NONE) {
		before = slot->link;
		from = s->stopset.stops[slot->link].ttl;
	}
	for (unsigned int ttl = slot->low; slot->low && ttl <= slot->high; ttl++) {
		uint32_t stop;

		if (!ttr_sweep_is_router(&hops[ttl]))
			continue;
		stop = ttr_stopset_find(&s->stopset, &hops[ttl].address, (uint8_t)ttl);
		if (stop != TTR_STOP_NONE && is_own(s, stop, number))
			s->stopset.stops[stop].before = ttl <= from ? TTR_STOP_NONE : before;
		/* Not remembered: the way from there on is not known. */
		if (ttl > from)
			before = stop;
	}
}

static void finish(struct ttr_sweep *s, uint32_t number)
{
	s->slots[number].phase = TTR_SWEEP_DONE;
	ttr_wheel_disarm(&s->wheel, number);
	ttr_sweep_enqueue(s, number, TTR_SWEEP_QUEUE_DONE);
}

/* Complete but for what somebody else is still finding out. */
/* Who was finding out the rest could not: what is known is taken over, and the rest asked for. */
static void resume(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_stop *last = &s->stopset.stops[slot->link];

	ttr_sweep_take_over(s, slot, ttr_sweep_hops(s, number));
	while (last->before < s->stopset.count)
		last = &s->stopset.stops[last->before];
	last->before = TTR_STOP_OPEN;
	last->owner = number;
	slot->low = last->ttl;
	slot->link = TTR_STOP_NONE;
	slot->published = false;
	slot->phase = TTR_SWEEP_PATH;
	/* At once, but not from inside of what another target does. */
	ttr_wheel_arm(&s->wheel, number, slot->base);
}

void ttr_sweep_follow_chain(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	uint32_t open = ttr_stopset_open(&s->stopset, slot->link);
	struct ttr_sweep_slot *owner;

	if (open == TTR_STOP_NONE && slot->link != TTR_STOP_NONE &&
	    !ttr_stopset_is_useful(&s->stopset, slot->link)) {
		resume(s, number);
		return;
	}
	if (open == TTR_STOP_NONE) {
		finish(s, number);
		return;
	}
	owner = &s->slots[s->stopset.stops[open].owner];
	slot->phase = TTR_SWEEP_CHAIN;
	ttr_wheel_disarm(&s->wheel, number);
	slot->next_waiter = owner->waiters;
	owner->waiters = number;
}

void ttr_sweep_publish(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	uint32_t waiter = slot->waiters;

	connect_routers(s, number);
	slot->published = true;
	slot->waiters = TTR_SLOT_NONE;
	while (waiter != TTR_SLOT_NONE) {
		uint32_t next = s->slots[waiter].next_waiter;

		if (s->slots[waiter].phase == TTR_SWEEP_CHAIN)
			ttr_sweep_follow_chain(s, waiter);
		waiter = next;
	}
}
