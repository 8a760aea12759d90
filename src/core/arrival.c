/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

/* The answers to one burst of SYNs come together, but for the path's jitter. */
#define SETTLE_NS (10 * TTR_NS_PER_MS)
#define SETTLE_RTT_PART 8

/* As many silent routers as copies of answers may hide. */
#define SILENT_TTLS 2

/* What a flow has beyond the last router of its query. */
struct beyond {
	unsigned int open; /* probes sent, not answered by anyone else */
	uint32_t lowest;   /* the one with the lowest TTL */
	bool unsent;       /* some are still queued */
	bool passed;       /* another flow met a router behind `lowest`: its way may be longer, and
			      the flow's own answer be for that TTL */
};

uint32_t ttr_arrival_probe_at(const struct ttr_engine *engine, uint32_t flow, unsigned int ttl)
{
	const struct ttr_flow *f = &engine->flows.all[flow];

	for (unsigned int attempt = 0; attempt < TTR_TRIES_MAX; attempt++) {
		uint32_t number = ttr_engine_probe_number(engine, f->port, ttl, f->query, attempt);

		if (engine->probes[number].state != TTR_PROBE_FREE &&
		    engine->probes[number].flow == flow)
			return number;
	}
	return TTR_PROBE_NONE;
}

/* It has one TTL, whatever another way has there. */
static bool has_one_ttl(const struct ttr_engine *engine, const struct ttr_flow *f)
{
	return f->sole != TTR_PROBE_NONE || engine->settings.track_port;
}

/* Another flow met a router there: this one's answer may have been lost. */
static bool is_passed(const struct ttr_engine *engine, const struct ttr_flow *f, unsigned int ttl)
{
	return !has_one_ttl(engine, f) &&
	       ttr_grid_cell(&engine->grid, f->port, ttl, f->query)->answer ==
		       TTR_ANSWER_TIME_EXCEEDED;
}

static struct beyond look_beyond(const struct ttr_engine *engine, uint32_t flow)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	unsigned int ttl = ttr_engine_query(engine, f->port, f->query)->own_beyond + 1u;
	struct beyond b = {.lowest = TTR_PROBE_NONE};

	/* What was given out is settled: first_ttl is the least that next_row can be. */
	if (has_one_ttl(engine, f) || ttl < engine->next_row[f->port])
		ttl = engine->next_row[f->port];
	for (; ttl <= engine->grid.max_ttl; ttl++) {
		uint32_t number = ttr_arrival_probe_at(engine, flow, ttl);

		if (number == TTR_PROBE_NONE)
			continue;
		if (is_passed(engine, f, ttl)) {
			b.passed |= b.lowest != TTR_PROBE_NONE;
			continue;
		}
		if (engine->probes[number].state == TTR_PROBE_QUEUED) {
			b.unsent = true;
		} else if (engine->probes[number].state != TTR_PROBE_ANSWERED) {
			if (b.lowest == TTR_PROBE_NONE)
				b.lowest = number;
			b.open++;
		}
	}
	return b;
}

static uint32_t first_flow(const struct ttr_engine *engine, size_t port)
{
	return ttr_flows_next_of_port(&engine->flows, port, TTR_FLOW_NONE);
}

static void forget(struct ttr_engine *engine, struct ttr_flow *f)
{
	f->pending = false;
	engine->pending[f->port]--;
	engine->news[f->port] = true;
	ttr_fifo_push(&engine->rows, (uint32_t)f->port); /* one may have been kept open for it */
}

/* Flows that balancers may send another way than the query's. */
static bool goes_its_own_way(const struct ttr_engine *engine, uint32_t probe)
{
	const struct ttr_flow *flow = &engine->flows.all[engine->probes[probe].flow];

	return flow->sole != TTR_PROBE_NONE && !flow->twin;
}

bool ttr_arrival_is_nearer(const struct ttr_engine *engine, uint32_t probe,
			   const struct ttr_reply *reply)
{
	const struct ttr_cell *cell = ttr_engine_cell_of(engine, probe);
	const uint32_t answered = probe - probe % TTR_TRIES_MAX + cell->answered_attempt;

	return cell->answer == TTR_ANSWER_TIME_EXCEEDED && reply->kind == TTR_REPLY_TCP &&
	       goes_its_own_way(engine, answered) && !goes_its_own_way(engine, probe);
}

static void credit(struct ttr_engine *engine, uint32_t flow, uint32_t probe,
		   enum ttr_evidence evidence)
{
	struct ttr_flow *f = &engine->flows.all[flow];
	unsigned int ttl = TTR_INDEX_TTL(engine->probes[probe].index);

