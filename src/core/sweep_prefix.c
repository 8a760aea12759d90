/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sweep_state.h"

/* Where a path is begun that nothing is known of. */
#define DISTANCE_UNKNOWN 16

static uint8_t clamp_ttl(const struct ttr_sweep *s, unsigned int ttl)
{
	if (ttl < s->settings.first_ttl)
		return s->settings.first_ttl;
	return ttl > s->settings.max_ttl ? s->settings.max_ttl : (uint8_t)ttl;
}

static void begin_path(struct ttr_sweep *s, uint32_t number, unsigned int start,
		       unsigned int expect)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	uint8_t first = clamp_ttl(s, start);

	ttr_sweep_dequeue(s, number);
	slot->phase = TTR_SWEEP_PATH;
	slot->expect = clamp_ttl(s, expect);
	/* What the anchor still wants is kept. */
	for (uint8_t ttl = s->plan.full ? s->settings.first_ttl : first; ttl < first; ttl++)
		ttr_sweep_ask(s, number, ttl);
	ttr_sweep_ask(s, number, first);
}

static void follow(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];

	slot->follower = true;
	begin_path(s, number, ttr_sweep_prefix_of(s, slot)->distance,
		   ttr_sweep_prefix_of(s, slot)->distance);
}

static void begin_anchor(struct ttr_sweep *s, uint32_t number)
{
	s->slots[number].phase = TTR_SWEEP_ANCHOR_OUT;
	ttr_sweep_hops(s, number)[TTR_SWEEP_ANCHOR].state = TTR_CELL_ASKED;
	ttr_sweep_want(s, number, TTR_SWEEP_ANCHOR);
}

/* -- Waiting for another host of the prefix -- */

static void hold(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, slot);

	slot->phase = TTR_SWEEP_HELD;
	slot->next_waiter = TTR_SLOT_NONE;
	if (prefix->held_last != TTR_SLOT_NONE)
		s->slots[prefix->held_last].next_waiter = number;
	else
		prefix->held = number;
	prefix->held_last = number;
}

static void unhold(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, &s->slots[number]);
	uint32_t *link = &prefix->held, before = TTR_SLOT_NONE;

	while (*link != number) {
		before = *link;
		link = &s->slots[*link].next_waiter;
	}
	*link = s->slots[number].next_waiter;
	if (prefix->held_last == number)
		prefix->held_last = before;
}

/* Where a silent host is looked for. Nobody knows how long the way is, so several hops are asked at
 * once. */
static void begin_search(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, &s->slots[number]);
	unsigned int start = DISTANCE_UNKNOWN;

	if (prefix && prefix->distance)
		start = prefix->distance;
	else if (prefix && prefix->dead_ttl)
		start = prefix->dead_ttl + 1U;
	begin_path(s, number, start, start);
	if (prefix && (prefix->distance || prefix->dead_ttl))
		return;
	if (prefix)
		prefix->searcher = number;
	for (unsigned int i = 1; i < TTR_SWEEP_GAP; i++) {
		ttr_sweep_ask(s, number, clamp_ttl(s, start - i));
		ttr_sweep_ask(s, number, clamp_ttl(s, start + i));
	}
}

static void go_on(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, &s->slots[number]);

	if (ttr_sweep_hops(s, number)[TTR_SWEEP_ANCHOR].attempts > 0)
		begin_search(s, number);
	else if (prefix->distance)
		follow(s, number);
	else
		begin_anchor(s, number);
}

/* The prefix is known: nobody waits any more. */
static void release_all(struct ttr_sweep *s, struct ttr_prefix *prefix)
{
	uint32_t number = prefix->held;

	prefix->leader = TTR_SLOT_NONE;
	prefix->searcher = TTR_SLOT_NONE;
	prefix->held = TTR_SLOT_NONE;
	prefix->held_last = TTR_SLOT_NONE;
	while (number != TTR_SLOT_NONE) {
		uint32_t next = s->slots[number].next_waiter;

		if (s->slots[number].phase == TTR_SWEEP_HELD)
			go_on(s, number);
		number = next;
	}
}

