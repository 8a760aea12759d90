/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/flow.h"

#include <errno.h>
#include <stdlib.h>

/* Spreads the ports, which the kernel draws from one half of a range, over the buckets. */
#define SPREAD UINT32_C(0x9e3779b1)

static uint32_t *pair_head(const struct ttr_flows *flows, uint16_t source_port,
			   uint16_t target_port)
{
	const uint32_t ports = (uint32_t)source_port << 16 | target_port;

	return &flows->pairs[(ports * SPREAD ^ ports * SPREAD >> 15) & flows->bucket_mask];
}

static uint32_t *source_head(const struct ttr_flows *flows, uint16_t source_port)
{
	return &flows->sources[((uint32_t)source_port * SPREAD >> 16) & flows->bucket_mask];
}

static uint32_t *secret_head(const struct ttr_flows *flows, uint32_t isn)
{
	return &flows->secrets[(isn * SPREAD >> 16) & flows->bucket_mask];
}

/* From now on its probes can be answered. */
static void link_flow(struct ttr_flows *flows, uint32_t number)
{
	struct ttr_flow *flow = &flows->all[number];
	uint32_t *pair = pair_head(flows, flow->key.source_port, flow->target_port);
	uint32_t *source = source_head(flows, flow->key.source_port);
	uint32_t *secret = secret_head(flows, flow->key.isn);

	flow->used = true;
	flow->next = *pair;
	*pair = number;
	flow->next_source = *source;
	*source = number;
	flow->next_secret = *secret;
	*secret = number;
}

static void clear_buckets(struct ttr_flows *flows)
{
	for (size_t i = 0; i <= flows->bucket_mask; i++)
		flows->pairs[i] = flows->sources[i] = flows->secrets[i] = TTR_FLOW_NONE;
}

static int allocate(struct ttr_flows *flows, size_t count)
{
	size_t buckets = 16;

	while (buckets < count)
		buckets *= 2;
	flows->all = calloc(count, sizeof(*flows->all));
	flows->pairs = calloc(buckets, sizeof(*flows->pairs));
	flows->sources = calloc(buckets, sizeof(*flows->sources));
	flows->secrets = calloc(buckets, sizeof(*flows->secrets));
	if (!flows->all || !flows->pairs || !flows->sources || !flows->secrets) {
		ttr_flows_fini(flows);
		return -ENOMEM;
	}
	flows->bucket_mask = (uint32_t)(buckets - 1);
	clear_buckets(flows);
	return 0;
}

/* The query flows in the order that engine.h gives; who takes a spare one decides what it is for.
 */
static void assign_queries(struct ttr_flows *flows, const struct ttr_settings *settings)
{
	size_t per_query = settings->track_port ? settings->max_ttl - settings->first_ttl + 1u : 1;

	for (size_t i = 0; i < flows->query_flows; i++) {
		size_t query = i / per_query;

		flows->all[i].port = query / settings->queries;
		flows->all[i].target_port = settings->ports[flows->all[i].port];
		flows->all[i].query = (uint16_t)(query % settings->queries);
		link_flow(flows, (uint32_t)i);
	}
}

int ttr_flows_init(struct ttr_flows *flows, const struct ttr_plan *plan)
{
	const struct ttr_settings *s = plan->settings;
	struct ttr_segment probe = {
		.source = plan->source,
		.flags = s->flags,
		.style = s->style,
		.length = s->length,
	};

	*flows = (struct ttr_flows){
		.count = plan->key_count,
		.query_flows = ttr_plan_flows(s),
		.next_spare = ttr_plan_flows(s),
		.per_port = ttr_plan_flows(s) / s->port_count,
		.isn = s->isn,
		.flags = s->flags,
		.payload = ttr_segment_payload(&probe),
		.one_port = s->source_port != 0,
	};
	if (plan->source.family == TTR_FAMILY_IPV6 && s->style == TTR_SYN_BARE)
		flows->isn = TTR_ISN_RANDOM;
	if (allocate(flows, plan->key_count) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < flows->count; i++) {
		flows->all[i].key = plan->keys[i];
		flows->all[i].credited = flows->all[i].shift_probe = UINT32_MAX;
		flows->all[i].sole = UINT32_MAX;
	}
	assign_queries(flows, s);
	return 0;
}

void ttr_flows_fini(struct ttr_flows *flows)
{
	free(flows->all);
	free(flows->pairs);
	free(flows->sources);
	free(flows->secrets);
	flows->all = NULL;
	flows->pairs = NULL;
	flows->sources = NULL;
	flows->secrets = NULL;
}

uint32_t ttr_flows_of_query(const struct ttr_flows *flows, const struct ttr_settings *settings,
			    size_t port, unsigned int ttl, unsigned int query)
{
	size_t number = port * settings->queries + query;

	if (settings->track_port)
		number = number * (settings->max_ttl - settings->first_ttl + 1u) +
			 (ttl - settings->first_ttl);
	(void)flows;
	return (uint32_t)number;
}

