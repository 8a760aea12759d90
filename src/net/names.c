/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net/resolver.h"

#define ENTRIES_MIN 64u
#define NONE UINT16_MAX

_Static_assert(TTR_NAMES_MAX < NONE, "places of the table are 16 bits wide");

enum entry_state {
	ENTRY_WAITING, /* to be asked about */
	ENTRY_ASKED,
	ENTRY_SETTLED,
};

struct entry {
	struct ttr_addr addr;
	uint8_t state;
	char *name;
};

/* A question under way. */
struct query {
	struct ttr_names *names;
	struct ttr_request *request; /* NULL: free */
	uint16_t entry;
};

/* Entries are never removed, so their order is the queue's: all before `next` were asked about. */
struct ttr_names {
	struct ttr_resolver *resolver;
	enum ttr_names_mode mode;
	void (*settled)(void *context, const struct ttr_addr *addr);
	void *context;
	bool stopped;
	struct entry *entries;
	uint16_t *places; /* open addressing, twice as many as entries; NONE: free */
	size_t size;      /* of entries; a power of two */
	size_t count;
	size_t next;
	size_t pending;
	uint64_t secret[2]; /* who chooses addresses cannot choose where they go */
	struct query queries[TTR_NAMES_IN_FLIGHT];
};

static uint64_t mix(uint64_t value)
{
	value ^= value >> 32;
	value *= UINT64_C(0xd6e8feb86659fd93);
	value ^= value >> 32;
	return value;
}

static size_t hash(const struct ttr_names *names, const struct ttr_addr *addr)
{
	uint64_t halves[2] = {0};
	uint64_t value;

	memcpy(halves, addr->bytes, ttr_addr_size(addr));
	value = mix(halves[0] ^ names->secret[0]);
	return (size_t)mix(value ^ halves[1] ^ names->secret[1]);
}

/* Where the address is, or where it would go. At least half of the places are free. */
static uint16_t *find_place(const struct ttr_names *names, const struct ttr_addr *addr)
{
	const size_t mask = 2 * names->size - 1;
	size_t at = hash(names, addr) & mask;

	while (names->places[at] != NONE &&
	       !ttr_addr_equal(&names->entries[names->places[at]].addr, addr))
		at = (at + 1) & mask;
	return &names->places[at];
}

static const struct entry *find(const struct ttr_names *names, const struct ttr_addr *addr)
{
	const uint16_t place = *find_place(names, addr);

	return place == NONE ? NULL : &names->entries[place];
}

static int resize(struct ttr_names *names, size_t size)
{
	struct entry *entries = realloc(names->entries, size * sizeof(*entries));
	uint16_t *places;

	if (!entries)
		return -ENOMEM;
	names->entries = entries;
	places = malloc(2 * size * sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * size; i++)
		places[i] = NONE;
	free(names->places);
	names->places = places;
	names->size = size;
	for (size_t i = 0; i < names->count; i++)
		*find_place(names, &names->entries[i].addr) = (uint16_t)i;
	return 0;
}

int ttr_names_new(struct ttr_names **names, struct ttr_resolver *resolver, enum ttr_names_mode mode,
		  void (*settled)(void *context, const struct ttr_addr *addr), void *context)
{
	struct ttr_names *new = calloc(1, sizeof(*new));

	if (!new || resize(new, ENTRIES_MIN)) {
		ttr_names_free(new);
		return -ENOMEM;
	}
	new->resolver = resolver;
	new->mode = mode;
	new->settled = settled;
	new->context = context;
	/* Without randomness the table is only easier to slow down. */
	if (getrandom(new->secret, sizeof(new->secret), GRND_NONBLOCK) < 0)
		new->secret[0] = (uintptr_t) new;
	*names = new;
	return 0;
}

void ttr_names_free(struct ttr_names *names)
{
	if (!names)
		return;
	ttr_names_stop(names);
	for (size_t i = 0; i < names->count; i++)
		free(names->entries[i].name);
	free(names->entries);
	free(names->places);
	free(names);
}

static void ask_next(struct ttr_names *names);

static void name_came(void *context, enum ttr_resolver_outcome outcome, const char *name)
{
	struct query *query = context;
	struct ttr_names *names = query->names;
	struct entry *entry = &names->entries[query->entry];
	const struct ttr_addr addr = entry->addr; /* the callback may ask, and the entries move */

	query->request = NULL;
	if (outcome == TTR_RESOLVER_FOUND)
		entry->name = strdup(name);
	entry->state = ENTRY_SETTLED;
	names->pending--;
	ask_next(names);
	if (names->settled)
		names->settled(names->context, &addr);
}

static bool start_query(struct ttr_names *names, struct query *query)
{
	struct entry *entry = &names->entries[names->next];

	query->names = names;
	query->entry = (uint16_t)names->next;
	if (ttr_resolver_reverse(names->resolver, &query->request, &entry->addr, name_came, query))
		return false;
	entry->state = ENTRY_ASKED;
	names->next++;
	return true;
}

/* Out of memory: the rest stays for the next time. */
static void ask_next(struct ttr_names *names)
{
	for (size_t i = 0; i < TTR_NAMES_IN_FLIGHT && names->next < names->count; i++)
		if (!names->queries[i].request && !start_query(names, &names->queries[i]))
			return;
}

static bool wanted(const struct ttr_names *names, const struct ttr_addr *addr)
{
	if (names->stopped || addr->family == TTR_FAMILY_NONE)
		return false;
	switch (names->mode) {
	case TTR_NAMES_PUBLIC:
		return !ttr_addr_is_rfc1918(addr);
	case TTR_NAMES_ALL:
		return true;
	default:
		return false;
	}
}

void ttr_names_ask(struct ttr_names *names, const struct ttr_addr *addr)
{
	if (!wanted(names, addr) || find(names, addr))
		return;
	if (names->count == names->size &&
	    (names->size == TTR_NAMES_MAX || resize(names, 2 * names->size)))
		return;
	*find_place(names, addr) = (uint16_t)names->count;
	names->entries[names->count++] = (struct entry){.addr = *addr, .state = ENTRY_WAITING};
	names->pending++;
	ask_next(names);
}

const char *ttr_names_get(const struct ttr_names *names, const struct ttr_addr *addr)
{
	const struct entry *entry = find(names, addr);

	return entry ? entry->name : NULL;
}

bool ttr_names_pending(const struct ttr_names *names, const struct ttr_addr *addr)
{
	const struct entry *entry = find(names, addr);

	return entry && entry->state != ENTRY_SETTLED;
}

size_t ttr_names_pending_count(const struct ttr_names *names)
{
	return names->pending;
}

void ttr_names_stop(struct ttr_names *names)
{
	for (size_t i = 0; i < TTR_NAMES_IN_FLIGHT; i++) {
		ttr_request_cancel(names->queries[i].request);
		names->queries[i].request = NULL;
	}
	for (size_t i = 0; i < names->count; i++)
		names->entries[i].state = ENTRY_SETTLED;
	names->stopped = true;
	names->next = names->count;
	names->pending = 0;
}