/* The leader may be a dead host among others: the next one that did not ask yet tries. */
void ttr_sweep_pass_on(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, &s->slots[number]);
	uint32_t next;

	if (!prefix || prefix->leader != number)
		return;
	next = prefix->held;
	while (next != TTR_SLOT_NONE && ttr_sweep_hops(s, next)[TTR_SWEEP_ANCHOR].attempts > 0)
		next = s->slots[next].next_waiter;
	prefix->leader = next;
	if (next == TTR_SLOT_NONE)
		return;
	unhold(s, next);
	begin_anchor(s, next);
}

/* -- What the prefix learns -- */

void ttr_sweep_learn_distance(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, slot);

	if (!prefix || slot->taught || !slot->end ||
	    hops[slot->end].answer == TTR_ANSWER_UNREACHABLE ||
	    (slot->end > s->settings.first_ttl && !ttr_sweep_is_settled(&hops[slot->end - 1])))
		return;
	slot->taught = true;
	prefix->distance = slot->end;
	prefix->last = TTR_STOP_NONE;
	if (slot->end > s->settings.first_ttl && ttr_sweep_is_router(&hops[slot->end - 1]))
		prefix->last = ttr_stopset_find(&s->stopset, &hops[slot->end - 1].address,
						(uint8_t)(slot->end - 1));
	release_all(s, prefix);
}

static uint8_t seen_ttl(const struct ttr_sweep *s, uint32_t number)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	uint8_t ttl = slot->high;

	while (ttl > 0 && ttl >= slot->low && hops[ttl].state != TTR_CELL_ANSWERED)
		ttl--;
	return ttl >= slot->low ? ttl : 0;
}

void ttr_sweep_leave_prefix(struct ttr_sweep *s, uint32_t number)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, slot);

	if (!prefix)
		return;
	if (!prefix->distance && !slot->end) {
		prefix->dead_ttl = seen_ttl(s, number);
		if (!prefix->dead_ttl)
			prefix->dead_ttl = s->settings.first_ttl;
		release_all(s, prefix);
	} else if (prefix->leader == number || prefix->searcher == number) {
		release_all(s, prefix);
	}
}

void ttr_sweep_begin(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_prefix *prefix;

	if (s->plan.full) {
		begin_anchor(s, number);
		return;
	}
	slot->prefix = ttr_prefixes_use(&s->prefixes, &slot->target.address);
	prefix = ttr_sweep_prefix_of(s, slot);
	if (prefix->distance) {
		follow(s, number);
	} else if (prefix->leader == TTR_SLOT_NONE || prefix->dead_ttl) {
		prefix->leader = number;
		begin_anchor(s, number);
	} else {
		hold(s, number);
	}
}

/* How far away who answered is, by what its TTL must have been at first. */
static unsigned int distance_of(const struct ttr_sweep *s, uint8_t reply_ttl)
{
	static const uint8_t initial[] = {64, 128, 255};
	unsigned int i = 0;

	if (reply_ttl <= 32 && 64U - reply_ttl >= s->settings.max_ttl)
		return 33U - reply_ttl;
	while (i < 2 && initial[i] < reply_ttl)
		i++;
	return initial[i] - reply_ttl + 1U;
}

void ttr_sweep_leave_anchor(struct ttr_sweep *s, uint32_t number)
{
	const struct ttr_sweep_hop *anchor = ttr_sweep_hops(s, number);
	const struct ttr_prefix *prefix = ttr_sweep_prefix_of(s, &s->slots[number]);
	unsigned int distance;

	if (s->slots[number].phase == TTR_SWEEP_HELD)
		unhold(s, number);
	if (anchor->state == TTR_CELL_ANSWERED && anchor->answer == TTR_ANSWER_UNREACHABLE) {
		distance = distance_of(s, anchor->reply_ttl);
		begin_path(s, number, distance, distance + 1);
	} else if (anchor->state == TTR_CELL_ANSWERED) {
		distance = distance_of(s, anchor->reply_ttl);
		begin_path(s, number, s->plan.full ? distance : distance - 1, distance);
	} else {
		ttr_sweep_pass_on(s, number);
		/* One of the prefix finds out where the way ends. */
		if (prefix && prefix->searcher != TTR_SLOT_NONE)
			hold(s, number);
		else
			begin_search(s, number);
	}
}
