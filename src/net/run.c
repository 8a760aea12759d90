/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/outage.h"
#include "net/problem.h"
#include "net/session_state.h"

/* So many frames in one turn of the loop: a flood must not starve the timers. */
#define FRAMES_PER_TURN 256

/* A full device queue: wait, twice as long each time; then the probe is a local drop. */
#define PAUSE_NS (2 * TTR_NS_PER_MS)
#define PAUSES_MAX 3

/* During a pause nobody's time is over; it is looked at again then. */
#define PAUSED_TIMER_NS (100 * TTR_NS_PER_MS)

/* Answers come while we send: the capture's buffer must not fill up meanwhile (traps T5). */
#define SENDS_PER_READ 64

/* Probes per second of several ports, unless --rate says more or less. */
#define RATE_OF_MANY 10000

/* So much of the rate may be sent at once: a timer for each probe would be late for most. */
#define SEND_AHEAD_NS TTR_NS_PER_MS

static void take_packet(void *context, const uint8_t *packet, unsigned int captured,
			struct ttr_mono at)
{
	struct ttr_session *s = context;
	struct ttr_reply reply;

	if (ttr_reply_decode(&reply, packet, captured) != TTR_DECODE_OK)
		return;
	reply.at = at;
	ttr_drive_reply(&s->drive, &reply);
}

static void lose_capture(struct ttr_session *s, const struct ttr_problem *problem)
{
	ttr_watch_set(s->capture_watch, false, false);
	if (s->handler->problem)
		s->handler->problem(s->context, s, problem);
	ttr_session_stop(s);
}

static void read_capture(struct ttr_session *s)
{
	struct ttr_problem problem;

	if (ttr_capture_read(s->capture, FRAMES_PER_TURN, take_packet, s, &problem) >= 0)
		return;
	if (problem.error == ENETDOWN && s->monitor)
		ttr_outage_check(s); /* or it is up again by now */
	else
		lose_capture(s, &problem);
}

/* What has arrived for this probe, if it has. */
static void look(struct ttr_session *s, uint32_t probe)
{
	if (s->connector)
		ttr_connector_look(s->connector, probe);
	else
		read_capture(s);
}

static void capture_ready(void *context, bool readable, bool writable)
{
	struct ttr_session *s = context;

	(void)writable;
	if (readable)
		read_capture(s);
	ttr_run_pump(s, ttr_mono_now());
}

/* What has arrived is looked at before time is declared over: the process may have been stopped, or
 * slow. */
static void probe_timer_fired(void *context)
{
	struct ttr_probe_timer *timer = context;
	struct ttr_session *s = timer->session;
	struct ttr_mono now = ttr_mono_now();
	uint32_t probe = (uint32_t)(timer - s->timers);

	look(s, probe);
	if (s->paused)
		ttr_timer_arm(timer->timer, PAUSED_TIMER_NS);
	else
		ttr_drive_timeout(&s->drive, probe, now);
	ttr_run_pump(s, now);
}

static void wake_fired(void *context)
{
	struct ttr_session *s = context;
	struct ttr_mono now = ttr_mono_now();

	ttr_drive_wake(&s->drive, now);
	ttr_run_pump(s, now);
}

static void resume_fired(void *context)
{
	struct ttr_session *s = context;

	s->can_send = true;
	ttr_run_pump(s, ttr_mono_now());
}

static void sender_ready(void *context, bool readable, bool writable)
{
	struct ttr_session *s = context;

	(void)readable;
	if (!writable)
		return;
	ttr_watch_set(s->sender_watch, false, false);
	s->can_send = true;
	ttr_run_pump(s, ttr_mono_now());
}

static void gate_timer_fired(void *context)
{
	struct ttr_session *s = context;

	ttr_run_release(s, ttr_mono_now());
}

/* Most probes are armed for all of their patience, a few microseconds after they were sent: rounded
 * up to that, they share a queue, and arming costs O(1). */