	forget(engine, f);
	f->credited = probe;
	if (ttr_engine_row_out(engine, f->port, ttl)) {
		engine->grid.counters.late++;
		ttr_engine_cell_of(engine, probe)->late = true;
	} else if (ttr_engine_cell_of(engine, probe)->state != TTR_CELL_ANSWERED ||
		   ttr_arrival_is_nearer(engine, probe, &f->arrival)) {
		ttr_cells_fill(engine, probe, &f->arrival, evidence);
	}
}

bool ttr_arrival_is_reset(const struct ttr_flow *flow)
{
	return flow->answers > 0 && flow->proof == TTR_PROOF_FULL &&
	       flow->arrival.tcp.flags & TTR_TCP_RST;
}

/*
 * The TTL whose probe was the first to arrive, as far as the number of answers tells: a closed port
 * answers every probe. Some may be lost, so it is an upper bound.
 */
static unsigned int estimate(const struct ttr_engine *engine, const struct ttr_flow *f,
			     const struct beyond *b)
{
	unsigned int ttl = TTR_INDEX_TTL(engine->probes[b->lowest].index);

	if (f->answers >= b->open)
		return ttl;
	if (f->arrival.tcp.flags & TTR_TCP_RST)
		return ttl + b->open - f->answers;
	return ttl + TTR_CONFIRM_TTLS - 1;
}

/* False if there is nothing left to ask or wait for. */
static bool confirm(struct ttr_engine *engine, const struct ttr_flow *f, const struct beyond *b)
{
	unsigned int likely = estimate(engine, f, b) + (f->answers < b->open ? 0 : SILENT_TTLS);

	return ttr_confirm_ask(engine, f, TTR_INDEX_TTL(engine->probes[b->lowest].index), likely);
}

/* A twin of the flow arrived: it has said how far the host is on this way, or that it is farther
 * than the others found it. */
static bool twin_arrived(const struct ttr_engine *engine, const struct ttr_flow *f)
{
	for (size_t i = engine->flows.query_flows; i < engine->flows.next_spare; i++) {
		const struct ttr_flow *other = &engine->flows.all[i];

		if (other->twin && other->answers > 0 && other->port == f->port &&
		    other->query == f->query)
			return true;
	}
	return false;
}

/* More answers than probes: some are copies, so their number says nothing. What got none on the
 * same way, with other numbers, did not get there. */
static bool is_contradicted(const struct ttr_engine *engine, uint32_t flow, const struct beyond *b)
{
	const struct ttr_flow *f = &engine->flows.all[flow];

	return f->answers > b->open &&
	       ttr_confirm_was_asked_on_twin(engine, f,
					     TTR_INDEX_TTL(engine->probes[b->lowest].index));
}

static bool end_is_answered(const struct ttr_engine *engine, const struct ttr_flow *f)
{
	unsigned int end = engine->grid.ports[f->port].end_ttl;

	return end &&
	       ttr_grid_cell(&engine->grid, f->port, end, f->query)->state == TTR_CELL_ANSWERED;
}

/*
 * Fresh flows did not help. The number of answers says how many probes got through; a lower TTL
 * than that can only be a router. That the flow has arrived is worth no distance, but counts where
 * another flow has found the host right behind this one's last router, and as many answers came as
 * probes went there. An answer that proves nothing is dropped.
 */
static void resign(struct ttr_engine *engine, uint32_t flow, const struct beyond *b)
{
	struct ttr_flow *f = &engine->flows.all[flow];
	unsigned int end = engine->grid.ports[f->port].end_ttl;
	uint32_t probe = TTR_PROBE_NONE;

	if (twin_arrived(engine, f) || end_is_answered(engine, f) ||
	    is_contradicted(engine, flow, b)) {
		forget(engine, f);
		return;
	}
	if (f->proof == TTR_PROOF_ARRIVED && f->answers >= b->open &&
	    end == TTR_INDEX_TTL(engine->probes[b->lowest].index))
		probe = b->lowest;
	else if (f->proof == TTR_PROOF_FULL && f->arrival.tcp.flags & TTR_TCP_RST)
		probe = ttr_arrival_probe_at(engine, flow, estimate(engine, f, b));
	if (f->proof == TTR_PROOF_FULL && probe == TTR_PROBE_NONE)
		probe = b->lowest;
	if (probe == TTR_PROBE_NONE || TTR_INDEX_TTL(engine->probes[probe].index) <=
					       ttr_engine_query(engine, f->port, f->query)->beyond)
		forget(engine, f);
	else
		credit(engine, flow, probe,
		       ttr_arrival_is_reset(f) && f->answers == b->open ? TTR_EVIDENCE_EXACT
									: TTR_EVIDENCE_SUPPOSED);
}

