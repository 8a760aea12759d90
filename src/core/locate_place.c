/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/locate_state.h"

/* -- The path -- */

static int64_t slowest_ns(const struct ttr_grid *grid, unsigned int ttl)
{
	int64_t slowest = 0;

	for (unsigned int q = 0; q < grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(grid, 0, ttl, q);

		if (cell->state == TTR_CELL_ANSWERED && cell->rtt_ns > slowest)
			slowest = cell->rtt_ns;
	}
	return slowest;
}

static const struct ttr_cell *find_cell(const struct ttr_grid *grid, unsigned int ttl,
					enum ttr_answer answer)
{
	for (unsigned int q = 0; q < grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(grid, 0, ttl, q);

		if (cell->state == TTR_CELL_ANSWERED && cell->answer == answer)
			return cell;
	}
	return NULL;
}

/* The path's own probes have taken their share of what the router allows. */
static void add_hop(struct ttr_locate *l, uint16_t place, const struct ttr_addr *address,
		    unsigned int ttl)
{
	const struct ttr_grid *grid = &l->path->grid;
	struct ttr_locate_hop *hop = &l->hops[place];

	*hop = (struct ttr_locate_hop){
		.address = *address,
		.ttl = (uint8_t)ttl,
		.rtt_ns = slowest_ns(grid, ttl),
		.rejected = TTR_LOCATE_NONE,
	};
	ttr_bucket_init(&hop->bucket, l->source.family);
	ttr_bucket_fix(&hop->bucket,
		       l->settings.hop_rate_mhz ? l->settings.hop_rate_mhz : hop->bucket.rate_mhz);
	for (unsigned int q = 0; q < grid->queries; q++)
		for (unsigned int i = 0; i < ttr_grid_cell(grid, 0, ttl, q)->attempts; i++)
			ttr_bucket_take(&hop->bucket, l->now.ns);
}

static void find_host(struct ttr_locate *l, unsigned int end_ttl)
{
	const struct ttr_grid *grid = &l->path->grid;
	const struct ttr_cell *cell = find_cell(grid, end_ttl, TTR_ANSWER_SYN_ACK);

	if (!cell)
		cell = find_cell(grid, end_ttl, TTR_ANSWER_RST);
	if (!cell)
		cell = find_cell(grid, end_ttl, TTR_ANSWER_UNREACHABLE);
	if (!cell || !ttr_addr_equal(&cell->address, &l->target))
		return;
	l->arrived = true;
	l->whose[cell->reply_ttl] = TTR_LOCATE_HOSTS;
}

/* The hops that answered, as places, and the host behind them. */
static void read_path(struct ttr_locate *l)
{
	const struct ttr_grid *grid = &l->path->grid;
	unsigned int end_ttl = ttr_grid_last_row(grid, 0), ttl;

	for (ttl = grid->first_ttl; ttl <= end_ttl; ttl++) {
		const struct ttr_cell *cell = find_cell(grid, ttl, TTR_ANSWER_TIME_EXCEEDED);

		l->place_of_ttl[ttl] = l->last + 1;
		if (cell)
			add_hop(l, ++l->last, &cell->address, ttl);
	}
	if (grid->ports[0].end_ttl)
		find_host(l, grid->ports[0].end_ttl);
	else
		end_ttl = l->last ? l->hops[l->last].ttl + 1u : grid->first_ttl;
	for (ttl = end_ttl; ttl <= TTR_TTL_MAX; ttl++)
		l->place_of_ttl[ttl] = l->last + 1;
	add_hop(l, l->last + 1, &l->target, end_ttl < grid->max_ttl ? end_ttl : grid->max_ttl);
}

bool ttr_locate_place_passes(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_port_result *result = &l->located[port].result;

	return l->arrived && (result->state == TTR_PORT_OPEN || result->state == TTR_PORT_CLOSED) &&
	       (port == l->reference || l->whose[l->ports[port].reply_ttl]);
}

static struct ttr_locate_group *group_of(const struct ttr_locate *l, uint32_t port, uint16_t place)
{
	return &l->groups[l->ports[port].kind][place];
}

/* -- The verdict -- */

static uint8_t ttl_of(const struct ttr_locate *l, uint16_t place)
{
	return place ? l->hops[place].ttl : l->settings.first_ttl - 1;
}

static uint16_t next_alive(const struct ttr_locate *l, uint16_t place)
{
	do
		place++;
	while (place <= l->last && ttr_locate_ask_is_dead(l, place));
	return place;
}

