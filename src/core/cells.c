/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/changes.h"
#include "core/engine_state.h"

void ttr_cells_set_state(struct ttr_engine *e, uint32_t probe, enum ttr_probe_state state)
{
	struct ttr_probe *p = &e->probes[probe];

	e->in_flight -= p->state == TTR_PROBE_SENT;
	e->in_flight += state == TTR_PROBE_SENT;
	p->state = (uint8_t)state;
}

void ttr_cells_set_timer(struct ttr_engine *e, uint32_t probe, int64_t at_ns)
{
	struct ttr_probe *p = &e->probes[probe];

	if (p->armed.ns == at_ns)
		return;
	e->armed += (at_ns != 0) - (p->armed.ns != 0);
	p->armed.ns = at_ns;
	ttr_fifo_push(&e->timers, probe);
}

unsigned int ttr_cells_tries(const struct ttr_engine *e, uint32_t first)
{
	unsigned int count = 0;

	while (count < TTR_TRIES_MAX && e->probes[first + count].state != TTR_PROBE_FREE)
		count++;
	return count;
}

static uint32_t first_probe(uint32_t probe)
{
	return probe - probe % TTR_TRIES_MAX;
}

/* The next probe of the cell; TTR_PROBE_NONE if there is none left. */
static uint32_t queue_probe(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query,
			    enum ttr_flow_choice choice)
{
	uint32_t first = ttr_engine_probe_number(e, port, ttl, query, 0);
	unsigned int attempt = ttr_cells_tries(e, first);
	uint32_t own = ttr_flows_of_query(&e->flows, &e->settings, port, ttl, query);
	uint32_t flow = TTR_FLOW_NONE;

	if (attempt == TTR_TRIES_MAX || e->stopped)
		return TTR_PROBE_NONE;
	if (choice != TTR_ON_QUERY)
		flow = ttr_flows_take_spare(&e->flows, port, (uint16_t)query,
					    choice == TTR_ON_TWIN ? own : TTR_FLOW_NONE);
	if (flow != TTR_FLOW_NONE)
		e->flows.all[flow].sole = first + attempt;
	else
		flow = own;
	for (uint32_t i = 0; i < attempt; i++)
		ttr_cells_set_timer(e, first + i, 0);
	e->probes[first + attempt].flow = flow;
	e->probes[first + attempt].index = (uint16_t)TTR_INDEX(attempt, ttl);
	ttr_engine_row(e, port, ttl)->asks++;
	e->probes[first + attempt].judged = false;
	e->probes[first + attempt].trial = !e->crowd.active && ttr_routers_asked(&e->routers, ttl);
	ttr_cells_set_state(e, first + attempt, TTR_PROBE_QUEUED);
	ttr_fifo_push(&e->sends, first + attempt);
	return first + attempt;
}

void ttr_cells_ask(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query,
		   enum ttr_flow_choice choice)
{
	if (queue_probe(e, port, ttl, query, choice) != TTR_PROBE_NONE)
		ttr_grid_cell(&e->grid, port, ttl, query)->state = TTR_CELL_ASKED;
}

void ttr_cells_renew(struct ttr_engine *e, uint32_t first)
{
	unsigned int asked = ttr_cells_tries(e, first);
	size_t port;
	uint8_t ttl;
	uint16_t query;

	if (asked == 0 || ttr_engine_cell_of(e, first)->state != TTR_CELL_ASKED ||
	    e->probes[first + asked - 1].state != TTR_PROBE_SENT)
		return;
	ttr_grid_position(&e->grid, first / TTR_TRIES_MAX, &port, &ttl, &query);
	ttr_cells_ask(e, port, ttl, query, TTR_ON_QUERY);
}

uint32_t ttr_cells_ask_aside(struct ttr_engine *e, size_t port, unsigned int ttl,
			     unsigned int query, enum ttr_flow_choice choice)
{
	return queue_probe(e, port, ttl, query, choice);
}

/* How many TTLs behind the last router are asked at once. */
#define NAME_TTLS 6

/* Fresh flows that are left for the destination's answers (arrival.c). */
#define NAME_RESERVE 8

static void name_query(struct ttr_engine *e, size_t port, unsigned int query)
{
	unsigned int ttl = ttr_engine_query(e, port, query)->beyond + 1u;
	unsigned int last = ttr_grid_last_row(&e->grid, port);

	if (ttl < e->next_row[port])
		ttl = e->next_row[port];
	if (last >= ttl + NAME_TTLS)
		last = ttl + NAME_TTLS - 1;
	for (; ttl <= last && e->flows.next_spare + NAME_RESERVE < e->flows.count; ttl++) {
		uint32_t first = ttr_engine_probe_number(e, port, ttl, query, 0);

		if (e->probes[first].state == TTR_PROBE_SENT && ttr_cells_tries(e, first) == 1)
			ttr_cells_ask(e, port, ttl, query, TTR_ON_FRESH);
	}
}

