/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/format.h"
#include "cli/style.h"
#include "net/address.h"

#define GAP 3
#define LINE_WIDTH 80
#define NAME_MAX_SHOWN 255
#define HOP_WIDTH 4

/* Who answered in one row; what further ones did is shown without a letter. */
#define ROUTERS_MAX 26
#define LETTERS_MAX 3

struct router {
	struct ttr_addr address;
	const struct ttr_cell *cell; /* the first of his */
};

struct row {
	struct ttr_table *table;
	const struct ttr_view *view;
	unsigned int ttl;
	struct router routers[ROUTERS_MAX];
	unsigned int router_count;
};

enum kind {
	KIND_PASSED,
	KIND_SILENT,
	KIND_LIMITED,
	KIND_PENDING,
	KIND_OPEN,
	KIND_CLOSED,
	KIND_REFUSED,
	KIND_OTHER,
	KIND_COUNT,
};

/* What the ports of one column say in one row. */
struct tally {
	size_t ports[KIND_COUNT];
	size_t live; /* those that did not end before */
	int64_t rtt_ns;
	char mark[TTR_MARK_MAX];
	uint32_t routers; /* bits */
};

/* -- Rows as data -- */

static enum kind kind_of(const struct ttr_view *view, const struct ttr_cell *cell)
{
	static const enum kind kinds[] = {
		[TTR_ANSWER_NONE] = KIND_SILENT,         [TTR_ANSWER_TIME_EXCEEDED] = KIND_PASSED,
		[TTR_ANSWER_UNREACHABLE] = KIND_REFUSED, [TTR_ANSWER_SYN_ACK] = KIND_OPEN,
		[TTR_ANSWER_RST] = KIND_CLOSED,          [TTR_ANSWER_TCP] = KIND_OTHER,
	};

	if (cell->state == TTR_CELL_ANSWERED)
		return kinds[cell->answer];
	if (ttr_view_pending(view, cell))
		return KIND_PENDING;
	return cell->rate_limited ? KIND_LIMITED : KIND_SILENT;
}

/* The one of its queries that says most about the port. */
static const struct ttr_cell *best_cell(const struct ttr_view *view, size_t port, unsigned int ttl)
{
	static const uint8_t order[KIND_COUNT] = {
		[KIND_SILENT] = 0,  [KIND_LIMITED] = 1, [KIND_PENDING] = 2, [KIND_PASSED] = 3,
		[KIND_REFUSED] = 4, [KIND_OTHER] = 5,   [KIND_CLOSED] = 6,  [KIND_OPEN] = 7,
	};
	const struct ttr_cell *cells = ttr_grid_row(view->grid, port, ttl), *best = cells;

	for (unsigned int q = 1; q < view->grid->queries; q++) {
		const uint8_t a = order[kind_of(view, &cells[q])], b = order[kind_of(view, best)];

		if (a > b || (a == b && cells[q].rtt_ns < best->rtt_ns))
			best = &cells[q];
	}
	return best;
}

static bool is_live(const struct ttr_view *view, size_t port, unsigned int ttl)
{
	return ttl <= ttr_grid_last_row(view->grid, port);
}

static bool is_target(const struct ttr_view *view, const struct ttr_addr *address)
{
	return ttr_addr_equal(address, &view->egress->target);
}

/* The number of a router, which is remembered; ROUTERS_MAX: none left. */
static unsigned int number_of(struct row *row, const struct ttr_cell *cell)
{
	unsigned int i = 0;

	while (i < row->router_count && !ttr_addr_equal(&row->routers[i].address, &cell->address))
		i++;
	if (i == row->router_count && i < ROUTERS_MAX)
		row->routers[row->router_count++] =
			(struct router){.address = cell->address, .cell = cell};
	return i;
}

static void count_routers(struct row *row, struct tally *tally, size_t port)
{
	const struct ttr_cell *cells = ttr_grid_row(row->view->grid, port, row->ttl);

	for (unsigned int q = 0; q < row->view->grid->queries; q++) {
		unsigned int number;

		if (cells[q].state != TTR_CELL_ANSWERED)
			continue;
		number = number_of(row, &cells[q]);
		if (number < ROUTERS_MAX && !is_target(row->view, &cells[q].address))
			tally->routers |= UINT32_C(1) << number;
	}
}

