/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/outage.h"

#include <errno.h>

#include "net/address.h"
#include "net/clock.h"
#include "net/monitor.h"
#include "net/problem.h"

static void tell(struct ttr_session *s, enum ttr_problem_kind kind, int error)
{
	char source[TTR_ADDR_TEXT_MAX];
	struct ttr_problem problem;

	ttr_problem_fill(&problem, kind, error, s->route.device,
			 ttr_addr_format(source, &s->egress.source));
	if (s->handler->problem)
		s->handler->problem(s->context, s, &problem);
}

static void pause_sending(struct ttr_session *s, int error)
{
	const int64_t patience_ns =
		s->settings->wait_ns ? s->settings->wait_ns : TTR_WAIT_DEFAULT_NS;

	s->paused = true;
	s->outage_error = error;
	tell(s, TTR_PROBLEM_EGRESS_PAUSED, error);
	if (!s->settings->max_time_ns)
		ttr_timer_arm(s->outage, patience_ns);
}

static void go_on(struct ttr_session *s)
{
	s->paused = false;
	ttr_timer_disarm(s->outage);
	tell(s, TTR_PROBLEM_EGRESS_BACK, 0);
	ttr_drive_resume(&s->drive, ttr_mono_now());
}

static void note_move(struct ttr_session *s)
{
	if (s->egress.state == TTR_EGRESS_CHANGED)
		return;
	s->egress.state = TTR_EGRESS_CHANGED;
	tell(s, TTR_PROBLEM_EGRESS_CHANGED, 0);
}

void ttr_outage_give_up(struct ttr_session *s)
{
	s->paused = false;
	s->egress.state = TTR_EGRESS_LOST;
	ttr_timer_disarm(s->outage);
	tell(s, TTR_PROBLEM_EGRESS_LOST, s->outage_error);
	ttr_session_stop(s);
}

bool ttr_outage_check(struct ttr_session *s)
{
	enum ttr_monitor_state state;
	bool moved;
	int error;

	if (!s->monitor || s->over || s->stopped || s->finished.ns)
		return false;
	state = ttr_monitor_check(s->monitor, &error, &moved);
	if (state == TTR_MONITOR_FINE) {
		if (s->paused)
			go_on(s);
		if (moved)
			note_move(s);
	} else if (!s->paused) {
		pause_sending(s, error);
	}
	/* Nothing brings it back; the other states may follow each other. */
	if (state == TTR_MONITOR_DEVICE_GONE) {
		s->outage_error = ENODEV;
		ttr_timer_arm(s->outage, 0);
	}
	return s->paused;
}

static void something_changed(void *context)
{
	struct ttr_session *s = context;

	ttr_outage_check(s);
	ttr_run_pump(s, ttr_mono_now());
}

static void wait_over(void *context)
{
	struct ttr_session *s = context;

	if (s->paused)
		ttr_outage_give_up(s);
}

void ttr_outage_begin(struct ttr_session *s)
{
	if (ttr_timer_new(&s->outage, s->loop, wait_over, s) < 0)
		return;
	if (ttr_monitor_new(&s->monitor, s->loop, &s->route, &s->egress.target,
			    s->egress.mode == TTR_MODE_UNPRIVILEGED, s->uid, something_changed,
			    s) < 0)
		s->monitor = NULL;
}

void ttr_outage_end(struct ttr_session *s)
{
	ttr_monitor_free(s->monitor);
	ttr_timer_free(s->outage);
	s->monitor = NULL;
	s->outage = NULL;
}
