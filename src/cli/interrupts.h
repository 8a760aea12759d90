/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signals that end a trace early: SIGINT, SIGTERM and SIGHUP.
 *
 * The first one is told to the caller, who then gives out what is known; the next one kills at
 * once, whatever the program is doing then. What the process that started this one ignores stays
 * ignored: nohup, and background jobs of a script.
 */
#ifndef TTR_CLI_INTERRUPTS_H
#define TTR_CLI_INTERRUPTS_H

#define TTR_INTERRUPTS 3

struct ttr_interrupts;
struct ttr_loop;
struct ttr_signal;

typedef void ttr_interrupts_callback(void *context);

struct ttr_interrupt {
	struct ttr_interrupts *all;
	struct ttr_signal *signal;
	int number;
};

/* All zero: none are caught. */
struct ttr_interrupts {
	struct ttr_interrupt each[TTR_INTERRUPTS];
	ttr_interrupts_callback *callback;
	void *context;
	int by; /* the signal that came; 0: none did */
};

/* The struct stays where it is until ttr_interrupts_forget(), which is safe to call again. 0 or a
 * negative errno. */
int ttr_interrupts_catch(struct ttr_interrupts *interrupts, struct ttr_loop *loop,
			 ttr_interrupts_callback *callback, void *context);

/* From now on they do what they did before. */
void ttr_interrupts_forget(struct ttr_interrupts *interrupts);

#endif