static int64_t common_delay(const struct ttr_session *s, int64_t delay_ns)
{
	int64_t patience_ns = s->settings->wait_ns ? s->settings->wait_ns : TTR_WAIT_DEFAULT_NS;

	return delay_ns <= patience_ns && delay_ns > patience_ns - TTR_NS_PER_MS ? patience_ns
										 : delay_ns;
}

static int arm_probe(struct ttr_session *s, uint32_t probe, struct ttr_mono at, struct ttr_mono now)
{
	struct ttr_probe_timer *timer = &s->timers[probe];

	if (!timer->timer) {
		int r = ttr_timer_new(&timer->timer, s->loop, probe_timer_fired, timer);

		if (r < 0)
			return r;
		timer->session = s;
	}
	return ttr_timer_arm(timer->timer, common_delay(s, at.ns - now.ns));
}

/* The socket or the device is full: the probe goes first when there is room again. */
static bool hold_back(struct ttr_session *s, uint32_t probe, int error)
{
	if (error == EAGAIN) {
		if (!s->connector) /* which says by itself when */
			ttr_watch_set(s->sender_watch, false, true);
	} else if (error == ENOBUFS && s->pauses < PAUSES_MAX) {
		ttr_timer_arm(s->resume, PAUSE_NS << s->pauses);
		s->pauses++;
	} else {
		return false;
	}
	s->can_send = false;
	ttr_drive_unsent(&s->drive, probe);
	return true;
}

/* 0 or a negative errno; at: the moment before. */
static int send_segment(struct ttr_session *s, uint32_t probe, struct ttr_mono *at)
{
	uint8_t packet[TTR_SEGMENT_MAX];
	struct ttr_segment segment = ttr_drive_segment(&s->drive, probe);
	unsigned int length;

	if (s->connector)
		return ttr_connector_send(s->connector, probe, segment.target_port, segment.ttl,
					  at);
	length = ttr_segment_build(packet, sizeof(packet), &segment);
	*at = ttr_mono_now();
	return ttr_sender_send(s->sender, packet, length);
}

/* The next probe's time has not come: the rest of this turn of the loop is for other things. */
static void pace(struct ttr_session *s, struct ttr_mono at)
{
	uint32_t rate = s->settings->rate;

	if (!rate && s->settings->port_count > 1)
		rate = RATE_OF_MANY;
	if (!rate || s->drive.locate) /* which knows its rate */
		return;
	if (s->next_send.ns < at.ns)
		s->next_send = at;
	s->next_send.ns += TTR_NS_PER_S / rate;
	if (s->next_send.ns - at.ns <= SEND_AHEAD_NS)
		return;
	s->can_send = false;
	ttr_timer_arm(s->resume, s->next_send.ns - at.ns - SEND_AHEAD_NS / 2);
}

/* What the kernel says when device, address or route are gone; perhaps they are. */
static bool is_outage(int error)
{
	return error == ENETDOWN || error == ENETUNREACH || error == EHOSTUNREACH ||
	       error == ENODEV || error == ENXIO || error == EADDRNOTAVAIL || error == EINVAL ||
	       error == EACCES;
}

static void send_probe(struct ttr_session *s, uint32_t probe)
{
	struct ttr_mono at;
	int r = send_segment(s, probe, &at);

	if (r == 0) {
		s->pauses = 0;
		ttr_drive_sent(&s->drive, probe, at);
		pace(s, at);
		if (!s->connector && ++s->sends % SENDS_PER_READ == 0)
			read_capture(s);
	} else if (is_outage(-r) && ttr_outage_check(s)) {
		ttr_drive_unsent(&s->drive, probe);
	} else if (!hold_back(s, probe, -r)) {
		s->pauses = 0;
		s->send_error = -r;
		ttr_drive_send_failed(&s->drive, probe, -r);
	}
}

static void take_answer(struct ttr_session *s, const struct ttr_action *action)
{
	const struct ttr_cell *cell =
		ttr_grid_cell(ttr_drive_grid(&s->drive), action->port, action->ttl, action->query);

	if (cell->state == TTR_CELL_ANSWERED)
		ttr_names_ask(s->names, &cell->address);
	if (s->handler->answer)
		s->handler->answer(s->context, s, action->port, action->ttl, action->query);
}

