/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/crowd_state.h"

#include <errno.h>
#include <stdlib.h>

/* A router is asked that often at first. */
#define ROUTER_RATE 40

/* The host's silent ports are asked again below what hosts limit their resets to (FreeBSD: 200/s).
 */
#define HOST_AGAIN_RATE 150

/* -- Life -- */

bool ttr_crowd_serves(const struct ttr_settings *s)
{
	return s->port_count > 1 && !s->source_port && !s->track_port && !s->window;
}

void ttr_crowd_add_scout(struct ttr_engine *e, uint32_t lane)
{
	struct ttr_crowd *c = &e->crowd;

	for (unsigned int i = 0; i < c->scout_count; i++)
		if (c->scouts[i] == lane)
			return;
	if (c->scout_count == TTR_CROWD_SCOUTS_MAX)
		return;
	c->scouts[c->scout_count++] = lane;
	e->queries[lane].begun = true;
}

/* Ports that are open on many hosts, then some from all over the list. */
static void choose_scouts(struct ttr_engine *e)
{
	static const uint16_t likely[] = {443, 80, 22};
	const size_t ports = e->grid.port_count;
	const size_t lanes = ports * e->settings.queries;

	for (size_t i = 0; ports > TTR_CROWD_SCOUTS && i < sizeof(likely) / sizeof(*likely); i++)
		for (size_t port = 0; port < ports; port++)
			if (e->port_numbers[port] == likely[i])
				ttr_crowd_add_scout(e, ttr_lane_of(e, port, 0));
	for (size_t i = 0; i < lanes && e->crowd.scout_count < TTR_CROWD_SCOUTS; i++) {
		size_t port = ports <= TTR_CROWD_SCOUTS
				      ? i % ports
				      : i % ports * ports / TTR_CROWD_SCOUTS % ports;

		ttr_crowd_add_scout(e, ttr_lane_of(e, port, (unsigned int)(i / ports)));
	}
}

void ttr_crowd_init_pacer(struct ttr_pacer *pacer, const struct ttr_settings *s)
{
	ttr_pacer_init(pacer, s->hop_rate ? s->hop_rate : ROUTER_RATE, TTR_CROWD_SCOUTS,
		       s->hop_rate != 0);
}

int ttr_crowd_init(struct ttr_engine *e)
{
	const struct ttr_settings *s = &e->settings;
	struct ttr_crowd *c = &e->crowd;

	c->active = ttr_crowd_serves(s);
	if (!c->active)
		return 0;
	c->stages = calloc(e->row_count, sizeof(*c->stages));
	if (!c->stages)
		return -ENOMEM;
	for (unsigned int i = 0; i < e->row_count; i++) {
		ttr_crowd_init_pacer(&c->stages[i].pacer, s);
		c->stages[i].witness_ns = INT64_MIN;
		c->stages[i].witness = TTR_PROBE_NONE;
		if (ttr_fifo_init(&c->stages[i].lanes, s->port_count * s->queries) < 0)
			return -ENOMEM;
	}
	c->front = e->grid.first_ttl;
	c->arrivals.smallest_ns = c->arrivals.largest_ns = -1;
	choose_scouts(e);
	return 0;
}

void ttr_crowd_fini(struct ttr_engine *e)
{
	for (unsigned int i = 0; e->crowd.stages && i < e->row_count; i++)
		ttr_fifo_fini(&e->crowd.stages[i].lanes);
	free(e->crowd.stages);
	e->crowd.stages = NULL;
}

/* -- Asking -- */

uint32_t ttr_crowd_last_probe(const struct ttr_engine *e, size_t port, unsigned int ttl,
			      unsigned int query)
{
	uint32_t probe = ttr_engine_probe_number(e, port, ttl, query, TTR_TRIES_MAX - 1);

	while (probe % TTR_TRIES_MAX > 0 && e->probes[probe].state == TTR_PROBE_FREE)
		probe--;
	return probe;
}

bool ttr_crowd_wants(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	const struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, ttl, query);

	if (ttr_engine_row_out(e, port, ttl) || ttl > ttr_grid_last_row(&e->grid, port))
		return false;
	return cell->state == TTR_CELL_IDLE ||
	       (cell->state == TTR_CELL_ASKED &&
		e->probes[ttr_crowd_last_probe(e, port, ttl, query)].waiting);
}

static void give_up(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, ttl, query);

	cell->state = TTR_CELL_ASKED;
	ttr_cells_expire(e, ttr_engine_probe_number(e, port, ttl, query, 0), 0);
}

/*
 * The host answered the flow without saying which probe: one more on it would be taken for one of
 * those. Everything else stays on the flow, and so on its path.
 */
static bool needs_fresh_flow(const struct ttr_engine *e, size_t port, unsigned int ttl,
			     unsigned int query, uint32_t last)
{
	const struct ttr_flow *flow =
		&e->flows.all[ttr_flows_of_query(&e->flows, &e->settings, port, ttl, query)];

	if (e->probes[last].state == TTR_PROBE_FREE)
		return false;
	return flow->answers > 0 && ttl > ttr_engine_query(e, port, query)->beyond;
}

/* Fresh flows that are left for the answers that need one. */
#define SPARES_KEPT 32

/* Where the host is a flow's further SYNs say little: many hosts answer none soon after the first
 * (traps T1), and where a branch of the path is dead another flow may take another one. */
static bool deserves_fresh_flow(const struct ttr_engine *e, unsigned int ttl)
{
	return e->crowd.host && ttl >= e->crowd.host &&
	       e->flows.next_spare + SPARES_KEPT < e->flows.count;
}

/* Nothing behind it answered the flow, and this is the last that is asked of it: if it stays silent
 * it is to be known that the hop was not out of answers. */
