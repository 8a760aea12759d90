/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/session.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/address.h"
#include "net/clock.h"
#include "net/outage.h"
#include "net/privilege.h"
#include "net/problem.h"
#include "net/session_state.h"

int ttr_session_new(struct ttr_session **session, struct ttr_loop *loop,
		    const struct ttr_settings *settings, const struct ttr_session_handler *handler,
		    void *context)
{
	struct ttr_session *s;

	if (!settings->host || !settings->ports || settings->port_count == 0)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->settings = settings;
	s->handler = handler;
	s->context = context;
	s->raw = (struct ttr_raw)TTR_RAW_CLOSED;
	s->uid = geteuid();
	s->raised_by_file = ttr_privilege_raised_by_file();
	*session = s;
	return 0;
}

static void free_timers(struct ttr_session *s)
{
	ttr_timer_free(s->wake);
	ttr_timer_free(s->resume);
	ttr_timer_free(s->gate_timer);
	ttr_timer_free(s->bound);
	for (size_t i = 0; s->timers && i < ttr_drive_probe_limit(&s->drive); i++)
		ttr_timer_free(s->timers[i].timer);
	free(s->timers);
}

void ttr_session_free(struct ttr_session *s)
{
	if (!s)
		return;
	free_timers(s);
	ttr_watch_free(s->capture_watch);
	ttr_watch_free(s->sender_watch);
	ttr_outage_end(s);
	ttr_names_free(s->names);
	ttr_resolver_free(s->resolver);
	ttr_gate_fini(&s->gate);
	ttr_connector_free(s->connector);
	ttr_drive_free(&s->drive);
	ttr_capture_free(s->capture);
	ttr_sender_free(s->sender);
	ttr_raw_close(&s->raw);
	ttr_ports_free(s->ports);
	free(s);
}

void ttr_session_fail(struct ttr_session *s, const struct ttr_problem *problem)
{
	s->over = true;
	if (s->handler->problem)
		s->handler->problem(s->context, s, problem);
}

static void fail(struct ttr_session *s, enum ttr_problem_kind kind, int error, const char *detail,
		 const char *detail2)
{
	struct ttr_problem problem;

	ttr_problem_fill(&problem, kind, error, detail, detail2);
	ttr_session_fail(s, &problem);
}

static void name_settled(void *context, const struct ttr_addr *addr)
{
	struct ttr_session *s = context;

	(void)addr;
	ttr_gate_named(&s->gate);
	if (!s->over && !s->pumping)
		ttr_run_release(s, ttr_mono_now());
}

/* But for what needed the privilege. */
static void close_egress(struct ttr_session *s)
{
	ttr_connector_free(s->connector);
	ttr_drive_free(&s->drive);
	ttr_sender_free(s->sender);
	ttr_ports_free(s->ports);
	s->connector = NULL;
	s->sender = NULL;
	s->ports = NULL;
}

/* The next address may have a route where this one has none; everything else would fail there as
 * well. */
static bool is_worth_another(const struct ttr_problem *problem)
{
	return problem->kind == TTR_PROBLEM_NO_ROUTE ||
	       problem->kind == TTR_PROBLEM_HOST_UNUSABLE ||
	       problem->kind == TTR_PROBLEM_SOURCE_INVALID;
}

static int open_first(struct ttr_session *s, const struct ttr_addr *addresses, size_t count,
		      struct ttr_problem *problem)
{
	struct ttr_problem other;
	int r = ttr_setup_open(s, &addresses[0], problem);

	for (size_t i = 1; r < 0 && i < count && is_worth_another(problem); i++) {
		close_egress(s);
		r = ttr_setup_open(s, &addresses[i], &other);
		if (r < 0 && !is_worth_another(&other))
			*problem = other;
	}
	return r;
}

static int open_resolver(struct ttr_session *s)
{
	const char *detail = NULL;
	int r = ttr_resolver_new(&s->resolver, s->loop, NULL, &detail);

	if (r < 0)
		fail(s, TTR_PROBLEM_RESOLVER, -r, NULL, detail);
	return r;
}

