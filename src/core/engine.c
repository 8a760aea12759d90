/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/engine.h"

#include "core/engine_state.h"
#include "core/matcher.h"

size_t ttr_engine_probe_limit(const struct ttr_engine *e)
{
	return e->probe_count;
}

const struct ttr_grid *ttr_engine_grid(const struct ttr_engine *e)
{
	return &e->grid;
}

size_t ttr_engine_in_flight(const struct ttr_engine *e)
{
	return e->in_flight;
}

void ttr_engine_want_wake(struct ttr_engine *e, struct ttr_mono at)
{
	if (e->wake.ns && e->wake.ns <= at.ns)
		return;
	e->wake = at;
	e->wake_changed = true;
}

void ttr_engine_retarget(struct ttr_engine *e, size_t port, uint16_t number)
{
	e->port_numbers[port] = number;
	e->grid.ports[port].port = number;
	ttr_flows_retarget(&e->flows, port, number);
}

void ttr_engine_start(struct ttr_engine *e, struct ttr_mono now)
{
	e->start = now;
	e->front = e->grid.first_ttl;
	ttr_launch(e, now);
}

/* After anything that changed what is known about a port. */
static void digest(struct ttr_engine *e, size_t port, struct ttr_mono now)
{
	if (e->pending[port])
		ttr_arrival_settle(e, port, now);
	if (e->crowd.active)
		ttr_crowd_settle(e, port);
	if (e->crowd.active && e->pending[port]) /* it may have found the distance */
		ttr_arrival_settle(e, port, now);
	ttr_deadline_judge(e, port);
	if ((e->flows.one_port || e->crowd.active || e->held) && !e->stopped)
		ttr_launch(e, now);
}

void ttr_engine_sent(struct ttr_engine *e, uint32_t probe, struct ttr_mono at)
{
	ttr_deadline_begin(e, probe, at);
}

void ttr_engine_unsent(struct ttr_engine *e, uint32_t probe)
{
	ttr_fifo_push_front(&e->sends, probe);
}

void ttr_engine_send_failed(struct ttr_engine *e, uint32_t probe, int error)
{
	e->grid.counters.local_drops++;
	ttr_cells_expire(e, probe, error);
}

static void count(uint16_t *counter)
{
	if (*counter < UINT16_MAX)
		(*counter)++;
}

/* A reply that names a probe whose row was given out, or whose time is over. */
static void take_late(struct ttr_engine *e, uint32_t probe)
{
	e->grid.counters.late++;
	ttr_engine_cell_of(e, probe)->late = true;
}

static bool is_better(const struct ttr_cell *cell, const struct ttr_reply *reply)
{
	return reply->kind == TTR_REPLY_TCP && !(reply->tcp.flags & TTR_TCP_RST) &&
	       (reply->tcp.flags & TTR_TCP_SYN) && cell->answer == TTR_ANSWER_RST;
}

/* One of the two lies: a packet expires once. */
static void note_conflict(struct ttr_cell *cell, uint32_t probe, const struct ttr_reply *reply)
{
	if (cell->state == TTR_CELL_ANSWERED && cell->answered_attempt == probe % TTR_TRIES_MAX &&
	    cell->conflict.family == TTR_FAMILY_NONE &&
	    !ttr_addr_equal(&reply->source, &cell->address))
		cell->conflict = reply->source;
}

/* The probe was answered before: a copy, or an answer to one of the flow's later SYNs, or the open
 * port's word after an RST. */
static void take_again(struct ttr_engine *e, const struct ttr_match *match, size_t port,
		       unsigned int ttl, const struct ttr_reply *reply)
{
	struct ttr_cell *cell = ttr_engine_cell_of(e, match->probe);

	if (is_better(cell, reply) && !ttr_engine_row_out(e, port, ttl)) {
		ttr_cells_fill(e, match->probe, reply, match->evidence);
	} else if (reply->kind == TTR_REPLY_TCP) {
		ttr_arrival_note(e, match->flow, reply, TTR_PROOF_FULL);
	} else {
		e->grid.counters.duplicates++;
		count(&cell->duplicates);
		note_conflict(cell, match->probe, reply);
	}
}

