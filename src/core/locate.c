/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* -- Numbers of probes -- */

#define NUMBER_FLAG UINT32_C(0x80000000)

uint32_t ttr_locate_number(uint32_t port, unsigned int source, unsigned int attempt,
			   unsigned int ttl)
{
	return NUMBER_FLAG | source << 26 | attempt << 24 | ttl << 16 | port;
}

uint32_t ttr_locate_number_port(uint32_t number)
{
	return number & 0xffff;
}

unsigned int ttr_locate_number_ttl(uint32_t number)
{
	return number >> 16 & 0xff;
}

static bool is_own(uint32_t number)
{
	return number & NUMBER_FLAG;
}

struct ttr_segment ttr_locate_segment(const struct ttr_locate *l, uint32_t number)
{
	struct ttr_cookie_flow flow = {.target = l->target};

	if (!is_own(number))
		return ttr_engine_segment(l->path, number);
	flow.source_port = l->source_ports[number >> 26 & 7];
	flow.target_port = l->port_numbers[ttr_locate_number_port(number)];
	return ttr_cookie_segment(&l->cookies, &flow,
				  TTR_INDEX(number >> 24 & 3, ttr_locate_number_ttl(number)));
}

/* -- Queues -- */

void ttr_locate_push(struct ttr_locate *l, struct ttr_locate_queue *queue, uint32_t port)
{
	l->ports[port].next = TTR_LOCATE_NONE;
	if (queue->head == TTR_LOCATE_NONE)
		queue->head = port;
	else
		l->ports[queue->tail].next = port;
	queue->tail = port;
}

uint32_t ttr_locate_pop(struct ttr_locate *l, struct ttr_locate_queue *queue)
{
	uint32_t port = queue->head;

	queue->head = l->ports[port].next;
	return port;
}

/* -- What is known -- */

const struct ttr_located *ttr_locate_port(const struct ttr_locate *l, size_t port)
{
	return &l->located[port];
}

const struct ttr_grid *ttr_locate_grid(const struct ttr_locate *l)
{
	return ttr_engine_grid(l->path);
}

size_t ttr_locate_reference(const struct ttr_locate *l)
{
	return l->path_begun ? l->reference : SIZE_MAX;
}

struct ttr_locate_progress ttr_locate_progress(const struct ttr_locate *l)
{
	return (struct ttr_locate_progress){
		.ports = l->count,
		.answered = l->count - l->rounds.waiting,
		.done = l->done,
	};
}

size_t ttr_locate_probe_limit(const struct ttr_locate *l)
{
	return ttr_engine_probe_limit(l->path);
}

size_t ttr_locate_in_flight(const struct ttr_locate *l)
{
	size_t count = ttr_engine_in_flight(l->path);

	for (uint16_t i = 0; i < l->asker_count; i++)
		if (l->askers[i].phase != TTR_LOCATE_IDLE)
			count += l->askers[i].size - l->askers[i].answered;
	if (l->rounds.over)
		return count;
	return count +
	       (l->rounds.waiting < l->rounds.cursor ? l->rounds.waiting : l->rounds.cursor);
}

/* -- Inputs -- */

void ttr_locate_finish(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (p->stage == TTR_LOCATE_DONE)
		return;
	ttr_locate_rounds_settle(l, port);
	p->stage = TTR_LOCATE_DONE;
	l->located[port].result.done = true;
	l->done++;
	ttr_fifo_push(&l->news, port);
	if (l->done == l->count)
		ttr_locate_verdict_review(l);
}

static void give_up(struct ttr_locate *l, bool with_timeouts)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->ports[i].stage != TTR_LOCATE_DONE)
			ttr_locate_verdict_give_up(l, i, with_timeouts);
	l->busy = 0;
}

/* Parked ports may be parked elsewhere first, but not for ever. */
#define IDLE_MAX 4

/* Nobody is being asked, and not all are placed. */
static void go_on(struct ttr_locate *l)
{
	unsigned int idle = 0;

	while (l->busy == 0 && l->done < l->count) {
		size_t before = l->done;

		ttr_locate_parked_resolve(l);
		ttr_locate_ask_step(l);
		idle = l->done == before ? idle + 1 : 0;
		if (idle > IDLE_MAX)
			give_up(l, true);
	}
}

