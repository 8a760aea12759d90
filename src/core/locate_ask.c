/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* A silence counts for a place when it was found so often. */
#define SILENT_TRIES 2

/* So few are asked one by one. */
#define SPACED_MOST 20

/* A trial of more than the limit that is assumed costs an answer where the limit is just that: it
 * is worth it if it saves some seconds for very many ports, or very many seconds. */
#define TRIAL_WORTH_S 3
#define TRIAL_WORTH_PORTS 256
#define TRIAL_WORTH_ALWAYS_S 16

static struct ttr_locate_asker *asker_of(struct ttr_locate *l, uint16_t place, bool rejects)
{
	return &l->askers[rejects ? l->last + 2 + place : place];
}

static enum ttr_locate_class class_of(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];

	return p->gamble || p->sends ? TTR_LOCATE_DOUBTFUL : TTR_LOCATE_EXPECTED;
}

static bool is_queue_empty(const struct ttr_locate_queue *queue)
{
	return queue->head == TTR_LOCATE_NONE;
}

static void reset(struct ttr_locate_asker *a, uint16_t place, uint8_t ttl, bool rejects)
{
	*a = (struct ttr_locate_asker){
		.ttl = ttl,
		.place = place,
		.rejects = rejects,
		.gamble = TTR_LOCATE_GAMBLE_FIRST,
		.batch = {TTR_LOCATE_NONE, TTR_LOCATE_NONE},
		.unsent = TTR_LOCATE_NONE,
		.control = TTR_LOCATE_NONE,
	};
	for (unsigned int manner = 0; manner < TTR_LOCATE_CLASSES; manner++)
		a->waiting[manner].head = TTR_LOCATE_NONE;
}

/* A router that rejects does so with what would go on behind it. */
void ttr_locate_ask_init(struct ttr_locate *l)
{
	l->asker_count = (uint16_t)(2 * (l->last + 2));
	for (uint16_t place = 0; place <= l->last + 1; place++) {
		uint8_t ttl = l->hops[place].ttl;
		uint8_t behind = ttl < l->settings.max_ttl ? ttl + 1 : l->settings.max_ttl;

		reset(asker_of(l, place, false), place, ttl, false);
		reset(asker_of(l, place, true), place, place > l->last ? ttl : behind, true);
	}
}

bool ttr_locate_ask_is_dead(const struct ttr_locate *l, uint16_t place)
{
	return place >= 1 && place <= l->last + 1 && l->askers[place].dead;
}

void ttr_locate_ask_enter(struct ttr_locate *l, uint32_t port)
{
	if (l->ports[port].stage != TTR_LOCATE_ASKED)
		l->busy++;
	l->ports[port].stage = TTR_LOCATE_ASKED;
}

void ttr_locate_ask_leave(struct ttr_locate *l, uint32_t port)
{
	l->busy--;
	l->ports[port].stage = TTR_LOCATE_SETTLED;
	l->ports[port].in_batch = false;
	ttr_locate_place_next(l, port);
}

static void wait_for(struct ttr_locate *l, struct ttr_locate_asker *a, uint32_t port)
{
	ttr_locate_push(l, &a->waiting[class_of(l, port)], port);
}

void ttr_locate_ask(struct ttr_locate *l, uint32_t port, uint16_t place, bool rejects, bool gamble)
{
	struct ttr_locate_asker *a = asker_of(l, place, rejects);
	struct ttr_locate_port *p = &l->ports[port];

	ttr_locate_ask_enter(l, port);
	p->asker = (uint16_t)(a - l->askers);
	p->gamble = gamble;
	p->answered = false;
	p->in_batch = false;
	p->sends = 0;
	p->silent = 0;
	wait_for(l, a, port);
}

/* -- A batch -- */

/* The class that is asked next; TTR_LOCATE_CLASSES: nobody waits. */
static enum ttr_locate_class next_class(const struct ttr_locate_asker *a)
{
	enum ttr_locate_class manner = 0;

	while (manner < TTR_LOCATE_CLASSES && is_queue_empty(&a->waiting[manner]))
		manner++;
	return manner;
}

/* Where many were seen that were not expected, all are asked as if they were. */
static bool is_careful(const struct ttr_locate_asker *a, enum ttr_locate_class manner)
{
	return manner == TTR_LOCATE_EXPECTED || a->gamble <= TTR_LOCATE_GAMBLE_LEAST;
}

static size_t count_waiting(const struct ttr_locate *l, const struct ttr_locate_asker *a,
			    enum ttr_locate_class manner)
{
	size_t count = 0;

	for (uint32_t i = a->waiting[manner].head;
	     i != TTR_LOCATE_NONE && count < TTR_LOCATE_GAMBLE_MOST; i = l->ports[i].next)
		count++;
	return count;
}

