/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows and what identifies a probe within one.
 *
 * A flow is one 4-tuple and its secret: routers that balance load by flow send all its probes the
 * same way, and whoever answers must bring back the secret. The number of a probe within its flow
 * ("index") is its TTL and its attempt; it travels in the IP ID and in the timestamp, both relative
 * to the flow's own random base, so that quotes and SYN/ACKs name the probe exactly (RFC 7323
 * section 3.2: TSecr echoes the TSval of the segment that made the half-open connection).
 */
#ifndef TTR_CORE_FLOW_H
#define TTR_CORE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/identity.h"
#include "tcptraceroute/engine.h"

/* What a TCP answer that names no probe proves; better ones are larger. */
enum ttr_proof {
	/* Only the ports: an RST, or other flags, without ACK. A forger has to guess no more than
	 * that; it counts when a fresh flow is answered as well. */
	TTR_PROOF_PORTS,
	/* That the flow has arrived, but neither SYN nor RST: so a half-open connection answers
	 * another SYN (traps T1). A fresh flow is asked for a better word. */
	TTR_PROOF_ARRIVED,
	TTR_PROOF_FULL,
};

struct ttr_flow {
	struct ttr_flow_key key;
	size_t port; /* index of the destination port */
	uint16_t query;
	bool used; /* false: a spare one that nobody took yet; it is in no bucket */
	uint16_t target_port;
	uint32_t next;        /* the next flow in the same bucket of `pairs` */
	uint32_t next_source; /* the same, of `sources` */
	uint32_t next_secret; /* the same, of `secrets` */

	uint32_t sole; /* of a spare one: its only probe; UINT32_MAX: it has, or may have, more */
	bool twin;     /* of a spare one: it has the source port of the query's flow */

	/* What was added to the sequence numbers on the way, as far as quotes without timestamps
	 * say: see ttr_flow_believes_shift(). */
	uint32_t shift;
	uint32_t shift_probe; /* that said so first; UINT32_MAX: none */
	bool shift_known;

	/* TCP answers that name no probe (an RST, or a SYN/ACK without timestamps). */
	bool pending;             /* `arrival` waits to be credited to a TTL */
	enum ttr_proof proof;     /* of the best answer so far */
	uint16_t answers;         /* TCP segments from the target to this flow; stops at 65535 */
	uint32_t credited;        /* the probe that got the answer; UINT32_MAX: none yet */
	struct ttr_reply arrival; /* the one that counts: the first, but SYN/ACK beats all others */
};

struct ttr_flows {
	struct ttr_flow *all;
	size_t count;
	size_t query_flows; /* the first ones; the rest is spare */
	size_t next_spare;
	size_t per_port;   /* query flows of one destination port; they are neighbours */
	uint32_t *pairs;   /* buckets by source and target port */
	uint32_t *sources; /* by source port alone: ports share it */
	uint32_t *secrets; /* by the ISN, if it is the same for all of a flow */
	uint32_t bucket_mask;
	enum ttr_isn_mode isn;
	uint8_t flags;
	unsigned int payload; /* bytes behind the TCP header: an RST acknowledges them */
	bool one_port;        /* all on one source port */
};

#define TTR_FLOW_NONE UINT32_MAX

/* 0 or -ENOMEM. The isn mode of an IPv6 run without timestamps becomes RANDOM: nothing else could
 * name the probe there. */
int ttr_flows_init(struct ttr_flows *flows, const struct ttr_plan *plan);
void ttr_flows_fini(struct ttr_flows *flows);

/* The flow of a cell's first probe. */
uint32_t ttr_flows_of_query(const struct ttr_flows *flows, const struct ttr_settings *settings,
			    size_t port, unsigned int ttl, unsigned int query);

/*
 * A fresh flow for the port and query; TTR_FLOW_NONE if none is left. twin_of: it takes over this
 * flow's source port, so that it is balanced the same way, and has numbers of its own; or
 * TTR_FLOW_NONE.
 */
uint32_t ttr_flows_take_spare(struct ttr_flows *flows, size_t port, uint16_t query,
			      uint32_t twin_of);

/* Before the first probe: the destination port with this index is another one. */
void ttr_flows_retarget(struct ttr_flows *flows, size_t port, uint16_t target_port);

/* First and next flow with these ports; TTR_FLOW_NONE at the end. Few have the same. */
uint32_t ttr_flows_by_ports(const struct ttr_flows *flows, uint16_t source_port,
			    uint16_t target_port);
uint32_t ttr_flows_next(const struct ttr_flows *flows, uint32_t flow);

/* First and next flow with this source port, whatever its target port is: for quotes in which that
 * was rewritten. All destination ports may share a source port, so the walk is long. */
uint32_t ttr_flows_by_source(const struct ttr_flows *flows, uint16_t source_port);
uint32_t ttr_flows_next_source(const struct ttr_flows *flows, uint32_t flow);

/* First and next flow with this ISN, for quotes in which even the source was rewritten; none if the
 * probes of a flow have numbers of their own. */
uint32_t ttr_flows_by_secret(const struct ttr_flows *flows, uint32_t isn);
uint32_t ttr_flows_next_secret(const struct ttr_flows *flows, uint32_t flow);

/*
 * A quote in which IP ID, ports and addresses name `probe` of this flow, but whose sequence number
 * is off by `shift`. 31 bits of it a forger has to guess, and there are many probes: too few to
 * believe it at once. True when another probe's quote was off by as much: boxes that rewrite
 * sequence numbers add one number per flow (RFC 5961's advice to hide weak ones). proven: something
 * else in the quote proves it.
 */
bool ttr_flow_believes_shift(struct ttr_flow *flow, uint32_t probe, uint32_t shift, bool proven);

/* First (after TTR_FLOW_NONE) and next flow of a destination port, by index. */
uint32_t ttr_flows_next_of_port(const struct ttr_flows *flows, size_t port, uint32_t after);

/* The numbers that a probe carries. */
uint32_t ttr_flow_seq(const struct ttr_flows *flows, const struct ttr_flow *flow, uint32_t index);
uint32_t ttr_flow_ack(const struct ttr_flows *flows, const struct ttr_flow *flow, uint32_t index);

/* What a sequence number in a quote says, and what the numbers of an answer say. */
enum ttr_identity ttr_flow_from_seq(const struct ttr_flows *flows, const struct ttr_flow *flow,
				    uint32_t seq, uint32_t *index);
enum ttr_identity ttr_flow_from_answer(const struct ttr_flows *flows, const struct ttr_flow *flow,
				       const struct ttr_tcp_seen *tcp, uint32_t *index);

#endif
