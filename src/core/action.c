/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

/* A row behind the last router may still turn out to be the destination's. */
static bool row_is_open(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	if (!e->pending[port] || e->stopped)
		return false;
	for (unsigned int q = 0; q < e->grid.queries; q++)
		if (ttl > ttr_engine_query(e, port, q)->own_beyond)
			return true;
	return false;
}

/* The next row of a port, or its end; false if neither is ready. */
static bool next_of_port(struct ttr_engine *e, size_t port, struct ttr_action *action)
{
	unsigned int last = ttr_grid_last_row(&e->grid, port);
	unsigned int ttl = e->next_row[port];

	if (e->grid.ports[port].done)
		return false;
	if (ttl > last) {
		ttr_grid_conclude(&e->grid, port, &e->target);
		e->grid.ports[port].distance_uncertain = ttr_arrival_is_uncertain(e, port);
		ttr_crowd_prove(e, port);
		e->ports_done++;
		*action = (struct ttr_action){.kind = TTR_ACTION_PORT, .port = port};
		return true;
	}
	if (!e->stopped && (!ttr_grid_row_settled(&e->grid, port, ttl) ||
			    row_is_open(e, port, ttl) || ttr_closed_is_asked(e, port, ttl)))
		return false;
	e->next_row[port]++;
	ttr_limits_mark(e, port, ttl);
	*action = (struct ttr_action){.kind = TTR_ACTION_ROW, .port = port, .ttl = (uint8_t)ttl};
	return true;
}

static bool next_row(struct ttr_engine *e, struct ttr_action *action)
{
	uint32_t port;

	while (ttr_fifo_pop(&e->rows, &port)) {
		if (!next_of_port(e, port, action))
			continue;
		ttr_fifo_push_front(&e->rows, port);
		return true;
	}
	if (e->ports_done < e->grid.port_count || e->ended)
		return false;
	e->ended = true;
	/* What was asked of others since then may have proven more. */
	for (size_t i = 0; i < e->grid.port_count; i++)
		ttr_crowd_prove(e, i);
	*action = (struct ttr_action){.kind = TTR_ACTION_END};
	return true;
}

static bool next_answer(struct ttr_engine *e, struct ttr_action *action)
{
	uint32_t index;

	if (!ttr_fifo_pop(&e->answers, &index))
		return false;
	*action = (struct ttr_action){.kind = TTR_ACTION_ANSWER};
	ttr_grid_position(&e->grid, index, &action->port, &action->ttl, &action->query);
	return true;
}

static bool next_timer(struct ttr_engine *e, struct ttr_action *action)
{
	uint32_t probe;

	if (e->wake_changed) {
		e->wake_changed = false;
		*action = (struct ttr_action){.kind = TTR_ACTION_WAKE, .at = e->wake};
		return true;
	}
	if (!ttr_fifo_pop(&e->timers, &probe))
		return false;
	*action = (struct ttr_action){
		.kind = e->probes[probe].armed.ns ? TTR_ACTION_ARM : TTR_ACTION_DISARM,
		.probe = probe,
		.at = e->probes[probe].armed,
	};
	return true;
}

static bool next_send(struct ttr_engine *e, struct ttr_action *action)
{
	uint32_t probe;

	while (ttr_fifo_pop(&e->sends, &probe)) {
		if (e->probes[probe].state != TTR_PROBE_QUEUED)
			continue;
		*action = (struct ttr_action){.kind = TTR_ACTION_SEND, .probe = probe};
		return true;
	}
	return false;
}

static bool offer(struct ttr_engine *e, bool can_send, struct ttr_action *action)
{
	if (e->ended) /* late answers may still have moved a timer */
		return false;
	return (can_send && next_send(e, action)) || next_timer(e, action) ||
	       next_answer(e, action) || next_row(e, action);
}

/*
 * The last resort. Nothing is left to be sent, no deadline and no wake is to come: what is open
 * would stay open. That must not happen, and a run that ends all the same is worth more than the
 * rows it could wait for.
 */
static bool end_stranded(struct ttr_engine *e)
{
	if (e->ended || e->stopped || !e->start.ns || e->armed || e->wake.ns)
		return false;
	ttr_engine_stop(e, (struct ttr_mono){INT64_MAX}, true);
	return true;
}

/* Twice: a row that is not given out yet may have something asked first. */
bool ttr_engine_next(struct ttr_engine *e, bool can_send, struct ttr_action *action)
{
	if (offer(e, can_send, action) || offer(e, can_send, action))
		return true;
	return can_send && end_stranded(e) && offer(e, can_send, action);
}
