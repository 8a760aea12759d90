/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of a run over many hosts share: sweep_main.c is its life, its results and its end;
 * sweep_list.c is what it is to trace, and what it says on standard error.
 */
#ifndef TTR_CLI_SWEEP_RUN_H
#define TTR_CLI_SWEEP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/interrupts.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/seen.h"
#include "cli/target_list.h"
#include "net/sweeper.h"

struct ttr_sweep_run {
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
	struct ttr_buffer device, sandbox; /* as JSON text */
	struct ttr_progress progress;
	struct ttr_timer *ticker;
	struct ttr_interrupts interrupts;
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

/* -- sweep_list.c -- */

/* Writes the line, which ends with a newline, and frees it. */
void ttr_sweep_say(struct ttr_sweep_run *run, struct ttr_buffer *line);

/* The same about a file. error: a positive errno. */
void ttr_sweep_say_error(struct ttr_sweep_run *run, const char *name, int error);

/* With the rights of the caller: the program's own are not in effect. 0 or a negative errno. */
int ttr_sweep_open_list(struct ttr_sweep_run *run);

/* Of struct ttr_sweeper_handler; context is the run. */
enum ttr_sweeper_feed ttr_sweep_feed(void *context, struct ttr_sweeper_item **item);
bool ttr_sweep_accept(void *context, const struct ttr_sweeper_item *item, uint16_t port);
void ttr_sweep_refused(void *context, struct ttr_sweeper_item *item,
		       const struct ttr_problem *problem);
void ttr_sweep_release(void *context, struct ttr_sweeper_item *item);

#endif
