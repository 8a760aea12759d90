/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of the networks that targets are in: IPv4 /24, IPv6 /64. That is one link; a site
 * of IPv6 is a /48 of many, which have other last routers and need not be equally far away.
 *
 * Bounded: the one that was not used for longest, more or less, makes room for a new one.
 */
#ifndef TTR_CORE_PREFIXES_H
#define TTR_CORE_PREFIXES_H

#include <stdbool.h>

#include "core/lookup.h"
#include "core/siphash.h"
#include "tcptraceroute/address.h"

#define TTR_PREFIX_NONE UINT32_MAX

struct ttr_prefix {
	uint64_t network; /* the upper 24 or 64 bits */
	uint8_t family;   /* 0: free */
	uint8_t distance; /* of its hosts; 0: not known */
	uint8_t dead_ttl; /* the last hop that answered on the way to a host that did not; 0: not
			     known */
	uint32_t hash;
	uint32_t users;    /* targets in the window: it stays as long as there are any */
	uint32_t leader;   /* the target that finds out; UINT32_MAX: nobody */
	uint32_t searcher; /* the silent target whose path is looked for; UINT32_MAX: none */
	uint32_t held;     /* targets that wait for it: the first and the last; UINT32_MAX: none */
	uint32_t held_last;
	uint32_t last; /* the router before the hosts, of the stop set; UINT32_MAX: not known */
	uint32_t srtt_us, rttvar_us; /* RFC 6298 section 2; srtt 0: not known */
};

struct ttr_prefixes {
	struct ttr_prefix *all;
	size_t count;
	uint32_t hand; /* where room is looked for next */
	struct ttr_lookup lookup;
	struct ttr_siphash_key key;
};

/* More than there can be targets at a time. 0 or -ENOMEM. */
int ttr_prefixes_init(struct ttr_prefixes *prefixes, size_t count,
		      const struct ttr_siphash_key *key);
void ttr_prefixes_fini(struct ttr_prefixes *prefixes);

/* That of the address, made if it is not known; one user more. */
uint32_t ttr_prefixes_use(struct ttr_prefixes *prefixes, const struct ttr_addr *addr);
void ttr_prefixes_leave(struct ttr_prefixes *prefixes, uint32_t prefix);

#endif