/* A port that was located has no rows to wait for; the grid's own one is the path's, which ends
 * when all do. */
static void take_port(struct ttr_session *s, size_t port)
{
	if (!s->drive.locate)
		ttr_gate_port(&s->gate, port);
	else if (s->handler->port)
		s->handler->port(s->context, s, port);
}

static void finish(struct ttr_session *s, struct ttr_mono now)
{
	s->finished = now;
	if (s->connector) {
		ttr_connector_stop(s->connector);
	} else {
		ttr_watch_set(s->capture_watch, false, false);
		ttr_watch_set(s->sender_watch, false, false);
	}
	ttr_timer_disarm(s->wake);
	ttr_timer_disarm(s->resume);
	if (s->outage)
		ttr_timer_disarm(s->outage);
	if (s->drive.locate)
		ttr_gate_port(&s->gate, 0);
	ttr_gate_end(&s->gate, now);
}

static void carry_out(struct ttr_session *s, const struct ttr_action *action, struct ttr_mono now)
{
	switch (action->kind) {
	case TTR_ACTION_SEND:
		send_probe(s, action->probe);
		break;
	case TTR_ACTION_ARM:
		if (arm_probe(s, action->probe, action->at, now) < 0)
			ttr_drive_timeout(&s->drive, action->probe, action->at);
		break;
	case TTR_ACTION_DISARM:
		if (s->timers[action->probe].timer)
			ttr_timer_disarm(s->timers[action->probe].timer);
		break;
	case TTR_ACTION_WAKE:
		ttr_timer_arm(s->wake, action->at.ns - now.ns);
		break;
	case TTR_ACTION_ANSWER:
		take_answer(s, action);
		break;
	case TTR_ACTION_ROW:
		ttr_gate_row(&s->gate, action->port, action->ttl, now);
		break;
	case TTR_ACTION_PORT:
		take_port(s, action->port);
		break;
	case TTR_ACTION_END:
		finish(s, now);
		break;
	}
}

/* Nothing left and nothing will: not a silent path, but a machine that does not let us send. */
static bool nothing_could_be_sent(const struct ttr_session *s)
{
	const struct ttr_counters *c = &ttr_drive_grid(&s->drive)->counters;

	return c->probes_sent == 0 && c->local_drops > 0 && !s->stopped;
}

static void fail_sending(struct ttr_session *s)
{
	struct ttr_problem problem;

	ttr_problem_fill(&problem, s->send_error == EPERM ? TTR_PROBLEM_FIREWALL : TTR_PROBLEM_SEND,
			 s->send_error, NULL, NULL);
	problem.count = s->settings->length;
	ttr_session_fail(s, &problem);
}

static bool is_named(const void *context, const struct ttr_addr *addr)
{
	return !ttr_names_pending(context, addr);
}

static void warn(struct ttr_session *s, enum ttr_problem_kind kind, int error, uint64_t count)
{
	struct ttr_problem problem;

	if (!count || !s->handler->problem)
		return;
	ttr_problem_fill(&problem, kind, error, NULL, NULL);
	problem.count = count;
	s->handler->problem(s->context, s, &problem);
}

static void end(struct ttr_session *s)
{
	const struct ttr_counters *c = &ttr_drive_grid(&s->drive)->counters;

	s->over = true;
	ttr_names_stop(s->names);
	ttr_timer_disarm(s->gate_timer);
	if (s->bound)
		ttr_timer_disarm(s->bound);
	warn(s, TTR_PROBLEM_SENDS_DROPPED, s->send_error, c->local_drops);
	warn(s, TTR_PROBLEM_FRAMES_DROPPED, 0, ttr_session_frames_dropped(s));
	s->suspended_ns = ttr_clock_slept_ns(&s->sleep);
	warn(s, TTR_PROBLEM_SUSPENDED, 0, (uint64_t)(s->suspended_ns / TTR_NS_PER_MS));
	if (s->handler->end)
		s->handler->end(s->context, s);
}