/*
 * A router that gives one answer at a time and no second one behind it: one port, after a pause,
 * and the control after another one. That takes long, so it is for few.
 */
static bool is_spaced(const struct ttr_locate *l, const struct ttr_locate_asker *a)
{
	return l->hops[a->place].spaced &&
	       count_waiting(l, a, TTR_LOCATE_DOUBTFUL) + a->size < SPACED_MOST;
}

/* When there are tokens enough for what is asked. */
static int64_t gap_ns(const struct ttr_locate *l, const struct ttr_locate_asker *a)
{
	return TTR_NS_PER_S * TTR_BUCKET_MHZ / l->hops[a->place].bucket.rate_mhz;
}

static int64_t ready_ns(const struct ttr_locate *l, const struct ttr_locate_asker *a,
			enum ttr_locate_class manner)
{
	const struct ttr_bucket *bucket = &l->hops[a->place].bucket;
	size_t tokens = 1;

	/* Only the control costs anything if all are silent: the more there are, the better. */
	if (manner != TTR_LOCATE_EXPECTED && is_careful(a, manner) && !is_spaced(l, a))
		tokens += count_waiting(l, a, manner);
	if (tokens > TTR_BUCKET_BURST)
		tokens = TTR_BUCKET_BURST;
	return ttr_bucket_ready_ns(bucket) + (int64_t)(tokens - 1) * gap_ns(l, a);
}

static void add(struct ttr_locate *l, struct ttr_locate_asker *a, enum ttr_locate_class manner)
{
	uint32_t port = ttr_locate_pop(l, &a->waiting[manner]);

	l->ports[port].in_batch = true;
	l->ports[port].answered = false;
	ttr_locate_push(l, &a->batch, port);
	a->size++;
}

static bool fits(struct ttr_locate *l, struct ttr_locate_asker *a, enum ttr_locate_class manner)
{
	struct ttr_bucket *bucket = &l->hops[a->place].bucket;

	if (is_queue_empty(&a->waiting[manner]))
		return false;
	if (is_spaced(l, a)) {
		if (a->size > 0)
			return false;
	} else if (!a->charged) {
		return a->size < a->gamble;
	} else if (ttr_bucket_ready_ns(bucket) > l->now.ns) {
		return false;
	}
	ttr_bucket_take(bucket, l->now.ns);
	return true;
}

static bool is_host(const struct ttr_locate *l, const struct ttr_locate_asker *a)
{
	return a->place > l->last && !a->rejects;
}

/* The next port that passes here: the reference port, and after it failed, others. Of the host each
 * time another one: there are hosts that answer a flow only once. */
static uint32_t choose_control(struct ttr_locate *l, const struct ttr_locate_asker *a)
{
	if (a->rejects)
		return l->hops[a->place].rejected;
	if (l->hops[a->place].voids % 2 == 0 && !is_host(l, a))
		return l->reference;
	for (size_t i = 0; i < l->count; i++) {
		uint32_t port = (uint32_t)(l->next_control++ % l->count);

		if (port != l->reference && ttr_locate_path_passes(l, port))
			return port;
	}
	return l->reference;
}

/* Where some were not seen that were expected, all will be asked. */
static bool is_trial_worth(const struct ttr_locate *l, const struct ttr_locate_asker *a,
			   size_t waiting)
{
	size_t ports = 0, saves_s;

	for (unsigned int kind = 0; kind < TTR_LOCATE_KINDS; kind++) {
		const struct ttr_locate_group *g = &l->groups[kind][a->place];

		ports += g->members;
		if (g->unseen > 0 && g->members > g->confirmed + waiting)
			waiting = g->members - g->confirmed;
	}
	saves_s = waiting * TTR_BUCKET_MHZ / l->hops[a->place].bucket.rate_mhz;
	return saves_s >= TRIAL_WORTH_ALWAYS_S ||
	       (saves_s >= TRIAL_WORTH_S && ports >= TRIAL_WORTH_PORTS);
}

/* One more than the limit that is assumed allows, and the control behind it: if that is answered,
 * the router allows more. Where it is not, only that answer is lost. */
static void try_more(struct ttr_locate *l, struct ttr_locate_asker *a, enum ttr_locate_class manner)
{
	struct ttr_locate_hop *hop = &l->hops[a->place];
	size_t waiting = count_waiting(l, a, manner);

	if (hop->rate_known || a->rejects || l->settings.hop_rate || waiting == 0 ||
	    ttr_bucket_ready_ns(&hop->bucket) < l->now.ns + gap_ns(l, a) / 2 ||
	    !is_trial_worth(l, a, waiting))
		return;
	a->trial = true;
	ttr_bucket_take(&hop->bucket, l->now.ns);
	add(l, a, manner);
	if (!a->with_control)
		ttr_bucket_take(&hop->bucket, l->now.ns);
	a->with_control = true;
}

