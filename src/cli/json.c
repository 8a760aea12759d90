/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/escape.h"
#include "cli/format.h"
#include "cli/json_remarks.h"
#include "cli/located.h"
#include "cli/verdict.h"
#include "net/address.h"

#define TEXT_MAX 1024

void ttr_json_init(void)
{
	json_object_seed(0);
}

json_t *ttr_json_complete(json_t *object, int failed)
{
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

json_t *ttr_json_text(const char *text)
{
	struct ttr_buffer safe = {.data = NULL};
	json_t *string = NULL;

	if (!text)
		return json_null();
	ttr_escape(&safe, text, TEXT_MAX);
	if (!safe.failed)
		string = json_string(ttr_buffer_text(&safe));
	ttr_buffer_fini(&safe);
	return string;
}

json_t *ttr_json_address(const struct ttr_addr *addr)
{
	char text[TTR_ADDR_TEXT_MAX];

	return addr->family == TTR_FAMILY_NONE ? json_null()
					       : json_string(ttr_addr_format(text, addr));
}

json_t *ttr_json_ms(int64_t ns)
{
	const int64_t us = (ns + TTR_NS_PER_US / 2) / TTR_NS_PER_US;

	return json_real((double)us / 1000.0);
}

json_t *ttr_json_count(uint64_t count)
{
	return json_integer((json_int_t)count);
}

json_t *ttr_json_number(unsigned int number)
{
	return number ? json_integer(number) : json_null();
}

static int add_text(const char *text, size_t length, void *out)
{
	ttr_buffer_add(out, text, length);
	return ((struct ttr_buffer *)out)->failed ? -1 : 0;
}

int ttr_json_dump(struct ttr_buffer *out, const json_t *object, size_t flags)
{
	const size_t before = out->length;

	if (json_dump_callback(object, add_text, out, flags | TTR_JSON_REALS) == 0)
		return 0;
	ttr_buffer_cut(out, before);
	return -1;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Day 0 is 1970-01-01. gmtime(3) looks for the file of a time zone first, and there are no files
 * any more when this is called. What fits ttr_wall ends in 2262. */
static void put_date(char *text, size_t size, int64_t days)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = 1970, month = 0;

	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (; days >= lengths[month] + (month == 1 && is_leap(year)); month++)
		days -= lengths[month] + (month == 1 && is_leap(year));
	snprintf(text, size, "%d-%02d-%02d", year, month + 1, (int)days + 1);
}

json_t *ttr_json_time(struct ttr_wall wall)
{
	const int64_t us = wall.ns / TTR_NS_PER_US, seconds = us / 1000000;
	const int of_day = (int)(seconds % 86400);
	char date[32], text[64];

	if (wall.ns < 0)
		return json_null();
	put_date(date, sizeof(date), seconds / 86400);
	snprintf(text, sizeof(text), "%sT%02d:%02d:%02d.%06dZ", date, of_day / 3600,
		 of_day / 60 % 60, of_day % 60, (int)(us % 1000000));
	return json_string(text);
}

static json_t *make_source(const struct ttr_egress *egress)
{
	json_t *source = json_object();
	int failed = 0;

	failed |= json_object_set_new(source, "address", ttr_json_address(&egress->source));
	failed |= json_object_set_new(source, "device", ttr_json_text(egress->device));
	return ttr_json_complete(source, failed);
}

static const char *reply_word(const struct ttr_cell *cell)
{
	return ttr_format_reply(cell->state == TTR_CELL_ANSWERED ? cell->answer : TTR_ANSWER_NONE);
}

json_t *ttr_json_flags(uint8_t tcp_flags)
{
	json_t *flags = json_array();
	int failed = 0;

	for (size_t i = 0; i < TTR_FLAG_COUNT; i++) {
		const struct ttr_flag_name *name = &ttr_flag_names[i];

		if (tcp_flags & name->flag)
			failed |= json_array_append_new(
				flags, json_string(name->flag == TTR_TCP_ECE ? "ECE" : name->word));
	}
	return ttr_json_complete(flags, failed);
}

static int add_unreachable(json_t *object, const struct ttr_cell *cell)
{
	char mark[TTR_MARK_MAX];
	int failed = 0;

	ttr_format_mark(mark, cell);
	failed |= json_object_set_new(object, "icmp_code", json_integer(cell->icmp_code));
	failed |= json_object_set_new(object, "mark", json_string(mark));
	return failed;
}

/* A router's answer from where no router is, or from this host itself. */
static bool is_martian(const struct ttr_view *view, const struct ttr_cell *cell)
{
	if (cell->answer != TTR_ANSWER_TIME_EXCEEDED && cell->answer != TTR_ANSWER_UNREACHABLE)
		return false;
	if (ttr_addr_equal(&cell->address, &view->egress->target))
		return false;
	return ttr_addr_is_martian(&cell->address) ||
	       ttr_addr_equal(&cell->address, &view->egress->source);
}

/* What is only there when there is something to say. */
static int add_remarks(json_t *object, const struct ttr_view *view, const struct ttr_cell *cell)
{
	int failed = 0;

	if (cell->late)
		failed |= json_object_set_new(object, "late", json_true());
	if (cell->duplicates)
		failed |= json_object_set_new(object, "duplicates", json_integer(cell->duplicates));
	if (cell->conflict.family != TTR_FAMILY_NONE)
		failed |=
			json_object_set_new(object, "conflict", ttr_json_address(&cell->conflict));
	if (is_martian(view, cell))
		failed |= json_object_set_new(object, "martian", json_true());
	if (cell->per_packet)
		failed |= json_object_set_new(object, "balancing", json_string("per-packet"));
	if (cell->evidence == TTR_EVIDENCE_SUPPOSED)
		failed |= json_object_set_new(object, "distance_uncertain", json_true());
	if (cell->mtu)
		failed |= json_object_set_new(object, "mtu", json_integer(cell->mtu));
	failed |= ttr_json_add_extensions(object, cell);
	return failed | ttr_json_add_changes(object, view, cell);
}

static int add_answer(json_t *object, const struct ttr_view *view, const struct ttr_cell *cell)
{
	const char *name = view->name(view->context, &cell->address);
	int failed = 0;

	failed |= json_object_set_new(object, "address", ttr_json_address(&cell->address));
	failed |= json_object_set_new(object, "name", ttr_json_text(name));
	failed |= json_object_set_new(object, "rtt_ms", ttr_json_ms(cell->rtt_ns));
	failed |= json_object_set_new(object, "attempts", json_integer(cell->attempts));
	failed |= json_object_set_new(object, "reply_ttl", ttr_json_number(cell->reply_ttl));
	if (cell->answer == TTR_ANSWER_UNREACHABLE)
		failed |= add_unreachable(object, cell);
	else if (cell->answer != TTR_ANSWER_TIME_EXCEEDED)
		failed |= json_object_set_new(object, "flags", ttr_json_flags(cell->tcp_flags));
	return failed | add_remarks(object, view, cell);
}

int ttr_json_add_probe(json_t *object, const struct ttr_view *view, const struct ttr_cell *cell)
{
	int failed = json_object_set_new(object, "reply", json_string(reply_word(cell)));

	if (cell->state == TTR_CELL_ANSWERED)
		return failed | add_answer(object, view, cell);
	failed |= json_object_set_new(object, "attempts", json_integer(cell->attempts));
	if (cell->late) /* an answer came when the row was given out */
		failed |= json_object_set_new(object, "late", json_true());
	if (cell->rate_limited)
		failed |= json_object_set_new(object, "rate_limited", json_true());
	if (ttr_view_pending(view, cell))
		failed |= json_object_set_new(object, "pending", json_true());
	return failed;
}

json_t *ttr_json_probes(const struct ttr_view *view, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(view->grid, port, ttl);
	json_t *probes = json_array();
	int failed = 0;

	for (unsigned int query = 0; query < view->grid->queries; query++) {
		json_t *probe = json_object();

		failed |= ttr_json_add_probe(probe, view, &cells[query]);
		failed |= json_array_append_new(probes, probe);
	}
	return ttr_json_complete(probes, failed);
}

json_t *ttr_json_hops(const struct ttr_view *view, size_t port)
{
	const unsigned int last = ttr_grid_last_row(view->grid, port);
	json_t *hops = json_array();
	int failed = 0;

	for (unsigned int ttl = view->grid->first_ttl; ttl <= last; ttl++) {
		json_t *hop = json_object();

		failed |= json_object_set_new(hop, "ttl", json_integer(ttl));
		failed |= json_object_set_new(hop, "probes", ttr_json_probes(view, port, ttl));
		failed |= json_array_append_new(hops, hop);
	}
	return ttr_json_complete(hops, failed);
}

static json_t *make_port(const struct ttr_view *view, size_t port)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= json_object_set_new(object, "port", json_integer(view->settings->ports[port]));
	failed |= ttr_verdict_add(object, view, port);
	failed |= json_object_set_new(object, "hops",
				      view->locate ? ttr_located_hops(view, port)
						   : ttr_json_hops(view, port));
	return ttr_json_complete(object, failed);
}

