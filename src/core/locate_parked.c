/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

static uint32_t looked_at(const struct ttr_locate_group *g)
{
	return g->confirmed + g->rejected;
}

/* Of those that seem alike: have enough been looked at, and were they? */
static void judge_group(struct ttr_locate_group *g)
{
	bool mixed = g->rejected > 0 && g->confirmed > 0;

	if (g->unseen || mixed)
		g->wanted = g->parked;
	else if (looked_at(g) < TTR_LOCATE_SAMPLE)
		g->wanted = TTR_LOCATE_SAMPLE - looked_at(g);
	else
		g->wanted = 0;
	if (g->wanted > g->parked)
		g->wanted = g->parked;
}

static void judge_groups(struct ttr_locate *l)
{
	for (unsigned int kind = 0; kind < TTR_LOCATE_KINDS; kind++)
		for (uint16_t place = 0; place <= l->last + 1; place++)
			l->groups[kind][place].parked = 0;
	for (uint32_t i = 0; i < l->count; i++)
		if (l->ports[i].stage == TTR_LOCATE_PARKED &&
		    l->ports[i].place != TTR_LOCATE_PLACE_UNKNOWN)
			ttr_locate_group_of(l, i, l->ports[i].place)->parked++;
	for (unsigned int kind = 0; kind < TTR_LOCATE_KINDS; kind++)
		for (uint16_t place = 0; place <= l->last + 1; place++)
			judge_group(&l->groups[kind][place]);
}

/* Spread evenly: of `parked` ports that are still to come `wanted` are taken. */
static bool is_picked(struct ttr_locate_group *g)
{
	bool picked = g->wanted > 0 && g->wanted >= g->parked;

	/* every (parked / wanted)th */
	if (g->wanted > 0 && !picked)
		picked = g->parked % ((g->parked + g->wanted - 1) / g->wanted) == 0;
	g->parked--;
	g->wanted -= picked;
	return picked;
}

static void copy_refusal(struct ttr_locate *l, uint32_t port, uint16_t who)
{
	const struct ttr_verdict *from = &l->located[l->hops[who].rejected].verdict;
	struct ttr_located *to = &l->located[port];

	to->verdict.how = TTR_STOP_REJECT;
	to->verdict.address = from->address;
	to->verdict.icmp_type = from->icmp_type;
	to->verdict.icmp_code = from->icmp_code;
	to->result.state = TTR_PORT_UNREACHABLE;
	l->ports[port].kind = TTR_LOCATE_REFUSED;
}

/* As those of its group that were looked at. */
static void infer(struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	uint16_t place = p->place;

	if (ttr_locate_group_of(l, port, place)->rejected > 0)
		copy_refusal(l, port, ttr_locate_path_rejecter(l, place));
	ttr_locate_verdict_stop(l, port, place);
}

void ttr_locate_parked_release(struct ttr_locate *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->ports[i].stage == TTR_LOCATE_PARKED &&
		    l->ports[i].place == TTR_LOCATE_PLACE_UNKNOWN &&
		    ttr_locate_place_guess(l, i) != TTR_LOCATE_PLACE_UNKNOWN)
			ttr_locate_place_next(l, i);
}

void ttr_locate_parked_resolve(struct ttr_locate *l)
{
	judge_groups(l);
	for (uint32_t i = 0; i < l->count; i++) {
		struct ttr_locate_port *p = &l->ports[i];

		if (p->stage != TTR_LOCATE_PARKED)
			continue;
		if (p->place == TTR_LOCATE_PLACE_UNKNOWN) {
			ttr_locate_place_next(l, i);
		} else if (is_picked(ttr_locate_group_of(l, i, p->place))) {
			p->check = true;
			ttr_locate_place_next(l, i);
		} else if (looked_at(ttr_locate_group_of(l, i, p->place)) >= TTR_LOCATE_SAMPLE ||
			   ttr_locate_ask_is_dead(l, p->place)) {
			infer(l, i);
		}
	}
}
