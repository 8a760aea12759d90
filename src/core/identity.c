/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/identity.h"

/*
 * Odd, so it has an inverse modulo 2^32, and near the golden ratio, so that the multiples of all
 * indices lie far apart: a host's receive window around one never holds another (traps T1).
 */
#define SCATTER UINT32_C(0x9e3779b1)
#define GATHER UINT32_C(0x0e8b2f51) /* SCATTER * GATHER = 1 (mod 2^32) */

uint32_t ttr_identity_number(enum ttr_isn_mode mode, uint32_t base, uint32_t index)
{
	switch (mode) {
	case TTR_ISN_RISING:
		return base + index;
	case TTR_ISN_RANDOM:
		return base + index * SCATTER;
	default:
		return base;
	}
}

enum ttr_identity ttr_identity_index(enum ttr_isn_mode mode, uint32_t distance, uint32_t *index)
{
	if (mode == TTR_ISN_SAME)
		return distance == 0 ? TTR_IDENTITY_FLOW : TTR_IDENTITY_NONE;
	*index = mode == TTR_ISN_RANDOM ? distance * GATHER : distance;
	return *index < TTR_INDEX_LIMIT ? TTR_IDENTITY_PROBE : TTR_IDENTITY_NONE;
}

/* SYN/ACK acknowledges the SYN, RST/ACK and some stacks the payload behind it as well (RFC 9293
 * section 3.10.7.1). */
static enum ttr_identity from_ack(enum ttr_isn_mode mode, uint32_t isn, unsigned int payload,
				  uint32_t ack, uint32_t *index)
{
	uint32_t distance = ack - 1 - isn;
	enum ttr_identity found = ttr_identity_index(mode, distance, index);

	if (found == TTR_IDENTITY_NONE && payload)
		found = ttr_identity_index(mode, distance - payload, index);
	return found;
}

enum ttr_identity ttr_identity_of_answer(enum ttr_isn_mode mode, const struct ttr_flow_key *key,
					 unsigned int payload, const struct ttr_tcp_seen *tcp,
					 uint32_t *index)
{
	enum ttr_identity found;

	if (!(tcp->flags & TTR_TCP_ACK))
		return TTR_IDENTITY_NONE;
	found = from_ack(mode, key->isn, payload, tcp->ack, index);
	if (found == TTR_IDENTITY_FLOW && tcp->has_ts && tcp->ts_echo != 0) {
		*index = tcp->ts_echo - key->ts_value;
		if (*index < TTR_INDEX_LIMIT)
			return TTR_IDENTITY_PROBE;
	}
	return found;
}
