/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cookie.h"

#include <string.h>

/* family, two addresses, two ports */
#define NAME_BYTES (1 + 16 + 16 + 2 + 2)

/* IPv6 has no IP ID: without timestamps only the sequence number is left to name a probe. */
static enum ttr_isn_mode isn_mode(enum ttr_family family, const struct ttr_settings *settings)
{
	if (family == TTR_FAMILY_IPV6 && settings->style == TTR_SYN_BARE &&
	    settings->isn == TTR_ISN_SAME)
		return TTR_ISN_RANDOM;
	return settings->isn;
}

void ttr_cookies_init(struct ttr_cookies *cookies, const uint8_t secret[TTR_SIPHASH_KEY_BYTES],
		      const struct ttr_addr *source, const struct ttr_settings *settings)
{
	*cookies = (struct ttr_cookies){
		.secret = ttr_siphash_key(secret),
		.isn = isn_mode(source->family, settings),
		.strict = settings->dnat == TTR_DNAT_STRICT,
		.form =
			{
				.source = *source,
				.tos = settings->tos,
				.dont_fragment = settings->dont_fragment,
				.flags = settings->flags,
				.style = settings->style,
				.length = settings->length,
			},
	};
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint64_t hash(const struct ttr_cookies *cookies, const struct ttr_cookie_flow *flow)
{
	uint8_t name[NAME_BYTES], *at = name;

	*at++ = flow->target.family;
	memcpy(at, cookies->form.source.bytes, 16);
	memcpy(at + 16, flow->target.bytes, 16);
	put16(put16(at + 32, flow->source_port), flow->target_port);
	return ttr_siphash(&cookies->secret, name, sizeof(name));
}

/* The timestamp and the IP ID share bits: whoever sees one of them sees both. */
struct ttr_flow_key ttr_cookie_key(const struct ttr_cookies *cookies,
				   const struct ttr_cookie_flow *flow)
{
	uint64_t secret = hash(cookies, flow);

	return (struct ttr_flow_key){
		.source_port = flow->source_port,
		.isn = (uint32_t)(secret >> 32),
		.ts_value = (uint32_t)secret,
		.ip_id = (uint16_t)(1 + (secret & 0xffff) % (UINT16_MAX - TTR_INDEX_LIMIT)),
	};
}

struct ttr_segment ttr_cookie_segment(const struct ttr_cookies *cookies,
				      const struct ttr_cookie_flow *flow, uint32_t index)
{
	struct ttr_flow_key key = ttr_cookie_key(cookies, flow);
	struct ttr_segment segment = cookies->form;

	segment.target = flow->target;
	segment.source_port = flow->source_port;
	segment.target_port = flow->target_port;
	segment.ttl = TTR_INDEX_TTL(index);
	segment.ip_id = (uint16_t)(key.ip_id + index);
	segment.seq = ttr_identity_number(cookies->isn, key.isn, index);
	segment.ts_value = key.ts_value + index;
	return segment;
}

static bool is_index(uint32_t index)
{
	return index < TTR_INDEX_LIMIT && TTR_INDEX_TTL(index) != 0;
}

static bool index_of_timestamp(const struct ttr_flow_key *key, const struct ttr_tcp_seen *tcp,
			       uint32_t *index)
{
	*index = tcp->ts_value - key->ts_value;
	return tcp->has_ts && is_index(*index);
}

static bool index_of_ip_id(const struct ttr_cookies *cookies, const struct ttr_flow_key *key,
			   uint16_t ip_id, uint32_t *index)
{
	*index = (uint16_t)(ip_id - key->ip_id);
	return cookies->form.source.family == TTR_FAMILY_IPV4 && is_index(*index);
}

/* Of a segment of ours: with the flow's secret the timestamp says more than the IP ID, which
 * routers are known to rewrite. */
static bool index_in_flow(const struct ttr_cookies *cookies, const struct ttr_flow_key *key,
			  const struct ttr_tcp_seen *tcp, uint16_t ip_id, uint32_t *index)
{
	switch (ttr_identity_index(cookies->isn, tcp->seq - key->isn, index)) {
	case TTR_IDENTITY_PROBE:
		return is_index(*index);
	case TTR_IDENTITY_FLOW:
		return index_of_timestamp(key, tcp, index) ||
		       index_of_ip_id(cookies, key, ip_id, index);
	default:
		return false;
	}
}

/* Without the secret: everything else that the quote holds must be as it was sent. */
static bool fits_rewritten(const struct ttr_cookies *cookies, const struct ttr_cookie_flow *flow,
			   const struct ttr_flow_key *key, const struct ttr_quote *quote,
			   uint32_t *index)
{
	uint32_t by_timestamp;

	if (!ttr_addr_equal(&quote->target, &flow->target) ||
	    quote->tcp.target_port != flow->target_port ||
	    !index_of_ip_id(cookies, key, quote->ip_id, index))
		return false;
	return !quote->tcp.has_ts ||
	       (index_of_timestamp(key, &quote->tcp, &by_timestamp) && by_timestamp == *index);
}

static bool strict_refuses(const struct ttr_cookies *cookies, const struct ttr_cookie_flow *flow,
			   const struct ttr_reply *reply)
{
	return cookies->strict && reply->kind == TTR_REPLY_TIME_EXCEEDED &&
	       (!ttr_addr_equal(&reply->quote.target, &flow->target) ||
		reply->quote.tcp.target_port != flow->target_port);
}

static bool is_about_us(const struct ttr_cookies *cookies, const struct ttr_reply *reply)
{
	return ttr_addr_equal(&reply->target, &cookies->form.source) &&
	       ttr_addr_equal(&reply->quote.source, &cookies->form.source);
}

struct ttr_cookie_match ttr_cookie_quote_of(const struct ttr_cookies *cookies,
					    const struct ttr_cookie_flow *flow,
					    const struct ttr_reply *reply)
{
	const struct ttr_quote *quote = &reply->quote;
	struct ttr_cookie_match match = {.flow = *flow, .proof = TTR_PROOF_FULL};
	struct ttr_flow_key key;

	if (reply->kind == TTR_REPLY_TCP || !is_about_us(cookies, reply) ||
	    quote->tcp.source_port != flow->source_port || strict_refuses(cookies, flow, reply))
		return match;
	key = ttr_cookie_key(cookies, flow);
	if (quote->tcp.has_seq &&
	    index_in_flow(cookies, &key, &quote->tcp, quote->ip_id, &match.index)) {
		match.kind = TTR_COOKIE_PROBE;
	} else if (fits_rewritten(cookies, flow, &key, quote, &match.index)) {
		match.kind = TTR_COOKIE_PROBE;
		match.evidence = TTR_EVIDENCE_REWRITTEN;
	}
	return match;
}

struct ttr_cookie_match ttr_cookie_find_translated(const struct ttr_cookies *cookies,
						   const uint16_t *source_ports, size_t count,
						   const struct ttr_reply *reply)
{
	const struct ttr_quote *quote = &reply->quote;
	struct ttr_cookie_match match = {
		.flow = {.target = quote->target, .target_port = quote->tcp.target_port},
		.proof = TTR_PROOF_FULL,
	};

	if (reply->kind == TTR_REPLY_TCP || !quote->tcp.has_seq ||
	    !ttr_addr_equal(&reply->target, &cookies->form.source))
		return match;
	for (size_t i = 0; i < count && match.kind == TTR_COOKIE_NONE; i++) {
		struct ttr_flow_key key;

		match.flow.source_port = source_ports[i];
		key = ttr_cookie_key(cookies, &match.flow);
		if (index_in_flow(cookies, &key, &quote->tcp, quote->ip_id, &match.index))
			match.kind = TTR_COOKIE_PROBE;
	}
	return match;
}

static struct ttr_cookie_match find_quote(const struct ttr_cookies *cookies,
					  const struct ttr_addr *target,
					  const struct ttr_reply *reply)
{
	const struct ttr_cookie_flow flow = {
		.target = target ? *target : reply->quote.target,
		.source_port = reply->quote.tcp.source_port,
		.target_port = reply->quote.tcp.target_port,
	};

	return ttr_cookie_quote_of(cookies, &flow, reply);
}

static struct ttr_cookie_match find_own(const struct ttr_cookies *cookies,
					const struct ttr_reply *reply)
{
	struct ttr_cookie_match match = {
		.flow = {reply->target, reply->tcp.source_port, reply->tcp.target_port},
		.proof = TTR_PROOF_FULL,
	};
	struct ttr_flow_key key = ttr_cookie_key(cookies, &match.flow);

	if (reply->tcp.has_seq &&
	    index_in_flow(cookies, &key, &reply->tcp, reply->ip_id, &match.index))
		match.kind = TTR_COOKIE_OWN;
	return match;
}

/* Some stacks and middleboxes reset a SYN without acknowledging it. */
static bool is_unproved(const struct ttr_tcp_seen *tcp)
{
	return !(tcp->flags & TTR_TCP_ACK);
}

static struct ttr_cookie_match find_answer(const struct ttr_cookies *cookies,
					   const struct ttr_reply *reply)
{
	const struct ttr_tcp_seen *tcp = &reply->tcp;
	struct ttr_cookie_match match = {
		.flow = {reply->source, tcp->target_port, tcp->source_port},
		.proof = TTR_PROOF_FULL,
	};
	struct ttr_flow_key key = ttr_cookie_key(cookies, &match.flow);

	switch (ttr_identity_of_answer(cookies->isn, &key, ttr_segment_payload(&cookies->form), tcp,
				       &match.index)) {
	case TTR_IDENTITY_PROBE:
		match.kind = is_index(match.index) ? TTR_COOKIE_PROBE : TTR_COOKIE_NONE;
		break;
	case TTR_IDENTITY_FLOW:
		match.kind = TTR_COOKIE_FLOW;
		break;
	default:
		match.kind = is_unproved(tcp) ? TTR_COOKIE_FLOW : TTR_COOKIE_NONE;
		match.proof = TTR_PROOF_PORTS;
		return match;
	}
	/* A half-open connection answers another SYN so (traps T1): of no probe in particular. */
	if (match.kind != TTR_COOKIE_NONE && !(tcp->flags & (TTR_TCP_SYN | TTR_TCP_RST))) {
		match.kind = TTR_COOKIE_FLOW;
		match.proof = TTR_PROOF_ARRIVED;
	}
	return match;
}

struct ttr_cookie_match ttr_cookie_find(const struct ttr_cookies *cookies,
					const struct ttr_addr *target,
					const struct ttr_reply *reply)
{
	const struct ttr_addr *self = &cookies->form.source;
	struct ttr_cookie_match match = {.kind = TTR_COOKIE_NONE};

	if (reply->kind != TTR_REPLY_TCP)
		return find_quote(cookies, target, reply);
	if (!reply->tcp.has_flags || !reply->tcp.has_seq)
		return match;
	/* A target of our own has both ends at one address: only the ports tell them apart. */
	if (ttr_addr_equal(&reply->source, self) &&
	    (!target || ttr_addr_equal(&reply->target, target)))
		match = find_own(cookies, reply);
	if (match.kind == TTR_COOKIE_NONE && ttr_addr_equal(&reply->target, self) &&
	    (!target || ttr_addr_equal(&reply->source, target)))
		match = find_answer(cookies, reply);
	return match;
}
