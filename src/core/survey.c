/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/survey.h"

#include "core/verdict.h"

void ttr_survey_init(struct ttr_survey *survey, const struct ttr_addr *target)
{
	*survey = (struct ttr_survey){.target = *target};
}

const struct ttr_cell *ttr_survey_find(const struct ttr_grid *grid, size_t port, unsigned int ttl,
				       enum ttr_answer answer)
{
	const struct ttr_cell *cells;

	if (ttl < grid->first_ttl || ttl > grid->max_ttl)
		return NULL;
	cells = ttr_grid_row(grid, port, ttl);
	for (unsigned int q = 0; q < grid->queries; q++)
		if (cells[q].state == TTR_CELL_ANSWERED && cells[q].answer == answer)
			return &cells[q];
	return NULL;
}

unsigned int ttr_survey_last_passed(const struct ttr_grid *grid, size_t port, unsigned int ttl)
{
	while (ttl >= grid->first_ttl &&
	       !ttr_survey_find(grid, port, ttl, TTR_ANSWER_TIME_EXCEEDED))
		ttl--;
	return ttl;
}

const struct ttr_cell *ttr_survey_arrival(const struct ttr_grid *grid, size_t port)
{
	const unsigned int ttl = grid->ports[port].distance;
	const struct ttr_cell *cell = ttr_survey_find(grid, port, ttl, TTR_ANSWER_SYN_ACK);

	return cell ? cell : ttr_survey_find(grid, port, ttl, TTR_ANSWER_RST);
}

/*
 * A firewall at hop F that speaks for the host answers at TTL F + 1 over F - 1 routers, the host at
 * D over D - 1. So the host's answer comes over as many as lie before it, by what the last router
 * that the port met says of the way back; without reply TTLs nothing is sure. An answer on another
 * flow says nothing of the path that the port's routers are on.
 */
static bool is_the_hosts(const struct ttr_grid *grid, size_t port, const struct ttr_cell *arrival)
{
	const unsigned int ttl = grid->ports[port].distance;
	const unsigned int before = ttr_survey_last_passed(grid, port, ttl - 1);
	const struct ttr_cell *router =
		ttr_survey_find(grid, port, before, TTR_ANSWER_TIME_EXCEEDED);
	int routers = (int)ttl - 1;

	if (router)
		routers = ttr_verdict_way_back(router->reply_ttl) + (int)(ttl - before);
	return arrival->reply_ttl && !arrival->other_flow && (!router || router->reply_ttl) &&
	       ttr_verdict_way_back(arrival->reply_ttl) >= routers;
}

static struct ttr_reference refer(const struct ttr_grid *grid, size_t port)
{
	const struct ttr_cell *arrival = ttr_survey_arrival(grid, port);
	struct ttr_reference reference = {.port = port};

	reference.reach =
		(uint8_t)ttr_survey_last_passed(grid, port, ttr_grid_last_row(grid, port));
	if (reference.reach < grid->first_ttl)
		reference.reach = 0;
	if (!arrival || grid->ports[port].distance < reference.reach)
		return reference;
	reference.reach = grid->ports[port].distance;
	reference.arrived = true;
	reference.back = (uint8_t)ttr_verdict_way_back(arrival->reply_ttl);
	reference.open = arrival->answer == TTR_ANSWER_SYN_ACK;
	reference.sure = is_the_hosts(grid, port, arrival);
	return reference;
}

/* What lies farther away, by the way there and by the way back, then what is open; then the order
 * of the list. */
static bool goes_farther(const struct ttr_reference *a, const struct ttr_reference *b)
{
	if (a->reach != b->reach)
		return a->reach > b->reach;
	if (a->arrived != b->arrived)
		return a->arrived;
	if (a->back != b->back)
		return a->back > b->back; /* the others may be of a firewall just before the host */
	if (a->open != b->open)
		return a->open;
	return a->port < b->port;
}

static void keep(struct ttr_survey *survey, const struct ttr_reference *reference)
{
	unsigned int at = survey->reference_count;

	if (at < TTR_REFERENCES_MAX)
		survey->reference_count++;
	else if (!goes_farther(reference, &survey->references[--at]))
		return;
	for (; at > 0 && goes_farther(reference, &survey->references[at - 1]); at--)
		survey->references[at] = survey->references[at - 1];
	survey->references[at] = *reference;
}

bool ttr_survey_is_silent(const struct ttr_cell *cell)
{
	return cell->state == TTR_CELL_SILENT && cell->attempts > 0 && !cell->send_error &&
	       !cell->rate_limited;
}

/* How often a hop that the port went past answered it. */
static void count_row(struct ttr_survey_row *row, const struct ttr_grid *grid, size_t port,
		      unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(grid, port, ttl);

	for (unsigned int q = 0; q < grid->queries; q++) {
		if (cells[q].state == TTR_CELL_ANSWERED)
			row->answered += 1u + cells[q].answered_again;
		if (cells[q].state != TTR_CELL_ANSWERED && cells[q].rate_limited)
			row->limited += cells[q].attempts;
		if (cells[q].state == TTR_CELL_ANSWERED || ttr_survey_is_silent(&cells[q]) ||
		    cells[q].rate_limited)
			row->asked += cells[q].attempts;
	}
}

/* Who refused the port is between the last router that passed it and its end. */
static void note_refusal(struct ttr_survey *survey, const struct ttr_grid *grid, size_t port)
{
	const unsigned int end = grid->ports[port].end_ttl;

	if (!end || !ttr_survey_find(grid, port, end, TTR_ANSWER_UNREACHABLE))
		return;
	for (unsigned int ttl = ttr_survey_last_passed(grid, port, end); ttl < end; ttl++)
		survey->rows[ttl].refuses = true;
}

void ttr_survey_add(struct ttr_survey *survey, const struct ttr_grid *grid, size_t port)
{
	const struct ttr_reference reference = refer(grid, port);

	note_refusal(survey, grid, port);
	if (!reference.reach)
		return;
	keep(survey, &reference);
	for (unsigned int ttl = grid->first_ttl; ttl <= reference.reach; ttl++)
		count_row(&survey->rows[ttl], grid, port, ttl);
}
