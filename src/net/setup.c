/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/flow.h"
#include "net/connection.h"
#include "net/filter.h"
#include "net/problem.h"
#include "net/session_state.h"
#include "net/start.h"

static int find_route(struct ttr_session *s, const struct ttr_addr *target, enum ttr_mode mode,
		      struct ttr_problem *problem)
{
	struct ttr_route_query query = {
		.target = *target,
		.source = s->source,
		.device = s->settings->device,
		.scope = s->scope,
		.source_port = s->settings->source_port,
		.target_port = s->settings->ports[0],
		.tos = s->settings->tos,
		.connection = mode == TTR_MODE_UNPRIVILEGED,
		.uid = s->uid,
	};
	const char *device;
	int r = ttr_route_get(&s->route, &query, problem);

	if (r < 0)
		return r;
	/* What was asked for is what is shown, but an own address is reached over the loopback
	 * device whatever -i says. */
	device = s->settings->device && !s->route.local ? s->settings->device : s->route.device;
	s->egress.mode = mode;
	s->egress.target = *target;
	s->egress.source = s->route.source;
	strncpy(s->egress.device, device, sizeof(s->egress.device) - 1);
	return 0;
}

static bool captures_all(const struct ttr_session *s)
{
	return s->settings->device && strcmp(s->settings->device, "any") == 0;
}

/* Ports below 1024 are bound when the source address is known, which is after the drop. */
static bool wants_low_port(const struct ttr_session *s)
{
	return s->settings->source_port > 0 && s->settings->source_port < IPPORT_RESERVED;
}

/* Stage 4. That raw sockets are not permitted is no failure where there is another way. */
static int open_raw(struct ttr_session *s, enum ttr_family family, const char *device,
		    struct ttr_problem *problem)
{
	int r = ttr_start_raw(&s->raw, &s->capture, family, device, problem);

	if (r == 0 || problem->kind != TTR_PROBLEM_PRIVILEGE || s->settings->mode != TTR_MODE_AUTO)
		return r;
	ttr_raw_close(&s->raw);
	s->raw_refused = problem->error;
	return 0;
}

int ttr_setup_privileged(struct ttr_session *s, enum ttr_family family, const char *device,
			 struct ttr_problem *problem)
{
	int r = 0;

	if (s->privileges_over)
		return 0;
	if (s->settings->mode != TTR_MODE_UNPRIVILEGED)
		r = open_raw(s, family, device, problem);
	if (r < 0)
		return r;
	s->privileges_over = true;
	s->keeps_binding = wants_low_port(s);
	return ttr_start_drop(&s->sandbox, s->keeps_binding, problem);
}

/* An address is traced with a capture that was made for its device; for a name there is one that
 * was made before the device was known. */
static int open_capture(struct ttr_session *s, struct ttr_problem *problem)
{
	const char *device = captures_all(s) ? "any" : s->route.device;

	if (!s->privileges_over)
		return ttr_setup_privileged(s, s->egress.target.family, device, problem);
	if (!s->capture || captures_all(s))
		return 0;
	return ttr_capture_bind(s->capture, device, s->route.ifindex, problem);
}

static int reserve_ports(struct ttr_session *s, uint16_t *ports, size_t count,
			 struct ttr_problem *problem)
{
	uint16_t port = s->settings->source_port;
	int r;

	if (!port)
		return ttr_ports_draw(s->ports, ports, count, problem);
	r = ttr_ports_claim(s->ports, port, s->settings->source_port_forced, problem);
	for (size_t i = 0; i < count; i++)
		ports[i] = port;
	return r;
}

static int fill_random(void *buf, size_t size)
{
	uint8_t *at = buf;

	while (size > 0) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0) {
			at += got;
			size -= (size_t)got;
		}
	}
	return 0;
}

/* IP ID 0 is replaced by the kernel: the base is drawn so that no probe of the flow gets there. */
static uint16_t ip_id_base(uint16_t random)
{
	return (uint16_t)(1 + random % (UINT16_MAX - TTR_INDEX_LIMIT));
}

/*
 * How many of the first flows have a source port each; those behind them, but for the spare ones,
 * use the same again. Their target ports differ, so the 4-tuples do: 65,535 ports need no more than
 * one port per query.
 */
