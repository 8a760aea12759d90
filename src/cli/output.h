/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing to descriptors: standard output without holding up the trace, standard error as it comes.
 */
#ifndef TTR_CLI_OUTPUT_H
#define TTR_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/buffer.h"
#include "tcptraceroute/clock.h"

struct ttr_loop;
struct ttr_watch;

/* Beyond this much that its reader did not take yet, the trace has to wait for the reader. */
#define TTR_OUTPUT_QUEUE_BYTES (1u << 20)

struct ttr_output {
	int fd;
	struct ttr_loop *loop;
	struct ttr_watch *watch; /* exists while something waits to be written */
	struct ttr_buffer queue;
	size_t written; /* of the queue */
	bool pipe;
	struct ttr_mono deadline;      /* until when a reader is waited for; 0: for ever */
	int error;                     /* errno of the first failure; nothing is written then */
	void (*failed)(void *context); /* called once, when the first failure happens */
	void *context;
};

/* loop must outlive the output. */
void ttr_output_init(struct ttr_output *output, int fd, struct ttr_loop *loop,
		     void (*failed)(void *context), void *context);
void ttr_output_fini(struct ttr_output *output);

/* Writes text at once and with one write(2), as far as its reader keeps up; the rest follows from
 * inside the loop. */
void ttr_output_add(struct ttr_output *output, const struct ttr_buffer *text);

/* Waits until everything is written, or until the deadline (-ETIME). 0 or the negative errno of the
 * first failure, this one or an earlier one. */
int ttr_output_finish(struct ttr_output *output);

/* Writes everything, waiting as long as it takes. 0 or a negative errno. */
int ttr_output_write(int fd, const char *data, size_t length);

#endif
