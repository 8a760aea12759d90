/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/engine_state.h"

/* A token is believed to be there a little later than arithmetic says: clocks and paths differ. */
#define TOKEN_SLACK_NS (50 * TTR_NS_PER_MS)

/* Who is going to answer has done so by then, but for a satellite's path. */
#define SILENT_NS TTR_NS_PER_S

/* Fewer rows than that say nothing about a path. */
#define ROWS_TO_JUDGE 2

static unsigned int ttl_of(const struct ttr_engine *e, uint32_t probe)
{
	return TTR_INDEX_TTL(e->probes[probe].index);
}

void ttr_limits_sent(struct ttr_engine *e, uint32_t probe)
{
	struct ttr_probe *p = &e->probes[probe];

	p->charge = ttr_routers_take(&e->routers, ttl_of(e, probe), p->sent.ns);
}

/* A segment comes from the destination: no router was asked. */
void ttr_limits_answered(struct ttr_engine *e, uint32_t probe, const struct ttr_reply *reply)
{
	struct ttr_probe *p = &e->probes[probe];

	if (p->trial && !p->judged && reply->kind == TTR_REPLY_TCP)
		ttr_routers_trial_over(&e->routers, ttl_of(e, probe));
	else if (p->trial && !p->judged)
		ttr_routers_trial_passed(&e->routers, ttl_of(e, probe));
	p->judged = true;
	if (reply->kind == TTR_REPLY_TCP)
		ttr_routers_give_back(&e->routers, p->charge);
	else
		p->charge = ttr_routers_answered(&e->routers, ttl_of(e, probe), p->charge,
						 &reply->source, p->sent.ns, reply->at.ns);
}

bool ttr_limits_path_goes_on(const struct ttr_engine *e, size_t port, unsigned int ttl,
			     unsigned int query)
{
	unsigned int end = e->grid.ports[port].end_ttl;

	if (ttl <= ttr_engine_query(e, port, query)->beyond)
		return ttl < ttr_engine_query(e, port, query)->beyond;
	return ttl < end && ttr_grid_cell(&e->grid, port, end, query)->state == TTR_CELL_ANSWERED;
}

void ttr_limits_missing(struct ttr_engine *e, uint32_t probe, struct ttr_mono now)
{
	struct ttr_probe *p = &e->probes[probe];
	const struct ttr_flow *flow = &e->flows.all[p->flow];

	if (p->judged)
		return;
	p->judged = true;
	if (p->trial)
		ttr_routers_trial_missed(&e->routers, ttl_of(e, probe), p->charge, p->sent.ns,
					 now.ns);
	else if (ttr_limits_path_goes_on(e, flow->port, ttl_of(e, probe), flow->query))
		ttr_routers_lost(&e->routers, p->charge, p->sent.ns, now.ns);
}

void ttr_limits_ignored(struct ttr_engine *e, uint32_t probe)
{
	struct ttr_probe *p = &e->probes[probe];

	if (p->trial && !p->judged)
		ttr_routers_trial_over(&e->routers, ttl_of(e, probe));
	p->judged = true;
}

/* It answers with segments, which no such limit is for. */
static bool is_host(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(&e->grid, port, ttl);

	if (!e->grid.ports[port].end_ttl || ttl < e->grid.ports[port].end_ttl)
		return false;
	for (unsigned int q = 0; q < e->grid.queries; q++)
		if (cells[q].state == TTR_CELL_ANSWERED)
			return cells[q].answer != TTR_ANSWER_UNREACHABLE;
	return false;
}

/* Until when a row is given time to say something. */
static int64_t silence_ns(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	const struct ttr_probe *first = &e->probes[ttr_engine_probe_number(e, port, ttl, 0, 0)];

	return first->sent.ns ? first->sent.ns + SILENT_NS : INT64_MAX;
}

static bool is_silent(const struct ttr_engine *e, size_t port, unsigned int ttl,
		      struct ttr_mono now)
{
	return !ttr_routers_answer(&e->routers, ttl) &&
	       (now.ns >= silence_ns(e, port, ttl) ||
		ttr_grid_cell(&e->grid, port, ttl, 0)->state == TTR_CELL_SILENT);
}

