/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

static void derive_shared_waits(struct ttr_engine *e)
{
	if (!e->crowd.stale)
		return;
	e->crowd.stale = false;
	ttr_crowd_prepare(e);
	ttr_schedule_waits(e->waits, e->rows_known, e->row_count, e->crowd.arrivals.smallest_ns);
}

static void derive_waits(struct ttr_engine *e, size_t port)
{
	if (e->crowd.active) {
		derive_shared_waits(e);
		return;
	}
	if (!e->news[port])
		return;
	e->news[port] = false;
	ttr_schedule_waits(&e->waits[port * e->row_count], &e->rows_known[port * e->row_count],
			   e->row_count, ttr_arrival_rtt_ns(e, port));
	e->used_up[port] = ttr_limits_all_used_up(e, port);
}

/* A waiting cell: its probes, and how long its row is waited for. */
struct waiting {
	uint32_t first;
	unsigned int asked;
	const struct ttr_probe *probes; /* `asked` of them */
	const struct ttr_waits *waits;
	int64_t row_ns;   /* what its row itself took, and a little more */
	bool alone;       /* nobody behind has answered its query */
	bool more;        /* it may be asked again, as far as its row's budget goes */
	bool held;        /* but its router limits */
	int64_t paced_ns; /* if not: when its router may be asked again; INT64_MAX: no more */
};

/*
 * A silent row is asked twice per query. Where other queries of the row were answered this one was
 * lost, and the row's budget is spent on it; the destination has none.
 */
static bool may_ask_again(const struct ttr_engine *e, size_t port, unsigned int ttl,
			  unsigned int query, unsigned int asked)
{
	const struct ttr_row *row = ttr_engine_row(e, port, ttl);
	uint32_t budget = TTR_TRIES * e->grid.queries;

	if (e->crowd.active)
		return ttr_crowd_may_ask(e, port, ttl, query, asked);
	if (asked > e->settings.retries)
		return false;
	if (row->smallest_ns < 0)
		return asked < TTR_TRIES && !ttr_limits_is_saved(e, port, ttl, query);
	return row->asks < (budget > TTR_ROW_ASKS ? budget : TTR_ROW_ASKS) ||
	       ttl == e->grid.ports[port].end_ttl;
}

