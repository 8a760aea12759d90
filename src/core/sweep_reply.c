/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sweep_state.h"

/* The probe that a reply is about. */
struct finding {
	uint32_t slot; /* TTR_SLOT_NONE: none of ours */
	uint8_t ttl;
	unsigned int attempt;
};

/* Whose address the reply was sent to. */
static const struct ttr_cookies *cookies_of(const struct ttr_sweep *s, const struct ttr_addr *addr)
{
	for (size_t i = 0; i < s->source_count; i++)
		if (ttr_addr_equal(&s->cookies[i].form.source, addr))
			return &s->cookies[i];
	return NULL;
}

static bool is_on_port(const struct ttr_sweep *s, uint32_t slot, uint8_t ttl, unsigned int attempt,
		       uint16_t source_port)
{
	return ttr_sweep_flow(s, slot, ttl, attempt).source_port == source_port;
}

static bool find_named(const struct ttr_sweep *s, const struct ttr_cookie_match *match,
		       struct finding *finding)
{
	bool anchor = match->flow.source_port == s->plan.source_ports[0];
	uint8_t ttl = TTR_INDEX_TTL(match->index);

	if (anchor ? ttl != TTR_SWEEP_ANCHOR_TTL : ttl > s->settings.max_ttl)
		return false;
	finding->ttl = anchor ? TTR_SWEEP_ANCHOR : ttl;
	finding->attempt = TTR_INDEX_ATTEMPT(match->index);
	return finding->attempt < ttr_sweep_hops(s, finding->slot)[finding->ttl].attempts &&
	       is_on_port(s, finding->slot, finding->ttl, finding->attempt,
			  match->flow.source_port);
}

/* Whether more SYNs have gone to where the target is known to be, on that port, than answers came
 * from there. */
static bool is_one_owed(const struct ttr_sweep *s, uint32_t number, uint16_t source_port)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	unsigned int sent = 0, came = 0;

	for (unsigned int ttl = slot->end; slot->end && ttl <= slot->high; ttl++) {
		for (unsigned int i = 0; i < hops[ttl].attempts; i++)
			sent += is_on_port(s, number, (uint8_t)ttl, i, source_port);
		if (hops[ttl].state == TTR_CELL_ANSWERED)
			came += 1U + hops[ttl].duplicates;
	}
	return came < sent;
}

/* A reset names no TTL. It is the farthest one of those without an answer that got there for
 * certain (traps T7), and never one at which a router has answered, or a nearer one. */
static bool find_farthest(const struct ttr_sweep *s, const struct ttr_cookie_match *match,
			  struct finding *finding)
{
	const struct ttr_sweep_slot *slot = &s->slots[finding->slot];
	const struct ttr_sweep_hop *hops = ttr_sweep_hops(s, finding->slot);
	uint16_t source_port = match->flow.source_port;

	*finding = (struct finding){.slot = finding->slot, .ttl = slot->end};
	if (source_port == s->plan.source_ports[0]) {
		finding->ttl = TTR_SWEEP_ANCHOR;
		return hops[TTR_SWEEP_ANCHOR].attempts > 0;
	}
	if (is_one_owed(s, finding->slot, source_port))
		return true;
	for (unsigned int ttl = slot->high; ttl > 0; ttl--) {
		if (ttr_sweep_is_router(&hops[ttl]))
			return false;
		if (hops[ttl].state == TTR_CELL_ANSWERED)
			continue;
		for (unsigned int attempt = hops[ttl].attempts; attempt-- > 0;)
			if (is_on_port(s, finding->slot, (uint8_t)ttl, attempt, source_port)) {
				finding->ttl = (uint8_t)ttl;
				finding->attempt = attempt;
				return true;
			}
	}
	return false;
}

static void smooth(uint32_t *srtt_us, uint32_t *rttvar_us, uint32_t rtt_us)
{
	uint32_t off = rtt_us > *srtt_us ? rtt_us - *srtt_us : *srtt_us - rtt_us;

	if (*srtt_us == 0) {
		*srtt_us = rtt_us > 0 ? rtt_us : 1;
		*rttvar_us = rtt_us / 2;
		return;
	}
	*rttvar_us += (uint32_t)(((int64_t)off - *rttvar_us) / 4);
	*srtt_us = (uint32_t)(*srtt_us + ((int64_t)rtt_us - *srtt_us) / 8);
}

static void learn_rtt(struct ttr_sweep *s, const struct ttr_sweep_slot *slot, uint32_t rtt_us)
{
	struct ttr_prefix *prefix;

	smooth(&s->srtt_us, &s->rttvar_us, rtt_us);
	if (slot->prefix == TTR_PREFIX_NONE)
		return;
	prefix = &s->prefixes.all[slot->prefix];
	smooth(&prefix->srtt_us, &prefix->rttvar_us, rtt_us);
}

