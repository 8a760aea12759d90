/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/stopset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ttr_stopset_init(struct ttr_stopset *set, size_t limit, const struct ttr_siphash_key *key)
{
	*set = (struct ttr_stopset){.limit = limit, .key = *key};
	/* Touched only as far as it is used. */
	set->stops = calloc(limit, sizeof(*set->stops));
	return set->stops ? ttr_lookup_init(&set->lookup, limit) : -ENOMEM;
}

void ttr_stopset_fini(struct ttr_stopset *set)
{
	ttr_lookup_fini(&set->lookup);
	free(set->stops);
	set->stops = NULL;
}

static uint32_t hash(const struct ttr_stopset *set, const struct ttr_addr *router, uint8_t ttl)
{
	uint8_t name[18] = {router->family, ttl};

	memcpy(name + 2, router->bytes, 16);
	return (uint32_t)ttr_siphash(&set->key, name, sizeof(name));
}

uint32_t ttr_stopset_find(const struct ttr_stopset *set, const struct ttr_addr *router, uint8_t ttl)
{
	uint32_t name = hash(set, router, ttl), place;
	uint32_t found = ttr_lookup_first(&set->lookup, name, &place);

	while (found != TTR_LOOKUP_NONE &&
	       (set->stops[found].ttl != ttl || !ttr_addr_equal(&set->stops[found].router, router)))
		found = ttr_lookup_next(&set->lookup, name, &place);
	return found;
}

uint32_t ttr_stopset_add(struct ttr_stopset *set, const struct ttr_addr *router, uint8_t ttl,
			 uint32_t owner)
{
	uint32_t number = (uint32_t)set->count;
	struct ttr_stop *stop;

	if (set->count == set->limit)
		return TTR_STOP_NONE;
	set->count++;
	stop = &set->stops[number];
	*stop = (struct ttr_stop){
		.router = *router, .ttl = ttl, .before = TTR_STOP_OPEN, .owner = owner};
	ttr_bucket_init(&stop->bucket, router->family);
	ttr_lookup_put(&set->lookup, hash(set, router, ttl), number);
	return number;
}

/* The TTL shrinks with each step. */
bool ttr_stopset_is_useful(const struct ttr_stopset *set, uint32_t stop)
{
	while (stop < set->count)
		stop = set->stops[stop].before;
	return stop != TTR_STOP_NONE;
}

uint32_t ttr_stopset_open(const struct ttr_stopset *set, uint32_t stop)
{
	while (stop < set->count && set->stops[stop].before != TTR_STOP_OPEN)
		stop = set->stops[stop].before;
	return stop < set->count ? stop : TTR_STOP_NONE;
}
