/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/verdict.h"

#include "core/survey.h"

/* So unlikely must it be that all probes behind a stop were lost by chance; where many are lost it
 * is not by chance, but by a limit. */
#define CHANCE_MAX 0.0005
#define LOSS_MAX 0.15

/* What is believed of a hop that nobody asked yet: one in sixteen is lost. */
#define PRIOR_LOST 0.25
#define PRIOR_ASKED 4

/* -- Comparing with one reference -- */

int ttr_verdict_way_back(uint8_t reply_ttl)
{
	static const int firsts[] = {32, 64, 128, 255};
	unsigned int i = 0;

	if (!reply_ttl)
		return 0;
	while (firsts[i] < reply_ttl)
		i++;
	return firsts[i] - reply_ttl;
}

static int way_back(const struct ttr_cell *cell)
{
	return ttr_verdict_way_back(cell->reply_ttl);
}

enum path {
	PATH_UNKNOWN, /* one of them was not seen there */
	PATH_SAME,
	PATH_OTHER,
};

/* Whether both ports met the same router at this TTL. */
static enum path compare_hop(const struct ttr_grid *grid, size_t port, size_t other,
			     unsigned int ttl)
{
	enum path path = PATH_UNKNOWN;

	for (unsigned int q = 0; q < grid->queries; q++) {
		const struct ttr_cell *a = ttr_grid_cell(grid, port, ttl, q);

		if (a->state != TTR_CELL_ANSWERED || a->answer != TTR_ANSWER_TIME_EXCEEDED)
			continue;
		for (unsigned int r = 0; r < grid->queries; r++) {
			const struct ttr_cell *b = ttr_grid_cell(grid, other, ttl, r);

			if (b->state != TTR_CELL_ANSWERED || b->answer != TTR_ANSWER_TIME_EXCEEDED)
				continue;
			if (ttr_addr_equal(&a->address, &b->address))
				return PATH_SAME;
			path = PATH_OTHER;
		}
	}
	return path;
}

/* The same at the nearest TTL, up to this one, that saw both. */
static enum path compare_path(const struct ttr_grid *grid, size_t port, size_t other,
			      unsigned int ttl)
{
	enum path path = PATH_UNKNOWN;

	for (; ttl >= grid->first_ttl && path == PATH_UNKNOWN; ttl--)
		path = compare_hop(grid, port, other, ttl);
	return path;
}

/* -- Who answered: the host, or somebody nearer -- */

/* How much nearer than the reference says that the host is. */
struct nearness {
	bool known;
	int there;   /* in hops of the probes' way */
	int back;    /* in hops of the answer's way */
	bool beside; /* it came from as near as the router before it */
	enum path path;
};

static bool is_beside(const struct ttr_grid *grid, size_t port, const struct ttr_cell *arrival)
{
	const struct ttr_cell *before = ttr_survey_find(grid, port, grid->ports[port].distance - 1u,
							TTR_ANSWER_TIME_EXCEEDED);

	return before && way_back(before) == way_back(arrival);
}

static struct nearness measure(const struct ttr_grid *grid, size_t port,
			       const struct ttr_reference *reference)
{
	const struct ttr_cell *arrival = ttr_survey_arrival(grid, port);
	const unsigned int ttl = grid->ports[port].distance;
	const struct ttr_cell *yardstick;
	struct nearness near = {.known = false};

	if (!arrival || reference->port == port || (reference->reach < ttl && !reference->arrived))
		return near;
	/* Where the other one did not arrive, the router at this TTL is the nearest that the host
	 * can be behind. */
	yardstick = reference->arrived
			    ? ttr_survey_arrival(grid, reference->port)
			    : ttr_survey_find(grid, reference->port, ttl, TTR_ANSWER_TIME_EXCEEDED);
	if (!yardstick)
		return near;
	near.known = true;
	near.there = reference->arrived ? reference->reach - (int)ttl : 0;
	if (yardstick->reply_ttl && arrival->reply_ttl)
		near.back = way_back(yardstick) - way_back(arrival);
	near.beside = is_beside(grid, port, arrival);
	near.path = compare_path(grid, port, reference->port, ttl - 1);
	return near;
}

