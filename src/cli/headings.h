/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines around the rows: warnings before the trace, what is traced, and that it was not
 * reached.
 */
#ifndef TTR_CLI_HEADINGS_H
#define TTR_CLI_HEADINGS_H

#include "cli/options.h"
#include "cli/view.h"

/* What a user should know about his options once the route is known; all for stderr. */
void ttr_headings_advice(struct ttr_buffer *out, const struct ttr_options *options,
			 const struct ttr_egress *egress);

/* "Selected device ...": once, for stderr. */
void ttr_headings_device(struct ttr_buffer *out, const struct ttr_view *view);

/* "Tracing the path to ...": for stderr. Of several ports all are listed, else the one with this
 * index. */
void ttr_headings_path(struct ttr_buffer *out, const struct ttr_view *view, size_t port);

/* "Locating 1000 ports of ...": for stderr. */
void ttr_headings_locate(struct ttr_buffer *out, const struct ttr_view *view);

/* "Destination not reached", if so: for stderr. Nothing is said of a trace that was cut short. */
void ttr_headings_result(struct ttr_buffer *out, const struct ttr_view *view, size_t port);

#endif
