/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the session and the printers: takes what happens, keeps the order, remembers how the run
 * went.
 *
 * Results go to standard output in the format that was asked for, everything else to standard
 * error.
 */
#ifndef TTR_CLI_REPORT_H
#define TTR_CLI_REPORT_H

#include "cli/located.h"
#include "cli/many.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "tcptraceroute/session.h"

struct ttr_loop;
struct ttr_timer;

struct ttr_report {
	const struct ttr_options *options;
	struct ttr_loop *loop;
	const char *program; /* path, for messages */
	struct ttr_output output;
	struct ttr_progress progress;
	struct ttr_timer *ticker;          /* of the progress line */
	const struct ttr_session *session; /* from ready on */
	struct ttr_text text;
	struct ttr_buffer line;
	bool ready;             /* the trace has begun */
	bool reached;           /* every port was */
	bool interrupted;       /* set by the caller before he stops the session */
	enum ttr_status failed; /* the worst problem's; REACHED: none */
	struct ttr_many many;
	struct ttr_located_rows waiting; /* --locate as text */
};

extern const struct ttr_session_handler ttr_report_handler; /* its context is the report */

/* options, loop and program must outlive the report. */
void ttr_report_init(struct ttr_report *report, const struct ttr_options *options,
		     struct ttr_loop *loop, const char *program);
void ttr_report_fini(struct ttr_report *report);

/* Writes what is left. The exit status, or TTR_STATUS_OUTPUT with a message on stderr; a reader of
 * standard output who went away ends the process by SIGPIPE. */
enum ttr_status ttr_report_finish(struct ttr_report *report);

/* A line for stderr about something that went wrong outside of the session. */
void ttr_report_error(const char *what, int error);

#endif
