/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the engine of locate.h share.
 *
 * locate_new.c makes it; locate.c drives it (inputs, actions, pacing); locate_states.c asks for the
 * ports' states; locate_reply.c takes what came back; locate_path.c makes places of the reference
 * path; locate_place.c decides what has to be asked to place a port; locate_ask.c asks it, hop by
 * hop, within the routers' limits, of which locate_learn.c learns; locate_walk.c asks one port at
 * all of them; locate_parked.c infers from neighbours; locate_rewritten.c knows quotes whose ports
 * are others; locate_verdict.c says what was found.
 */
#ifndef TTR_CORE_LOCATE_STATE_H
#define TTR_CORE_LOCATE_STATE_H

#include "core/bucket.h"
#include "core/cookie.h"
#include "core/engine_state.h"
#include "core/fifo.h"
#include "tcptraceroute/locate.h"

#define TTR_LOCATE_NONE UINT32_MAX

/* So many of the ports that seem alike are looked at themselves: if none of them differs, fewer
 * than 14 % of all do, with 95 % (0.86^20 = 0.05). */
#define TTR_LOCATE_SAMPLE 20

/* A place is verified by so many silences, each beside an answer for another port: with 2 % of all
 * answers lost, one in six million ports is silent so often by chance. More of them where answers
 * of the hop were missing, up to a point. */
#define TTR_LOCATE_PROOFS 4
#define TTR_LOCATE_PROOFS_MOST 8
/* No silence: an answer said so. */
#define TTR_LOCATE_PROOFS_CERTAIN 64
/* Where each takes seconds. */
#define TTR_LOCATE_PROOFS_SPACED 4

/* Batches without a control's answer until ports are asked one by one. */
#define TTR_LOCATE_VOIDS_SPACED 2

/*
 * Places are looked for so long at most; what is left then is not sure. A silent port's questions
 * may take the time of so many probes besides, that of --verify all so much.
 */
#define TTR_LOCATE_PLACING_NS (120 * TTR_NS_PER_S)
#define TTR_LOCATE_PLACING_PROBES 16
#define TTR_LOCATE_PLACING_EACH_NS (4 * TTR_NS_PER_S)

enum ttr_locate_stage {
	TTR_LOCATE_WAITING, /* its state is being asked for */
	TTR_LOCATE_SETTLED, /* the state is known, or given up; the place is not */
	TTR_LOCATE_ASKED,   /* a question about its place is waiting or under way */
	TTR_LOCATE_PARKED,  /* as its neighbours, as far as is known */
	TTR_LOCATE_DONE,
};

/* What the search for a port's place goes by. */
enum ttr_locate_kind {
	TTR_LOCATE_DARK,    /* nothing comes back from behind the place */
	TTR_LOCATE_REFUSED, /* an ICMP unreachable does, of somebody who is not on the path */
	TTR_LOCATE_NEARER,  /* a TCP segment does, with another TTL than the host's */
	TTR_LOCATE_KINDS,
};

/*
 * Places are numbered along the reference path: 1 is the first hop that answered there, `last` the
 * last one, last + 1 the host. 0 is before all of them.
 */
#define TTR_LOCATE_PLACES (TTR_TTL_MAX + 2)
#define TTR_LOCATE_PLACE_UNKNOWN UINT16_MAX

struct ttr_locate_port {
	int64_t sent_ns; /* of its newest probe */
	uint32_t newest; /* the number of that one */
	uint32_t next;   /* in a queue; TTR_LOCATE_NONE: the last */
	uint8_t stage;   /* enum ttr_locate_stage */
	uint8_t kind;    /* enum ttr_locate_kind */
	uint8_t asks;    /* for its state */
	uint8_t reply_ttl;
	uint16_t low;   /* the farthest place that saw it */
	uint16_t high;  /* the nearest one that did not, though others were seen there */
	uint16_t place; /* PARKED: where it is taken to be stopped */
	uint16_t asker; /* ASKED: the index of the one that it is with */
	uint8_t sends;  /* of the question that is asked */
	uint8_t silent; /* of them: unanswered, and that counts */
	bool in_batch;
	bool gamble;   /* no answer is expected from the hop */
	bool answered; /* in this batch */
	bool weak;     /* only answers came that prove little; see TTR_PROOF_PORTS */
	bool check;    /* it is to be looked at itself */
	bool walked;   /* it was asked at all hops behind where it was last seen */
	bool reject_asked;
	uint8_t proofs;    /* that nobody at `high` sees it: each alone may be a lost answer */
	uint8_t rechecks;  /* how often more of them were asked for */
	bool contradicted; /* an answer came after its verdict that does not fit */
	bool said;         /* its verdict was given out */
};