void ttr_cells_name(struct ttr_engine *e, size_t port)
{
	for (unsigned int q = 0; q < e->grid.queries; q++)
		name_query(e, port, q);
}

void ttr_cells_answered_again(struct ttr_engine *e, uint32_t probe)
{
	ttr_cells_set_state(e, probe, TTR_PROBE_ANSWERED);
	ttr_cells_set_timer(e, probe, 0);
	ttr_crowd_answered_again(e, probe);
}

void ttr_cells_unqueue(struct ttr_engine *e, uint32_t probe)
{
	if (e->probes[probe].state != TTR_PROBE_QUEUED)
		return;
	ttr_cells_set_state(e, probe, TTR_PROBE_FREE);
	ttr_limits_ignored(e, probe);
	ttr_routers_unasked(&e->routers, TTR_INDEX_TTL(e->probes[probe].index));
	/* The port's end may wait for it: ttr_closed_wake(). */
	if (e->closing[e->flows.all[e->probes[probe].flow].port].state == TTR_CLOSING_ASKED)
		ttr_engine_want_wake(e, e->start);
}

/* A cell above the last row: nobody waits for it any more; what still comes only helps to judge the
 * path. */
static void release_cell(struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int query)
{
	uint32_t first = ttr_engine_probe_number(e, port, ttl, query, 0);
	struct ttr_cell *cell = ttr_engine_cell_of(e, first);

	if (cell->state != TTR_CELL_ASKED)
		return;
	cell->state = TTR_CELL_IDLE;
	for (uint32_t probe = first; probe < first + TTR_TRIES_MAX; probe++) {
		ttr_cells_unqueue(e, probe);
		ttr_cells_set_timer(e, probe, 0);
		ttr_limits_ignored(e, probe);
		if (e->probes[probe].state == TTR_PROBE_SENT)
			ttr_cells_set_state(e, probe, TTR_PROBE_EXPIRED);
	}
}

void ttr_cells_release_behind(struct ttr_engine *e, size_t port, unsigned int ttl)
{
	for (ttl++; ttl <= e->grid.max_ttl; ttl++)
		for (unsigned int q = 0; q < e->grid.queries; q++)
			release_cell(e, port, ttl, q);
}

static void set_end(struct ttr_engine *e, size_t port, unsigned int ttl)
{
	struct ttr_port_result *result = &e->grid.ports[port];

	if (result->end_ttl && ttl >= result->end_ttl)
		return;
	result->end_ttl = (uint8_t)ttl;
	ttr_cells_release_behind(e, port, ttl);
}

static bool is_on_other_flow(const struct ttr_engine *e, uint32_t probe)
{
	const struct ttr_flow *flow = &e->flows.all[e->probes[probe].flow];

	return e->probes[probe].flow != ttr_flows_of_query(&e->flows, &e->settings, flow->port,
							   TTR_INDEX_TTL(e->probes[probe].index),
							   flow->query);
}

static void write_cell(struct ttr_engine *e, uint32_t probe, const struct ttr_reply *reply,
		       enum ttr_evidence evidence)
{
	const struct ttr_segment sent = ttr_engine_segment(e, probe);
	struct ttr_cell *cell = ttr_engine_cell_of(e, probe);
	bool tcp = reply->kind == TTR_REPLY_TCP;
	struct ttr_changes changes;
	int64_t rtt_ns = reply->at.ns - e->probes[probe].sent.ns;

	cell->state = TTR_CELL_ANSWERED;
	cell->answered_attempt = (uint8_t)(probe % TTR_TRIES_MAX);
	cell->other_flow = is_on_other_flow(e, probe);
	cell->answer = ttr_answer_of(reply);
	cell->evidence = evidence;
	cell->address = reply->source;
	cell->rtt_ns = rtt_ns > 0 ? rtt_ns : 0;
	cell->reply_ttl = reply->ttl;
	cell->icmp_type = reply->icmp_type;
	cell->icmp_code = reply->icmp_code;
	cell->mtu = reply->mtu;
	cell->tcp_flags = tcp ? reply->tcp.flags : 0;
	cell->quoted_target = tcp ? (struct ttr_addr){0} : reply->quote.target;
	cell->quoted_port = tcp ? 0 : reply->quote.tcp.target_port;
	ttr_changes_find(&changes, &sent, reply);
	ttr_grid_keep_changes(&e->grid, cell, &changes);
	ttr_grid_keep_extensions(&e->grid, cell, &reply->extensions);
}

