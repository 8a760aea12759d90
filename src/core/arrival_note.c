/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

static bool is_syn_ack(const struct ttr_reply *reply)
{
	return (reply->tcp.flags & (TTR_TCP_SYN | TTR_TCP_ACK | TTR_TCP_RST)) ==
	       (TTR_TCP_SYN | TTR_TCP_ACK);
}

/* More answers than probes that can have got through: some are copies. */
static void count_duplicate(struct ttr_engine *engine, uint32_t flow)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	struct ttr_cell *cell = ttr_engine_cell_of(engine, f->credited);
	unsigned int reaching = 0;
	unsigned int ttl = TTR_INDEX_TTL(engine->probes[f->credited].index);

	/* There the nearest probes go last, and may still turn out to have arrived. */
	if (engine->crowd.active)
		ttl = ttr_engine_query(engine, f->port, f->query)->beyond + 1u;
	if (ttl < engine->grid.first_ttl)
		ttl = engine->grid.first_ttl;
	for (; ttl <= engine->grid.max_ttl; ttl++)
		if (ttr_arrival_probe_at(engine, flow, ttl) != TTR_PROBE_NONE)
			reaching++;
	if (f->answers <= reaching)
		return;
	engine->grid.counters.duplicates++;
	if (cell->duplicates < UINT16_MAX)
		cell->duplicates++;
}

/* A later answer to a flow that was credited: only an open port's word can still change anything
 * (traps T1). */
static void note_again(struct ttr_engine *engine, uint32_t flow, const struct ttr_reply *reply)
{
	const struct ttr_flow *f = &engine->flows.all[flow];
	const struct ttr_cell *cell = ttr_engine_cell_of(engine, f->credited);
	unsigned int ttl = TTR_INDEX_TTL(engine->probes[f->credited].index);

	if (is_syn_ack(reply) && cell->answer != TTR_ANSWER_SYN_ACK &&
	    !ttr_engine_row_out(engine, f->port, ttl))
		ttr_cells_fill(engine, f->credited, reply, cell->evidence);
	else
		count_duplicate(engine, flow);
	engine->flows.all[flow].arrival = *reply;
}

/* Answers that prove nothing must not be taken for the number of probes that got through. */
static bool counts(struct ttr_flow *f, enum ttr_proof proof)
{
	const bool known = f->pending || f->credited != TTR_PROBE_NONE;

	if (!known || proof == f->proof)
		return true;
	if (f->pending && f->proof == TTR_PROOF_PORTS)
		f->answers = 0;
	return proof != TTR_PROOF_PORTS;
}

void ttr_arrival_note(struct ttr_engine *engine, uint32_t flow, const struct ttr_reply *reply,
		      enum ttr_proof proof)
{
	struct ttr_flow *f = &engine->flows.all[flow];

	if (!counts(f, proof))
		return;
	if (f->answers < UINT16_MAX)
		f->answers++;
	if (f->credited != TTR_PROBE_NONE) {
		note_again(engine, flow, reply);
		return;
	}
	if (!f->pending) {
		engine->pending[f->port]++;
		engine->news[f->port] = true;
		f->pending = true;
		f->proof = proof;
		f->arrival = *reply;
		return;
	}
	if (proof > f->proof || (is_syn_ack(reply) && !is_syn_ack(&f->arrival)))
		f->arrival = *reply;
	if (proof > f->proof)
		f->proof = proof;
}