static void take_answer(struct ttr_engine *e, const struct ttr_match *match,
			const struct ttr_reply *reply)
{
	struct ttr_flow *flow = &e->flows.all[match->flow];
	struct ttr_cell *cell = ttr_engine_cell_of(e, match->probe);
	struct ttr_probe *probe = &e->probes[match->probe];
	unsigned int ttl = TTR_INDEX_TTL(probe->index);
	bool in_time = probe->state == TTR_PROBE_SENT || cell->state == TTR_CELL_IDLE;

	if (probe->state == TTR_PROBE_ANSWERED) {
		take_again(e, match, flow->port, ttl, reply);
		return;
	}
	ttr_limits_answered(e, match->probe, reply);
	if (reply->kind == TTR_REPLY_TCP) {
		count(&flow->answers);
		flow->credited = match->probe;
		if (flow->pending) {
			flow->pending = false;
			e->pending[flow->port]--;
			e->news[flow->port] = true;
			ttr_fifo_push(&e->rows, (uint32_t)flow->port);
		}
	}
	if (cell->state == TTR_CELL_ANSWERED &&
	    (ttr_engine_row_out(e, flow->port, ttl) ||
	     !ttr_arrival_is_nearer(e, match->probe, reply))) { /* by another attempt */
		ttr_balance_compare(e, match->probe, reply);
		ttr_cells_answered_again(e, match->probe);
		return;
	}
	if (ttr_engine_row_out(e, flow->port, ttl) || (!in_time && e->settings.wait_ns)) {
		take_late(e, match->probe);
		return;
	}
	if (!in_time)
		take_late(e, match->probe);
	ttr_cells_fill(e, match->probe, reply, match->evidence);
}

void ttr_engine_resent(struct ttr_engine *e, uint32_t probe, unsigned int times)
{
	struct ttr_cell *cell = ttr_engine_cell_of(e, probe);

	e->grid.counters.probes_sent += times;
	cell->attempts =
		cell->attempts + times < UINT8_MAX ? (uint8_t)(cell->attempts + times) : UINT8_MAX;
}

void ttr_engine_answer(struct ttr_engine *e, uint32_t probe, const struct ttr_reply *reply)
{
	const struct ttr_match match = {
		.kind = TTR_MATCH_PROBE,
		.flow = e->probes[probe].flow,
		.probe = probe,
		.evidence = TTR_EVIDENCE_EXACT,
	};

	take_answer(e, &match, reply);
	e->grid.counters.replies++;
	digest(e, e->flows.all[match.flow].port, reply->at);
}

/* What nameless quotes leave open is asked as the answers come: silence does not go on with it. */
static void name(struct ttr_engine *e, const struct ttr_match *match)
{
	if (e->nameless && !e->crowd.active)
		ttr_cells_name(e, e->flows.all[match->flow].port);
}

/* The kernel's own resets, on their way out: they are nobody's answers. */
static bool is_from_us(const struct ttr_engine *e, const struct ttr_reply *reply)
{
	return reply->kind == TTR_REPLY_TCP && ttr_addr_equal(&reply->source, &e->source) &&
	       !ttr_addr_equal(&e->source, &e->target);
}

bool ttr_engine_reply(struct ttr_engine *e, const struct ttr_reply *reply)
{
	struct ttr_match match = ttr_matcher_find(e, reply);

	e->unnamed |= match.kind == TTR_MATCH_UNNAMED || match.id_rewritten;
	if ((match.kind == TTR_MATCH_PROBE || match.kind == TTR_MATCH_FLOW) &&
	    ttr_closed_take(e, match.flow, reply)) {
		e->grid.counters.replies++;
		return true;
	}
	switch (match.kind) {
	case TTR_MATCH_OWN:
		if (!e->probes[match.probe].on_wire &&
		    e->probes[match.probe].state == TTR_PROBE_SENT) {
			e->probes[match.probe].on_wire = true;
			e->probes[match.probe].sent = reply->at;
		}
		return true;
	case TTR_MATCH_PROBE:
		take_answer(e, &match, reply);
		name(e, &match);
		break;
	case TTR_MATCH_SHIFTED:
		if (!ttr_flow_believes_shift(&e->flows.all[match.flow], match.probe, match.shift,
					     match.proven)) {
			e->grid.counters.foreign++;
			return false;
		}
		take_answer(e, &match, reply);
		break;
	case TTR_MATCH_FLOW:
		ttr_arrival_note(e, match.flow, reply, match.proof);
		break;
	case TTR_MATCH_UNNAMED:
		e->grid.counters.foreign++;
		e->nameless = true;
		name(e, &match);
		digest(e, e->flows.all[match.flow].port, reply->at);
		return false;
	default:
		e->grid.counters.foreign += !is_from_us(e, reply);
		return false;
	}
	e->grid.counters.replies++;
	digest(e, e->flows.all[match.flow].port, reply->at);
	return true;
}

