/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/crowd_state.h"

#include <errno.h>
#include <stdlib.h>

#include "core/verdict.h"

/* A router is asked that often at first. */
#define ROUTER_RATE 40

/* A hop that let so many probes past and answered none is quiet. */
#define QUIET 8

/* The host's silent ports are asked again below what hosts limit their resets to (FreeBSD: 200/s).
 */
#define HOST_AGAIN_RATE 150

/* -- Life -- */

bool ttr_crowd_serves(const struct ttr_settings *s)
{
	return s->port_count > 1 && !s->source_port && !s->track_port && !s->window;
}

void ttr_crowd_add_scout(struct ttr_engine *e, uint32_t lane)
{
	struct ttr_crowd *c = &e->crowd;

	for (unsigned int i = 0; i < c->scout_count; i++)
		if (c->scouts[i] == lane)
			return;
	if (c->scout_count == TTR_CROWD_SCOUTS_MAX)
		return;
	c->scouts[c->scout_count++] = lane;
	e->queries[lane].begun = true;
}

/* Ports that are open on many hosts, then some from all over the list. */
static void choose_scouts(struct ttr_engine *e)
{
	static const uint16_t likely[] = {443, 80, 22};
	const size_t ports = e->grid.port_count;
	const size_t lanes = ports * e->settings.queries;

	for (size_t i = 0; ports > TTR_CROWD_SCOUTS && i < sizeof(likely) / sizeof(*likely); i++)
		for (size_t port = 0; port < ports; port++)
			if (e->port_numbers[port] == likely[i])
				ttr_crowd_add_scout(e, ttr_lane_of(e, port, 0));
	for (size_t i = 0; i < lanes && e->crowd.scout_count < TTR_CROWD_SCOUTS; i++) {
		size_t port = ports <= TTR_CROWD_SCOUTS
				      ? i % ports
				      : i % ports * ports / TTR_CROWD_SCOUTS % ports;

		ttr_crowd_add_scout(e, ttr_lane_of(e, port, (unsigned int)(i / ports)));
	}
}

static void init_pacer(struct ttr_pacer *pacer, const struct ttr_settings *s)
{
	ttr_pacer_init(pacer, s->hop_rate ? s->hop_rate : ROUTER_RATE, TTR_CROWD_SCOUTS,
		       s->hop_rate != 0);
}

int ttr_crowd_init(struct ttr_engine *e)
{
	const struct ttr_settings *s = &e->settings;
	struct ttr_crowd *c = &e->crowd;

	c->active = ttr_crowd_serves(s);
	if (!c->active)
		return 0;
	c->stages = calloc(e->row_count, sizeof(*c->stages));
	if (!c->stages)
		return -ENOMEM;
	for (unsigned int i = 0; i < e->row_count; i++) {
		init_pacer(&c->stages[i].pacer, s);
		c->stages[i].witness_ns = INT64_MIN;
		c->stages[i].witness = TTR_PROBE_NONE;
		if (ttr_fifo_init(&c->stages[i].lanes, s->port_count * s->queries) < 0)
			return -ENOMEM;
	}
	c->front = e->grid.first_ttl;
	c->arrivals.smallest_ns = c->arrivals.largest_ns = -1;
	choose_scouts(e);
	return 0;
}

void ttr_crowd_fini(struct ttr_engine *e)
{
	for (unsigned int i = 0; e->crowd.stages && i < e->row_count; i++)
		ttr_fifo_fini(&e->crowd.stages[i].lanes);
	free(e->crowd.stages);
	e->crowd.stages = NULL;
}

/* -- Asking -- */

static uint32_t last_probe(const struct ttr_engine *e, size_t port, unsigned int ttl,
			   unsigned int query)
{
	uint32_t probe = ttr_engine_probe_number(e, port, ttl, query, TTR_TRIES_MAX - 1);

	while (probe % TTR_TRIES_MAX > 0 && e->probes[probe].state == TTR_PROBE_FREE)
		probe--;
	return probe;
}

bool ttr_crowd_wants(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	const struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, ttl, query);

	if (ttr_engine_row_out(e, port, ttl) || ttl > ttr_grid_last_row(&e->grid, port))
		return false;
	return cell->state == TTR_CELL_IDLE || (cell->state == TTR_CELL_ASKED &&
						e->probes[last_probe(e, port, ttl, query)].waiting);
}