static void count_port(struct row *row, struct tally *tally, size_t port)
{
	const struct ttr_cell *cell;
	enum kind kind;

	if (!is_live(row->view, port, row->ttl))
		return;
	cell = best_cell(row->view, port, row->ttl);
	kind = kind_of(row->view, cell);
	tally->live++;
	tally->ports[kind]++;
	if (kind == KIND_PASSED && (tally->rtt_ns < 0 || cell->rtt_ns < tally->rtt_ns))
		tally->rtt_ns = cell->rtt_ns;
	if (kind == KIND_REFUSED)
		ttr_format_mark(tally->mark, cell);
	count_routers(row, tally, port);
}

static struct tally count_column(struct row *row, const struct ttr_column *column)
{
	struct tally tally = {.rtt_ns = -1};

	for (size_t i = 0; i < column->count; i++)
		count_port(row, &tally, column->first + i);
	return tally;
}

/* -- Cells -- */

static bool all_are(const struct tally *tally, enum kind kind)
{
	return tally->ports[kind] == tally->live;
}

/* All ports of the column have it in common. */
static enum ttr_style format_common(char *text, size_t size, const struct tally *tally)
{
	char ms[TTR_MS_MAX];

	if (all_are(tally, KIND_PASSED)) {
		ttr_format_short_ms(ms, tally->rtt_ns);
		snprintf(text, size, "%s", ms);
		return TTR_STYLE_PLAIN;
	}
	if (all_are(tally, KIND_REFUSED)) {
		snprintf(text, size, "%s", tally->mark);
		return TTR_STYLE_MARK;
	}
	if (all_are(tally, KIND_OPEN)) {
		snprintf(text, size, "open");
		return TTR_STYLE_OPEN;
	}
	if (all_are(tally, KIND_CLOSED)) {
		snprintf(text, size, "closed");
		return TTR_STYLE_CLOSED;
	}
	snprintf(text, size, "%s",
		 all_are(tally, KIND_PENDING)   ? "?"
		 : all_are(tally, KIND_LIMITED) ? "~"
		 : all_are(tally, KIND_OTHER)   ? "tcp"
						: "*");
	return TTR_STYLE_SILENT;
}

static enum ttr_style format_mixed(char *text, size_t size, const struct tally *tally)
{
	if (tally->ports[KIND_OPEN]) {
		snprintf(text, size, "%zu open", tally->ports[KIND_OPEN]);
		return TTR_STYLE_OPEN;
	}
	if (tally->ports[KIND_PASSED]) {
		snprintf(text, size, "%zu/%zu", tally->ports[KIND_PASSED], tally->live);
		return TTR_STYLE_PLAIN;
	}
	if (tally->ports[KIND_CLOSED]) {
		snprintf(text, size, "%zu closed", tally->ports[KIND_CLOSED]);
		return TTR_STYLE_CLOSED;
	}
	if (tally->ports[KIND_REFUSED]) {
		snprintf(text, size, "%zu %s", tally->ports[KIND_REFUSED], tally->mark);
		return TTR_STYLE_MARK;
	}
	snprintf(text, size, "*");
	return TTR_STYLE_SILENT;
}

static bool is_common(const struct tally *tally)
{
	for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
		if (tally->ports[kind])
			return tally->ports[kind] == tally->live;
	return true;
}

/* Routers that have to be told apart; the target is known by its state. */
static unsigned int count_letters(const struct row *row, unsigned int below)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < below; i++)
		count += !is_target(row->view, &row->routers[i].address);
	return count;
}

/* Which of several routers the times are of, and whether limits took some: in the gap. */
static void format_letters(char letters[LETTERS_MAX + 3], const struct row *row,
			   const struct tally *tally)
{
	unsigned int length = 0;

	for (unsigned int i = 0; i < row->router_count && length <= LETTERS_MAX; i++) {
		if (!(tally->routers & UINT32_C(1) << i) ||
		    count_letters(row, row->router_count) < 2)
			continue;
		letters[length] = length < LETTERS_MAX ? (char)('a' + count_letters(row, i)) : '+';
		length++;
	}
	if (!is_common(tally) && tally->ports[KIND_LIMITED])
		letters[length++] = '~';
	letters[length] = '\0';
}

