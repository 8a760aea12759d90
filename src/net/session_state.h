/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of a session share.
 *
 * session.c is its life and its contract; setup.c finds the way and opens what a trace needs;
 * seal.c gives up what it does not need; run.c drives the engine from the loop; gate.c holds
 * complete rows until their names have come.
 */
#ifndef TTR_NET_SESSION_STATE_H
#define TTR_NET_SESSION_STATE_H

#include "net/capture.h"
#include "net/clock.h"
#include "net/connector.h"
#include "net/drive.h"
#include "net/gate.h"
#include "net/loop.h"
#include "net/names.h"
#include "net/ports.h"
#include "net/raw.h"
#include "net/resolver.h"
#include "net/route.h"
#include "net/sender.h"
#include "tcptraceroute/engine.h"
#include "tcptraceroute/sandbox.h"
#include "tcptraceroute/session.h"

/* A probe's timer, made when it is armed for the first time. */
struct ttr_probe_timer {
	struct ttr_session *session;
	struct ttr_timer *timer;
};

struct ttr_monitor;

struct ttr_session {
	struct ttr_loop *loop;
	const struct ttr_settings *settings;
	const struct ttr_session_handler *handler;
	void *context;

	struct ttr_resolver *resolver;
	struct ttr_request *lookup; /* of the target, while it is under way */
	struct ttr_names *names;

	uint32_t uid;         /* effective, before anything was given up */
	bool raised_by_file;  /* the caller himself has no privilege */
	bool privileges_over; /* stages 4 and 5 of start.h are behind us */
	int raw_refused;      /* errno; raw sockets are not permitted, and another way may do */
	bool keeps_binding;   /* ports below 1024 may still be bound */
	struct ttr_sandbox sandbox;

	struct ttr_addr source; /* -s; NONE: the kernel's choice */
	unsigned int scope; /* index of the device that the host's or the source's %scope named */
	struct ttr_route route;
	struct ttr_egress egress;
	struct ttr_raw raw;
	struct ttr_sender *sender;
	struct ttr_capture *capture;
	struct ttr_ports *ports;
	struct ttr_connector *connector; /* unprivileged: instead of the three above */
	struct ttr_drive drive;
	struct ttr_gate gate;

	struct ttr_monitor *monitor; /* outage.c; NULL: none */
	struct ttr_timer *outage;    /* how long a pause may be */
	bool paused;                 /* nothing can be sent, and nobody's time is over */
	int outage_error;            /* why */

	struct ttr_watch *sender_watch;
	struct ttr_watch *capture_watch;
	struct ttr_probe_timer *timers; /* one per probe of the engine */
	struct ttr_timer *wake;         /* the engine's */
	struct ttr_timer *resume;       /* sending goes on after ENOBUFS */
	struct ttr_timer *gate_timer;   /* the next row's patience with its names is over */
	struct ttr_timer *bound;        /* --max-time */

	struct ttr_mono started;
	struct ttr_clock_sleep sleep;
	int64_t suspended_ns; /* during the trace; known at its end */
	struct ttr_mono finished;  /* the last row was complete; 0: not yet */
	bool can_send;             /* false: the socket is full, or a pause after ENOBUFS */
	struct ttr_mono next_send; /* by the rate */
	unsigned int pauses;       /* in a row, after ENOBUFS */
	uint64_t sends;
	int send_error; /* errno of the last probe that could not be sent */
	bool pumping;
	bool stopped; /* from outside: rows do not wait for names any more */
	bool over;
};

/* setup.c: stages 4 and 5 of start.h. family NONE: both. 0, or a negative errno and the problem. */
int ttr_setup_privileged(struct ttr_session *session, enum ttr_family family, const char *device,
			 struct ttr_problem *problem);

/* setup.c: route, sockets, ports, engine and filter for one of the target's addresses, and what
 * needs a privilege if it is not there yet. 0, or a negative errno and the problem. */
int ttr_setup_open(struct ttr_session *session, const struct ttr_addr *target,
		   struct ttr_problem *problem);

/* seal.c: stages 7 and 9 of start.h. 0, or a negative errno: the session failed. */
int ttr_seal_confine(struct ttr_session *session);
int ttr_seal_close(struct ttr_session *session);

/* The parts of the sandbox that are missing, and why the first one is (a positive errno); 0: none.
 */
#define TTR_SEAL_LIST_MAX 64
int ttr_seal_missing(const struct ttr_sandbox *sandbox, char list[static TTR_SEAL_LIST_MAX]);

/* run.c: the trace itself, from the first probe on. 0, or a negative errno when the loop refuses.
 */
int ttr_run_begin(struct ttr_session *session);

/* What the connector tells; context is the session. */
extern const struct ttr_connector_handler ttr_run_connector_handler;

/* Carries out what the engine wants now, and gives out the rows that are ready. */
void ttr_run_pump(struct ttr_session *session, struct ttr_mono now);

/* Gives out what the gate lets through, and the end. */
void ttr_run_release(struct ttr_session *session, struct ttr_mono now);

/* session.c: tells the handler; nothing of the trace follows. */
void ttr_session_fail(struct ttr_session *session, const struct ttr_problem *problem);

#endif
