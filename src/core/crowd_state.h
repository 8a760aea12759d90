/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What crowd.c (queues, and whom they ask), crowd_news.c (what became of the probes) and
 * crowd_phase.c (who is asked where) share. A lane is one flow: port * queries + query.
 */
#ifndef TTR_CORE_CROWD_STATE_H
#define TTR_CORE_CROWD_STATE_H

#include "core/engine_state.h"

/* The host is asked so often: it answers by TCP, and nobody learns from that. */
#define TTR_CROWD_HOST_RATE 1000

static inline uint32_t ttr_lane_of(const struct ttr_engine *e, size_t port, unsigned int query)
{
	return (uint32_t)(port * e->settings.queries + query);
}

static inline size_t ttr_lane_port(const struct ttr_engine *e, uint32_t lane)
{
	return lane / e->settings.queries;
}

static inline unsigned int ttr_lane_query(const struct ttr_engine *e, uint32_t lane)
{
	return lane % e->settings.queries;
}

static inline struct ttr_crowd_stage *ttr_crowd_stage_of(const struct ttr_engine *e,
							 unsigned int ttl)
{
	return &e->crowd.stages[ttl - e->grid.first_ttl];
}

/* A hop's pacer as long as nothing is known of it. */
void ttr_crowd_init_pacer(struct ttr_pacer *pacer, const struct ttr_settings *settings);

/* The last one that was made for a cell, or its first. */
uint32_t ttr_crowd_last_probe(const struct ttr_engine *engine, size_t port, unsigned int ttl,
			      unsigned int query);

/* True if the cell waits to be asked for the first time, or again. */
bool ttr_crowd_wants(const struct ttr_engine *engine, size_t port, unsigned int ttl,
		     unsigned int query);

/* The lane waits for its turn at this TTL; first: before all others. */
void ttr_crowd_queue(struct ttr_engine *engine, uint32_t lane, unsigned int ttl, bool first);

/*
 * The same from this TTL to the port's last row, where the cell is wanted. Queues forget what is
 * not wanted: whenever a last row moves away, be it the horizon or a port's own end, this has to
 * follow for each flow that was begun, or its cells stay open and the run with them.
 */
void ttr_crowd_queue_from(struct ttr_engine *engine, uint32_t lane, unsigned int ttl, bool first);

/* The same at all TTLs that were not asked yet; once. */
void ttr_crowd_begin(struct ttr_engine *engine, uint32_t lane, bool first);

/*
 * The port ends elsewhere than where its flows wait for the host to answer. Before that: nobody
 * asks there any more, so they go on without. Behind: the rows in between are part of its path now.
 */
void ttr_crowd_end_elsewhere(struct ttr_engine *engine, size_t port);

void ttr_crowd_add_scout(struct ttr_engine *engine, uint32_t lane);

/* Goes on to the next phase if this one is over. */
void ttr_crowd_advance(struct ttr_engine *engine, struct ttr_mono now);

/* A router was seen at this TTL, where the host was believed to be. */
void ttr_crowd_raise(struct ttr_engine *engine, unsigned int ttl);

#endif