static void fill(struct ttr_sweep *s, const struct finding *finding, const struct ttr_reply *reply)
{
	struct ttr_sweep_slot *slot = &s->slots[finding->slot];
	struct ttr_sweep_hop *hop = &ttr_sweep_hops(s, finding->slot)[finding->ttl];
	int64_t rtt_us =
		(reply->at.ns - slot->base.ns) / TTR_NS_PER_US - hop->sent_us[finding->attempt];

	hop->late = hop->state == TTR_CELL_SILENT;
	hop->state = TTR_CELL_ANSWERED;
	hop->answer = (uint8_t)ttr_answer_of(reply);
	hop->address = reply->source;
	hop->rtt_us = rtt_us > 0 ? (uint32_t)rtt_us : 0;
	hop->reply_ttl = reply->ttl;
	hop->icmp_type = reply->icmp_type;
	hop->icmp_code = reply->icmp_code;
	hop->tcp_flags = reply->kind == TTR_REPLY_TCP ? reply->tcp.flags : 0;
	/* A second try is not worth its probe any more. */
	slot->want[finding->ttl / 64] &= ~(UINT64_C(1) << finding->ttl % 64);
	if (slot->queue != TTR_SWEEP_QUEUE_DONE &&
	    !(slot->want[0] | slot->want[1] | slot->want[2] | slot->want[3]))
		ttr_sweep_dequeue(s, finding->slot);
}

/* Arrived means: by the drop-in's meaning, at whoever refuses to pass it on as well. */
static void use(struct ttr_sweep *s, const struct finding *finding, struct ttr_mono now)
{
	struct ttr_sweep_slot *slot = &s->slots[finding->slot];
	const struct ttr_sweep_hop *hop = &ttr_sweep_hops(s, finding->slot)[finding->ttl];
	bool anchor = finding->ttl == TTR_SWEEP_ANCHOR;
	struct ttr_sweep_near *near =
		&s->near[slot->target.address.family == TTR_FAMILY_IPV6]
			[anchor ? 0 : finding->ttl % (TTR_SWEEP_NEAR_TTL + 1)];

	if (!anchor && finding->ttl <= TTR_SWEEP_NEAR_TTL && near->asked > 0)
		near->asked--;
	if (hop->answer == TTR_ANSWER_TIME_EXCEEDED) {
		if (!anchor && (!slot->end || finding->ttl < slot->end))
			ttr_sweep_meet(s, finding->slot, finding->ttl, now);
	} else {
		slot->alive = true;
		if (!anchor && (!slot->end || finding->ttl < slot->end))
			slot->end = finding->ttl;
		if (finding->attempt == 0 && hop->answer != TTR_ANSWER_UNREACHABLE)
			learn_rtt(s, slot, hop->rtt_us);
	}
	ttr_sweep_proceed(s, finding->slot, now);
}

/* Any SYN/ACK is worth more than a reset, which may be about another SYN of ours (traps T1). */
static void take_further(struct ttr_sweep_hop *hop, const struct ttr_reply *reply)
{
	enum ttr_answer answer = ttr_answer_of(reply);

	if (hop->duplicates < UINT8_MAX)
		hop->duplicates++;
	if (answer != TTR_ANSWER_SYN_ACK || hop->answer == TTR_ANSWER_TIME_EXCEEDED ||
	    hop->answer == TTR_ANSWER_SYN_ACK)
		return;
	hop->answer = (uint8_t)answer;
	hop->tcp_flags = reply->tcp.flags;
	hop->address = reply->source;
}

/* Behind a translator that does not put them back, quotes show another source, and another port. */
static bool find_translated(const struct ttr_sweep *s, const struct ttr_cookies *cookies,
			    const struct ttr_reply *reply, struct finding *finding)
{
	const struct ttr_quote *quote = &reply->quote;
	struct ttr_cookie_match match;

	if (reply->kind == TTR_REPLY_TCP || ttr_addr_equal(&quote->source, &reply->target))
		return false;
	/* First, as a hash for each port costs more: anybody can send such quotes. */
	finding->slot = ttr_sweep_find(s, &quote->target, quote->tcp.target_port);
	if (finding->slot == TTR_SLOT_NONE)
		return false;
	match = ttr_cookie_find_translated(cookies, s->plan.source_ports, TTR_SWEEP_PORTS, reply);
	return match.kind == TTR_COOKIE_PROBE && find_named(s, &match, finding);
}

static bool find_probe(const struct ttr_sweep *s, const struct ttr_reply *reply,
		       struct finding *finding)
{
	const struct ttr_cookies *cookies = cookies_of(s, &reply->target);
	struct ttr_cookie_match match;

	if (!cookies)
		return false;
	match = ttr_cookie_find(cookies, NULL, reply);
	if (match.kind != TTR_COOKIE_PROBE && match.kind != TTR_COOKIE_FLOW)
		return find_translated(s, cookies, reply, finding);
	finding->slot = ttr_sweep_find(s, &match.flow.target, match.flow.target_port);
	if (finding->slot == TTR_SLOT_NONE)
		return false;
	if (match.kind == TTR_COOKIE_PROBE)
		return find_named(s, &match, finding);
	/* A reset without a number proves nothing. */
	return match.proof != TTR_PROOF_PORTS && find_farthest(s, &match, finding);
}

bool ttr_sweep_reply(struct ttr_sweep *s, const struct ttr_reply *reply)
{
	struct finding finding;
	struct ttr_sweep_hop *hop;

	if (!find_probe(s, reply, &finding)) {
		s->counters.foreign++;
		return false;
	}
	s->counters.replies++;
	s->slots[finding.slot].replies++;
	hop = &ttr_sweep_hops(s, finding.slot)[finding.ttl];
	if (hop->state == TTR_CELL_ANSWERED) {
		take_further(hop, reply);
		return true;
	}
	fill(s, &finding, reply);
	if (s->slots[finding.slot].phase != TTR_SWEEP_DONE)
		use(s, &finding, reply->at);
	return true;
}
