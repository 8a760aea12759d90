/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/grid.h"

#include <errno.h>
#include <stdlib.h>

#include "tcptraceroute/reply.h"

enum ttr_answer ttr_answer_of(const struct ttr_reply *reply)
{
	if (reply->kind == TTR_REPLY_TIME_EXCEEDED)
		return TTR_ANSWER_TIME_EXCEEDED;
	if (reply->kind == TTR_REPLY_UNREACHABLE)
		return TTR_ANSWER_UNREACHABLE;
	if (reply->tcp.flags & TTR_TCP_RST)
		return TTR_ANSWER_RST;
	if ((reply->tcp.flags & (TTR_TCP_SYN | TTR_TCP_ACK)) == (TTR_TCP_SYN | TTR_TCP_ACK))
		return TTR_ANSWER_SYN_ACK;
	return TTR_ANSWER_TCP;
}

static unsigned int rows(const struct ttr_grid *grid)
{
	return grid->max_ttl - grid->first_ttl + 1u;
}

size_t ttr_grid_cell_count(const struct ttr_grid *grid)
{
	return grid->port_count * rows(grid) * grid->queries;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int ttr_grid_init(struct ttr_grid *grid, const struct ttr_settings *settings)
{
	*grid = (struct ttr_grid){
		.first_ttl = settings->first_ttl,
		.max_ttl = settings->max_ttl,
		.queries = settings->queries,
		.port_count = settings->port_count,
	};
	grid->changes_size = smaller(ttr_grid_cell_count(grid), TTR_GRID_CHANGES_MAX);
	grid->extensions_size = smaller(ttr_grid_cell_count(grid), TTR_GRID_EXTENSIONS_MAX);
	grid->ports = calloc(grid->port_count, sizeof(*grid->ports));
	grid->cells = calloc(ttr_grid_cell_count(grid), sizeof(*grid->cells));
	grid->changes = calloc(grid->changes_size, sizeof(*grid->changes));
	grid->extensions = calloc(grid->extensions_size, sizeof(*grid->extensions));
	if (!grid->ports || !grid->cells || !grid->changes || !grid->extensions) {
		ttr_grid_fini(grid);
		return -ENOMEM;
	}
	for (size_t i = 0; i < grid->port_count; i++)
		grid->ports[i] = (struct ttr_port_result){.port = settings->ports[i], .rtt_ns = -1};
	return 0;
}

void ttr_grid_fini(struct ttr_grid *grid)
{
	free(grid->ports);
	free(grid->cells);
	free(grid->changes);
	free(grid->extensions);
	grid->ports = NULL;
	grid->cells = NULL;
	grid->changes = NULL;
	grid->extensions = NULL;
}

uint32_t ttr_grid_index(const struct ttr_grid *grid, size_t port, unsigned int ttl,
			unsigned int query)
{
	size_t row = port * rows(grid) + (ttl - grid->first_ttl);

	return (uint32_t)(row * grid->queries + query);
}

void ttr_grid_position(const struct ttr_grid *grid, uint32_t index, size_t *port, uint8_t *ttl,
		       uint16_t *query)
{
	uint32_t row = index / grid->queries;

	*query = (uint16_t)(index % grid->queries);
	*ttl = (uint8_t)(row % rows(grid) + grid->first_ttl);
	*port = row / rows(grid);
}

struct ttr_cell *ttr_grid_cell(const struct ttr_grid *grid, size_t port, unsigned int ttl,
			       unsigned int query)
{
	return &grid->cells[ttr_grid_index(grid, port, ttl, query)];
}

struct ttr_cell *ttr_grid_row(const struct ttr_grid *grid, size_t port, unsigned int ttl)
{
	return ttr_grid_cell(grid, port, ttl, 0);
}

void ttr_grid_keep_changes(struct ttr_grid *grid, struct ttr_cell *cell,
			   const struct ttr_changes *changes)
{
	cell->changes = NULL;
	cell->changes_dropped = false;
	if (!changes->fields)
		return;
	if (grid->changes_used == grid->changes_size) {
		cell->changes_dropped = true;
		return;
	}
	grid->changes[grid->changes_used] = *changes;
	cell->changes = &grid->changes[grid->changes_used++];
}

static bool says_something(const struct ttr_extensions *extensions)
{
	return extensions->invalid || extensions->label_count || extensions->object_count ||
	       extensions->interface.known || extensions->labels_truncated ||
	       extensions->objects_truncated;
}

void ttr_grid_keep_extensions(struct ttr_grid *grid, struct ttr_cell *cell,
			      const struct ttr_extensions *extensions)
{
	cell->extensions = NULL;
	cell->extensions_dropped = false;
	if (!says_something(extensions))
		return;
	if (grid->extensions_used == grid->extensions_size) {
		cell->extensions_dropped = true;
		return;
	}
	grid->extensions[grid->extensions_used] = *extensions;
	cell->extensions = &grid->extensions[grid->extensions_used++];
}

static bool row_answered(const struct ttr_grid *grid, size_t port, unsigned int ttl)
{
	const struct ttr_cell *row = ttr_grid_row(grid, port, ttl);

	for (unsigned int q = 0; q < grid->queries; q++)
		if (row[q].state == TTR_CELL_ANSWERED)
			return true;
	return false;
}

unsigned int ttr_grid_last_row(const struct ttr_grid *grid, size_t port)
{
	if (grid->ports[port].end_ttl)
		return grid->ports[port].end_ttl;
	if (!grid->cut_short)
		return grid->horizon ? grid->horizon : grid->max_ttl;
	for (unsigned int ttl = grid->max_ttl; ttl >= grid->first_ttl; ttl--)
		if (row_answered(grid, port, ttl))
			return ttl;
	return 0;
}

bool ttr_grid_row_settled(const struct ttr_grid *grid, size_t port, unsigned int ttl)
{
	const struct ttr_cell *row = ttr_grid_row(grid, port, ttl);

	for (unsigned int q = 0; q < grid->queries; q++)
		if (row[q].state != TTR_CELL_ANSWERED && row[q].state != TTR_CELL_SILENT)
			return false;
	return true;
}

/* What one answer says about the port; the strongest word of all cells wins. */
static enum ttr_port_state verdict(enum ttr_answer answer)
{
	switch (answer) {
	case TTR_ANSWER_SYN_ACK:
		return TTR_PORT_OPEN;
	case TTR_ANSWER_RST:
		return TTR_PORT_CLOSED;
	case TTR_ANSWER_UNREACHABLE:
		return TTR_PORT_UNREACHABLE;
	case TTR_ANSWER_TCP:
		return TTR_PORT_UNKNOWN;
	default:
		return TTR_PORT_FILTERED;
	}
}

static unsigned int strength(enum ttr_port_state state)
{
	static const uint8_t order[] = {
		[TTR_PORT_FILTERED] = 0, [TTR_PORT_UNKNOWN] = 1, [TTR_PORT_UNREACHABLE] = 2,
		[TTR_PORT_CLOSED] = 3,   [TTR_PORT_OPEN] = 4,
	};

	return order[state];
}

static bool from_target(const struct ttr_cell *cell, const struct ttr_addr *target)
{
	return cell->answer == TTR_ANSWER_SYN_ACK || cell->answer == TTR_ANSWER_RST ||
	       cell->answer == TTR_ANSWER_TCP ||
	       (cell->answer == TTR_ANSWER_UNREACHABLE && ttr_addr_equal(&cell->address, target));
}

static void conclude_cell(struct ttr_port_result *result, const struct ttr_cell *cell,
			  unsigned int ttl, const struct ttr_addr *target)
{
	if (cell->state != TTR_CELL_ANSWERED)
		return;
	if (strength(verdict(cell->answer)) > strength(result->state))
		result->state = verdict(cell->answer);
	if (ttl > result->last_seen_ttl)
		result->last_seen_ttl = (uint8_t)ttl;
	if (!from_target(cell, target))
		return;
	if (!result->distance)
		result->distance = (uint8_t)ttl;
	if (ttl == result->distance && (result->rtt_ns < 0 || cell->rtt_ns < result->rtt_ns))
		result->rtt_ns = cell->rtt_ns;
}

void ttr_grid_conclude(struct ttr_grid *grid, size_t port, const struct ttr_addr *target)
{
	struct ttr_port_result *result = &grid->ports[port];
	unsigned int last = ttr_grid_last_row(grid, port);

	result->reached = result->end_ttl != 0;
	result->state = TTR_PORT_FILTERED;
	for (unsigned int ttl = grid->first_ttl; ttl <= last; ttl++)
		for (unsigned int q = 0; q < grid->queries; q++)
			conclude_cell(result, ttr_grid_cell(grid, port, ttl, q), ttl, target);
	/* Nobody can say that it is filtered who did not get, or wait, far enough. */
	if (result->state == TTR_PORT_FILTERED &&
	    (grid->cut_short || result->last_seen_ttl == grid->max_ttl))
		result->state = TTR_PORT_UNKNOWN;
	result->done = true;
}