/* A port that shows that the path goes on behind the place; the reference port does, if it was seen
 * there. */
static bool is_shown(const struct ttr_locate *l, uint16_t place)
{
	return l->arrived || place < l->last;
}

static bool is_on_path(const struct ttr_locate *l, const struct ttr_addr *address, uint16_t place)
{
	return (place && ttr_addr_equal(address, &l->hops[place].address)) ||
	       (place == l->last && ttr_addr_equal(address, &l->target));
}

/* Who rejects some behind this place: its router, or the host. */
static uint16_t rejecter(const struct ttr_locate *l, uint16_t place)
{
	if (place && l->hops[place].rejected != TTR_LOCATE_NONE)
		return place;
	if (place == l->last && l->hops[place + 1].rejected != TTR_LOCATE_NONE)
		return place + 1;
	return TTR_LOCATE_PLACE_UNKNOWN;
}

/* Between the last place that saw it and the first that did not: is that known, and is it near? */
static enum ttr_doubt doubt(const struct ttr_locate *l, uint32_t port, uint16_t place)
{
	const struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_verdict *v = &l->located[port].verdict;
	uint16_t next = next_alive(l, place);

	if (v->how == TTR_STOP_DROP && !v->has_reference)
		return TTR_DOUBT_NO_REFERENCE;
	if (place == l->last && l->farther && v->how != TTR_STOP_RESET)
		return TTR_DOUBT_LENGTHS;
	if (p->low != place)
		return TTR_DOUBT_INFERRED;
	/* Others are rejected there by somebody who may have had no answer left for this one. */
	if (v->how == TTR_STOP_DROP && (l->groups[TTR_LOCATE_REFUSED][place].members > 0 ||
					rejecter(l, place) != TTR_LOCATE_PLACE_UNKNOWN))
		return TTR_DOUBT_LIMITED;
	/* A stranger behind the last hop may be behind what looks like the host, too. */
	if (v->how == TTR_STOP_REJECT && place == l->last && !is_on_path(l, &v->address, place))
		return TTR_DOUBT_LENGTHS;
	/* Who rejects it is named, or it was asked at the very next hop. */
	if (v->how == TTR_STOP_REJECT && !is_on_path(l, &v->address, place) &&
	    ttl_of(l, next) > v->after_ttl + 1u)
		return TTR_DOUBT_LIMITED;
	return v->how != TTR_STOP_REJECT && next > place + 1 ? TTR_DOUBT_LIMITED : TTR_DOUBT_NONE;
}

/* A router rejects what would go on behind it. */
static uint8_t rejecting_ttl(const struct ttr_locate *l, const struct ttr_verdict *v,
			     uint16_t place)
{
	if (place && ttr_addr_equal(&v->address, &l->hops[place].address))
		return l->hops[place].ttl + 1;
	return ttl_of(l, next_alive(l, place));
}

static void say_stop(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	v->after_ttl = ttl_of(l, place);
	v->has_reference = is_shown(l, place) && port != l->reference;
	v->reference = v->has_reference ? l->reference : 0;
	if (v->has_reference)
		v->before_ttl = ttl_of(l, next_alive(l, place));
	if (v->how == TTR_STOP_REJECT)
		v->before_ttl = rejecting_ttl(l, v, place);
	if (l->located[port].result.last_seen_ttl > v->after_ttl &&
	    l->located[port].result.last_seen_ttl < ttl_of(l, next_alive(l, place)))
		v->after_ttl = l->located[port].result.last_seen_ttl;
	v->doubt = doubt(l, port, place);
	v->verified = v->doubt ? TTR_VERIFIED_NO : TTR_VERIFIED_YES;
}

static void name_stop(struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	switch (l->ports[port].kind) {
	case TTR_LOCATE_DARK:
		v->how = TTR_STOP_DROP;
		break;
	case TTR_LOCATE_NEARER:
		v->nearer = true;
		if (v->state == TTR_PORT_CLOSED) {
			v->how = TTR_STOP_RESET;
			v->state = TTR_PORT_FILTERED;
		}
		break;
	default:
		break;
	}
}

/* From now on what seems dropped behind this place is asked whether it was not rejected. */
static void note_rejecter(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	const struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_addr *by = &l->located[port].verdict.address;

	if (p->low != place)
		return;
	if (place && ttr_addr_equal(by, &l->hops[place].address))
		l->hops[place].rejected = port;
	if (ttr_addr_equal(by, &l->target))
		l->hops[l->last + 1].rejected = port;
	if (p->reject_asked && p->place != TTR_LOCATE_PLACE_UNKNOWN)
		l->groups[TTR_LOCATE_DARK][p->place].rejected++;
}

