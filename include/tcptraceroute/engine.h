/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: decides which probe is sent when, which reply answers it, and when a row is complete.
 *
 * Pure: replies and time come in, actions come out. It reads no clock, touches no descriptor and
 * allocates nothing after ttr_engine_new(). The caller feeds it, then drains it:
 *
 *	ttr_engine_start(engine, now);
 *	for (;;) {
 *		while (ttr_engine_next(engine, true, &action))
 *			carry out the action;
 *		wait for a reply, a timer or a signal; feed it;
 *	}
 *
 * A probe is known by its number, 0 .. ttr_engine_probe_limit() - 1. Each has a timer that belongs
 * to the caller.
 */
#ifndef TCPTRACEROUTE_ENGINE_H
#define TCPTRACEROUTE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/grid.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"
#include "tcptraceroute/settings.h"

struct ttr_engine;

/*
 * The identity of one flow: source port and secrets, drawn by the caller from a source that cannot
 * be guessed (the defence of hosts off the path depends on it, RFC 6528). All probes of a flow look
 * like the same connection attempt.
 */
struct ttr_flow_key {
	uint16_t source_port;
	uint16_t ip_id; /* of the flow's probe number 0 */
	uint32_t isn;
	uint32_t ts_value; /* of the flow's probe number 0 */
};

/* All that the engine needs; copied, nothing is kept but the copies. */
struct ttr_plan {
	struct ttr_addr source;
	struct ttr_addr target;
	const struct ttr_settings *settings; /* host, device, source and names are not looked at */
	/*
	 * The first ttr_plan_flows() keys are for the queries (by port, then query; with track_port
	 * by port, query, TTL); all that follow are spare ones, on which doubtful answers are
	 * confirmed. All on one source port: the queries go one after the other.
	 */
	const struct ttr_flow_key *keys;
	size_t key_count;
	/* No answer can come later than that after its probe was sent (a connection's socket is
	 * closed then); 0: answers may come at any time. */
	int64_t life_ns;
};

enum ttr_action_kind {
	TTR_ACTION_SEND, /* build (ttr_engine_segment()) and send the probe, then say
			    ttr_engine_sent() or why not */
	TTR_ACTION_ARM,  /* ttr_engine_timeout() for this probe at `at`; replaces what was armed for
			    it */
	TTR_ACTION_DISARM, /* no timeout for this probe any more */
	TTR_ACTION_WAKE,   /* ttr_engine_wake() at `at`; replaces the last one */
	TTR_ACTION_ANSWER, /* the cell port, ttl, query was answered or given up: its final content
			      unless something better comes */
	TTR_ACTION_ROW,  /* the row port, ttl is complete, and so are all before it; in order, once
			    each */
	TTR_ACTION_PORT, /* the last row of the port was given out; its result is final */
	TTR_ACTION_END,  /* all ports are done; nothing follows */
};

struct ttr_action {
	enum ttr_action_kind kind;
	uint32_t probe;     /* SEND, ARM, DISARM */
	struct ttr_mono at; /* ARM, WAKE; may be in the past */
	size_t port;        /* index: ANSWER, ROW, PORT */
	uint8_t ttl;        /* ANSWER, ROW */
	uint16_t query;     /* ANSWER */
};

/* How many keys a run needs: those of the queries, and how many spare ones are worth having. */
size_t ttr_plan_flows(const struct ttr_settings *settings);
size_t ttr_plan_spare_flows(const struct ttr_settings *settings);

/* 0, -ENOMEM, or -EINVAL when the plan contradicts itself. The engine is freed with
 * ttr_engine_free(). */
int ttr_engine_new(struct ttr_engine **engine, const struct ttr_plan *plan);
void ttr_engine_free(struct ttr_engine *engine);

size_t ttr_engine_probe_limit(const struct ttr_engine *engine);
const struct ttr_grid *ttr_engine_grid(const struct ttr_engine *engine);

/* Probes sent and neither answered nor timed out: what a progress line shows. */
size_t ttr_engine_in_flight(const struct ttr_engine *engine);

/* Inputs. None calls back; all may add actions. */
void ttr_engine_start(struct ttr_engine *engine, struct ttr_mono now);

/* The probe left at `at`, the moment before it was handed to the kernel. */
void ttr_engine_sent(struct ttr_engine *engine, uint32_t probe, struct ttr_mono at);

/* The kernel could not take it now (EAGAIN): it comes first again when ttr_engine_next() is asked
 * with can_send. */
void ttr_engine_unsent(struct ttr_engine *engine, uint32_t probe);

/* It cannot be sent at all: error is a positive errno. The cell is given up; this is a local drop,
 * not a loss on the path. */
void ttr_engine_send_failed(struct ttr_engine *engine, uint32_t probe, int error);

/*
 * A captured packet. True if it belongs to a probe of ours: an answer, a duplicate, a late one, or
 * the probe itself on its way out (whose time of capture then replaces the one of
 * ttr_engine_sent()).
 */
bool ttr_engine_reply(struct ttr_engine *engine, const struct ttr_reply *reply);

/* The kernel sent this probe again by itself, so often: that counts as sent, and nothing else. */
void ttr_engine_resent(struct ttr_engine *engine, uint32_t probe, unsigned int times);

/*
 * An answer to this probe, which was sent, known by other means than what it brought back: a
 * connection's socket is answered for nothing else. An ICMP error comes without its quote: the
 * quote's addresses are NONE.
 */
void ttr_engine_answer(struct ttr_engine *engine, uint32_t probe, const struct ttr_reply *reply);

void ttr_engine_timeout(struct ttr_engine *engine, uint32_t probe, struct ttr_mono now);
void ttr_engine_wake(struct ttr_engine *engine, struct ttr_mono now);

/* Nothing could be sent or received for a while, up to now: what is in flight is asked again, and
 * waited for from now on. */
void ttr_engine_resume(struct ttr_engine *engine, struct ttr_mono now);

/*
 * Ends the run from outside. with_timeouts: what is still open counts as silent (a bound on time
 * was reached); otherwise it stays open and the grid is marked cut_short. Rows, ports and the end
 * follow as actions; nothing is sent any more.
 */
void ttr_engine_stop(struct ttr_engine *engine, struct ttr_mono now, bool with_timeouts);

/* The next action; false if there is none until the next input. Without can_send no SEND is given.
 */
bool ttr_engine_next(struct ttr_engine *engine, bool can_send, struct ttr_action *action);

/* The content of a probe that SEND named. */
struct ttr_segment ttr_engine_segment(const struct ttr_engine *engine, uint32_t probe);

#endif
