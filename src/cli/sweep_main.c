/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/sweep_main.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/escape.h"
#include "cli/json.h"
#include "cli/process.h"
#include "cli/report.h"
#include "cli/resume.h"
#include "cli/sweep_print.h"
#include "cli/sweep_run.h"
#include "net/clock.h"
#include "net/loop.h"

/* Written together: small enough that nobody waits for a line, large enough to be cheap. */
#define WRITE_BYTES 32768

/* Probes per second, where --rate says nothing else: what a home line carries without being
 * noticed, about half a megabit. */
#define RATE_DEFAULT 1000

/* -- Results -- */

static void write_text(struct ttr_sweep_run *run)
{
	if (!run->text.length)
		return;
	ttr_progress_erase(&run->progress);
	ttr_output_add(&run->output, &run->text);
	ttr_buffer_clear(&run->text);
}

static void print_result(struct ttr_sweep_run *run, const struct ttr_sweep_view *view)
{
	switch (run->options->format) {
	case TTR_FORMAT_NDJSON:
		ttr_sweep_print_events(&run->text, view);
		break;
	case TTR_FORMAT_JSON:
		ttr_buffer_put(&run->text, run->results == 1 ? "[\n" : ",\n");
		ttr_sweep_print_document(&run->text, view);
		break;
	case TTR_FORMAT_TEXT:
		ttr_sweep_print_text(&run->text, view);
		break;
	}
}

static void take_result(void *context, struct ttr_sweeper_item *item,
			const struct ttr_sweep_result *result)
{
	struct ttr_sweep_run *run = context;
	const struct ttr_settings *settings = &run->options->settings;
	const struct ttr_sweep_view view = {
		.settings = settings,
		.host = item->host,
		.device = ttr_buffer_text(&run->device),
		.sandbox = ttr_buffer_text(&run->sandbox),
		.result = result,
		.started = {ttr_wall_now().ns - result->elapsed_ns},
		.frames_dropped = run->frames_dropped,
	};

	run->results++;
	run->reached += result->reached;
	run->unreached += !result->reached;
	print_result(run, &view);
	if (run->text.length >= WRITE_BYTES)
		write_text(run);
}

static void take_problem(void *context, const struct ttr_problem *problem)
{
	struct ttr_sweep_run *run = context;
	struct ttr_buffer line = {.data = NULL};
	enum ttr_status status = ttr_message_status(problem->kind);

	ttr_message_problem(&line, problem, &run->options->settings, run->program);
	ttr_sweep_say(run, &line);
	if (status > run->failed)
		run->failed = status;
	if (!run->ready && status != TTR_STATUS_REACHED)
		ttr_loop_quit(run->loop);
}

static void end_turn(void *context)
{
	struct ttr_sweep_run *run = context;

	write_text(run);
}

static void end_run(void *context)
{
	struct ttr_sweep_run *run = context;

	ttr_loop_quit(run->loop);
}

static const struct ttr_sweeper_handler handler = {
	.feed = ttr_sweep_feed,
	.accept = ttr_sweep_accept,
	.result = take_result,
	.refused = ttr_sweep_refused,
	.release = ttr_sweep_release,
	.problem = take_problem,
	.turn = end_turn,
	.end = end_run,
};

/* -- Progress -- */

static void tick(void *context)
{
	struct ttr_sweep_run *run = context;
	struct ttr_mono now = ttr_mono_now();
	uint64_t probes = ttr_sweeper_counters(run->sweeper)->probes_sent;
	int64_t passed_ns = now.ns - run->last_tick.ns;
	struct ttr_progress_many many = {
		.done = run->results,
		.active = ttr_sweeper_active(run->sweeper),
		.rate = passed_ns > 0
				? (probes - run->last_probes) * TTR_NS_PER_S / (uint64_t)passed_ns
				: 0,
		.elapsed_ns = now.ns - run->started.ns,
		.taken = run->list.taken,
		.size = run->list.size,
		.items = run->items,
	};

	run->frames_dropped = ttr_sweeper_frames_dropped(run->sweeper);
	run->last_probes = probes;
	run->last_tick = now;
	ttr_progress_show_many(&run->progress, &many);
	ttr_timer_arm(run->ticker, TTR_PROGRESS_MANY_NS);
}

/* -- The run -- */

static void on_interrupt(void *context)
{
	struct ttr_sweep_run *run = context;

	ttr_sweeper_stop(run->sweeper);
}

static void output_failed(void *context)
{
	struct ttr_sweep_run *run = context;

	ttr_sweeper_stop(run->sweeper);
}

/* Dumps and frees. 0 or -ENOMEM. */
static int dump(struct ttr_buffer *out, json_t *value)
{
	int failed = ttr_json_dump(out, value, JSON_ENCODE_ANY | JSON_COMPACT);

	json_decref(value);
	return failed ? -ENOMEM : 0;
}

/* What is the same for all targets. */
static int describe(struct ttr_sweep_run *run)
{
	const char *device = run->options->settings.device;
	int outcome = dump(&run->device, ttr_json_text(device ? device : "any"));

	if (!outcome)
		outcome = dump(&run->sandbox,
			       ttr_json_sandbox(ttr_sweeper_sandbox(run->sweeper), TTR_MODE_RAW));
	return outcome;
}

