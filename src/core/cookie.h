/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows without a table: what identifies a flow is a keyed hash of its addresses and ports.
 *
 * A packet that comes back names its flow by addresses and ports; the hash says again which numbers
 * that flow's probes carried, so nothing is remembered of a flow, however many there are. The
 * number of a probe within its flow travels as in flow.h. Whether such a probe was sent at all is
 * the caller's question.
 */
#ifndef TTR_CORE_COOKIE_H
#define TTR_CORE_COOKIE_H

#include "core/flow.h"
#include "core/identity.h"
#include "core/siphash.h"
#include "tcptraceroute/engine.h"

/* What the probes of one run have in common. Plain data, may be copied. */
struct ttr_cookies {
	struct ttr_siphash_key secret;
	struct ttr_segment form; /* source, flags, style, length and so on; the rest is each probe's
				  */
	enum ttr_isn_mode isn;
	bool strict; /* TTR_DNAT_STRICT */
};

/* One direction of a 4-tuple; the source address is the run's. */
struct ttr_cookie_flow {
	struct ttr_addr target;
	uint16_t source_port;
	uint16_t target_port;
};

/*
 * secret: from a source that cannot be guessed, fresh for every run. Only SYN probes: those with
 * ACK have no answer that would bring the secret back here. The ISN mode of an IPv6 run without
 * timestamps becomes RANDOM, as in flow.h.
 */
void ttr_cookies_init(struct ttr_cookies *cookies, const uint8_t secret[TTR_SIPHASH_KEY_BYTES],
		      const struct ttr_addr *source, const struct ttr_settings *settings);

/* The flow's numbers. IP ID 0, which the kernel would replace, is none of its probes'. */
struct ttr_flow_key ttr_cookie_key(const struct ttr_cookies *cookies,
				   const struct ttr_cookie_flow *flow);

/* The flow's probe with this index (TTR_INDEX()). */
struct ttr_segment ttr_cookie_segment(const struct ttr_cookies *cookies,
				      const struct ttr_cookie_flow *flow, uint32_t index);

enum ttr_cookie_kind {
	TTR_COOKIE_NONE,  /* nothing of ours */
	TTR_COOKIE_OWN,   /* the probe itself on its way out */
	TTR_COOKIE_PROBE, /* an answer to the probe with `index` */
	TTR_COOKIE_FLOW,  /* a TCP answer to some probe of the flow; `proof` says how good it is */
};

struct ttr_cookie_match {
	enum ttr_cookie_kind kind;
	struct ttr_cookie_flow flow; /* as it was sent */
	uint32_t index;              /* OWN, PROBE */
	enum ttr_evidence evidence;  /* PROBE */
	/* PORTS is next to nothing: every RST without ACK from a target to a source port of ours
	 * gets here, whoever made it. */
	enum ttr_proof proof;
};

/*
 * What a captured packet says. target: the only target there is, so that quotes whose destination
 * address was rewritten on the way are known too; NULL: the target is what the packet names. A
 * quote whose destination port was rewritten is not known: see ttr_cookie_quote_of().
 */
struct ttr_cookie_match ttr_cookie_find(const struct ttr_cookies *cookies,
					const struct ttr_addr *target,
					const struct ttr_reply *reply);

/* What an ICMP error says if it is about a probe of this flow, whatever its quote calls it. */
struct ttr_cookie_match ttr_cookie_quote_of(const struct ttr_cookies *cookies,
					    const struct ttr_cookie_flow *flow,
					    const struct ttr_reply *reply);

/* The same of a quote that may show another source than ours, as behind a NAT that does not
 * translate quotes back: the secret says which of our source ports it was, or none. */
struct ttr_cookie_match ttr_cookie_find_translated(const struct ttr_cookies *cookies,
						   const uint16_t *source_ports, size_t count,
						   const struct ttr_reply *reply);

#endif
