/* SPDX-License-Identifier: BSD-2-Clause */
#include "rewrite.h"

#include <string.h>

#include "checksum.h"
#include "sim.h"
#include "wire.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_TS = 8 };

/* -- Parts of the packet -- */

static uint8_t *transport(const struct ps_rewriting *rewriting)
{
	return rewriting->bytes + rewriting->packet->header_len;
}

/* Bytes of a TCP header that is whole; 0: there is none. */
static size_t tcp_header(const struct ps_packet *packet)
{
	size_t len;

	if (packet->protocol != PS_PROTO_TCP || packet->fragment || packet->body_len < 20)
		return 0;
	len = (size_t)(packet->body[12] >> 4) * 4;
	return len >= 20 && len <= packet->body_len ? len : 0;
}

static uint8_t get_tos(const struct ps_rewriting *rewriting)
{
	return rewriting->packet->dest.family == 6 ? (uint8_t)(ps_get16(rewriting->bytes) >> 4)
						   : rewriting->bytes[1];
}

static void set_tos(const struct ps_rewriting *rewriting, unsigned int tos)
{
	uint8_t *p = rewriting->bytes;

	if (rewriting->packet->dest.family == 6)
		ps_put16(p, (uint16_t)((ps_get16(p) & 0xf00f) | tos << 4));
	else
		p[1] = (uint8_t)tos;
}

/* The next TCP option from *at on; its length in *len. NULL: no more. */
static uint8_t *next_option(const struct ps_rewriting *rewriting, size_t *at, size_t *len)
{
	size_t end = tcp_header(rewriting->packet);
	uint8_t *p = transport(rewriting);

	while (*at < end && p[*at] == OPTION_NOP)
		++*at;
	if (*at + 2 > end || p[*at] == OPTION_END || p[*at + 1] < 2 || p[*at + 1] > end - *at)
		return NULL;
	*len = p[*at + 1];
	*at += *len;
	return p + *at - *len;
}

/* -- Kinds -- */

static void apply_nat(const struct ps_rewriting *rewriting)
{
	const struct ps_packet *packet = rewriting->packet;
	bool ipv6 = packet->dest.family == 6;
	uint8_t *p = transport(rewriting);

	memcpy(rewriting->bytes + (ipv6 ? 8 : 12), rewriting->rule->addr.bytes, ipv6 ? 16 : 4);
	if (packet->source_port > 0)
		ps_put16(p, (uint16_t)(ps_get16(p) + rewriting->rule->number));
}

static void apply_isn(const struct ps_rewriting *rewriting)
{
	const struct ps_packet *packet = rewriting->packet;
	uint64_t hash = ps_hash(rewriting->sim->seed, &rewriting->rule->at, 1);
	uint8_t *p = transport(rewriting);

	if (tcp_header(packet) == 0)
		return;
	hash = ps_hash(hash, packet->dest.bytes, sizeof(packet->dest.bytes));
	hash = ps_hash_end(ps_hash(hash, packet->body, 4));
	ps_put32(p + 4, ps_get32(p + 4) + ((uint32_t)hash | 1));
}

static void apply_ipid(const struct ps_rewriting *rewriting)
{
	uint64_t hash = ps_hash(rewriting->sim->seed, &rewriting->rule->at, 1);
	const struct ps_packet *packet = rewriting->packet;

	if (packet->dest.family == 6)
		return;
	hash = ps_hash(hash, packet->bytes, packet->header_len);
	hash = ps_hash(hash, packet->body, packet->body_len < 4 ? packet->body_len : 4);
	ps_put16(rewriting->bytes + 4, (uint16_t)ps_hash_end(hash));
}

static void apply_tos(const struct ps_rewriting *rewriting)
{
	set_tos(rewriting, rewriting->rule->number);
}

static void apply_dscp(const struct ps_rewriting *rewriting)
{
	set_tos(rewriting, (unsigned int)rewriting->rule->number << 2 | (get_tos(rewriting) & 3U));
}

