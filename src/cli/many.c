/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/many.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/findings.h"
#include "cli/ndjson.h"

int ttr_many_init(struct ttr_many *many, const struct ttr_view *view, bool events)
{
	const size_t ports = view->settings->port_count;

	ttr_survey_init(&many->survey, &view->egress->target);
	many->next = view->settings->first_ttl;
	if (!events)
		return 0;
	many->said = calloc(ports, sizeof(*many->said));
	many->is_said = calloc(ports, sizeof(*many->is_said));
	if (many->said && many->is_said)
		return 0;
	ttr_many_fini(many);
	return -ENOMEM;
}

void ttr_many_fini(struct ttr_many *many)
{
	free(many->said);
	free(many->is_said);
	many->said = NULL;
	many->is_said = NULL;
}

static void show_rows(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view)
{
	while (many->next <= many->last && many->complete[many->next] == view->settings->port_count)
		ttr_table_row(&many->table, out, view, many->next++);
}

void ttr_many_text_row(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
		       unsigned int ttl)
{
	many->complete[ttl]++;
	if (ttl > many->last)
		many->last = ttl;
	show_rows(many, out, view);
}

void ttr_many_text_port(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
			size_t port)
{
	unsigned int ttl = ttr_grid_last_row(view->grid, port) + 1;

	if (ttl < view->settings->first_ttl)
		ttl = view->settings->first_ttl;
	for (; ttl <= TTR_TTL_MAX; ttl++)
		many->complete[ttl]++;
	show_rows(many, out, view);
}

int ttr_many_text_end(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view)
{
	ttr_table_end(&many->table, out, view, many->last);
	return ttr_findings_put_all(out, view, many->table.colored);
}

void ttr_many_add(struct ttr_many *many, const struct ttr_view *view, size_t port)
{
	ttr_survey_add(&many->survey, view->grid, port);
}

void ttr_many_review(struct ttr_many *many, const struct ttr_view *view)
{
	ttr_survey_init(&many->survey, &view->egress->target);
	for (size_t i = 0; i < view->grid->port_count; i++)
		ttr_survey_add(&many->survey, view->grid, i);
}

static int say(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
	       size_t port, const struct ttr_verdict *verdict)
{
	many->said[port] = *verdict;
	many->is_said[port] = true;
	return ttr_ndjson_port(out, view, port);
}

static int say_if_settled(struct ttr_many *many, struct ttr_buffer *out,
			  const struct ttr_view *view, size_t port)
{
	struct ttr_verdict verdict;

	if (many->is_said[port] || !view->grid->ports[port].done)
		return 0;
	ttr_verdict_find(&verdict, &many->survey, view->grid, port);
	if (view->settings->port_count > 1 &&
	    !ttr_verdict_is_settled(&verdict, &many->survey, view->grid, port))
		return 0;
	return say(many, out, view, port, &verdict);
}

/* Only a port that goes far can settle others. */
static bool is_news(const struct ttr_survey *survey, size_t port)
{
	return (survey->reference_count > 0 && survey->references[0].port == port) ||
	       (survey->reference_count > 1 && survey->references[1].port == port);
}

int ttr_many_event_port(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
			size_t port)
{
	const bool news = is_news(&many->survey, port);
	int r = say_if_settled(many, out, view, port);

	for (size_t i = 0; news && r == 0 && i < view->settings->port_count; i++)
		r = say_if_settled(many, out, view, i);
	return r;
}

int ttr_many_event_end(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < view->settings->port_count; i++) {
		struct ttr_verdict verdict;

		ttr_verdict_find(&verdict, &many->survey, view->grid, i);
		if (!many->is_said[i] || !ttr_verdict_equal(&verdict, &many->said[i]))
			r = say(many, out, view, i, &verdict);
	}
	return r;
}