/* Stopped behind this place: what `low` proves, or what its neighbours do. */
static void conclude(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];
	struct ttr_locate_group *g = group_of(l, port, place);

	l->located[port].verdict.state = l->located[port].result.state;
	name_stop(l, port);
	say_stop(l, port, place);
	if (p->low == place) {
		g->confirmed++;
		g->members += p->place != place;
	}
	if (p->kind == TTR_LOCATE_REFUSED)
		note_rejecter(l, port, place);
	ttr_locate_finish(l, port);
}

/* Nothing stops it. */
static void pass(struct ttr_locate *l, uint32_t port)
{
	struct ttr_verdict *v = &l->located[port].verdict;

	v->state = l->located[port].result.state;
	if (port != l->reference && l->whose[l->ports[port].reply_ttl] == TTR_LOCATE_MAYBE_HOSTS) {
		v->verified = TTR_VERIFIED_NO;
		v->doubt = TTR_DOUBT_LENGTHS;
	}
	if (port == l->reference && l->arrived)
		l->located[port].result.distance = l->path->grid.ports[0].distance;
	ttr_locate_finish(l, port);
}

/* -- What to ask next -- */

/* Where most of those before it were stopped; TTR_LOCATE_PLACE_UNKNOWN: none between its bounds. */
static uint16_t guess(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	uint16_t best = TTR_LOCATE_PLACE_UNKNOWN;
	uint32_t members = 0;

	for (uint16_t place = p->low; place < p->high; place++) {
		if (l->groups[p->kind][place].members <= members)
			continue;
		best = place;
		members = l->groups[p->kind][place].members;
	}
	return best;
}

static void park(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (place != TTR_LOCATE_PLACE_UNKNOWN && p->place != place)
		group_of(l, port, place)->members++;
	p->stage = TTR_LOCATE_PARKED;
	p->place = place;
}

/* The unreachables of a router are as limited as its other errors: what seems dropped there may
 * have been rejected without a word left. */
static bool ask_rejecter(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint16_t who = rejecter(l, place);

	if (p->kind != TTR_LOCATE_DARK || p->reject_asked || who == TTR_LOCATE_PLACE_UNKNOWN)
		return false;
	p->reject_asked = true;
	ttr_locate_ask(l, port, who, true, false);
	return true;
}

/* The first one at a place: is it seen behind that, or even behind the end of the path? */
static bool wants_walk(const struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];

	if (p->walked || group_of(l, port, p->low)->members > 0)
		return false;
	if (p->kind == TTR_LOCATE_DARK)
		return p->high <= l->last;
	return p->kind == TTR_LOCATE_REFUSED && p->low == l->last &&
	       !is_on_path(l, &l->located[port].verdict.address, p->low);
}

/* One at a time; what it finds may do for the next one. */
static void walk(struct ttr_locate *l, uint32_t port)
{
	if (l->walker == TTR_LOCATE_NONE)
		ttr_locate_ask_walk(l, port);
	else
		park(l, port, TTR_LOCATE_PLACE_UNKNOWN);
}

/* Between its bounds nothing can be asked any more. */
static void settle(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (p->kind == TTR_LOCATE_NEARER && p->high > l->last) {
		/* As far as can be seen it is the host's answer, by another way back. */
		l->whose[p->reply_ttl] =
			ttr_locate_way_back(l, port) == ttr_locate_way_back(l, l->reference)
				? TTR_LOCATE_HOSTS
				: TTR_LOCATE_MAYBE_HOSTS;
		pass(l, port);
		return;
	}
	if (wants_walk(l, port)) {
		walk(l, port);
		return;
	}
	if (!ask_rejecter(l, port, p->low))
		conclude(l, port, p->low);
}

/* Nobody was placed between its bounds yet: one port goes ahead. */
static void search(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint32_t *searching = &l->searching[p->kind];
	uint16_t middle = (uint16_t)((p->low + p->high) / 2);

	if (*searching != TTR_LOCATE_NONE && *searching != port &&
	    l->ports[*searching].stage == TTR_LOCATE_ASKED) {
		park(l, port, TTR_LOCATE_PLACE_UNKNOWN);
		return;
	}
	*searching = port;
	if (p->kind == TTR_LOCATE_DARK && !p->walked) {
		walk(l, port);
		return;
	}
	/* After a walk it is where it was last seen. */
	if (p->kind == TTR_LOCATE_DARK)
		middle = next_alive(l, p->low);
	else if (p->high > l->last)
		middle = l->last;
	if (middle <= p->low || ttr_locate_ask_is_dead(l, middle))
		middle = next_alive(l, p->low);
	ttr_locate_ask(l, port, middle, false, p->kind == TTR_LOCATE_DARK);
}

