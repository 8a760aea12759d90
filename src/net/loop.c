/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <event2/event.h>

#include "tcptraceroute/clock.h"

#define COMMON_DELAYS_MAX 16

struct common_delay {
	int64_t us;
	const struct timeval *queue; /* libevent's name for the queue of this delay */
};

struct ttr_loop {
	struct event_base *base;
	bool own_base;
	bool quit;
	struct common_delay common[COMMON_DELAYS_MAX];
	unsigned int common_count;
};

struct ttr_timer {
	struct ttr_loop *loop;
	struct event *event;
	void (*callback)(void *context);
	void *context;
};

struct ttr_watch {
	struct ttr_loop *loop;
	struct event *event;
	int fd;
	short interest;
	void (*callback)(void *context, bool readable, bool writable);
	void *context;
};

struct ttr_signal {
	struct event *event;
	void (*callback)(void *context);
	void *context;
};

static void drop_message(int severity, const char *message)
{
	(void)severity;
	(void)message;
}

/* libevent ends the process when it cannot make its socket pair, so ask for one before. */
static int probe_descriptors(void)
{
	int pair[2], spare[2];
	int rc = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	if (pipe(spare)) {
		rc = -errno;
	} else {
		close(spare[0]);
		close(spare[1]);
	}
	close(pair[0]);
	close(pair[1]);
	return rc;
}

static struct event_base *make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	/* NO_CACHE_TIME: a delay counts from the call, not from when the loop woke up. */
	if (!event_config_set_flag(config,
				   EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NO_CACHE_TIME |
					   EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV))
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

int ttr_loop_new_on(struct ttr_loop **loop, struct event_base *base)
{
	*loop = calloc(1, sizeof(**loop));
	if (!*loop)
		return -ENOMEM;
	(*loop)->base = base;
	return 0;
}

int ttr_loop_new(struct ttr_loop **loop)
{
	struct event_base *base;
	int rc = probe_descriptors();

	if (rc)
		return rc;
	event_set_log_callback(drop_message);
	base = make_base();
	if (!base)
		return -EIO;
	rc = ttr_loop_new_on(loop, base);
	if (rc)
		event_base_free(base);
	else
		(*loop)->own_base = true;
	return rc;
}

void ttr_loop_free(struct ttr_loop *loop)
{
	if (!loop)
		return;
	if (loop->own_base)
		event_base_free(loop->base);
	free(loop);
}

int ttr_loop_run(struct ttr_loop *loop)
{
	int rc = 0;

	/* libevent itself forgets a break that was asked for before it runs. */
	if (!loop->quit)
		rc = event_base_dispatch(loop->base);
	loop->quit = false;
	return rc < 0 ? -EIO : 0;
}

void ttr_loop_quit(struct ttr_loop *loop)
{
	loop->quit = true;
	event_base_loopbreak(loop->base);
}

/* Rounded up: the loop's own reading of the clock is cut to microseconds, so it may be 1 us in the
 * past, and a timer must not be early. */
static int64_t to_us(int64_t delay_ns)
{
	return delay_ns > 0 ? delay_ns / TTR_NS_PER_US + 1 : 0;
}

static struct timeval to_timeval(int64_t us)
{
	return (struct timeval){
		.tv_sec = us / 1000000,
		.tv_usec = us % 1000000,
	};
}

static const struct timeval *find_common(const struct ttr_loop *loop, int64_t us)
{
	for (unsigned int i = 0; i < loop->common_count; i++)
		if (loop->common[i].us == us)
			return loop->common[i].queue;
	return NULL;
}

void ttr_loop_common_delay(struct ttr_loop *loop, int64_t delay_ns)
{
	const int64_t us = to_us(delay_ns);
	const struct timeval delay = to_timeval(us);
	const struct timeval *queue;

	if (!us || loop->common_count == COMMON_DELAYS_MAX || find_common(loop, us))
		return;
	queue = event_base_init_common_timeout(loop->base, &delay);
	if (queue)
		loop->common[loop->common_count++] = (struct common_delay){us, queue};
}

