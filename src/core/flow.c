/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/flow.h"

#include <errno.h>
#include <stdlib.h>

/* Spreads the ports, which the kernel draws from one half of a range, over the buckets. */
#define SPREAD UINT32_C(0x9e3779b1)

static uint32_t bucket(const struct ttr_flows *flows, uint16_t source_port)
{
	return ((uint32_t)source_port * SPREAD >> 16) & flows->bucket_mask;
}

static void link_flow(struct ttr_flows *flows, uint32_t number)
{
	uint32_t *head = &flows->buckets[bucket(flows, flows->all[number].key.source_port)];

	flows->all[number].next = *head;
	*head = number;
}

static int allocate(struct ttr_flows *flows, size_t count)
{
	size_t buckets = 16;

	while (buckets < count)
		buckets *= 2;
	flows->all = calloc(count, sizeof(*flows->all));
	flows->buckets = calloc(buckets, sizeof(*flows->buckets));
	if (!flows->all || !flows->buckets) {
		ttr_flows_fini(flows);
		return -ENOMEM;
	}
	for (size_t i = 0; i < buckets; i++)
		flows->buckets[i] = TTR_FLOW_NONE;
	flows->bucket_mask = (uint32_t)(buckets - 1);
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
		flows->all[i].query = (uint16_t)(query % settings->queries);
		flows->all[i].used = true;
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
		flows->all[i].credited = UINT32_MAX;
		link_flow(flows, i);
	}
	assign_queries(flows, s);
	return 0;
}

void ttr_flows_fini(struct ttr_flows *flows)
{
	free(flows->all);
	free(flows->buckets);
	flows->all = NULL;
	flows->buckets = NULL;
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

uint32_t ttr_flows_take_spare(struct ttr_flows *flows, size_t port, uint16_t query)
{
	struct ttr_flow *flow;

	if (flows->next_spare >= flows->count)
		return TTR_FLOW_NONE;
	flow = &flows->all[flows->next_spare];
	flow->port = port;
	flow->query = query;
	flow->used = true;
	return (uint32_t)flows->next_spare++;
}

/* Spare flows that nobody took have sent nothing, so nothing can answer them. */
static uint32_t skip(const struct ttr_flows *flows, uint32_t number, uint16_t source_port)
{
	while (number != TTR_FLOW_NONE &&
	       (flows->all[number].key.source_port != source_port || !flows->all[number].used))
		number = flows->all[number].next;
	return number;
}

uint32_t ttr_flows_by_port(const struct ttr_flows *flows, uint16_t source_port)
{
	return skip(flows, flows->buckets[bucket(flows, source_port)], source_port);
}

uint32_t ttr_flows_next(const struct ttr_flows *flows, uint32_t flow)
{
	return skip(flows, flows->all[flow].next, flows->all[flow].key.source_port);
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
