/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/format.h"
#include "cli/style.h"
#include "net/address.h"

#define NAME_MAX_SHOWN 255

struct row {
	struct ttr_text *text;
	struct ttr_buffer *out;
	const struct ttr_view *view;
	uint16_t port;
	unsigned int ttl;
	bool begun;                /* something stands in it */
	bool silent;               /* its last probe is shown as lost */
	bool name_due;             /* the next answer shows who it is from */
	struct ttr_addr address;   /* of its last answer */
	char state[TTR_STATE_MAX]; /* the last one shown */
	size_t extensions;         /* where in the text the last ones shown are; 0: none were */
	size_t extensions_length;
};

static bool is_answered(const struct ttr_cell *cell)
{
	return cell->state == TTR_CELL_ANSWERED;
}

static bool is_tcp(const struct ttr_cell *cell)
{
	return cell->answer == TTR_ANSWER_SYN_ACK || cell->answer == TTR_ANSWER_RST ||
	       cell->answer == TTR_ANSWER_TCP;
}

/* Takes note of a destination that is not ours and was not shown last. Against 1.5beta7, an address
 * that stayed the same is shown too (there: 0.0.0.0), and unreachables are looked at as well. */
static bool note_rewriting(const struct row *row, const struct ttr_cell *cell)
{
	struct ttr_text *text = row->text;
	const bool same = ttr_addr_equal(&cell->quoted_target, &row->view->egress->target) &&
			  cell->quoted_port == row->port;

	if (row->view->settings->dnat != TTR_DNAT_REPORT || !is_answered(cell) ||
	    cell->quoted_target.family == TTR_FAMILY_NONE || same)
		return false;
	if (ttr_addr_equal(&cell->quoted_target, &text->dnat_address) &&
	    cell->quoted_port == text->dnat_port)
		return false;
	text->dnat_address = cell->quoted_target;
	text->dnat_port = cell->quoted_port;
	return true;
}

static void put_rewriting(const struct row *row)
{
	const bool six = row->text->dnat_address.family == TTR_FAMILY_IPV6;
	const bool other_port = row->text->dnat_port != row->port;
	char address[TTR_ADDR_TEXT_MAX];

	ttr_addr_format(address, &row->text->dnat_address);
	ttr_buffer_print(row->out,
			 six && other_port ? "      Detected DNAT to [%s]"
					   : "      Detected DNAT to %s",
			 address);
	if (other_port)
		ttr_buffer_print(row->out, ":%u", row->text->dnat_port);
	ttr_buffer_put(row->out, "\n");
}

static void begin_rewritten(struct row *row)
{
	if (row->begun)
		ttr_buffer_put(row->out, "\n");
	put_rewriting(row);
	if (row->begun)
		ttr_buffer_put(row->out, "    ");
	row->name_due = true;
}

/* The place of the cell: first in the row, on a line of its own after another address, or next to
 * its neighbour. Compared is the last answer, not the last probe: 1.5beta7 shows A, lost, B as if
 * all were A's. */
static void begin_cell(struct row *row, const struct ttr_cell *cell)
{
	if (!row->begun) {
		ttr_buffer_print(row->out, "%2u  ", row->ttl);
		row->name_due = true;
	} else if (is_answered(cell) && row->address.family != TTR_FAMILY_NONE &&
		   !ttr_addr_equal(&row->address, &cell->address)) {
		ttr_buffer_put(row->out, "\n    ");
		row->name_due = true;
		row->silent = false;
	}
}

static void put_host(struct row *row, const struct ttr_cell *cell)
{
	const char *name = row->view->name(row->view->context, &cell->address);
	char address[TTR_ADDR_TEXT_MAX];

	ttr_addr_format(address, &cell->address);
	if (row->silent)
		ttr_buffer_put(row->out, " ");
	if (name && strcmp(name, address) != 0) {
		ttr_escape(row->out, name, NAME_MAX_SHOWN);
		ttr_buffer_print(row->out, " (%s)", address);
	} else {
		ttr_buffer_put(row->out, address);
	}
	row->name_due = false;
}

