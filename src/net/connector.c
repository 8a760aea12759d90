/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/connector.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/connection.h"
#include "net/descriptors.h"
#include "net/loop.h"
#include "net/problem.h"
#include "net/route.h"

/* So many in one turn of the loop: what was answered meanwhile is read, and stamped, in between. */
#define SENDS_PER_TURN 64

/* How often a source port is drawn that is not the one asked for. */
#define PORT_TRIES 3

/* With the fewest descriptors. */
#define SOCKETS_MIN 4

#define NO_ATTEMPT UINT32_MAX

/* A socket and its probe; attempts are used again. */
struct attempt {
	struct ttr_connector *connector;
	int fd; /* -1: free */
	uint32_t probe;
	struct ttr_mono sent;
	struct ttr_watch *watch;
	struct ttr_timer *timer; /* its life is over; made once */
};

struct ttr_connector {
	struct ttr_loop *loop;
	const struct ttr_connector_handler *handler;
	void *context;
	struct ttr_route route;
	struct ttr_connection_plan plan; /* with the route above */
	struct ttr_clock_bridge bridge;
	int model; /* a socket that is never used: the kernel stamps packets as long as one asks */
	struct ttr_timer *turn;
	unsigned int sends; /* in this turn */
	uint32_t room;      /* sockets that may be open at once */
	uint32_t open;
	struct attempt *attempts; /* room of them */
	uint32_t *unused;         /* a stack of those that are free: room - open */
	uint32_t *of_probe;       /* the attempt of each probe, or NO_ATTEMPT */
	uint32_t probes;
};

/* Asked for only where there was time for it. */
static void count_resent(const struct attempt *attempt)
{
	const struct ttr_connector *c = attempt->connector;
	unsigned int times = 0;

	if (ttr_mono_now().ns - attempt->sent.ns > TTR_CONNECTOR_LIFE_NS)
		times = ttr_connection_resent(attempt->fd);
	if (times > 0)
		c->handler->resent(c->context, attempt->probe, times);
}

static void close_attempt(struct attempt *attempt)
{
	struct ttr_connector *c = attempt->connector;

	count_resent(attempt);

	ttr_watch_free(attempt->watch);
	attempt->watch = NULL;
	ttr_timer_disarm(attempt->timer);
	close(attempt->fd);
	attempt->fd = -1;
	c->of_probe[attempt->probe] = NO_ATTEMPT;
	c->unused[c->room - c->open--] = (uint32_t)(attempt - c->attempts);
}

/* Closes what is not waited for any more, and tells of an answer. True if it was closed. */
static bool look(struct attempt *attempt)
{
	struct ttr_connector *c = attempt->connector;
	const uint32_t probe = attempt->probe;
	struct ttr_reply reply;
	enum ttr_errqueue_state state =
		ttr_connection_look(&c->plan, attempt->fd, attempt->sent, &c->bridge, &reply);

	if (state == TTR_ERRQUEUE_WAITING)
		return false;
	close_attempt(attempt);
	if (state == TTR_ERRQUEUE_ANSWERED)
		c->handler->answer(c->context, probe, &reply);
	return true;
}

static void socket_ready(void *context, bool readable, bool writable)
{
	struct attempt *attempt = context;
	struct ttr_connector *c = attempt->connector;

	(void)readable;
	(void)writable;
	look(attempt);
	c->handler->ready(c->context);
}

static void life_over(void *context)
{
	struct attempt *attempt = context;
	struct ttr_connector *c = attempt->connector;

	if (!look(attempt))
		close_attempt(attempt);
	c->handler->ready(c->context);
}

static void next_turn(void *context)
{
	struct ttr_connector *c = context;

	c->sends = 0;
	c->handler->ready(c->context);
}

static enum ttr_problem_kind name_problem(int status)
{
	switch (status) {
	case -ENOPROTOOPT:
		return TTR_PROBLEM_NO_ERROR_QUEUE;
	case -ENOMEM:
		return TTR_PROBLEM_MEMORY;
	case -EADDRNOTAVAIL:
		return TTR_PROBLEM_SOURCE_FOREIGN;
	default:
		return TTR_PROBLEM_SOCKET;
	}
}

static int fail(const struct ttr_connector *c, int status, struct ttr_problem *problem)
{
	enum ttr_problem_kind kind = name_problem(status);

	if (kind == TTR_PROBLEM_SOURCE_FOREIGN)
		return ttr_problem_fill_addr(problem, kind, -status, &c->route.source);
	return ttr_problem_fill(problem, kind, -status, c->route.device, NULL);
}

static uint32_t find_room(uint32_t probes)
{
	uint32_t wanted = probes < TTR_CONNECTOR_SOCKETS_MAX ? probes : TTR_CONNECTOR_SOCKETS_MAX;
	size_t limit = ttr_descriptors_raise(wanted + TTR_DESCRIPTORS_OTHERS);

	if (limit >= wanted + TTR_DESCRIPTORS_OTHERS)
		return wanted;
	if (limit < TTR_DESCRIPTORS_OTHERS + SOCKETS_MIN)
		return SOCKETS_MIN;
	return (uint32_t)(limit - TTR_DESCRIPTORS_OTHERS);
}

