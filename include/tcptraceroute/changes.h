/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the network had rewritten in a probe by the time a router quoted it.
 *
 * A router that quotes wrongly (some swap the bytes of the IP ID) looks the same, but then the hops
 * behind it do not see the change.
 *
 * Plain data. All numbers are in host byte order.
 */
#ifndef TCPTRACEROUTE_CHANGES_H
#define TCPTRACEROUTE_CHANGES_H

#include <stdint.h>

#include "tcptraceroute/address.h"

/* In the order of the headers. */
enum ttr_field {
	TTR_FIELD_IP_TOS, /* the upper six bits of the byte, in their place: RFC 2474 section 3 */
	TTR_FIELD_IP_ECN, /* the lower two: RFC 3168 section 5 */
	TTR_FIELD_IP_ID,  /* IPv4 only */
	TTR_FIELD_IP_TTL, /* of a time exceeded that quotes another one than 0 or 1 */
	TTR_FIELD_IP_SRC, /* without numbers: see ttr_changes.source */
	TTR_FIELD_IP_DST, /* without numbers: the cell has the quoted target */
	TTR_FIELD_TCP_SPORT,
	TTR_FIELD_TCP_DPORT,
	TTR_FIELD_TCP_SEQ,
	TTR_FIELD_TCP_ACK, /* if the probe acknowledged something */
	TTR_FIELD_TCP_FLAGS,
	TTR_FIELD_TCP_WINDOW,
	TTR_FIELD_TCP_OPTIONS, /* which are there: TTR_OPTION_BIT() */
	TTR_FIELD_TCP_MSS,     /* this one and the next two: the option is there, its value is
				  another one */
	TTR_FIELD_TCP_SCALE,   /* window scale, RFC 7323 section 2 */
	TTR_FIELD_TCP_TSVAL,   /* timestamp value, RFC 7323 section 3 */
	TTR_FIELD_COUNT,
};

/* TCP options as a set: one bit per kind, all above 30 share the last one. */
#define TTR_OPTION_BIT(kind) (UINT32_C(1) << ((kind) < 31 ? (kind) : 31))

struct ttr_change {
	uint32_t sent;
	uint32_t seen;
};

struct ttr_changes {
	uint32_t fields;                       /* one bit per changed field: TTR_FIELD_BIT() */
	struct ttr_change of[TTR_FIELD_COUNT]; /* 0 where nothing changed */
	struct ttr_addr source;                /* as seen, if IP_SRC changed; else NONE */
};

#define TTR_FIELD_BIT(field) (UINT32_C(1) << (field))

#endif
