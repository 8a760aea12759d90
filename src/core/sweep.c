/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/sweep_state.h"

/* Probes that may go back to back, in time and in number: a loop that wakes late makes up for so
 * much. Linux queues 500 packets for a TUN device and 1000 for another processor, by default. */
#define BURST_NS (10 * TTR_NS_PER_MS)
#define BURST_PROBES 400

/* What is saved up before it is worth a wake, in time and in number: a full batch (net/batch.h) is.
 */
#define WAIT_NS TTR_NS_PER_MS
#define WAIT_PROBES 64

static int64_t least(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

/* More prefixes than targets: those whose hosts come later are remembered. */
#define PREFIXES_PER_SLOT 4

static bool are_different(const uint16_t ports[TTR_SWEEP_PORTS])
{
	for (size_t i = 0; i < TTR_SWEEP_PORTS; i++)
		for (size_t j = 0; j < i; j++)
			if (ports[i] == ports[j])
				return false;
	return true;
}

static bool is_sane(const struct ttr_sweep_plan *plan)
{
	const struct ttr_settings *settings = plan->settings;

	return plan->window > 0 && plan->window <= TTR_SWEEP_WINDOW_MAX && plan->rate > 0 &&
	       settings->first_ttl > 0 && settings->max_ttl >= settings->first_ttl &&
	       settings->flags & TTR_TCP_SYN && plan->routers >= 16 &&
	       plan->routers < TTR_STOP_OPEN && are_different(plan->source_ports);
}

static int allocate(struct ttr_sweep *s)
{
	const struct ttr_sweep_plan *plan = &s->plan;
	int outcome;

	s->slots = calloc(plan->window, sizeof(*s->slots));
	s->hops = calloc(plan->window * s->hops_per_slot, sizeof(*s->hops));
	if (!s->slots || !s->hops)
		return -ENOMEM;
	outcome = ttr_lookup_init(&s->lookup, plan->window);
	if (outcome == 0)
		outcome = ttr_wheel_init(&s->wheel, plan->window);
	if (outcome == 0)
		outcome = ttr_stopset_init(&s->stopset, plan->routers, &s->key);
	if (outcome == 0)
		outcome =
			ttr_prefixes_init(&s->prefixes, PREFIXES_PER_SLOT * plan->window, &s->key);
	return outcome;
}

static void set_up(struct ttr_sweep *s)
{
	s->free_first = TTR_SLOT_NONE;
	for (uint32_t i = (uint32_t)s->plan.window; i-- > 0;) {
		s->slots[i].next = s->free_first;
		s->free_first = i;
	}
	for (size_t i = 0; i < TTR_SWEEP_QUEUES; i++)
		s->queues[i] = (struct ttr_sweep_list){TTR_SLOT_NONE, TTR_SLOT_NONE};
	for (size_t i = 0; i < 2 * (TTR_SWEEP_NEAR_TTL + 1); i++)
		s->near[i / (TTR_SWEEP_NEAR_TTL + 1)][i % (TTR_SWEEP_NEAR_TTL + 1)].router =
			TTR_STOP_NONE;
	s->given_out = TTR_SLOT_NONE;
}

/* The tables' key is another one than that of the probes. */
static struct ttr_siphash_key table_key(const uint8_t secret[16])
{
	struct ttr_siphash_key key = ttr_siphash_key(secret);
	const uint8_t text[] = "tables";

	return (struct ttr_siphash_key){ttr_siphash(&key, text, 3), ttr_siphash(&key, text, 6)};
}

int ttr_sweep_new(struct ttr_sweep **sweep, const struct ttr_sweep_plan *plan)
{
	struct ttr_sweep *s;
	int outcome;

	if (!is_sane(plan))
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->plan = *plan;
	s->settings = *plan->settings;
	s->plan.settings = &s->settings;
	s->gap_ns = TTR_NS_PER_S / plan->rate;
	s->burst_ns = least(BURST_PROBES * s->gap_ns, BURST_NS);
	s->wait_ns = least(WAIT_PROBES * s->gap_ns, WAIT_NS);
	s->hops_per_slot = (size_t)s->settings.max_ttl + 1;
	s->key = table_key(plan->secret);
	outcome = allocate(s);
	if (outcome < 0) {
		ttr_sweep_free(s);
		return outcome;
	}
	set_up(s);
	*sweep = s;
	return 0;
}

void ttr_sweep_free(struct ttr_sweep *s)
{
	if (!s)
		return;
	ttr_prefixes_fini(&s->prefixes);
	ttr_stopset_fini(&s->stopset);
	ttr_wheel_fini(&s->wheel);
	ttr_lookup_fini(&s->lookup);
	free(s->hops);
	free(s->slots);
	free(s);
}

/* -- Queues -- */

void ttr_sweep_dequeue(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_sweep_list *list = &s->queues[slot->queue];

	if (slot->queue == TTR_SWEEP_QUEUE_NONE)
		return;
	if (slot->previous != TTR_SLOT_NONE)
		s->slots[slot->previous].next = slot->next;
	else
		list->first = slot->next;
	if (slot->next != TTR_SLOT_NONE)
		s->slots[slot->next].previous = slot->previous;
	else
		list->last = slot->previous;
	slot->queue = TTR_SWEEP_QUEUE_NONE;
}

void ttr_sweep_enqueue(struct ttr_sweep *s, uint32_t number, enum ttr_sweep_queue queue)
{
	struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_sweep_list *list = &s->queues[queue];

	if (slot->queue == queue)
		return;
	ttr_sweep_dequeue(s, number);
	slot->queue = (uint8_t)queue;
	slot->next = TTR_SLOT_NONE;
	slot->previous = list->last;
	if (list->last != TTR_SLOT_NONE)
		s->slots[list->last].next = number;
	else
		list->first = number;
	list->last = number;
}

/* -- Targets -- */

static void forget(struct ttr_sweep *s, uint32_t number)
{
	struct ttr_sweep_slot *slot = &s->slots[number];

	ttr_wheel_disarm(&s->wheel, number);
	ttr_lookup_drop(&s->lookup, slot->hash, number);
	if (slot->prefix != TTR_PREFIX_NONE)
		ttr_prefixes_leave(&s->prefixes, slot->prefix);
	slot->phase = TTR_SWEEP_FREE;
	slot->generation++;
	slot->next = s->free_first;
	s->free_first = number;
	s->active--;
}

static void forget_given_out(struct ttr_sweep *s)
{
	if (s->given_out != TTR_SLOT_NONE)
		forget(s, s->given_out);
	s->given_out = TTR_SLOT_NONE;
}

size_t ttr_sweep_room(const struct ttr_sweep *s)
{
	return s->stopped ? 0 : s->plan.window - s->active;
}

size_t ttr_sweep_active(const struct ttr_sweep *s)
{
	return s->active;
}

static uint32_t hash(const struct ttr_sweep *s, const struct ttr_addr *addr, uint16_t port)
{
	uint8_t name[19] = {addr->family, (uint8_t)(port >> 8), (uint8_t)port};

	memcpy(name + 3, addr->bytes, 16);
	return (uint32_t)ttr_siphash(&s->key, name, sizeof(name));
}

static uint32_t find_hashed(const struct ttr_sweep *s, uint32_t name, const struct ttr_addr *addr,
			    uint16_t port)
{
	uint32_t place, found = ttr_lookup_first(&s->lookup, name, &place);

	while (found != TTR_LOOKUP_NONE && (s->slots[found].target.port != port ||
					    !ttr_addr_equal(&s->slots[found].target.address, addr)))
		found = ttr_lookup_next(&s->lookup, name, &place);
	return found;
}

uint32_t ttr_sweep_find(const struct ttr_sweep *s, const struct ttr_addr *addr, uint16_t port)
{
	return find_hashed(s, hash(s, addr, port), addr, port);
}

/* Its index; TTR_SWEEP_SOURCES: one too many. */
static size_t use_source(struct ttr_sweep *s, const struct ttr_addr *source)
{
	size_t i = 0;

	while (i < s->source_count && !ttr_addr_equal(&s->cookies[i].form.source, source))
		i++;
	if (i == s->source_count && i < TTR_SWEEP_SOURCES)
		ttr_cookies_init(&s->cookies[s->source_count++], s->plan.secret, source,
				 &s->settings);
	return i;
}

enum ttr_sweep_add_outcome ttr_sweep_add(struct ttr_sweep *s, const struct ttr_sweep_target *target,
					 struct ttr_mono now)
{
	uint32_t name = hash(s, &target->address, target->port), number;
	size_t source;

	forget_given_out(s);
	if (find_hashed(s, name, &target->address, target->port) != TTR_LOOKUP_NONE)
		return TTR_SWEEP_BUSY;
	source = use_source(s, &target->source);
	if (source == TTR_SWEEP_SOURCES)
		return TTR_SWEEP_SOURCE;
	number = s->free_first;
	s->free_first = s->slots[number].next;
	s->active++;
	s->slots[number] = (struct ttr_sweep_slot){
		.target = *target,
		.generation = s->slots[number].generation,
		.base = now,
		.hash = name,
		.source = (uint8_t)source,
		.prefix = TTR_PREFIX_NONE,
		.link = TTR_STOP_NONE,
		.tested = TTR_STOP_NONE,
		.waiters = TTR_SLOT_NONE,
	};
	memset(ttr_sweep_hops(s, number), 0, s->hops_per_slot * sizeof(*s->hops));
	ttr_lookup_put(&s->lookup, name, number);
	ttr_sweep_begin(s, number);
	return TTR_SWEEP_ADDED;
}

/* -- Actions -- */

static bool next_want(const struct ttr_sweep_slot *slot, uint8_t *ttl)
{
	for (unsigned int i = 0; i < 4; i++) {
		if (!slot->want[i])
			continue;
		*ttl = (uint8_t)(i * 64 + (unsigned int)__builtin_ctzll(slot->want[i]));
		return true;
	}
	return false;
}

static uint32_t next_sender(const struct ttr_sweep *s)
{
	uint32_t first = s->queues[TTR_SWEEP_QUEUE_PATH].first;

	return first != TTR_SLOT_NONE ? first : s->queues[TTR_SWEEP_QUEUE_FIRST].first;
}

static uint64_t probe_name(const struct ttr_sweep *s, uint32_t slot, uint8_t ttl)
{
	return (uint64_t)s->slots[slot].generation << 32 | (slot * s->hops_per_slot + ttl);
}

/* It counts as sent from here on: what it said is taken back if it was not. */
static bool next_send(struct ttr_sweep *s, struct ttr_mono now, struct ttr_sweep_action *action)
{
	uint32_t number = next_sender(s);
	struct ttr_sweep_slot *slot = &s->slots[number];
	enum ttr_sweep_queue queue;
	uint8_t ttl = 0, next;

	if (number == TTR_SLOT_NONE || s->allowed.ns > now.ns + s->burst_ns)
		return false;
	if (s->allowed.ns < now.ns)
		s->allowed = now;
	s->allowed.ns += s->gap_ns;
	next_want(slot, &ttl);
	slot->want[ttl / 64] &= ~(UINT64_C(1) << ttl % 64);
	queue = (enum ttr_sweep_queue)slot->queue;
	ttr_sweep_dequeue(s, number);
	/* Round robin: two probes of one target are not neighbours. */
	if (next_want(slot, &next))
		ttr_sweep_enqueue(s, number, queue);
	*action = (struct ttr_sweep_action){.kind = TTR_SWEEP_SEND,
					    .probe = probe_name(s, number, ttl)};
	return true;
}

static bool next_result(struct ttr_sweep *s, struct ttr_mono now, struct ttr_sweep_action *action)
{
	uint32_t number = s->queues[TTR_SWEEP_QUEUE_DONE].first;

	if (number == TTR_SLOT_NONE)
		return false;
	ttr_sweep_dequeue(s, number);
	ttr_sweep_conclude(s, number, now);
	s->given_out = number;
	*action = (struct ttr_sweep_action){.kind = TTR_SWEEP_RESULT, .result = &s->result};
	return true;
}

static struct ttr_mono next_time(const struct ttr_sweep *s)
{
	struct ttr_mono at = ttr_wheel_next(&s->wheel);
	int64_t send = s->allowed.ns - s->burst_ns + s->wait_ns;

	if (next_sender(s) != TTR_SLOT_NONE && send < at.ns)
		at.ns = send;
	return at;
}

bool ttr_sweep_next(struct ttr_sweep *s, struct ttr_mono now, bool can_send,
		    struct ttr_sweep_action *action)
{
	uint32_t due;

	forget_given_out(s);
	while (ttr_wheel_due(&s->wheel, now, &due))
		ttr_sweep_timeout(s, due, now);
	if (next_result(s, now, action) || (can_send && !s->stopped && next_send(s, now, action)))
		return true;
	if (!s->active)
		return false;
	*action = (struct ttr_sweep_action){.kind = TTR_SWEEP_WAKE, .at = next_time(s)};
	return true;
}

/* -- Probes -- */

/* False: its target was given out meanwhile. */
static bool find_slot(const struct ttr_sweep *s, uint64_t probe, uint32_t *number, uint8_t *ttl)
{
	uint32_t place = (uint32_t)probe;

	*ttl = (uint8_t)(place % s->hops_per_slot);
	*number = (uint32_t)(place / s->hops_per_slot);
	return s->slots[*number].generation == (uint32_t)(probe >> 32);
}

/* A host that answers only the first SYN of a connection, or is still sure of the last one, gets a
 * new one (traps T1); neighbouring hops different ones. */
struct ttr_cookie_flow ttr_sweep_flow(const struct ttr_sweep *s, uint32_t number, uint8_t ttl,
				      unsigned int attempt)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	unsigned int port = 1;

	if (ttl == TTR_SWEEP_ANCHOR)
		port = 0;
	else if (attempt > 0 && ttr_sweep_hops(s, number)[ttl].fresh)
		port = 2 + ttl % (TTR_SWEEP_PORTS - 2U);
	return (struct ttr_cookie_flow){
		.target = slot->target.address,
		.source_port = s->plan.source_ports[port],
		.target_port = slot->target.port,
	};
}

