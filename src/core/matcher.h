/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which probe a captured packet belongs to.
 *
 * Only a packet that brings back the flow's secret number is an answer; what else it says (IP ID,
 * timestamp) then names the probe. A quote whose sequence number was rewritten or cut off is
 * accepted when IP ID, ports and addresses all fit, and marked. Nothing is guessed: what does not
 * name a probe is a stranger's, or an arrival whose TTL is still open (arrival.c).
 */
#ifndef TTR_CORE_MATCHER_H
#define TTR_CORE_MATCHER_H

#include "core/engine_state.h"

enum ttr_match_kind {
	TTR_MATCH_NONE,  /* not ours */
	TTR_MATCH_OWN,   /* our own probe on its way out */
	TTR_MATCH_PROBE, /* an answer to `probe` */
	TTR_MATCH_FLOW,  /* a TCP answer to some probe of `flow` */
};

struct ttr_match {
	enum ttr_match_kind kind;
	uint32_t flow;
	uint32_t probe; /* OWN and PROBE */
	enum ttr_evidence evidence;
	enum ttr_proof proof; /* FLOW */
};

struct ttr_match ttr_matcher_find(const struct ttr_engine *engine, const struct ttr_reply *reply);

#endif
