/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/findings.h"
#include "cli/headings.h"
#include "cli/json.h"
#include "cli/located.h"
#include "cli/ndjson.h"
#include "cli/process.h"
#include "cli/verdict.h"
#include "net/clock.h"
#include "net/loop.h"
#include "tcptraceroute/locate.h"

/* How long a reader is waited for when the time of the run is over. */
#define READER_NS TTR_NS_PER_S

static void on_output_failed(void *context)
{
	struct ttr_report *report = context;

	ttr_loop_quit(report->loop);
}

void ttr_report_init(struct ttr_report *report, const struct ttr_options *options,
		     struct ttr_loop *loop, const char *program)
{
	const char *term = getenv("TERM");

	ttr_json_init();
	*report = (struct ttr_report){
		.options = options,
		.loop = loop,
		.program = program,
		.progress.enabled = ttr_progress_wanted(isatty(STDERR_FILENO), term),
		.text.colored = ttr_style_wanted(options->color, isatty(STDOUT_FILENO),
						 getenv("NO_COLOR"), term),
		.text.debug = options->debug > 0,
		.text.extensions = options->extensions,
		.text.changes = options->changes,
	};
	report->many.table.colored = report->text.colored;
	report->many.table.extensions = options->extensions;
	report->many.table.changes = options->changes || options->settings.dnat == TTR_DNAT_REPORT;
	ttr_output_init(&report->output, STDOUT_FILENO, loop, on_output_failed, report);
	if (options->settings.max_time_ns)
		report->output.deadline.ns =
			ttr_mono_now().ns + options->settings.max_time_ns + READER_NS;
}

void ttr_report_fini(struct ttr_report *report)
{
	ttr_timer_free(report->ticker);
	ttr_output_fini(&report->output);
	ttr_buffer_fini(&report->line);
	ttr_many_fini(&report->many);
}

/* Nobody can be told that standard error fails. */
static void say(struct ttr_report *report)
{
	ttr_progress_erase(&report->progress);
	if (report->line.failed)
		ttr_report_error(NULL, ENOMEM);
	ttr_output_write(STDERR_FILENO, ttr_buffer_text(&report->line), report->line.length);
	ttr_buffer_clear(&report->line);
}

static void print(struct ttr_report *report)
{
	ttr_progress_erase(&report->progress);
	ttr_output_add(&report->output, &report->line);
	ttr_buffer_clear(&report->line);
}

static const char *ask_name(const void *context, const struct ttr_addr *addr)
{
	return ttr_session_name(context, addr);
}

static struct ttr_view look(const struct ttr_report *report, const struct ttr_session *session)
{
	return (struct ttr_view){
		.settings = ttr_session_settings(session),
		.egress = ttr_session_egress(session),
		.grid = ttr_session_grid(session),
		.locate = ttr_session_locate(session),
		.sandbox = ttr_session_sandbox(session),
		.services = report->options->services,
		.survey = &report->many.survey,
		.name = ask_name,
		.context = session,
		.elapsed_ns = ttr_session_elapsed_ns(session),
		.frames_dropped = ttr_session_frames_dropped(session),
		.suspended_ns = ttr_session_suspended_ns(session),
		.interrupted = report->interrupted,
	};
}

static void debug_start(struct ttr_report *report, const struct ttr_settings *settings)
{
	ttr_buffer_print(&report->line,
			 "debug: TTL %u to %u, %u queries, %zu ports, flags 0x%02x, length %u, "
			 "window %u, wait %" PRId64 " ms\n",
			 settings->first_ttl, settings->max_ttl, settings->queries,
			 settings->port_count, settings->flags, settings->length, settings->window,
			 settings->wait_ns / TTR_NS_PER_MS);
	say(report);
}

static void debug_end(struct ttr_report *report, const struct ttr_view *view)
{
	const struct ttr_counters *counters = &view->grid->counters;

	ttr_buffer_print(&report->line,
			 "debug: %" PRIu64 " probes sent, %" PRIu64 " replies (%" PRIu64
			 " late, %" PRIu64 " duplicates), %" PRIu64 " foreign packets, %" PRIu64
			 " sends failed, %" PRIu64 " packets lost by the capture\n",
			 counters->probes_sent, counters->replies, counters->late,
			 counters->duplicates, counters->foreign, counters->local_drops,
			 view->frames_dropped);
	say(report);
}

