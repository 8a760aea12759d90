/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/interrupts.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/report.h"
#include "cli/sweep_main.h"
#include "cli/usage.h"
#include "net/descriptors.h"
#include "net/loop.h"
#include "net/start.h"

struct run {
	const struct ttr_options *options;
	const char *program;
	struct ttr_loop *loop;
	struct ttr_session *session;
	struct ttr_report report;
	struct ttr_interrupts interrupts;
};

static void on_interrupt(void *context)
{
	struct run *run = context;

	run->report.interrupted = true;
	ttr_session_stop(run->session);
	if (!run->report.ready || ttr_session_over(run->session))
		ttr_loop_quit(run->loop);
}

static int trace(struct run *run)
{
	int outcome = ttr_session_new(&run->session, run->loop, &run->options->settings,
				      &ttr_report_handler, &run->report);

	if (!outcome)
		outcome = ttr_interrupts_catch(&run->interrupts, run->loop, on_interrupt, run);
	if (outcome)
		return outcome;
	ttr_session_start(run->session);
	return ttr_loop_run(run->loop);
}

/* Said before anything is opened: what fails for want of descriptors later says less. */
static enum ttr_status check_descriptors(const struct run *run)
{
	struct ttr_problem problem = {
		.kind = TTR_PROBLEM_DESCRIPTORS,
		.error = EMFILE,
		.count = TTR_START_DESCRIPTORS,
	};
	const size_t limit = ttr_descriptors_raise(TTR_START_DESCRIPTORS);
	struct ttr_buffer line = {.data = NULL};

	if (limit >= TTR_START_DESCRIPTORS)
		return TTR_STATUS_REACHED;
	snprintf(problem.detail, sizeof(problem.detail), "%zu", limit);
	ttr_message_problem(&line, &problem, &run->options->settings, run->program);
	ttr_output_write(STDERR_FILENO, ttr_buffer_text(&line), line.length);
	ttr_buffer_fini(&line);
	return ttr_message_status(problem.kind);
}

static enum ttr_status run_session(struct run *run)
{
	enum ttr_status status = check_descriptors(run);
	int outcome;

	if (status != TTR_STATUS_REACHED)
		return status;
	outcome = ttr_loop_new(&run->loop);

	if (outcome) {
		ttr_report_error("event loop", -outcome);
		return TTR_STATUS_FAILED;
	}
	ttr_report_init(&run->report, run->options, run->loop, run->program);
	outcome = trace(run);
	/* A reader who stopped reading must not make it unstoppable. */
	ttr_interrupts_forget(&run->interrupts);
	status = ttr_report_finish(&run->report);
	if (outcome) {
		ttr_report_error("internal error", -outcome);
		status = TTR_STATUS_FAILED;
	}
	ttr_session_free(run->session);
	ttr_report_fini(&run->report);
	ttr_loop_free(run->loop);
	return status;
}

static enum ttr_status run_options(const struct ttr_options *options, const char *name)
{
	char program[PATH_MAX];
	struct run run = {.options = options, .program = program};
	const int outcome = ttr_process_check_output();
	enum ttr_status status;

	if (outcome) {
		ttr_report_error("standard output", -outcome);
		return TTR_STATUS_OUTPUT;
	}
	ttr_process_path(program, sizeof(program), name);
	if (options->targets)
		status = ttr_sweep_main(options, program, &run.interrupts.by);
	else
		status = run_session(&run);
	if (run.interrupts.by)
		ttr_process_die(run.interrupts.by);
	return status;
}

/* Help and version are what was asked for, so that they belong on standard output. */
static enum ttr_status tell(void (*compose)(struct ttr_buffer *out))
{
	struct ttr_buffer text = {.data = NULL};
	int outcome;

	compose(&text);
	outcome = text.failed ? -ENOMEM : ttr_output_write(STDOUT_FILENO, text.data, text.length);
	ttr_buffer_fini(&text);
	if (outcome == -EPIPE)
		ttr_process_die(SIGPIPE);
	if (!outcome)
		return TTR_STATUS_REACHED;
	ttr_report_error("standard output", -outcome);
	return TTR_STATUS_OUTPUT;
}

static enum ttr_status refuse(struct ttr_buffer *text)
{
	ttr_output_write(STDERR_FILENO, ttr_buffer_text(text), text->length);
	return TTR_STATUS_USAGE;
}

static enum ttr_status act(int outcome, const struct ttr_options *options, struct ttr_buffer *error,
			   const char *name)
{
	switch (outcome) {
	case TTR_OPTIONS_RUN:
		return run_options(options, name);
	case TTR_OPTIONS_HELP:
		return tell(ttr_usage_help);
	case TTR_OPTIONS_VERSION:
		return tell(ttr_usage_version);
	case TTR_OPTIONS_EMPTY:
		ttr_usage_short(error);
		return refuse(error);
	case TTR_OPTIONS_REFUSED:
		ttr_buffer_put(error, "\n");
		return refuse(error);
	default:
		ttr_report_error("arguments", -outcome);
		return TTR_STATUS_FAILED;
	}
}

int main(int argc, char *argv[])
{
	struct ttr_buffer error = {.data = NULL};
	struct ttr_options options;
	enum ttr_status status;
	int outcome = ttr_start_process(argc, argv);

	if (outcome) {
		ttr_report_error("privileges", -outcome);
		return TTR_STATUS_FAILED;
	}
	/* A reader who goes away is seen where standard output is written; standard error, and the
	 * libraries' sockets, must not end the program. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	outcome = ttr_options_parse(&options, &error, argc, argv);
	status = act(outcome, &options, &error, argc > 0 ? argv[0] : "tcptraceroute");
	ttr_options_fini(&options);
	ttr_buffer_fini(&error);
	return (int)status;
}