/* A search may begin where hops were asked already: then the last try is made once more. */
static unsigned int next_attempt(const struct ttr_sweep_hop *hop)
{
	return hop->attempts < TTR_SWEEP_TRIES ? hop->attempts : TTR_SWEEP_TRIES - 1;
}

struct ttr_segment ttr_sweep_segment(const struct ttr_sweep *s, uint64_t probe)
{
	struct ttr_cookie_flow flow;
	unsigned int attempt;
	uint32_t number;
	uint8_t ttl, wire_ttl;

	find_slot(s, probe, &number, &ttl);
	attempt = next_attempt(&ttr_sweep_hops(s, number)[ttl]);
	flow = ttr_sweep_flow(s, number, ttl, attempt);
	wire_ttl = ttl == TTR_SWEEP_ANCHOR ? TTR_SWEEP_ANCHOR_TTL : ttl;

	return ttr_cookie_segment(&s->cookies[s->slots[number].source], &flow,
				  TTR_INDEX(attempt, wire_ttl));
}

void ttr_sweep_sent(struct ttr_sweep *s, uint64_t probe, struct ttr_mono at)
{
	struct ttr_sweep_slot *slot;
	struct ttr_sweep_hop *hop;
	unsigned int attempt;
	uint32_t number;
	uint8_t ttl;

	s->counters.probes_sent++;
	if (!find_slot(s, probe, &number, &ttl))
		return;
	slot = &s->slots[number];
	hop = &ttr_sweep_hops(s, number)[ttl];
	/* An answer to the first try may have come while the second one waited to be sent. */
	if (hop->state == TTR_CELL_IDLE)
		hop->state = TTR_CELL_ASKED;
	attempt = next_attempt(hop);
	hop->sent_us[attempt] = (uint32_t)((at.ns - slot->base.ns) / TTR_NS_PER_US);
	hop->attempts = (uint8_t)(attempt + 1);
	slot->probes_sent++;
	ttr_sweep_proceed(s, number, at);
}

