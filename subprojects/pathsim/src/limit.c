/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit.h"

#include "sim.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define BUCKETS 4096 /* per node; more sources share the oldest one */
#define GLOBAL_BURST 50
#define GLOBAL_PER_S 1000
#define GLOBAL_STEP_NS (20 * NS_PER_MS)

/* net.ipv4.icmp_ratelimit, net.ipv6.icmp.ratelimit: measured on 6.18 as they come. */
static const struct pathsim_limit linux4 = {.burst = 6, .answers = 1, .per_ns = NS_PER_S};
static const struct pathsim_limit linux6 = {.burst = 6, .answers = 10, .per_ns = NS_PER_S};

bool ps_limit_take(struct ps_bucket *bucket, const struct pathsim_limit *limit, uint64_t now_ns)
{
	uint64_t cost = limit->per_ns / limit->answers, full = limit->burst * cost;
	uint64_t gain = now_ns - bucket->last_ns;

	/* A bucket that was never used is full. */
	if (bucket->last_ns == 0 || gain >= full - bucket->level_ns)
		bucket->level_ns = full;
	else
		bucket->level_ns += gain;
	bucket->last_ns = now_ns > 0 ? now_ns : 1;
	if (bucket->level_ns < cost)
		return false;
	bucket->level_ns -= cost;
	return true;
}

static struct ps_bucket *find_bucket(struct pathsim *sim, struct ps_node *node,
				     const struct pathsim_addr *source)
{
	struct ps_bucket *bucket = node->buckets;

	while (bucket != NULL && ps_addr_compare(&bucket->source, source) != 0)
		bucket = bucket->next;
	if (bucket != NULL)
		return bucket;
	if (node->bucket_count >= BUCKETS)
		return node->buckets;
	bucket = ps_arena_take(&sim->arena, 1, sizeof(*bucket));
	if (bucket == NULL)
		return node->buckets;
	*bucket = (struct ps_bucket){.next = node->buckets, .source = *source};
	node->buckets = bucket;
	node->bucket_count++;
	return bucket;
}

static void fill_global(struct ps_node *node, uint64_t now_ns)
{
	uint64_t gain = now_ns - node->global_ns;

	if (node->global_ns == 0 || gain >= NS_PER_S)
		gain = NS_PER_S;
	if (gain < GLOBAL_STEP_NS)
		return;
	node->global_level += (uint32_t)(gain * GLOBAL_PER_S / NS_PER_S);
	if (node->global_level > GLOBAL_BURST)
		node->global_level = GLOBAL_BURST;
	node->global_ns = now_ns > 0 ? now_ns : 1;
}

bool ps_limit_icmp(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		   const struct pathsim_addr *source)
{
	const struct pathsim_manner *manner = node->manner;
	const struct pathsim_limit *limit = &manner->limit;
	struct ps_bucket *bucket;
	uint32_t price;

	if (manner->limit_linux)
		limit = source->family == 6 ? &linux6 : &linux4;
	if (limit->answers == 0)
		return true;
	if (manner->limit_linux) {
		fill_global(node, now_ns);
		if (node->global_level == 0)
			return false;
	}
	bucket = find_bucket(sim, node, source);
	if (bucket != NULL && !ps_limit_take(bucket, limit, now_ns))
		return false;
	if (manner->limit_linux) {
		price = (uint32_t)ps_random_upto(&sim->random, 2);
		node->global_level -= price < node->global_level ? price : node->global_level;
	}
	return true;
}
