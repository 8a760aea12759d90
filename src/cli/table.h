/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grid of many ports as text: a row per hop, a column per port or run of ports.
 *
 *	      22    80   443  8000-8100
 *	 1 0.712 0.723 0.711      0.694  gateway.home.example (203.0.113.1)
 *	 2     *     *     *          *
 *	 3  18.3a 18.3b 18.4a    101/101  a lb1.isp.example (203.0.113.65)
 *	                                  b lb2.isp.example (203.0.113.69)
 *	 4    !A  20.1  20.2     98/101  edge.example.net (203.0.113.9)
 *	 5        open  open     98 closed  www.example.net (198.51.100.10)
 *
 * A row is printed as soon as it is complete for all ports, so nothing in it may depend on what
 * comes later: columns are those of columns.h. Decided for the user who watches it run:
 *	- cells come first and addresses last, so that long names do not move columns;
 *	- a cell is the smallest time in ms, three digits of it; what was not answered is '*' and,
 *	  if the router's limit is the reason, '~' (with a word about that below); a port's end is its
 *	  state, or the mark of who refused it; below its end a column is blank;
 *	- a column of several ports says what all have in common, else how many were let through of
 *	  those that got there: "98/101" is where three were stopped, the findings say which;
 *	- several routers at a hop are letters behind the times, one line each;
 *	- rows without any answer wait for one that has some: a path that ends in silence ends with
 *	  one line, "9-30", instead of twenty.
 */
#ifndef TTR_CLI_TABLE_H
#define TTR_CLI_TABLE_H

#include <stdbool.h>

#include "cli/buffer.h"
#include "cli/columns.h"
#include "cli/remarks.h"
#include "cli/view.h"

struct ttr_table {
	bool colored;
	bool extensions; /* -e */
	bool changes;    /* --changes, --dnat */
	struct ttr_columns columns;
	struct ttr_remarks remarks[TTR_COLUMNS_MAX]; /* of the first port of each */
	unsigned int held;                           /* the first of the rows that wait; 0: none */
	bool limited;                                /* a '~' was shown */
};

/* Appends the head; the columns are made from the view's ports. */
void ttr_table_head(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view);

/* Appends a row that is complete for all ports, after those that waited for it; may append nothing.
 * In order, each once. */
void ttr_table_row(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view,
		   unsigned int ttl);

/* Appends what is left after the last row, ttl. */
void ttr_table_end(struct ttr_table *table, struct ttr_buffer *out, const struct ttr_view *view,
		   unsigned int ttl);

#endif
