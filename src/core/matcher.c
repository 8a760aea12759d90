/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/matcher.h"

/* So many flows are looked at for one quote. */
#define CANDIDATES_MAX 4096

struct candidates {
	unsigned int steps;
	bool by_source;
	uint32_t flow;
};

/* The probe with this index, if this flow sent one. */
static uint32_t probe_of(const struct ttr_engine *engine, uint32_t flow, uint32_t index)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	unsigned int ttl = TTR_INDEX_TTL(index);
	uint32_t number;

	if (index >= TTR_INDEX_LIMIT || ttl < engine->grid.first_ttl || ttl > engine->grid.max_ttl)
		return TTR_PROBE_NONE;
	number = ttr_engine_probe_number(engine, f->port, ttl, f->query, TTR_INDEX_ATTEMPT(index));
	if (engine->probes[number].flow != flow || engine->probes[number].state < TTR_PROBE_SENT)
		return TTR_PROBE_NONE;
	return number;
}

static uint32_t probe_by_ip_id(const struct ttr_engine *engine, uint32_t flow, uint16_t ip_id)
{
	return probe_of(engine, flow, (uint16_t)(ip_id - engine->flows.all[flow].key.ip_id));
}

static uint32_t probe_by_timestamp(const struct ttr_engine *engine, uint32_t flow,
				   const struct ttr_tcp_seen *tcp)
{
	if (!tcp->has_ts)
		return TTR_PROBE_NONE;
	return probe_of(engine, flow, tcp->ts_value - engine->flows.all[flow].key.ts_value);
}

/*
 * Of a quote that carries the flow's secret: the timestamp says more than the IP ID, which boxes on
 * the way are known to rewrite. Where one did, an IP ID alone is no name any more.
 */
static uint32_t probe_in_flow(const struct ttr_engine *engine, uint32_t flow,
			      const struct ttr_tcp_seen *tcp, uint16_t ip_id)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	uint32_t index, probe;

	switch (ttr_flow_from_seq(&engine->flows, f, tcp->seq, &index)) {
	case TTR_IDENTITY_PROBE:
		return probe_of(engine, flow, index);
	case TTR_IDENTITY_FLOW:
		probe = probe_by_timestamp(engine, flow, tcp);
		if (probe != TTR_PROBE_NONE)
			return probe;
		if (f->sole != TTR_PROBE_NONE)
			return engine->probes[f->sole].state >= TTR_PROBE_SENT ? f->sole
									       : TTR_PROBE_NONE;
		if (engine->source.family != TTR_FAMILY_IPV4 || engine->unnamed)
			return TTR_PROBE_NONE;
		return probe_by_ip_id(engine, flow, ip_id);
	default:
		return TTR_PROBE_NONE;
	}
}

/* Whether it names a flow, so that a probe should have been named as well. */
static bool names_flow(const struct ttr_engine *engine, uint32_t flow,
		       const struct ttr_tcp_seen *tcp)
{
	uint32_t index;

	return ttr_flow_from_seq(&engine->flows, &engine->flows.all[flow], tcp->seq, &index) ==
	       TTR_IDENTITY_FLOW;
}

static bool port_is(const struct ttr_engine *engine, uint32_t flow, uint16_t port)
{
	return engine->port_numbers[engine->flows.all[flow].port] == port;
}

/* All flows that a quote can be of: those with both its ports first. The walk by the source port
 * alone is for quotes in which the other one was rewritten; it is bounded, as anybody can make us
 * walk. */
static uint32_t next_candidate(const struct ttr_flows *flows, const struct ttr_tcp_seen *tcp,
			       struct candidates *at)
{
	if (at->steps++ == 0)
		at->flow = ttr_flows_by_ports(flows, tcp->source_port, tcp->target_port);
	else if (!at->by_source)
		at->flow = ttr_flows_next(flows, at->flow);
	else
		at->flow = ttr_flows_next_source(flows, at->flow);
	if (at->flow == TTR_FLOW_NONE && !at->by_source) {
		at->by_source = true;
		at->flow = ttr_flows_by_source(flows, tcp->source_port);
	}
	return at->steps <= CANDIDATES_MAX ? at->flow : TTR_FLOW_NONE;
}

static struct ttr_match unnamed_in(uint32_t flow)
{
	return (struct ttr_match){.kind = TTR_MATCH_UNNAMED, .flow = flow};
}

/* By the secret, wherever the quote says that the probe came from: only then may its source be
 * another one than ours. */
static struct ttr_match match_secret(const struct ttr_engine *engine, const struct ttr_quote *quote)
{
	const struct ttr_flows *flows = &engine->flows;
	struct ttr_match match = {.evidence = TTR_EVIDENCE_EXACT}, unnamed = match;