static void give_up(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, ttl, query);

	cell->state = TTR_CELL_ASKED;
	ttr_cells_expire(e, ttr_engine_probe_number(e, port, ttl, query, 0), 0);
}

/*
 * The host answered the flow without saying which probe: one more on it would be taken for one of
 * those. Everything else stays on the flow, and so on its path.
 */
static bool needs_fresh_flow(const struct ttr_engine *e, size_t port, unsigned int ttl,
			     unsigned int query, uint32_t last)
{
	const struct ttr_flow *flow =
		&e->flows.all[ttr_flows_of_query(&e->flows, &e->settings, port, ttl, query)];

	if (e->probes[last].state == TTR_PROBE_FREE)
		return false;
	return flow->answers > 0 && ttl > ttr_engine_query(e, port, query)->beyond;
}

/* Fresh flows that are left for the answers that need one. */
#define SPARES_KEPT 32

/* Where the host is a flow's further SYNs say little: many hosts answer none soon after the first
 * (traps T1), and where a branch of the path is dead another flow may take another one. */
static bool deserves_fresh_flow(const struct ttr_engine *e, unsigned int ttl)
{
	return e->crowd.host && ttl >= e->crowd.host &&
	       e->flows.next_spare + SPARES_KEPT < e->flows.count;
}

/* Nothing behind it answered the flow, and this is the last that is asked of it: if it stays silent
 * it is to be known that the hop was not out of answers. */
static void note_last_try(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);

	if (stage->answers && ttl > ttr_engine_query(e, port, query)->beyond &&
	    last_probe(e, port, ttl, query) % TTR_TRIES_MAX >= e->settings.retries)
		stage->doubtful = true;
}

static void ask(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query,
		struct ttr_mono now)
{
	struct ttr_pacer *pacer = &ttr_crowd_stage_of(e, ttl)->pacer;
	const uint32_t last = last_probe(e, port, ttl, query);
	const bool again = e->probes[last].state != TTR_PROBE_FREE;
	const bool fresh = needs_fresh_flow(e, port, ttl, query, last);
	const bool spent = again && last % TTR_TRIES_MAX == TTR_TRIES_MAX - 1;

	e->probes[last].waiting = false;
	if (spent || (fresh && e->flows.next_spare >= e->flows.count)) {
		give_up(e, port, ttl, query);
		return;
	}
	ttr_cells_ask(e, port, ttl, query,
		      fresh || (again && deserves_fresh_flow(e, ttl)) ? TTR_ON_FRESH
								      : TTR_ON_QUERY);
	note_last_try(e, port, ttl, query);
	ttr_pacer_take(pacer, now.ns);
	if (again && e->crowd.host && ttl >= e->crowd.host)
		for (int i = 1; i < TTR_CROWD_HOST_RATE / HOST_AGAIN_RATE; i++)
			ttr_pacer_take(pacer, now.ns);
}

/* Row by row, as launch.c does. */
static void ask_scouts(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;
	int64_t due = e->start.ns + (c->front - e->grid.first_ttl + 1) * TTR_ROW_GAP_NS;

	if (c->phase == TTR_CROWD_OPEN)
		return;
	for (; c->front < e->grid.max_ttl && now.ns >= due; due += TTR_ROW_GAP_NS)
		c->front++;
	for (unsigned int i = 0; i < c->scout_count; i++) {
		struct ttr_query *query = &e->queries[c->scouts[i]];
		const size_t port = ttr_lane_port(e, c->scouts[i]);

		for (; query->next_ttl <= c->front; query->next_ttl++)
			if (ttr_crowd_wants(e, port, query->next_ttl,
					    ttr_lane_query(e, c->scouts[i])))
				ask(e, port, query->next_ttl, ttr_lane_query(e, c->scouts[i]), now);
	}
	if (c->front < e->grid.max_ttl && !c->host)
		ttr_engine_want_wake(e, (struct ttr_mono){due});
}

/* -- Queues -- */

