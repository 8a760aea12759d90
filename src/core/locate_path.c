/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"
#include "core/verdict.h"

static int64_t slowest_ns(const struct ttr_grid *grid, unsigned int ttl)
{
	int64_t slowest = 0;

	for (unsigned int q = 0; q < grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(grid, 0, ttl, q);

		if (cell->state == TTR_CELL_ANSWERED && cell->rtt_ns > slowest)
			slowest = cell->rtt_ns;
	}
	return slowest;
}

static const struct ttr_cell *find_cell(const struct ttr_grid *grid, unsigned int ttl,
					enum ttr_answer answer)
{
	for (unsigned int q = 0; q < grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(grid, 0, ttl, q);

		if (cell->state == TTR_CELL_ANSWERED && cell->answer == answer)
			return cell;
	}
	return NULL;
}

/* The path's own probes have taken their share of what the router allows. */
static void add_hop(struct ttr_locate *l, uint16_t place, const struct ttr_addr *address,
		    unsigned int ttl)
{
	const struct ttr_grid *grid = &l->path->grid;
	struct ttr_locate_hop *hop = &l->hops[place];

	*hop = (struct ttr_locate_hop){
		.address = *address,
		.ttl = (uint8_t)ttl,
		.rtt_ns = slowest_ns(grid, ttl),
		.rejected = TTR_LOCATE_NONE,
	};
	ttr_bucket_init(&hop->bucket, l->source.family);
	ttr_bucket_fix(&hop->bucket, l->settings.hop_rate ? l->settings.hop_rate * TTR_BUCKET_MHZ
							  : hop->bucket.rate_mhz);
	for (unsigned int q = 0; q < grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(grid, 0, ttl, q);

		if (cell->attempts > 1)
			hop->repeated++;
		for (unsigned int i = 0; i < cell->attempts; i++)
			ttr_bucket_take(&hop->bucket, l->now.ns);
	}
}

static void find_host(struct ttr_locate *l, unsigned int end_ttl)
{
	const struct ttr_grid *grid = &l->path->grid;
	const struct ttr_cell *cell = find_cell(grid, end_ttl, TTR_ANSWER_SYN_ACK);

	if (!cell)
		cell = find_cell(grid, end_ttl, TTR_ANSWER_RST);
	if (!cell)
		cell = find_cell(grid, end_ttl, TTR_ANSWER_UNREACHABLE);
	if (!cell || !ttr_addr_equal(&cell->address, &l->target))
		return;
	l->arrived = true;
	l->whose[cell->reply_ttl] = TTR_LOCATE_HOSTS;
}

/* The hops that answered, as places, and the host behind them. */
void ttr_locate_path_read(struct ttr_locate *l)
{
	const struct ttr_grid *grid = &l->path->grid;
	unsigned int end_ttl = ttr_grid_last_row(grid, 0), ttl;

	for (ttl = grid->first_ttl; ttl <= end_ttl; ttl++) {
		const struct ttr_cell *cell = find_cell(grid, ttl, TTR_ANSWER_TIME_EXCEEDED);

		l->place_of_ttl[ttl] = l->last + 1;
		if (cell)
			add_hop(l, ++l->last, &cell->address, ttl);
	}
	if (grid->ports[0].end_ttl)
		find_host(l, grid->ports[0].end_ttl);
	else
		end_ttl = l->last ? l->hops[l->last].ttl + 1u : grid->first_ttl;
	for (ttl = end_ttl; ttl <= TTR_TTL_MAX; ttl++)
		l->place_of_ttl[ttl] = l->last + 1;
	add_hop(l, l->last + 1, &l->target, end_ttl < grid->max_ttl ? end_ttl : grid->max_ttl);
}

bool ttr_locate_path_passes(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_port_result *result = &l->located[port].result;

	return l->arrived && (result->state == TTR_PORT_OPEN || result->state == TTR_PORT_CLOSED) &&
	       (port == l->reference || l->whose[l->ports[port].reply_ttl]);
}

bool ttr_locate_path_is_nearer(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];

	return p->kind == TTR_LOCATE_NEARER && l->arrived && l->last > 0 && p->low == l->last &&
	       p->high > l->last &&
	       ttr_locate_way_back(l, port) < ttr_locate_way_back(l, l->reference);
}

bool ttr_locate_path_is_surely_nearer(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_hop *hop = &l->hops[l->last];
	const struct ttr_cell *seen = &l->located[port].seen;

	return ttr_locate_path_is_nearer(l, port) && hop[1].ttl == hop->ttl + 1 &&
	       l->located[port].result.last_seen_ttl == hop->ttl &&
	       ttr_addr_equal(&seen->address, &hop->address) &&
	       ttr_verdict_way_back(seen->reply_ttl) ==
		       ttr_verdict_way_back(l->ports[port].reply_ttl);
}

uint8_t ttr_locate_path_ttl(const struct ttr_locate *l, uint16_t place)
{
	return place ? l->hops[place].ttl : l->settings.first_ttl - 1;
}

uint16_t ttr_locate_path_next(const struct ttr_locate *l, uint16_t place)
{
	do
		place++;
	while (place <= l->last && ttr_locate_ask_is_dead(l, place));
	return place;
}

bool ttr_locate_path_is_at(const struct ttr_locate *l, const struct ttr_addr *address,
			   uint16_t place)
{
	return (place && ttr_addr_equal(address, &l->hops[place].address)) ||
	       (place == l->last && ttr_addr_equal(address, &l->target));
}

/* Who rejects some behind this place: its router, or the host. */
uint16_t ttr_locate_path_rejecter(const struct ttr_locate *l, uint16_t place)
{
	if (place && l->hops[place].rejected != TTR_LOCATE_NONE)
		return place;
	if (place == l->last && l->hops[place + 1].rejected != TTR_LOCATE_NONE)
		return place + 1;
	return TTR_LOCATE_PLACE_UNKNOWN;
}