/* Whose answers are those that arrive with one TTL? */
enum ttr_locate_whose {
	TTR_LOCATE_NOT_ASKED,
	TTR_LOCATE_HOSTS,
	TTR_LOCATE_MAYBE_HOSTS, /* as far as the path can be seen, but the way back has another
				   length */
};

/* A hop of the reference path that answers, or the host at the end. */
struct ttr_locate_hop {
	struct ttr_addr address;
	uint8_t ttl;
	int64_t rtt_ns;
	struct ttr_bucket bucket;
	uint32_t rate_class; /* index: how often the rate was raised */
	bool rate_known;     /* it must not be raised any more */
	uint32_t rejected;   /* a port that it rejected; TTR_LOCATE_NONE: none */
	bool may_reject;     /* somebody behind it rejects ports */
	uint8_t voids;       /* batches in a row whose silences did not count */
	uint16_t kept;       /* controls that were answered */
	uint16_t missed;     /* and that were not */
	uint16_t streak;     /* that were, since one was not */
	uint8_t lowered;     /* how often the rate was, and not raised again */
	uint8_t repeated;    /* probes of the path that were not, before one was */
	bool spaced;         /* one probe at a time, with pauses */
};

/* How ports are asked: first those of the first kind. */
enum ttr_locate_class {
	TTR_LOCATE_DOUBTFUL, /* hardly any will be answered: many at once, and a control */
	TTR_LOCATE_EXPECTED, /* all are expected to be, and cost the router an answer each */
	TTR_LOCATE_CLASSES,
};

enum ttr_locate_phase {
	TTR_LOCATE_IDLE,
	TTR_LOCATE_SENDING,
	TTR_LOCATE_LISTENING,
};

/* Ports in a row. */
struct ttr_locate_queue {
	uint32_t head, tail;
};

/* A batch in which no answer is expected is sent twice, so far apart: loss comes in bursts
 * (timing.md 3). */
#define TTR_LOCATE_PASSES 2
#define TTR_LOCATE_PASS_NS (60 * TTR_NS_PER_MS)

/*
 * Asks one question of many ports: "does a probe get an answer with this TTL?". In batches; a port
 * that is sure to be answered goes last where a silence is to count.
 */
struct ttr_locate_asker {
	uint8_t ttl;
	uint16_t place;  /* the hop that answers, and whose limit it is */
	bool rejects;    /* what is asked for is an unreachable */
	bool dead;       /* it answers nobody any more */
	uint8_t phase;   /* enum ttr_locate_phase */
	uint16_t gamble; /* so many ports may be asked at once that no answer is expected for */
	struct ttr_locate_queue waiting[TTR_LOCATE_CLASSES];
	struct ttr_locate_queue batch;
	uint32_t unsent; /* of the batch: the next one to be sent */
	size_t size;     /* of the batch */
	size_t answered; /* of them */
	bool charged;    /* tokens were taken for the ports of the batch */
	bool with_control;
	bool control_sent;
	bool control_answered;
	bool overdrawn;
	bool trial; /* more was asked than the limit that is assumed allows */
	uint32_t control;
	uint8_t controls; /* sent in all */
	uint8_t passes;   /* through the batch, of TTR_LOCATE_PASSES at most */
	int64_t begun_ns;
	int64_t pause_ns; /* nothing is sent before */
	int64_t deadline_ns;
};

/* Ports that are stopped, as it seems, in the same way at the same place. */
struct ttr_locate_group {
	uint32_t members;   /* placed there, or parked */
	uint32_t parked;    /* scratch */
	uint32_t confirmed; /* by their own probes */
	uint32_t rejected;  /* by an unreachable, although they seemed dropped */
	uint32_t unseen;    /* looked at, and not seen there */
	uint32_t wanted;    /* scratch: of those parked, how many are to be looked at */
};