static void want_again(struct ttr_sweep *s, uint32_t number, uint8_t ttl)
{
	struct ttr_sweep_slot *slot = &s->slots[number];

	slot->want[ttl / 64] |= UINT64_C(1) << ttl % 64;
	if (slot->queue == TTR_SWEEP_QUEUE_NONE)
		ttr_sweep_enqueue(s, number,
				  slot->phase == TTR_SWEEP_ANCHOR_OUT ? TTR_SWEEP_QUEUE_FIRST
								      : TTR_SWEEP_QUEUE_PATH);
}

void ttr_sweep_unsent(struct ttr_sweep *s, uint64_t probe)
{
	uint32_t number;
	uint8_t ttl;

	s->allowed.ns -= s->gap_ns;
	if (find_slot(s, probe, &number, &ttl) && s->slots[number].phase != TTR_SWEEP_DONE)
		want_again(s, number, ttl);
}

/* Not a loss on the path: the hop stays unknown, and is not asked again. */
void ttr_sweep_send_failed(struct ttr_sweep *s, uint64_t probe, int error)
{
	struct ttr_sweep_hop *hop;
	uint32_t number;
	uint8_t ttl;

	s->counters.local_drops++;
	if (!find_slot(s, probe, &number, &ttl))
		return;
	hop = &ttr_sweep_hops(s, number)[ttl];
	s->slots[number].send_error = error;
	if (hop->state != TTR_CELL_ANSWERED)
		hop->state = TTR_CELL_SILENT;
	ttr_sweep_proceed(s, number, s->allowed);
}

void ttr_sweep_stop(struct ttr_sweep *s)
{
	s->stopped = true;
	for (uint32_t i = 0; i < s->plan.window; i++) {
		struct ttr_sweep_slot *slot = &s->slots[i];

		if (slot->phase == TTR_SWEEP_FREE || slot->phase == TTR_SWEEP_DONE)
			continue;
		slot->cut_short = true;
		slot->phase = TTR_SWEEP_DONE;
		ttr_wheel_disarm(&s->wheel, i);
		ttr_sweep_enqueue(s, i, TTR_SWEEP_QUEUE_DONE);
	}
}

const struct ttr_sweep_counters *ttr_sweep_counters(const struct ttr_sweep *s)
{
	return &s->counters;
}
