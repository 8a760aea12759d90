/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/located.h"

#include "cli/json.h"
#include "cli/style.h"
#include "tcptraceroute/locate.h"

static json_t *make_seen(const struct ttr_view *view, const struct ttr_located *located)
{
	json_t *hop = json_object(), *probes = json_array(), *probe = json_object();
	int failed = ttr_json_add_probe(probe, view, &located->seen);

	failed |= json_array_append_new(probes, probe);
	failed |= json_object_set_new(hop, "ttl", json_integer(located->result.last_seen_ttl));
	failed |= json_object_set_new(hop, "probes", probes);
	return ttr_json_complete(hop, failed);
}

json_t *ttr_located_hops(const struct ttr_view *view, size_t port)
{
	const struct ttr_located *located = ttr_locate_port(view->locate, port);
	json_t *hops;
	int failed = 0;

	if (port == ttr_locate_reference(view->locate))
		return ttr_json_hops(view, 0);
	hops = json_array();
	if (located->seen.state == TTR_CELL_ANSWERED)
		failed = json_array_append_new(hops, make_seen(view, located));
	return ttr_json_complete(hops, failed);
}

static bool is_silent(const struct ttr_view *view, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(view->grid, 0, ttl);

	for (unsigned int q = 0; q < view->grid->queries; q++)
		if (cells[q].state == TTR_CELL_ANSWERED || ttr_view_pending(view, &cells[q]))
			return false;
	return true;
}

void ttr_located_row(struct ttr_located_rows *waiting, struct ttr_text *text,
		     struct ttr_buffer *out, const struct ttr_view *view, unsigned int ttl)
{
	if (is_silent(view, ttl)) {
		if (!waiting->first)
			waiting->first = ttl;
		waiting->last = ttl;
		return;
	}
	for (unsigned int i = waiting->first; i && i <= waiting->last; i++)
		ttr_text_row(text, out, view, 0, i);
	*waiting = (struct ttr_located_rows){.first = 0};
	ttr_text_row(text, out, view, 0, ttl);
}

static void put_silence(const struct ttr_located_rows *rows, const struct ttr_text *text,
			struct ttr_buffer *out, unsigned int queries)
{
	ttr_buffer_print(out, "%2u-%u ", rows->first, rows->last);
	for (unsigned int q = 0; q < queries; q++) {
		ttr_buffer_put(out, " ");
		ttr_style_put(out, text->colored, TTR_STYLE_SILENT, "*");
	}
	ttr_buffer_put(out, "\n");
}

void ttr_located_rows_end(struct ttr_located_rows *waiting, struct ttr_text *text,
			  struct ttr_buffer *out, const struct ttr_view *view)
{
	if (waiting->first && waiting->first == waiting->last)
		ttr_text_row(text, out, view, 0, waiting->last);
	else if (waiting->first)
		put_silence(waiting, text, out, view->grid->queries);
	*waiting = (struct ttr_located_rows){.first = 0};
}
