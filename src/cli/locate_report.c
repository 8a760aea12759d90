/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/locate_report.h"

#include "cli/headings.h"
#include "cli/json.h"
#include "cli/located_text.h"
#include "cli/ndjson.h"
#include "net/loop.h"
#include "tcptraceroute/locate.h"

static void on_tick(void *context)
{
	struct ttr_report *report = context;
	const struct ttr_locate_progress progress =
		ttr_locate_progress(ttr_session_locate(report->session));

	ttr_progress_locate(&report->progress, &progress);
	ttr_timer_arm(report->ticker, TTR_PROGRESS_INTERVAL_NS);
}

static void start_progress(struct ttr_report *report)
{
	if (report->progress.enabled &&
	    ttr_timer_new(&report->ticker, report->loop, on_tick, report) == 0)
		ttr_timer_arm(report->ticker, TTR_PROGRESS_INTERVAL_NS);
}

static void on_ready(void *context, const struct ttr_session *session)
{
	struct ttr_report *report = context;
	const struct ttr_view view = ttr_report_look(report, session);

	report->ready = true;
	report->session = session;
	start_progress(report);
	ttr_headings_advice(&report->line, report->options, view.egress);
	if (report->options->format == TTR_FORMAT_TEXT) {
		ttr_headings_device(&report->line, &view);
		ttr_headings_locate(&report->line, &view);
	}
	if (report->line.length)
		ttr_report_say(report);
	if (report->options->format == TTR_FORMAT_NDJSON)
		ttr_report_print(report, ttr_ndjson_start(&report->line, &view));
}

static void on_answer(void *context, const struct ttr_session *session, size_t port,
		      unsigned int ttl, unsigned int query)
{
	struct ttr_report *report = context;
	const struct ttr_view view = ttr_report_look(report, session);

	if (report->options->format == TTR_FORMAT_NDJSON)
		ttr_report_print(report, ttr_ndjson_probe(&report->line, &view, port, ttl, query));
}

static void on_row(void *context, const struct ttr_session *session, size_t port, unsigned int ttl)
{
	struct ttr_report *report = context;
	const struct ttr_view view = ttr_report_look(report, session);
	int outcome = 0;

	if (report->options->format == TTR_FORMAT_NDJSON)
		outcome = ttr_ndjson_hop(&report->line, &view, port, ttl);
	if (report->options->format == TTR_FORMAT_TEXT)
		ttr_text_row(&report->text, &report->line, &view, port, ttl);
	if (report->line.length)
		ttr_report_print(report, outcome);
}

static void on_port(void *context, const struct ttr_session *session, size_t port)
{
	struct ttr_report *report = context;
	const struct ttr_view view = ttr_report_look(report, session);

	if (report->options->format == TTR_FORMAT_NDJSON)
		ttr_report_print(report, ttr_ndjson_port(&report->line, &view, port));
}

/* As the exit status has it: every port was. */
static bool is_reached(const struct ttr_view *view)
{
	for (size_t i = 0; i < view->settings->port_count; i++)
		if (!ttr_locate_port(view->locate, i)->result.reached)
			return false;
	return true;
}

static void on_end(void *context, const struct ttr_session *session)
{
	struct ttr_report *report = context;
	const struct ttr_view view = ttr_report_look(report, session);

	ttr_loop_quit(report->loop);
	ttr_progress_erase(&report->progress);
	report->reached = is_reached(&view);
	switch (report->options->format) {
	case TTR_FORMAT_JSON:
		ttr_report_print(report, ttr_json_document(&report->line, &view));
		break;
	case TTR_FORMAT_NDJSON:
		ttr_report_print(report, ttr_ndjson_end(&report->line, &view));
		break;
	default:
		ttr_report_print(report,
				 ttr_located_text(&report->line, &view, report->text.colored));
		break;
	}
}

static void on_problem(void *context, const struct ttr_session *session,
		       const struct ttr_problem *problem)
{
	ttr_report_handler.problem(context, session, problem);
}

const struct ttr_session_handler ttr_locate_report_handler = {
	.ready = on_ready,
	.answer = on_answer,
	.row = on_row,
	.port = on_port,
	.end = on_end,
	.problem = on_problem,
};