/* The target's addresses are known, the best first. */
static void trace(struct ttr_session *s, const struct ttr_addr *addresses, size_t count)
{
	struct ttr_problem problem;
	int r = open_first(s, addresses, count, &problem);

	if (r < 0) {
		ttr_session_fail(s, &problem);
		return;
	}
	if (!s->resolver && open_resolver(s) < 0)
		return;
	ttr_outage_begin(s);
	if (ttr_seal_close(s) < 0)
		return;
	r = ttr_names_new(&s->names, s->resolver, s->settings->names, name_settled, s);
	if (r == 0)
		r = ttr_run_begin(s);
	if (r < 0)
		fail(s, r == -ENOMEM ? TTR_PROBLEM_MEMORY : TTR_PROBLEM_INTERNAL, -r, NULL, NULL);
}

static bool is_about_the_name(enum ttr_resolver_outcome outcome)
{
	return outcome == TTR_RESOLVER_NO_NAME || outcome == TTR_RESOLVER_NO_DATA ||
	       outcome >= TTR_RESOLVER_NAME_EMPTY;
}

static void looked_up(void *context, const struct ttr_lookup_result *result)
{
	struct ttr_session *s = context;

	s->lookup = NULL;
	if (result->outcome == TTR_RESOLVER_FOUND)
		trace(s, result->addresses, result->count);
	else if (is_about_the_name(result->outcome))
		fail(s, TTR_PROBLEM_HOST_UNKNOWN, 0, s->settings->host, result->detail);
	else
		fail(s, TTR_PROBLEM_HOST_LOOKUP, 0, s->settings->host, result->detail);
}

static void trace_literal(struct ttr_session *s, const struct ttr_addr *literal)
{
	struct ttr_addr addr = ttr_addr_unmap(literal);

	if (s->settings->family != TTR_FAMILY_NONE && s->settings->family != addr.family)
		fail(s, TTR_PROBLEM_HOST_UNKNOWN, 0, s->settings->host, NULL);
	else if (!ttr_addr_is_unicast(&addr))
		fail(s, TTR_PROBLEM_HOST_UNUSABLE, 0, s->settings->host, NULL);
	else
		trace(s, &addr, 1);
}

/* 0, or the session failed. */
static int parse_source(struct ttr_session *s)
{
	char scope[TTR_SCOPE_MAX];
	const char *text = s->settings->source;

	if (!text)
		return 0;
	if (ttr_addr_parse(&s->source, scope, text) != 0) {
		fail(s, TTR_PROBLEM_SOURCE_INVALID, 0, text, NULL);
		return -EINVAL;
	}
	if (scope[0] && ttr_scope_index(&s->scope, scope) != 0) {
		fail(s, TTR_PROBLEM_SCOPE, 0, text, NULL);
		return -EINVAL;
	}
	return 0;
}

static void time_is_over(void *context)
{
	struct ttr_session *s = context;
	struct ttr_mono now = ttr_mono_now();

	if (s->over)
		return;
	if (!ttr_drive_exists(&s->drive)) {
		ttr_request_cancel(s->lookup);
		s->lookup = NULL;
		fail(s, TTR_PROBLEM_HOST_LOOKUP, ETIMEDOUT, s->settings->host, NULL);
		return;
	}
	if (s->paused) {
		ttr_outage_give_up(s);
		return;
	}
	ttr_drive_stop(&s->drive, now, true);
	ttr_gate_open(&s->gate);
	ttr_run_pump(s, now);
}

static int arm_bound(struct ttr_session *s)
{
	int r;

	if (!s->settings->max_time_ns)
		return 0;
	r = ttr_timer_new(&s->bound, s->loop, time_is_over, s);
	if (r == 0)
		r = ttr_timer_arm(s->bound, s->settings->max_time_ns);
	if (r < 0)
		fail(s, TTR_PROBLEM_MEMORY, -r, NULL, NULL);
	return r;
}