static const char *mode_word(enum ttr_mode mode)
{
	return mode == TTR_MODE_UNPRIVILEGED ? "unprivileged" : "raw";
}

/* Bits of capability numbers stay below 2^53, so that every reader takes them as they are. */
json_t *ttr_json_sandbox(const struct ttr_sandbox *sandbox, enum ttr_mode mode)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= json_object_set_new(object, "caps", ttr_json_count(sandbox->capabilities));
	failed |= json_object_set_new(object, "nnp", json_boolean(sandbox->no_new_privileges));
	failed |= json_object_set_new(object, "seccomp", json_integer(sandbox->seccomp));
	failed |= json_object_set_new(object, "landlock", json_integer(sandbox->landlock));
	failed |= json_object_set_new(object, "mode", json_string(mode_word(mode)));
	return ttr_json_complete(object, failed);
}

int ttr_json_add_start(json_t *object, const struct ttr_view *view)
{
	const struct ttr_egress *egress = view->egress;
	int failed = 0;

	failed |= json_object_set_new(object, "family", json_integer(egress->target.family));
	failed |= json_object_set_new(object, "source", make_source(egress));
	failed |= json_object_set_new(object, "mode", json_string(mode_word(egress->mode)));
	failed |= json_object_set_new(object, "sandbox",
				      ttr_json_sandbox(view->sandbox, egress->mode));
	failed |= json_object_set_new(object, "first_ttl", json_integer(view->settings->first_ttl));
	failed |= json_object_set_new(object, "max_ttl", json_integer(view->settings->max_ttl));
	failed |= json_object_set_new(object, "queries", json_integer(view->settings->queries));
	return failed;
}