static void apply_ecn(const struct ps_rewriting *rewriting)
{
	set_tos(rewriting, get_tos(rewriting) & 0xfcU);
}

static void apply_ece(const struct ps_rewriting *rewriting)
{
	if (tcp_header(rewriting->packet) > 0)
		transport(rewriting)[13] &= (uint8_t) ~(PS_TCP_ECE | PS_TCP_CWR);
}

static void apply_timestamps(const struct ps_rewriting *rewriting)
{
	size_t at = 20, len = 0;
	uint8_t *option;

	while ((option = next_option(rewriting, &at, &len)) != NULL)
		if (option[0] == OPTION_TS)
			memset(option, OPTION_NOP, len);
}

static void apply_mss(const struct ps_rewriting *rewriting)
{
	size_t at = 20, len = 0;
	uint8_t *option;

	while ((option = next_option(rewriting, &at, &len)) != NULL)
		if (option[0] == OPTION_MSS && len == 4 &&
		    ps_get16(option + 2) > rewriting->rule->number)
			ps_put16(option + 2, rewriting->rule->number);
}

static void apply_options(const struct ps_rewriting *rewriting)
{
	size_t at = 20, len = 0;
	uint8_t *option;

	while ((option = next_option(rewriting, &at, &len)) != NULL)
		if (option[0] != OPTION_MSS && option[0] != OPTION_TS)
			memset(option, OPTION_NOP, len);
}

const struct ps_rewrite_kind ps_rewrite_kinds[PATHSIM_REWRITE_KINDS] = {
	[PATHSIM_REWRITE_NAT] = {.word = "nat",
				 .argument = PS_REWRITE_ENDPOINT,
				 .raw = "unrestored",
				 .apply = apply_nat},
	[PATHSIM_REWRITE_ISN] = {.word = "isn", .raw = "untranslated", .apply = apply_isn},
	[PATHSIM_REWRITE_IPID] = {.word = "ipid", .apply = apply_ipid},
	[PATHSIM_REWRITE_TOS] = {.word = "tos",
				 .argument = PS_REWRITE_NUMBER,
				 .most = 255,
				 .apply = apply_tos},
	[PATHSIM_REWRITE_DSCP] = {.word = "dscp",
				  .argument = PS_REWRITE_NUMBER,
				  .most = 63,
				  .apply = apply_dscp},
	[PATHSIM_REWRITE_ECN] = {.word = "ecn", .apply = apply_ecn},
	[PATHSIM_REWRITE_ECE] = {.word = "ece", .content = true, .apply = apply_ece},
	[PATHSIM_REWRITE_TIMESTAMPS] = {.word = "timestamps",
					.content = true,
					.apply = apply_timestamps},
	[PATHSIM_REWRITE_MSS] = {.word = "mss",
				 .argument = PS_REWRITE_NUMBER,
				 .most = 65535,
				 .content = true,
				 .apply = apply_mss},
	[PATHSIM_REWRITE_OPTIONS] = {.word = "options", .content = true, .apply = apply_options},
};

/* -- All together -- */

/* The transport checksum covers the addresses and the header: what changed there. */
static void mend_checksums(const struct ps_rewriting *rewriting)
{
	const struct ps_packet *packet = rewriting->packet;
	bool ipv6 = packet->dest.family == 6;
	size_t at = packet->protocol == PS_PROTO_TCP   ? 16
		    : packet->protocol == PS_PROTO_UDP ? 6
						       : 2;
	size_t addrs = ipv6 ? 8 : 12, ports = packet->source_port > 0 ? 4 : 0;
	size_t len = tcp_header(packet) > 0 ? tcp_header(packet) : ports;
	uint8_t *body = transport(rewriting), *p = rewriting->bytes;
	uint16_t sum;

	if (!ipv6) {
		ps_put16(p + 10, 0);
		ps_put16(p + 10, ps_checksum(p, packet->header_len));
	}
	if (packet->protocol == PS_PROTO_ICMP || packet->fragment || packet->body_len < at + 2)
		return;
	sum = ps_get16(body + at);
	if (packet->protocol == PS_PROTO_UDP && sum == 0)
		return;
	sum = ps_checksum_adjust(sum, packet->bytes + addrs, p + addrs, ipv6 ? 32 : 8);
	ps_put16(body + at, ps_checksum_adjust(sum, packet->body, body, len));
}

