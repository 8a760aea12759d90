/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/escape.h"
#include "cli/messages.h"
#include "cli/ports.h"
#include "cli/sweep_run.h"
#include "net/address.h"
#include "net/hostname.h"
#include "net/loop.h"

/* So many bad lines in one go: signals and timers have a turn in a list of nothing else. */
#define PASSED_MAX 256

struct item {
	struct ttr_sweeper_item base;
	uint16_t *own_ports; /* NULL: those of the command line */
	char host[];
};

/* -- What is said on stderr -- */

void ttr_sweep_say(struct ttr_sweep_run *run, struct ttr_buffer *line)
{
	ttr_progress_erase(&run->progress);
	ttr_output_write(STDERR_FILENO, ttr_buffer_text(line), line->length);
	ttr_buffer_fini(line);
}

/* "hosts.txt:12: " */
static void begin_complaint(struct ttr_sweep_run *run, struct ttr_buffer *line,
			    uint64_t line_number)
{
	run->bad_lines++;
	ttr_escape(line, run->list_name, TTR_ESCAPE_MAX);
	ttr_buffer_print(line, ":%" PRIu64 ": ", line_number);
}

/* "hosts.txt:12: what: text" */
static void complain(struct ttr_sweep_run *run, uint64_t line_number, const char *what,
		     const char *text)
{
	struct ttr_buffer line = {.data = NULL};

	begin_complaint(run, &line, line_number);
	ttr_buffer_print(&line, "%s: ", what);
	ttr_escape(&line, text, TTR_ESCAPE_MAX);
	ttr_buffer_put(&line, "\n");
	ttr_sweep_say(run, &line);
}

/* About a file. */
void ttr_sweep_say_error(struct ttr_sweep_run *run, const char *name, int error)
{
	struct ttr_buffer line = {.data = NULL};

	ttr_escape(&line, name, TTR_ESCAPE_MAX);
	ttr_buffer_print(&line, ": %s\n", strerror(error));
	ttr_sweep_say(run, &line);
}

/* With the rights of the caller: the program's own are not in effect. */
int ttr_sweep_open_list(struct ttr_sweep_run *run)
{
	const char *name = run->options->targets;
	bool standard_input = strcmp(name, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int error = fd < 0 ? -errno : 0;

	run->list_name = standard_input ? "standard input" : name;
	ttr_target_list_init(&run->list, fd);
	return error;
}

/* -- Targets -- */

static void list_readable(void *context, bool readable, bool writable)
{
	struct ttr_sweep_run *run = context;

	(void)readable;
	(void)writable;
	ttr_watch_set(run->list_watch, false, false);
	ttr_sweeper_pump(run->sweeper);
}

static void list_again(void *context)
{
	struct ttr_sweep_run *run = context;

	ttr_sweeper_pump(run->sweeper);
}

/* After everybody else's turn. */
static void yield(struct ttr_sweep_run *run)
{
	if (!run->list_timer && ttr_timer_new(&run->list_timer, run->loop, list_again, run) < 0)
		return;
	ttr_timer_arm(run->list_timer, 0);
}

static void wait_for_list(struct ttr_sweep_run *run)
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

static struct item *new_item(const struct ttr_sweep_run *run, const char *host)
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
static int parse_ports(struct ttr_sweep_run *run, struct item *item, const char *text)
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
static struct item *parse_line(struct ttr_sweep_run *run, char *line)
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

enum ttr_sweeper_feed ttr_sweep_feed(void *context, struct ttr_sweeper_item **item)
{
	struct ttr_sweep_run *run = context;
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

bool ttr_sweep_accept(void *context, const struct ttr_sweeper_item *item, uint16_t port)
{
	static const char text[] = "warning: too many targets to remember: from here on, targets "
				   "that come again are traced again\n";
	struct ttr_sweep_run *run = context;
	struct ttr_buffer line = {.data = NULL};
	bool fresh = ttr_seen_add(&run->seen, &item->address, port);

	if (!fresh)
		run->skipped++;
	if (!run->forgetful && ttr_seen_full(&run->seen)) {
		run->forgetful = true;
		ttr_buffer_put(&line, text);
		ttr_sweep_say(run, &line);
	}
	return fresh;
}

void ttr_sweep_release(void *context, struct ttr_sweeper_item *base)
{
	struct item *item = (struct item *)(void *)base;

	(void)context;
	free(item->own_ports);
	free(item);
}

/* "hosts.txt:12: " and what a single trace would say. */
void ttr_sweep_refused(void *context, struct ttr_sweeper_item *item,
		       const struct ttr_problem *problem)
{
	struct ttr_sweep_run *run = context;
	struct ttr_buffer line = {.data = NULL};

	begin_complaint(run, &line, item->line);
	if (problem->kind == TTR_PROBLEM_NO_ROUTE) {
		ttr_escape(&line, item->host, TTR_ESCAPE_MAX);
		ttr_buffer_put(&line, ": ");
	}
	ttr_message_problem(&line, problem, &run->options->settings, run->program);
	ttr_sweep_say(run, &line);
}
