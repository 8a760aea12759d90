/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/crowd_state.h"

/*
 * An answer in the host's name may be a firewall's, long before the host's own: so long, and twice
 * as long as the slowest answer so far, all scouts are waited for.
 */
#define SETTLE_NS (250 * TTR_NS_PER_MS)

/* When all have ended: the nearest answers may come last, by the path's jitter (arrival.c). */
#define SETTLE_OVER_NS (10 * TTR_NS_PER_MS)
#define SETTLE_RTT_PART 8

/* So long the scouts, and then the anchors, may look for the host. */
#define PHASE_NS TTR_NS_PER_S

/* Some flows' paths are longer: so many rows more are asked for when one is. */
#define ROWS_MORE 3

#define HOST_BURST 32

static unsigned int lower(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

void ttr_crowd_queue(struct ttr_engine *e, uint32_t lane, unsigned int ttl, bool first)
{
	struct ttr_fifo *lanes = &ttr_crowd_stage_of(e, ttl)->lanes;

	if (first)
		ttr_fifo_push_front(lanes, lane);
	else
		ttr_fifo_push(lanes, lane);
}

void ttr_crowd_queue_from(struct ttr_engine *e, uint32_t lane, unsigned int ttl, bool first)
{
	const size_t port = ttr_lane_port(e, lane);
	const unsigned int last = ttr_grid_last_row(&e->grid, port);

	for (; ttl <= last; ttl++)
		if (ttr_crowd_wants(e, port, ttl, ttr_lane_query(e, lane)))
			ttr_crowd_queue(e, lane, ttl, first);
}

/* All rows of the flow that were not asked yet. */
void ttr_crowd_begin(struct ttr_engine *e, uint32_t lane, bool first)
{
	if (e->queries[lane].begun)
		return;
	e->queries[lane].begun = true;
	ttr_crowd_queue_from(e, lane, e->grid.first_ttl, first);
}

void ttr_crowd_end_elsewhere(struct ttr_engine *e, size_t port)
{
	for (unsigned int query = 0; query < e->settings.queries; query++) {
		const uint32_t lane = ttr_lane_of(e, port, query);

		ttr_crowd_begin(e, lane, false);
		ttr_crowd_queue_from(e, lane, e->crowd.top + 1u, false);
	}
}

/* The scout's flow has arrived; 0: not, or only at a TTL that says nothing of the distance. */
static unsigned int distance_of(const struct ttr_engine *e, uint32_t lane)
{
	const size_t port = ttr_lane_port(e, lane);
	const unsigned int end = e->grid.ports[port].end_ttl;
	const struct ttr_cell *cell;

	if (!end || (e->crowd.phase == TTR_CROWD_ANCHORING && end == e->grid.max_ttl))
		return 0;
	cell = ttr_grid_cell(&e->grid, port, end, ttr_lane_query(e, lane));
	return cell->state == TTR_CELL_ANSWERED && cell->answer != TTR_ANSWER_UNREACHABLE ? end : 0;
}

static void find_host(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;
	unsigned int host = 0;

	for (unsigned int i = 0; i < c->scout_count; i++)
		if (distance_of(e, c->scouts[i]) > host)
			host = distance_of(e, c->scouts[i]);
	if (host == c->host)
		return;
	c->host = (uint8_t)host;
	c->changed_ns = now.ns;
}

static int64_t slowest_ns(const struct ttr_engine *e)
{
	int64_t slowest = e->crowd.arrivals.largest_ns;

	for (unsigned int i = 0; i < e->row_count; i++)
		if (e->rows_known[i].largest_ns > slowest)
			slowest = e->rows_known[i].largest_ns;
	return slowest;
}

static bool scouts_are_over(const struct ttr_engine *e)
{
	for (unsigned int i = 0; i < e->crowd.scout_count; i++)
		if (!e->grid.ports[ttr_lane_port(e, e->crowd.scouts[i])].end_ttl)
			return false;
	return true;
}

/* When the host's distance is believed. */
static int64_t firm_at_ns(const struct ttr_engine *e)
{
	const struct ttr_crowd *c = &e->crowd;
	const int64_t patience_ns = SETTLE_NS + 2 * slowest_ns(e);

	if (scouts_are_over(e))
		return c->changed_ns + slowest_ns(e) / SETTLE_RTT_PART + SETTLE_OVER_NS;
	return (c->phase == TTR_CROWD_SCOUTING ? e->start.ns : c->changed_ns) + patience_ns;
}

/* Waits that were derived without knowing the host are too long, and cells beyond it needless. */
static void look_again(struct ttr_engine *e)
{
	e->crowd.stale = true;
	for (size_t port = 0; port < e->grid.port_count; port++) {
		if (e->grid.ports[port].done)
			continue;
		if (!e->grid.ports[port].end_ttl)
			ttr_cells_release_behind(e, port, e->crowd.top);
		e->news[port] = true;
		ttr_deadline_judge(e, port);
		ttr_fifo_push(&e->rows, (uint32_t)port);
	}
}

static bool was_asked(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	return ttr_grid_cell(&e->grid, port, ttl, query)->attempts > 0;
}

static void admit(struct ttr_engine *e, uint32_t lane)
{
	const size_t port = ttr_lane_port(e, lane);
	const bool anchored = was_asked(e, port, e->grid.max_ttl, ttr_lane_query(e, lane));

	/* Its state is known, or it is known to be silent, or nobody knows where to ask. */
	if (e->grid.ports[port].end_ttl || anchored || !e->crowd.host ||
	    was_asked(e, port, e->grid.first_ttl, ttr_lane_query(e, lane)))
		ttr_crowd_begin(e, lane, false);
	else if (ttr_crowd_wants(e, port, e->crowd.top, ttr_lane_query(e, lane)))
		ttr_crowd_queue(e, lane, e->crowd.top, false);
}

static void open_all(struct ttr_engine *e)
{
	struct ttr_crowd *c = &e->crowd;
	const unsigned int seen = c->seen ? c->seen : e->grid.first_ttl;

	if (c->host <= c->seen)
		c->host = 0; /* routers were seen behind it: it is not the host's */
	for (unsigned int i = 0; i < c->scout_count; i++)
		e->queries[c->scouts[i]].begun = false;
	c->phase = TTR_CROWD_OPEN;
	c->top = (uint8_t)(c->host ? c->host : lower(seen + ROWS_MORE, e->grid.max_ttl));
	if (c->host)
		ttr_pacer_init(&ttr_crowd_stage_of(e, c->top)->pacer, TTR_CROWD_HOST_RATE,
			       HOST_BURST, true);
	e->grid.horizon = c->top;
	look_again(e);
	for (uint32_t lane = 0; lane < e->grid.port_count * e->settings.queries; lane++)
		admit(e, lane);
}

/* A flow's path is longer than was thought. */
void ttr_crowd_raise(struct ttr_engine *e, unsigned int ttl)
{
	ttl += ROWS_MORE;
	struct ttr_crowd *c = &e->crowd;
	const unsigned int old = c->top;

	/* The times in that row were not the host's. */
	e->rows_known[old - e->grid.first_ttl].smallest_ns = -1;
	e->rows_known[old - e->grid.first_ttl].largest_ns = -1;
	c->top = (uint8_t)lower(ttl, e->grid.max_ttl);
	e->grid.horizon = c->top;
	for (uint32_t lane = 0; lane < e->grid.port_count * e->settings.queries; lane++)
		if (e->queries[lane].begun)
			ttr_crowd_queue_from(e, lane, old + 1, false);
}

static void drop_anchors(struct ttr_engine *e)
{
	struct ttr_crowd *c = &e->crowd;

	c->phase = TTR_CROWD_ANCHORING;
	c->until_ns = 0; /* set when the last one goes */
	ttr_pacer_init(&ttr_crowd_stage_of(e, e->grid.max_ttl)->pacer, TTR_CROWD_HOST_RATE,
		       HOST_BURST, true);
	for (uint32_t lane = 0; lane < e->grid.port_count * e->settings.queries; lane++)
		if (!e->queries[lane].begun && ttr_lane_query(e, lane) == 0 &&
		    ttr_crowd_wants(e, ttr_lane_port(e, lane), e->grid.max_ttl, 0))
			ttr_crowd_queue(e, lane, e->grid.max_ttl, false);
}

static bool is_over(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;

	if (c->phase == TTR_CROWD_SCOUTING && scouts_are_over(e))
		return true;
	if (!c->until_ns) {
		if (c->phase == TTR_CROWD_ANCHORING &&
		    !ttr_fifo_empty(&ttr_crowd_stage_of(e, e->grid.max_ttl)->lanes))
			return false;
		c->until_ns = now.ns + PHASE_NS;
	}
	if (now.ns >= c->until_ns)
		return true;
	ttr_engine_want_wake(e, (struct ttr_mono){c->until_ns});
	return false;
}

void ttr_crowd_advance(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;
	bool known;

	if (c->phase == TTR_CROWD_OPEN)
		return;
	find_host(e, now);
	known = c->host > c->seen;
	if (known && now.ns >= firm_at_ns(e))
		open_all(e);
	else if (known)
		ttr_engine_want_wake(e, (struct ttr_mono){firm_at_ns(e)});
	else if (is_over(e, now) && c->phase == TTR_CROWD_SCOUTING &&
		 e->grid.port_count > TTR_CROWD_SCOUTS)
		drop_anchors(e);
	else if (is_over(e, now))
		open_all(e);
}
