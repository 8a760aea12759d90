/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine for very many destination ports: what state each is in and where it is stopped, with
 * as few probes as possible, instead of a path for each.
 *
 * First every port is asked for its state, paced. Then one port that gets through is traced by an
 * engine as of engine.h: the reference path, whose grid holds the rows. The ports that nothing came
 * from are then placed along it: each is asked at the hop behind the place where most of those
 * before it were stopped, where nothing is expected, and at that place, where an answer is. What
 * does not fit is searched for by halving. A silence counts only if the same hop answered another
 * port, asked right after it: what a router's limit took away is asked again, not taken for a
 * firewall (timing.md 4b).
 *
 * It ends: states are asked for in twelve rounds at most, of which each takes the time of its
 * probes and 3 s (or settings.wait_ns); then the path is traced, and then places are looked for for
 * two minutes, the time of 16 probes for each port that is not done (settings.rate; with verify_all
 * 4 s for each besides), and 16 times settings.wait_ns. What is left is not sure then
 * (TTR_DOUBT_LIMITED).
 *
 * Pure, as engine.h, with the same inputs and actions; memory grows with the number of ports, not
 * with that of probes.
 */
#ifndef TCPTRACEROUTE_LOCATE_H
#define TCPTRACEROUTE_LOCATE_H

#include "tcptraceroute/engine.h"
#include "tcptraceroute/verdict.h"

struct ttr_locate;

/* Source ports of the probes; one after the other when a port's state is asked again, so that a
 * host that takes only the first SYN of a flow gets another first one. At most 8. */
#define TTR_LOCATE_SOURCES 5

#define TTR_LOCATE_SECRET_BYTES 16

struct ttr_locate_plan {
	struct ttr_addr source;
	struct ttr_addr target;
	/* As for the engine; of the reference port `queries` are sent for each hop. */
	const struct ttr_settings *settings;
	const uint8_t *secret; /* TTR_LOCATE_SECRET_BYTES that cannot be guessed */
	uint16_t source_ports[TTR_LOCATE_SOURCES]; /* may be one and the same */
	/* Of the reference path: as many as ttr_locate_flows() says, on other source ports unless
	 * there is only one. */
	const struct ttr_flow_key *keys;
	size_t key_count;
};

/* Keys that a run needs, spare ones included. */
size_t ttr_locate_flows(const struct ttr_settings *settings);

/* 0, -ENOMEM, -EINVAL as ttr_engine_new(). Freed with ttr_locate_free(). */
int ttr_locate_new(struct ttr_locate **locate, const struct ttr_locate_plan *plan);
void ttr_locate_free(struct ttr_locate *locate);

/* What is known of a port, by its index in the settings. */
struct ttr_located {
	struct ttr_port_result result;
	struct ttr_verdict verdict;
	struct ttr_cell seen; /* at result.last_seen_ttl, if that answer's time is known */
	uint16_t probes;      /* sent for it; stops at 65535 */
};

const struct ttr_located *ttr_locate_port(const struct ttr_locate *locate, size_t port);

/* The rows of the reference path, and the counters of all: one port, which is none of the list
 * until the path was begun. */
const struct ttr_grid *ttr_locate_grid(const struct ttr_locate *locate);

/* The index of the reference port; SIZE_MAX: none yet. */
size_t ttr_locate_reference(const struct ttr_locate *locate);

/* How far it has come: ports in all, with a state, with a verdict. */
struct ttr_locate_progress {
	size_t ports;
	size_t answered; /* or given up */
	size_t done;
};

struct ttr_locate_progress ttr_locate_progress(const struct ttr_locate *locate);

/*
 * Inputs and actions as of engine.h: ROW and ANSWER are the grid's, whose only port has the index
 * 0; PORT has the index of a port in the settings, in any order, when it has a verdict, and once
 * more at the end if what was found of others cast doubt on it: the last word counts. Probes with
 * ARM and DISARM are below ttr_locate_probe_limit(); others are numbers to be handed back, no more.
 */
size_t ttr_locate_probe_limit(const struct ttr_locate *locate);
size_t ttr_locate_in_flight(const struct ttr_locate *locate);
void ttr_locate_start(struct ttr_locate *locate, struct ttr_mono now);
void ttr_locate_sent(struct ttr_locate *locate, uint32_t probe, struct ttr_mono at);
void ttr_locate_unsent(struct ttr_locate *locate, uint32_t probe);
void ttr_locate_send_failed(struct ttr_locate *locate, uint32_t probe, int error);
bool ttr_locate_reply(struct ttr_locate *locate, const struct ttr_reply *reply);
void ttr_locate_timeout(struct ttr_locate *locate, uint32_t probe, struct ttr_mono now);
void ttr_locate_wake(struct ttr_locate *locate, struct ttr_mono now);
void ttr_locate_resume(struct ttr_locate *locate, struct ttr_mono now);
void ttr_locate_stop(struct ttr_locate *locate, struct ttr_mono now, bool with_timeouts);
bool ttr_locate_next(struct ttr_locate *locate, bool can_send, struct ttr_action *action);
struct ttr_segment ttr_locate_segment(const struct ttr_locate *locate, uint32_t probe);

#endif
