/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One trace from a host's name to the last row, on a libevent loop that the caller owns.
 *
 * The session opens raw sockets and capture, gives up what privileges it has and confines the
 * process (net/start.h says in which order), resolves the target, asks the kernel for the route,
 * and drives the engine. One session per process, then: a second one would have no privilege, nor
 * the system calls to begin. All results come through the handler, from inside the loop; nothing is
 * printed here.
 */
#ifndef TCPTRACEROUTE_SESSION_H
#define TCPTRACEROUTE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/grid.h"
#include "tcptraceroute/sandbox.h"
#include "tcptraceroute/settings.h"

struct ttr_locate;
struct ttr_loop;
struct ttr_session;

/* What can go wrong, as data; the texts are the command line's business. */
enum ttr_problem_kind {
	TTR_PROBLEM_NONE,
	/* fatal: the session ends without a trace */
	TTR_PROBLEM_HOST_UNKNOWN,  /* detail: the host; no such name or address, or none of the
				      wanted family */
	TTR_PROBLEM_HOST_LOOKUP,   /* detail: the host; the name servers failed (error: c-ares' text
				      in detail2) */
	TTR_PROBLEM_HOST_UNUSABLE, /* detail: the address; multicast, broadcast, unspecified */
	TTR_PROBLEM_SCOPE, /* detail: the host; link-local without a device, or with one that does
			      not exist */
	TTR_PROBLEM_NO_ROUTE,    /* detail: the target's address; error: ENETUNREACH, EHOSTUNREACH,
				    EACCES, EINVAL... */
	TTR_PROBLEM_NO_DEVICE,   /* detail: the device: there is none of that name */
	TTR_PROBLEM_DEVICE_DOWN, /* detail: the device */
	TTR_PROBLEM_SOURCE_INVALID, /* detail: the source as given: not an address, or of the other
				       family */
	TTR_PROBLEM_SOURCE_FOREIGN, /* detail: the source: not an address of this machine */
	TTR_PROBLEM_PRIVILEGE,      /* raw sockets or capture are not permitted */
	TTR_PROBLEM_RAW_NEEDED,     /* the same, and unprivileged does not do; count: enum
				       ttr_raw_need */
	TTR_PROBLEM_NO_ERROR_QUEUE, /* unprivileged: the kernel does not tell TCP sockets what
				       routers say */
	TTR_PROBLEM_SOCKET,         /* error: errno */
	TTR_PROBLEM_CAPTURE,        /* detail: the device; detail2: libpcap's text */
	TTR_PROBLEM_LINK_TYPE,      /* detail: the device; detail2: the link type's name */
	TTR_PROBLEM_PORT_IN_USE,    /* -p: a socket has the port */
	TTR_PROBLEM_PORT_DENIED, /* -p: error: EACCES; -P by a caller who is not privileged himself:
				    EPERM */
	TTR_PROBLEM_NO_PORTS,    /* no source ports or no descriptors left; error: errno */
	TTR_PROBLEM_MEMORY,
	TTR_PROBLEM_RESOLVER,    /* c-ares could not start; detail2: its text */
	TTR_PROBLEM_INTERNAL,    /* error: errno; something that should not fail did */
	TTR_PROBLEM_DESCRIPTORS, /* the limit on open files is too low; count: how many are needed;
				    detail: the limit */
	TTR_PROBLEM_SANDBOX,     /* settings.require_sandbox: detail: what is missing */
	/* fatal, although all was ready */
	TTR_PROBLEM_SEND,         /* not one probe could be sent; error: errno of the sends */
	TTR_PROBLEM_FIREWALL,     /* the same, by the local firewall (EPERM) */
	TTR_PROBLEM_CAPTURE_LOST, /* the device disappeared or went down; detail: the device;
				     detail2: libpcap's text; what is known follows */
	TTR_PROBLEM_EGRESS_LOST,  /* a pause (below) that did not end; what is known follows */
	/* warnings: the trace goes on */
	TTR_PROBLEM_EGRESS_PAUSED,   /* nothing can be sent now; detail: the device; detail2: the
					source address; error: ENETDOWN: the device is down, ENODEV:
					it is gone, EADDRNOTAVAIL: the address is, others: so says the
					route */
	TTR_PROBLEM_EGRESS_BACK,     /* the pause is over */
	TTR_PROBLEM_EGRESS_CHANGED,  /* the route leads another way than at first */
	TTR_PROBLEM_UNPRIVILEGED,    /* before `ready`: it goes by connection attempts; error: why
					raw sockets are not to be had, 0: they were not wanted */
	TTR_PROBLEM_SANDBOX_PARTIAL, /* detail: what this system does not have; error: why */
	TTR_PROBLEM_SENDS_DROPPED,   /* some probes could not be sent; error: errno, count */
	TTR_PROBLEM_FRAMES_DROPPED,  /* the capture lost frames; count */
	TTR_PROBLEM_SUSPENDED, /* the machine was suspended during the trace; count: for how many
				  milliseconds */
};

