/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/sweep_main.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/escape.h"
#include "cli/output.h"
#include "cli/ports.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/resume.h"
#include "cli/seen.h"
#include "cli/sweep_print.h"
#include "cli/target_list.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/hostname.h"
#include "net/loop.h"
#include "net/sweeper.h"

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};

#define CAUGHT_COUNT (sizeof(caught) / sizeof(caught[0]))

/* Written together: small enough that nobody waits for a line, large enough to be cheap. */
#define WRITE_BYTES 32768

/* Probes per second, where --rate says nothing else: what a home line carries without being
 * noticed, about half a megabit. */
#define RATE_DEFAULT 1000

/* So many bad lines in one go: signals and timers have a turn in a list of nothing else. */
#define PASSED_MAX 256

struct run;

struct interrupt {
	struct run *run;
	struct ttr_signal *signal;
	int number;
};

struct run {
	const struct ttr_options *options;
	const char *program;
	const char *list_name; /* for messages */
	struct ttr_target_list list;
	struct ttr_watch *list_watch; /* while its writer is waited for */
	struct ttr_timer *list_timer; /* while others have their turn */
	struct ttr_seen seen;
	struct ttr_loop *loop;
	struct ttr_sweeper *sweeper;
	struct ttr_output output;
	struct ttr_buffer text;
	struct ttr_progress progress;
	struct ttr_timer *ticker;
	struct interrupt interrupts[CAUGHT_COUNT];
	int interrupted_by;
	uint64_t items;     /* lines that are targets */
	uint64_t bad_lines; /* that are not, or cannot be traced */
	uint64_t results, reached, unreached;
	uint64_t skipped;     /* done by a former run, or twice in the list */
	uint64_t last_probes; /* at the last tick */
	struct ttr_mono started, last_tick;
	uint64_t frames_dropped;
	bool forgetful; /* said that duplicates are not known any more */
	bool ready;     /* the sockets are there */
	enum ttr_status failed;
};

struct item {
	struct ttr_sweeper_item base;
	uint16_t *own_ports; /* NULL: those of the command line */
	char host[];
};

/* -- What is said on stderr -- */

static void say(struct run *run, struct ttr_buffer *line)
{
	ttr_progress_erase(&run->progress);
	ttr_output_write(STDERR_FILENO, ttr_buffer_text(line), line->length);
	ttr_buffer_fini(line);
}

/* "hosts.txt:12: what: text" */
static void complain(struct run *run, uint64_t line_number, const char *what, const char *text)
{
	struct ttr_buffer line = {.data = NULL};

	run->bad_lines++;
	ttr_escape(&line, run->list_name, TTR_ESCAPE_MAX);
	ttr_buffer_print(&line, ":%" PRIu64 ": %s: ", line_number, what);
	ttr_escape(&line, text, TTR_ESCAPE_MAX);
	ttr_buffer_put(&line, "\n");
	say(run, &line);
}

/* About a file. */
static void say_error(struct run *run, const char *name, int error)
{
	struct ttr_buffer line = {.data = NULL};

	ttr_escape(&line, name, TTR_ESCAPE_MAX);
	ttr_buffer_print(&line, ": %s\n", strerror(error));
	say(run, &line);
}

/* -- Targets -- */

static void list_readable(void *context, bool readable, bool writable)
{
	struct run *run = context;

	(void)readable;
	(void)writable;
	ttr_watch_set(run->list_watch, false, false);
	ttr_sweeper_pump(run->sweeper);
}

static void list_again(void *context)
{
	struct run *run = context;

	ttr_sweeper_pump(run->sweeper);
}

/* After everybody else's turn. */
static void yield(struct run *run)
{
	if (!run->list_timer && ttr_timer_new(&run->list_timer, run->loop, list_again, run) < 0)
		return;
	ttr_timer_arm(run->list_timer, 0);
}

static void wait_for_list(struct run *run)
{
	if (!run->list_watch &&
	    ttr_watch_new(&run->list_watch, run->loop, run->list.fd, list_readable, run) < 0)
		return;
	ttr_watch_set(run->list_watch, true, false);
}

static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");

	*rest = word + strcspn(word, " \t");
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

/* Names and literals only: what is printed later needs no care any more. */
static bool is_host(const char *host)
{
	char scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;

	return (ttr_addr_parse(&addr, scope, host) == 0 && !scope[0]) ||
	       ttr_hostname_check(host) == 0;
}

static struct item *new_item(const struct run *run, const char *host)
{
	size_t size = strlen(host) + 1;
	struct item *item = calloc(1, sizeof(*item) + size);

	if (!item)
		return NULL;
	memcpy(item->host, host, size);
	item->base.host = item->host;
	item->base.line = run->list.line;
	item->base.ports = run->options->settings.ports;
	item->base.port_count = run->options->settings.port_count;
	return item;
}

