/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

/* What even the nearest host may take longer than the last time. */
#define SLACK_NS (20 * TTR_NS_PER_MS)

/* An answer that decides nothing is followed by so many more questions, if they stay silent. */
#define UNDECIDED_ASKS 3

/* True if the row was answered, and with nothing else. */
static bool all_answers_are(const struct ttr_engine *e, size_t port, unsigned int end,
			    enum ttr_answer answer)
{
	const struct ttr_cell *cells = ttr_grid_row(&e->grid, port, end);
	bool answered = false;

	for (unsigned int q = 0; q < e->grid.queries; q++) {
		if (cells[q].state != TTR_CELL_ANSWERED)
			continue;
		if (cells[q].answer != answer)
			return false;
		answered = true;
	}
	return answered;
}

/*
 * It arrived, but the word that decides was lost: a Linux host acknowledges a half-open
 * connection's further SYNs with no SYN of its own (traps T1). A single port has asked again before
 * it is said to have arrived (arrival.c).
 */
static bool is_undecided(const struct ttr_engine *e, size_t port, unsigned int end)
{
	return e->crowd.active && all_answers_are(e, port, end, TTR_ANSWER_TCP);
}

/* Resets are all that came, and all on one flow. */
static bool is_doubtful(const struct ttr_engine *e, size_t port, unsigned int end)
{
	unsigned int flows = 0;
	uint32_t flow = TTR_FLOW_NONE;

	if (!all_answers_are(e, port, end, TTR_ANSWER_RST))
		return false;
	while ((flow = ttr_flows_next_of_port(&e->flows, port, flow)) != TTR_FLOW_NONE)
		flows += e->flows.all[flow].answers > 0 && !e->flows.all[flow].twin;
	return flows < 2;
}

/*
 * Of many ports most are asked once where the host is, on a fresh flow: a reset that answers that
 * is no half-open connection's. Scouts, and who was asked again, have more SYNs on their flow.
 */
static bool was_alone(const struct ttr_engine *e, size_t port, unsigned int end)
{
	const uint32_t flow = ttr_flows_of_query(&e->flows, &e->settings, port, end, 0);
	unsigned int syns = 0;

	for (unsigned int ttl = end; ttl <= e->grid.max_ttl; ttl++)
		for (unsigned int i = 0; i < TTR_TRIES_MAX; i++) {
			const uint32_t probe = ttr_engine_probe_number(e, port, ttl, 0, i);

			syns += e->probes[probe].state >= TTR_PROBE_SENT &&
				e->probes[probe].flow == flow;
		}
	return e->grid.queries == 1 && syns < 2;
}

/* The last query's cell of the farthest row: what becomes of it is not looked at. */
static bool ask(struct ttr_engine *e, size_t port)
{
	struct ttr_closing *closing = &e->closing[port];

	if (e->flows.next_spare >= e->flows.count)
		return false;
	closing->probe = ttr_cells_ask_aside(e, port, e->grid.max_ttl,
					     (unsigned int)e->grid.queries - 1, TTR_ON_FRESH);
	if (closing->probe == TTR_PROBE_NONE)
		return false;
	closing->flow = e->probes[closing->probe].flow;
	closing->state = TTR_CLOSING_ASKED;
	closing->due.ns = 0;
	closing->asks++;
	return true;
}

static bool wants(const struct ttr_engine *e, size_t port, unsigned int end)
{
	if (is_undecided(e, port, end))
		return true;
	return is_doubtful(e, port, end) && !(e->crowd.active && was_alone(e, port, end));
}

bool ttr_closed_is_asked(struct ttr_engine *e, size_t port, unsigned int ttl)
{
	struct ttr_closing *closing = &e->closing[port];

	/* Where probes have a life, each is a connection of its own already. */
	if (e->stopped || e->life_ns || ttl != e->grid.ports[port].end_ttl)
		return false;
	if (closing->state == TTR_CLOSING_OPEN && (!wants(e, port, ttl) || !ask(e, port)))
		closing->state = TTR_CLOSING_DONE;
	return closing->state == TTR_CLOSING_ASKED;
}

static void finish(struct ttr_engine *e, size_t port)
{
	e->closing[port].state = TTR_CLOSING_DONE;
	ttr_fifo_push(&e->rows, (uint32_t)port);
}

void ttr_closed_sent(struct ttr_engine *e, uint32_t probe)
{
	size_t port = e->flows.all[e->probes[probe].flow].port;
	struct ttr_closing *closing = &e->closing[port];
	int64_t wait_ns;

	if (closing->state != TTR_CLOSING_ASKED || closing->probe != probe)
		return;
	wait_ns = ttr_engine_row(e, port, e->grid.ports[port].end_ttl)->largest_ns;
	if (e->crowd.active && wait_ns < e->crowd.arrivals.largest_ns)
		wait_ns = e->crowd.arrivals.largest_ns;
	wait_ns += wait_ns / 4 + SLACK_NS;
	if (e->settings.wait_ns)
		wait_ns = e->settings.wait_ns;
	closing->due.ns = e->probes[probe].sent.ns + wait_ns;
	ttr_engine_want_wake(e, closing->due);
}

/* False if nobody answered, and that is that. */
static bool ask_again(struct ttr_engine *e, size_t port)
{
	return e->closing[port].asks < UNDECIDED_ASKS &&
	       is_undecided(e, port, e->grid.ports[port].end_ttl) && ask(e, port);
}

void ttr_closed_wake(struct ttr_engine *e, size_t port, struct ttr_mono now)
{
	const struct ttr_closing *closing = &e->closing[port];

	if (closing->state != TTR_CLOSING_ASKED)
		return;
	if (e->probes[closing->probe].state == TTR_PROBE_FREE)
		finish(e, port);
	else if (closing->due.ns && closing->due.ns <= now.ns && !ask_again(e, port))
		finish(e, port);
	else if (closing->due.ns)
		ttr_engine_want_wake(e, closing->due);
}

bool ttr_closed_take(struct ttr_engine *e, uint32_t flow, const struct ttr_reply *reply)
{
	size_t port = e->flows.all[flow].port;
	struct ttr_closing *closing = &e->closing[port];

	if (closing->state != TTR_CLOSING_ASKED || closing->flow != flow)
		return false;
	switch (ttr_answer_of(reply)) {
	case TTR_ANSWER_SYN_ACK:
		ttr_cells_overrule(e, port, closing->probe, reply);
		break;
	case TTR_ANSWER_RST:
		if (is_undecided(e, port, e->grid.ports[port].end_ttl))
			ttr_cells_overrule(e, port, closing->probe, reply);
		break;
	default:
		break;
	}
	finish(e, port);
	return true;
}