static uint32_t apply_rules(struct ps_rewriting *rewriting, const struct pathsim_rewrite *rules,
			    size_t count, uint8_t distance, bool content)
{
	uint32_t done = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ps_rewrite_kind *kind = &ps_rewrite_kinds[rules[i].kind];

		if (rules[i].at > distance || (content && !kind->content) ||
		    (kind->raw != NULL && !rules[i].raw) ||
		    (rules[i].addr.family != 0 &&
		     rules[i].addr.family != rewriting->packet->dest.family))
			continue;
		rewriting->rule = &rules[i];
		kind->apply(rewriting);
		done |= UINT32_C(1) << rules[i].kind;
	}
	return done;
}

static uint32_t apply_all(struct ps_rewriting *rewriting, const struct ps_route *route,
			  bool content)
{
	const struct pathsim_network *network = &rewriting->sim->network;
	const struct pathsim_destination *dest =
		route->target != NULL ? route->target->destination : NULL;
	uint32_t done = apply_rules(rewriting, network->rewrites, network->rewrite_count,
				    route->node->distance, content);

	if (dest != NULL)
		done |= apply_rules(rewriting, dest->rewrites, dest->rewrite_count,
				    route->node->distance, content);
	return done;
}

static bool apply_dnat(const struct ps_rewriting *rewriting, const struct ps_route *route)
{
	const struct ps_packet *packet = rewriting->packet;
	bool ipv6 = packet->dest.family == 6;
	const struct pathsim_dnat *dnat;

	if (route->target == NULL || route->target->destination == NULL)
		return false;
	dnat = ipv6 ? &route->target->destination->dnat6 : &route->target->destination->dnat4;
	if (dnat->to.family == 0 || route->node->distance < dnat->at)
		return false;
	memcpy(rewriting->bytes + (ipv6 ? 24 : 16), dnat->to.bytes, ipv6 ? 16 : 4);
	if (dnat->port > 0 && packet->dest_port > 0)
		ps_put16(transport(rewriting) + 2, dnat->port);
	return true;
}

uint32_t ps_rewrite_quote(const struct pathsim *sim, const struct ps_route *route,
			  const struct ps_packet *packet, uint8_t *copy)
{
	struct ps_rewriting rewriting = {.sim = sim, .packet = packet, .bytes = copy};
	const struct pathsim_manner *manner = route->node->manner;
	uint8_t *ttl = copy + (packet->dest.family == 6 ? 7 : 8);
	uint32_t done;

	memcpy(copy, packet->bytes, packet->len);
	if (manner->quote_ttl == PATHSIM_QUOTE_TTL_SEEN)
		*ttl = route->ttl;
	else if (manner->quote_ttl == PATHSIM_QUOTE_TTL_FIXED)
		*ttl = manner->quoted_ttl;
	done = apply_all(&rewriting, route, false);
	if (apply_dnat(&rewriting, route))
		done |= UINT32_C(1) << PATHSIM_REWRITE_KINDS;
	mend_checksums(&rewriting);
	return done;
}

uint32_t ps_rewrite_content(const struct pathsim *sim, const struct ps_route *route,
			    const struct ps_packet *packet, uint8_t *copy)
{
	struct ps_rewriting rewriting = {.sim = sim, .packet = packet, .bytes = copy};
	uint32_t done;

	memcpy(copy, packet->bytes, packet->len);
	done = apply_all(&rewriting, route, true);
	mend_checksums(&rewriting);
	return done;
}