static void note_last_try(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);

	if (stage->answers && ttl > ttr_engine_query(e, port, query)->beyond &&
	    ttr_crowd_last_probe(e, port, ttl, query) % TTR_TRIES_MAX >= e->settings.retries)
		stage->doubtful = true;
}

static void ask(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query,
		struct ttr_mono now)
{
	struct ttr_pacer *pacer = &ttr_crowd_stage_of(e, ttl)->pacer;
	const uint32_t last = ttr_crowd_last_probe(e, port, ttl, query);
	const bool again = e->probes[last].state != TTR_PROBE_FREE;
	const bool fresh = needs_fresh_flow(e, port, ttl, query, last);
	const bool spent = again && last % TTR_TRIES_MAX == TTR_TRIES_MAX - 1;

	e->probes[last].waiting = false;
	if (spent || (fresh && e->flows.next_spare >= e->flows.count)) {
		give_up(e, port, ttl, query);
		return;
	}
	ttr_cells_ask(e, port, ttl, query,
		      fresh || (again && deserves_fresh_flow(e, ttl)) ? TTR_ON_FRESH
								      : TTR_ON_QUERY);
	note_last_try(e, port, ttl, query);
	ttr_pacer_take(pacer, now.ns);
	if (again && e->crowd.host && ttl >= e->crowd.host)
		for (int i = 1; i < TTR_CROWD_HOST_RATE / HOST_AGAIN_RATE; i++)
			ttr_pacer_take(pacer, now.ns);
}

/* Row by row, as launch.c does. */
static void ask_scouts(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;
	int64_t due = e->start.ns + (c->front - e->grid.first_ttl + 1) * TTR_ROW_GAP_NS;

	if (c->phase == TTR_CROWD_OPEN)
		return;
	for (; c->front < e->grid.max_ttl && now.ns >= due; due += TTR_ROW_GAP_NS)
		c->front++;
	for (unsigned int i = 0; i < c->scout_count; i++) {
		struct ttr_query *query = &e->queries[c->scouts[i]];
		const size_t port = ttr_lane_port(e, c->scouts[i]);

		for (; query->next_ttl <= c->front; query->next_ttl++)
			if (ttr_crowd_wants(e, port, query->next_ttl,
					    ttr_lane_query(e, c->scouts[i])))
				ask(e, port, query->next_ttl, ttr_lane_query(e, c->scouts[i]), now);
	}
	if (c->front < e->grid.max_ttl && !c->host)
		ttr_engine_want_wake(e, (struct ttr_mono){due});
}

/* -- Queues -- */

/* A limited router's queue is not waited for without end. */
static void give_up_stage(struct ttr_engine *e, unsigned int ttl)
{
	uint32_t lane;

	while (ttr_fifo_pop(&ttr_crowd_stage_of(e, ttl)->lanes, &lane))
		if (ttr_crowd_wants(e, ttr_lane_port(e, lane), ttl, ttr_lane_query(e, lane)))
			give_up(e, ttr_lane_port(e, lane), ttl, ttr_lane_query(e, lane));
}

/* Asks whom the hop answered before, behind those that it may not have: once all of them were, and
 * at once, as these are not waited for any longer. */
static void ask_witness(struct ttr_engine *e, unsigned int ttl, struct ttr_mono now)
{
	struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);
	size_t port;
	uint8_t row;
	uint16_t query;

	if (!stage->doubtful || stage->witness == TTR_PROBE_NONE)
		return;
	stage->doubtful = false;
	ttr_grid_position(&e->grid, stage->witness / TTR_TRIES_MAX, &port, &row, &query);
	if (ttr_cells_ask_aside(e, port, row, query, TTR_ON_QUERY) != TTR_PROBE_NONE)
		ttr_pacer_take(&stage->pacer, now.ns);
}

/* One probe of this row, if it is due. */
static bool serve(struct ttr_engine *e, unsigned int ttl, struct ttr_mono now)
{
	struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);
	uint32_t lane;

	while (ttr_fifo_pop(&stage->lanes, &lane)) {
		const size_t port = ttr_lane_port(e, lane);
		const unsigned int query = ttr_lane_query(e, lane);

		if (!ttr_crowd_wants(e, port, ttl, query))
			continue;
		if (ttr_pacer_ready_ns(&stage->pacer) > now.ns) {
			ttr_fifo_push_front(&stage->lanes, lane);
			ttr_engine_want_wake(e,
					     (struct ttr_mono){ttr_pacer_ready_ns(&stage->pacer)});
			return false;
		}
		ask(e, port, ttl, query, now);
		return true;
	}
	ask_witness(e, ttl, now);
	return false;
}

/* As long as others have something to ask it costs no time to ask the limited ones, too. */
static void note_busy(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;

	for (unsigned int i = 0; i < e->row_count; i++)
		if (!c->stages[i].pacer.limited && !ttr_fifo_empty(&c->stages[i].lanes))
			c->busy_ns = now.ns;
	if (c->busy_ns < e->start.ns)
		c->busy_ns = e->start.ns;
}

static void serve_all(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;
	bool late, served;

	note_busy(e, now);
	late = now.ns > c->busy_ns + TTR_CROWD_TIME_NS;
	for (unsigned int i = 0; late && i < e->row_count; i++)
		if (c->stages[i].pacer.limited)
			give_up_stage(e, e->grid.first_ttl + i);
	do {
		served = false;
		for (unsigned int i = 0; i < e->row_count; i++)
			served |= serve(e, e->grid.first_ttl + (c->turn + i) % e->row_count, now);
		c->turn = (c->turn + 1) % e->row_count;
	} while (served);
}

void ttr_crowd_turn(struct ttr_engine *e, struct ttr_mono now)
{
	ask_scouts(e, now);
	ttr_crowd_advance(e, now);
	serve_all(e, now);
}