uint32_t ttr_flows_take_spare(struct ttr_flows *flows, size_t port, uint16_t query,
			      uint32_t twin_of)
{
	struct ttr_flow *flow;

	if (flows->next_spare >= flows->count)
		return TTR_FLOW_NONE;
	flow = &flows->all[flows->next_spare];
	flow->port = port;
	flow->target_port = flows->all[port * flows->per_port].target_port;
	flow->query = query;
	flow->twin = twin_of != TTR_FLOW_NONE;
	if (flow->twin)
		flow->key.source_port = flows->all[twin_of].key.source_port;
	link_flow(flows, (uint32_t)flows->next_spare);
	return (uint32_t)flows->next_spare++;
}

void ttr_flows_retarget(struct ttr_flows *flows, size_t port, uint16_t target_port)
{
	clear_buckets(flows);
	for (uint32_t i = 0; i < flows->query_flows; i++) {
		if (flows->all[i].port == port)
			flows->all[i].target_port = target_port;
		link_flow(flows, i);
	}
}

static uint32_t skip_pairs(const struct ttr_flows *flows, uint32_t number, uint16_t source_port,
			   uint16_t target_port)
{
	while (number != TTR_FLOW_NONE && (flows->all[number].key.source_port != source_port ||
					   flows->all[number].target_port != target_port))
		number = flows->all[number].next;
	return number;
}

uint32_t ttr_flows_by_ports(const struct ttr_flows *flows, uint16_t source_port,
			    uint16_t target_port)
{
	return skip_pairs(flows, *pair_head(flows, source_port, target_port), source_port,
			  target_port);
}

uint32_t ttr_flows_next(const struct ttr_flows *flows, uint32_t flow)
{
	const struct ttr_flow *f = &flows->all[flow];

	return skip_pairs(flows, f->next, f->key.source_port, f->target_port);
}

static uint32_t skip_sources(const struct ttr_flows *flows, uint32_t number, uint16_t source_port)
{
	while (number != TTR_FLOW_NONE && flows->all[number].key.source_port != source_port)
		number = flows->all[number].next_source;
	return number;
}

uint32_t ttr_flows_by_source(const struct ttr_flows *flows, uint16_t source_port)
{
	return skip_sources(flows, *source_head(flows, source_port), source_port);
}

uint32_t ttr_flows_next_source(const struct ttr_flows *flows, uint32_t flow)
{
	return skip_sources(flows, flows->all[flow].next_source, flows->all[flow].key.source_port);
}

static uint32_t skip_secrets(const struct ttr_flows *flows, uint32_t number, uint32_t isn)
{
	while (number != TTR_FLOW_NONE && flows->all[number].key.isn != isn)
		number = flows->all[number].next_secret;
	return number;
}

uint32_t ttr_flows_by_secret(const struct ttr_flows *flows, uint32_t isn)
{
	if (flows->isn != TTR_ISN_SAME)
		return TTR_FLOW_NONE;
	return skip_secrets(flows, *secret_head(flows, isn), isn);
}

uint32_t ttr_flows_next_secret(const struct ttr_flows *flows, uint32_t flow)
{
	return skip_secrets(flows, flows->all[flow].next_secret, flows->all[flow].key.isn);
}

bool ttr_flow_believes_shift(struct ttr_flow *f, uint32_t probe, uint32_t shift, bool proven)
{
	bool again = f->shift_probe != UINT32_MAX && f->shift_probe != probe && f->shift == shift;

	if (proven || again)
		f->shift_known = true;
	else if (f->shift_known)
		return f->shift == shift;
	f->shift = shift;
	f->shift_probe = probe;
	return f->shift_known;
}

uint32_t ttr_flows_next_of_port(const struct ttr_flows *flows, size_t port, uint32_t after)
{
	const size_t end = (port + 1) * flows->per_port;
	size_t next = after == TTR_FLOW_NONE ? port * flows->per_port : after + 1u;

	if (next >= end && next < flows->query_flows)
		next = flows->query_flows;
	if (next < end)
		return (uint32_t)next;
	for (; next < flows->next_spare; next++)
		if (flows->all[next].port == port)
			return (uint32_t)next;
	return TTR_FLOW_NONE;
}

uint32_t ttr_flow_seq(const struct ttr_flows *flows, const struct ttr_flow *flow, uint32_t index)
{
	return ttr_identity_number(flows->isn, flow->key.isn, index);
}

/*
 * An RST that answers an ACK takes its sequence number from that ACK (RFC 9293 section 3.10.7.1),
 * and no half-open connection is in the way: each probe can have a number of its own.
 */
uint32_t ttr_flow_ack(const struct ttr_flows *flows, const struct ttr_flow *flow, uint32_t index)
{
	if (!(flows->flags & TTR_TCP_ACK))
		return 0;
	return ttr_identity_number(TTR_ISN_RANDOM, ~flow->key.isn, index);
}

enum ttr_identity ttr_flow_from_seq(const struct ttr_flows *flows, const struct ttr_flow *flow,
				    uint32_t seq, uint32_t *index)
{
	return ttr_identity_index(flows->isn, seq - flow->key.isn, index);
}

enum ttr_identity ttr_flow_from_answer(const struct ttr_flows *flows, const struct ttr_flow *flow,
				       const struct ttr_tcp_seen *tcp, uint32_t *index)
{
	if (flows->flags & TTR_TCP_ACK)
		return ttr_identity_index(TTR_ISN_RANDOM, tcp->seq - ~flow->key.isn, index);
	return ttr_identity_of_answer(flows->isn, &flow->key, flows->payload, tcp, index);
}
