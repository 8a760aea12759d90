/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "core/engine_state.h"

/* Fresh flows: some TTLs beyond the last router for every port and query, and some for single lost
 * answers. Each holds a source port, and that a descriptor. */
#define SPARES_PER_QUERY 12
#define SPARES_MORE 16
#define SPARES_MAX 256

size_t ttr_plan_flows(const struct ttr_settings *settings)
{
	size_t flows = settings->port_count * settings->queries;

	if (settings->track_port)
		flows *= settings->max_ttl - settings->first_ttl + 1u;
	return flows;
}

size_t ttr_plan_spare_flows(const struct ttr_settings *settings)
{
	size_t spares = settings->port_count * settings->queries * SPARES_PER_QUERY + SPARES_MORE;

	return spares < SPARES_MAX ? spares : SPARES_MAX;
}

static bool plan_is_sound(const struct ttr_plan *plan)
{
	const struct ttr_settings *s = plan->settings;

	return s->port_count >= 1 && s->queries >= 1 && s->queries <= TTR_QUERIES_MAX &&
	       s->first_ttl >= 1 && s->max_ttl >= s->first_ttl &&
	       plan->source.family == plan->target.family &&
	       plan->source.family != TTR_FAMILY_NONE && plan->key_count >= ttr_plan_flows(s) &&
	       ttr_plan_flows(s) < UINT32_MAX / TTR_TTL_MAX / TTR_TRIES_MAX;
}

static int allocate_tables(struct ttr_engine *e)
{
	size_t ports = e->grid.port_count;
	size_t paths = ttr_crowd_serves(&e->settings) ? 1 : ports;

	e->row_count = e->grid.max_ttl - e->grid.first_ttl + 1u;
	e->probe_count = ttr_grid_cell_count(&e->grid) * TTR_TRIES_MAX;
	e->probes = calloc(e->probe_count, sizeof(*e->probes));
	e->queries = calloc(ports * e->settings.queries, sizeof(*e->queries));
	e->port_numbers = calloc(ports, sizeof(*e->port_numbers));
	e->next_row = calloc(ports, sizeof(*e->next_row));
	e->released = calloc(ports, sizeof(*e->released));
	e->pending = calloc(ports, sizeof(*e->pending));
	e->closing = calloc(ports, sizeof(*e->closing));
	e->used_up = calloc(ports, sizeof(*e->used_up));
	e->news = calloc(ports, sizeof(*e->news));
	e->rows_known = calloc(paths * e->row_count, sizeof(*e->rows_known));
	e->waits = calloc(paths * e->row_count, sizeof(*e->waits));
	if (!e->probes || !e->queries || !e->port_numbers || !e->next_row || !e->released ||
	    !e->pending || !e->used_up || !e->closing || !e->news || !e->rows_known || !e->waits)
		return -ENOMEM;
	if (ttr_fifo_init(&e->sends, e->probe_count) < 0 ||
	    ttr_fifo_init(&e->timers, e->probe_count) < 0 ||
	    ttr_fifo_init(&e->answers, ttr_grid_cell_count(&e->grid)) < 0 ||
	    ttr_fifo_init(&e->rows, ports) < 0)
		return -ENOMEM;
	return 0;
}

static uint8_t first_release(const struct ttr_settings *s)
{
	unsigned int ttl = s->first_ttl + s->window - 1u;

	return s->window && ttl < s->max_ttl ? (uint8_t)ttl : s->max_ttl;
}

static void fill_tables(struct ttr_engine *e, const struct ttr_plan *plan)
{
	const struct ttr_settings *s = &e->settings;

	for (size_t i = 0; i < (ttr_crowd_serves(s) ? 1 : s->port_count) * e->row_count; i++)
		e->rows_known[i].smallest_ns = e->rows_known[i].largest_ns = -1;
	for (size_t port = 0; port < e->grid.port_count; port++) {
		e->news[port] = true;
		e->port_numbers[port] = s->ports[port];
		e->next_row[port] = s->first_ttl;
		e->released[port] = first_release(s);
		e->grid.ports[port].source_port =
			plan->keys[ttr_flows_of_query(&e->flows, s, port, s->first_ttl, 0)]
				.source_port;
		for (unsigned int q = 0; q < s->queries; q++)
			ttr_engine_query(e, port, q)->next_ttl = s->first_ttl;
	}
}

int ttr_engine_new(struct ttr_engine **engine, const struct ttr_plan *plan)
{
	struct ttr_engine *e;

	if (!plan_is_sound(plan))
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->settings = *plan->settings;
	e->source = plan->source;
	e->target = plan->target;
	e->life_ns = plan->life_ns;
	if (ttr_grid_init(&e->grid, plan->settings) < 0 || ttr_flows_init(&e->flows, plan) < 0 ||
	    ttr_routers_init(&e->routers, plan->source.family, plan->settings->first_ttl,
			     plan->settings->max_ttl, 0) < 0 ||
	    allocate_tables(e) < 0) {
		ttr_engine_free(e);
		return -ENOMEM;
	}
	fill_tables(e, plan);
	e->settings.ports = e->port_numbers;
	if (ttr_crowd_init(e) < 0) {
		ttr_engine_free(e);
		return -ENOMEM;
	}
	*engine = e;
	return 0;
}

void ttr_engine_free(struct ttr_engine *e)
{
	if (!e)
		return;
	ttr_fifo_fini(&e->sends);
	ttr_fifo_fini(&e->timers);
	ttr_fifo_fini(&e->answers);
	ttr_fifo_fini(&e->rows);
	ttr_crowd_fini(e);
	ttr_flows_fini(&e->flows);
	ttr_routers_fini(&e->routers);
	ttr_grid_fini(&e->grid);
	free(e->probes);
	free(e->queries);
	free(e->port_numbers);
	free(e->next_row);
	free(e->released);
	free(e->pending);
	free(e->used_up);
	free(e->closing);
	free(e->news);
	free(e->rows_known);
	free(e->waits);
	free(e);
}
