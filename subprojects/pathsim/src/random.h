/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers that a seed repeats, and hashes. Not for secrets. */
#ifndef PS_RANDOM_H
#define PS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct ps_random {
	uint64_t state;
};

void ps_random_init(struct ps_random *random, uint64_t seed);

uint64_t ps_random_next(struct ps_random *random);

/* 0 .. limit, both possible, evenly. */
uint64_t ps_random_upto(struct ps_random *random, uint64_t limit);

/* Goes on from `hash` (the seed, for the first part). */
uint64_t ps_hash(uint64_t hash, const void *bytes, size_t len);

/* Spreads the bits of a hash, so that any of them can be used. */
uint64_t ps_hash_end(uint64_t hash);

#endif
