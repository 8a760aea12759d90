/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

bool ttr_confirm_was_asked_on_twin(const struct ttr_engine *engine, const struct ttr_flow *f,
				   unsigned int ttl)
{
	for (unsigned int attempt = 0; attempt < TTR_TRIES_MAX; attempt++) {
		const struct ttr_probe *probe = &engine->probes[ttr_engine_probe_number(
			engine, f->port, ttl, f->query, attempt)];

		if (probe->state != TTR_PROBE_FREE && engine->flows.all[probe->flow].twin)
			return true;
	}
	return false;
}

/*
 * What was reset left no half-open connection: the same way can be asked again with other numbers,
 * and the RST names them. Who does not like that is asked from another port, which may be balanced
 * another way.
 */
static enum ttr_flow_choice choose(const struct ttr_engine *engine, const struct ttr_flow *f,
				   unsigned int ttl)
{
	return ttr_arrival_is_reset(f) && !ttr_confirm_was_asked_on_twin(engine, f, ttl)
		       ? TTR_ON_TWIN
		       : TTR_ON_FRESH;
}

/* A fresh flow is out for this cell and may still be answered. What was asked aside (balance.c,
 * closed.c) has no deadline: only a cell that waits ends. */
static bool is_being_confirmed(const struct ttr_engine *engine, const struct ttr_flow *f,
			       unsigned int ttl)
{
	if (ttr_grid_cell(&engine->grid, f->port, ttl, f->query)->state != TTR_CELL_ASKED ||
	    choose(engine, f, ttl) == TTR_ON_TWIN)
		return false;
	for (unsigned int attempt = 0; attempt < TTR_TRIES_MAX; attempt++) {
		const struct ttr_probe *probe = &engine->probes[ttr_engine_probe_number(
			engine, f->port, ttl, f->query, attempt)];

		if ((probe->state == TTR_PROBE_QUEUED || probe->state == TTR_PROBE_SENT) &&
		    &engine->flows.all[probe->flow] != f)
			return true;
	}
	return false;
}

static bool can_be_confirmed(const struct ttr_engine *engine, const struct ttr_flow *f,
			     unsigned int ttl)
{
	uint32_t last = ttr_engine_probe_number(engine, f->port, ttl, f->query, TTR_TRIES_MAX - 1);

	return engine->flows.next_spare < engine->flows.count &&
	       engine->probes[last].state == TTR_PROBE_FREE;
}

/* Its tokens are for its own row. */
static bool has_router(const struct ttr_engine *engine, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(&engine->grid, port, ttl);

	for (unsigned int q = 0; q < engine->grid.queries; q++)
		if (cells[q].state == TTR_CELL_ANSWERED &&
		    (cells[q].answer == TTR_ANSWER_TIME_EXCEEDED ||
		     cells[q].answer == TTR_ANSWER_UNREACHABLE))
			return true;
	return false;
}

static bool may_confirm(const struct ttr_engine *engine, const struct ttr_flow *f, unsigned int ttl)
{
	const struct ttr_row *row = ttr_engine_row(engine, f->port, ttl);

	return (row->asks < TTR_ROW_ASKS || !has_router(engine, f->port, ttl)) &&
	       ttr_grid_cell(&engine->grid, f->port, ttl, f->query)->state != TTR_CELL_ANSWERED &&
	       can_be_confirmed(engine, f, ttl);
}

/* True if the cell is, or was now, asked on a flow of its own. */
static bool confirm_at(struct ttr_engine *engine, const struct ttr_flow *f, unsigned int ttl)
{
	if (is_being_confirmed(engine, f, ttl))
		return true;
	if (!may_confirm(engine, f, ttl))
		return false;
	ttr_cells_ask(engine, f->port, ttl, f->query, choose(engine, f, ttl));
	return true;
}

/* The farthest of those that were asked at once is still out. The host is no farther, so that it
 * will answer; more that comes from the flow meanwhile changes nothing. */
static bool is_awaited(const struct ttr_engine *engine, const struct ttr_flow *f,
		       unsigned int likely, unsigned int last)
{
	for (unsigned int ttl = likely; ttl <= last; ttl++)
		if (is_being_confirmed(engine, f, ttl))
			return true;
	return false;
}

/* So far apart are those that are asked at once, the first and the last TTL among them. */
static unsigned int step_of(unsigned int first, unsigned int last)
{
	if (last < first + TTR_CONFIRM_TTLS)
		return 1;
	return (last - first + TTR_CONFIRM_TTLS - 2) / (TTR_CONFIRM_TTLS - 1);
}

bool ttr_confirm_before_end(struct ttr_engine *engine, const struct ttr_flow *f)
{
	return confirm_at(engine, f, engine->grid.ports[f->port].end_ttl - 1u);
}

bool ttr_confirm_ask(struct ttr_engine *engine, const struct ttr_flow *f, unsigned int first,
		     unsigned int likely)
{
	unsigned int last = ttr_grid_last_row(&engine->grid, f->port);
	unsigned int asked = 0, step;

	if (likely > last)
		likely = last;
	if (is_awaited(engine, f, likely, last))
		return true;
	step = step_of(first, likely);
	/* The nearest first: its answer is the first one back, and may be the only one where a host
	 * limits its resets. */
	for (unsigned int ttl = first; ttl < likely; ttl += step)
		asked += confirm_at(engine, f, ttl);
	if (likely >= first)
		asked += confirm_at(engine, f, likely);
	for (unsigned int ttl = likely + 1; ttl <= last && asked == 0; ttl++)
		asked += confirm_at(engine, f, ttl);
	return asked > 0;
}