/*
 * A firewall at hop F answers what would go on: the first such answer comes at TTL F + 1, over
 * F - 1 routers. The host's comes at D, over D - 1. So its answer is nearer by one more hop on the
 * way back than on the way there. On a path that is shorter for this port both differ by the same.
 * Where it seems to be farther than the host, and is not on the way back, an answer was lost.
 */
static bool is_nearer(const struct nearness *near)
{
	if (near->back > near->there && near->back > 0)
		return true;
	return near->there > 0 && near->back > 0 && near->path == PATH_SAME;
}

/* In the last router before the host only the way back tells, and that may differ by itself. */
static bool is_surely_nearer(const struct nearness *near)
{
	return near->back > near->there && near->path != PATH_OTHER &&
	       (near->there > 0 || (near->there == 0 && near->beside));
}

static bool is_other_length(const struct nearness *near)
{
	return near->there != 0;
}

/* Who shows that the host is farther counts more than who does not, then who is on the same path.
 */
static bool says_more(const struct nearness *a, const struct nearness *b)
{
	if (!b->known || is_nearer(a) != is_nearer(b))
		return !b->known || is_nearer(a);
	return a->path == PATH_SAME && b->path != PATH_SAME;
}

/* The reference that says most about this port's answer. */
static struct nearness compare_answers(const struct ttr_survey *survey, const struct ttr_grid *grid,
				       size_t port, struct ttr_verdict *verdict)
{
	struct nearness best = {.known = false};

	for (unsigned int i = 0; i < survey->reference_count; i++) {
		struct nearness near = measure(grid, port, &survey->references[i]);

		if (!near.known || !says_more(&near, &best))
			continue;
		verdict->has_reference = true;
		verdict->reference = survey->references[i].port;
		best = near;
	}
	return best;
}

static void judge_answer(struct ttr_verdict *verdict, const struct ttr_survey *survey,
			 const struct ttr_grid *grid, size_t port)
{
	const unsigned int ttl = grid->ports[port].distance;
	const struct nearness near = compare_answers(survey, grid, port, verdict);

	verdict->nearer = near.known && is_nearer(&near);
	if (!verdict->nearer) {
		verdict->has_reference = false;
		verdict->reference = 0;
		if (near.known && is_other_length(&near))
			verdict->doubt = TTR_DOUBT_LENGTHS;
		return;
	}
	verdict->after_ttl = (uint8_t)ttr_survey_last_passed(grid, port, ttl - 1);
	verdict->before_ttl = (uint8_t)ttl;
	verdict->verified = is_surely_nearer(&near) ? TTR_VERIFIED_YES : TTR_VERIFIED_NO;
	verdict->doubt = is_surely_nearer(&near) ? TTR_DOUBT_NONE : TTR_DOUBT_LENGTHS;
	if (verdict->state != TTR_PORT_CLOSED)
		return;
	verdict->state = TTR_PORT_FILTERED;
	verdict->how = TTR_STOP_RESET;
}

/* -- Where it is dropped -- */

static bool row_is_silent(const struct ttr_grid *grid, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(grid, port, ttl);

	for (unsigned int q = 0; q < grid->queries; q++)
		if (ttr_survey_is_silent(&cells[q]))
			return true;
	return false;
}

/* The host answered, as far as can be told: from as far away as it did for anybody, so that it was
 * not a firewall. */
static bool is_at_the_host(const struct ttr_survey *survey, const struct ttr_reference *reference)
{
	unsigned int i = 0;

	while (i < survey->reference_count && !survey->references[i].sure)
		i++;
	return reference->sure && reference->reach == survey->references[i].reach &&
	       reference->back == survey->references[i].back;
}

/* A router let the reference pass at this TTL, or it arrived there. */
static bool went_past(const struct ttr_survey *survey, const struct ttr_grid *grid,
		      const struct ttr_reference *reference, unsigned int ttl)
{
	return ttr_survey_find(grid, reference->port, ttl, TTR_ANSWER_TIME_EXCEEDED) ||
	       (ttl == reference->reach && is_at_the_host(survey, reference));
}