/* 0, or the line was complained of. */
static int parse_ports(struct run *run, struct item *item, const char *text)
{
	struct ttr_buffer error = {.data = NULL};
	int outcome = ttr_ports_parse(&item->own_ports, &item->base.port_count, &error, text,
				      run->options->services);

	if (outcome)
		complain(run, run->list.line, "bad line", ttr_buffer_text(&error));
	else
		item->base.ports = item->own_ports;
	ttr_buffer_fini(&error);
	return outcome;
}

/* NULL: the line was complained of. */
static struct item *parse_line(struct run *run, char *line)
{
	char *rest = line, *host = next_word(&rest), *ports = next_word(&rest);
	struct item *item;

	if (*next_word(&rest)) {
		complain(run, run->list.line, "bad line: more than HOST and PORTS", host);
		return NULL;
	}
	if (!is_host(host)) {
		complain(run, run->list.line, "bad line: neither a name nor an address", host);
		return NULL;
	}
	item = new_item(run, host);
	if (!item) {
		complain(run, run->list.line, "no memory", host);
		return NULL;
	}
	if (*ports && parse_ports(run, item, ports)) {
		free(item);
		return NULL;
	}
	run->items++;
	return item;
}

static enum ttr_sweeper_feed feed(void *context, struct ttr_sweeper_item **item)
{
	struct run *run = context;
	char line[TTR_TARGET_LINE_MAX + 1];
	struct item *parsed;

	for (unsigned int passed = 0; passed < PASSED_MAX; passed++) {
		switch (ttr_target_list_next(&run->list, line)) {
		case TTR_TARGET_LINE:
			parsed = parse_line(run, line);
			if (!parsed)
				continue;
			*item = &parsed->base;
			return TTR_SWEEPER_ITEM;
		case TTR_TARGET_LONG:
			complain(run, run->list.line, "bad line: longer than 1024 bytes", line);
			continue;
		case TTR_TARGET_NUL:
			complain(run, run->list.line, "bad line: holds a byte 0", line);
			continue;
		case TTR_TARGET_LATER:
			wait_for_list(run);
			return TTR_SWEEPER_LATER;
		case TTR_TARGET_AGAIN:
			yield(run);
			return TTR_SWEEPER_LATER;
		case TTR_TARGET_END:
			return TTR_SWEEPER_END;
		}
	}
	yield(run);
	return TTR_SWEEPER_LATER;
}

static bool accept_port(void *context, const struct ttr_sweeper_item *item, uint16_t port)
{
	static const char text[] = "warning: too many targets to remember: from here on, targets "
				   "that come again are traced again\n";
	struct run *run = context;
	struct ttr_buffer line = {.data = NULL};
	bool fresh = ttr_seen_add(&run->seen, &item->address, port);

	if (!fresh)
		run->skipped++;
	if (!run->forgetful && ttr_seen_full(&run->seen)) {
		run->forgetful = true;
		ttr_buffer_put(&line, text);
		say(run, &line);
	}
	return fresh;
}

static void release(void *context, struct ttr_sweeper_item *base)
{
	struct item *item = (struct item *)(void *)base;

	(void)context;
	free(item->own_ports);
	free(item);
}

/* "hosts.txt:12: " and what a single trace would say. */
static void refused(void *context, struct ttr_sweeper_item *item, const struct ttr_problem *problem)
{
	struct run *run = context;
	struct ttr_buffer line = {.data = NULL};

	run->bad_lines++;
	ttr_escape(&line, run->list_name, TTR_ESCAPE_MAX);
	ttr_buffer_print(&line, ":%" PRIu64 ": ", item->line);
	if (problem->kind == TTR_PROBLEM_NO_ROUTE) {
		ttr_escape(&line, item->host, TTR_ESCAPE_MAX);
		ttr_buffer_put(&line, ": ");
	}
	ttr_message_problem(&line, problem, &run->options->settings, run->program);
	say(run, &line);
}

/* -- Results -- */

static void write_text(struct run *run)
{
	if (!run->text.length)
		return;
	ttr_progress_erase(&run->progress);
	ttr_output_add(&run->output, &run->text);
	ttr_buffer_clear(&run->text);
}

static void print_result(struct run *run, const struct ttr_sweep_view *view)
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
	struct run *run = context;
	const struct ttr_settings *settings = &run->options->settings;
	const struct ttr_sweep_view view = {
		.settings = settings,
		.host = item->host,
		.device = settings->device ? settings->device : "any",
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
	struct run *run = context;
	struct ttr_buffer line = {.data = NULL};
	enum ttr_status status = ttr_message_status(problem->kind);

	ttr_message_problem(&line, problem, &run->options->settings, run->program);
	say(run, &line);
	if (status > run->failed)
		run->failed = status;
	if (!run->ready && status != TTR_STATUS_REACHED)
		ttr_loop_quit(run->loop);
}

static void end_turn(void *context)
{
	struct run *run = context;

	write_text(run);
}

static void end_run(void *context)
{
	struct run *run = context;

	ttr_loop_quit(run->loop);
}

static const struct ttr_sweeper_handler handler = {
	.feed = feed,
	.accept = accept_port,
	.result = take_result,
	.refused = refused,
	.release = release,
	.problem = take_problem,
	.turn = end_turn,
	.end = end_run,
};