bool ttr_limits_admit(struct ttr_engine *e, size_t port, unsigned int ttl, struct ttr_mono now)
{
	return ttr_routers_admit(&e->routers, ttl, now.ns) || is_host(e, port, ttl) ||
	       is_silent(e, port, ttl, now);
}

struct ttr_mono ttr_limits_open(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	int64_t open_ns = ttr_routers_open_ns(&e->routers, ttl) + TOKEN_SLACK_NS;
	int64_t silence = silence_ns(e, port, ttl);

	return (struct ttr_mono){
		open_ns > silence && !ttr_routers_answer(&e->routers, ttl) ? silence : open_ns};
}

/* A silent cell. What was not asked, of a row that has had its burst, was held back. */
static bool may_be_limits(const struct ttr_engine *e, size_t port, unsigned int ttl, unsigned int q)
{
	uint32_t first = ttr_engine_probe_number(e, port, ttl, q, 0);

	if (ttr_grid_cell(&e->grid, port, ttl, q)->attempts == 0)
		return ttr_engine_row(e, port, ttl)->asks >= TTR_ROW_ASKS &&
		       ttr_routers_answer(&e->routers, ttl);
	return ttr_limits_path_goes_on(e, port, ttl, q) &&
	       ttr_routers_may_have_limited(&e->routers, ttl, e->probes[first].sent.ns);
}

void ttr_limits_mark(struct ttr_engine *e, size_t port, unsigned int ttl)
{
	struct ttr_cell *cells = ttr_grid_row(&e->grid, port, ttl);

	for (unsigned int q = 0; q < e->grid.queries; q++) {
		cells[q].rate_limited =
			cells[q].state == TTR_CELL_SILENT && may_be_limits(e, port, ttl, q);
		if (e->crowd.active)
			cells[q].rate_limited = ttr_crowd_limits(e, port, ttl, q);
	}
}

/* All of the burst was answered: not all queries may have begun, and of trials nothing is expected.
 */
static bool row_is_complete(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(&e->grid, port, ttl);

	for (unsigned int q = 0; q < e->grid.queries; q++) {
		uint32_t first = ttr_engine_probe_number(e, port, ttl, q, 0);

		if (cells[q].state != TTR_CELL_ANSWERED && cells[q].state != TTR_CELL_IDLE &&
		    !e->probes[first].trial)
			return false;
	}
	return cells[0].state == TTR_CELL_ANSWERED;
}

bool ttr_limits_all_used_up(const struct ttr_engine *e, size_t port)
{
	const struct ttr_port_result *result = &e->grid.ports[port];

	if (result->end_ttl < e->grid.first_ttl + ROWS_TO_JUDGE)
		return false;
	for (unsigned int ttl = e->grid.first_ttl; ttl < result->end_ttl; ttl++)
		if (row_is_complete(e, port, ttl))
			return false;
	return true;
}

static bool row_is_silent(const struct ttr_engine *e, size_t port, unsigned int ttl)
{
	return ttr_engine_row(e, port, ttl)->smallest_ns < 0;
}

bool ttr_limits_is_saved(const struct ttr_engine *e, size_t port, unsigned int ttl,
			 unsigned int query)
{
	return e->used_up[port] && query == 0 && ttl < e->grid.ports[port].end_ttl &&
	       row_is_silent(e, port, ttl);
}

int64_t ttr_limits_retry_at_ns(const struct ttr_engine *e, size_t port, unsigned int ttl,
			       unsigned int query, unsigned int asked)
{
	bool once = ttr_limits_is_saved(e, port, ttl, query);
	unsigned int most = e->settings.wait_ns ? TTR_TRIES_MAX : once ? TTR_TRIES : 0;

	if (asked >= most || !ttr_limits_path_goes_on(e, port, ttl, query))
		return INT64_MAX;
	return ttr_routers_ready_ns(&e->routers, ttl) + TOKEN_SLACK_NS;
}