/* The nearest TTL behind after_ttl that saw the reference and, asked in earnest, not this port; 0:
 * none. */
static unsigned int find_silence(const struct ttr_survey *survey, const struct ttr_grid *grid,
				 size_t port, const struct ttr_reference *reference,
				 unsigned int after_ttl)
{
	for (unsigned int ttl = after_ttl + 1; ttl <= reference->reach; ttl++)
		if (went_past(survey, grid, reference, ttl) && row_is_silent(grid, port, ttl))
			return ttl;
	return 0;
}

static bool is_lossy(const struct ttr_survey_row *row)
{
	return row->asked - row->answered > LOSS_MAX * row->asked;
}

/* How likely it is that none of the port's probes at this TTL was answered although they went on,
 * by how often those of other ports were. */
static double chance_of_loss(const struct ttr_survey *survey, const struct ttr_grid *grid,
			     size_t port, unsigned int ttl)
{
	const struct ttr_survey_row *row = &survey->rows[ttl];
	const struct ttr_cell *cells = ttr_grid_row(grid, port, ttl);
	const double loss = ((double)row->asked - row->answered + PRIOR_LOST) /
			    ((double)row->asked + PRIOR_ASKED);
	double chance = 1;

	for (unsigned int q = 0; q < grid->queries; q++)
		for (unsigned int i = cells[q].unproven;
		     ttr_survey_is_silent(&cells[q]) && i < cells[q].attempts; i++)
			chance *= loss;
	return chance;
}

/* No router passed the reference on behind the last that saw the port; and who answered it may be
 * there himself. */
static bool doubt_of_speaker(const struct ttr_survey *survey, const struct ttr_grid *grid,
			     const struct ttr_reference *reference,
			     const struct ttr_verdict *verdict)
{
	return ttr_survey_last_passed(grid, reference->port, reference->reach) <=
		       verdict->after_ttl &&
	       !is_at_the_host(survey, reference);
}

/* What one reference shows; better ones replace it. */
static void compare_silence(struct ttr_verdict *verdict, const struct ttr_survey *survey,
			    const struct ttr_grid *grid, size_t port,
			    const struct ttr_reference *reference)
{
	const unsigned int ttl = find_silence(survey, grid, port, reference, verdict->after_ttl);
	const enum path path = compare_path(grid, port, reference->port, verdict->after_ttl);
	const bool other = path == PATH_OTHER;

	if (!ttl) {
		if (!verdict->has_reference)
			verdict->doubt = doubt_of_speaker(survey, grid, reference, verdict)
						 ? TTR_DOUBT_SPEAKER
						 : TTR_DOUBT_LIMITED;
		return;
	}
	if (verdict->has_reference &&
	    (other || (verdict->doubt != TTR_DOUBT_LENGTHS && verdict->before_ttl <= ttl)))
		return;
	verdict->has_reference = true;
	verdict->reference = reference->port;
	verdict->before_ttl = (uint8_t)ttl;
	verdict->doubt = other ? TTR_DOUBT_LENGTHS : TTR_DOUBT_NONE;
	if (!other &&
	    (is_lossy(&survey->rows[ttl]) || chance_of_loss(survey, grid, port, ttl) > CHANCE_MAX))
		verdict->doubt = survey->rows[ttl].limited ? TTR_DOUBT_LIMITED : TTR_DOUBT_LOSS;
}

/* Somebody there refuses others, or has more to say than his limit lets him. Who never says
 * anything drops. */
static bool may_be_refused(const struct ttr_verdict *verdict, const struct ttr_survey *survey)
{
	for (unsigned int ttl = verdict->after_ttl; ttl < verdict->before_ttl; ttl++) {
		const struct ttr_survey_row *row = &survey->rows[ttl];

		if (row->refuses || row->limited || (row->answered && is_lossy(row)))
			return true;
	}
	return false;
}