/* Behind the address, or where they differ from those that were shown last. */
static void put_extensions(struct row *row, const struct ttr_cell *cell, bool due)
{
	struct ttr_buffer *out = row->out;
	const size_t start = out->length;
	size_t length;

	ttr_buffer_put(out, " ");
	if (cell->extensions)
		ttr_remarks_extensions(out, cell->extensions);
	length = out->length - start;
	if (out->failed)
		return;
	if (length <= 1 || (!due && length == row->extensions_length &&
			    memcmp(out->data + start, out->data + row->extensions, length) == 0)) {
		ttr_buffer_cut(out, start);
		return;
	}
	row->extensions = start;
	row->extensions_length = length;
}

static void put_state(struct row *row, const struct ttr_cell *cell)
{
	enum ttr_style style = TTR_STYLE_UNKNOWN;
	char state[TTR_STATE_MAX], shown[TTR_STATE_MAX + 2];

	ttr_format_state(state, cell->tcp_flags);
	if (strcmp(state, row->state) == 0)
		return;
	memcpy(row->state, state, sizeof(state));
	if (cell->answer == TTR_ANSWER_SYN_ACK)
		style = TTR_STYLE_OPEN;
	else if (cell->answer == TTR_ANSWER_RST)
		style = TTR_STYLE_CLOSED;
	snprintf(shown, sizeof(shown), "[%s]", state);
	ttr_buffer_put(row->out, " ");
	ttr_style_put(row->out, row->text->colored, style, shown);
}

static void put_time(const struct row *row, const struct ttr_cell *cell)
{
	char ms[TTR_MS_MAX], mark[TTR_MARK_MAX];

	ttr_format_ms(ms, cell->rtt_ns);
	ttr_buffer_print(row->out, row->silent ? " %s ms" : "  %s ms", ms);
	if (cell->answer != TTR_ANSWER_UNREACHABLE)
		return;
	ttr_format_mark(mark, cell);
	ttr_buffer_put(row->out, " ");
	ttr_style_put(row->out, row->text->colored, TTR_STYLE_MARK, mark);
}

static void put_answer(struct row *row, const struct ttr_cell *cell)
{
	const bool due = row->name_due;

	if (due)
		put_host(row, cell);
	if (row->text->extensions)
		put_extensions(row, cell, due);
	if (is_tcp(cell))
		put_state(row, cell);
	put_time(row, cell);
	row->address = cell->address;
	row->silent = false;
}

static void put_silence(struct row *row, const struct ttr_cell *cell)
{
	if (row->begun)
		ttr_buffer_put(row->out, " ");
	ttr_style_put(row->out, row->text->colored, TTR_STYLE_SILENT,
		      ttr_view_pending(row->view, cell) ? "?" : "*");
	row->silent = true;
}

static void put_cell(struct row *row, const struct ttr_cell *cell)
{
	if (note_rewriting(row, cell))
		begin_rewritten(row);
	begin_cell(row, cell);
	if (is_answered(cell))
		put_answer(row, cell);
	else
		put_silence(row, cell);
	row->begun = true;
}

void ttr_text_row(struct ttr_text *text, struct ttr_buffer *out, const struct ttr_view *view,
		  size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(view->grid, port, ttl);
	struct row row = {
		.text = text,
		.out = out,
		.view = view,
		.port = view->grid->ports[port].port,
		.ttl = ttl,
	};

	for (unsigned int query = 0; query < view->grid->queries; query++) {
		put_cell(&row, &cells[query]);
		if (query + 1 == view->grid->queries)
			ttr_buffer_put(out, "\n");
		if (text->debug)
			ttr_buffer_put(out, "\n\n");
	}
	if (text->changes)
		ttr_remarks_changes(&text->remarks, out, view, port, ttl);
}
