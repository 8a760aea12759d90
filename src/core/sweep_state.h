/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of a sweep share.
 *
 * sweep.c is its life, its inputs and actions; sweep_path.c, sweep_prefix.c and sweep_tree.c decide
 * what a target wants next; sweep_reply.c finds the probe that a reply is about; sweep_result.c
 * says what came out.
 */
#ifndef TTR_CORE_SURVEY_STATE_H
#define TTR_CORE_SURVEY_STATE_H

#include "core/cookie.h"
#include "core/lookup.h"
#include "core/prefixes.h"
#include "core/stopset.h"
#include "core/wheel.h"
#include "tcptraceroute/sweep.h"

#define TTR_SLOT_NONE UINT32_MAX

/* The hop that is not one: the first probe, which goes to the target itself. */
#define TTR_SWEEP_ANCHOR 0
#define TTR_SWEEP_ANCHOR_TTL 64

/* Hops this near are shared by many: how often they are asked is bounded. When so many targets
 * found that nobody answers there, the others believe it. */
#define TTR_SWEEP_NEAR_TTL 4
#define TTR_SWEEP_NEAR_WITNESSES 3

/* So many hops in a row that say nothing end a path. */
#define TTR_SWEEP_GAP 4

#define TTR_SWEEP_RTO_FIRST_US 1000000U
#define TTR_SWEEP_RTO_MIN_US 100000U
#define TTR_SWEEP_RTO_MAX_US 3000000U

enum ttr_sweep_phase {
	TTR_SWEEP_FREE,
	TTR_SWEEP_HELD,       /* waits for the first target of its prefix */
	TTR_SWEEP_ANCHOR_OUT, /* its distance is asked for */
	TTR_SWEEP_PATH,       /* its hops are */
	TTR_SWEEP_CHAIN,      /* waits until somebody else's part of its path is complete */
	TTR_SWEEP_DONE,       /* its result waits to be given out */
};

enum ttr_sweep_queue {
	TTR_SWEEP_QUEUE_NONE,
	TTR_SWEEP_QUEUE_PATH,  /* goes first, so that what was begun is finished */
	TTR_SWEEP_QUEUE_FIRST, /* targets that were just added */
	TTR_SWEEP_QUEUE_DONE,
	TTR_SWEEP_QUEUES,
};

struct ttr_sweep_slot {
	struct ttr_sweep_target target;
	struct ttr_mono base; /* when it was added: its times count from here */
	uint32_t generation;  /* of the targets that were here */
	uint32_t hash;        /* of address and port */
	uint8_t phase;        /* enum ttr_sweep_phase */
	uint8_t queue;        /* enum ttr_sweep_queue */
	uint8_t source;       /* index of the cookies */
	uint8_t low, high;    /* the range of TTLs that were asked; 0: none yet */
	uint8_t expect;       /* the TTL that should reach it */
	uint8_t end;          /* the least TTL whose answer ends the path; 0: none */
	uint8_t alive;        /* the target answered, whatever the TTL */
	bool follower;        /* asked at the distance of its prefix */
	bool taught;          /* its prefix knows how far it is */
	bool published;       /* its part of the tree is complete */
	bool cut_short;
	uint16_t probes_sent, replies;
	int send_error;
	uint32_t prefix;  /* TTR_PREFIX_NONE: full sweep */
	uint32_t link;    /* a router of the stop set: the path from here to it is taken over */
	uint32_t tested;  /* the router whose bucket gave a token for a hop; TTR_STOP_NONE: none */
	uint32_t waiters; /* slots in phase CHAIN that wait for this one: the first */
	uint32_t next_waiter;    /* also of the prefix's held ones */
	uint32_t next, previous; /* in its queue */
	struct ttr_mono
		token_wait; /* since when it waits for a near hop's bucket; 0: it does not */
	uint64_t want[4];   /* a bit for each TTL that is to be sent; 0 is the anchor */
};

struct ttr_sweep_list {
	uint32_t first, last;
};

/* A hop that all targets of a family share, as far as is known. */
struct ttr_sweep_near {
	uint32_t router; /* of the stop set */
	uint8_t asked;   /* since then, before any router answered */
	uint8_t silent;  /* found that none does */
	struct ttr_mono since;
	bool several; /* more than one router answers there */
};

struct ttr_sweep {
	struct ttr_settings settings;
	struct ttr_sweep_plan plan;
	int64_t gap_ns;          /* between two probes */
	int64_t burst_ns;        /* so far ahead of their time may they go */
	int64_t wait_ns;         /* so long are they saved up */
	struct ttr_mono allowed; /* when the next probe may go */
	struct ttr_cookies cookies[TTR_SWEEP_SOURCES];
	size_t source_count;

	struct ttr_sweep_slot *slots;
	struct ttr_sweep_hop *hops; /* hops_per_slot for each slot */
	size_t hops_per_slot;
	uint32_t free_first; /* by `next` */
	size_t active;
	struct ttr_siphash_key key; /* of the tables */
	struct ttr_lookup lookup;   /* targets in the window */
	struct ttr_wheel wheel;     /* a timer for each slot */
	struct ttr_sweep_list queues[TTR_SWEEP_QUEUES];
	struct ttr_stopset stopset;
	struct ttr_prefixes prefixes;
	struct ttr_sweep_near near[2][TTR_SWEEP_NEAR_TTL + 1]; /* IPv4, IPv6; by TTL */

