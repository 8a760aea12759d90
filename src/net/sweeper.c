/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sweeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net/batch.h"
#include "net/capture.h"
#include "net/clock.h"
#include "net/loop.h"
#include "net/problem.h"
#include "net/resolver.h"
#include "net/sweeper_state.h"

/* In one turn of the loop, so that neither sending nor answers starve anything else. */
#define FRAMES_PER_READ 1024
#define BATCHES_PER_TURN 16

#define PAUSE_NS (2 * TTR_NS_PER_MS)

/* A silent target stays for about 4.5 s. */
#define WINDOW_SECONDS 4
#define WINDOW_MIN 256
#define WINDOW_MAX 16384
#define HOPS_MAX ((size_t)WINDOW_MAX * 32)

/* Routers that are remembered: 128 bytes each, as far as they are there. */
#define ROUTERS (1u << 19)

size_t ttr_sweeper_window(const struct ttr_sweeper_plan *plan)
{
	size_t window = (size_t)plan->rate * WINDOW_SECONDS;
	size_t hops = (size_t)plan->settings->max_ttl + 1;

	if (window > WINDOW_MAX)
		window = WINDOW_MAX;
	if (window > HOPS_MAX / hops)
		window = HOPS_MAX / hops;
	return window < WINDOW_MIN ? WINDOW_MIN : window;
}

int ttr_sweeper_new(struct ttr_sweeper **sweeper, struct ttr_loop *loop,
		    const struct ttr_sweeper_plan *plan, const struct ttr_sweeper_handler *handler,
		    void *context)
{
	struct ttr_sweeper *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->plan = *plan;
	s->handler = handler;
	s->context = context;
	s->ready_end = &s->ready;
	s->can_send = true;
	s->origin = (struct ttr_origin){.fds = {-1, -1}};
	*sweeper = s;
	return 0;
}

void ttr_sweeper_free(struct ttr_sweeper *s)
{
	if (!s)
		return;
	ttr_timer_free(s->bound);
	ttr_timer_free(s->resume);
	ttr_timer_free(s->wake);
	for (size_t i = 0; i < 2; i++)
		ttr_watch_free(s->batch_watches[i]);
	ttr_watch_free(s->capture_watch);
	ttr_sweep_free(s->sweep);
	ttr_resolver_free(s->resolver);
	ttr_aliases_fini(&s->aliases);
	ttr_origin_fini(&s->origin);
	if (s->opened)
		ttr_sweeper_close(&s->gear);
	free(s);
}

/* -- Answers -- */

static void take_packet(void *context, const uint8_t *packet, unsigned int captured,
			struct ttr_mono at)
{
	struct ttr_sweeper *s = context;
	struct ttr_reply reply;

	if (ttr_reply_decode(&reply, packet, captured) != TTR_DECODE_OK)
		return;
	reply.at = at;
	ttr_sweep_reply(s->sweep, &reply);
}

static void read_capture(struct ttr_sweeper *s)
{
	struct ttr_problem problem;

	if (!s->capture_watch ||
	    ttr_capture_read(s->gear.capture, FRAMES_PER_READ, take_packet, s, &problem) >= 0)
		return;
	ttr_watch_free(s->capture_watch);
	s->capture_watch = NULL;
	s->handler->problem(s->context, &problem);
	ttr_sweeper_stop(s);
}

static void capture_ready(void *context, bool readable, bool writable)
{
	struct ttr_sweeper *s = context;

	(void)writable;
	if (!readable)
		return;
	read_capture(s);
	ttr_sweeper_pump(s);
}

/* -- Probes -- */

static void watch_writable(struct ttr_sweeper *s)
{
	for (size_t i = 0; i < 2; i++)
		if (s->batch_watches[i])
			ttr_watch_set(s->batch_watches[i], false, true);
}

static void batch_ready(void *context, bool readable, bool writable)
{
	struct ttr_sweeper *s = context;

	(void)readable;
	if (!writable)
		return;
	for (size_t i = 0; i < 2; i++)
		if (s->batch_watches[i])
			ttr_watch_set(s->batch_watches[i], false, false);
	s->can_send = true;
	ttr_sweeper_pump(s);
}

static void resume_fired(void *context)
{
	struct ttr_sweeper *s = context;

	s->can_send = true;
	ttr_sweeper_pump(s);
}

