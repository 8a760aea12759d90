/* SPDX-License-Identifier: BSD-2-Clause */
#include "random.h"

uint64_t ps_hash_end(uint64_t hash)
{
	hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
	return hash ^ hash >> 31;
}

uint64_t ps_hash(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	hash ^= UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void ps_random_init(struct ps_random *random, uint64_t seed)
{
	random->state = seed;
}

/* A counter in steps of the golden ratio, mixed: any seed is as good as any other. */
uint64_t ps_random_next(struct ps_random *random)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return ps_hash_end(random->state);
}

uint64_t ps_random_upto(struct ps_random *random, uint64_t limit)
{
	/* The unevenness is below 2^-20 for all limits in use (jitter up to hours). */
	return limit == UINT64_MAX ? ps_random_next(random) : ps_random_next(random) % (limit + 1);
}
