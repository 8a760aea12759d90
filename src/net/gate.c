/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/gate.h"

#include <errno.h>
#include <stdlib.h>

int ttr_gate_init(struct ttr_gate *gate, const struct ttr_grid *grid, int64_t end_wait_ns)
{
	size_t rows = grid->max_ttl - grid->first_ttl + 1u;

	*gate = (struct ttr_gate){.grid = grid, .end_wait_ns = end_wait_ns};
	gate->ports = calloc(grid->port_count, sizeof(*gate->ports));
	gate->rows = calloc(grid->port_count * rows, sizeof(*gate->rows));
	if (!gate->ports || !gate->rows) {
		ttr_gate_fini(gate);
		return -ENOMEM;
	}
	for (size_t i = 0; i < grid->port_count; i++)
		gate->ports[i] = (struct ttr_gate_port){
			.complete = gate->rows + i * rows,
			.next = grid->first_ttl,
		};
	return 0;
}

void ttr_gate_fini(struct ttr_gate *gate)
{
	free(gate->ports);
	free(gate->rows);
	gate->ports = NULL;
	gate->rows = NULL;
}

void ttr_gate_row(struct ttr_gate *gate, size_t port, unsigned int ttl, struct ttr_mono now)
{
	gate->ports[port].complete[ttl - gate->grid->first_ttl] = now;
}

void ttr_gate_port(struct ttr_gate *gate, size_t port)
{
	gate->ports[port].done = true;
}

void ttr_gate_end(struct ttr_gate *gate, struct ttr_mono now)
{
	gate->ended = now;
}

void ttr_gate_open(struct ttr_gate *gate)
{
	gate->open = true;
}

static bool is_named(const struct ttr_gate *gate, size_t port, unsigned int ttl,
		     bool (*named)(const void *context, const struct ttr_addr *addr),
		     const void *context)
{
	const struct ttr_cell *row = ttr_grid_row(gate->grid, port, ttl);

	for (unsigned int q = 0; q < gate->grid->queries; q++)
		if (row[q].state == TTR_CELL_ANSWERED && !named(context, &row[q].address))
			return false;
	return true;
}

/* When the row goes out without its names. */
static struct ttr_mono deadline(const struct ttr_gate *gate, struct ttr_mono complete)
{
	if (gate->ended.ns)
		return (struct ttr_mono){gate->ended.ns + gate->end_wait_ns};
	return (struct ttr_mono){complete.ns + TTR_GATE_ROW_NS};
}

static bool next_of_port(struct ttr_gate *gate, size_t number, struct ttr_mono now,
			 bool (*named)(const void *context, const struct ttr_addr *addr),
			 const void *context, struct ttr_gate_pass *pass, struct ttr_mono *until)
{
	struct ttr_gate_port *port = &gate->ports[number];
	struct ttr_mono complete = {0}, due;

	if (port->out)
		return false;
	if (port->next <= gate->grid->max_ttl)
		complete = port->complete[port->next - gate->grid->first_ttl];
	if (!complete.ns) {
		if (!port->done)
			return false;
		port->out = true;
		gate->ports_out++;
		*pass = (struct ttr_gate_pass){.kind = TTR_GATE_PORT, .port = number};
		return true;
	}
	due = deadline(gate, complete);
	if (!gate->open && now.ns < due.ns && !is_named(gate, number, port->next, named, context)) {
		if (!until->ns || due.ns < until->ns)
			*until = due;
		return false;
	}
	*pass = (struct ttr_gate_pass){.kind = TTR_GATE_ROW, .port = number, .ttl = port->next++};
	return true;
}

bool ttr_gate_next(struct ttr_gate *gate, struct ttr_mono now,
		   bool (*named)(const void *context, const struct ttr_addr *addr),
		   const void *context, struct ttr_gate_pass *pass, struct ttr_mono *until)
{
	until->ns = 0;
	for (size_t i = 0; i < gate->grid->port_count; i++)
		if (next_of_port(gate, i, now, named, context, pass, until))
			return true;
	if (!gate->ended.ns || gate->ports_out < gate->grid->port_count)
		return false;
	*pass = (struct ttr_gate_pass){.kind = TTR_GATE_END};
	return true;
}
