/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routers that are known at a TTL, and the way from one to the next: a tree whose root is this
 * host.
 *
 * Bounded: when it is full nothing more is remembered, and what is not known is asked for.
 */
#ifndef TTR_CORE_STOPSET_H
#define TTR_CORE_STOPSET_H

#include "core/bucket.h"
#include "core/lookup.h"
#include "core/siphash.h"
#include "tcptraceroute/address.h"

#define TTR_STOP_NONE UINT32_MAX       /* no such router */
#define TTR_STOP_ROOT (UINT32_MAX - 1) /* as `before`: nobody answered nearer */
#define TTR_STOP_OPEN (UINT32_MAX - 2) /* as `before`: `owner` is still finding out */

struct ttr_stop {
	struct ttr_addr router;
	uint8_t ttl;
	uint32_t before; /* the router that answered at the next smaller TTL, or one of the above */
	uint32_t owner;  /* OPEN: the target that asks */
	struct ttr_bucket bucket;
};

struct ttr_stopset {
	struct ttr_stop *stops;
	size_t count, limit;
	struct ttr_lookup lookup;
	struct ttr_siphash_key key;
};

/* 0 or -ENOMEM. */
int ttr_stopset_init(struct ttr_stopset *set, size_t limit, const struct ttr_siphash_key *key);
void ttr_stopset_fini(struct ttr_stopset *set);

/* TTR_STOP_NONE: not known. */
uint32_t ttr_stopset_find(const struct ttr_stopset *set, const struct ttr_addr *router,
			  uint8_t ttl);

/* One that is not known yet, OPEN. TTR_STOP_NONE: full. */
uint32_t ttr_stopset_add(struct ttr_stopset *set, const struct ttr_addr *router, uint8_t ttl,
			 uint32_t owner);

/* The way from `stop` to here is known, or somebody is finding it out. */
bool ttr_stopset_is_useful(const struct ttr_stopset *set, uint32_t stop);

/* The first one on the way from `stop` to here that is still OPEN; TTR_STOP_NONE: all of the way
 * is known. */
uint32_t ttr_stopset_open(const struct ttr_stopset *set, uint32_t stop);

#endif