	uint32_t srtt_us, rttvar_us; /* of all */
	struct ttr_sweep_result result;
	uint32_t given_out; /* the slot of `result`, freed with the next action */
	bool stopped;
	struct ttr_sweep_counters counters;
};

static inline struct ttr_sweep_hop *ttr_sweep_hops(const struct ttr_sweep *s, uint32_t slot)
{
	return s->hops + slot * s->hops_per_slot;
}

/* -- sweep.c -- */
void ttr_sweep_enqueue(struct ttr_sweep *sweep, uint32_t slot, enum ttr_sweep_queue queue);
void ttr_sweep_dequeue(struct ttr_sweep *sweep, uint32_t slot);

/* TTR_SLOT_NONE: not in the window. */
uint32_t ttr_sweep_find(const struct ttr_sweep *sweep, const struct ttr_addr *addr, uint16_t port);

/* The flow that carries this attempt at this hop. */
struct ttr_cookie_flow ttr_sweep_flow(const struct ttr_sweep *sweep, uint32_t slot, uint8_t ttl,
				      unsigned int attempt);

static inline struct ttr_prefix *ttr_sweep_prefix_of(const struct ttr_sweep *s,
						     const struct ttr_sweep_slot *slot)
{
	return slot->prefix == TTR_PREFIX_NONE ? NULL : &s->prefixes.all[slot->prefix];
}

static inline bool ttr_sweep_is_settled(const struct ttr_sweep_hop *hop)
{
	return hop->state == TTR_CELL_ANSWERED || hop->state == TTR_CELL_SILENT;
}

static inline bool ttr_sweep_is_router(const struct ttr_sweep_hop *hop)
{
	return hop->state == TTR_CELL_ANSWERED && hop->answer == TTR_ANSWER_TIME_EXCEEDED;
}

/* -- sweep_path.c: the range of hops that is asked, and when a hop is given up -- */

/* Something became known of the target, or time passed: what it wants now, and whether it is
 * complete. */
void ttr_sweep_proceed(struct ttr_sweep *sweep, uint32_t slot, struct ttr_mono now);

/* The target's timer. */
void ttr_sweep_timeout(struct ttr_sweep *sweep, uint32_t slot, struct ttr_mono now);

/* Queues a probe; ask() also widens the range to it. */
void ttr_sweep_want(struct ttr_sweep *sweep, uint32_t slot, uint8_t ttl);
void ttr_sweep_ask(struct ttr_sweep *sweep, uint32_t slot, uint8_t ttl);

/* -- sweep_prefix.c: who goes first in a prefix, and at which distance the others are asked -- */

/* A target that was just added: asks at once, follows its prefix, or waits. */
void ttr_sweep_begin(struct ttr_sweep *sweep, uint32_t slot);

/* The first probe was answered or given up: from its distance on, hops are asked. */
void ttr_sweep_leave_anchor(struct ttr_sweep *sweep, uint32_t slot);

/* The leader may be a dead host among others: the next one tries. */
void ttr_sweep_pass_on(struct ttr_sweep *sweep, uint32_t slot);

/* If the target's distance is certain its prefix follows. */
void ttr_sweep_learn_distance(struct ttr_sweep *sweep, uint32_t slot);

/* The target is complete: nobody waits for it any more. */
void ttr_sweep_leave_prefix(struct ttr_sweep *sweep, uint32_t slot);

/* -- sweep_tree.c: what is known of the way already -- */

/* A router answered at this TTL. */
void ttr_sweep_meet(struct ttr_sweep *sweep, uint32_t slot, uint8_t ttl, struct ttr_mono now);

/* True: the router's bucket had a token. Else the path is taken over from that router. */
bool ttr_sweep_may_ask(struct ttr_sweep *sweep, struct ttr_sweep_slot *slot, uint32_t stop,
		       struct ttr_mono now);

enum ttr_sweep_near_outcome {
	TTR_SWEEP_NEAR_ASK,
	TTR_SWEEP_NEAR_LINKED, /* all have the same router there: taken over */
	TTR_SWEEP_NEAR_SILENT, /* nobody answers there */
	TTR_SWEEP_NEAR_WAIT,   /* enough are asking */
};

/* Of a hop up to TTR_SWEEP_NEAR_TTL. WAIT: *again says until when. */
enum ttr_sweep_near_outcome ttr_sweep_look_near(struct ttr_sweep *sweep,
						struct ttr_sweep_slot *slot, uint8_t ttl,
						struct ttr_mono now, struct ttr_mono *again);

/* All that this target can find out of its path is known: others may take it over. */
void ttr_sweep_publish(struct ttr_sweep *sweep, uint32_t slot);

/* Complete but for what somebody else is still finding out of the part that is taken over. */
void ttr_sweep_follow_chain(struct ttr_sweep *sweep, uint32_t slot);

/* -- sweep_result.c -- */

/* Fills the hops from the router where the path is taken over, but for those that answered. */
void ttr_sweep_take_over(struct ttr_sweep *sweep, const struct ttr_sweep_slot *slot,
			 struct ttr_sweep_hop *hops);

void ttr_sweep_conclude(struct ttr_sweep *sweep, uint32_t slot, struct ttr_mono now);

#endif