static void put_spaces(struct ttr_buffer *out, size_t count)
{
	ttr_buffer_print(out, "%*s", (int)count, "");
}

static void put_column(const struct row *row, struct ttr_buffer *out,
		       const struct ttr_column *column, const struct tally *tally)
{
	char text[48] = "", letters[LETTERS_MAX + 3] = "";
	enum ttr_style style = TTR_STYLE_PLAIN;
	size_t length;

	if (tally->live) {
		style = is_common(tally) ? format_common(text, sizeof(text), tally)
					 : format_mixed(text, sizeof(text), tally);
		format_letters(letters, row, tally);
		if (tally->ports[KIND_LIMITED])
			row->table->limited = true;
	}
	length = strlen(text);
	put_spaces(out, length < column->width ? column->width - length : 0);
	ttr_style_put(out, row->table->colored, style, text);
	length = strlen(letters);
	ttr_buffer_put(out, letters);
	put_spaces(out, length < GAP ? GAP - length : 1);
}

/* -- Routers -- */

static unsigned int indent_of(const struct ttr_table *table)
{
	unsigned int indent = HOP_WIDTH;

	for (size_t i = 0; i < table->columns.count; i++)
		indent += table->columns.all[i].width + GAP;
	return indent;
}

static void begin_line(struct ttr_buffer *out, unsigned int indent)
{
	ttr_buffer_put(out, "\n");
	put_spaces(out, indent);
}

static void put_address(const struct row *row, struct ttr_buffer *out,
			const struct ttr_addr *address, unsigned int indent)
{
	const char *name = row->view->name(row->view->context, address);
	char text[TTR_ADDR_TEXT_MAX];
	const size_t start = out->length;

	ttr_addr_format(text, address);
	if (!name || strcmp(name, text) == 0) {
		ttr_buffer_put(out, text);
		return;
	}
	ttr_escape(out, name, NAME_MAX_SHOWN);
	if (indent + (out->length - start) + strlen(" ()") + strlen(text) > LINE_WIDTH)
		begin_line(out, indent);
	else
		ttr_buffer_put(out, " ");
	ttr_buffer_print(out, "(%s)", text);
}

static void put_extensions(const struct row *row, struct ttr_buffer *out,
			   const struct ttr_cell *cell, unsigned int indent)
{
	if (!row->table->extensions || !cell->extensions)
		return;
	begin_line(out, indent);
	ttr_remarks_extensions(out, cell->extensions);
}

static void trim(struct ttr_buffer *out)
{
	size_t length = out->length;

	while (!out->failed && length > 0 && out->data[length - 1] == ' ')
		length--;
	ttr_buffer_cut(out, length);
}

/* Where a row's routers begin, if there is no room beside the columns: below them. */
#define BELOW_INDENT 8

/* The longest word of a router: its name, or its address. */
static size_t width_of(const struct row *row, const struct ttr_addr *address)
{
	const char *name = row->view->name(row->view->context, address);
	char text[TTR_ADDR_TEXT_MAX];
	size_t width;

	ttr_addr_format(text, address);
	width = strlen(text);
	if (!name || strcmp(name, text) == 0)
		return width;
	width += strlen("()");
	return strlen(name) > width ? strlen(name) : width;
}

/* All of a row's beside the columns, or all below. */
static bool fit_beside(const struct row *row, unsigned int indent)
{
	for (unsigned int i = 0; i < row->router_count; i++)
		if (indent + width_of(row, &row->routers[i].address) > LINE_WIDTH)
			return false;
	return true;
}

static void put_routers(const struct row *row, struct ttr_buffer *out)
{
	const unsigned int more = count_letters(row, row->router_count) > 1 ? 2 : 0;
	unsigned int indent = indent_of(row->table);
	const bool beside = fit_beside(row, indent + more);

	if (!beside)
		indent = BELOW_INDENT;
	for (unsigned int i = 0; i < row->router_count; i++) {
		const bool target = is_target(row->view, &row->routers[i].address);

		if (i == 0 && !beside)
			trim(out);
		if (i > 0 || !beside)
			begin_line(out, indent);
		if (more)
			ttr_buffer_print(out, "%c ",
					 target ? ' ' : (char)('a' + count_letters(row, i)));
		put_address(row, out, &row->routers[i].address, indent + more);
		put_extensions(row, out, row->routers[i].cell, indent + more);
	}
}