/* The rounds in which states are asked for. */
struct ttr_locate_rounds {
	unsigned int number; /* from 1 on */
	size_t cursor;       /* the next port */
	size_t waiting;      /* ports without a state */
	size_t answers;      /* by TCP, in this round */
	size_t before;       /* in the one before */
	size_t first;        /* in the first one */
	size_t later;        /* in all others */
	int64_t first_ns;    /* sent in this round */
	int64_t last_ns;
	int64_t deadline_ns; /* 0: still sending */
	bool over;
};

/* RFC 6298 section 2, of the host's answers. */
struct ttr_locate_rtt {
	int64_t smoothed_ns; /* -1: none yet */
	int64_t variation_ns;
};

struct ttr_locate {
	struct ttr_settings settings; /* copies; the strings in it are not used */
	uint16_t *port_numbers;
	struct ttr_addr source, target;
	struct ttr_cookies cookies;
	uint16_t source_ports[TTR_LOCATE_SOURCES];
	unsigned int source_count; /* different ones */
	struct ttr_engine *path;   /* traces the reference port */
	struct ttr_locate_port *ports;
	struct ttr_located *located;
	size_t count;
	uint32_t *index_of; /* by port number */
	size_t done;

	struct ttr_locate_rounds rounds;
	struct ttr_locate_rtt rtt;
	uint32_t reference;
	bool path_begun;
	bool path_done;
	bool arrived; /* the reference port's answers came from the host, by TCP */
	uint8_t whose[TTR_TTL_MAX + 1]; /* enum ttr_locate_whose, by the TTL of answers */
	bool farther; /* some port's answers come from farther than the reference port's */
	bool placing;
	int64_t placing_until_ns; /* TTR_LOCATE_PLACING_NS */

	struct ttr_locate_hop *hops; /* by place */
	uint16_t last;
	uint16_t *place_of_ttl; /* by TTL: the first place that is not nearer */
	struct ttr_locate_asker *askers;
	uint16_t asker_count;
	size_t busy;                                          /* ports that are ASKED */
	struct ttr_locate_group (*groups)[TTR_LOCATE_PLACES]; /* by kind and place */
	uint32_t searching[TTR_LOCATE_KINDS];
	uint32_t walker; /* is asked at all hops */
	uint16_t walk_at;
	int64_t walk_deadline_ns; /* 0: still sending */
	size_t next_control;

	int64_t look_ns;     /* quotes that fit nothing are not looked into before */
	struct ttr_mono now; /* of the last input */
	int64_t base_gap_ns; /* between sends */
	int64_t gap_ns;      /* the same, while the host limits its answers */
	int64_t next_send_ns;
	uint32_t held; /* a probe that could not be sent; TTR_LOCATE_NONE: none */
	struct ttr_mono path_wake;
	struct ttr_mono wake; /* the last one that was asked for; 0: none */
	bool stopped;
	bool ended;
	struct ttr_fifo news; /* ports with a verdict that was not given out */
};

/* -- locate.c -- */

/* What a late wake may make up for; the rate is held in any tenth of a second all the same. */
#define TTR_LOCATE_CATCH_UP_NS (3 * TTR_NS_PER_MS)

/* A probe's number: above those of the path's engine. */
uint32_t ttr_locate_number(uint32_t port, unsigned int source, unsigned int attempt,
			   unsigned int ttl);
uint32_t ttr_locate_number_port(uint32_t number);
unsigned int ttr_locate_number_ttl(uint32_t number);

void ttr_locate_push(struct ttr_locate *l, struct ttr_locate_queue *queue, uint32_t port);
uint32_t ttr_locate_pop(struct ttr_locate *l, struct ttr_locate_queue *queue);

/* The port has a verdict, which is given out. If nothing stops it that is final; other ports may
 * cast doubt on a place until the last one has its own: then it is given out once more. */
void ttr_locate_finish(struct ttr_locate *l, uint32_t port);

/* -- locate_states.c -- */

void ttr_locate_rounds_begin(struct ttr_locate *l);

