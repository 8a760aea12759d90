/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

static void measure(struct ttr_locate *l, int64_t rtt_ns)
{
	struct ttr_locate_rtt *r = &l->rtt;
	int64_t off;

	if (r->smoothed_ns < 0) {
		r->smoothed_ns = rtt_ns;
		r->variation_ns = rtt_ns / 4;
		return;
	}
	off = r->smoothed_ns > rtt_ns ? r->smoothed_ns - rtt_ns : rtt_ns - r->smoothed_ns;
	r->variation_ns += (off - r->variation_ns) / 4;
	r->smoothed_ns += (rtt_ns - r->smoothed_ns) / 8;
}

/* -1: not that of the newest probe, whose time alone is known. */
static int64_t rtt_of(const struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
		      const struct ttr_cookie_match *match)
{
	const struct ttr_locate_port *p = &l->ports[port];
	struct ttr_segment newest = ttr_locate_segment(l, p->newest);
	int64_t rtt_ns = reply->at.ns - p->sent_ns;

	if (newest.source_port != match->flow.source_port || rtt_ns < 0)
		return -1;
	if (match->kind == TTR_COOKIE_PROBE &&
	    ttr_cookie_segment(&l->cookies, &match->flow, match->index).ts_value != newest.ts_value)
		return -1;
	return rtt_ns;
}

/* -- By TCP -- */

static enum ttr_port_state state_of(const struct ttr_reply *reply)
{
	if (reply->tcp.flags & TTR_TCP_RST)
		return TTR_PORT_CLOSED;
	if ((reply->tcp.flags & (TTR_TCP_SYN | TTR_TCP_ACK)) == (TTR_TCP_SYN | TTR_TCP_ACK))
		return TTR_PORT_OPEN;
	return TTR_PORT_UNKNOWN;
}

/* The strongest word wins: an open port may be followed by resets (traps T1). */
static bool is_stronger(enum ttr_port_state now, enum ttr_port_state before)
{
	static const uint8_t order[] = {
		[TTR_PORT_UNKNOWN] = 1,     [TTR_PORT_FILTERED] = 0, [TTR_PORT_CLOSED] = 3,
		[TTR_PORT_UNREACHABLE] = 2, [TTR_PORT_OPEN] = 4,
	};

	return order[now] > order[before];
}

static void take_state(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
		       int64_t rtt_ns)
{
	struct ttr_locate_port *p = &l->ports[port];
	struct ttr_port_result *result = &l->located[port].result;
	enum ttr_port_state state = state_of(reply);

	if (rtt_ns >= 0 && (result->rtt_ns < 0 || rtt_ns < result->rtt_ns))
		result->rtt_ns = rtt_ns;
	result->reached = true;
	if (result->state != TTR_PORT_UNKNOWN && !is_stronger(state, result->state))
		return;
	result->state = state;
	p->reply_ttl = reply->ttl;
	p->kind = TTR_LOCATE_NEARER;
}

/* What proves little has to come twice, the second time for a fresh flow: until then the port is
 * asked on. */
static bool is_enough(struct ttr_locate_port *p, const struct ttr_cookie_match *match)
{
	if (match->proof == TTR_PROOF_FULL)
		return true;
	if (p->weak && p->asks > 1)
		return true;
	p->weak = true;
	return false;
}

/* Of controls the port is done, but the answer is what counts. */
static void tell_host_control(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_asker *a = &l->askers[l->last + 1];

	if (l->placing && a->phase != TTR_LOCATE_IDLE && a->control_sent && a->control == port)
		a->control_answered = true;
}

static void take_tcp(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
		     const struct ttr_cookie_match *match)
{
	struct ttr_locate_port *p = &l->ports[port];
	unsigned int ttl = ttr_locate_number_ttl(p->newest);
	int64_t rtt_ns = rtt_of(l, port, reply, match);

	tell_host_control(l, port);
	if (p->stage == TTR_LOCATE_DONE) {
		p->contradicted |= l->located[port].verdict.how == TTR_STOP_DROP;
		return;
	}
	if (p->stage == TTR_LOCATE_WAITING && rtt_ns >= 0 && match->proof == TTR_PROOF_FULL)
		measure(l, rtt_ns);
	if (!is_enough(p, match))
		return;
	take_state(l, port, reply, rtt_ns);
	if (p->stage == TTR_LOCATE_WAITING) {
		l->rounds.answers++;
		ttr_locate_rounds_settle(l, port);
	} else if (match->kind == TTR_COOKIE_PROBE) {
		ttl = TTR_INDEX_TTL(match->index);
	}
	if (p->stage != TTR_LOCATE_ASKED || ttl == l->settings.max_ttl)
		return;
	ttr_locate_place_unseen(l, port, l->place_of_ttl[ttl],
				match->kind == TTR_COOKIE_PROBE ? TTR_LOCATE_PROOFS_CERTAIN : 1);
	ttr_locate_ask_answered(l, port, ttl, false);
}

/* -- By ICMP -- */

static uint16_t place_of_address(const struct ttr_locate *l, const struct ttr_addr *address)
{
	if (ttr_addr_equal(address, &l->target))
		return l->last;
	for (uint16_t place = 1; place <= l->last; place++)
		if (ttr_addr_equal(&l->hops[place].address, address))
			return place;
	return TTR_LOCATE_PLACE_UNKNOWN;
}

static void take_refusal(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply)
{
	struct ttr_locate_port *p = &l->ports[port];
	struct ttr_located *located = &l->located[port];

	if (!is_stronger(TTR_PORT_UNREACHABLE, located->result.state) &&
	    located->result.state != TTR_PORT_UNKNOWN)
		return;
	located->result.state = TTR_PORT_UNREACHABLE;
	located->result.reached = true;
	located->verdict.how = TTR_STOP_REJECT;
	located->verdict.address = reply->source;
	located->verdict.icmp_type = reply->icmp_type;
	located->verdict.icmp_code = reply->icmp_code;
	p->reply_ttl = reply->ttl;
	p->kind = TTR_LOCATE_REFUSED;
}