static int start(struct ttr_sweep_run *run)
{
	const struct ttr_sweeper_plan plan = {
		.settings = &run->options->settings,
		.rate = run->options->settings.rate ? run->options->settings.rate : RATE_DEFAULT,
		.full = run->options->full,
	};
	int outcome = ttr_sweeper_new(&run->sweeper, run->loop, &plan, &handler, run);

	if (!outcome)
		outcome = ttr_timer_new(&run->ticker, run->loop, tick, run);
	if (!outcome)
		outcome = ttr_interrupts_catch(&run->interrupts, run->loop, on_interrupt, run);
	if (outcome)
		return outcome;
	if (ttr_sweeper_start(run->sweeper) < 0)
		return 0; /* said already */
	outcome = describe(run);
	if (outcome)
		return outcome;
	run->ready = true;
	run->started = run->last_tick = ttr_mono_now();
	ttr_timer_arm(run->ticker, TTR_PROGRESS_MANY_NS);
	return ttr_loop_run(run->loop);
}

static int read_former(struct ttr_sweep_run *run)
{
	struct ttr_resume former;
	int outcome = ttr_seen_init(&run->seen);

	if (outcome || !run->options->resume)
		return outcome;
	outcome = ttr_resume_read(&run->seen, run->options->resume, &former);
	if (outcome)
		ttr_sweep_say_error(run, run->options->resume, -outcome);
	else if (former.cut)
		ttr_buffer_put(&run->text, "\n");
	return outcome;
}

/* As far as it was read: --max-time may have ended it before. */
static bool has_no_targets(const struct ttr_sweep_run *run)
{
	return run->items == 0 && run->list.finished && !run->interrupts.by;
}

static enum ttr_status judge(struct ttr_sweep_run *run)
{
	if (run->failed > TTR_STATUS_USAGE)
		return run->failed;
	if (run->list.error) {
		ttr_sweep_say_error(run, run->list_name, run->list.error);
		return TTR_STATUS_FAILED;
	}
	if (!run->ready || has_no_targets(run))
		return TTR_STATUS_USAGE;
	if (run->items == 0 || run->unreached || run->bad_lines)
		return TTR_STATUS_NOT_REACHED;
	return TTR_STATUS_REACHED;
}

static enum ttr_status finish(struct ttr_sweep_run *run)
{
	struct ttr_buffer line = {.data = NULL};
	int outcome;

	if (run->options->format == TTR_FORMAT_JSON && run->ready)
		ttr_buffer_put(&run->text, run->results ? "\n]\n" : "[]\n");
	write_text(run);
	ttr_interrupts_forget(&run->interrupts);
	ttr_progress_erase(&run->progress);
	if (run->ready && has_no_targets(run)) {
		ttr_escape(&line, run->list_name, TTR_ESCAPE_MAX);
		ttr_buffer_put(&line, ": no targets\n");
		ttr_sweep_say(run, &line);
	}
	outcome = ttr_output_finish(&run->output);
	if (outcome == -EPIPE)
		ttr_process_die(SIGPIPE);
	if (!outcome)
		return judge(run);
	ttr_report_error("standard output", -outcome);
	return TTR_STATUS_OUTPUT;
}

static enum ttr_status run_loop(struct ttr_sweep_run *run)
{
	enum ttr_status status;
	int outcome = ttr_loop_new(&run->loop);

	if (outcome) {
		ttr_report_error("event loop", -outcome);
		return TTR_STATUS_FAILED;
	}
	ttr_json_init();
	run->progress.enabled = ttr_progress_wanted(isatty(STDERR_FILENO), getenv("TERM"));
	ttr_output_init(&run->output, STDOUT_FILENO, run->loop, output_failed, run);
	outcome = start(run);
	status = finish(run);
	if (outcome) {
		ttr_report_error("internal error", -outcome);
		status = TTR_STATUS_FAILED;
	}
	ttr_timer_free(run->ticker);
	ttr_watch_free(run->list_watch);
	ttr_timer_free(run->list_timer);
	ttr_sweeper_free(run->sweeper);
	ttr_output_fini(&run->output);
	ttr_buffer_fini(&run->text);
	ttr_buffer_fini(&run->device);
	ttr_buffer_fini(&run->sandbox);
	ttr_loop_free(run->loop);
	return status;
}

enum ttr_status ttr_sweep_main(const struct ttr_options *options, const char *program,
			       int *interrupted_by)
{
	struct ttr_sweep_run run = {.options = options, .program = program};
	enum ttr_status status;
	int outcome = ttr_sweep_open_list(&run);

	if (outcome) {
		ttr_sweep_say_error(&run, run.list_name, -outcome);
		return TTR_STATUS_USAGE;
	}
	status = read_former(&run) ? TTR_STATUS_USAGE : run_loop(&run);
	ttr_seen_fini(&run.seen);
	if (run.list.fd > STDERR_FILENO)
		close(run.list.fd);
	*interrupted_by = run.interrupts.by;
	return status;
}