static size_t own_ports(const struct ttr_settings *settings)
{
	return settings->track_port ? ttr_plan_flows(settings) : settings->queries;
}

/* ports: those of own_ports() flows, then those of the spare ones. */
static void spread_ports(struct ttr_flow_key *keys, size_t count, const uint16_t *ports,
			 const struct ttr_settings *settings)
{
	const size_t flows = ttr_plan_flows(settings), own = own_ports(settings);

	for (size_t i = 0; i < count; i++)
		keys[i].source_port = ports[i < flows ? i % own : i - flows + own];
}

/* What the engine with rows has to do: all, or the path of one port. */
static struct ttr_settings row_settings(const struct ttr_session *s)
{
	struct ttr_settings settings = *s->settings;

	if (settings.locate)
		settings.port_count = 1;
	return settings;
}

static size_t flow_count(const struct ttr_session *s)
{
	const struct ttr_settings rows = row_settings(s);

	return ttr_plan_flows(&rows) + ttr_plan_spare_flows(&rows);
}

/* Source ports: those of the flows, and behind them those of the probes that have none. */
static size_t row_port_count(const struct ttr_session *s)
{
	const struct ttr_settings rows = row_settings(s);

	return own_ports(&rows) + ttr_plan_spare_flows(&rows);
}

static size_t port_count(const struct ttr_session *s)
{
	return row_port_count(s) + (s->settings->locate ? TTR_LOCATE_SOURCES : 0);
}

static int make_locate(struct ttr_session *s, const struct ttr_flow_key *keys, size_t count,
		       const uint16_t *ports, struct ttr_problem *problem)
{
	uint8_t secret[TTR_LOCATE_SECRET_BYTES];
	struct ttr_locate_plan plan = {
		.source = s->egress.source,
		.target = s->egress.target,
		.settings = s->settings,
		.secret = secret,
		.keys = keys,
		.key_count = count,
	};
	int r = fill_random(secret, sizeof(secret));

	if (r < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -r, NULL, NULL);
	memcpy(plan.source_ports, ports + row_port_count(s), sizeof(plan.source_ports));
	s->egress.source_port = plan.source_ports[0];
	r = ttr_locate_new(&s->drive.locate, &plan);
	explicit_bzero(secret, sizeof(secret));
	return r < 0 ? ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, -r, NULL, NULL) : 0;
}

static int make_engine(struct ttr_session *s, const struct ttr_flow_key *keys, size_t count,
		       struct ttr_problem *problem)
{
	struct ttr_plan plan = {
		.source = s->egress.source,
		.target = s->egress.target,
		.settings = s->settings,
		.keys = keys,
		.key_count = count,
		.life_ns = s->egress.mode == TTR_MODE_UNPRIVILEGED ? TTR_CONNECTOR_LIFE_NS : 0,
	};
	int r = ttr_engine_new(&s->drive.engine, &plan);

	return r == -ENOMEM ? ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL) : r;
}

static int draw_keys(struct ttr_session *s, struct ttr_flow_key *keys, uint16_t *ports,
		     size_t count, struct ttr_problem *problem)
{
	const struct ttr_settings rows = row_settings(s);
	int r = reserve_ports(s, ports, port_count(s), problem);

	if (r < 0)
		return r;
	r = fill_random(keys, count * sizeof(*keys));
	if (r < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -r, NULL, NULL);
	spread_ports(keys, count, ports, &rows);
	for (size_t i = 0; i < count; i++)
		keys[i].ip_id = ip_id_base(keys[i].ip_id);
	s->egress.source_port = keys[0].source_port;
	if (s->settings->locate)
		return make_locate(s, keys, count, ports, problem);
	return make_engine(s, keys, count, problem);
}

static int set_filter(struct ttr_session *s, const uint16_t *ports, size_t count,
		      struct ttr_problem *problem)
{
	struct ttr_filter filter = {
		.source = s->egress.source,
		.target = s->egress.target,
		.ports = ports,
		.port_count = count,
	};

	return ttr_capture_filter(s->capture, s->settings->kernel_filter ? &filter : NULL, problem);
}

