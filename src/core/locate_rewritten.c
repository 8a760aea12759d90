/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* What one hash costs is put at this, and all of them are to take a tenth of the time: strangers
 * who guess a source port can make us look, too. */
#define COST_NS 50
#define TIME_PART 10

/* An answer to a probe of its is out. */
static bool is_awaited(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];

	return p->stage == TTR_LOCATE_WAITING ? p->asks > 0 : p->in_batch || port == l->walker;
}

static bool fits(const struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
		 struct ttr_cookie_match *match)
{
	const struct ttr_cookie_flow flow = {
		.target = l->target,
		.source_port = reply->quote.tcp.source_port,
		.target_port = l->port_numbers[port],
	};

	*match = ttr_cookie_quote_of(&l->cookies, &flow, reply);
	return match->kind == TTR_COOKIE_PROBE;
}

static bool fits_control(const struct ttr_locate *l, const struct ttr_reply *reply,
			 struct ttr_cookie_match *match)
{
	for (uint16_t i = 0; i < l->asker_count; i++)
		if (l->askers[i].phase != TTR_LOCATE_IDLE && l->askers[i].control_sent &&
		    fits(l, l->askers[i].control, reply, match))
			return true;
	return false;
}

bool ttr_locate_find_translated(const struct ttr_locate *l, const struct ttr_reply *reply,
				struct ttr_cookie_match *match)
{
	if (!ttr_addr_equal(&reply->quote.target, &l->target))
		return false;
	*match = ttr_cookie_find_translated(&l->cookies, l->source_ports, l->source_count, reply);
	return match->kind == TTR_COOKIE_PROBE;
}

bool ttr_locate_find_rewritten(struct ttr_locate *l, const struct ttr_reply *reply,
			       struct ttr_cookie_match *match)
{
	uint32_t looked_at = 0, i;
	bool found = false;

	if (l->now.ns < l->look_ns)
		return false;
	if (fits_control(l, reply, match))
		return true;
	for (i = 0; i < l->count && !found; i++) {
		if (!is_awaited(l, i))
			continue;
		looked_at++;
		found = fits(l, i, reply, match);
	}
	if (!found)
		l->look_ns = l->now.ns + (int64_t)looked_at * COST_NS * TIME_PART;
	return found;
}