/* The round begins anew: what was sent in it may not have got anywhere. */
void ttr_locate_rounds_again(struct ttr_locate *l);

/* The next probe of the round; TTR_LOCATE_NONE: none is due. */
uint32_t ttr_locate_rounds_send(struct ttr_locate *l);

/* Ends the round when it is time, and begins the path when a port is known that shows it. */
void ttr_locate_rounds_step(struct ttr_locate *l);

/* When that is to be called at the latest; INT64_MAX: no time is set. */
int64_t ttr_locate_rounds_due(const struct ttr_locate *l);

/* How many hops the answer of the host, or in its name, came, by the TTL it arrived with; 0: there
 * is none. */
unsigned int ttr_locate_way_back(const struct ttr_locate *l, uint32_t port);

/* So many of the host's answers get lost, or are not given, that none says little. */
bool ttr_locate_rounds_are_lossy(const struct ttr_locate *l);

/* The port's state is known. */
void ttr_locate_rounds_settle(struct ttr_locate *l, uint32_t port);

/* -- locate_path.c -- */

/* Makes places of the hops that answered. */
void ttr_locate_path_read(struct ttr_locate *l);

/* The TTL of a place; of 0 the one before the first. */
uint8_t ttr_locate_path_ttl(const struct ttr_locate *l, uint16_t place);

/* The next place behind this one that answers still; the host, if none does. */
uint16_t ttr_locate_path_next(const struct ttr_locate *l, uint16_t place);

/* Is this the address of the place, or of the host right behind it? */
bool ttr_locate_path_is_at(const struct ttr_locate *l, const struct ttr_addr *address,
			   uint16_t place);

/* Who rejects some behind this place: its router, or the host; TTR_LOCATE_PLACE_UNKNOWN: nobody. */
uint16_t ttr_locate_path_rejecter(const struct ttr_locate *l, uint16_t place);

/* A port whose answer comes from as far as the reference port's. */
bool ttr_locate_path_passes(const struct ttr_locate *l, uint32_t port);

/*
 * Every router of the path saw the port, and its answer came over fewer of them than the reference
 * port's: by a firewall before the host, as verdict.c has it. _surely: over as many as that of the
 * last router.
 */
bool ttr_locate_path_is_nearer(const struct ttr_locate *l, uint32_t port);
bool ttr_locate_path_is_surely_nearer(const struct ttr_locate *l, uint32_t port);

/* -- locate_place.c -- */

static inline struct ttr_locate_group *ttr_locate_group_of(const struct ttr_locate *l,
							   uint32_t port, uint16_t place)
{
	return &l->groups[l->ports[port].kind][place];
}

/* The reference path is known, and all states: places are searched for. */
void ttr_locate_place_begin(struct ttr_locate *l);

/* The time for that begins now. */
void ttr_locate_place_allow(struct ttr_locate *l);

/* Asks the port what has to be asked next, or says its verdict. */
void ttr_locate_place_next(struct ttr_locate *l, uint32_t port);

/* Where most of those before it were stopped; TTR_LOCATE_PLACE_UNKNOWN: none between its bounds. */
uint16_t ttr_locate_place_guess(const struct ttr_locate *l, uint32_t port);

/* The port was, or was not, seen at the place; `proofs` that it was not, TTR_LOCATE_PROOFS_CERTAIN
 * if that is. */
void ttr_locate_place_seen(struct ttr_locate *l, uint32_t port, uint16_t place);
void ttr_locate_place_unseen(struct ttr_locate *l, uint32_t port, uint16_t place,
			     unsigned int proofs);

/* So many are wanted for the port. */
unsigned int ttr_locate_place_proofs(const struct ttr_locate *l, uint32_t port);

/* Are so many of them lost answers, by how many the hop at `high` loses, as one in a
 * hundred thousand times? */
bool ttr_locate_place_is_chance(const struct ttr_locate *l, uint32_t port, unsigned int proofs);

/* -- locate_parked.c -- */

/* The ports that waited for a first place go on, if there is one for them. */
void ttr_locate_parked_release(struct ttr_locate *l);

/* Nobody is being asked: what is to become of the parked ports? */
void ttr_locate_parked_resolve(struct ttr_locate *l);