static void let_through(struct ttr_session *s, const struct ttr_gate_pass *pass)
{
	switch (pass->kind) {
	case TTR_GATE_ROW:
		if (s->handler->row)
			s->handler->row(s->context, s, pass->port, pass->ttl);
		break;
	case TTR_GATE_PORT:
		if (s->handler->port && !s->drive.locate)
			s->handler->port(s->context, s, pass->port);
		break;
	case TTR_GATE_END:
		end(s);
		break;
	}
}

void ttr_run_release(struct ttr_session *s, struct ttr_mono now)
{
	struct ttr_gate_pass pass;
	struct ttr_mono until = {0};

	while (!s->over && ttr_gate_next(&s->gate, now, is_named, s->names, &pass, &until))
		let_through(s, &pass);
	if (!s->over && until.ns)
		ttr_timer_arm(s->gate_timer, until.ns - now.ns);
}

void ttr_run_pump(struct ttr_session *s, struct ttr_mono now)
{
	struct ttr_action action;

	if (s->pumping || s->over)
		return;
	s->pumping = true;
	while (!s->over && ttr_drive_next(&s->drive, s->can_send && !s->paused, &action)) {
		if (action.kind != TTR_ACTION_SEND && nothing_could_be_sent(s)) {
			fail_sending(s);
			break;
		}
		carry_out(s, &action, now);
	}
	s->pumping = false;
	if (s->over)
		return;
	ttr_run_release(s, now);
	if (!s->over && s->handler->progress)
		s->handler->progress(s->context, s);
}

static void connection_answered(void *context, uint32_t probe, const struct ttr_reply *reply)
{
	struct ttr_session *s = context;

	ttr_engine_answer(s->drive.engine, probe, reply);
}

static void connection_resent(void *context, uint32_t probe, unsigned int times)
{
	struct ttr_session *s = context;

	ttr_engine_resent(s->drive.engine, probe, times);
}

static void connector_ready(void *context)
{
	struct ttr_session *s = context;

	s->can_send = s->can_send || !ttr_timer_armed(s->resume);
	ttr_run_pump(s, ttr_mono_now());
}

const struct ttr_connector_handler ttr_run_connector_handler = {
	.answer = connection_answered,
	.resent = connection_resent,
	.ready = connector_ready,
};

static int make_watches(struct ttr_session *s)
{
	int r;

	if (s->connector)
		return 0;
	r = ttr_watch_new(&s->capture_watch, s->loop, ttr_capture_fd(s->capture), capture_ready, s);

	if (r == 0)
		r = ttr_watch_new(&s->sender_watch, s->loop, ttr_sender_fd(s->sender), sender_ready,
				  s);
	if (r == 0)
		r = ttr_watch_set(s->capture_watch, true, false);
	return r;
}

static int make_timers(struct ttr_session *s)
{
	int r = ttr_timer_new(&s->wake, s->loop, wake_fired, s);

	if (r == 0)
		r = ttr_timer_new(&s->resume, s->loop, resume_fired, s);
	if (r == 0)
		r = ttr_timer_new(&s->gate_timer, s->loop, gate_timer_fired, s);
	ttr_loop_common_delay(s->loop,
			      s->settings->wait_ns ? s->settings->wait_ns : TTR_WAIT_DEFAULT_NS);
	s->timers = calloc(ttr_drive_probe_limit(&s->drive), sizeof(*s->timers));
	return r == 0 && !s->timers ? -ENOMEM : r;
}

int ttr_run_begin(struct ttr_session *s)
{
	int r = make_watches(s);

	if (r == 0)
		r = make_timers(s);
	if (r == 0)
		r = ttr_gate_init(&s->gate, ttr_drive_grid(&s->drive), s->settings->dns_wait_ns);
	if (r < 0)
		return r;
	s->can_send = true;
	s->egress.started = ttr_wall_now();
	s->started = ttr_mono_now();
	ttr_clock_sleep_start(&s->sleep);
	if (s->handler->ready)
		s->handler->ready(s->context, s);
	ttr_drive_start(&s->drive, ttr_mono_now());
	ttr_run_pump(s, ttr_mono_now());
	return 0;
}
