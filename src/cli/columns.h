/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The columns of the grid: which ports share one.
 *
 * Rows appear while the trace runs, so the columns must stand before anything is known of the
 * ports. They follow the list as the user wrote it: every port has its own column if all fit; else
 * runs of numbers (8000-8100) share one; else there is a single column for all, whose cells count.
 * How ports behaved alike is what the findings below the grid group by.
 */
#ifndef TTR_CLI_COLUMNS_H
#define TTR_CLI_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#define TTR_COLUMNS_MAX 8
/* All columns together, so that an address has room beside them on 80; or, rather than to put all
 * ports in one column, below them. */
#define TTR_COLUMNS_WIDTH 54
#define TTR_COLUMNS_WIDTH_MOST 76
#define TTR_COLUMN_LABEL_MAX 32

struct ttr_column {
	size_t first; /* index of its first port */
	size_t count;
	char label[TTR_COLUMN_LABEL_MAX]; /* "443", "8000-8100", "22,25", "1000 ports" */
	unsigned int width;               /* of its cells, without the gap before them */
};

struct ttr_columns {
	struct ttr_column all[TTR_COLUMNS_MAX];
	size_t count;
};

/* ports: in the order in which they were given; 1 or more. */
void ttr_columns_make(struct ttr_columns *columns, const uint16_t *ports, size_t count);

#endif