void ttr_engine_timeout(struct ttr_engine *e, uint32_t probe, struct ttr_mono now)
{
	size_t port = e->flows.all[e->probes[probe].flow].port;

	if (e->probes[probe].state != TTR_PROBE_SENT || !e->probes[probe].armed.ns)
		return;
	e->probes[probe].armed.ns = 0;
	e->armed--;
	ttr_deadline_passed(e, probe, now);
	digest(e, port, now);
}

void ttr_engine_wake(struct ttr_engine *e, struct ttr_mono now)
{
	e->wake.ns = 0;
	if (e->stopped)
		return;
	ttr_launch(e, now);
	for (size_t port = 0; port < e->grid.port_count; port++) {
		if (e->pending[port])
			digest(e, port, now);
		ttr_closed_wake(e, port, now);
	}
}

/* What is open at the end of the time counts as silent; what was cut short stays open. */
static void give_up(struct ttr_engine *e, size_t port)
{
	for (unsigned int ttl = e->next_row[port]; ttl <= ttr_grid_last_row(&e->grid, port);
	     ttl++) {
		for (unsigned int q = 0; q < e->grid.queries; q++) {
			struct ttr_cell *cell = ttr_grid_cell(&e->grid, port, ttl, q);

			if (cell->state == TTR_CELL_ASKED)
				ttr_cells_expire(e, ttr_engine_probe_number(e, port, ttl, q, 0), 0);
			else if (cell->state == TTR_CELL_IDLE)
				cell->state = TTR_CELL_SILENT;
		}
	}
}

void ttr_engine_resume(struct ttr_engine *e, struct ttr_mono now)
{
	e->resumed = now;
	for (uint32_t first = 0; first < e->probe_count; first += TTR_TRIES_MAX)
		ttr_cells_renew(e, first);
}

void ttr_engine_stop(struct ttr_engine *e, struct ttr_mono now, bool with_timeouts)
{
	if (e->stopped || e->ended)
		return;
	e->stopped = true;
	e->wake.ns = 0;
	for (uint32_t probe = 0; probe < e->probe_count; probe++)
		ttr_cells_unqueue(e, probe);
	for (size_t port = 0; port < e->grid.port_count; port++) {
		if (e->pending[port])
			ttr_arrival_settle(e, port, now);
		if (with_timeouts)
			give_up(e, port);
		ttr_fifo_push(&e->rows, (uint32_t)port);
	}
	e->grid.cut_short = !with_timeouts;
}

struct ttr_segment ttr_engine_segment(const struct ttr_engine *e, uint32_t probe)
{
	const struct ttr_probe *p = &e->probes[probe];
	const struct ttr_flow *flow = &e->flows.all[p->flow];

	return (struct ttr_segment){
		.source = e->source,
		.target = e->target,
		.source_port = flow->key.source_port,
		.target_port = e->port_numbers[flow->port],
		.ttl = TTR_INDEX_TTL(p->index),
		.tos = e->settings.tos,
		.dont_fragment = e->settings.dont_fragment,
		.ip_id = (uint16_t)(flow->key.ip_id + p->index),
		.seq = ttr_flow_seq(&e->flows, flow, p->index),
		.ack = ttr_flow_ack(&e->flows, flow, p->index),
		.flags = e->settings.flags,
		.style = e->settings.style,
		.ts_value = flow->key.ts_value + p->index,
		.length = e->settings.length,
	};
}