static int open_flows(struct ttr_session *s, struct ttr_problem *problem)
{
	size_t count = flow_count(s);
	struct ttr_flow_key *keys = calloc(count, sizeof(*keys));
	uint16_t *ports = calloc(port_count(s), sizeof(*ports));
	int r;

	if (!keys || !ports)
		r = ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL);
	else
		r = draw_keys(s, keys, ports, count, problem);
	if (r == 0)
		r = set_filter(s, ports, port_count(s), problem);
	if (keys)
		explicit_bzero(keys, count * sizeof(*keys));
	free(keys);
	free(ports);
	return r;
}

/* Everything for a raw trace. */
static int open_raw_mode(struct ttr_session *s, const struct ttr_addr *target,
			 struct ttr_problem *problem)
{
	int r = find_route(s, target, TTR_MODE_RAW, problem);

	if (r == 0)
		r = open_capture(s, problem);
	if (r == 0 && s->raw_refused)
		return ttr_problem_fill(problem, TTR_PROBLEM_PRIVILEGE, s->raw_refused, NULL, NULL);
	if (r == 0)
		r = ttr_sender_new(&s->sender, &s->raw, &s->route, &s->egress.target,
				   s->settings->tos, problem);
	if (r < 0)
		return r;
	if (ttr_ports_new(&s->ports, &s->route) < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL);
	return open_flows(s, problem);
}

/* The kernel draws ports and numbers: the keys say nothing. */
static int open_connector(struct ttr_session *s, struct ttr_problem *problem)
{
	size_t count = ttr_plan_flows(s->settings) + ttr_plan_spare_flows(s->settings);
	struct ttr_flow_key *keys = calloc(count, sizeof(*keys));
	const struct ttr_connection_plan plan = {
		.route = &s->route,
		.target = s->egress.target,
		.tos = s->settings->tos,
		.dont_fragment = s->settings->dont_fragment,
	};
	int r;

	if (!keys)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL);
	r = make_engine(s, keys, count, problem);
	free(keys);
	if (r < 0)
		return r;
	return ttr_connector_new(&s->connector, s->loop, &plan,
				 (uint32_t)ttr_engine_probe_limit(s->drive.engine),
				 &ttr_run_connector_handler, s, problem);
}

static int open_unprivileged_mode(struct ttr_session *s, const struct ttr_addr *target, int why,
				  struct ttr_problem *problem)
{
	int r = find_route(s, target, TTR_MODE_UNPRIVILEGED, problem);

	if (r == 0)
		r = open_connector(s, problem);
	if (r < 0)
		return r;
	ttr_problem_fill(problem, TTR_PROBLEM_UNPRIVILEGED, why, NULL, NULL);
	if (s->handler->problem)
		s->handler->problem(s->context, s, problem);
	return 0;
}

/* Raw sockets are not permitted: problem says so, and perhaps another way does. */
static int fall_back(struct ttr_session *s, const struct ttr_addr *target,
		     struct ttr_problem *problem)
{
	enum ttr_raw_need need =
		ttr_settings_raw_need(s->settings, (enum ttr_family)target->family);

	if (need != TTR_RAW_NEED_NONE) {
		problem->kind = TTR_PROBLEM_RAW_NEEDED;
		problem->count = need;
		return -EPERM;
	}
	ttr_sender_free(s->sender);
	s->sender = NULL;
	return open_unprivileged_mode(s, target, problem->error, problem);
}

static int open_mode(struct ttr_session *s, const struct ttr_addr *target,
		     struct ttr_problem *problem)
{
	int r;

	if (s->settings->mode == TTR_MODE_UNPRIVILEGED) {
		r = ttr_setup_privileged(s, TTR_FAMILY_NONE, NULL, problem);
		return r < 0 ? r : open_unprivileged_mode(s, target, 0, problem);
	}
	r = open_raw_mode(s, target, problem);
	if (r < 0 && s->raw_refused && problem->kind == TTR_PROBLEM_PRIVILEGE)
		return fall_back(s, target, problem);
	return r;
}

int ttr_setup_open(struct ttr_session *s, const struct ttr_addr *target,
		   struct ttr_problem *problem)
{
	int r = open_mode(s, target, problem);

	if (r == 0 && s->capture)
		r = ttr_capture_lock(s->capture);
	else
		return r;
	return r < 0 ? ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -r, NULL, NULL) : 0;
}
