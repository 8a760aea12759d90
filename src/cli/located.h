/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hops of a located port as JSON, and the rows of the path as text; everything else is said as
 * of any port (verdict.h).
 */
#ifndef TTR_CLI_LOCATED_H
#define TTR_CLI_LOCATED_H

#include <jansson.h>

#include "cli/text.h"
#include "cli/view.h"

/* The rows of the reference port; of any other the last hop that saw it, if one was asked. */
json_t *ttr_located_hops(const struct ttr_view *view, size_t port);

/* Rows in which nobody answered wait for one that has an answer. 0: none does, as at first. */
struct ttr_located_rows {
	unsigned int first, last;
};

void ttr_located_row(struct ttr_located_rows *waiting, struct ttr_text *text,
		     struct ttr_buffer *out, const struct ttr_view *view, unsigned int ttl);

/* Those that still wait at the end, where no port passes, are one row: "5-30  *". */
void ttr_located_rows_end(struct ttr_located_rows *waiting, struct ttr_text *text,
			  struct ttr_buffer *out, const struct ttr_view *view);

#endif