static void take_unreachable(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
			     unsigned int ttl)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint16_t place;

	if (p->stage == TTR_LOCATE_DONE)
		return;
	take_refusal(l, port, reply);
	ttr_locate_rounds_settle(l, port);
	if (!l->placing)
		return;
	place = place_of_address(l, &reply->source);
	if (place != TTR_LOCATE_PLACE_UNKNOWN) {
		ttr_locate_place_seen(l, port, place);
		ttr_locate_place_unseen(l, port, place + 1, TTR_LOCATE_PROOFS_CERTAIN);
	} else if (ttl < l->settings.max_ttl) {
		ttr_locate_place_unseen(l, port, l->place_of_ttl[ttl], TTR_LOCATE_PROOFS_CERTAIN);
	}
	if (p->stage == TTR_LOCATE_ASKED)
		ttr_locate_ask_answered(l, port, ttl, true);
}

/* A router at the last TTL passed it on: the host is farther than anybody wants to look. */
static void take_too_far(struct ttr_locate *l, uint32_t port)
{
	struct ttr_port_result *result = &l->located[port].result;

	if (l->ports[port].stage != TTR_LOCATE_WAITING)
		return;
	result->last_seen_ttl = l->settings.max_ttl;
	ttr_locate_rounds_settle(l, port);
	ttr_locate_finish(l, port);
}

static void note_seen(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
		      int64_t rtt_ns)
{
	l->located[port].seen = (struct ttr_cell){
		.state = rtt_ns < 0 ? TTR_CELL_IDLE : TTR_CELL_ANSWERED,
		.answer = TTR_ANSWER_TIME_EXCEEDED,
		.address = reply->source,
		.rtt_ns = rtt_ns,
		.reply_ttl = reply->ttl,
		.quoted_target = reply->quote.target,
		.quoted_port = reply->quote.tcp.target_port,
		.attempts = l->ports[port].sends,
	};
}

static void take_exceeded(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
			  unsigned int ttl, int64_t rtt_ns)
{
	struct ttr_locate_port *p = &l->ports[port];
	struct ttr_port_result *result = &l->located[port].result;
	uint16_t place;

	if (ttl == l->settings.max_ttl) {
		take_too_far(l, port);
		return;
	}
	if (!l->placing)
		return;
	if (p->stage == TTR_LOCATE_DONE) {
		p->contradicted |= ttl > l->located[port].verdict.after_ttl &&
				   l->located[port].verdict.how == TTR_STOP_DROP;
		return;
	}
	if (ttl > result->last_seen_ttl) {
		result->last_seen_ttl = (uint8_t)ttl;
		note_seen(l, port, reply, rtt_ns);
	}
	if (ttl >= l->hops[l->last + 1].ttl) {
		l->farther = true; /* the path's end is not that of all ports */
		return;
	}
	/* A hop that was quiet when the path was traced is beyond the place before it. */
	place = l->place_of_ttl[ttl];
	ttr_locate_place_seen(l, port, l->hops[place].ttl == ttl ? place : place - 1);
	if (p->stage == TTR_LOCATE_ASKED)
		ttr_locate_ask_answered(l, port, ttl, true);
}

/* -- All -- */

static void tell_control(struct ttr_locate *l, uint32_t port, const struct ttr_reply *reply,
			 unsigned int ttl)
{
	bool rejects = reply->kind == TTR_REPLY_UNREACHABLE;

	for (uint16_t i = 0; i < l->asker_count; i++) {
		struct ttr_locate_asker *a = &l->askers[i];

		if (a->phase != TTR_LOCATE_IDLE && a->control_sent && a->control == port &&
		    a->ttl == ttl && a->rejects == rejects)
			a->control_answered = true;
	}
}

static bool is_ours(const struct ttr_locate *l, uint32_t port, const struct ttr_cookie_match *match)
{
	if (port == TTR_LOCATE_NONE || l->located[port].probes == 0)
		return false;
	if (match->kind == TTR_COOKIE_FLOW)
		return match->proof != TTR_PROOF_PORTS ||
		       l->ports[port].stage == TTR_LOCATE_WAITING;
	return TTR_INDEX_TTL(match->index) <= l->settings.max_ttl;
}

bool ttr_locate_take(struct ttr_locate *l, const struct ttr_reply *reply,
		     const struct ttr_cookie_match *match)
{
	uint32_t port = l->index_of[match->flow.target_port];

	if (!is_ours(l, port, match))
		return false;
	if (match->kind == TTR_COOKIE_OWN) {
		if (ttr_locate_segment(l, l->ports[port].newest).ts_value ==
			    ttr_cookie_segment(&l->cookies, &match->flow, match->index).ts_value &&
		    ttr_locate_segment(l, l->ports[port].newest).source_port ==
			    match->flow.source_port)
			l->ports[port].sent_ns = reply->at.ns;
		return true;
	}
	l->path->grid.counters.replies++;
	if (reply->kind == TTR_REPLY_TCP) {
		take_tcp(l, port, reply, match);
		return true;
	}
	tell_control(l, port, reply, TTR_INDEX_TTL(match->index));
	if (reply->kind == TTR_REPLY_UNREACHABLE)
		take_unreachable(l, port, reply, TTR_INDEX_TTL(match->index));
	else
		take_exceeded(l, port, reply, TTR_INDEX_TTL(match->index),
			      rtt_of(l, port, reply, match));
	return true;
}
