/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routers of one path and the bucket of each: who answers at which TTL, and when the next
 * probe may expire there.
 *
 * A limit belongs to the router, not to the TTL and not to the flow: all ports and queries share
 * it. As long as nobody answered at a TTL it has a bucket of its own; the first address that does
 * takes that over. Several addresses at one TTL (load is balanced) have one each, and a probe is
 * charged to the one that has most left until its answer says whose it was.
 *
 *	if (now >= ttr_routers_ready_ns(&routers, ttl))
 *		charge = ttr_routers_take(&routers, ttl, now);          keep it with the probe
 *	...
 *	charge = ttr_routers_answered(&routers, ttl, charge, &address, sent, now);
 *	ttr_routers_lost(&routers, charge, sent, now);                  or that, once
 *
 * A trace of one path asks what it wants to know of a hop at once, as far as Linux answers that;
 * whether the router gives more can only be seen by asking. Beyond the burst go trials: one; if it
 * was answered two at once, then three and so on. If one was not, one again; and if that was not
 * either the router limits, and is asked at the pace of its bucket.
 *
 *	if (ttr_routers_admit(&routers, ttl, now))
 *		trial = ttr_routers_asked(&routers, ttl);               keep it with the probe
 *	...
 *	ttr_routers_trial_passed(), _missed() or _over()                once, if it was one
 *
 * Owned by whoever declares it; no allocation after init.
 */
#ifndef TTR_CORE_ROUTERS_H
#define TTR_CORE_ROUTERS_H

#include <stddef.h>

#include "core/bucket.h"

/* Routers at one TTL that are told apart; what further ones answer is charged to the first. */
#define TTR_ROUTERS_PER_TTL 8

#define TTR_ROUTER_NONE UINT16_MAX

struct ttr_router {
	struct ttr_addr address; /* NONE: nobody answered yet */
	struct ttr_bucket bucket;
};

/* What a TTL is asked at once without a trial: what Linux answers. */
#define TTR_ROUTERS_BURST (TTR_BUCKET_BURST + 1)

/* Who answers at one TTL. */
struct ttr_stage {
	int64_t newest_ns; /* when the last probe was sent that was answered */
	int64_t next_ns;   /* at the bucket's pace: not before */
	uint32_t asked;    /* ttr_routers_asked() */
	uint32_t trials;   /* that are out, */
	uint32_t window;   /* that may be out, */
	uint32_t passed;   /* and that were answered since the window has this size */
	bool failed;       /* the last one was not answered */
	bool limited;      /* and neither was the one before it */
	uint8_t count;     /* 1 or more */
	uint16_t routers[TTR_ROUTERS_PER_TTL];
};

struct ttr_routers {
	enum ttr_family family;
	uint8_t first_ttl;
	unsigned int ttl_count;
	uint32_t fixed_mhz; /* what the user said; 0: learned */
	struct ttr_router *all;
	uint16_t count, limit;
	struct ttr_stage *stages; /* by TTL */
};

/* For the TTLs from first_ttl to max_ttl. fixed_mhz: see ttr_bucket_fix(); 0: learned. 0 or
 * -ENOMEM. */
int ttr_routers_init(struct ttr_routers *routers, enum ttr_family family, uint8_t first_ttl,
		     uint8_t max_ttl, uint32_t fixed_mhz);
void ttr_routers_fini(struct ttr_routers *routers);

/* When the next probe may go that expires at this TTL; may be long ago. */
int64_t ttr_routers_ready_ns(const struct ttr_routers *routers, unsigned int ttl);

/* It goes: the router that it is charged to. */
uint16_t ttr_routers_take(struct ttr_routers *routers, unsigned int ttl, int64_t now_ns);

/* It did not go, or it did not expire there. */
void ttr_routers_give_back(struct ttr_routers *routers, uint16_t charge);

/* `address` answered it with an ICMP error: the router that it is charged to from now on. */
uint16_t ttr_routers_answered(struct ttr_routers *routers, unsigned int ttl, uint16_t charge,
			      const struct ttr_addr *address, int64_t sent_ns, int64_t now_ns);

/* Nobody did, although a hop behind answered the same flow at that time: ttr_bucket_lost(). */
void ttr_routers_lost(struct ttr_routers *routers, uint16_t charge, int64_t sent_ns,
		      int64_t now_ns);

/* True if somebody answers at this TTL, and answers of his were missing although hops behind
 * answered: what is empty there may be his limit. */
bool ttr_routers_limit(const struct ttr_routers *routers, unsigned int ttl);

/* True if somebody answered at this TTL. */
bool ttr_routers_answer(const struct ttr_routers *routers, unsigned int ttl);

/* True if one more probe may be asked for that expires at this TTL: it belongs to the burst, or is
 * a trial, or its time has come. */
bool ttr_routers_admit(struct ttr_routers *routers, unsigned int ttl, int64_t now_ns);

/* If not: when its time comes; an answer to a trial may come first. */
int64_t ttr_routers_open_ns(const struct ttr_routers *routers, unsigned int ttl);

/* True if trials have shown that somebody limits here. */
bool ttr_routers_paced(const struct ttr_routers *routers, unsigned int ttl);

/* It was asked for: true if that is a trial. Taken back: the same backwards. */
bool ttr_routers_asked(struct ttr_routers *routers, unsigned int ttl);
void ttr_routers_unasked(struct ttr_routers *routers, unsigned int ttl);

/* A trial was answered; was not, in the time that others took (which says nothing where nobody
 * answers); or nobody waits for it any more. */
void ttr_routers_trial_passed(struct ttr_routers *routers, unsigned int ttl);
void ttr_routers_trial_missed(struct ttr_routers *routers, unsigned int ttl, uint16_t charge,
			      int64_t sent_ns, int64_t now_ns);
void ttr_routers_trial_over(struct ttr_routers *routers, unsigned int ttl);

/*
 * True if a probe that was sent at sent_ns may have met an empty bucket: somebody answers at this
 * TTL, but nobody answered what was sent within a second after it. A bucket that had answers for
 * those had one for it; where load is balanced it may have met a router that never answers.
 */
bool ttr_routers_may_have_limited(const struct ttr_routers *routers, unsigned int ttl,
				  int64_t sent_ns);

#endif
