/* SPDX-License-Identifier: BSD-2-Clause */
#include "seeds.h"

#include <stdlib.h>

struct seeds seeds_read(unsigned long count)
{
	const char *seed = getenv("MODEL_SEED"), *more = getenv("MODEL_COUNT");
	struct seeds seeds = {.first = 1, .replayed = seed != NULL};

	if (seed) {
		seeds.first = strtoul(seed, NULL, 10);
		count = 1;
	} else if (more) {
		count = strtoul(more, NULL, 10);
	}
	seeds.end = seeds.first + count;
	return seeds;
}
