/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which probe a captured packet belongs to.
 *
 * Only a packet that brings back the flow's secret number is an answer; what else it says (IP ID,
 * timestamp) then names the probe. The number is looked for by the ports, and when an address
 * translator did not put those or our address back in the quote, by itself. A quote in which it was
 * rewritten or cut off is accepted, and marked, when the timestamp names a probe instead, or when
 * IP ID, ports and addresses do and a second probe of the flow says the same. Nothing is guessed:
 * what does not name a probe is a stranger's, or an arrival whose TTL is still open (arrival.c).
 */
#ifndef TTR_CORE_MATCHER_H
#define TTR_CORE_MATCHER_H

#include "core/engine_state.h"

enum ttr_match_kind {
	TTR_MATCH_NONE,    /* not ours */
	TTR_MATCH_OWN,     /* our own probe on its way out */
	TTR_MATCH_PROBE,   /* an answer to `probe` */
	TTR_MATCH_UNNAMED, /* a quote that carries the secret of `flow`, but names no probe */
	TTR_MATCH_FLOW,    /* a TCP answer to some probe of `flow` */
	TTR_MATCH_SHIFTED, /* a quote that fits `probe` of `flow` but for the sequence number:
			      an answer if ttr_flow_believes_shift() */
};

#define TTR_SHIFT_UNSEEN UINT32_C(0x80000000)

struct ttr_match {
	enum ttr_match_kind kind;
	uint32_t flow;
	uint32_t probe; /* OWN and PROBE */
	enum ttr_evidence evidence;
	enum ttr_proof proof; /* FLOW */
	uint32_t shift;       /* SHIFTED: what was added; TTR_SHIFT_UNSEEN: it was cut off */
	bool id_rewritten;    /* PROBE: the IP ID says something else */
	bool proven;          /* SHIFTED: the timestamp came back */
};

struct ttr_match ttr_matcher_find(const struct ttr_engine *engine, const struct ttr_reply *reply);

#endif
