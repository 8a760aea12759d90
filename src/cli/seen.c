/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SIZE_FIRST 1024

int ttr_seen_init(struct ttr_seen *seen)
{
	uint8_t secret[TTR_SIPHASH_KEY_BYTES];

	*seen = (struct ttr_seen){.places = NULL};
	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		return -EIO;
	seen->key = ttr_siphash_key(secret);
	return 0;
}

void ttr_seen_fini(struct ttr_seen *seen)
{
	free(seen->places);
	seen->places = NULL;
}

static uint64_t *find(uint64_t *places, size_t size, uint64_t print)
{
	size_t at = print & (size - 1);

	while (places[at] && places[at] != print)
		at = (at + 1) & (size - 1);
	return &places[at];
}

static bool grow(struct ttr_seen *seen)
{
	size_t size = seen->size ? 2 * seen->size : SIZE_FIRST;
	uint64_t *places;

	if (seen->count * 2 < seen->size)
		return true;
	if (ttr_seen_full(seen))
		return false;
	places = calloc(size, sizeof(*places));
	if (!places)
		return false;
	for (size_t i = 0; i < seen->size; i++)
		if (seen->places[i])
			*find(places, size, seen->places[i]) = seen->places[i];
	free(seen->places);
	seen->places = places;
	seen->size = size;
	return true;
}

bool ttr_seen_full(const struct ttr_seen *seen)
{
	return seen->count >= TTR_SEEN_MAX;
}

bool ttr_seen_add(struct ttr_seen *seen, const struct ttr_addr *addr, uint16_t port)
{
	uint8_t name[19] = {addr->family, (uint8_t)(port >> 8), (uint8_t)port};
	bool room = grow(seen);
	uint64_t print, *place;

	memcpy(name + 3, addr->bytes, 16);
	print = ttr_siphash(&seen->key, name, sizeof(name));
	if (print == 0)
		print = 1;
	if (!seen->size)
		return true;
	place = find(seen->places, seen->size, print);
	if (*place)
		return false;
	if (room) {
		*place = print;
		seen->count++;
	}
	return true;
}
