/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/crowd_state.h"
#include "core/verdict.h"

/* A hop that let so many probes past and answered none is quiet. */
#define QUIET 8

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
		ttr_crowd_init_pacer(&stage->pacer, settings);
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
	e->probes[ttr_crowd_last_probe(e, port, ttl, query)].waiting = true;
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

/* So often a flow is asked at the highest TTL that is silent where the host seems to be. */
#define FAR_ASKS 2

/* Who answers for the host may be nearer than it is, by what its answers passed on their way back:
 * whom he does not answer is asked as far as probes go. */
static void look_farther(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	const struct ttr_crowd *c = &e->crowd;
	const uint32_t first = ttr_engine_probe_number(e, port, e->grid.max_ttl, query, 0);

	if (c->phase != TTR_CROWD_OPEN || ttl != c->top || ttl == e->grid.max_ttl || !c->host ||
	    e->grid.ports[port].end_ttl || c->way_back >= c->host - 1 ||
	    ttr_cells_tries(e, first) >= FAR_ASKS)
		return;
	ttr_cells_ask_aside(e, port, e->grid.max_ttl, query, TTR_ON_QUERY);
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
	look_farther(e, port, ttl, query);
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