	if (!quote->tcp.has_seq || !ttr_addr_equal(&quote->target, &engine->target))
		return match;
	for (match.flow = ttr_flows_by_secret(flows, quote->tcp.seq); match.flow != TTR_FLOW_NONE;
	     match.flow = ttr_flows_next_secret(flows, match.flow)) {
		if (!port_is(engine, match.flow, quote->tcp.target_port))
			continue;
		match.probe = probe_in_flow(engine, match.flow, &quote->tcp, quote->ip_id);
		if (match.probe != TTR_PROBE_NONE) {
			match.kind = TTR_MATCH_PROBE;
			return match;
		}
		unnamed = unnamed_in(match.flow);
	}
	return unnamed;
}

/* By the ports and the secret. */
static struct ttr_match match_ports(const struct ttr_engine *engine, const struct ttr_quote *quote)
{
	struct ttr_match match = {.evidence = TTR_EVIDENCE_EXACT}, unnamed = match;
	struct candidates at = {.steps = 0};

	while (quote->tcp.has_seq &&
	       (match.flow = next_candidate(&engine->flows, &quote->tcp, &at)) != TTR_FLOW_NONE) {
		match.probe = probe_in_flow(engine, match.flow, &quote->tcp, quote->ip_id);
		if (match.probe != TTR_PROBE_NONE) {
			match.kind = TTR_MATCH_PROBE;
			return match;
		}
		if (names_flow(engine, match.flow, &quote->tcp))
			unnamed = unnamed_in(match.flow);
	}
	return unnamed;
}

static uint32_t shift_of(const struct ttr_engine *engine, const struct ttr_match *match,
			 const struct ttr_tcp_seen *tcp)
{
	const struct ttr_flow *f = &engine->flows.all[match->flow];

	if (!tcp->has_seq)
		return TTR_SHIFT_UNSEEN;
	return tcp->seq - ttr_flow_seq(&engine->flows, f, engine->probes[match->probe].index);
}

/* Without the secret: everything else that the quote holds must be as it was sent. A timestamp is
 * as good a secret. */
static struct ttr_match match_shifted(const struct ttr_engine *engine,
				      const struct ttr_quote *quote)
{
	const struct ttr_flows *flows = &engine->flows;
	const struct ttr_tcp_seen *tcp = &quote->tcp;
	struct ttr_match match = {.kind = TTR_MATCH_SHIFTED, .evidence = TTR_EVIDENCE_REWRITTEN};

	match.proven = tcp->has_ts;
	if (!ttr_addr_equal(&quote->target, &engine->target) ||
	    (!tcp->has_ts && (engine->source.family != TTR_FAMILY_IPV4 || engine->unnamed)))
		return (struct ttr_match){.kind = TTR_MATCH_NONE};
	for (match.flow = ttr_flows_by_ports(flows, tcp->source_port, tcp->target_port);
	     match.flow != TTR_FLOW_NONE; match.flow = ttr_flows_next(flows, match.flow)) {
		match.probe = tcp->has_ts ? probe_by_timestamp(engine, match.flow, tcp)
					  : probe_by_ip_id(engine, match.flow, quote->ip_id);
		if (match.probe == TTR_PROBE_NONE)
			continue;
		match.shift = shift_of(engine, &match, tcp);
		return match;
	}
	return (struct ttr_match){.kind = TTR_MATCH_NONE};
}

static bool strict_refuses(const struct ttr_engine *engine, const struct ttr_reply *reply,
			   const struct ttr_match *match)
{
	return engine->settings.dnat == TTR_DNAT_STRICT && match->kind == TTR_MATCH_PROBE &&
	       reply->kind == TTR_REPLY_TIME_EXCEEDED &&
	       (!ttr_addr_equal(&reply->quote.target, &engine->target) ||
		!port_is(engine, match->flow, reply->quote.tcp.target_port));
}

/* Of a quote that something better than its IP ID named. */
static bool id_differs(const struct ttr_engine *engine, const struct ttr_match *match,
		       const struct ttr_reply *reply)
{
	return engine->source.family == TTR_FAMILY_IPV4 &&
	       probe_by_ip_id(engine, match->flow, reply->quote.ip_id) != match->probe;
}

static struct ttr_match match_icmp(const struct ttr_engine *engine, const struct ttr_reply *reply)
{
	const bool from_us = ttr_addr_equal(&reply->quote.source, &engine->source);
	struct ttr_match match = {.kind = TTR_MATCH_NONE};

	if (!ttr_addr_equal(&reply->target, &engine->source))
		return match;
	if (from_us)
		match = match_ports(engine, &reply->quote);
	if (match.kind == TTR_MATCH_NONE)
		match = match_secret(engine, &reply->quote);
	if (match.kind == TTR_MATCH_NONE && from_us)
		match = match_shifted(engine, &reply->quote);
	match.id_rewritten = match.kind == TTR_MATCH_PROBE && id_differs(engine, &match, reply);
	if (strict_refuses(engine, reply, &match))
		match.kind = TTR_MATCH_NONE;
	return match;
}

