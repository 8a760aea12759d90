/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* A port that shows that the path goes on behind the place; the reference port does, if it was seen
 * there. */
static bool is_shown(const struct ttr_locate *l, uint16_t place)
{
	return l->arrived || place < l->last;
}

/* Of a hop that is asked one by one so many answers are missing before that; then one in so many
 * may be. */
#define SPACED_MISSED 3
#define MISSED_PART 8

/* Nobody at the next place sees it, or its answers are lost more often than that could be told. */
static enum ttr_doubt doubt_silence(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_locate_hop *hop = &l->hops[p->high];

	if (p->contradicted)
		return TTR_DOUBT_LOSS;
	if (p->kind == TTR_LOCATE_DARK && p->high > l->last && ttr_locate_rounds_are_lossy(l))
		return TTR_DOUBT_LOSS;
	if (hop->spaced && hop->missed > SPACED_MISSED + hop->kept / MISSED_PART)
		return TTR_DOUBT_LIMITED;
	if (p->proofs >= ttr_locate_place_proofs(l, port) &&
	    (p->proofs >= TTR_LOCATE_PROOFS_CERTAIN ||
	     !ttr_locate_place_is_chance(l, port, p->proofs)))
		return TTR_DOUBT_NONE;
	return hop->missed && !hop->spaced ? TTR_DOUBT_LOSS : TTR_DOUBT_LIMITED;
}

/* Between the last place that saw it and the first that did not: is that known, and is it near? */
static enum ttr_doubt doubt_place(const struct ttr_locate *l, uint32_t port, uint16_t place)
{
	const struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_verdict *v = &l->located[port].verdict;
	uint16_t next = ttr_locate_path_next(l, place);

	if (v->how == TTR_STOP_DROP && !v->has_reference)
		return TTR_DOUBT_NO_REFERENCE;
	if (place == l->last && l->farther && v->how != TTR_STOP_RESET)
		return TTR_DOUBT_LENGTHS;
	if (p->low != place) /* as its neighbours, if any of them was looked at */
		return ttr_locate_group_of(l, port, place)->confirmed ? TTR_DOUBT_INFERRED
								      : TTR_DOUBT_LIMITED;
	/* Others are rejected there by somebody who may have had no answer left for this one. */
	if (v->how == TTR_STOP_DROP &&
	    (l->groups[TTR_LOCATE_REFUSED][place].members > 0 || l->hops[place].may_reject ||
	     ttr_locate_path_rejecter(l, place) != TTR_LOCATE_PLACE_UNKNOWN))
		return TTR_DOUBT_REFUSAL;
	/* A stranger behind the last hop may be behind what looks like the host, too. */
	if (v->how == TTR_STOP_REJECT && place == l->last &&
	    !ttr_locate_path_is_at(l, &v->address, place))
		return TTR_DOUBT_LENGTHS;
	/* Who rejects it is named, or it was asked at the very next hop. */
	if (v->how == TTR_STOP_REJECT && !ttr_locate_path_is_at(l, &v->address, place) &&
	    ttr_locate_path_ttl(l, next) > v->after_ttl + 1u)
		return TTR_DOUBT_LIMITED;
	return v->how != TTR_STOP_REJECT && next > place + 1 ? TTR_DOUBT_LIMITED : TTR_DOUBT_NONE;
}

static bool is_by_place(const struct ttr_locate *l, uint32_t port, uint16_t place)
{
	const struct ttr_verdict *v = &l->located[port].verdict;

	return v->how == TTR_STOP_REJECT && ttr_locate_path_is_at(l, &v->address, place);
}

static enum ttr_doubt doubt(const struct ttr_locate *l, uint32_t port, uint16_t place)
{
	const enum ttr_doubt of_place = doubt_place(l, port, place);

	/* Who is on the path and rejects it says the place himself. */
	if (of_place != TTR_DOUBT_NONE || is_by_place(l, port, place))
		return of_place;
	if (ttr_locate_path_is_nearer(l, port))
		return ttr_locate_path_is_surely_nearer(l, port) ? TTR_DOUBT_NONE
								 : TTR_DOUBT_LENGTHS;
	return doubt_silence(l, port);
}

