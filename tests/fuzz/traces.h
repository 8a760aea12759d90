/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A made-up trace of two rows with two queries, read from an input, and what must hold of all text
 * that is made of it.
 *
 * Input: a byte of flags (below), the cells, each from as many bytes as it needs, then names,
 * separated by 0: of the host, of answering addresses. What is missing is 0.
 */
#ifndef TESTS_FUZZ_TRACES_H
#define TESTS_FUZZ_TRACES_H

#include "cli/buffer.h"
#include "cli/view.h"

#define TRACE_ROWS 2
#define TRACE_QUERIES 2
#define TRACE_CELLS (TRACE_ROWS * TRACE_QUERIES)
#define TRACE_NAMES 3
#define TRACE_NAME_ROOM 1400

enum {
	TRACE_SIX = 0x01,
	TRACE_EXTENSIONS = 0x02,
	TRACE_CHANGES = 0x04,
	TRACE_DNAT = 0x08,
	TRACE_CUT_SHORT = 0x20,
	TRACE_INTERRUPTED = 0x40,
	TRACE_DEBUG = 0x80,
};

struct trace {
	uint8_t flags;
	struct ttr_settings settings;
	struct ttr_egress egress;
	struct ttr_grid grid;
	struct ttr_port_result result;
	struct ttr_cell cells[TRACE_CELLS];
	struct ttr_extensions extensions[TRACE_CELLS];
	struct ttr_changes changes[TRACE_CELLS];
	char names[TRACE_NAMES][TRACE_NAME_ROOM];
	struct ttr_survey survey;
	struct ttr_view view;
};

void trace_take(struct trace *trace, const uint8_t *data, size_t size);

/* The name of an address, as the view has it: two of three have one. */
const char *trace_name(const void *trace, const struct ttr_addr *addr);

/* Ends the process unless text is UTF-8 without control or direction characters but line ends.
 * Returns the number of lines. */
unsigned int trace_check_text(const struct ttr_buffer *text);

/* Ends the process unless text is one JSON value (RFC 8259) and a line end. */
void trace_check_json(const struct ttr_buffer *text);

/* Ends the process unless text has this member; before is what stands between its name and its
 * value. A value of NULL is null, others are shown as ttr_escape() makes them. */
void trace_check_member(const struct ttr_buffer *text, const char *member, const char *before,
			const char *value);

/* Once: unless a sanitizer looks after them, jansson's objects come from an area that is emptied by
 * trace_take(). */
void trace_init(void);

#endif
