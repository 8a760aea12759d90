/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace as a JSON document (schema tcptraceroute-1), and its parts, which the events of
 * ndjson.h share.
 *
 * Members come in a fixed order. All strings are valid UTF-8 without control characters.
 */
#ifndef TTR_CLI_JSON_H
#define TTR_CLI_JSON_H

#include <jansson.h>

#include "cli/buffer.h"
#include "cli/view.h"

#define TTR_JSON_SCHEMA "tcptraceroute-1"

/* Times have three decimals; 15 digits show them as they are. */
#define TTR_JSON_REALS JSON_REAL_PRECISION(15)

/* The library draws the secret of its tables, for which it opens a device: before there are none.
 */
void ttr_json_init(void);

/* Appends the document, with a line end. 0 or -ENOMEM. */
int ttr_json_document(struct ttr_buffer *out, const struct ttr_view *view);

/*
 * The parts: each adds its members to object, or makes a new value, which is the caller's (NULL: no
 * memory). The former return 0 or -1. port is an index.
 */
int ttr_json_add_start(json_t *object, const struct ttr_view *view);
/* What went wrong on this side of the path, if anything did. */
int ttr_json_add_incidents(json_t *object, const struct ttr_view *view);
int ttr_json_add_probe(json_t *object, const struct ttr_view *view, const struct ttr_cell *cell);
json_t *ttr_json_probes(const struct ttr_view *view, size_t port, unsigned int ttl);

/* All rows of one of the grid's ports. */
json_t *ttr_json_hops(const struct ttr_view *view, size_t port);
json_t *ttr_json_text(const char *text);
json_t *ttr_json_address(const struct ttr_addr *addr);
json_t *ttr_json_ms(int64_t ns);
/* RFC 3339, UTC, microseconds; null if it is not a time. */
json_t *ttr_json_time(struct ttr_wall wall);
json_t *ttr_json_count(uint64_t count);

/* null for 0, which means that it is not known. */
json_t *ttr_json_number(unsigned int number);
json_t *ttr_json_flags(uint8_t tcp_flags);

/* What was given up, and how the probes are sent. */
json_t *ttr_json_sandbox(const struct ttr_sandbox *sandbox, enum ttr_mode mode);

/* value, or NULL after a failure: then it is freed. */
json_t *ttr_json_complete(json_t *value, int failed);

/* Appends object as text; flags as those of json_dumps(). 0 or -1. */
int ttr_json_dump(struct ttr_buffer *out, const json_t *object, size_t flags);

#endif