static void step(struct ttr_locate *l, struct ttr_mono now)
{
	if (now.ns > l->now.ns)
		l->now = now;
	if (l->stopped || l->ended)
		return;
	ttr_locate_rounds_step(l);
	if (!l->placing && l->rounds.over && l->path_done)
		ttr_locate_place_begin(l);
	if (!l->placing)
		return;
	ttr_locate_ask_step(l);
	go_on(l);
	if (l->done < l->count && l->now.ns >= l->placing_until_ns)
		give_up(l, true);
}

void ttr_locate_start(struct ttr_locate *l, struct ttr_mono now)
{
	l->now = now;
	l->next_send_ns = now.ns;
	ttr_locate_rounds_begin(l);
}

void ttr_locate_sent(struct ttr_locate *l, uint32_t number, struct ttr_mono at)
{
	uint32_t port = ttr_locate_number_port(number);

	if (at.ns > l->now.ns)
		l->now = at;
	if (!is_own(number)) {
		ttr_engine_sent(l->path, number, at);
		return;
	}
	l->path->grid.counters.probes_sent++;
	if (l->located[port].probes < UINT16_MAX)
		l->located[port].probes++;
	l->ports[port].newest = number;
	l->ports[port].sent_ns = at.ns;
}

void ttr_locate_unsent(struct ttr_locate *l, uint32_t number)
{
	if (is_own(number))
		l->held = number;
	else
		ttr_engine_unsent(l->path, number);
}

/* A local drop: the silence that follows is asked about again, as any other. */
void ttr_locate_send_failed(struct ttr_locate *l, uint32_t number, int error)
{
	if (is_own(number))
		l->path->grid.counters.local_drops++;
	else
		ttr_engine_send_failed(l->path, number, error);
}

static bool is_source(const struct ttr_locate *l, uint16_t port)
{
	for (unsigned int i = 0; i < l->source_count; i++)
		if (l->source_ports[i] == port)
			return true;
	return false;
}

/* Of a packet of ours, as it seems, but of none that was sent. */
static bool is_strange_quote(const struct ttr_locate *l, const struct ttr_reply *reply)
{
	return reply->kind != TTR_REPLY_TCP && is_source(l, reply->quote.tcp.source_port);
}

bool ttr_locate_reply(struct ttr_locate *l, const struct ttr_reply *reply)
{
	struct ttr_cookie_match match = ttr_cookie_find(&l->cookies, &l->target, reply);
	bool ours = false;

	if (reply->at.ns > l->now.ns)
		l->now = reply->at;
	if (l->stopped || l->ended)
		return false;
	if ((match.kind != TTR_COOKIE_NONE && is_source(l, match.flow.source_port)) ||
	    (reply->kind != TTR_REPLY_TCP && ttr_locate_find_translated(l, reply, &match)))
		ours = ttr_locate_take(l, reply, &match);
	else if (is_strange_quote(l, reply) && ttr_locate_find_rewritten(l, reply, &match))
		ours = ttr_locate_take(l, reply, &match);
	if (!ours && l->path_begun)
		ours = ttr_engine_reply(l->path, reply);
	else if (!ours)
		l->path->grid.counters.foreign++;
	step(l, reply->at);
	return ours;
}

void ttr_locate_timeout(struct ttr_locate *l, uint32_t number, struct ttr_mono now)
{
	ttr_engine_timeout(l->path, number, now);
	step(l, now);
}

void ttr_locate_wake(struct ttr_locate *l, struct ttr_mono now)
{
	l->wake.ns = 0;
	if (l->path_wake.ns && now.ns >= l->path_wake.ns) {
		l->path_wake.ns = 0;
		ttr_engine_wake(l->path, now);
	}
	step(l, now);
}

/* What was silent meanwhile is asked again: the round begins anew, and batches are void. */
void ttr_locate_resume(struct ttr_locate *l, struct ttr_mono now)
{
	if (l->path_begun && !l->path_done)
		ttr_engine_resume(l->path, now);
	ttr_locate_rounds_again(l);
	ttr_locate_ask_again(l);
	ttr_locate_place_allow(l);
	step(l, now);
}