/* -- The table -- */

void ttr_table_head(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view)
{
	ttr_columns_make(&table->columns, view->settings->ports, view->settings->port_count);
	for (size_t i = 0; i < table->columns.count; i++)
		table->remarks[i].port = table->columns.all[i].first;
	put_spaces(out, HOP_WIDTH);
	for (size_t i = 0; i < table->columns.count; i++)
		ttr_buffer_print(out, "%*s%*s", (int)table->columns.all[i].width,
				 table->columns.all[i].label, GAP, "");
	trim(out);
	ttr_buffer_put(out, "\n");
}

/* What was rewritten: once for each thing to say, not for each column that saw it. */
static void put_changes(const struct row *row, struct ttr_buffer *out)
{
	struct ttr_buffer line = {.data = NULL};
	const size_t start = out->length;

	for (size_t i = 0; i < row->table->columns.count; i++) {
		const size_t port = row->table->columns.all[i].first;

		if (!is_live(row->view, port, row->ttl))
			continue;
		ttr_buffer_clear(&line);
		ttr_remarks_changes(&row->table->remarks[i], &line, row->view, port, row->ttl);
		if (line.length && !out->failed && !strstr(out->data + start, line.data))
			ttr_buffer_put(out, line.data);
	}
	ttr_buffer_fini(&line);
}

/* label: of the row, or of several that are alike. False if nobody answered: then nothing is put.
 */
static bool put_row(struct row *row, struct ttr_buffer *out, const char *label, bool even_silent)
{
	struct tally tallies[TTR_COLUMNS_MAX];
	const struct ttr_columns *columns = &row->table->columns;
	bool silent = true;

	for (size_t i = 0; i < columns->count; i++) {
		tallies[i] = count_column(row, &columns->all[i]);
		silent &= tallies[i].ports[KIND_SILENT] == tallies[i].live;
	}
	if (silent && !even_silent)
		return false;
	ttr_buffer_print(out, "%-*s", HOP_WIDTH, label);
	for (size_t i = 0; i < columns->count; i++)
		put_column(row, out, &columns->all[i], &tallies[i]);
	put_routers(row, out);
	trim(out);
	ttr_buffer_put(out, "\n");
	if (row->table->changes)
		put_changes(row, out);
	return true;
}

static bool put_one(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view,
		    unsigned int ttl, bool even_silent)
{
	struct row row = {.table = table, .view = view, .ttl = ttl};
	char label[16];

	snprintf(label, sizeof(label), "%2u", ttl);
	return put_row(&row, out, label, even_silent);
}

/* The row is composed behind those that wait, and taken out again if it has to wait as well. */
void ttr_table_row(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view,
		   unsigned int ttl)
{
	const size_t start = out->length;
	const bool limited = table->limited;

	for (unsigned int held = table->held; held && held < ttl; held++)
		put_one(table, out, view, held, true);
	if (put_one(table, out, view, ttl, false)) {
		table->held = 0;
		return;
	}
	ttr_buffer_cut(out, start);
	table->limited = limited;
	if (!table->held)
		table->held = ttl;
}

static bool any_reached(const struct ttr_grid *grid)
{
	for (size_t port = 0; port < grid->port_count; port++)
		if (grid->ports[port].reached)
			return true;
	return false;
}

void ttr_table_end(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view,
		   unsigned int ttl)
{
	struct row row = {.table = table, .view = view, .ttl = table->held};
	char label[16];

	/* Behind the end of all others there is nothing to be silent. */
	if (table->held && !any_reached(view->grid)) {
		snprintf(label, sizeof(label), table->held < ttl ? "%2u-%u" : "%2u", table->held,
			 ttl);
		put_row(&row, out, label, true);
	}
	table->held = 0;
	if (table->limited)
		ttr_buffer_put(out, "    ~ not answered: these routers limit how often they do\n");
}
