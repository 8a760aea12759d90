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

static bool add(struct ttr_columns *columns, const uint16_t *ports, size_t first, size_t count)
{
	struct ttr_column *column = &columns->all[columns->count];

	if (columns->count == TTR_COLUMNS_MAX)
		return false;
	columns->count++;
	*column = (struct ttr_column){.first = first, .count = count};
	if (count == 1)
		snprintf(column->label, sizeof(column->label), "%u", ports[first]);
	else
		snprintf(column->label, sizeof(column->label), "%u-%u", ports[first],
			 ports[first + count - 1]);
	column->width = cell_width(column);
	return true;
}

static bool fit(const struct ttr_columns *columns)
{
	unsigned int width = 0;

	for (size_t i = 0; i < columns->count; i++)
		width += columns->all[i].width + GAP;
	return width <= TTR_COLUMNS_WIDTH;
}

static bool by_runs(struct ttr_columns *columns, const uint16_t *ports, size_t count, size_t least)
{
	columns->count = 0;
	for (size_t i = 0; i < count;) {
		size_t length = run_length(ports + i, count - i);

		if (length < least)
			length = 1;
		if (!add(columns, ports, i, length))
			return false;
		i += length;
	}
	return fit(columns);
}

void ttr_columns_make(struct ttr_columns *columns, const uint16_t *ports, size_t count)
{
	if (by_runs(columns, ports, count, count + 1) || by_runs(columns, ports, count, RUN_MIN))
		return;
	columns->count = 1;
	columns->all[0] = (struct ttr_column){.count = count};
	snprintf(columns->all[0].label, sizeof(columns->all[0].label), "%zu ports", count);
	columns->all[0].width = cell_width(&columns->all[0]);
}
