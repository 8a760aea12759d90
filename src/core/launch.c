/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"
#include "core/schedule.h"

/* Its turn never came: the silence is the limit's. */
static void give_up(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int q)
{
	ttr_grid_cell(&e->grid, port, ttl, q)->state = TTR_CELL_SILENT;
	ttr_limits_mark(e, port, ttl);
	ttr_fifo_push(&e->answers, ttr_grid_index(&e->grid, port, ttl, q));
	ttr_fifo_push(&e->rows, (uint32_t)port);
	ttr_launch_behind(e, port, ttl);
}

/* The row may not be asked more often now: false if that is to be waited for. */
static bool is_over(struct ttr_engine *e, size_t port, unsigned int ttl, struct ttr_mono now)
{
	struct ttr_mono open = ttr_limits_open(e, port, ttl);
	const int64_t end_ns = e->start.ns + TTR_HELD_NS;

	if (now.ns >= end_ns)
		return true;
	e->held = true;
	ttr_engine_want_wake(e, (struct ttr_mono){open.ns < end_ns ? open.ns : end_ns});
	return false;
}

/* The next TTL of one query, if it may be sent now. */
static void release_one(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int q,
			struct ttr_mono now)
{
	const struct ttr_port_result *result = &e->grid.ports[port];
	struct ttr_query *query = ttr_engine_query(e, port, q);
	bool idle = ttr_grid_cell(&e->grid, port, ttl, q)->state == TTR_CELL_IDLE;

	if (ttl != query->next_ttl || ttl > e->front || ttl > e->released[port] || result->done ||
	    (result->end_ttl && ttl > result->end_ttl))
		return;
	if (!idle || ttr_limits_admit(e, port, ttl, now)) {
		query->next_ttl++;
		if (idle)
			ttr_cells_ask(e, port, ttl, q, TTR_ON_QUERY);
	} else if (is_over(e, port, ttl, now)) {
		query->next_ttl++;
		give_up(e, port, ttl, q);
	}
}

/* Nearest hops first. */
static void release(struct ttr_engine *e, struct ttr_mono now)
{
	e->held = false;
	for (unsigned int ttl = e->grid.first_ttl; ttl <= e->front; ttl++)
		for (unsigned int q = 0; q < e->columns; q++)
			for (size_t port = 0; port < e->grid.port_count; port++)
				release_one(e, port, ttl, q, now);
}

/* On one source port the queries must not overlap: a host takes a second SYN for a copy of the
 * first (traps T1). */
static bool column_settled(const struct ttr_engine *e, unsigned int query)
{
	for (size_t port = 0; port < e->grid.port_count; port++) {
		unsigned int last = ttr_grid_last_row(&e->grid, port);

		for (unsigned int ttl = e->grid.first_ttl; ttl <= last; ttl++) {
			enum ttr_cell_state state =
				ttr_grid_cell(&e->grid, port, ttl, query)->state;

			if (state != TTR_CELL_ANSWERED && state != TTR_CELL_SILENT)
				return false;
		}
	}
	return true;
}

static void begin_columns(struct ttr_engine *e)
{
	while (e->columns < e->grid.queries &&
	       (!e->flows.one_port || e->columns == 0 || column_settled(e, e->columns - 1u)))
		e->columns++;
}

/* False when every port's last row is known already: no more rows have to be begun. */
static bool rows_remain(const struct ttr_engine *e)
{
	if (e->front >= e->grid.max_ttl)
		return false;
	for (size_t port = 0; port < e->grid.port_count; port++)
		if (ttr_grid_last_row(&e->grid, port) > e->front)
			return true;
	return false;
}

/*
 * Row by row, so that the first packets that reach a router that rejects, or limits its answers,
 * are those of its own row. A near destination is known after a few rows, and is spared the rest.
 */
static void begin_rows(struct ttr_engine *e, struct ttr_mono now)
{
	int64_t due = e->start.ns + (e->front - e->grid.first_ttl + 1) * TTR_ROW_GAP_NS;

	for (; rows_remain(e) && now.ns >= due; due += TTR_ROW_GAP_NS)
		e->front++;
	if (rows_remain(e))
		ttr_engine_want_wake(e, (struct ttr_mono){due});
}

void ttr_launch(struct ttr_engine *e, struct ttr_mono now)
{
	if (e->crowd.active) {
		ttr_crowd_turn(e, now);
		return;
	}
	begin_columns(e);
	begin_rows(e, now);
	release(e, now);
}

void ttr_launch_behind(struct ttr_engine *e, size_t port, unsigned int ttl)
{
	unsigned int reach = ttl + e->settings.window;

	if (reach > e->grid.max_ttl)
		reach = e->grid.max_ttl;
	if (!e->settings.window || reach <= e->released[port])
		return;
	e->released[port] = (uint8_t)reach;
	e->held = true;
	ttr_engine_want_wake(e, e->start);
}