static bool is_locate(const struct ttr_report *report)
{
	return report->options->settings.locate;
}

/* Several ports as text, with their paths. */
static bool is_grid(const struct ttr_report *report)
{
	return report->options->format == TTR_FORMAT_TEXT && !is_locate(report) &&
	       report->options->settings.port_count > 1;
}

static void give_up(struct ttr_report *report)
{
	report->failed = TTR_STATUS_FAILED;
	ttr_report_error(NULL, ENOMEM);
	ttr_loop_quit(report->loop);
}

/* Prints what was composed with this outcome. */
static void print_composed(struct ttr_report *report, int outcome)
{
	if (outcome)
		give_up(report);
	else
		print(report);
}

static void start_text(struct ttr_report *report, const struct ttr_view *view)
{
	ttr_headings_device(&report->line, view);
	say(report);
	if (is_locate(report))
		ttr_headings_locate(&report->line, view);
	else
		ttr_headings_path(&report->line, view, 0);
	say(report);
	if (is_grid(report)) {
		ttr_table_head(&report->many.table, &report->line, view);
		print(report);
	}
}

static void show_progress(struct ttr_report *report)
{
	const struct ttr_counters *counters = &ttr_session_grid(report->session)->counters;
	struct ttr_locate_progress located;

	if (is_locate(report)) {
		located = ttr_locate_progress(ttr_session_locate(report->session));
		ttr_progress_locate(&report->progress, &located);
		return;
	}
	ttr_progress_show(&report->progress, counters->probes_sent, counters->replies,
			  ttr_session_in_flight(report->session));
}

static void on_tick(void *context)
{
	struct ttr_report *report = context;

	show_progress(report);
	ttr_timer_arm(report->ticker, TTR_PROGRESS_INTERVAL_NS);
}

/* Without it there is just no progress line. */
static void start_progress(struct ttr_report *report)
{
	if (!report->progress.enabled)
		return;
	if (ttr_timer_new(&report->ticker, report->loop, on_tick, report) == 0)
		ttr_timer_arm(report->ticker, TTR_PROGRESS_INTERVAL_NS);
}

static void on_ready(void *context, const struct ttr_session *session)
{
	struct ttr_report *report = context;
	const struct ttr_view view = look(report, session);

	report->ready = true;
	report->session = session;
	if (ttr_many_init(&report->many, &view,
			  report->options->format == TTR_FORMAT_NDJSON && !is_locate(report))) {
		give_up(report);
		return;
	}
	start_progress(report);
	ttr_headings_advice(&report->line, report->options, view.egress);
	if (report->line.length)
		say(report);
	if (report->options->debug)
		debug_start(report, view.settings);
	if (report->options->format == TTR_FORMAT_TEXT)
		start_text(report, &view);
	if (report->options->format == TTR_FORMAT_NDJSON)
		print_composed(report, ttr_ndjson_start(&report->line, &view));
}

static void on_answer(void *context, const struct ttr_session *session, size_t port,
		      unsigned int ttl, unsigned int query)
{
	struct ttr_report *report = context;
	const struct ttr_view view = look(report, session);

	if (report->options->format == TTR_FORMAT_NDJSON)
		print_composed(report, ttr_ndjson_probe(&report->line, &view, port, ttl, query));
}

static void on_row(void *context, const struct ttr_session *session, size_t port, unsigned int ttl)
{
	struct ttr_report *report = context;
	const struct ttr_view view = look(report, session);

	if (report->options->format == TTR_FORMAT_NDJSON)
		print_composed(report, ttr_ndjson_hop(&report->line, &view, port, ttl));
	else if (is_grid(report))
		ttr_many_text_row(&report->many, &report->line, &view, ttl);
	else if (report->options->format == TTR_FORMAT_TEXT && is_locate(report))
		ttr_located_row(&report->waiting, &report->text, &report->line, &view, ttl);
	else if (report->options->format == TTR_FORMAT_TEXT)
		ttr_text_row(&report->text, &report->line, &view, port, ttl);
	if (report->line.length)
		print(report);
}