bool ttr_locate_verdict_needs_proof(const struct ttr_locate *l, uint32_t port, uint16_t place)
{
	if (l->ports[port].kind == TTR_LOCATE_REFUSED)
		return !ttr_locate_path_is_at(l, &l->located[port].verdict.address, place);
	return is_shown(l, place) && port != l->reference && !(place == l->last && l->farther);
}

/* A router rejects what would go on behind it. */
static uint8_t rejecting_ttl(const struct ttr_locate *l, const struct ttr_verdict *v,
			     uint16_t place)
{
	if (place && ttr_addr_equal(&v->address, &l->hops[place].address))
		return l->hops[place].ttl + 1;
	return ttr_locate_path_ttl(l, ttr_locate_path_next(l, place));
}

static void say_doubt(struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	v->doubt = doubt(l, port, l->ports[port].place);
	v->verified = v->doubt ? TTR_VERIFIED_NO : TTR_VERIFIED_YES;
}

static void say_stop(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	v->after_ttl = ttr_locate_path_ttl(l, place);
	v->has_reference = is_shown(l, place) && port != l->reference;
	v->reference = v->has_reference ? l->reference : 0;
	if (v->has_reference)
		v->before_ttl = ttr_locate_path_ttl(l, ttr_locate_path_next(l, place));
	if (v->how == TTR_STOP_REJECT)
		v->before_ttl = rejecting_ttl(l, v, place);
	if (l->located[port].result.last_seen_ttl > v->after_ttl &&
	    l->located[port].result.last_seen_ttl <
		    ttr_locate_path_ttl(l, ttr_locate_path_next(l, place)))
		v->after_ttl = l->located[port].result.last_seen_ttl;
	l->ports[port].place = place;
	say_doubt(l, port);
}

static void name_stop(struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	switch (l->ports[port].kind) {
	case TTR_LOCATE_DARK:
		v->how = TTR_STOP_DROP;
		break;
	case TTR_LOCATE_NEARER:
		v->nearer = true;
		if (v->state == TTR_PORT_CLOSED) {
			v->how = TTR_STOP_RESET;
			v->state = TTR_PORT_FILTERED;
		}
		break;
	default:
		break;
	}
}

/* From now on what seems dropped behind this place is asked whether it was not rejected. */
static void note_rejecter(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	const struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_addr *by = &l->located[port].verdict.address;

	if (p->low != place)
		return;
	if (place && ttr_addr_equal(by, &l->hops[place].address))
		l->hops[place].rejected = port;
	if (ttr_addr_equal(by, &l->target))
		l->hops[l->last + 1].rejected = port;
	if (p->reject_asked && p->place != TTR_LOCATE_PLACE_UNKNOWN)
		l->groups[TTR_LOCATE_DARK][p->place].rejected++;
}

/* Stopped behind this place: what `low` proves, or what its neighbours do. */
void ttr_locate_verdict_stop(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];
	struct ttr_locate_group *g = ttr_locate_group_of(l, port, place);

	l->located[port].verdict.state = l->located[port].result.state;
	name_stop(l, port);
	if (p->low == place) {
		g->confirmed++;
		g->members += p->place != place;
	}
	if (p->kind == TTR_LOCATE_REFUSED)
		note_rejecter(l, port, place);
	say_stop(l, port, place);
	ttr_locate_finish(l, port);
}

/* Nothing stops it. */
void ttr_locate_verdict_pass(struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	v->state = l->located[port].result.state;
	if (port != l->reference && l->whose[l->ports[port].reply_ttl] == TTR_LOCATE_MAYBE_HOSTS) {
		v->verified = TTR_VERIFIED_NO;
		v->doubt = TTR_DOUBT_LENGTHS;
	}
	if (port == l->reference && l->arrived)
		l->located[port].result.distance = l->path->grid.ports[0].distance;
	ttr_locate_finish(l, port);
}

static enum ttr_port_state last_state(const struct ttr_locate *l, uint32_t port, bool with_timeouts)
{
	if (l->ports[port].stage != TTR_LOCATE_WAITING)
		return l->located[port].result.state;
	return with_timeouts && l->ports[port].asks >= 2 ? TTR_PORT_FILTERED : TTR_PORT_UNKNOWN;
}

