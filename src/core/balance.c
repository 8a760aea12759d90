/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

static bool is_router(const struct ttr_cell *cell)
{
	return cell->state == TTR_CELL_ANSWERED && cell->answer == TTR_ANSWER_TIME_EXCEEDED;
}

/* All queries were answered by routers, and not by one. */
static bool is_balanced(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(&e->grid, port, ttl);
	bool several = false;

	for (unsigned int q = 0; q < e->grid.queries; q++) {
		if (!is_router(&cells[q]))
			return false;
		several |= !ttr_addr_equal(&cells[q].address, &cells[0].address);
	}
	return several;
}

void ttr_balance_look(struct ttr_engine *e, size_t port, unsigned int ttl)
{
	struct ttr_row *row = ttr_engine_row(e, port, ttl);

	/* Where probes have a life, each is a flow of its own; where ports share the routers'
	 * tokens, there are none for this. */
	if (row->balance_asked || e->life_ns || e->crowd.active || !is_balanced(e, port, ttl))
		return;
	row->balance_asked = true;
	for (unsigned int q = 0; q < e->grid.queries && row->asks < TTR_ROW_ASKS; q++)
		ttr_cells_ask_aside(e, port, ttl, q, TTR_ON_QUERY);
}

static bool is_of_same_flow(const struct ttr_engine *e, uint32_t probe, const struct ttr_cell *cell)
{
	const uint32_t other = probe - probe % TTR_TRIES_MAX + cell->answered_attempt;

	return e->probes[other].flow == e->probes[probe].flow;
}

void ttr_balance_compare(struct ttr_engine *e, uint32_t probe, const struct ttr_reply *reply)
{
	struct ttr_cell *cell = ttr_engine_cell_of(e, probe);

	if (reply->kind == TTR_REPLY_TIME_EXCEEDED && is_router(cell) &&
	    !ttr_addr_equal(&reply->source, &cell->address) && is_of_same_flow(e, probe, cell))
		cell->per_packet = true;
}
