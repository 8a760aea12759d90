/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds an answer: IP header, then a body that the caller writes, then lengths and checksums.
 *
 *	ps_answer_begin(&answer, node, &from, &to, PS_PROTO_UDP);
 *	write at most ps_answer_room() bytes at ps_answer_body();
 *	ps_answer_end(&answer, body_len);
 */
#ifndef PS_ANSWER_H
#define PS_ANSWER_H

#include "pathsim.h"
#include "route.h"

struct ps_answer {
	struct pathsim_addr from, to;
	uint8_t protocol;
	size_t header_len; /* IP header with options */
	size_t len;
	uint8_t bytes[PATHSIM_PACKET_SIZE];
};

/* With the TTL that is left at the prober and the node's IP options. IPv4: the node's next IP ID,
 * no DF. */
void ps_answer_begin(struct ps_answer *answer, struct ps_node *node,
		     const struct pathsim_addr *from, const struct pathsim_addr *to,
		     uint8_t protocol);

/* DF and IP ID 0 (RFC 6864 section 4.1), as Linux has it for TCP. IPv6: nothing. */
void ps_answer_atomic(struct ps_answer *answer);

void ps_answer_set_tos(struct ps_answer *answer, uint8_t tos);

/* IPv6 only; else nothing. */
void ps_answer_set_flow_label(struct ps_answer *answer, uint32_t flow_label);

uint8_t *ps_answer_body(struct ps_answer *answer);

/* Bytes left for the body in a packet of `limit` bytes. */
size_t ps_answer_room(const struct ps_answer *answer, size_t limit);

/* Fills in the lengths and all checksums; the body holds its headers with checksum 0. */
void ps_answer_end(struct ps_answer *answer, size_t body_len);

#endif
