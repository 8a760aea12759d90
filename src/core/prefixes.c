/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/prefixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ttr_prefixes_init(struct ttr_prefixes *prefixes, size_t count,
		      const struct ttr_siphash_key *key)
{
	*prefixes = (struct ttr_prefixes){.count = count, .key = *key};
	prefixes->all = calloc(count, sizeof(*prefixes->all));
	return prefixes->all ? ttr_lookup_init(&prefixes->lookup, count) : -ENOMEM;
}

void ttr_prefixes_fini(struct ttr_prefixes *prefixes)
{
	ttr_lookup_fini(&prefixes->lookup);
	free(prefixes->all);
	prefixes->all = NULL;
}

static uint64_t network_of(const struct ttr_addr *addr)
{
	unsigned int bytes = addr->family == TTR_FAMILY_IPV4 ? 3 : 8;
	uint64_t network = 0;

	for (unsigned int i = 0; i < bytes; i++)
		network = network << 8 | addr->bytes[i];
	return network;
}

static uint32_t hash(const struct ttr_prefixes *prefixes, uint8_t family, uint64_t network)
{
	uint8_t name[9] = {family};

	memcpy(name + 1, &network, sizeof(network));
	return (uint32_t)ttr_siphash(&prefixes->key, name, sizeof(name));
}

/* There are more prefixes than targets, so one is free of users. */
static uint32_t make_room(struct ttr_prefixes *prefixes)
{
	uint32_t number;

	while (prefixes->all[prefixes->hand].users)
		prefixes->hand = (uint32_t)((prefixes->hand + 1) % prefixes->count);
	number = prefixes->hand;
	prefixes->hand = (uint32_t)((number + 1) % prefixes->count);
	if (prefixes->all[number].family)
		ttr_lookup_drop(&prefixes->lookup, prefixes->all[number].hash, number);
	return number;
}

uint32_t ttr_prefixes_use(struct ttr_prefixes *prefixes, const struct ttr_addr *addr)
{
	uint64_t network = network_of(addr);
	uint32_t name = hash(prefixes, addr->family, network), place;
	uint32_t number = ttr_lookup_first(&prefixes->lookup, name, &place);

	while (number != TTR_LOOKUP_NONE && (prefixes->all[number].family != addr->family ||
					     prefixes->all[number].network != network))
		number = ttr_lookup_next(&prefixes->lookup, name, &place);
	if (number == TTR_LOOKUP_NONE) {
		number = make_room(prefixes);
		prefixes->all[number] = (struct ttr_prefix){
			.network = network,
			.family = addr->family,
			.hash = name,
			.leader = TTR_PREFIX_NONE,
			.searcher = TTR_PREFIX_NONE,
			.held = TTR_PREFIX_NONE,
			.held_last = TTR_PREFIX_NONE,
			.last = TTR_PREFIX_NONE,
		};
		ttr_lookup_put(&prefixes->lookup, name, number);
	}
	prefixes->all[number].users++;
	return number;
}

void ttr_prefixes_leave(struct ttr_prefixes *prefixes, uint32_t prefix)
{
	prefixes->all[prefix].users--;
}
