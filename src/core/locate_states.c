/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

#define ROUNDS_MIN 2
#define ROUNDS_MAX 12

/* Before anything was heard: RFC 6298 section 2.1. */
#define FIRST_RTO_NS (1000 * TTR_NS_PER_MS)
/* The first answers may be those of who is nearer than the host. */
#define RTO_MIN_NS (300 * TTR_NS_PER_MS)

/* One in so many that answer, and did not the first time. */
#define LOSSY_PART 20

/* A host that answers less than four fifths of what it is asked limits its answers. */
#define LIMITED_PART 5
#define LIMITED_MIN 10
#define RATE_MIN 20

static int64_t rto_ns(const struct ttr_locate *l)
{
	int64_t rto = l->rtt.smoothed_ns + 4 * l->rtt.variation_ns + 20 * TTR_NS_PER_MS;

	if (l->settings.wait_ns)
		return l->settings.wait_ns;
	if (l->rtt.smoothed_ns < 0)
		return l->rounds.number < ROUNDS_MIN ? FIRST_RTO_NS : TTR_WAIT_DEFAULT_NS;
	if (rto < l->rtt.smoothed_ns * 5 / 4 + 50 * TTR_NS_PER_MS)
		rto = l->rtt.smoothed_ns * 5 / 4 + 50 * TTR_NS_PER_MS;
	if (rto < RTO_MIN_NS)
		rto = RTO_MIN_NS;
	return rto < TTR_WAIT_DEFAULT_NS ? rto : TTR_WAIT_DEFAULT_NS;
}

bool ttr_locate_rounds_are_lossy(const struct ttr_locate *l)
{
	const struct ttr_locate_rounds *r = &l->rounds;
	const size_t later = r->later + (r->number > 1 ? r->answers : 0);

	return later * LOSSY_PART > r->first + later;
}

static void begin_round(struct ttr_locate *l)
{
	struct ttr_locate_rounds *r = &l->rounds;

	if (r->number == 1)
		r->first = r->answers;
	else
		r->later += r->answers;
	r->number++;
	r->cursor = 0;
	r->before = r->answers;
	r->answers = 0;
	r->first_ns = 0;
	r->deadline_ns = 0;
}

void ttr_locate_rounds_again(struct ttr_locate *l)
{
	l->rounds.cursor = 0;
	l->rounds.deadline_ns = 0;
}

void ttr_locate_rounds_begin(struct ttr_locate *l)
{
	l->rounds.waiting = l->count;
	l->rtt.smoothed_ns = -1;
	begin_round(l);
}

/* Another flow each time, and later the same again: a second first SYN for those hosts that take no
 * other (traps T1). */
static uint32_t state_probe(struct ttr_locate *l, uint32_t port)
{
	unsigned int ask = l->ports[port].asks;

	if (ask < UINT8_MAX)
		l->ports[port].asks++;
	return ttr_locate_number(port, ask % l->source_count, ask / l->source_count % TTR_TRIES_MAX,
				 l->settings.max_ttl);
}

uint32_t ttr_locate_rounds_send(struct ttr_locate *l)
{
	struct ttr_locate_rounds *r = &l->rounds;

	while (!r->over && r->cursor < l->count) {
		uint32_t port = (uint32_t)r->cursor++;

		if (l->ports[port].stage != TTR_LOCATE_WAITING)
			continue;
		if (!r->first_ns)
			r->first_ns = l->now.ns;
		r->last_ns = l->now.ns;
		return state_probe(l, port);
	}
	if (!r->over && !r->deadline_ns)
		r->deadline_ns = (r->last_ns > l->now.ns ? r->last_ns : l->now.ns) + rto_ns(l);
	return TTR_LOCATE_NONE;
}

void ttr_locate_rounds_settle(struct ttr_locate *l, uint32_t port)
{
	if (l->ports[port].stage != TTR_LOCATE_WAITING)
		return;
	l->ports[port].stage = TTR_LOCATE_SETTLED;
	l->rounds.waiting--;
}

/* How many of those that are silent may have been asked in vain: each round finds the same share of
 * what the one before missed. */
