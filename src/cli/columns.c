/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/columns.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define GAP 3
/* "36.25", "closed", "12/101": what most cells take. */
#define CELL_WIDTH 6

/* Runs of fewer ports than this do not share a column. */
#define RUN_MIN 3

static size_t run_length(const uint16_t *ports, size_t count)
{
	size_t length = 1;

	while (length < count && ports[length] == ports[length - 1] + 1)
		length++;
	return length;
}

static unsigned int digits(size_t number)
{
	return (unsigned int)snprintf(NULL, 0, "%zu", number);
}

/* A cell that counts needs "98/101" or "98 closed". */
static unsigned int cell_width(const struct ttr_column *column)
{
	const unsigned int counted = digits(column->count) + (unsigned int)strlen(" closed");
	unsigned int width = (unsigned int)strlen(column->label);

	if (column->count > 1 && counted > width)
		width = counted;
	return width > CELL_WIDTH ? width : CELL_WIDTH;
}

/* A longer list of ports is no heading. */
#define LIST_MAX 11

static void label(struct ttr_column *column, const uint16_t *ports)
{
	size_t length = 0;

	if (column->count >= RUN_MIN && run_length(ports, column->count) == column->count) {
		snprintf(column->label, sizeof(column->label), "%u-%u", ports[0],
			 ports[column->count - 1]);
		return;
	}
	for (size_t i = 0; i < column->count && length < LIST_MAX; i++)
		length += (size_t)snprintf(column->label + length, sizeof(column->label) - length,
					   i ? ",%u" : "%u", ports[i]);
	if (length > LIST_MAX)
		snprintf(column->label, sizeof(column->label), "%zu ports", column->count);
}

static bool add(struct ttr_columns *columns, const uint16_t *ports, size_t first, size_t count)
{
	struct ttr_column *column = &columns->all[columns->count];

	if (columns->count == TTR_COLUMNS_MAX)
		return false;
	columns->count++;
	*column = (struct ttr_column){.first = first, .count = count};
	label(column, ports + first);
	column->width = cell_width(column);
	return true;
}

static bool fit(const struct ttr_columns *columns, unsigned int most)
{
	unsigned int width = 0;

	for (size_t i = 0; i < columns->count; i++)
		width += columns->all[i].width + GAP;
	return width <= most;
}

/* How ports share columns. */
struct manner {
	size_t run_min;   /* runs of so many share one */
	size_t share_max; /* so many others do at most */
	unsigned int width;
};

/* Ports from this one on that are in no run. */
static size_t count_single(const uint16_t *ports, size_t count, const struct manner *manner)
{
	size_t length = 0;

	while (length < count && length < manner->share_max &&
	       run_length(ports + length, count - length) < manner->run_min)
		length++;
	return length;
}

static bool share(struct ttr_columns *columns, const uint16_t *ports, size_t count,
		  const struct manner *manner)
{
	columns->count = 0;
	for (size_t i = 0; i < count;) {
		size_t length = run_length(ports + i, count - i);

		if (length < manner->run_min)
			length = count_single(ports + i, count - i, manner);
		if (!add(columns, ports, i, length))
			return false;
		i += length;
	}
	return fit(columns, manner->width);
}

void ttr_columns_make(struct ttr_columns *columns, const uint16_t *ports, size_t count)
{
	const struct manner manners[] = {
		{count + 1, 1, TTR_COLUMNS_WIDTH},      {RUN_MIN, 1, TTR_COLUMNS_WIDTH},
		{count + 1, 1, TTR_COLUMNS_WIDTH_MOST}, {RUN_MIN, 1, TTR_COLUMNS_WIDTH_MOST},
		{RUN_MIN, 2, TTR_COLUMNS_WIDTH_MOST},   {RUN_MIN, 3, TTR_COLUMNS_WIDTH_MOST},
		{RUN_MIN, 4, TTR_COLUMNS_WIDTH_MOST},   {RUN_MIN, count, TTR_COLUMNS_WIDTH_MOST},
	};

	for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++)
		if (share(columns, ports, count, &manners[i]))
			return;
	columns->count = 1;
	columns->all[0] = (struct ttr_column){.count = count};
	snprintf(columns->all[0].label, sizeof(columns->all[0].label), "%zu ports", count);
	columns->all[0].width = cell_width(&columns->all[0]);
}
