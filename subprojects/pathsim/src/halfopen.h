/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Half-open connections of all destinations, by 4-tuple.
 *
 * An entry belongs to the table; who drops it cancels its timer first (ps_stack does both).
 */
#ifndef PS_HALFOPEN_H
#define PS_HALFOPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pathsim_network.h"

#define PS_HALFOPEN_LIMIT 65536U

struct ps_event;
struct ps_node;

struct ps_halfopen {
	struct ps_halfopen *next;
	struct pathsim_addr local, remote;
	uint16_t local_port, remote_port; /* host byte order */
	struct ps_node *node;
	uint32_t flow_label;
	uint32_t irs, iss; /* the first sequence numbers: the prober's, ours */
	uint32_t ts_value; /* of the SYN that made the entry */
	bool has_ts, has_scale, sack_ok, ecn;
	bool limited;           /* limited_ns is set */
	uint64_t limited_ns;    /* the last answer that is counted against the limit */
	unsigned int repeats;   /* of the SYN|ACK, by the timer */
	struct ps_event *timer; /* belongs to the queue */
};

struct ps_halfopen_table {
	struct ps_halfopen **buckets; /* NULL before the first entry */
	size_t count;
};

struct ps_tuple;

void ps_halfopen_fini(struct ps_halfopen_table *table);

/* NULL: there is none. */
struct ps_halfopen *ps_halfopen_find(const struct ps_halfopen_table *table,
				     const struct ps_tuple *tuple);

/* A new entry for a tuple that has none, its other members 0. NULL: full or no memory. */
struct ps_halfopen *ps_halfopen_add(struct ps_halfopen_table *table, const struct ps_tuple *tuple);

/* Frees the entry. */
void ps_halfopen_drop(struct ps_halfopen_table *table, struct ps_halfopen *entry);

struct ps_tuple ps_halfopen_tuple(const struct ps_halfopen *entry);

#endif