/* A full socket or device queue is waited for; anything else is the probe's own trouble. */
static void probe_left(void *context, uint64_t probe, struct ttr_mono at, int error)
{
	struct ttr_sweeper *s = context;

	switch (error) {
	case 0:
		ttr_sweep_sent(s->sweep, probe, at);
		return;
	case EAGAIN:
		watch_writable(s);
		break;
	case ENOBUFS:
		ttr_timer_arm(s->resume, PAUSE_NS);
		break;
	default:
		s->send_error = error;
		ttr_sweep_send_failed(s->sweep, probe, error);
		return;
	}
	s->can_send = false;
	ttr_sweep_unsent(s->sweep, probe);
}

static void flush(struct ttr_sweeper *s)
{
	ttr_batch_flush(s->gear.batch, probe_left, s);
}

static void send_probe(struct ttr_sweeper *s, uint64_t probe)
{
	struct ttr_segment segment = ttr_sweep_segment(s->sweep, probe);

	if (!ttr_batch_add(s->gear.batch, probe, &segment))
		ttr_sweep_send_failed(s->sweep, probe, EAFNOSUPPORT);
}

/* -- The turn -- */

static void give_out(struct ttr_sweeper *s, const struct ttr_sweep_result *result)
{
	struct ttr_sweeper_item *item = (void *)(uintptr_t)result->target.tag;

	s->handler->result(s->context, item, result);
	ttr_sweeper_give_back(s, item);
}

/* Carries out actions up to a full batch. False: there is nothing more to do now. */
static bool carry_out(struct ttr_sweeper *s, struct ttr_mono now)
{
	struct ttr_sweep_action action;

	while (!ttr_batch_full(s->gear.batch)) {
		if (!ttr_sweep_next(s->sweep, now, s->can_send, &action))
			return false;
		switch (action.kind) {
		case TTR_SWEEP_SEND:
			send_probe(s, action.probe);
			break;
		case TTR_SWEEP_RESULT:
			give_out(s, action.result);
			break;
		case TTR_SWEEP_WAKE:
			if (action.at.ns != INT64_MAX)
				ttr_timer_arm(s->wake, action.at.ns - now.ns);
			return false;
		}
	}
	return true;
}

static void warn(struct ttr_sweeper *s, enum ttr_problem_kind kind, int error, uint64_t count)
{
	struct ttr_problem problem;

	if (!count)
		return;
	ttr_problem_fill(&problem, kind, error, NULL, NULL);
	problem.count = count;
	s->handler->problem(s->context, &problem);
}

static void finish(struct ttr_sweeper *s)
{
	s->ended = true;
	warn(s, TTR_PROBLEM_SENDS_DROPPED, s->send_error,
	     ttr_sweep_counters(s->sweep)->local_drops);
	warn(s, TTR_PROBLEM_FRAMES_DROPPED, 0, ttr_sweeper_frames_dropped(s));
	warn(s, TTR_PROBLEM_SUSPENDED, 0,
	     (uint64_t)(ttr_clock_slept_ns(&s->sleep) / TTR_NS_PER_MS));
	s->handler->end(s->context);
}

static bool is_over(const struct ttr_sweeper *s)
{
	return s->exhausted && !s->ready && !s->asked && ttr_sweep_active(s->sweep) == 0;
}

/* Between two batches what has arrived is read: the capture's buffer must not fill up. */
static void turn(struct ttr_sweeper *s)
{
	struct ttr_mono now = ttr_mono_now();
	bool more = true;

	ttr_timer_disarm(s->wake);
	for (unsigned int i = 0; i < BATCHES_PER_TURN && more; i++) {
		ttr_sweeper_fill(s, now);
		more = carry_out(s, now);
		/* What is sent now will have to be looked after: there is another time to wake. */
		more |= !ttr_batch_empty(s->gear.batch);
		flush(s);
		if (more)
			read_capture(s);
		now = ttr_mono_now();
	}
	/* The end of a target makes room for another one. */
	if (more || (ttr_sweep_room(s->sweep) > 0 && (s->ready || !s->exhausted) &&
		     s->lookups < TTR_SWEEPER_LOOKUPS && !s->starving))
		ttr_timer_arm(s->wake, 0);
}

void ttr_sweeper_pump(struct ttr_sweeper *s)
{
	if (s->pumping || s->ended || !s->sweep)
		return;
	s->pumping = true;
	turn(s);
	s->handler->turn(s->context);
	s->pumping = false;
	if (is_over(s))
		finish(s);
}

void ttr_sweeper_stop(struct ttr_sweeper *s)
{
	if (s->ended || !s->sweep)
		return;
	ttr_sweeper_drop_targets(s);
	ttr_sweep_stop(s->sweep);
	ttr_sweeper_pump(s);
}

static void wake_fired(void *context)
{
	struct ttr_sweeper *s = context;

	read_capture(s);
	ttr_sweeper_pump(s);
}

static void bound_fired(void *context)
{
	ttr_sweeper_stop(context);
}

