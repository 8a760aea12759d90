/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boxes on the way change in a packet.
 *
 * Answers come back through the same boxes, so that a destination's tuple and numbers are
 * translated back: only what is lost for good (options, bits) changes how a destination answers.
 * Quotes show the packet as its hop saw it, but for translations that the boxes undo there too.
 */
#ifndef PS_REWRITE_H
#define PS_REWRITE_H

#include "packet.h"
#include "pathsim.h"
#include "route.h"

enum ps_rewrite_argument { PS_REWRITE_ALONE, PS_REWRITE_NUMBER, PS_REWRITE_ENDPOINT };

struct ps_rewriting {
	const struct pathsim *sim;
	const struct ps_packet *packet; /* as the prober sent it */
	const struct pathsim_rewrite *rule;
	uint8_t *bytes; /* packet->len of them */
};

/* By enum pathsim_rewrite_kind. */
struct ps_rewrite_kind {
	const char *word; /* of the scenario */
	enum ps_rewrite_argument argument;
	uint16_t most;   /* NUMBER */
	const char *raw; /* the word for a quote that is not translated back; NULL: never is */
	bool content;    /* a destination behind it answers in another way */
	void (*apply)(const struct ps_rewriting *rewriting);
};

extern const struct ps_rewrite_kind ps_rewrite_kinds[PATHSIM_REWRITE_KINDS];

/* Both write packet->len bytes to `copy`: what the node of the route quotes, or what the
 * destination's TCP gets to see. Checksums are adjusted, the one of IPv4 too. Returns a bit for
 * each kind of rewriting that was done; PATHSIM_REWRITE_KINDS: the destination was. */
uint32_t ps_rewrite_quote(const struct pathsim *sim, const struct ps_route *route,
			  const struct ps_packet *packet, uint8_t *copy);
uint32_t ps_rewrite_content(const struct pathsim *sim, const struct ps_route *route,
			    const struct ps_packet *packet, uint8_t *copy);

#endif