static bool is_worth_another(const struct ttr_locate_rounds *r)
{
	if (r->number < ROUNDS_MIN)
		return true;
	return r->number < ROUNDS_MAX && 2 * r->answers * r->answers > r->before;
}

/* FreeBSD sends 200 resets a second and no more: ask as fast as it answers. */
static void adapt_rate(struct ttr_locate *l)
{
	const struct ttr_locate_rounds *r = &l->rounds;
	int64_t took_ns = r->last_ns - r->first_ns + l->gap_ns;
	int64_t slowest_ns = TTR_NS_PER_S / RATE_MIN, gap_ns;

	if (r->number < ROUNDS_MIN || r->answers < LIMITED_MIN ||
	    r->answers * LIMITED_PART < r->answers + r->before)
		return;
	gap_ns = took_ns / (int64_t)r->answers * 10 / 9;
	if (gap_ns > slowest_ns)
		gap_ns = slowest_ns;
	if (gap_ns > l->gap_ns)
		l->gap_ns = gap_ns;
}

static void end_rounds(struct ttr_locate *l)
{
	l->rounds.over = true;
	l->gap_ns = l->base_gap_ns;
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->ports[i].stage != TTR_LOCATE_WAITING)
			continue;
		ttr_locate_rounds_settle(l, i);
		l->ports[i].kind = TTR_LOCATE_DARK;
		l->located[i].result.state = TTR_PORT_FILTERED;
	}
}

/* -- The reference port -- */

enum rank {
	SILENT,
	REFUSED,
	ANSWERED, /* by the host, or in its name */
};

static enum rank rank(const struct ttr_locate *l, uint32_t port)
{
	switch (l->located[port].result.state) {
	case TTR_PORT_OPEN:
	case TTR_PORT_CLOSED:
		return ANSWERED;
	case TTR_PORT_UNREACHABLE:
		return ttr_addr_equal(&l->located[port].verdict.address, &l->target) ? ANSWERED
										     : REFUSED;
	default:
		return SILENT;
	}
}

/* How far an answer came, if it began with one of the TTLs that are usual. Who answers in the
 * host's name is nearer than the host, so the farthest one is the host. */
unsigned int ttr_locate_way_back(const struct ttr_locate *l, uint32_t port)
{
	unsigned int ttl = l->ports[port].reply_ttl;

	if (rank(l, port) != ANSWERED)
		return 0;
	return (ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl;
}

static bool is_better(const struct ttr_locate *l, uint32_t port, uint32_t than)
{
	if (rank(l, port) != rank(l, than))
		return rank(l, port) > rank(l, than);
	if (ttr_locate_way_back(l, port) != ttr_locate_way_back(l, than))
		return ttr_locate_way_back(l, port) > ttr_locate_way_back(l, than);
	return l->located[port].result.state == TTR_PORT_OPEN &&
	       l->located[than].result.state != TTR_PORT_OPEN;
}

static uint32_t choose(const struct ttr_locate *l)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < l->count; i++)
		if (is_better(l, i, best))
			best = i;
	return best;
}

static void begin_path(struct ttr_locate *l)
{
	uint32_t port = choose(l);

	l->reference = port;
	l->path_begun = true;
	ttr_engine_retarget(l->path, 0, l->port_numbers[port]);
	ttr_engine_start(l->path, l->now);
}

void ttr_locate_rounds_step(struct ttr_locate *l)
{
	struct ttr_locate_rounds *r = &l->rounds;
	bool ended =
		!r->over && (r->waiting == 0 || (r->deadline_ns && l->now.ns >= r->deadline_ns));

	if (l->stopped)
		return;
	if (ended) {
		adapt_rate(l);
		if (r->waiting == 0 || !is_worth_another(r))
			end_rounds(l);
		else
			begin_round(l);
	}
	if (r->over && !l->path_begun)
		begin_path(l);
}

int64_t ttr_locate_rounds_due(const struct ttr_locate *l)
{
	return l->rounds.over || !l->rounds.deadline_ns ? INT64_MAX : l->rounds.deadline_ns;
}
