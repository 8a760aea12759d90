/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and answers to rows, and names to JSON strings. Inputs: traces.h.
 *
 * What a terminal or a reader of JSON must not get is looked for in each of them. One in sixteen is
 * gone through as a whole: whatever the names hold, the rows have as many lines as they would have
 * without them, and jansson reads back the string that was shown.
 */
#include <string.h>

#include "cli/escape.h"
#include "cli/headings.h"
#include "cli/json.h"
#include "cli/text.h"
#include "fuzz.h"
#include "traces.h"

#define EVERY 16 /* of so many inputs, by their length, one goes through it all */

static struct trace trace;
static struct ttr_buffer out, other;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	trace_init();
	return 0;
}

static const char *plain_name(const void *context, const struct ttr_addr *addr)
{
	return trace_name(context, addr) ? "name" : NULL;
}

static void compose(struct ttr_buffer *into)
{
	struct ttr_text text = {
		.debug = trace.flags & TRACE_DEBUG,
		.extensions = trace.flags & TRACE_EXTENSIONS,
		.changes = trace.flags & TRACE_CHANGES,
	};

	ttr_buffer_clear(into);
	ttr_headings_device(into, &trace.view);
	ttr_headings_path(into, &trace.view, 0);
	for (unsigned int ttl = 1; ttl <= TRACE_ROWS; ttl++)
		ttr_text_row(&text, into, &trace.view, 0, ttl);
	ttr_headings_result(into, &trace.view, 0);
}

static void check_all(void)
{
	unsigned int lines;

	compose(&out);
	lines = trace_check_text(&out);
	trace.view.name = plain_name;
	trace.settings.host = "host";
	compose(&other);
	CHECK(lines == trace_check_text(&other));
}

static void check_row(void)
{
	struct ttr_text text = {.extensions = true, .changes = trace.flags & TRACE_CHANGES};

	ttr_buffer_clear(&out);
	ttr_text_row(&text, &out, &trace.view, 0, 1);
	trace_check_text(&out);
}

static void check_string(const char *name)
{
	json_t *string = ttr_json_text(name);

	ttr_buffer_clear(&out);
	CHECK(string && ttr_json_dump(&out, string, JSON_ENCODE_ANY) == 0);
	json_decref(string);
	ttr_buffer_put(&out, "\n");
	CHECK(trace_check_text(&out) == 1);
	trace_check_json(&out);
	trace_check_member(&out, "", "", name);
}

/* What is read back is what ttr_escape() makes of it. */
static void check_read_back(const char *name)
{
	json_t *back = json_loadb(out.data, out.length, JSON_DECODE_ANY, NULL);

	CHECK(json_is_string(back));
	ttr_buffer_clear(&other);
	ttr_escape(&other, name, 1024);
	CHECK(strcmp(json_string_value(back), ttr_buffer_text(&other)) == 0);
	json_decref(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name;

	trace_take(&trace, data, size);
	name = trace.names[size % TRACE_NAMES];
	check_string(name);
	if (size % EVERY == 0)
		check_read_back(name);
	check_row();
	if (size % EVERY == 0)
		check_all();
	return 0;
}
