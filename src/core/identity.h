/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the numbers on the wire say about the probe that carried them, given its flow's key.
 *
 * The number of a probe within its flow ("index") is its TTL and its attempt. With TTR_ISN_SAME the
 * sequence number is the flow's alone, and IP ID and timestamp carry the index; otherwise the
 * sequence number carries it too (traps T1: each way has hosts that dislike it).
 */
#ifndef TTR_CORE_IDENTITY_H
#define TTR_CORE_IDENTITY_H

#include <stdint.h>

#include "tcptraceroute/engine.h"

/* How often one cell can be asked. */
#define TTR_TRIES_MAX 4

/* TTL in the low byte, attempt above it: a later attempt looks like a later retransmission. */
#define TTR_INDEX(attempt, ttl) (((uint32_t)(attempt) << 8) | (uint32_t)(ttl))
#define TTR_INDEX_LIMIT TTR_INDEX(TTR_TRIES_MAX, 0)
#define TTR_INDEX_TTL(index) ((uint8_t)(index))
#define TTR_INDEX_ATTEMPT(index) ((index) >> 8)

enum ttr_identity {
	TTR_IDENTITY_NONE,  /* not this flow's secret */
	TTR_IDENTITY_FLOW,  /* this flow's, but of no probe in particular */
	TTR_IDENTITY_PROBE, /* *index is the probe's */
};

/* The number of the probe with this index in a sequence that begins at `base`. */
uint32_t ttr_identity_number(enum ttr_isn_mode mode, uint32_t base, uint32_t index);

/* The reverse: what a number says that is `distance` above the base. */
enum ttr_identity ttr_identity_index(enum ttr_isn_mode mode, uint32_t distance, uint32_t *index);

/* What an answer to a SYN says. payload: bytes that the SYN carried. */
enum ttr_identity ttr_identity_of_answer(enum ttr_isn_mode mode, const struct ttr_flow_key *key,
					 unsigned int payload, const struct ttr_tcp_seen *tcp,
					 uint32_t *index);

#endif
