/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop: timers, descriptors and signals, each with one callback.
 *
 * loop.c is the only file that knows libevent. A callback may arm, disarm or free its own object or
 * any other one, and may end the loop; an object that was freed or disarmed is not called any more,
 * even if it was due in the same wake. All objects must be freed before their loop.
 *
 * Functions that can fail return 0 or a negative errno. Everything happens in one thread.
 */
#ifndef TTR_NET_LOOP_H
#define TTR_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct ttr_loop;
struct ttr_timer;
struct ttr_watch;
struct ttr_signal;

/*
 * A loop of its own. Its timers are finer than a millisecond, and the environment variables EVENT_*
 * have no effect on it; libevent's own messages on stderr are turned off, for the whole process.
 * 0, -ENOMEM, -EMFILE and what else says that there are no descriptors left, -EIO.
 */
int ttr_loop_new(struct ttr_loop **loop);

/*
 * On the loop of a program that embeds the tracer: base stays the caller's, who runs it and frees
 * it after the loop. Timers are as precise as its base was configured. 0, -ENOMEM.
 */
int ttr_loop_new_on(struct ttr_loop **loop, struct event_base *base);

void ttr_loop_free(struct ttr_loop *loop);

/*
 * Waits and calls back until ttr_loop_quit(), or until there is nothing left to wait for. 0, -EIO.
 * After a quit it may be run again. Not for a loop on somebody else's base.
 */
int ttr_loop_run(struct ttr_loop *loop);

/* Ends ttr_loop_run() when the callback that says so returns; said outside of it, the next run ends
 * at once. */
void ttr_loop_quit(struct ttr_loop *loop);

/*
 * Says that many timers will be armed with exactly this delay: arming them is O(1) from then on,
 * others cost O(log n). Up to 16 different delays are remembered, further ones are ignored; it is
 * only a matter of speed.
 */
void ttr_loop_common_delay(struct ttr_loop *loop, int64_t delay_ns);

/* Not armed yet. 0, -ENOMEM. Free with ttr_timer_free(). */
int ttr_timer_new(struct ttr_timer **timer, struct ttr_loop *loop, void (*callback)(void *context),
		  void *context);
void ttr_timer_free(struct ttr_timer *timer);

/*
 * Calls back once, delay_ns from this call on; 0 or less: in the next turn of the loop. Replaces
 * what was armed before. Never early by CLOCK_MONOTONIC; late by up to 2 us plus what the machine
 * is busy with. 0, -ENOMEM.
 */
int ttr_timer_arm(struct ttr_timer *timer, int64_t delay_ns);
void ttr_timer_disarm(struct ttr_timer *timer);
bool ttr_timer_armed(const struct ttr_timer *timer);

/*
 * Watches a descriptor, which stays the caller's and must be open as long as the watch exists.
 * Level-triggered: called again in every turn as long as the descriptor is ready. Errors and
 * hang-ups show as what is watched for. Starts with no interest. 0, -ENOMEM.
 */
int ttr_watch_new(struct ttr_watch **watch, struct ttr_loop *loop, int fd,
		  void (*callback)(void *context, bool readable, bool writable), void *context);
void ttr_watch_free(struct ttr_watch *watch);

/* Replaces the interest; neither: it is not called. 0, or a negative errno when the descriptor
 * cannot be waited for (-EPERM: a regular file; -EBADF). */
int ttr_watch_set(struct ttr_watch *watch, bool readable, bool writable);

/* Calls back, from inside the loop, for every signal (SIGINT, SIGTERM...) that comes as long as the
 * object exists; the disposition from before returns when it is freed. Only one loop per process
 * may have signals. 0, -ENOMEM, -EIO. */
int ttr_signal_new(struct ttr_signal **signal, struct ttr_loop *loop, int number,
		   void (*callback)(void *context), void *context);
void ttr_signal_free(struct ttr_signal *signal);

#endif
