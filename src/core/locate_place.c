/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* Where most of those before it were stopped; TTR_LOCATE_PLACE_UNKNOWN: none between its bounds. */
uint16_t ttr_locate_place_guess(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	uint16_t best = TTR_LOCATE_PLACE_UNKNOWN;
	uint32_t members = 0;

	for (uint16_t place = p->low; place < p->high; place++) {
		if (l->groups[p->kind][place].members <= members)
			continue;
		best = place;
		members = l->groups[p->kind][place].members;
	}
	return best;
}

static void park(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (place != TTR_LOCATE_PLACE_UNKNOWN && p->place != place)
		ttr_locate_group_of(l, port, place)->members++;
	p->stage = TTR_LOCATE_PARKED;
	p->place = place;
}

/* The unreachables of a router are as limited as its other errors: what seems dropped there may
 * have been rejected without a word left. */
static bool ask_rejecter(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint16_t who = ttr_locate_path_rejecter(l, place);

	if (p->kind != TTR_LOCATE_DARK || p->reject_asked || who == TTR_LOCATE_PLACE_UNKNOWN)
		return false;
	p->reject_asked = true;
	ttr_locate_ask(l, port, who, true, false);
	return true;
}

/* The first one at a place: is it seen behind that, or even behind the end of the path? */
static bool wants_walk(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];

	if (p->walked || ttr_locate_group_of(l, port, p->low)->members > 0)
		return false;
	if (p->kind == TTR_LOCATE_DARK)
		return p->high <= l->last;
	return p->kind == TTR_LOCATE_REFUSED && p->low == l->last &&
	       !ttr_locate_path_is_at(l, &l->located[port].verdict.address, p->low);
}

/* One at a time; what it finds may do for the next one. */
static void walk(struct ttr_locate *l, uint32_t port)
{
	if (l->walker == TTR_LOCATE_NONE)
		ttr_locate_walk(l, port);
	else
		park(l, port, TTR_LOCATE_PLACE_UNKNOWN);
}

/* So often at most, for each port. */
#define RECHECKS_MAX 4

/* Silences may be lost answers: it is asked for more of them, if it is stopped here. */
static bool ask_again(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (ttr_locate_path_is_nearer(l, port) || p->proofs >= ttr_locate_place_proofs(l, port) ||
	    p->rechecks >= RECHECKS_MAX || ttr_locate_ask_is_dead(l, p->high) ||
	    !ttr_locate_verdict_needs_proof(l, port, place))
		return false;
	p->rechecks++;
	ttr_locate_ask(l, port, p->high, false, true);
	return true;
}

/* So unlikely it must be that all silences of a port are lost answers. */
#define CHANCE_MAX 0.00001

/* What is believed of a hop before anybody was asked: one in sixteen answers is lost. */
#define PRIOR_LOST 0.25
#define PRIOR_ASKED 4

bool ttr_locate_place_is_chance(const struct ttr_locate *l, uint32_t port, unsigned int proofs)
{
	const struct ttr_locate_hop *hop = &l->hops[l->ports[port].high];
	/* Those that led to the pauses were the limit's. */
	const unsigned int missed = hop->missed - (hop->spaced ? TTR_LOCATE_VOIDS_SPACED : 0u);
	const double lost = (missed + PRIOR_LOST) / (missed + hop->kept + PRIOR_ASKED);
	double chance = 1;

	for (unsigned int i = 0; i < proofs; i++)
		chance *= lost;
	return chance > CHANCE_MAX;
}

unsigned int ttr_locate_place_proofs(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_hop *hop = &l->hops[l->ports[port].high];
	unsigned int wanted = TTR_LOCATE_PROOFS + 2u * hop->missed + hop->repeated;

	if (hop->spaced)
		wanted = TTR_LOCATE_PROOFS_SPACED;
	while (wanted < TTR_LOCATE_PROOFS_MOST && ttr_locate_place_is_chance(l, port, wanted))
		wanted++;
	return wanted < TTR_LOCATE_PROOFS_MOST ? wanted : TTR_LOCATE_PROOFS_MOST;
}

/* Between its bounds nothing can be asked any more. */
static void settle(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (ttr_locate_path_is_nearer(l, port)) {
		ttr_locate_verdict_stop(l, port, p->low);
		return;
	}
	if (p->kind == TTR_LOCATE_NEARER && p->high > l->last) {
		/* As far as can be seen it is the host's answer, by another way back. */
		l->whose[p->reply_ttl] =
			ttr_locate_way_back(l, port) == ttr_locate_way_back(l, l->reference)
				? TTR_LOCATE_HOSTS
				: TTR_LOCATE_MAYBE_HOSTS;
		ttr_locate_verdict_pass(l, port);
		return;
	}
	if (wants_walk(l, port)) {
		walk(l, port);
		return;
	}
	if (!ask_rejecter(l, port, p->low) && !ask_again(l, port, p->low))
		ttr_locate_verdict_stop(l, port, p->low);
}