static int make_tables(struct ttr_connector *c)
{
	int status = ttr_timer_new(&c->turn, c->loop, next_turn, c);

	c->room = find_room(c->probes);
	c->attempts = calloc(c->room, sizeof(*c->attempts));
	c->unused = calloc(c->room, sizeof(*c->unused));
	c->of_probe = calloc(c->probes, sizeof(*c->of_probe));
	if (status < 0 || !c->attempts || !c->unused || !c->of_probe)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->room && status == 0; i++) {
		c->attempts[i].connector = c;
		c->attempts[i].fd = -1;
		c->unused[i] = i;
		status = ttr_timer_new(&c->attempts[i].timer, c->loop, life_over, &c->attempts[i]);
	}
	for (uint32_t probe = 0; probe < c->probes; probe++)
		c->of_probe[probe] = NO_ATTEMPT;
	ttr_loop_common_delay(c->loop, TTR_CONNECTOR_LIFE_NS);
	return status;
}

int ttr_connector_new(struct ttr_connector **connector, struct ttr_loop *loop,
		      const struct ttr_connection_plan *plan, uint32_t probes,
		      const struct ttr_connector_handler *handler, void *context,
		      struct ttr_problem *problem)
{
	struct ttr_connector *c = calloc(1, sizeof(*c));
	int status;

	if (!c)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL);
	*c = (struct ttr_connector){
		.loop = loop,
		.handler = handler,
		.context = context,
		.route = *plan->route,
		.plan = *plan,
		.probes = probes,
		.model = -1,
	};
	c->plan.route = &c->route;
	ttr_clock_bridge_init(&c->bridge);
	status = c->model = ttr_connection_open(&c->plan, 1);
	if (status >= 0)
		status = make_tables(c);
	if (status < 0) {
		fail(c, status, problem);
		ttr_connector_free(c);
		return status;
	}
	*connector = c;
	return 0;
}

void ttr_connector_stop(struct ttr_connector *c)
{
	for (uint32_t i = 0; c->attempts && i < c->room; i++)
		if (c->attempts[i].connector && c->attempts[i].fd >= 0)
			close_attempt(&c->attempts[i]);
}

void ttr_connector_free(struct ttr_connector *c)
{
	if (!c)
		return;
	ttr_connector_stop(c);
	for (uint32_t i = 0; c->attempts && i < c->room; i++)
		ttr_timer_free(c->attempts[i].timer);
	ttr_timer_free(c->turn);
	if (c->model >= 0)
		close(c->model);
	free(c->attempts);
	free(c->unused);
	free(c->of_probe);
	free(c);
}

/* fd is this attempt's from now on. */
static int watch(struct attempt *attempt, int fd)
{
	int status =
		ttr_watch_new(&attempt->watch, attempt->connector->loop, fd, socket_ready, attempt);

	if (status == 0)
		status = ttr_watch_set(attempt->watch, true, true);
	if (status == 0)
		status = ttr_timer_arm(attempt->timer, TTR_CONNECTOR_LIFE_NS);
	return status;
}

static int start(struct ttr_connector *c, int fd, uint32_t probe, struct ttr_mono at)
{
	struct attempt *attempt = &c->attempts[c->unused[c->room - ++c->open]];
	int status;

	attempt->fd = fd;
	attempt->probe = probe;
	attempt->sent = at;
	c->of_probe[probe] = (uint32_t)(attempt - c->attempts);
	status = watch(attempt, fd);
	if (status < 0)
		close_attempt(attempt);
	return status;
}

/* Ours are waited for: closing one is told. Other descriptors and ports are not. */
static int wait_for_room(const struct ttr_connector *c, int status)
{
	return c->open > 0 ? -EAGAIN : status;
}

static bool is_shortage(int status)
{
	return status == -EMFILE || status == -ENFILE || status == -ENOBUFS || status == -ENOMEM;
}

/* A connected socket's descriptor. */
static int connect_probe(const struct ttr_connector *c, uint16_t port, uint8_t ttl,
			 struct ttr_mono *at)
{
	int fd = ttr_connection_open(&c->plan, ttl);
	int status;

	if (fd < 0)
		return is_shortage(fd) ? wait_for_room(c, -ENOBUFS) : fd;
	status = ttr_connection_begin(&c->plan, fd, port, at);
	if (status == 0 && !ttr_connection_is_self(&c->plan, fd, port))
		return fd;
	close(fd);
	if (status == 0)
		return -EADDRINUSE;
	/* All source ports to this one are taken. */
	return status == -EADDRNOTAVAIL ? wait_for_room(c, status) : status;
}

int ttr_connector_send(struct ttr_connector *c, uint32_t probe, uint16_t port, uint8_t ttl,
		       struct ttr_mono *at)
{
	int fd = -EADDRINUSE;

	if (c->sends == SENDS_PER_TURN) {
		ttr_timer_arm(c->turn, 0);
		return -EAGAIN;
	}
	if (c->open == c->room)
		return -EAGAIN;
	for (int i = 0; i < PORT_TRIES && fd == -EADDRINUSE; i++)
		fd = connect_probe(c, port, ttl, at);
	if (fd < 0)
		return fd;
	c->sends++;
	return start(c, fd, probe, *at);
}

void ttr_connector_look(struct ttr_connector *c, uint32_t probe)
{
	if (c->of_probe[probe] != NO_ATTEMPT)
		look(&c->attempts[c->of_probe[probe]]);
}
