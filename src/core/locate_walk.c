/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* A walk goes on so far behind the end of the path: nobody should be there. */
#define BEYOND 8

void ttr_locate_walk(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];

	ttr_locate_ask_enter(l, port);
	p->walked = true;
	p->sends = 0;
	p->asker = 0;
	l->walker = port;
	l->walk_at = p->low + 1;
	l->walk_deadline_ns = 0;
}

uint32_t ttr_locate_walk_send(struct ttr_locate *l)
{
	int64_t longest_ns = 0;

	if (l->walker == TTR_LOCATE_NONE || l->walk_deadline_ns)
		return TTR_LOCATE_NONE;
	if (l->walk_at <= l->last + BEYOND) {
		uint16_t place = l->walk_at++;
		unsigned int ttl = l->hops[place <= l->last ? place : l->last + 1].ttl;

		if (place <= l->last)
			ttr_bucket_take(&l->hops[place].bucket, l->now.ns);
		else
			ttl += place - l->last - 1u;
		l->ports[l->walker].sends = 0;
		if (ttl < l->settings.max_ttl)
			return ttr_locate_ask_question(l, l->walker, ttl);
	}
	for (uint16_t place = 1; place <= l->last; place++)
		if (l->hops[place].rtt_ns > longest_ns)
			longest_ns = l->hops[place].rtt_ns;
	l->walk_deadline_ns = l->now.ns + ttr_locate_ask_patience_ns(l, longest_ns);
	return TTR_LOCATE_NONE;
}

int64_t ttr_locate_walk_due(const struct ttr_locate *l)
{
	return l->walker != TTR_LOCATE_NONE && l->walk_deadline_ns ? l->walk_deadline_ns
								   : INT64_MAX;
}

static void end_walk(struct ttr_locate *l)
{
	uint32_t port = l->walker;
	struct ttr_locate_port *p = &l->ports[port];

	/* Others may be tried there at once. */
	if (p->place != p->low)
		l->groups[p->kind][p->low].members++;
	p->place = p->low;
	l->walker = TTR_LOCATE_NONE;
	ttr_locate_ask_leave(l, port);
	ttr_locate_parked_release(l);
}

void ttr_locate_walk_step(struct ttr_locate *l)
{
	if (l->now.ns >= ttr_locate_walk_due(l))
		end_walk(l);
}