/* Everything that needs a privilege is done, and none is left, before a stranger's answer is read.
 */
static void look_up(struct ttr_session *s)
{
	struct ttr_problem problem;
	int r = ttr_setup_privileged(s, s->settings->family, "any", &problem);

	if (r < 0) {
		ttr_session_fail(s, &problem);
		return;
	}
	if (open_resolver(s) < 0)
		return;
	r = ttr_resolver_lookup(s->resolver, &s->lookup, s->settings->host, s->settings->family,
				looked_up, s);
	if (r < 0)
		fail(s, TTR_PROBLEM_MEMORY, -r, NULL, NULL);
	else
		ttr_seal_confine(s);
}

/* A file's privilege is not for taking the ports of others. 0, or the session failed. */
static int check_caller(struct ttr_session *s)
{
	if (!s->settings->source_port_forced || !s->raised_by_file)
		return 0;
	fail(s, TTR_PROBLEM_PORT_DENIED, EPERM, NULL, NULL);
	return -EPERM;
}

void ttr_session_start(struct ttr_session *s)
{
	const char *host = s->settings->host;
	char scope[TTR_SCOPE_MAX] = "";
	struct ttr_addr literal;
	int r;

	if (check_caller(s) < 0 || parse_source(s) < 0 || arm_bound(s) < 0)
		return;
	r = ttr_addr_parse(&literal, scope, host);
	if (r == TTR_ADDR_BAD_SCOPE || (scope[0] && ttr_scope_index(&s->scope, scope) != 0))
		fail(s, TTR_PROBLEM_SCOPE, 0, host, NULL);
	else if (r == 0)
		trace_literal(s, &literal);
	else
		look_up(s);
}

void ttr_session_stop(struct ttr_session *s)
{
	struct ttr_mono now = ttr_mono_now();

	if (s->over || s->stopped)
		return;
	s->stopped = true;
	if (!ttr_drive_exists(&s->drive) || !s->gate.grid) {
		ttr_request_cancel(s->lookup);
		s->lookup = NULL;
		s->over = true;
		return;
	}
	ttr_drive_stop(&s->drive, now, false);
	ttr_gate_open(&s->gate);
	ttr_run_pump(s, now);
}

bool ttr_session_over(const struct ttr_session *s)
{
	return s->over;
}

const struct ttr_settings *ttr_session_settings(const struct ttr_session *s)
{
	return s->settings;
}

const struct ttr_egress *ttr_session_egress(const struct ttr_session *s)
{
	return &s->egress;
}

const struct ttr_sandbox *ttr_session_sandbox(const struct ttr_session *s)
{
	return &s->sandbox;
}

const struct ttr_grid *ttr_session_grid(const struct ttr_session *s)
{
	return ttr_drive_exists(&s->drive) ? ttr_drive_grid(&s->drive) : NULL;
}

const struct ttr_locate *ttr_session_locate(const struct ttr_session *s)
{
	return s->drive.locate;
}

const char *ttr_session_name(const struct ttr_session *s, const struct ttr_addr *addr)
{
	return s->names ? ttr_names_get(s->names, addr) : NULL;
}

uint64_t ttr_session_frames_dropped(const struct ttr_session *s)
{
	struct ttr_capture_counts counts;

	if (!s->capture)
		return 0;
	ttr_capture_count(s->capture, &counts);
	return counts.dropped;
}

int64_t ttr_session_suspended_ns(const struct ttr_session *s)
{
	return s->suspended_ns;
}

int64_t ttr_session_elapsed_ns(const struct ttr_session *s)
{
	if (!s->started.ns)
		return 0;
	return (s->finished.ns ? s->finished.ns : ttr_mono_now().ns) - s->started.ns;
}

size_t ttr_session_in_flight(const struct ttr_session *s)
{
	return ttr_drive_exists(&s->drive) ? ttr_drive_in_flight(&s->drive) : 0;
}
