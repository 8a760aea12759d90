/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many hosts at once: which probe goes to which target when, and what is known of a path already.
 *
 * Pure, like engine.h: replies and time come in, actions come out, nothing is allocated after
 * ttr_sweep_new(). Only a window of targets is in memory; how many there are in all does not
 * matter. The caller adds targets as long as there is room, and is given each one's result when it
 * is complete:
 *
 *	for (;;) {
 *		while (ttr_sweep_room(sweep) && there is another target)
 *			ttr_sweep_add(sweep, &target, now);
 *		while (ttr_sweep_next(sweep, now, can_send, &action))
 *			carry out the action;
 *		wait for replies or the last WAKE; feed them;
 *	}
 *
 * The way it goes (after Doubletree: B. Donnet et al., SIGMETRICS 2005; FlashRoute: Y. Huang et
 * al., IMC 2020): a target's first probe has a TTL that reaches it and whose answer says how far it
 * is. From there probes go backward, hop by hop, until one is answered by a router that is known at
 * that TTL already: the way to it is the way to this target. Targets of one prefix (IPv4 /24, IPv6
 * /64) wait for the first of them and are then asked at its distance. Hops that are taken over are
 * marked `inferred`.
 */
#ifndef TCPTRACEROUTE_SWEEP_H
#define TCPTRACEROUTE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/grid.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"
#include "tcptraceroute/settings.h"

struct ttr_sweep;

/* Source ports: of the first probe, of the path, and those of what is asked again where the target
 * may be: it is another connection then (traps T1). */
#define TTR_SWEEP_PORTS 8

/* Source addresses that one sweep can have: targets may leave through several devices. */
#define TTR_SWEEP_SOURCES 16

/* How often a hop is asked. */
#define TTR_SWEEP_TRIES 2

#define TTR_SWEEP_WINDOW_MAX 65536

struct ttr_sweep_plan {
	/* first_ttl, max_ttl, wait_ns, flags (SYN), tos, dont_fragment, length, style and isn are
	 * looked at; copied */
	const struct ttr_settings *settings;
	uint8_t secret[16];                     /* from a source that cannot be guessed */
	uint16_t source_ports[TTR_SWEEP_PORTS]; /* all different */
	size_t window;                          /* targets in memory: 1 .. TTR_SWEEP_WINDOW_MAX */
	size_t routers; /* that are remembered at most, with 16 or more; further ones are asked
			   again each time */
	uint32_t rate;  /* probes per second, 1 or more */
	bool full;      /* every hop of every target is asked; nothing is inferred, nobody waits */
};

struct ttr_sweep_target {
	struct ttr_addr address;
	struct ttr_addr source; /* of its probes, same family */
	uint16_t port;
	uint64_t tag; /* the caller's */
};

struct ttr_sweep_hop {
	uint8_t state;  /* enum ttr_cell_state; IDLE: nothing is known, or it lies behind the end */
	uint8_t answer; /* enum ttr_answer */
	bool inferred;  /* taken over from another target's path: address alone is known */
	bool late;      /* came after its timeout */
	uint8_t attempts;
	bool fresh; /* the second try is on a source port of its own */
	uint8_t reply_ttl;
	uint8_t icmp_type; /* UNREACHABLE, as on the wire */
	uint8_t icmp_code;
	uint8_t tcp_flags;
	uint8_t duplicates; /* stops at 255 */
	struct ttr_addr address;
	uint32_t rtt_us;
	uint32_t sent_us[TTR_SWEEP_TRIES]; /* since the target was added */
};

/* One target's path, valid until the next call of ttr_sweep_next() or ttr_sweep_add(). */
struct ttr_sweep_result {
	struct ttr_sweep_target target;
	enum ttr_port_state state;
	bool reached;       /* the target, or an ICMP unreachable, answered */
	uint8_t distance;   /* the least TTL that reached the target; 0: not known */
	uint8_t last_ttl;   /* of the last hop that is known or was asked for; hops behind it say
			       nothing */
	uint8_t seen_ttl;   /* the highest at which anybody answered; 0: nobody did */
	bool cut_short;     /* stopped from outside */
	int64_t rtt_ns;     /* the least of the target's answers; -1: none */
	int64_t elapsed_ns; /* since its first probe */
	uint16_t probes_sent;
	uint16_t replies;
	int send_error;                   /* errno of the last send that failed; 0: none */
	const struct ttr_sweep_hop *hops; /* by TTL; [0] is not a hop */
};

struct ttr_sweep_counters {
	uint64_t targets; /* given out */
	uint64_t probes_sent;
	uint64_t replies;
	uint64_t foreign;  /* replies to nothing of ours */
	uint64_t inferred; /* hops given out without a probe */
	uint64_t routers;  /* in memory */
	uint64_t local_drops;
};

enum ttr_sweep_action_kind {
	TTR_SWEEP_SEND,   /* build (ttr_sweep_segment()) and send, then ttr_sweep_sent() or why
			      not */
	TTR_SWEEP_RESULT, /* of one target, which then is forgotten */
	TTR_SWEEP_WAKE,   /* nothing to do before `at`, unless a reply or a target comes;
			      ends the actions of this turn */
};

struct ttr_sweep_action {
	enum ttr_sweep_action_kind kind;
	uint64_t probe;     /* SEND: a name that stays valid, and is nobody's once its target was
			       given out */
	struct ttr_mono at; /* WAKE; INT64_MAX: never */
	const struct ttr_sweep_result *result;
};

enum ttr_sweep_add_outcome {
	TTR_SWEEP_ADDED = 0,
	TTR_SWEEP_BUSY,   /* this address and port is in the window already */
	TTR_SWEEP_SOURCE, /* more source addresses than TTR_SWEEP_SOURCES */
};

/* 0, -ENOMEM, or -EINVAL when the plan contradicts itself. */
int ttr_sweep_new(struct ttr_sweep **sweep, const struct ttr_sweep_plan *plan);
void ttr_sweep_free(struct ttr_sweep *sweep);

/* How many targets may be added now. */
size_t ttr_sweep_room(const struct ttr_sweep *sweep);

/* How many are in the window. */
size_t ttr_sweep_active(const struct ttr_sweep *sweep);

/* Only with room. */
enum ttr_sweep_add_outcome ttr_sweep_add(struct ttr_sweep *sweep,
					 const struct ttr_sweep_target *target,
					 struct ttr_mono now);

/* The next action; without can_send no SEND. False: nothing before the next input. */
bool ttr_sweep_next(struct ttr_sweep *sweep, struct ttr_mono now, bool can_send,
		    struct ttr_sweep_action *action);

/* The content of a probe that SEND named. */
struct ttr_segment ttr_sweep_segment(const struct ttr_sweep *sweep, uint64_t probe);

/* It left at `at`; it could not be taken now; it cannot be sent (a positive errno). */
void ttr_sweep_sent(struct ttr_sweep *sweep, uint64_t probe, struct ttr_mono at);
void ttr_sweep_unsent(struct ttr_sweep *sweep, uint64_t probe);
void ttr_sweep_send_failed(struct ttr_sweep *sweep, uint64_t probe, int error);

/* A captured packet. True if it is about a probe of ours. */
bool ttr_sweep_reply(struct ttr_sweep *sweep, const struct ttr_reply *reply);

/* Sends nothing more; all targets in the window are given out as far as they are known. */
void ttr_sweep_stop(struct ttr_sweep *sweep);

const struct ttr_sweep_counters *ttr_sweep_counters(const struct ttr_sweep *sweep);

#endif