static void note_rtt(struct ttr_engine *e, size_t port, unsigned int ttl, int64_t rtt_ns)
{
	struct ttr_row *row = ttr_engine_row(e, port, ttl);

	if (row->smallest_ns >= 0 && row->smallest_ns <= rtt_ns && row->largest_ns >= rtt_ns)
		return;
	if (row->smallest_ns < 0 || row->smallest_ns > rtt_ns)
		row->smallest_ns = rtt_ns;
	if (row->largest_ns < rtt_ns)
		row->largest_ns = rtt_ns;
	e->news[port] = true;
	e->crowd.stale = true;
}

static void passed_router(struct ttr_query *query, uint8_t ttl, const struct ttr_flow *flow)
{
	if (ttl > query->beyond)
		query->beyond = ttl;
	if (ttl > query->own_beyond && (flow->sole == TTR_PROBE_NONE || flow->twin))
		query->own_beyond = ttl;
}

void ttr_cells_fill(struct ttr_engine *e, uint32_t probe, const struct ttr_reply *reply,
		    enum ttr_evidence evidence)
{
	uint32_t first = first_probe(probe);
	uint32_t index = first / TTR_TRIES_MAX;
	struct ttr_cell *cell = ttr_engine_cell_of(e, probe);
	size_t port;
	uint8_t ttl;
	uint16_t query;

	ttr_grid_position(&e->grid, index, &port, &ttl, &query);
	write_cell(e, probe, reply, evidence);
	if (!e->crowd.active || ttr_crowd_times(e, cell))
		note_rtt(e, port, ttl, cell->rtt_ns);
	ttr_cells_set_state(e, probe, TTR_PROBE_ANSWERED);
	for (uint32_t i = first; i < first + TTR_TRIES_MAX; i++) {
		ttr_cells_unqueue(e, i);
		ttr_cells_set_timer(e, i, 0);
		ttr_limits_ignored(e, i);
	}
	if (cell->answer == TTR_ANSWER_TIME_EXCEEDED) {
		passed_router(ttr_engine_query(e, port, query), ttl,
			      &e->flows.all[e->probes[probe].flow]);
	} else {
		set_end(e, port, ttl);
	}
	if (ttl <= ttr_grid_last_row(&e->grid, port))
		ttr_fifo_push(&e->answers, index);
	ttr_fifo_push(&e->rows, (uint32_t)port);
	ttr_launch_behind(e, port, ttl);
	ttr_crowd_filled(e, probe, reply->at);
	ttr_balance_look(e, port, ttl);
}

void ttr_cells_overrule(struct ttr_engine *e, size_t port, uint32_t probe,
			const struct ttr_reply *reply)
{
	unsigned int end = e->grid.ports[port].end_ttl;
	struct ttr_cell *cells = ttr_grid_row(&e->grid, port, end);
	int64_t rtt_ns = reply->at.ns - e->probes[probe].sent.ns;

	for (unsigned int q = 0; q < e->grid.queries; q++) {
		if (cells[q].answer != TTR_ANSWER_RST && cells[q].answer != TTR_ANSWER_TCP)
			continue;
		cells[q].answer = ttr_answer_of(reply);
		cells[q].tcp_flags = reply->tcp.flags;
		cells[q].reply_ttl = reply->ttl;
		cells[q].rtt_ns = rtt_ns > 0 ? rtt_ns : 0;
		ttr_fifo_push(&e->answers, ttr_grid_index(&e->grid, port, end, q));
		return;
	}
}

void ttr_cells_expire(struct ttr_engine *e, uint32_t probe, int error)
{
	uint32_t first = first_probe(probe);
	struct ttr_cell *cell = ttr_engine_cell_of(e, probe);
	size_t port;
	uint8_t ttl;
	uint16_t query;

	ttr_grid_position(&e->grid, first / TTR_TRIES_MAX, &port, &ttl, &query);
	for (uint32_t i = first; i < first + TTR_TRIES_MAX; i++) {
		ttr_cells_set_timer(e, i, 0);
		ttr_cells_unqueue(e, i);
		ttr_limits_ignored(e, i);
		if (e->probes[i].state == TTR_PROBE_SENT)
			ttr_cells_set_state(e, i, TTR_PROBE_EXPIRED);
	}
	/* An arrival may have waited for these to be sent or answered, and on one source port the
	 * next query for this one to end: when woken, there is a time to look at them. */
	if (e->pending[port] || e->flows.one_port)
		ttr_engine_want_wake(e, e->start);
	if (cell->state != TTR_CELL_ASKED)
		return;
	cell->state = TTR_CELL_SILENT;
	cell->send_error = error;
	ttr_limits_mark(e, port, ttl);
	ttr_crowd_given_up(e, first);
	ttr_fifo_push(&e->answers, first / TTR_TRIES_MAX);
	ttr_fifo_push(&e->rows, (uint32_t)port);
	ttr_launch_behind(e, port, ttl);
}
