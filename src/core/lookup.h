/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a hash to the numbers that were put in under it: open addressing, fixed size.
 *
 * Who asks compares what is behind a number himself; two things with one hash are both found. Full
 * hashes are kept, so nothing has to be hashed again when something is taken out.
 */
#ifndef TTR_CORE_LOOKUP_H
#define TTR_CORE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TTR_LOOKUP_NONE UINT32_MAX

struct ttr_lookup_place {
	uint32_t hash;
	uint32_t number; /* plus one; 0: free */
};

struct ttr_lookup {
	struct ttr_lookup_place *places;
	uint32_t mask;
};

/* Room for `count` numbers, at most half full. 0 or -ENOMEM. */
int ttr_lookup_init(struct ttr_lookup *lookup, size_t count);
void ttr_lookup_fini(struct ttr_lookup *lookup);

/* The first number under the hash, and the one after a number that was found; *place is the
 * caller's memory of where he is. TTR_LOOKUP_NONE: no more. */
uint32_t ttr_lookup_first(const struct ttr_lookup *lookup, uint32_t hash, uint32_t *place);
uint32_t ttr_lookup_next(const struct ttr_lookup *lookup, uint32_t hash, uint32_t *place);

/* There must be room. */
void ttr_lookup_put(struct ttr_lookup *lookup, uint32_t hash, uint32_t number);

/* Takes this number out, which is there under this hash. */
void ttr_lookup_drop(struct ttr_lookup *lookup, uint32_t hash, uint32_t number);

#endif
