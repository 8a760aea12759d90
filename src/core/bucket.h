/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many errors one router makes for us: a token bucket that is learned from what it answers.
 *
 * Routers limit their ICMP errors, most of them per prober, with a burst and a rate that they tell
 * nobody. A probe that expires at an empty bucket is as lost as on a broken link, but asking again
 * later helps, and asking faster does not. The bucket says when the next probe that will expire
 * there may go; who sends it says what became of it. Pure: time comes in as nanoseconds of
 * CLOCK_MONOTONIC.
 *
 *	if (now >= ttr_bucket_ready_ns(&bucket)) {
 *		ttr_bucket_take(&bucket, now);           a probe goes
 *		...
 *		ttr_bucket_answered(&bucket, sent, now); its answer came
 *		ttr_bucket_lost(&bucket, sent, now);     or only hops behind answered
 *	}
 *
 * The limits of the field (defaults for time exceeded, IPv4 unless said; measured or from the
 * vendors' documentation):
 *	1/s, burst 6      Linux, per prober (icmp_ratelimit 1000 ms; measured on 6.18: 6 of 64 at
 *	                  once, 9 of 64 at 20/s, 10 of 10 at 1/s); unreachables share it
 *	10/s, burst 6     Linux IPv6 since its limit became 100 ms (measured: 6 of 64 at once, 37 of
 *	                  64 at 20/s)
 *	2/s               Cisco IOS: unreachables
 *	10/s, burst 10    Cisco IOS, Huawei, H3C, Dell: IPv6 errors; RFC 4443 section 2.4
 *	                  (f) suggests it; Nokia: 100 in 10 s
 *	50/s              Juniper, per subinterface
 *	100/s             RouterOS
 *	500/s             Juniper, all of it
 */
#ifndef TTR_CORE_BUCKET_H
#define TTR_CORE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"

/* Rates are in thousandths of a probe per second. */
#define TTR_BUCKET_MHZ 1000

/*
 * One less than Linux gives, so that a probe that arrives a little early, or one that somebody else
 * of this host sent, costs nothing.
 */
#define TTR_BUCKET_BURST 5

struct ttr_bucket {
	int64_t full_ns;   /* when all tokens will be there again; each probe moves it one gap on
			      (the "theoretical arrival time" of GCRA, ITU-T I.371 annex A) */
	int64_t since_ns;  /* what was sent before says nothing about the rate as it is now */
	uint32_t rate_mhz; /* as it is believed to be */
	uint32_t top_mhz;  /* not raised beyond: above that answers were missing */
	uint32_t step_mhz; /* what an answer raises it by; 0: the rate is fixed */
	uint8_t answered;  /* since then, faded; 0..TTR_BUCKET_TRUST */
	uint8_t lost;      /* the same */
	bool pressed;      /* a probe took the last token since the last raise: only then does an
			      answer say that there may be more */
	bool limits;       /* answers were missing while hops behind it answered */
	uint32_t taken;    /* in all: probes that were sent to expire here, */
	uint32_t seen;     /* that were answered, */
	uint32_t missed;   /* and that were not, although hops behind answered */
};

/* After that many probes at the highest rate that held, the next class above is tried again: a
 * loss may have been one of the path. */
#define TTR_BUCKET_TRUST 32

/* Full. It starts as Linux has it: 1/s, IPv6 10/s. */
void ttr_bucket_init(struct ttr_bucket *bucket, enum ttr_family family);

/* The user has said it: nothing is learned any more. 1 or more. */
void ttr_bucket_fix(struct ttr_bucket *bucket, uint32_t rate_mhz);

/* When the next token is there; may be long ago. */
int64_t ttr_bucket_ready_ns(const struct ttr_bucket *bucket);

/* A probe goes at now_ns, whether there is a token or not: what is overdrawn has to be waited for.
 */
void ttr_bucket_take(struct ttr_bucket *bucket, int64_t now_ns);

/* A token that was taken was not used: the probe was not sent, or expired elsewhere. */
void ttr_bucket_give_back(struct ttr_bucket *bucket);

/* The probe that was sent at sent_ns was answered. While all are, the rate goes up by its first
 * value with each. */
void ttr_bucket_answered(struct ttr_bucket *bucket, int64_t sent_ns, int64_t now_ns);

/*
 * It was not, although a hop behind answered the same flow at that time: so the path did not lose
 * it. When more than one in eight is missing the rate is halved, to 1/s at the least, and not
 * raised again beyond the next class of the table above; the tokens are gone. What was sent before
 * a reduction does not lead to another one.
 */
void ttr_bucket_lost(struct ttr_bucket *bucket, int64_t sent_ns, int64_t now_ns);

/* It was one that went beyond the burst to see whether there is a limit, and there is: whatever
 * part of the others was answered the rate is 1/s from now on, until answers raise it, by 1/s each.
 */
void ttr_bucket_limited(struct ttr_bucket *bucket, int64_t sent_ns, int64_t now_ns);

/* The time between two tokens, at the rate as it is believed to be. */
int64_t ttr_bucket_gap_ns(const struct ttr_bucket *bucket);

#endif