int ttr_json_add_incidents(json_t *object, const struct ttr_view *view)
{
	int failed = 0;

	if (view->frames_dropped || view->suspended_ns)
		failed |= json_object_set_new(object, "incomplete", json_true());
	if (view->suspended_ns)
		failed |= json_object_set_new(object, "suspended_ms",
					      ttr_json_ms(view->suspended_ns));
	if (view->egress->state != TTR_EGRESS_STEADY)
		failed |= json_object_set_new(
			object, "egress",
			json_string(view->egress->state == TTR_EGRESS_LOST ? "lost" : "changed"));
	return failed;
}

/* All but the ports. */
static json_t *make_head(const struct ttr_view *view)
{
	const struct ttr_counters *counters = &view->grid->counters;
	json_t *head = json_object();
	int failed = 0;

	failed |= json_object_set_new(head, "schema", json_string(TTR_JSON_SCHEMA));
	failed |= json_object_set_new(head, "version", json_string(TTR_VERSION));
	failed |= json_object_set_new(head, "started", ttr_json_time(view->egress->started));
	failed |= json_object_set_new(head, "elapsed_ms", ttr_json_ms(view->elapsed_ns));
	failed |= json_object_set_new(head, "interrupted", json_boolean(view->interrupted));
	failed |= json_object_set_new(head, "host", ttr_json_text(view->settings->host));
	failed |= json_object_set_new(head, "target", ttr_json_address(&view->egress->target));
	failed |= ttr_json_add_start(head, view);
	failed |= json_object_set_new(head, "probes_sent", ttr_json_count(counters->probes_sent));
	failed |= json_object_set_new(head, "replies", ttr_json_count(counters->replies));
	failed |=
		json_object_set_new(head, "capture_dropped", ttr_json_count(view->frames_dropped));
	failed |= ttr_json_add_incidents(head, view);
	return ttr_json_complete(head, failed);
}

/* Dumps and frees. */
static int dump(struct ttr_buffer *out, json_t *object)
{
	const int failed = ttr_json_dump(out, object, 0);

	json_decref(object);
	return failed;
}

/* A port at a time, so that a large trace is never in memory as objects: the head without its
 * closing brace, the ports as its last member. */
int ttr_json_document(struct ttr_buffer *out, const struct ttr_view *view)
{
	if (dump(out, make_head(view)) || !out->length)
		return -ENOMEM;
	out->length--;
	ttr_buffer_put(out, ", \"ports\": [");
	for (size_t port = 0; port < view->settings->port_count; port++) {
		ttr_buffer_put(out, port ? ",\n" : "\n");
		if (dump(out, make_port(view, port)))
			return -ENOMEM;
	}
	ttr_buffer_put(out, "]}\n");
	return out->failed ? -ENOMEM : 0;
}