/* A verdict of --locate is final when it is said. */
static void locate_port(struct ttr_report *report, const struct ttr_view *view, size_t port)
{
	if (report->options->format == TTR_FORMAT_NDJSON)
		print_composed(report, ttr_ndjson_port(&report->line, view, port));
}

static void on_port(void *context, const struct ttr_session *session, size_t port)
{
	struct ttr_report *report = context;
	const struct ttr_view view = look(report, session);

	if (is_locate(report)) {
		locate_port(report, &view, port);
		return;
	}
	ttr_many_add(&report->many, &view, port);
	if (report->options->format == TTR_FORMAT_NDJSON)
		print_composed(report,
			       ttr_many_event_port(&report->many, &report->line, &view, port));
	else if (is_grid(report))
		ttr_many_text_port(&report->many, &report->line, &view, port);
	if (report->line.length)
		print(report);
}

/* Every port was. */
static bool is_reached(const struct ttr_view *view)
{
	for (size_t i = 0; i < view->settings->port_count; i++)
		if (!ttr_verdict_result(view, i)->reached)
			return false;
	return true;
}

static int end_events(struct ttr_report *report, const struct ttr_view *view)
{
	const int r =
		is_locate(report) ? 0 : ttr_many_event_end(&report->many, &report->line, view);

	return r ? r : ttr_ndjson_end(&report->line, view);
}

static void end_text(struct ttr_report *report, const struct ttr_view *view)
{
	if (is_locate(report)) {
		ttr_located_rows_end(&report->waiting, &report->text, &report->line, view);
		print_composed(report,
			       ttr_findings_put_all(&report->line, view, report->text.colored));
		return;
	}
	if (is_grid(report)) {
		print_composed(report, ttr_many_text_end(&report->many, &report->line, view));
		return;
	}
	ttr_headings_result(&report->line, view, 0);
	if (report->line.length)
		say(report);
}

static void on_end(void *context, const struct ttr_session *session)
{
	struct ttr_report *report = context;
	const struct ttr_view view = look(report, session);

	ttr_loop_quit(report->loop);
	ttr_progress_erase(&report->progress);
	if (!view.grid)
		return;
	report->reached = is_reached(&view);
	if (!is_locate(report))
		ttr_many_review(&report->many, &view);
	if (report->options->format == TTR_FORMAT_JSON)
		print_composed(report, ttr_json_document(&report->line, &view));
	if (report->options->format == TTR_FORMAT_NDJSON)
		print_composed(report, end_events(report, &view));
	if (report->options->format == TTR_FORMAT_TEXT)
		end_text(report, &view);
	if (report->options->debug)
		debug_end(report, &view);
}

static void on_problem(void *context, const struct ttr_session *session,
		       const struct ttr_problem *problem)
{
	struct ttr_report *report = context;
	const enum ttr_status status = ttr_message_status(problem->kind);

	ttr_message_problem(&report->line, problem, ttr_session_settings(session), report->program);
	say(report);
	if (status == TTR_STATUS_REACHED)
		return;
	if (report->failed == TTR_STATUS_REACHED)
		report->failed = status;
	if (!report->ready || ttr_session_over(session))
		ttr_loop_quit(report->loop);
}

const struct ttr_session_handler ttr_report_handler = {
	.ready = on_ready,
	.answer = on_answer,
	.row = on_row,
	.port = on_port,
	.end = on_end,
	.problem = on_problem,
};

enum ttr_status ttr_report_finish(struct ttr_report *report)
{
	int outcome;

	ttr_progress_erase(&report->progress);
	outcome = ttr_output_finish(&report->output);
	if (outcome == -EPIPE)
		ttr_process_die(SIGPIPE);
	if (outcome) {
		ttr_report_error("standard output", -outcome);
		return TTR_STATUS_OUTPUT;
	}
	if (report->failed != TTR_STATUS_REACHED)
		return report->failed;
	return report->reached ? TTR_STATUS_REACHED : TTR_STATUS_NOT_REACHED;
}

/* Without memory of its own: that may be what is missing. */
void ttr_report_error(const char *what, int error)
{
	char line[512];
	const int length = snprintf(line, sizeof(line), "%s%s%s\n", what ? what : "",
				    what ? ": " : "", strerror(error));

	if (length > 0)
		ttr_output_write(STDERR_FILENO, line, strlen(line));
}