/* -- Progress -- */

static void tick(void *context)
{
	struct run *run = context;
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

/* -- Interrupts -- */

static void forget_interrupts(struct run *run)
{
	for (size_t i = 0; i < CAUGHT_COUNT; i++) {
		ttr_signal_free(run->interrupts[i].signal);
		run->interrupts[i].signal = NULL;
	}
}

static void on_interrupt(void *context)
{
	struct interrupt *interrupt = context;
	struct run *run = interrupt->run;

	run->interrupted_by = interrupt->number;
	forget_interrupts(run);
	ttr_sweeper_stop(run->sweeper);
}

static int catch_interrupts(struct run *run)
{
	struct sigaction action;
	int outcome = 0;

	for (size_t i = 0; i < CAUGHT_COUNT && !outcome; i++) {
		struct interrupt *interrupt = &run->interrupts[i];

		*interrupt = (struct interrupt){.run = run, .number = caught[i]};
		if (sigaction(caught[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			continue;
		outcome = ttr_signal_new(&interrupt->signal, run->loop, caught[i], on_interrupt,
					 interrupt);
	}
	return outcome;
}

/* -- The run -- */

static void output_failed(void *context)
{
	struct run *run = context;

	ttr_sweeper_stop(run->sweeper);
}

static int start(struct run *run)
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
		outcome = catch_interrupts(run);
	if (outcome)
		return outcome;
	if (ttr_sweeper_start(run->sweeper) < 0)
		return 0; /* said already */
	run->ready = true;
	run->started = run->last_tick = ttr_mono_now();
	ttr_timer_arm(run->ticker, TTR_PROGRESS_MANY_NS);
	return ttr_loop_run(run->loop);
}

/* With the rights of the caller: the program's own are not in effect. */
static int open_list(struct run *run)
{
	const char *name = run->options->targets;
	bool standard_input = strcmp(name, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int error = fd < 0 ? -errno : 0;

	run->list_name = standard_input ? "standard input" : name;
	ttr_target_list_init(&run->list, fd);
	return error;
}

static int read_former(struct run *run)
{
	uint64_t count;
	int outcome = ttr_seen_init(&run->seen);

	if (outcome || !run->options->resume)
		return outcome;
	outcome = ttr_resume_read(&run->seen, run->options->resume, &count);
	if (outcome)
		say_error(run, run->options->resume, -outcome);
	return outcome;
}

/* As far as it was read: --max-time may have ended it before. */
static bool has_no_targets(const struct run *run)
{
	return run->items == 0 && run->list.finished && !run->interrupted_by;
}

static enum ttr_status judge(struct run *run)
{
	if (run->failed > TTR_STATUS_USAGE)
		return run->failed;
	if (run->list.error) {
		say_error(run, run->list_name, run->list.error);
		return TTR_STATUS_FAILED;
	}
	if (!run->ready || has_no_targets(run))
		return TTR_STATUS_USAGE;
	if (run->items == 0 || run->unreached || run->bad_lines)
		return TTR_STATUS_NOT_REACHED;
	return TTR_STATUS_REACHED;
}

static enum ttr_status finish(struct run *run)
{
	struct ttr_buffer line = {.data = NULL};
	int outcome;

	if (run->options->format == TTR_FORMAT_JSON && run->ready)
		ttr_buffer_put(&run->text, run->results ? "\n]\n" : "[]\n");
	write_text(run);
	forget_interrupts(run);
	ttr_progress_erase(&run->progress);
	if (run->ready && has_no_targets(run)) {
		ttr_escape(&line, run->list_name, TTR_ESCAPE_MAX);
		ttr_buffer_put(&line, ": no targets\n");
		say(run, &line);
	}
	outcome = ttr_output_finish(&run->output);
	if (outcome == -EPIPE)
		ttr_process_die(SIGPIPE);
	if (!outcome)
		return judge(run);
	ttr_report_error("standard output", -outcome);
	return TTR_STATUS_OUTPUT;
}

static enum ttr_status run_loop(struct run *run)
{
	enum ttr_status status;
	int outcome = ttr_loop_new(&run->loop);

	if (outcome) {
		ttr_report_error("event loop", -outcome);
		return TTR_STATUS_FAILED;
	}
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
	ttr_loop_free(run->loop);
	return status;
}

enum ttr_status ttr_sweep_main(const struct ttr_options *options, const char *program,
			       int *interrupted_by)
{
	struct run run = {.options = options, .program = program};
	enum ttr_status status;
	int outcome = open_list(&run);

	if (outcome) {
		say_error(&run, run.list_name, -outcome);
		return TTR_STATUS_USAGE;
	}
	status = read_former(&run) ? TTR_STATUS_USAGE : run_loop(&run);
	ttr_seen_fini(&run.seen);
	if (run.list.fd > STDERR_FILENO)
		close(run.list.fd);
	*interrupted_by = run.interrupted_by;
	return status;
}