/* -- The start -- */

static int watch_batch(struct ttr_sweeper *s, size_t i, enum ttr_family family)
{
	int fd = ttr_batch_fd(s->gear.batch, family);

	return fd < 0 ? 0 : ttr_watch_new(&s->batch_watches[i], s->loop, fd, batch_ready, s);
}

static int make_timers(struct ttr_sweeper *s)
{
	int64_t bound_ns = s->plan.settings->max_time_ns;
	int r = ttr_timer_new(&s->wake, s->loop, wake_fired, s);

	if (r == 0)
		r = ttr_timer_new(&s->resume, s->loop, resume_fired, s);
	if (r == 0)
		r = ttr_timer_new(&s->bound, s->loop, bound_fired, s);
	if (r == 0 && bound_ns)
		r = ttr_timer_arm(s->bound, bound_ns);
	return r;
}

static int make_watches(struct ttr_sweeper *s)
{
	int r = ttr_watch_new(&s->capture_watch, s->loop, ttr_capture_fd(s->gear.capture),
			      capture_ready, s);

	if (r == 0)
		r = ttr_watch_set(s->capture_watch, true, false);
	if (r == 0)
		r = watch_batch(s, 0, TTR_FAMILY_IPV4);
	if (r == 0)
		r = watch_batch(s, 1, TTR_FAMILY_IPV6);
	return r;
}

static int make_sweep(struct ttr_sweeper *s)
{
	struct ttr_sweep_plan plan = {
		.settings = s->plan.settings,
		.window = ttr_sweeper_window(&s->plan),
		.routers = ROUTERS,
		.rate = s->plan.rate,
		.full = s->plan.full,
	};
	int r;

	memcpy(plan.source_ports, s->gear.ports, sizeof(plan.source_ports));
	if (getrandom(plan.secret, sizeof(plan.secret), 0) != (ssize_t)sizeof(plan.secret))
		return -EIO;
	r = ttr_sweep_new(&s->sweep, &plan);
	explicit_bzero(plan.secret, sizeof(plan.secret));
	return r;
}

static int seal(struct ttr_sweeper *s, struct ttr_problem *problem)
{
	struct ttr_problem warning;
	int r = ttr_sweeper_seal(&s->gear, s->plan.settings, problem, &warning);

	if (r == 0 && warning.kind != TTR_PROBLEM_NONE)
		s->handler->problem(s->context, &warning);
	return r;
}

static int prepare(struct ttr_sweeper *s, struct ttr_problem *problem)
{
	const struct ttr_resolver_options options = {.no_files = true};
	const char *detail = NULL;
	int r;

	s->opened = true;
	r = ttr_sweeper_open(&s->gear, &s->plan, problem);
	if (r < 0)
		return r;
	r = ttr_resolver_new(&s->resolver, s->loop, &options, &detail);
	if (r < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_RESOLVER, -r, NULL, detail);
	r = ttr_aliases_read(&s->aliases, "/etc/hosts");
	if (r == 0)
		r = ttr_origin_init(&s->origin, s->gear.ifindex);
	if (r == 0)
		r = make_timers(s);
	if (r == 0)
		r = make_watches(s);
	if (r == 0)
		r = make_sweep(s);
	if (r < 0)
		return ttr_problem_fill(problem,
					r == -ENOMEM ? TTR_PROBLEM_MEMORY : TTR_PROBLEM_INTERNAL,
					-r, NULL, NULL);
	return seal(s, problem);
}

int ttr_sweeper_start(struct ttr_sweeper *s)
{
	struct ttr_problem problem;
	int r = prepare(s, &problem);

	if (r < 0) {
		s->ended = true;
		s->handler->problem(s->context, &problem);
		return r;
	}
	ttr_clock_sleep_start(&s->sleep);
	return ttr_timer_arm(s->wake, 0);
}

const struct ttr_sweep_counters *ttr_sweeper_counters(const struct ttr_sweeper *s)
{
	return s->sweep ? ttr_sweep_counters(s->sweep) : &s->no_counters;
}

uint64_t ttr_sweeper_frames_dropped(const struct ttr_sweeper *s)
{
	struct ttr_capture_counts counts = {.dropped = 0};

	if (s->gear.capture)
		ttr_capture_count(s->gear.capture, &counts);
	return counts.dropped;
}

const struct ttr_sandbox *ttr_sweeper_sandbox(const struct ttr_sweeper *s)
{
	return &s->gear.sandbox;
}

size_t ttr_sweeper_active(const struct ttr_sweeper *s)
{
	return s->sweep ? ttr_sweep_active(s->sweep) : 0;
}