/* -- locate_verdict.c: each finishes the port -- */

/* Stopped behind this place: what `low` proves, or what its neighbours do. */
void ttr_locate_verdict_stop(struct ttr_locate *l, uint32_t port, uint16_t place);

/* Nothing stops it. */
void ttr_locate_verdict_pass(struct ttr_locate *l, uint32_t port);

/* All ports have a verdict: what casts doubt on those that stop somewhere is known now. */
void ttr_locate_verdict_review(struct ttr_locate *l);

/* Would it be verified that the port is stopped behind the place, if only that were proved? */
bool ttr_locate_verdict_needs_proof(const struct ttr_locate *l, uint32_t port, uint16_t place);

/* The time is over: all that is known. */
void ttr_locate_verdict_give_up(struct ttr_locate *l, uint32_t port, bool with_timeouts);

/* -- locate_ask.c -- */

/* Makes the askers for the hops. */
void ttr_locate_ask_init(struct ttr_locate *l);

/* Puts a question: does the place see the port; or, does it reject the port? */
void ttr_locate_ask(struct ttr_locate *l, uint32_t port, uint16_t place, bool rejects, bool gamble);

/* The silences of the batches that are under way do not count. */
void ttr_locate_ask_again(struct ttr_locate *l);

uint32_t ttr_locate_ask_send(struct ttr_locate *l);
void ttr_locate_ask_step(struct ttr_locate *l);
int64_t ttr_locate_ask_due(const struct ttr_locate *l);

/* An answer with this TTL came for the port. errors: an ICMP error, which costs the router's
 * allowance. */
void ttr_locate_ask_answered(struct ttr_locate *l, uint32_t port, unsigned int ttl, bool error);

bool ttr_locate_ask_is_dead(const struct ttr_locate *l, uint16_t place);

/* The port belongs to who asks it; after that it is nobody's until it is asked again. */
void ttr_locate_ask_enter(struct ttr_locate *l, uint32_t port);
void ttr_locate_ask_leave(struct ttr_locate *l, uint32_t port);

/*
 * The number of the port's next probe. It goes on the flow of the first one, so on its way; a
 * state's answer that is known to come from nearer may have left a half-open connection there, and
 * a host may answer a flow only once (traps T1).
 */
uint32_t ttr_locate_ask_question(struct ttr_locate *l, uint32_t port, unsigned int ttl);

/* How long an answer is waited for that takes so long. */
int64_t ttr_locate_ask_patience_ns(const struct ttr_locate *l, int64_t rtt_ns);

/* -- locate_walk.c: one port at all hops -- */

/* The port is asked at all places behind the one where it was last seen. */
void ttr_locate_walk(struct ttr_locate *l, uint32_t port);

/* The next probe's number, or NONE. */
uint32_t ttr_locate_walk_send(struct ttr_locate *l);
void ttr_locate_walk_step(struct ttr_locate *l);
int64_t ttr_locate_walk_due(const struct ttr_locate *l);

/* -- locate_learn.c -- */

/* Ports at once that no answer is expected from: more each time that none came. */
#define TTR_LOCATE_GAMBLE_FIRST 16
#define TTR_LOCATE_GAMBLE_LEAST 4
#define TTR_LOCATE_GAMBLE_MOST 1024

/* What the batch says of the router: of its limit, whether it answers any more, and how many may be
 * asked at once. */
void ttr_locate_learn(struct ttr_locate *l, struct ttr_locate_asker *asker);

/* -- locate_rewritten.c -- */

/* A quote from behind a NAT that does not translate it back says by the secret which of our source
 * ports was meant. */
bool ttr_locate_find_translated(const struct ttr_locate *l, const struct ttr_reply *reply,
				struct ttr_cookie_match *match);

/*
 * A quote from behind a box that rewrites the destination port says which port was meant only by
 * the flow's sequence number: finds the port among those that an answer is awaited for.
 */
bool ttr_locate_find_rewritten(struct ttr_locate *l, const struct ttr_reply *reply,
			       struct ttr_cookie_match *match);

/* -- locate_reply.c -- */

bool ttr_locate_take(struct ttr_locate *l, const struct ttr_reply *reply,
		     const struct ttr_cookie_match *match);

#endif