/* libevent sets errno only where a system call failed. */
static int add_event(struct event *event, const struct timeval *delay)
{
	errno = 0;
	if (!event_add(event, delay))
		return 0;
	return errno ? -errno : -ENOMEM;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

/* The callback may free the object: nothing is touched after it, here and below. */
static void timer_due(evutil_socket_t fd, short what, void *context)
{
	struct ttr_timer *timer = context;

	(void)fd;
	(void)what;
	timer->callback(timer->context);
}

int ttr_timer_new(struct ttr_timer **timer, struct ttr_loop *loop, void (*callback)(void *context),
		  void *context)
{
	struct ttr_timer *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	*new = (struct ttr_timer){.loop = loop, .callback = callback, .context = context};
	new->event = event_new(loop->base, -1, 0, timer_due, new);
	if (!new->event) {
		free(new);
		return -ENOMEM;
	}
	*timer = new;
	return 0;
}

void ttr_timer_free(struct ttr_timer *timer)
{
	if (!timer)
		return;
	free_event(timer->event);
	free(timer);
}

int ttr_timer_arm(struct ttr_timer *timer, int64_t delay_ns)
{
	const int64_t us = to_us(delay_ns);
	const struct timeval delay = to_timeval(us);
	const struct timeval *common = find_common(timer->loop, us);

	if (!timer->loop->own_base)
		event_base_update_cache_time(timer->loop->base);
	return add_event(timer->event, common ? common : &delay);
}

void ttr_timer_disarm(struct ttr_timer *timer)
{
	event_del(timer->event);
}

bool ttr_timer_armed(const struct ttr_timer *timer)
{
	return event_pending(timer->event, EV_TIMEOUT, NULL);
}

static void watch_ready(evutil_socket_t fd, short what, void *context)
{
	struct ttr_watch *watch = context;

	(void)fd;
	watch->callback(watch->context, what & EV_READ, what & EV_WRITE);
}

int ttr_watch_new(struct ttr_watch **watch, struct ttr_loop *loop, int fd,
		  void (*callback)(void *context, bool readable, bool writable), void *context)
{
	struct ttr_watch *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	*new = (struct ttr_watch){.loop = loop, .fd = fd, .callback = callback, .context = context};
	new->event = event_new(loop->base, fd, EV_PERSIST, watch_ready, new);
	if (!new->event) {
		free(new);
		return -ENOMEM;
	}
	*watch = new;
	return 0;
}

void ttr_watch_free(struct ttr_watch *watch)
{
	if (!watch)
		return;
	free_event(watch->event);
	free(watch);
}

int ttr_watch_set(struct ttr_watch *watch, bool readable, bool writable)
{
	const short interest = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	int rc = 0;

	if (interest == watch->interest)
		return 0;
	event_del(watch->event);
	watch->interest = 0;
	event_assign(watch->event, watch->loop->base, watch->fd, (short)(interest | EV_PERSIST),
		     watch_ready, watch);
	if (interest)
		rc = add_event(watch->event, NULL);
	if (!rc)
		watch->interest = interest;
	return rc;
}

static void signal_came(evutil_socket_t number, short what, void *context)
{
	struct ttr_signal *signal = context;

	(void)number;
	(void)what;
	signal->callback(signal->context);
}

int ttr_signal_new(struct ttr_signal **signal, struct ttr_loop *loop, int number,
		   void (*callback)(void *context), void *context)
{
	struct ttr_signal *new = calloc(1, sizeof(*new));
	int rc = -ENOMEM;

	if (!new)
		return rc;
	*new = (struct ttr_signal){.callback = callback, .context = context};
	new->event = evsignal_new(loop->base, number, signal_came, new);
	if (new->event)
		rc = add_event(new->event, NULL);
	if (rc) {
		ttr_signal_free(new);
		return rc;
	}
	*signal = new;
	return 0;
}

void ttr_signal_free(struct ttr_signal *signal)
{
	if (!signal)
		return;
	free_event(signal->event);
	free(signal);
}