static void judge_silence(struct ttr_verdict *verdict, const struct ttr_survey *survey,
			  const struct ttr_grid *grid, size_t port)
{
	verdict->after_ttl =
		(uint8_t)ttr_survey_last_passed(grid, port, ttr_grid_last_row(grid, port));
	verdict->doubt = TTR_DOUBT_NO_REFERENCE;
	for (unsigned int i = 0; i < survey->reference_count; i++) {
		const struct ttr_reference *reference = &survey->references[i];

		if (reference->port != port && reference->reach > verdict->after_ttl)
			compare_silence(verdict, survey, grid, port, reference);
	}
	/* Nobody saw anything at all: there is nothing to say of a place. */
	if (verdict->after_ttl < grid->first_ttl && !verdict->has_reference)
		return;
	verdict->how = TTR_STOP_DROP;
	verdict->verified = verdict->doubt == TTR_DOUBT_NONE ? TTR_VERIFIED_YES : TTR_VERIFIED_NO;
	if (verdict->doubt == TTR_DOUBT_NONE && may_be_refused(verdict, survey))
		verdict->doubt = TTR_DOUBT_REFUSAL;
}

/* -- Who said no -- */

static void judge_refusal(struct ttr_verdict *verdict, const struct ttr_survey *survey,
			  const struct ttr_grid *grid, size_t port)
{
	const unsigned int end = grid->ports[port].end_ttl;
	const struct ttr_cell *refusal = ttr_survey_find(grid, port, end, TTR_ANSWER_UNREACHABLE);

	if (!refusal)
		return;
	verdict->how = TTR_STOP_REJECT;
	verdict->after_ttl = (uint8_t)ttr_survey_last_passed(grid, port, end);
	verdict->before_ttl = (uint8_t)end;
	verdict->address = refusal->address;
	verdict->icmp_type = refusal->icmp_type;
	verdict->icmp_code = refusal->icmp_code;
	verdict->verified = TTR_VERIFIED_YES;
	for (unsigned int i = 0; i < survey->reference_count && !verdict->has_reference; i++) {
		const struct ttr_reference *reference = &survey->references[i];

		verdict->has_reference = reference->port != port && reference->reach >= end;
		verdict->reference = verdict->has_reference ? reference->port : 0;
	}
}

void ttr_verdict_find(struct ttr_verdict *verdict, const struct ttr_survey *survey,
		      const struct ttr_grid *grid, size_t port)
{
	*verdict = (struct ttr_verdict){.state = grid->ports[port].state};
	switch (verdict->state) {
	case TTR_PORT_OPEN:
	case TTR_PORT_CLOSED:
		judge_answer(verdict, survey, grid, port);
		break;
	case TTR_PORT_UNREACHABLE:
		judge_refusal(verdict, survey, grid, port);
		break;
	case TTR_PORT_FILTERED:
		judge_silence(verdict, survey, grid, port);
		break;
	default:
		break;
	}
}

bool ttr_verdict_is_settled(const struct ttr_verdict *verdict, const struct ttr_survey *survey,
			    const struct ttr_grid *grid, size_t port)
{
	const struct ttr_port_result *result = &grid->ports[port];
	const uint8_t seen =
		result->distance > result->last_seen_ttl ? result->distance : result->last_seen_ttl;

	if (verdict->how == TTR_STOP_REJECT)
		return true;
	for (unsigned int i = 0; i < survey->reference_count; i++)
		if (survey->references[i].port != port && survey->references[i].arrived &&
		    survey->references[i].reach >= seen)
			return true;
	return false;
}

bool ttr_verdict_equal(const struct ttr_verdict *a, const struct ttr_verdict *b)
{
	return a->state == b->state && a->how == b->how && a->after_ttl == b->after_ttl &&
	       a->before_ttl == b->before_ttl && ttr_addr_equal(&a->address, &b->address) &&
	       a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code &&
	       a->has_reference == b->has_reference && a->reference == b->reference &&
	       a->nearer == b->nearer && a->verified == b->verified && a->doubt == b->doubt;
}