struct ttr_problem {
	enum ttr_problem_kind kind;
	int error; /* positive errno or 0 */
	uint64_t count;
	char detail[256];
	char detail2[256];
};

/* What became of it during the trace. */
enum ttr_egress_state {
	TTR_EGRESS_STEADY,
	TTR_EGRESS_CHANGED, /* the later probes went another way */
	TTR_EGRESS_LOST,    /* device, address or route went away, and that ended it */
};

/* What the trace runs over; valid from `ready` on. */
struct ttr_egress {
	struct ttr_addr target;
	struct ttr_addr source;
	char device[64];    /* the one that the kernel's route names, or -i's */
	enum ttr_mode mode; /* not AUTO */
	enum ttr_egress_state state;
	uint16_t source_port;    /* of the first flow; 0: each probe has one of its own */
	struct ttr_wall started; /* when the first probe was due */
};

struct ttr_session_handler {
	/* All checks passed; the first probe follows. */
	void (*ready)(void *context, const struct ttr_session *session);
	/* A cell was answered or given up (engine.h: TTR_ACTION_ANSWER). At once, names are often
	 * still unknown. */
	void (*answer)(void *context, const struct ttr_session *session, size_t port,
		       unsigned int ttl, unsigned int query);
	/* A row is complete, in order per port; its names have come or their time is over. */
	void (*row)(void *context, const struct ttr_session *session, size_t port,
		    unsigned int ttl);
	void (*port)(void *context, const struct ttr_session *session, size_t port);
	/* Everything was said. */
	void (*end)(void *context, const struct ttr_session *session);
	/* A problem (above). After a fatal one nothing follows, except for CAPTURE_LOST: the rows
	 * that are known, and `end`. */
	void (*problem)(void *context, const struct ttr_session *session,
			const struct ttr_problem *problem);
	/* Something changed that a progress line may show; called at most once per wake of the
	 * loop. */
	void (*progress)(void *context, const struct ttr_session *session);
};

/* settings, handler and loop must outlive the session. 0, -ENOMEM, -EINVAL. Nothing happens before
 * ttr_session_start(). */
int ttr_session_new(struct ttr_session **session, struct ttr_loop *loop,
		    const struct ttr_settings *settings, const struct ttr_session_handler *handler,
		    void *context);
void ttr_session_free(struct ttr_session *session);

/* Begins; everything else happens inside the loop. May call `problem` before it returns. */
void ttr_session_start(struct ttr_session *session);

/* Stops sending and gives out what is known (rows, ports, end), without waiting for names. */
void ttr_session_stop(struct ttr_session *session);

/* True from the moment that nothing will be said any more. */
bool ttr_session_over(const struct ttr_session *session);

/* For handlers. */
const struct ttr_settings *ttr_session_settings(const struct ttr_session *session);
const struct ttr_egress *ttr_session_egress(const struct ttr_session *session);
const struct ttr_sandbox *ttr_session_sandbox(const struct ttr_session *session);
const struct ttr_grid *ttr_session_grid(const struct ttr_session *session); /* NULL before ready */
/* Only if the ports are located; the grid is then that of the reference path, with one port, and
 * `port` is called with the index of any port of the settings. NULL otherwise. */
const struct ttr_locate *ttr_session_locate(const struct ttr_session *session);
/* The name of an address: NULL if there is none, none was asked for, or it did not come (yet).
 * Valid until the session is freed. */
const char *ttr_session_name(const struct ttr_session *session, const struct ttr_addr *addr);
uint64_t ttr_session_frames_dropped(const struct ttr_session *session);
/* For how long the machine was suspended during the trace; known when it is over. */
int64_t ttr_session_suspended_ns(const struct ttr_session *session);
int64_t ttr_session_elapsed_ns(const struct ttr_session *session); /* since ready, up to the last
								      row's completion once over */
size_t ttr_session_in_flight(const struct ttr_session *session);

#endif