void ttr_locate_place_next(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	uint16_t place = guess(l, port);

	if (ttr_locate_place_passes(l, port)) {
		pass(l, port);
	} else if (next_alive(l, p->low) >= p->high) {
		settle(l, port);
	} else if (place == TTR_LOCATE_PLACE_UNKNOWN) {
		search(l, port);
	} else if (next_alive(l, place) < p->high) {
		ttr_locate_ask(l, port, next_alive(l, place), false, true);
	} else if (!p->check && !l->settings.verify_all) {
		park(l, port, place);
	} else if (ttr_locate_ask_is_dead(l, place)) {
		conclude(l, port, place); /* not to be asked: as its neighbours */
	} else if (!ask_rejecter(l, port, place)) {
		const struct ttr_locate_group *g = group_of(l, port, place);

		ttr_locate_ask(l, port, place, false, g->unseen > g->confirmed);
	}
}

void ttr_locate_place_seen(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (place > p->low)
		p->low = place;
	if (p->high <= p->low) /* that silence was a lost answer */
		p->high = l->last + 1;
}

void ttr_locate_place_unseen(struct ttr_locate *l, uint32_t port, uint16_t place)
{
	struct ttr_locate_port *p = &l->ports[port];

	if (place < p->high && place > p->low)
		p->high = place;
	if (p->check && p->place == place)
		group_of(l, port, place)->unseen++;
}

/* -- Parked ports -- */

static uint32_t looked_at(const struct ttr_locate_group *g)
{
	return g->confirmed + g->rejected;
}

/* Of those that seem alike: have enough been looked at, and were they? */
static void judge_group(struct ttr_locate_group *g)
{
	bool mixed = g->rejected > 0 && g->confirmed > 0;

	if (g->unseen || mixed)
		g->wanted = g->parked;
	else if (looked_at(g) < TTR_LOCATE_SAMPLE)
		g->wanted = TTR_LOCATE_SAMPLE - looked_at(g);
	else
		g->wanted = 0;
	if (g->wanted > g->parked)
		g->wanted = g->parked;
}

static void judge_groups(struct ttr_locate *l)
{
	for (unsigned int kind = 0; kind < TTR_LOCATE_KINDS; kind++)
		for (uint16_t place = 0; place <= l->last + 1; place++)
			l->groups[kind][place].parked = 0;
	for (uint32_t i = 0; i < l->count; i++)
		if (l->ports[i].stage == TTR_LOCATE_PARKED &&
		    l->ports[i].place != TTR_LOCATE_PLACE_UNKNOWN)
			group_of(l, i, l->ports[i].place)->parked++;
	for (unsigned int kind = 0; kind < TTR_LOCATE_KINDS; kind++)
		for (uint16_t place = 0; place <= l->last + 1; place++)
			judge_group(&l->groups[kind][place]);
}

/* Spread evenly: of `parked` ports that are still to come `wanted` are taken. */
static bool is_picked(struct ttr_locate_group *g)
{
	bool picked = g->wanted > 0 && g->wanted >= g->parked;

	/* every (parked / wanted)th */
	if (g->wanted > 0 && !picked)
		picked = g->parked % ((g->parked + g->wanted - 1) / g->wanted) == 0;
	g->parked--;
	g->wanted -= picked;
	return picked;
}

static void copy_refusal(struct ttr_locate *l, uint32_t port, uint16_t who)
{
	const struct ttr_verdict *from = &l->located[l->hops[who].rejected].verdict;
	struct ttr_located *to = &l->located[port];

	to->verdict.how = TTR_STOP_REJECT;
	to->verdict.address = from->address;
	to->verdict.icmp_type = from->icmp_type;
	to->verdict.icmp_code = from->icmp_code;
	to->result.state = TTR_PORT_UNREACHABLE;
	l->ports[port].kind = TTR_LOCATE_REFUSED;
}

/* As those of its group that were looked at. */
static void infer(struct ttr_locate *l, uint32_t port)
{
	const struct ttr_locate_port *p = &l->ports[port];
	uint16_t place = p->place;

	if (group_of(l, port, place)->rejected > 0)
		copy_refusal(l, port, rejecter(l, place));
	conclude(l, port, place);
}