/* A limited router's queue is not waited for without end. */
static void give_up_stage(struct ttr_engine *e, unsigned int ttl)
{
	uint32_t lane;

	while (ttr_fifo_pop(&ttr_crowd_stage_of(e, ttl)->lanes, &lane))
		if (ttr_crowd_wants(e, ttr_lane_port(e, lane), ttl, ttr_lane_query(e, lane)))
			give_up(e, ttr_lane_port(e, lane), ttl, ttr_lane_query(e, lane));
}

/* Asks whom the hop answered before, behind those that it may not have: once all of them were, and
 * at once, as these are not waited for any longer. */
static void ask_witness(struct ttr_engine *e, unsigned int ttl, struct ttr_mono now)
{
	struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);
	size_t port;
	uint8_t row;
	uint16_t query;

	if (!stage->doubtful || stage->witness == TTR_PROBE_NONE)
		return;
	stage->doubtful = false;
	ttr_grid_position(&e->grid, stage->witness / TTR_TRIES_MAX, &port, &row, &query);
	if (ttr_cells_ask_aside(e, port, row, query, TTR_ON_QUERY) != TTR_PROBE_NONE)
		ttr_pacer_take(&stage->pacer, now.ns);
}

/* One probe of this row, if it is due. */
static bool serve(struct ttr_engine *e, unsigned int ttl, struct ttr_mono now)
{
	struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);
	uint32_t lane;

	while (ttr_fifo_pop(&stage->lanes, &lane)) {
		const size_t port = ttr_lane_port(e, lane);
		const unsigned int query = ttr_lane_query(e, lane);

		if (!ttr_crowd_wants(e, port, ttl, query))
			continue;
		if (ttr_pacer_ready_ns(&stage->pacer) > now.ns) {
			ttr_fifo_push_front(&stage->lanes, lane);
			ttr_engine_want_wake(e,
					     (struct ttr_mono){ttr_pacer_ready_ns(&stage->pacer)});
			return false;
		}
		ask(e, port, ttl, query, now);
		return true;
	}
	ask_witness(e, ttl, now);
	return false;
}

/* As long as others have something to ask it costs no time to ask the limited ones, too. */
static bool has_time(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;

	for (unsigned int i = 0; i < e->row_count; i++)
		if (!c->stages[i].pacer.limited && !ttr_fifo_empty(&c->stages[i].lanes))
			c->busy_ns = now.ns;
	if (c->busy_ns < e->start.ns)
		c->busy_ns = e->start.ns;
	return now.ns <= c->busy_ns + TTR_CROWD_TIME_NS;
}

static void serve_all(struct ttr_engine *e, struct ttr_mono now)
{
	struct ttr_crowd *c = &e->crowd;
	const bool late = !has_time(e, now);
	bool served;

	for (unsigned int i = 0; late && i < e->row_count; i++)
		if (c->stages[i].pacer.limited)
			give_up_stage(e, e->grid.first_ttl + i);
	do {
		served = false;
		for (unsigned int i = 0; i < e->row_count; i++)
			served |= serve(e, e->grid.first_ttl + (c->turn + i) % e->row_count, now);
		c->turn = (c->turn + 1) % e->row_count;
	} while (served);
}

void ttr_crowd_turn(struct ttr_engine *e, struct ttr_mono now)
{
	ask_scouts(e, now);
	ttr_crowd_advance(e, now);
	serve_all(e, now);
}

/* -- News -- */

/* The port's end is what this flow got, and not one that was asked in its place. */
static bool is_of_flow(const struct ttr_engine *e, size_t port, unsigned int end,
		       unsigned int query)
{
	const uint32_t flow = ttr_flows_of_query(&e->flows, &e->settings, port, end, query);
	const struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, end, query);
	const uint32_t probe = ttr_engine_probe_number(e, port, end, query, cell->answered_attempt);

	if (e->flows.all[flow].answers)
		return e->flows.all[flow].answers < 2;
	return cell->state != TTR_CELL_ANSWERED || e->probes[probe].flow == flow;
}

/* Something behind this TTL answered the flow. Several answers of the host's may be a firewall's
 * from anywhere behind the last router: ttr_crowd_settle(). */
static bool goes_on(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	const unsigned int end = e->grid.ports[port].end_ttl;

	return ttl < ttr_engine_query(e, port, query)->beyond ||
	       (ttl < end && is_of_flow(e, port, end, query));
}

