/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/lookup.h"

#include <errno.h>
#include <stdlib.h>

int ttr_lookup_init(struct ttr_lookup *lookup, size_t count)
{
	uint32_t size = 16;

	while (size < 2 * count)
		size *= 2;
	lookup->mask = size - 1;
	lookup->places = calloc(size, sizeof(*lookup->places));
	return lookup->places ? 0 : -ENOMEM;
}

void ttr_lookup_fini(struct ttr_lookup *lookup)
{
	free(lookup->places);
	lookup->places = NULL;
}

static uint32_t find(const struct ttr_lookup *lookup, uint32_t hash, uint32_t *place)
{
	for (; lookup->places[*place].number; *place = (*place + 1) & lookup->mask)
		if (lookup->places[*place].hash == hash)
			return lookup->places[*place].number - 1;
	return TTR_LOOKUP_NONE;
}

uint32_t ttr_lookup_first(const struct ttr_lookup *lookup, uint32_t hash, uint32_t *place)
{
	*place = hash & lookup->mask;
	return find(lookup, hash, place);
}

uint32_t ttr_lookup_next(const struct ttr_lookup *lookup, uint32_t hash, uint32_t *place)
{
	*place = (*place + 1) & lookup->mask;
	return find(lookup, hash, place);
}

void ttr_lookup_put(struct ttr_lookup *lookup, uint32_t hash, uint32_t number)
{
	uint32_t place = hash & lookup->mask;

	while (lookup->places[place].number)
		place = (place + 1) & lookup->mask;
	lookup->places[place] = (struct ttr_lookup_place){hash, number + 1};
}

/* What stands behind the gap moves up, unless it would come before its own place. */
static void close_gap(struct ttr_lookup *lookup, uint32_t gap)
{
	uint32_t mask = lookup->mask;

	for (uint32_t at = (gap + 1) & mask; lookup->places[at].number; at = (at + 1) & mask) {
		uint32_t wanted = lookup->places[at].hash & mask;

		if (((at - wanted) & mask) < ((at - gap) & mask))
			continue;
		lookup->places[gap] = lookup->places[at];
		gap = at;
	}
	lookup->places[gap].number = 0;
}

void ttr_lookup_drop(struct ttr_lookup *lookup, uint32_t hash, uint32_t number)
{
	uint32_t place, found = ttr_lookup_first(lookup, hash, &place);

	while (found != number && found != TTR_LOOKUP_NONE)
		found = ttr_lookup_next(lookup, hash, &place);
	if (found == number)
		close_gap(lookup, place);
}