static void begin_batch(struct ttr_locate *l, struct ttr_locate_asker *a)
{
	enum ttr_locate_class manner = next_class(a);

	if (manner == TTR_LOCATE_CLASSES || ready_ns(l, a, manner) > l->now.ns)
		return;
	a->size = a->answered = 0;
	a->trial = false;
	a->passes = 1;
	a->begun_ns = l->now.ns;
	a->charged = is_careful(a, manner);
	a->with_control = manner != TTR_LOCATE_EXPECTED;
	a->control_sent = a->control_answered = false;
	if (a->with_control)
		ttr_bucket_take(&l->hops[a->place].bucket, l->now.ns);
	while (fits(l, a, manner))
		add(l, a, manner);
	if (a->charged)
		try_more(l, a, manner);
	if (a->with_control)
		a->control = choose_control(l, a);
	a->unsent = a->batch.head;
	a->phase = TTR_LOCATE_SENDING;
}

int64_t ttr_locate_ask_patience_ns(const struct ttr_locate *l, int64_t rtt_ns)
{
	if (l->settings.wait_ns)
		return l->settings.wait_ns;
	if (l->rtt.smoothed_ns > rtt_ns)
		rtt_ns = l->rtt.smoothed_ns;
	return rtt_ns * 5 / 4 + 60 * TTR_NS_PER_MS;
}

uint32_t ttr_locate_ask_question(struct ttr_locate *l, uint32_t port, unsigned int ttl)
{
	struct ttr_locate_port *p = &l->ports[port];
	unsigned int source = p->kind == TTR_LOCATE_NEARER ? 1 % l->source_count : 0;

	if (ttl >= l->hops[l->last + 1].ttl && p->kind != TTR_LOCATE_NEARER)
		source = (unsigned int)(p->asks + p->proofs + p->sends) % l->source_count;
	if (p->sends < UINT8_MAX)
		p->sends++;
	return ttr_locate_number(port, source, (p->sends - 1u) % TTR_TRIES_MAX, ttl);
}

/* Where the host should be, there may be a router that nobody has shown yet, or another one behind
 * it: what seems to be the host may be nearer (a proxy). */
#define BEHIND 3

static unsigned int ttl_of(const struct ttr_locate *l, const struct ttr_locate_asker *a,
			   uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	unsigned int ttl = a->ttl;

	if (is_host(l, a))
		ttl += (unsigned int)(p->proofs + p->sends) % BEHIND;
	return ttl < l->settings.max_ttl ? ttl : a->ttl;
}

/* Once more from the beginning, after a pause: it is worth two batches, and costs one control's
 * answer. Not where answers came that were not expected. */
static bool wants_pass(const struct ttr_locate *l, struct ttr_locate_asker *a)
{
	int64_t pause_ns = l->hops[a->place].rtt_ns * 5 / 4;

	if (a->charged || !a->with_control || is_spaced(l, a) || a->passes >= TTR_LOCATE_PASSES)
		return false;
	if (pause_ns < TTR_LOCATE_PASS_NS)
		pause_ns = TTR_LOCATE_PASS_NS;
	if (a->pause_ns < a->begun_ns + pause_ns)
		a->pause_ns = a->begun_ns + pause_ns;
	if (l->now.ns < a->pause_ns)
		return true;
	if (a->answered > 0)
		return false;
	a->passes++;
	a->unsent = a->batch.head;
	return false;
}

static uint32_t send_of(struct ttr_locate *l, struct ttr_locate_asker *a)
{
	unsigned int source = 0;
	uint32_t port;

	if (l->now.ns < a->pause_ns)
		return TTR_LOCATE_NONE;
	if (a->unsent == TTR_LOCATE_NONE && wants_pass(l, a))
		return TTR_LOCATE_NONE;
	port = a->unsent; /* the first again, in another pass */
	if (port != TTR_LOCATE_NONE) {
		a->unsent = l->ports[port].next;
		if (is_spaced(l, a))
			a->pause_ns = l->now.ns + gap_ns(l, a);
		return ttr_locate_ask_question(l, port, ttl_of(l, a, port));
	}
	if (a->with_control && !a->control_sent) {
		a->control_sent = true;
		a->controls++;
		a->deadline_ns =
			l->now.ns + ttr_locate_ask_patience_ns(l, l->hops[a->place].rtt_ns);
		a->phase = TTR_LOCATE_LISTENING;
		if (is_host(l, a))
			source = a->controls % l->source_count;
		return ttr_locate_number(a->control, source, a->controls % TTR_TRIES_MAX, a->ttl);
	}
	a->deadline_ns = l->now.ns + ttr_locate_ask_patience_ns(l, l->hops[a->place].rtt_ns);
	a->phase = TTR_LOCATE_LISTENING;
	return TTR_LOCATE_NONE;
}

/* -- All of them -- */