static struct waiting find_waiting(const struct ttr_engine *e, uint32_t probe, size_t port,
				   unsigned int ttl)
{
	uint32_t first = probe - probe % TTR_TRIES_MAX;
	unsigned int query = first / TTR_TRIES_MAX % e->grid.queries;
	unsigned int asked = ttr_cells_tries(e, first);

	return (struct waiting){
		.first = first,
		.asked = asked,
		.probes = &e->probes[first],
		.waits = &e->waits[ttr_engine_path(e, port) * e->row_count +
				   (ttl - e->grid.first_ttl)],
		.row_ns =
			e->crowd.active ? -1 : ttr_schedule_row_wait(ttr_engine_row(e, port, ttl)),
		.alone = !e->crowd.active && !ttr_limits_path_goes_on(e, port, ttl, query),
		.more = may_ask_again(e, port, ttl, query, asked),
		.held = ttr_routers_paced(&e->routers, ttl),
		.paced_ns = e->crowd.active ? INT64_MAX
					    : ttr_limits_retry_at_ns(e, port, ttl, query, asked),
	};
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Until when the user, or patience, waits for the cell. */
static int64_t patience_ns(const struct ttr_engine *e, const struct waiting *w)
{
	int64_t last_ns = w->probes[w->asked - 1].sent.ns;
	int64_t first_ns = larger(w->probes[0].sent.ns, e->resumed.ns);
	int64_t until_ns = e->settings.wait_ns ? first_ns + e->settings.wait_ns
					       : last_ns + TTR_WAIT_DEFAULT_NS;

	/* Its turn comes, if not soon. */
	if (w->more && w->held && !e->settings.wait_ns && until_ns < e->start.ns + TTR_HELD_NS)
		until_ns = e->start.ns + TTR_HELD_NS;
	if (e->life_ns && until_ns > last_ns + e->life_ns)
		return last_ns + e->life_ns;
	return until_ns;
}

/* When the cell is to be asked again; INT64_MAX: not by what is known. */
static int64_t retry_at_ns(const struct waiting *w)
{
	int64_t fast_ns = w->probes[w->asked - 1].sent.ns + w->waits->last_ns;

	if (!w->waits->retry)
		return INT64_MAX;
	if (w->more || w->paced_ns == INT64_MAX)
		return w->more ? fast_ns : INT64_MAX;
	return w->paced_ns > fast_ns ? w->paced_ns : fast_ns;
}

static int64_t verdict_at_ns(const struct ttr_engine *e, const struct waiting *w)
{
	int64_t by_last, by_first;

	if (e->settings.wait_ns || w->more || w->paced_ns != INT64_MAX || w->waits->last_ns < 0)
		return INT64_MAX;
	by_last = w->probes[w->asked - 1].sent.ns + larger(w->waits->last_ns, w->row_ns);
	by_first = w->probes[0].sent.ns + (w->alone ? w->waits->alone_ns : w->waits->first_ns);
	return by_last > by_first ? by_last : by_first;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The deadline of a cell whose last probe is in flight. */
static int64_t deadline_ns(const struct ttr_engine *e, const struct waiting *w)
{
	return smaller(patience_ns(e, w), smaller(retry_at_ns(w), verdict_at_ns(e, w)));
}

static void judge_cell(struct ttr_engine *e, const struct waiting *w)
{
	uint32_t last = w->first + w->asked - 1;

	if (w->asked > 0 && ttr_engine_cell_of(e, w->first)->state == TTR_CELL_ASKED &&
	    e->probes[last].state == TTR_PROBE_SENT && !e->probes[last].waiting)
		ttr_cells_set_timer(e, last, deadline_ns(e, w));
}

void ttr_deadline_begin(struct ttr_engine *e, uint32_t probe, struct ttr_mono at)
{
	struct waiting w;
	size_t port;
	uint8_t ttl;
	uint16_t query;

	e->probes[probe].sent = at;
	ttr_cells_set_state(e, probe, TTR_PROBE_SENT);
	ttr_engine_cell_of(e, probe)->attempts++;
	ttr_limits_sent(e, probe);
	ttr_closed_sent(e, probe);
	e->grid.counters.probes_sent++;
	ttr_grid_position(&e->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	derive_waits(e, port);
	w = find_waiting(e, probe, port, ttl);
	judge_cell(e, &w);
}

void ttr_deadline_judge(struct ttr_engine *e, size_t port)
{
	unsigned int last = ttr_grid_last_row(&e->grid, port);

	if (!e->news[port])
		return;
	derive_waits(e, port);
	e->news[port] = false;
	for (unsigned int ttl = e->next_row[port]; ttl <= last; ttl++) {
		for (unsigned int q = 0; q < e->grid.queries; q++) {
			uint32_t probe = ttr_engine_probe_number(e, port, ttl, q, 0);
			struct waiting w = find_waiting(e, probe, port, ttl);

			judge_cell(e, &w);
		}
	}
}

/* Behind a router of this flow there is only the lost packet to blame; elsewhere it may be the
 * flow, but not one that the host has reset. */
static enum ttr_flow_choice choose(const struct ttr_engine *e, size_t port, unsigned int ttl,
				   unsigned int query)
{
	uint32_t own = ttr_flows_of_query(&e->flows, &e->settings, port, ttl, query);

	if (!e->unnamed && ttl <= ttr_engine_query(e, port, query)->own_beyond)
		return TTR_ON_QUERY;
	return ttr_arrival_is_reset(&e->flows.all[own]) ? TTR_ON_TWIN : TTR_ON_FRESH;
}

/* The router may not be asked now: when it may be, or when the trials that are out have shown
 * whether it may. */
static int64_t postponed_ns(const struct ttr_engine *e, const struct waiting *w, size_t port,
			    unsigned int ttl, struct ttr_mono now)
{
	int64_t open_ns = ttr_limits_open(e, port, ttl).ns;

	return w->held ? open_ns : smaller(open_ns, now.ns + w->waits->last_ns);
}

/* Asks it again, or waits for its router. */
static void ask_again(struct ttr_engine *e, const struct waiting *w, size_t port, unsigned int ttl,
		      unsigned int query, struct ttr_mono now)
{
	if (!ttr_routers_answer(&e->routers, ttl) || ttr_limits_admit(e, port, ttl, now))
		ttr_cells_ask(e, port, ttl, query, choose(e, port, ttl, query));
	else
		ttr_cells_set_timer(e, w->first + w->asked - 1,
				    smaller(patience_ns(e, w), postponed_ns(e, w, port, ttl, now)));
}

void ttr_deadline_passed(struct ttr_engine *e, uint32_t probe, struct ttr_mono now)
{
	struct waiting w;
	size_t port;
	uint8_t ttl;
	uint16_t query;

	ttr_grid_position(&e->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	derive_waits(e, port);
	w = find_waiting(e, probe, port, ttl);
	if (now.ns < deadline_ns(e, &w)) {
		judge_cell(e, &w);
		return;
	}
	ttr_limits_missing(e, w.first + w.asked - 1, now);
	ttr_crowd_missing(e, w.first + w.asked - 1, now);
	w.held = ttr_routers_paced(&e->routers, ttl);
	if (w.paced_ns != INT64_MAX)
		w.paced_ns = ttr_limits_retry_at_ns(e, port, ttl, query, w.asked);
	if (now.ns < deadline_ns(e, &w))
		judge_cell(e, &w);
	else if (e->crowd.active && now.ns >= retry_at_ns(&w) && now.ns < patience_ns(e, &w))
		ttr_crowd_again(e, w.first);
	else if (now.ns >= retry_at_ns(&w) && now.ns < patience_ns(e, &w))
		ask_again(e, &w, port, ttl, query, now);
	else
		ttr_cells_expire(e, probe, 0);
}