/* Where it was last seen, or where its neighbours are. */
static void give_up_place(struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	struct ttr_verdict *v = &l->located[port].verdict;
	const bool parked = p->stage == TTR_LOCATE_PARKED && p->place != TTR_LOCATE_PLACE_UNKNOWN;

	name_stop(l, port);
	say_stop(l, port, parked ? p->place : p->low);
	/* Anywhere between what saw it and what did not. */
	if (!parked && v->has_reference && v->how == TTR_STOP_DROP)
		v->before_ttl = ttr_locate_path_ttl(l, p->high);
	v->verified = TTR_VERIFIED_NO;
	if (l->stopped)
		v->doubt = TTR_DOUBT_INTERRUPTED;
	else if (!v->doubt)
		v->doubt = TTR_DOUBT_LIMITED;
}

/* The host's, or somebody's in its name? */
static void give_up_answer(const struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	if (port == l->reference || l->whose[l->ports[port].reply_ttl] == TTR_LOCATE_HOSTS)
		return;
	v->verified = TTR_VERIFIED_NO;
	v->doubt = l->stopped ? TTR_DOUBT_INTERRUPTED : TTR_DOUBT_LIMITED;
	if (l->whose[l->ports[port].reply_ttl] == TTR_LOCATE_MAYBE_HOSTS)
		v->doubt = TTR_DOUBT_LENGTHS;
}

/* Before there is a path nothing is known of the place: who is silent has none, but who rejects has
 * said so. */
void ttr_locate_verdict_give_up(struct ttr_locate *l, uint32_t port, bool with_timeouts)
{
	const struct ttr_locate_port *p = &l->ports[port];
	struct ttr_located *located = &l->located[port];
	struct ttr_verdict *v = &located->verdict;
	enum ttr_port_state state = last_state(l, port, with_timeouts);

	located->result.state = state;
	v->state = state;
	if (l->placing && p->kind == TTR_LOCATE_NEARER) {
		give_up_answer(l, port);
	} else if (l->placing && state != TTR_PORT_UNKNOWN) {
		give_up_place(l, port);
	} else if (p->kind == TTR_LOCATE_REFUSED && state == TTR_PORT_UNREACHABLE) {
		v->verified = TTR_VERIFIED_NO;
		v->doubt = TTR_DOUBT_INTERRUPTED;
	}
	ttr_locate_finish(l, port);
}

static bool is_stopped(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_verdict *v = &l->located[port].verdict;

	return v->how != TTR_STOP_NONE || v->nearer;
}

/* Somebody who is not on the path may be anywhere between the bounds of the ports that he rejects.
 */
static void note_strangers(struct ttr_locate *l)
{
	for (uint32_t i = 0; i < l->count; i++) {
		const struct ttr_locate_port *p = &l->ports[i];

		if (p->kind != TTR_LOCATE_REFUSED)
			continue;
		for (uint16_t place = p->low; place < p->high; place++)
			l->hops[place].may_reject = true;
	}
}

/* Routers were seen behind what answers for the host, and its answers passed fewer of them than lie
 * before it: it may be a firewall. */
static bool is_speaker_doubtful(const struct ttr_locate *l)
{
	return l->arrived && l->farther &&
	       ttr_locate_way_back(l, l->reference) + 1 < l->hops[l->last + 1].ttl;
}

static void review(struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	if (is_stopped(l, port) && v->verified == TTR_VERIFIED_YES)
		say_doubt(l, port);
	if (!is_stopped(l, port) && !v->doubt && ttr_locate_path_passes(l, port) &&
	    is_speaker_doubtful(l)) {
		v->verified = TTR_VERIFIED_NO;
		v->doubt = TTR_DOUBT_LENGTHS;
	}
}

void ttr_locate_verdict_review(struct ttr_locate *l)
{
	note_strangers(l);
	for (uint32_t i = 0; i < l->count; i++) {
		struct ttr_verdict before = l->located[i].verdict;

		review(l, i);
		if (l->ports[i].said && !ttr_verdict_equal(&before, &l->located[i].verdict))
			ttr_fifo_push(&l->news, i);
	}
}
