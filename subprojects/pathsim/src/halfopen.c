/* SPDX-License-Identifier: BSD-2-Clause */
#include "halfopen.h"

#include <stdlib.h>

#include "random.h"
#include "tcp.h"

#define BUCKETS 4096

static size_t bucket_of(const struct ps_tuple *tuple)
{
	uint64_t hash = ps_hash(0, tuple->local.bytes, 16);

	hash = ps_hash(hash, tuple->remote.bytes, 16);
	hash = ps_hash(hash, &tuple->local_port, 2);
	return ps_hash_end(ps_hash(hash, &tuple->remote_port, 2)) % BUCKETS;
}

static bool matches(const struct ps_halfopen *entry, const struct ps_tuple *tuple)
{
	return entry->local_port == tuple->local_port && entry->remote_port == tuple->remote_port &&
	       ps_addr_compare(&entry->local, &tuple->local) == 0 &&
	       ps_addr_compare(&entry->remote, &tuple->remote) == 0;
}

struct ps_tuple ps_halfopen_tuple(const struct ps_halfopen *entry)
{
	return (struct ps_tuple){
		.local = entry->local,
		.remote = entry->remote,
		.local_port = entry->local_port,
		.remote_port = entry->remote_port,
	};
}

void ps_halfopen_fini(struct ps_halfopen_table *table)
{
	for (size_t i = 0; table->buckets != NULL && i < BUCKETS; i++) {
		while (table->buckets[i] != NULL) {
			struct ps_halfopen *next = table->buckets[i]->next;

			free(table->buckets[i]);
			table->buckets[i] = next;
		}
	}
	free(table->buckets);
	*table = (struct ps_halfopen_table){0};
}

struct ps_halfopen *ps_halfopen_find(const struct ps_halfopen_table *table,
				     const struct ps_tuple *tuple)
{
	struct ps_halfopen *entry;

	if (table->count == 0)
		return NULL;
	entry = table->buckets[bucket_of(tuple)];
	while (entry != NULL && !matches(entry, tuple))
		entry = entry->next;
	return entry;
}

struct ps_halfopen *ps_halfopen_add(struct ps_halfopen_table *table, const struct ps_tuple *tuple)
{
	struct ps_halfopen **bucket, *entry;

	if (table->count >= PS_HALFOPEN_LIMIT)
		return NULL;
	if (table->buckets == NULL)
		table->buckets = calloc(BUCKETS, sizeof(struct ps_halfopen *));
	entry = malloc(sizeof(*entry));
	if (table->buckets == NULL || entry == NULL) {
		free(entry);
		return NULL;
	}
	bucket = &table->buckets[bucket_of(tuple)];
	*entry = (struct ps_halfopen){
		.next = *bucket,
		.local = tuple->local,
		.remote = tuple->remote,
		.local_port = tuple->local_port,
		.remote_port = tuple->remote_port,
	};
	*bucket = entry;
	table->count++;
	return entry;
}

void ps_halfopen_drop(struct ps_halfopen_table *table, struct ps_halfopen *entry)
{
	struct ps_tuple tuple = ps_halfopen_tuple(entry);
	struct ps_halfopen **link = &table->buckets[bucket_of(&tuple)];

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	table->count--;
	free(entry);
}
