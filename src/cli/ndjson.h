/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace as events, one JSON object per line.
 *
 * Each function appends one line. 0 or -ENOMEM. port and query are indices.
 */
#ifndef TTR_CLI_NDJSON_H
#define TTR_CLI_NDJSON_H

#include "cli/buffer.h"
#include "cli/view.h"

int ttr_ndjson_start(struct ttr_buffer *out, const struct ttr_view *view);
int ttr_ndjson_probe(struct ttr_buffer *out, const struct ttr_view *view, size_t port,
		     unsigned int ttl, unsigned int query);
int ttr_ndjson_hop(struct ttr_buffer *out, const struct ttr_view *view, size_t port,
		   unsigned int ttl);
int ttr_ndjson_port(struct ttr_buffer *out, const struct ttr_view *view, size_t port);
int ttr_ndjson_end(struct ttr_buffer *out, const struct ttr_view *view);

#endif