void ttr_locate_place_release(struct ttr_locate *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->ports[i].stage == TTR_LOCATE_PARKED &&
		    l->ports[i].place == TTR_LOCATE_PLACE_UNKNOWN &&
		    guess(l, i) != TTR_LOCATE_PLACE_UNKNOWN)
			ttr_locate_place_next(l, i);
}

void ttr_locate_place_parked(struct ttr_locate *l)
{
	judge_groups(l);
	for (uint32_t i = 0; i < l->count; i++) {
		struct ttr_locate_port *p = &l->ports[i];

		if (p->stage != TTR_LOCATE_PARKED)
			continue;
		if (p->place == TTR_LOCATE_PLACE_UNKNOWN) {
			ttr_locate_place_next(l, i);
		} else if (is_picked(group_of(l, i, p->place))) {
			p->check = true;
			ttr_locate_place_next(l, i);
		} else if (looked_at(group_of(l, i, p->place)) >= TTR_LOCATE_SAMPLE ||
			   ttr_locate_ask_is_dead(l, p->place)) {
			infer(l, i);
		}
	}
}

/* -- From the beginning to the end -- */

static void start_port(struct ttr_locate *l, uint32_t port)
{
	struct ttr_locate_port *p = &l->ports[port];
	const struct ttr_addr *by = &l->located[port].verdict.address;

	p->low = 0;
	p->high = l->last + 1;
	p->place = TTR_LOCATE_PLACE_UNKNOWN;
	if (p->kind != TTR_LOCATE_REFUSED)
		return;
	for (uint16_t place = 1; place <= l->last; place++)
		if (ttr_addr_equal(&l->hops[place].address, by)) {
			p->low = place;
			p->high = place + 1;
		}
	if (ttr_addr_equal(by, &l->target))
		p->low = l->last;
}

/* Those that were answered come first: they say who rejects. If that has to be asked, the dark ones
 * wait. */
void ttr_locate_place_begin(struct ttr_locate *l)
{
	bool strangers = false;

	l->placing = true;
	read_path(l);
	ttr_locate_ask_init(l);
	for (uint32_t i = 0; i < l->count; i++) {
		struct ttr_locate_port *p = &l->ports[i];

		if (p->stage != TTR_LOCATE_SETTLED)
			continue;
		start_port(l, i);
		if (l->arrived && ttr_locate_way_back(l, i) > ttr_locate_way_back(l, l->reference))
			l->farther = true;
		if (p->kind != TTR_LOCATE_DARK)
			ttr_locate_place_next(l, i);
		strangers |= p->kind == TTR_LOCATE_REFUSED && p->stage == TTR_LOCATE_ASKED;
	}
	if (!l->arrived && l->ports[l->reference].stage == TTR_LOCATE_SETTLED) {
		/* The path is what this port showed. */
		l->ports[l->reference].low = l->last;
		ttr_locate_place_next(l, l->reference);
	}
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->ports[i].stage != TTR_LOCATE_SETTLED)
			continue;
		if (strangers)
			park(l, i, TTR_LOCATE_PLACE_UNKNOWN);
		else
			ttr_locate_place_next(l, i);
	}
}

static enum ttr_port_state last_state(const struct ttr_locate *l, uint32_t port, bool with_timeouts)
{
	if (l->ports[port].stage != TTR_LOCATE_WAITING)
		return l->located[port].result.state;
	return with_timeouts && l->ports[port].asks >= 2 ? TTR_PORT_FILTERED : TTR_PORT_UNKNOWN;
}

void ttr_locate_place_give_up(struct ttr_locate *l, uint32_t port, bool with_timeouts)
{
	const struct ttr_locate_port *p = &l->ports[port];
	struct ttr_located *located = &l->located[port];
	enum ttr_port_state state = last_state(l, port, with_timeouts);

	located->result.state = state;
	located->verdict.state = state;
	if (state == TTR_PORT_UNKNOWN || p->kind == TTR_LOCATE_NEARER) {
		ttr_locate_finish(l, port);
		return;
	}
	name_stop(l, port);
	if (l->placing)
		say_stop(l, port,
			 p->stage == TTR_LOCATE_PARKED && p->place != TTR_LOCATE_PLACE_UNKNOWN
				 ? p->place
				 : p->low);
	if (p->kind == TTR_LOCATE_DARK) {
		located->verdict.verified = TTR_VERIFIED_NO;
		if (!located->verdict.doubt)
			located->verdict.doubt = TTR_DOUBT_LIMITED;
	}
	ttr_locate_finish(l, port);
}