uint32_t ttr_locate_ask_send(struct ttr_locate *l)
{
	uint32_t number = ttr_locate_walk_send(l);

	for (uint16_t i = 0; number == TTR_LOCATE_NONE && i < l->asker_count; i++)
		if (l->askers[i].phase == TTR_LOCATE_SENDING)
			number = send_of(l, &l->askers[i]);
	return number;
}

/* -- What became of it -- */

void ttr_locate_ask_answered(struct ttr_locate *l, uint32_t port, unsigned int ttl, bool error)
{
	struct ttr_locate_port *p = &l->ports[port];
	struct ttr_locate_asker *a = &l->askers[p->asker];

	if (port == l->walker || !p->in_batch || p->answered ||
	    (a->ttl != ttl && !(is_host(l, a) && ttl > a->ttl)))
		return;
	p->answered = true;
	a->answered++;
	if (!a->charged && error)
		ttr_bucket_take(&l->hops[a->place].bucket, l->now.ns);
}

/* The first time it may be a wrong guess; then it is asked for what is missing of a proof. */
static unsigned int tries(const struct ttr_locate *l, const struct ttr_locate_asker *a,
			  uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	const unsigned int wanted = ttr_locate_place_proofs(l, port);

	if (a->rejects || p->high != a->place || p->proofs == 0 || wanted <= p->proofs)
		return SILENT_TRIES;
	return wanted - p->proofs < SILENT_TRIES ? wanted - p->proofs : SILENT_TRIES;
}

static void place_silent(struct ttr_locate *l, struct ttr_locate_asker *a, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	bool counts = a->with_control && a->control_answered && !a->overdrawn;

	p->silent = (uint8_t)(p->silent + (counts ? a->passes : 0));
	p->in_batch = false;
	if (counts && a->charged && !a->trial && !l->hops[a->place].missed)
		ttr_bucket_give_back(&l->hops[a->place].bucket);
	if (p->silent < tries(l, a, port) && !a->dead) {
		wait_for(l, a, port);
		return;
	}
	if (p->silent > 0 && !a->dead && !a->rejects)
		ttr_locate_place_unseen(l, port, a->place, p->silent);
	ttr_locate_ask_leave(l, port);
}

static void end_waiting(struct ttr_locate *l, struct ttr_locate_asker *a)
{
	enum ttr_locate_class manner;

	while ((manner = next_class(a)) != TTR_LOCATE_CLASSES)
		ttr_locate_ask_leave(l, ttr_locate_pop(l, &a->waiting[manner]));
}

static void end_batch(struct ttr_locate *l, struct ttr_locate_asker *a)
{
	struct ttr_locate_queue batch = a->batch;

	a->batch = (struct ttr_locate_queue){TTR_LOCATE_NONE, TTR_LOCATE_NONE};
	a->phase = TTR_LOCATE_IDLE;
	ttr_locate_learn(l, a);
	while (!is_queue_empty(&batch)) {
		uint32_t port = ttr_locate_pop(l, &batch);

		if (l->ports[port].answered)
			ttr_locate_ask_leave(l, port);
		else
			place_silent(l, a, port);
	}
	if (a->dead)
		end_waiting(l, a);
}

void ttr_locate_ask_again(struct ttr_locate *l)
{
	for (uint16_t i = 0; i < l->asker_count; i++)
		l->askers[i].control_answered = false;
}

static bool is_over(const struct ttr_locate *l, const struct ttr_locate_asker *a)
{
	if (a->phase != TTR_LOCATE_LISTENING)
		return false;
	if (l->now.ns >= a->deadline_ns)
		return true;
	return a->answered == a->size && (!a->with_control || a->control_answered);
}

void ttr_locate_ask_step(struct ttr_locate *l)
{
	ttr_locate_walk_step(l);
	for (uint16_t i = 0; i < l->asker_count; i++) {
		struct ttr_locate_asker *a = &l->askers[i];

		if (is_over(l, a))
			end_batch(l, a);
		if (a->phase == TTR_LOCATE_IDLE)
			begin_batch(l, a);
	}
}

int64_t ttr_locate_ask_due(const struct ttr_locate *l)
{
	int64_t due = ttr_locate_walk_due(l);

	for (uint16_t i = 0; i < l->asker_count; i++) {
		const struct ttr_locate_asker *a = &l->askers[i];
		int64_t at = INT64_MAX;

		if (a->phase == TTR_LOCATE_SENDING)
			at = a->pause_ns > l->now.ns ? a->pause_ns : INT64_MAX;
		else if (a->phase == TTR_LOCATE_LISTENING)
			at = a->deadline_ns;
		else if (a->phase == TTR_LOCATE_IDLE && next_class(a) != TTR_LOCATE_CLASSES)
			at = ready_ns(l, a, next_class(a));
		if (at < due)
			due = at;
	}
	return due;
}