/* The row behind the router that refused comes next: it ends the port. */
static void look_behind(struct ttr_engine *e, uint32_t lane, const struct ttr_addr *router)
{
	const struct ttr_crowd *c = &e->crowd;

	for (unsigned int i = 0; i < c->scout_count; i++) {
		for (unsigned int ttl = e->grid.first_ttl; ttl < c->top; ttl++) {
			const struct ttr_cell *cell =
				ttr_grid_cell(&e->grid, ttr_lane_port(e, c->scouts[i]), ttl,
					      ttr_lane_query(e, c->scouts[i]));

			if (cell->answer != TTR_ANSWER_TIME_EXCEEDED ||
			    !ttr_addr_equal(&cell->address, router))
				continue;
			if (ttr_crowd_wants(e, ttr_lane_port(e, lane), ttl + 1,
					    ttr_lane_query(e, lane)))
				ttr_crowd_queue(e, lane, ttl + 1, true);
			return;
		}
	}
}

static bool is_quiet(const struct ttr_crowd_stage *stage)
{
	return !stage->answers && stage->silent >= QUIET;
}

static void note_answer(struct ttr_crowd_stage *stage, const struct ttr_settings *settings)
{
	if (is_quiet(stage))
		init_pacer(&stage->pacer, settings);
	stage->answers = true;
}

static void note_witness(struct ttr_engine *e, uint32_t probe)
{
	struct ttr_crowd_stage *stage =
		ttr_crowd_stage_of(e, TTR_INDEX_TTL(e->probes[probe].index));

	if (e->probes[probe].sent.ns <= stage->witness_ns)
		return;
	stage->witness_ns = e->probes[probe].sent.ns;
	stage->witness = probe - probe % TTR_TRIES_MAX;
}

void ttr_crowd_answered_again(struct ttr_engine *e, uint32_t probe)
{
	struct ttr_cell *cell = ttr_engine_cell_of(e, probe);

	if (!e->crowd.active || cell->answer != TTR_ANSWER_TIME_EXCEEDED)
		return;
	cell->answered_again++;
	note_witness(e, probe);
}

/* The host does not limit its answers, but what it does not answer again proves nothing. */
static uint8_t count_repeats(const struct ttr_engine *e, uint32_t first)
{
	unsigned int count = 0;

	for (uint32_t probe = first + 1; probe < first + TTR_TRIES_MAX; probe++)
		count += e->probes[probe].state >= TTR_PROBE_SENT &&
			 e->probes[probe].flow == e->probes[first].flow;
	return (uint8_t)count;
}

static void prove_cell(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	const struct ttr_crowd_stage *stage = ttr_crowd_stage_of(e, ttl);
	const uint32_t first = ttr_engine_probe_number(e, port, ttl, query, 0);
	struct ttr_cell *cell = ttr_engine_cell_of(e, first);

	cell->unproven = 0;
	if (cell->state != TTR_CELL_SILENT)
		return;
	if (!stage->answers) {
		cell->unproven = count_repeats(e, first);
		return;
	}
	for (uint32_t probe = first; probe < first + TTR_TRIES_MAX; probe++)
		if (e->probes[probe].state >= TTR_PROBE_SENT &&
		    e->probes[probe].sent.ns > stage->witness_ns)
			cell->unproven++;
}

void ttr_crowd_prove(struct ttr_engine *e, size_t port)
{
	const unsigned int last = ttr_grid_last_row(&e->grid, port);

	if (!e->crowd.active)
		return;
	for (unsigned int ttl = e->grid.first_ttl; ttl <= last; ttl++)
		for (unsigned int q = 0; q < e->grid.queries; q++)
			prove_cell(e, port, ttl, q);
}

static void note_silence(struct ttr_crowd_stage *stage)
{
	stage->silent = (uint16_t)(stage->silent + (stage->silent < QUIET));
	if (is_quiet(stage) && !stage->pacer.fixed)
		ttr_pacer_init(&stage->pacer, TTR_CROWD_HOST_RATE, TTR_CROWD_SCOUTS, false);
}