/* Nobody was placed between its bounds yet: one port goes ahead. */
static void search(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint32_t *searching = &l->searching[p->kind];
	uint16_t middle = (uint16_t)((p->low + p->high) / 2);

	if (*searching != TTR_LOCATE_NONE && *searching != port &&
	    l->ports[*searching].stage == TTR_LOCATE_ASKED) {
		park(l, port, TTR_LOCATE_PLACE_UNKNOWN);
		return;
	}
	*searching = port;
	if (p->kind == TTR_LOCATE_DARK && !p->walked) {
		walk(l, port);
		return;
	}
	/* After a walk it is where it was last seen. */
	if (p->kind == TTR_LOCATE_DARK)
		middle = ttr_locate_path_next(l, p->low);
	else if (p->high > l->last)
		middle = l->last;
	if (middle <= p->low || ttr_locate_ask_is_dead(l, middle))
		middle = ttr_locate_path_next(l, p->low);
	ttr_locate_ask(l, port, middle, false, p->kind == TTR_LOCATE_DARK);
}

void ttr_locate_place_next(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint16_t place = ttr_locate_place_guess(l, port);

	if (ttr_locate_path_passes(l, port)) {
		ttr_locate_verdict_pass(l, port);
	} else if (ttr_locate_path_next(l, p->low) >= p->high) {
		settle(l, port);
	} else if (place == TTR_LOCATE_PLACE_UNKNOWN) {
		search(l, port);
	} else if (ttr_locate_path_next(l, place) < p->high) {
		ttr_locate_ask(l, port, ttr_locate_path_next(l, place), false, true);
	} else if (!p->check && !l->settings.verify_all) {
		park(l, port, place);
	} else if (ttr_locate_ask_is_dead(l, place)) {
		ttr_locate_verdict_stop(l, port, place); /* not to be asked: as its neighbours */
	} else if (!ask_rejecter(l, port, place) && !ask_again(l, port, place)) {
		const struct ttr_locate_group *g = ttr_locate_group_of(l, port, place);

		ttr_locate_ask(l, port, place, false, g->unseen > g->confirmed);
	}
}

void ttr_locate_place_seen(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (place > p->low)
		p->low = place;
	if (p->high > p->low)
		return;
	/* that silence was a lost answer */
	p->high = l->last + 1;
	p->proofs = 0;
}

void ttr_locate_place_unseen(struct ttr_locate *l, uint32_t port, uint16_t place,
			     unsigned int proofs)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (place < p->high && place > p->low) {
		p->high = place;
		p->proofs = 0;
	}
	if (place == p->high)
		p->proofs =
			(uint8_t)(p->proofs + proofs < UINT8_MAX ? p->proofs + proofs : UINT8_MAX);
	if (p->check && p->place == place)
		ttr_locate_group_of(l, port, place)->unseen++;
}

/* -- From the beginning to the end -- */

static void start_port(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_addr *by = &l->located[port].verdict.address;

	p->low = 0;
	p->high = l->last + 1;
	p->place = TTR_LOCATE_PLACE_UNKNOWN;
	if (p->kind != TTR_LOCATE_REFUSED)
		return;
	for (uint16_t place = 1; place <= l->last; place++)
		if (ttr_addr_equal(&l->hops[place].address, by)) {
			p->low = place;
			p->high = place + 1;
		}
	if (ttr_addr_equal(by, &l->target))
		p->low = l->last;
}

void ttr_locate_place_allow(struct ttr_locate *l)
{
	int64_t each_ns = TTR_LOCATE_PLACING_PROBES * l->base_gap_ns;

	if (l->settings.verify_all)
		each_ns += TTR_LOCATE_PLACING_EACH_NS;
	l->placing_until_ns = l->now.ns + TTR_LOCATE_PLACING_NS +
			      TTR_LOCATE_PLACING_PROBES * l->settings.wait_ns +
			      (int64_t)(l->count - l->done) * each_ns;
}

/* Those that were answered come first: they say who rejects. If that has to be asked, the dark ones
 * wait. */
void ttr_locate_place_begin(struct ttr_locate *l)
{
	bool strangers = false;

	l->placing = true;
	ttr_locate_place_allow(l);
	ttr_locate_path_read(l);
	ttr_locate_ask_init(l);
	for (uint32_t i = 0; i < l->count; i++) {
		struct ttr_locate_port *p = &l->ports[i];

		if (p->stage != TTR_LOCATE_SETTLED)
			continue;
		start_port(l, i);
		if (l->arrived && ttr_locate_way_back(l, i) > ttr_locate_way_back(l, l->reference))
			l->farther = true;
		if (p->kind != TTR_LOCATE_DARK)
			ttr_locate_place_next(l, i);
		strangers |= p->kind == TTR_LOCATE_REFUSED && p->stage == TTR_LOCATE_ASKED;
	}
	if (!l->arrived && l->ports[l->reference].stage == TTR_LOCATE_SETTLED) {
		/* The path is what this port showed. */
		l->ports[l->reference].low = l->last;
		ttr_locate_place_next(l, l->reference);
	}
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->ports[i].stage != TTR_LOCATE_SETTLED)
			continue;
		if (strangers)
			park(l, i, TTR_LOCATE_PLACE_UNKNOWN);
		else
			ttr_locate_place_next(l, i);
	}
}
