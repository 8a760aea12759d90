/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many destination ports of one host: in which order their probes go out, and how fast.
 *
 * All ports share the routers, and these answer only so many probes (timing.md section 2). So not
 * everything is asked at once:
 *
 *	1 scouts	a few flows are asked at all TTLs at once, as a single port is: they find
 *			the routers, the host's distance and the times
 *	  (anchors)	if the host answered none of them: all ports at the highest TTL; the first
 *			that is answered becomes a scout
 *	2 the host	all other flows at the host's distance: their states are known first, and
 *			no router is asked for them
 *	3 the routers	then each flow at all TTLs before, in a queue per TTL that a pacer empties.
 *			Flows that the host did not answer come first: where they end is what the
 *			user wants to know, and the rest of the path is the same for all
 *
 * Queues take turns, so that none starves. What is not answered goes to the end of its queue. A hop
 * that is limited is asked for TTR_CROWD_TIME_NS longer than the others; what is not filled then
 * stays empty and is marked. No row beyond the host is asked for: the grid ends there (`horizon`).
 *
 * A hop that answers nobody has nothing to limit: it is not waited for.
 *
 * Waits are those of schedule.h, of what all ports together know.
 */
#ifndef TTR_CORE_CROWD_H
#define TTR_CORE_CROWD_H

#include "core/fifo.h"
#include "core/pacer.h"
#include "core/schedule.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/grid.h"
#include "tcptraceroute/settings.h"

struct ttr_engine;

/* As many as a router answers at once: bucket.h. */
#define TTR_CROWD_SCOUTS 5
/* The same again may follow as anchors. */
#define TTR_CROWD_SCOUTS_MAX (2 * TTR_CROWD_SCOUTS)

#define TTR_CROWD_TIME_NS (10 * TTR_NS_PER_S)

enum ttr_crowd_phase {
	TTR_CROWD_SCOUTING,
	TTR_CROWD_ANCHORING,
	TTR_CROWD_OPEN,
};

/* A lane is one flow: port * queries + query. */
struct ttr_crowd_stage {
	struct ttr_fifo lanes; /* that wait to be asked at this TTL */
	struct ttr_pacer pacer;
	bool answers;    /* somebody there answered something */
	uint16_t silent; /* probes that went past it before that */

	/* Silence proves nothing when the hop may have been out of answers: of the probes that were
	 * answered there, when the last one was sent, and its cell's first probe. */
	int64_t witness_ns;
	uint32_t witness;
	bool doubtful; /* a cell was asked for the last time, and nobody after it */
};

struct ttr_crowd {
	bool active; /* false: nothing of it is used */
	enum ttr_crowd_phase phase;
	struct ttr_crowd_stage *stages; /* by row */
	uint32_t scouts[TTR_CROWD_SCOUTS_MAX];
	unsigned int scout_count;
	uint16_t front;          /* the scouts' rows up to this TTL were begun */
	unsigned int turn;       /* the row whose turn it is */
	uint8_t seen;            /* the farthest router's TTL */
	uint8_t host;            /* the host's distance; 0: unknown */
	uint8_t top;             /* OPEN: rows up to this one are asked for */
	int64_t changed_ns;      /* when `host` changed */
	int64_t busy_ns;         /* when a hop that is not limited had something to be asked */
	int64_t until_ns;        /* how long this phase lasts at most */
	struct ttr_row arrivals; /* times of the host's own answers: those from farthest away */
	int way_back;            /* the routers that these passed */
	bool stale;              /* times changed since the waits were derived */
};

/* True for settings that are best served so: several ports, and flows that do not get in each
 * other's way. */
bool ttr_crowd_serves(const struct ttr_settings *settings);

/* engine->grid and the settings must be there. 0 or -ENOMEM. */
int ttr_crowd_init(struct ttr_engine *engine);
void ttr_crowd_fini(struct ttr_engine *engine);

/* Asks what is due now. */
void ttr_crowd_turn(struct ttr_engine *engine, struct ttr_mono now);

/* The probe was answered, and its cell filled. */
void ttr_crowd_filled(struct ttr_engine *engine, uint32_t probe, struct ttr_mono now);

/* The probe was answered, and its cell was before. */
void ttr_crowd_answered_again(struct ttr_engine *engine, uint32_t probe);

/* Counts the attempts at the port's silent cells that a limit may be the reason of. */
void ttr_crowd_prove(struct ttr_engine *engine, size_t port);

/*
 * The round-trip time of an answer: true if it tells how long answers of this row take. A
 * firewall's does not; what comes in the host's name is kept aside and put where the host is when
 * waits are derived: ttr_crowd_prepare().
 */
bool ttr_crowd_times(struct ttr_engine *engine, const struct ttr_cell *cell);
void ttr_crowd_prepare(struct ttr_engine *engine);

/* Whether a cell may be asked once more, that was asked so often. */
bool ttr_crowd_may_ask(const struct ttr_engine *engine, size_t port, unsigned int ttl,
		       unsigned int query, unsigned int asked);

/* The last probe of a cell is overdue, and the cell shall be asked again: it waits for its turn. */
void ttr_crowd_again(struct ttr_engine *engine, uint32_t probe);

/* A cell was given up, or could not be sent: its flow's other rows do not wait for it any more, nor
 * does the phase. */
void ttr_crowd_given_up(struct ttr_engine *engine, uint32_t probe);

/* The last probe of a cell is overdue, for good or not: a limit may be the reason. */
void ttr_crowd_missing(struct ttr_engine *engine, uint32_t probe, struct ttr_mono now);

/* True if the cell is empty, and the limit of its router is, as far as can be told, the reason. */
bool ttr_crowd_limits(const struct ttr_engine *engine, size_t port, unsigned int ttl,
		      unsigned int query);

/*
 * A port that was answered without saying which probe, and more than once: when as many answers
 * came as probes went past the last router, the nearest of these was answered, too. So a firewall's
 * resets are seen from where they come.
 */
void ttr_crowd_settle(struct ttr_engine *engine, size_t port);

#endif
