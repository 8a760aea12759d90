/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces to JSON: one event, or the document. Inputs: a byte that says which, then traces.h.
 *
 * What is written is JSON without control bytes, and names the host. One in sixteen is also read by
 * jansson, says the names, and is the same when it is written and read again.
 */
#include <string.h>

#include "cli/escape.h"
#include "cli/json.h"
#include "cli/ndjson.h"
#include "fuzz.h"
#include "traces.h"

#define EVERY 16 /* of so many inputs, by their length, one is gone through as a whole */

enum {
	MAKE_PROBE,
	MAKE_HOP,
	MAKE_PORT,
	MAKE_DOCUMENT,
	MAKE_COUNT,
};

static struct trace trace;
static struct ttr_buffer out, other;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	trace_init();
	return 0;
}

/* Reads what was written and, if again is set, writes and reads it once more. The caller's. */
static json_t *read_json(const struct ttr_buffer *text, bool again)
{
	json_t *first = json_loadb(text->data, text->length, JSON_REJECT_DUPLICATES, NULL);
	json_t *second;

	CHECK(first);
	if (!again)
		return first;
	ttr_buffer_clear(&other);
	CHECK(ttr_json_dump(&other, first, 0) == 0);
	second = json_loadb(other.data, other.length, JSON_REJECT_DUPLICATES, NULL);
	CHECK(second && json_equal(first, second));
	json_decref(second);
	return first;
}

static void check_string(const json_t *value, const char *name)
{
	if (!name) {
		CHECK(json_is_null(value));
		return;
	}
	ttr_buffer_clear(&other);
	ttr_escape(&other, name, 1024);
	CHECK(json_is_string(value));
	CHECK(strcmp(json_string_value(value), ttr_buffer_text(&other)) == 0);
}

static void check_probe(const json_t *probe, const struct ttr_cell *cell)
{
	if (cell->state == TTR_CELL_ANSWERED)
		check_string(json_object_get(probe, "name"), trace_name(&trace, &cell->address));
	else
		CHECK(strcmp(json_string_value(json_object_get(probe, "reply")), "none") == 0);
}

static void check_document(bool whole)
{
	const unsigned int last = ttr_grid_last_row(&trace.grid, 0);
	json_t *root, *hops;

	CHECK(ttr_json_document(&out, &trace.view) == 0);
	trace_check_text(&out);
	trace_check_json(&out);
	trace_check_member(&out, "\"host\":", " ", trace.names[0]);
	if (!whole)
		return;
	root = read_json(&out, true);
	check_string(json_object_get(root, "host"), trace.names[0]);
	hops = json_object_get(json_array_get(json_object_get(root, "ports"), 0), "hops");
	CHECK(json_array_size(hops) == last);
	for (unsigned int i = 0; i < last * TRACE_QUERIES; i++)
		check_probe(json_array_get(json_object_get(json_array_get(hops, i / TRACE_QUERIES),
							   "probes"),
					   i % TRACE_QUERIES),
			    &trace.cells[i]);
	json_decref(root);
}

static void check_event(int outcome, bool whole)
{
	json_t *event;

	CHECK(outcome == 0);
	CHECK(trace_check_text(&out) == 1);
	trace_check_json(&out);
	trace_check_member(&out, "\"host\":", "", trace.names[0]);
	if (!whole)
		return;
	event = read_json(&out, false);
	check_string(json_object_get(event, "host"), trace.names[0]);
	CHECK(json_is_string(json_object_get(event, "event")));
	json_decref(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool whole;

	if (size < 1)
		return 0;
	whole = size % EVERY == 0;
	trace_take(&trace, data + 1, size - 1);
	ttr_buffer_clear(&out);
	switch (data[0] % MAKE_COUNT) {
	case MAKE_PROBE:
		check_event(ttr_ndjson_probe(&out, &trace.view, 0, 1, 0), whole);
		break;
	case MAKE_HOP:
		check_event(ttr_ndjson_hop(&out, &trace.view, 0, TRACE_ROWS), whole);
		break;
	case MAKE_PORT:
		check_event(ttr_ndjson_port(&out, &trace.view, 0), whole);
		break;
	default:
		check_document(whole);
		break;
	}
	return 0;
}