void ttr_crowd_filled(struct ttr_engine *e, uint32_t probe, struct ttr_mono now)
{
	const struct ttr_cell *cell = ttr_engine_cell_of(e, probe);
	struct ttr_crowd *c = &e->crowd;
	uint32_t lane;
	size_t port;
	uint8_t ttl;
	uint16_t query;

	if (!c->active)
		return;
	ttr_grid_position(&e->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	lane = ttr_lane_of(e, port, query);
	if (cell->answer == TTR_ANSWER_TIME_EXCEEDED) {
		note_answer(ttr_crowd_stage_of(e, ttl), &e->settings);
		note_witness(e, probe);
	}
	ttr_pacer_answered(&ttr_crowd_stage_of(e, ttl)->pacer, e->probes[probe].sent.ns, now.ns);
	if (cell->answer == TTR_ANSWER_TIME_EXCEEDED && ttl > c->seen)
		c->seen = ttl;
	if (c->phase == TTR_CROWD_ANCHORING && ttl == e->grid.max_ttl &&
	    cell->answer != TTR_ANSWER_UNREACHABLE)
		ttr_crowd_add_scout(e, lane);
	if (c->phase != TTR_CROWD_OPEN)
		return;
	if (cell->answer == TTR_ANSWER_TIME_EXCEEDED && ttl >= c->top && c->top < e->grid.max_ttl)
		ttr_crowd_raise(e, ttl);
	ttr_crowd_begin(e, lane, cell->answer == TTR_ANSWER_TIME_EXCEEDED);
	if (e->grid.ports[port].end_ttl && e->grid.ports[port].end_ttl != c->top)
		ttr_crowd_end_elsewhere(e, port);
	if (cell->answer == TTR_ANSWER_UNREACHABLE)
		look_behind(e, lane, &cell->address);
}

static bool is_answered(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(&e->grid, port, ttl);

	for (unsigned int q = 0; q < e->grid.queries; q++)
		if (cells[q].state == TTR_CELL_ANSWERED)
			return true;
	return false;
}

bool ttr_crowd_times(struct ttr_engine *e, const struct ttr_cell *cell)
{
	struct ttr_crowd *c = &e->crowd;
	const int back = ttr_verdict_way_back(cell->reply_ttl);

	if (cell->answer == TTR_ANSWER_TIME_EXCEEDED)
		return true;
	if (!ttr_addr_equal(&cell->address, &e->target) || back < c->way_back)
		return false;
	if (back > c->way_back)
		c->arrivals.smallest_ns = c->arrivals.largest_ns = -1;
	c->way_back = back;
	if (c->arrivals.smallest_ns < 0 || cell->rtt_ns < c->arrivals.smallest_ns)
		c->arrivals.smallest_ns = cell->rtt_ns;
	if (cell->rtt_ns > c->arrivals.largest_ns)
		c->arrivals.largest_ns = cell->rtt_ns;
	c->stale = true;
	return false;
}

void ttr_crowd_prepare(struct ttr_engine *e)
{
	const struct ttr_crowd *c = &e->crowd;
	const unsigned int last = c->phase == TTR_CROWD_OPEN ? c->top : e->grid.max_ttl;
	struct ttr_row *row = &e->rows_known[last - e->grid.first_ttl];

	if (c->arrivals.smallest_ns < 0 || c->phase == TTR_CROWD_SCOUTING)
		return;
	row->smallest_ns = c->arrivals.smallest_ns;
	row->largest_ns = c->arrivals.largest_ns;
}

/* No router between the last one that saw the flow and this one answers anybody. */
static bool is_next(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	unsigned int before = ttr_engine_query(e, port, query)->beyond + 1u;

	if (before < e->grid.first_ttl)
		before = e->grid.first_ttl;
	while (before < ttl && e->rows_known[before - e->grid.first_ttl].smallest_ns < 0)
		before++;
	return before >= ttl;
}

bool ttr_crowd_may_ask(const struct ttr_engine *e, size_t port, unsigned int ttl,
		       unsigned int query, unsigned int asked)
{
	const unsigned int most = e->settings.retries + 1u;

	if (asked >= most)
		return false;
	if (asked < TTR_TRIES)
		return !is_quiet(ttr_crowd_stage_of(e, ttl));
	/* A quiet router, or far behind what stops the port: nothing will come. And a limited one
	 * is not waited for to hear the same once more. */
	if (e->rows_known[ttl - e->grid.first_ttl].smallest_ns < 0 ||
	    (ttr_crowd_stage_of(e, ttl)->pacer.limited && is_answered(e, port, ttl)))
		return false;
	return is_next(e, port, ttl, query) || goes_on(e, port, ttl, query) || ttl >= e->crowd.host;
}

void ttr_crowd_again(struct ttr_engine *e, uint32_t probe)
{
	size_t port;
	uint8_t ttl;
	uint16_t query;

	ttr_grid_position(&e->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	e->probes[last_probe(e, port, ttl, query)].waiting = true;
	ttr_crowd_queue(e, ttr_lane_of(e, port, query), ttl, false);
	if (e->crowd.phase == TTR_CROWD_OPEN)
		ttr_crowd_begin(e, ttr_lane_of(e, port, query), true);
}

void ttr_crowd_given_up(struct ttr_engine *e, uint32_t probe)
{
	size_t port;
	uint8_t ttl;
	uint16_t query;

	if (!e->crowd.active || e->stopped)
		return;
	ttr_grid_position(&e->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	if (e->crowd.phase == TTR_CROWD_OPEN) {
		if (ttr_engine_query(e, port, query)->begun)
			return;
		ttr_crowd_begin(e, ttr_lane_of(e, port, query), true);
	}
	ttr_engine_want_wake(e, e->start);
}

void ttr_crowd_missing(struct ttr_engine *e, uint32_t probe, struct ttr_mono now)
{
	struct ttr_crowd_stage *stage;
	size_t port;
	uint8_t ttl;
	uint16_t query;

	if (!e->crowd.active)
		return;
	ttr_grid_position(&e->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	stage = ttr_crowd_stage_of(e, ttl);
	if (!goes_on(e, port, ttl, query))
		return;
	if (stage->answers)
		ttr_pacer_lost(&stage->pacer, e->probes[probe].sent.ns, now.ns);
	else
		note_silence(stage);
}

bool ttr_crowd_limits(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	const struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, ttl, query);

	return cell->state == TTR_CELL_SILENT && !cell->send_error &&
	       ttr_crowd_stage_of(e, ttl)->pacer.limited &&
	       (cell->attempts == 0 || goes_on(e, port, ttl, query));
}

/* The flow's probes that went past its last router. */
static unsigned int count_past(const struct ttr_engine *e, uint32_t flow, uint32_t *nearest)
{
	const struct ttr_flow *f = &e->flows.all[flow];
	unsigned int ttl = ttr_engine_query(e, f->port, f->query)->beyond + 1u, count = 0;

	*nearest = TTR_PROBE_NONE;
	if (ttl < e->grid.first_ttl)
		ttl = e->grid.first_ttl;
	for (; ttl <= e->grid.max_ttl; ttl++) {
		uint32_t probe = ttr_engine_probe_number(e, f->port, ttl, f->query, 0);

		for (unsigned int i = 0; i < TTR_TRIES_MAX; i++, probe++) {
			if (e->probes[probe].state < TTR_PROBE_SENT ||
			    e->probes[probe].flow != flow)
				continue;
			if (*nearest == TTR_PROBE_NONE)
				*nearest = probe;
			count++;
		}
	}
	return count;
}

void ttr_crowd_settle(struct ttr_engine *e, size_t port)
{
	for (unsigned int q = 0; q < e->settings.queries; q++) {
		const uint32_t number =
			ttr_flows_of_query(&e->flows, &e->settings, port, e->grid.first_ttl, q);
		struct ttr_flow *flow = &e->flows.all[number];
		uint32_t nearest;

		if (flow->credited == TTR_PROBE_NONE || flow->answers < 2 ||
		    count_past(e, number, &nearest) > flow->answers)
			continue;
		if (nearest >= flow->credited ||
		    ttr_engine_cell_of(e, nearest)->state == TTR_CELL_ANSWERED ||
		    ttr_engine_row_out(e, port, TTR_INDEX_TTL(e->probes[nearest].index)))
			continue;
		flow->credited = nearest;
		ttr_cells_fill(e, nearest, &flow->arrival, TTR_EVIDENCE_EXACT);
	}
}