void ttr_locate_stop(struct ttr_locate *l, struct ttr_mono now, bool with_timeouts)
{
	if (l->stopped || l->ended)
		return;
	if (now.ns > l->now.ns)
		l->now = now;
	l->stopped = true;
	ttr_engine_stop(l->path, now, with_timeouts && l->path_begun);
	give_up(l, with_timeouts);
}

/* -- Actions -- */

static void pace(struct ttr_locate *l)
{
	if (l->next_send_ns < l->now.ns - TTR_LOCATE_CATCH_UP_NS)
		l->next_send_ns = l->now.ns - TTR_LOCATE_CATCH_UP_NS;
	l->next_send_ns += l->gap_ns;
}

/* What the path's engine wants is passed on, but for its wakes and its end. */
static bool next_of_path(struct ttr_locate *l, bool can_send, struct ttr_action *action)
{
	while (ttr_engine_next(l->path, can_send, action)) {
		switch (action->kind) {
		case TTR_ACTION_WAKE:
			l->path_wake = action->at;
			break;
		case TTR_ACTION_PORT:
			l->path_done = true;
			step(l, l->now);
			break;
		case TTR_ACTION_END:
			break;
		case TTR_ACTION_SEND:
			pace(l);
			return true;
		default:
			return true;
		}
	}
	return false;
}

static uint32_t next_probe(struct ttr_locate *l)
{
	uint32_t number = l->held;

	l->held = TTR_LOCATE_NONE;
	if (number == TTR_LOCATE_NONE && l->placing)
		number = ttr_locate_ask_send(l);
	if (number == TTR_LOCATE_NONE)
		number = ttr_locate_rounds_send(l);
	return number;
}

/* hungry: there may be more to send when the pace allows it. */
static bool next_send(struct ttr_locate *l, struct ttr_action *action, bool *hungry)
{
	uint32_t number;

	*hungry = !l->stopped;
	if (l->stopped || l->next_send_ns > l->now.ns)
		return false;
	number = next_probe(l);
	*hungry = number != TTR_LOCATE_NONE;
	if (!*hungry)
		return false;
	pace(l);
	*action = (struct ttr_action){.kind = TTR_ACTION_SEND, .probe = number};
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool next_wake(struct ttr_locate *l, bool hungry, struct ttr_action *action)
{
	int64_t due = earlier(ttr_locate_rounds_due(l), ttr_locate_ask_due(l));

	if (l->path_wake.ns)
		due = earlier(due, l->path_wake.ns);
	if (hungry)
		due = earlier(due, l->next_send_ns);
	if (l->placing && l->done < l->count)
		due = earlier(due, l->placing_until_ns);
	/* what became due by the last step is due now: never 0, which means no time */
	if (due < l->now.ns)
		due = l->now.ns;
	if (l->stopped || due == INT64_MAX || (l->wake.ns && l->wake.ns == due))
		return false;
	l->wake.ns = due;
	*action = (struct ttr_action){.kind = TTR_ACTION_WAKE, .at = l->wake};
	return true;
}

static bool next_port(struct ttr_locate *l, struct ttr_action *action)
{
	uint32_t port;

	if (!ttr_fifo_pop(&l->news, &port))
		return false;
	l->ports[port].said = true;
	*action = (struct ttr_action){.kind = TTR_ACTION_PORT, .port = port};
	return true;
}

static bool next_end(struct ttr_locate *l, struct ttr_action *action)
{
	if (l->ended || l->done < l->count || !l->path_done)
		return false;
	l->ended = true;
	*action = (struct ttr_action){.kind = TTR_ACTION_END};
	return true;
}

bool ttr_locate_next(struct ttr_locate *l, bool can_send, struct ttr_action *action)
{
	bool hungry = false;

	/* what was still to be asked, or is late, is of no use any more */
	if (l->ended)
		return false;
	if (next_of_path(l, can_send, action))
		return true;
	if (can_send && next_send(l, action, &hungry))
		return true;
	return next_port(l, action) || next_end(l, action) || next_wake(l, hungry, action);
}
