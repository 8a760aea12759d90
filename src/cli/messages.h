/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session's problems in words, and the exit status that each one means.
 */
#ifndef TTR_CLI_MESSAGES_H
#define TTR_CLI_MESSAGES_H

#include "cli/buffer.h"
#include "tcptraceroute/session.h"

enum ttr_status {
	TTR_STATUS_REACHED = 0,
	TTR_STATUS_NOT_REACHED = 1,
	TTR_STATUS_USAGE = 2,  /* nothing was sent */
	TTR_STATUS_FAILED = 3, /* the environment, or the run */
	TTR_STATUS_OUTPUT = 4,
};

/*
 * Appends one line, with its end. program is the path to give a privilege to. Texts that scripts
 * may know are those of tcptraceroute 1.5beta7; what comes from outside is escaped.
 */
void ttr_message_problem(struct ttr_buffer *out, const struct ttr_problem *problem,
			 const struct ttr_settings *settings, const char *program);

/* The option that asks for it. */
const char *ttr_message_raw_need(enum ttr_raw_need need, const struct ttr_settings *settings);

/* The exit status after a problem: REACHED for a warning, which does not decide. */
enum ttr_status ttr_message_status(enum ttr_problem_kind kind);

#endif
