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
	gate->waiting = calloc(grid->port_count, sizeof(*gate->waiting));
	if (!gate->ports || !gate->rows || !gate->waiting ||
	    ttr_fifo_init(&gate->ready, grid->port_count) < 0) {
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
	free(gate->waiting);
	gate->ports = NULL;
	gate->rows = NULL;
	gate->waiting = NULL;
	ttr_fifo_fini(&gate->ready);
}

/* What a port that waits has to show besides comes after that. */
static void look_at(struct ttr_gate *gate, size_t port)
{
	if (!gate->ports[port].waits)
		ttr_fifo_push(&gate->ready, (uint32_t)port);
}

void ttr_gate_row(struct ttr_gate *gate, size_t port, unsigned int ttl, struct ttr_mono now)
{
	gate->ports[port].complete[ttl - gate->grid->first_ttl] = now;
	look_at(gate, port);
}

void ttr_gate_port(struct ttr_gate *gate, size_t port)
{
	gate->ports[port].done = true;
	look_at(gate, port);
}

/* -- Who waits -- */

static int64_t due_ns(const struct ttr_gate *gate, size_t at)
{
	return gate->ports[gate->waiting[at]].due.ns;
}

static void swap(struct ttr_gate *gate, size_t a, size_t b)
{
	const uint32_t port = gate->waiting[a];

	gate->waiting[a] = gate->waiting[b];
	gate->waiting[b] = port;
}

static void wait(struct ttr_gate *gate, size_t port, struct ttr_mono due)
{
	size_t at = gate->waiting_count++;

	gate->ports[port].due = due;
	gate->ports[port].waits = true;
	gate->waiting[at] = (uint32_t)port;
	for (; at > 0 && due_ns(gate, at) < due_ns(gate, (at - 1) / 2); at = (at - 1) / 2)
		swap(gate, at, (at - 1) / 2);
}

/* The earliest one does not wait any more. */
static void end_wait(struct ttr_gate *gate)
{
	const uint32_t port = gate->waiting[0];
	size_t at = 0, next;

	gate->waiting[0] = gate->waiting[--gate->waiting_count];
	for (; (next = 2 * at + 1) < gate->waiting_count; at = next) {
		if (next + 1 < gate->waiting_count && due_ns(gate, next + 1) < due_ns(gate, next))
			next++;
		if (due_ns(gate, at) <= due_ns(gate, next))
			break;
		swap(gate, at, next);
	}
	gate->ports[port].waits = false;
	ttr_fifo_push(&gate->ready, port);
}

/* All are looked at again. */
static void end_waits(struct ttr_gate *gate)
{
	for (size_t i = 0; i < gate->waiting_count; i++) {
		gate->ports[gate->waiting[i]].waits = false;
		ttr_fifo_push(&gate->ready, gate->waiting[i]);
	}
	gate->waiting_count = 0;
}

void ttr_gate_end(struct ttr_gate *gate, struct ttr_mono now)
{
	gate->ended = now;
	end_waits(gate);
}

void ttr_gate_named(struct ttr_gate *gate)
{
	gate->name_came = true;
}

void ttr_gate_open(struct ttr_gate *gate)
{
	gate->open = true;
	end_waits(gate);
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
			 const void *context, struct ttr_gate_pass *pass)
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
		wait(gate, number, due);
		return false;
	}
	*pass = (struct ttr_gate_pass){.kind = TTR_GATE_ROW, .port = number, .ttl = port->next++};
	return true;
}

bool ttr_gate_next(struct ttr_gate *gate, struct ttr_mono now,
		   bool (*named)(const void *context, const struct ttr_addr *addr),
		   const void *context, struct ttr_gate_pass *pass, struct ttr_mono *until)
{
	uint32_t port;

	if (gate->name_came)
		end_waits(gate);
	gate->name_came = false;
	while (gate->waiting_count && due_ns(gate, 0) <= now.ns)
		end_wait(gate);
	while (ttr_fifo_pop(&gate->ready, &port)) {
		if (!next_of_port(gate, port, now, named, context, pass))
			continue;
		ttr_fifo_push_front(&gate->ready, port); /* it may have more */
		return true;
	}
	until->ns = gate->waiting_count ? due_ns(gate, 0) : 0;
	if (!gate->ended.ns || gate->ports_out < gate->grid->port_count)
		return false;
	*pass = (struct ttr_gate_pass){.kind = TTR_GATE_END};
	return true;
}