static int64_t arrival_rtt_ns(const struct ttr_engine *engine, const struct ttr_flow *f,
			      uint32_t probe)
{
	return f->arrival.at.ns - engine->probes[probe].sent.ns;
}

/* Less than full proof counts when a fresh flow says the same: a forger would have to hit two
 * ports. */
static bool is_believable(const struct ttr_engine *engine, uint32_t flow, const struct beyond *b)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	uint32_t first =
		ttr_flows_of_query(&engine->flows, &engine->settings, f->port,
				   TTR_INDEX_TTL(engine->probes[b->lowest].index), f->query);

	if (f->proof == TTR_PROOF_FULL)
		return true;
	return flow >= engine->flows.query_flows && engine->flows.all[first].answers > 0;
}

/* The probe that was surely answered; TTR_PROBE_NONE while there is doubt. */
static uint32_t certain_probe(const struct ttr_engine *engine, uint32_t flow,
			      const struct beyond *b)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	unsigned int end = engine->grid.ports[f->port].end_ttl;

	if (!is_believable(engine, flow, b))
		return TTR_PROBE_NONE;
	if (b->open == 1 && (!b->passed || engine->crowd.active))
		return b->lowest;
	/* Among many ports a copy of an answer, or a path of another length, may pass for the
	 * truth; one port is asked. */
	if (!engine->crowd.active)
		return TTR_PROBE_NONE;
	if (f->answers >= b->open)
		return b->lowest;
	/* Another flow named the distance. With a window the probes are not of one moment, so that
	 * the first answer's time would not be known. */
	if (end < TTR_INDEX_TTL(engine->probes[b->lowest].index) || engine->settings.window)
		return TTR_PROBE_NONE;
	return ttr_arrival_probe_at(engine, flow, end);
}

/* By a flow that may have gone a longer way than this one, which can still be asked. */
static bool end_is_anothers(const struct ttr_engine *engine, const struct ttr_flow *f,
			    const struct beyond *b)
{
	unsigned int end = engine->grid.ports[f->port].end_ttl;
	const struct ttr_cell *cell = ttr_grid_cell(&engine->grid, f->port, end, f->query);
	uint32_t probe =
		ttr_engine_probe_number(engine, f->port, end, f->query, cell->answered_attempt);
	const struct ttr_flow *answered = &engine->flows.all[engine->probes[probe].flow];

	return cell->answer != TTR_ANSWER_TIME_EXCEEDED && answered->sole != TTR_PROBE_NONE &&
	       !answered->twin && !engine->crowd.active && ttr_arrival_is_reset(f) &&
	       TTR_INDEX_TTL(engine->probes[b->lowest].index) < end;
}

/* Another flow is about to find the distance, at which this one will count as well. */
static bool distance_is_near(const struct ttr_engine *engine, const struct ttr_flow *f)
{
	if (f->proof != TTR_PROOF_ARRIVED || engine->grid.ports[f->port].end_ttl || engine->stopped)
		return false;
	for (uint32_t i = first_flow(engine, f->port); i != TTR_FLOW_NONE;
	     i = ttr_flows_next_of_port(&engine->flows, f->port, i))
		if (engine->flows.all[i].pending && engine->flows.all[i].proof == TTR_PROOF_FULL)
			return true;
	return false;
}

/*
 * The port is closed, and most SYNs that got as far as the end were not answered: the host limits
 * its resets. Then silence right before the end may be the host's.
 */
static bool resets_are_missing(const struct ttr_engine *engine, uint32_t flow)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	unsigned int end = engine->grid.ports[f->port].end_ttl, sent = 0;

	if (engine->crowd.active || has_one_ttl(engine, f) || !ttr_arrival_is_reset(f))
		return false;
	for (unsigned int ttl = end; ttl <= engine->grid.max_ttl; ttl++)
		sent += ttr_arrival_probe_at(engine, flow, ttl) != TTR_PROBE_NONE;
	return f->answers * 2u < sent;
}

/* Then the TTL right before the end is asked, once the other answers had time to come. */
static bool may_be_nearer(const struct ttr_engine *engine, uint32_t flow, const struct beyond *b)
{
	unsigned int end = engine->grid.ports[engine->flows.all[flow].port].end_ttl;

	return !engine->stopped && resets_are_missing(engine, flow) &&
	       TTR_INDEX_TTL(engine->probes[b->lowest].index) < end;
}