/* Nobody has rewritten anything yet. */
static uint32_t probe_as_sent(const struct ttr_engine *engine, uint32_t flow,
			      const struct ttr_tcp_seen *tcp, uint16_t ip_id)
{
	uint32_t probe = probe_in_flow(engine, flow, tcp, ip_id);

	if (probe == TTR_PROBE_NONE && names_flow(engine, flow, tcp) &&
	    engine->source.family == TTR_FAMILY_IPV4)
		probe = probe_by_ip_id(engine, flow, ip_id);
	return probe;
}

static struct ttr_match match_own(const struct ttr_engine *engine, const struct ttr_reply *reply)
{
	const struct ttr_flows *flows = &engine->flows;
	uint32_t flow;

	for (flow = ttr_flows_by_ports(flows, reply->tcp.source_port, reply->tcp.target_port);
	     flow != TTR_FLOW_NONE; flow = ttr_flows_next(flows, flow)) {
		uint32_t probe = probe_as_sent(engine, flow, &reply->tcp, reply->ip_id);

		if (probe != TTR_PROBE_NONE)
			return (struct ttr_match){
				.kind = TTR_MATCH_OWN, .flow = flow, .probe = probe};
	}
	return (struct ttr_match){.kind = TTR_MATCH_NONE};
}

static bool match_answer_in(const struct ttr_engine *engine, uint32_t flow,
			    const struct ttr_tcp_seen *tcp, struct ttr_match *match)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	uint32_t index;

	match->flow = flow;
	switch (ttr_flow_from_answer(&engine->flows, f, tcp, &index)) {
	case TTR_IDENTITY_PROBE:
		match->probe = probe_of(engine, flow, index);
		match->kind = match->probe == TTR_PROBE_NONE ? TTR_MATCH_NONE : TTR_MATCH_PROBE;
		break;
	case TTR_IDENTITY_FLOW:
		match->kind = TTR_MATCH_FLOW;
		break;
	default:
		match->kind = TTR_MATCH_NONE;
		break;
	}
	return match->kind != TTR_MATCH_NONE;
}

/* Of a segment that brought the secret back. */
static enum ttr_proof proof_of(const struct ttr_engine *engine, const struct ttr_tcp_seen *tcp)
{
	if (tcp->flags & (TTR_TCP_SYN | TTR_TCP_RST) || engine->settings.flags & TTR_TCP_ACK)
		return TTR_PROOF_FULL;
	return TTR_PROOF_ARRIVED;
}

static struct ttr_match match_answer(const struct ttr_engine *engine, const struct ttr_reply *reply)
{
	const struct ttr_flows *flows = &engine->flows;
	struct ttr_match match = {.evidence = TTR_EVIDENCE_EXACT};
	uint32_t flow, last = TTR_FLOW_NONE;

	if (!reply->tcp.has_flags)
		return (struct ttr_match){.kind = TTR_MATCH_NONE};
	for (flow = ttr_flows_by_ports(flows, reply->tcp.target_port, reply->tcp.source_port);
	     flow != TTR_FLOW_NONE; flow = ttr_flows_next(flows, flow)) {
		last = flow;
		if (!match_answer_in(engine, flow, &reply->tcp, &match))
			continue;
		match.proof = proof_of(engine, &reply->tcp);
		if (match.proof == TTR_PROOF_ARRIVED)
			match.kind = TTR_MATCH_FLOW;
		return match;
	}
	/* Some stacks and middleboxes reset a SYN without acknowledging it. */
	if (last != TTR_FLOW_NONE && engine->grid.counters.foreign < TTR_STRANGERS_MAX &&
	    !((reply->tcp.flags | engine->settings.flags) & TTR_TCP_ACK))
		return (struct ttr_match){
			.kind = TTR_MATCH_FLOW, .flow = last, .proof = TTR_PROOF_PORTS};
	return (struct ttr_match){.kind = TTR_MATCH_NONE};
}

struct ttr_match ttr_matcher_find(const struct ttr_engine *engine, const struct ttr_reply *reply)
{
	struct ttr_match match = {.kind = TTR_MATCH_NONE};

	if (reply->kind != TTR_REPLY_TCP)
		return match_icmp(engine, reply);
	/* A target of our own has both ends at one address: only the ports tell them apart. */
	if (ttr_addr_equal(&reply->source, &engine->source) &&
	    ttr_addr_equal(&reply->target, &engine->target))
		match = match_own(engine, reply);
	if (match.kind == TTR_MATCH_NONE && ttr_addr_equal(&reply->source, &engine->target) &&
	    ttr_addr_equal(&reply->target, &engine->source))
		match = match_answer(engine, reply);
	return match;
}