/* Nobody named a probe that the host answered there. */
static bool is_supposed(const struct ttr_engine *engine, size_t port, unsigned int end)
{
	const struct ttr_cell *cells = ttr_grid_row(&engine->grid, port, end);
	bool supposed = false;

	for (unsigned int q = 0; q < engine->grid.queries; q++) {
		if (cells[q].state != TTR_CELL_ANSWERED ||
		    cells[q].answer == TTR_ANSWER_TIME_EXCEEDED)
			continue;
		if (cells[q].evidence != TTR_EVIDENCE_SUPPOSED)
			return false;
		supposed = true;
	}
	return supposed;
}

bool ttr_arrival_is_uncertain(const struct ttr_engine *engine, size_t port)
{
	unsigned int end = engine->grid.ports[port].end_ttl;

	if (end && is_supposed(engine, port, end))
		return true;
	if (end <= engine->grid.first_ttl ||
	    ttr_engine_row(engine, port, end - 1)->smallest_ns >= 0)
		return false;
	for (uint32_t i = first_flow(engine, port); i != TTR_FLOW_NONE;
	     i = ttr_flows_next_of_port(&engine->flows, port, i))
		if (resets_are_missing(engine, i))
			return true;
	return false;
}

static void settle_flow(struct ttr_engine *engine, uint32_t flow, struct ttr_mono now)
{
	struct ttr_flow *f = &engine->flows.all[flow];
	struct beyond b = look_beyond(engine, flow);
	uint32_t probe;
	int64_t due;

	/* Nobody says when the last of them is sent. */
	if (b.unsent && !engine->stopped) {
		ttr_engine_want_wake(engine, (struct ttr_mono){now.ns + SETTLE_NS});
		return;
	}
	if (b.lowest == TTR_PROBE_NONE) {
		forget(engine, f);
		return;
	}
	due = f->arrival.at.ns + SETTLE_NS + arrival_rtt_ns(engine, f, b.lowest) / SETTLE_RTT_PART;
	if (f->proof == TTR_PROOF_PORTS && engine->grid.counters.foreign >= TTR_STRANGERS_MAX) {
		forget(engine, f);
		return;
	}
	/* Who guesses shows himself in that time. */
	if (f->proof == TTR_PROOF_PORTS && now.ns < due && !engine->stopped) {
		ttr_engine_want_wake(engine, (struct ttr_mono){due});
		return;
	}
	probe = certain_probe(engine, flow, &b);
	if (probe != TTR_PROBE_NONE) {
		credit(engine, flow, probe, TTR_EVIDENCE_EXACT);
		return;
	}
	if (end_is_answered(engine, f) && !end_is_anothers(engine, f, &b)) {
		bool nearer = may_be_nearer(engine, flow, &b);

		if (nearer && now.ns < due)
			ttr_engine_want_wake(engine, (struct ttr_mono){due});
		else if (!nearer || !ttr_confirm_before_end(engine, f))
			forget(engine, f);
		return;
	}
	if (now.ns < due && f->answers < b.open)
		ttr_engine_want_wake(engine, (struct ttr_mono){due});
	else if ((engine->stopped || !confirm(engine, f, &b)) && !distance_is_near(engine, f))
		resign(engine, flow, &b);
}

void ttr_arrival_settle(struct ttr_engine *engine, size_t port, struct ttr_mono now)
{
	uint16_t before;

	/* What one flow settles may settle others: again until nothing changes. */
	do {
		before = engine->pending[port];
		for (uint32_t i = first_flow(engine, port); i != TTR_FLOW_NONE;
		     i = ttr_flows_next_of_port(&engine->flows, port, i))
			if (engine->flows.all[i].pending)
				settle_flow(engine, i, now);
	} while (engine->pending[port] > 0 && engine->pending[port] < before);
}

int64_t ttr_arrival_rtt_ns(const struct ttr_engine *engine, size_t port)
{
	int64_t best = -1;

	if (engine->pending[port] == 0)
		return -1;
	for (uint32_t i = first_flow(engine, port); i != TTR_FLOW_NONE;
	     i = ttr_flows_next_of_port(&engine->flows, port, i)) {
		const struct ttr_flow *f = &engine->flows.all[i];
		struct beyond b;

		if (!f->pending)
			continue;
		b = look_beyond(engine, i);
		if (b.lowest == TTR_PROBE_NONE)
			continue;
		if (best < 0 || arrival_rtt_ns(engine, f, b.lowest) < best)
			best = arrival_rtt_ns(engine, f, b.lowest);
	}
	return best;
}
