/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What -e and --changes add to rows: ICMP extensions, and what was rewritten in the probes.
 */
#ifndef TTR_CLI_REMARKS_H
#define TTR_CLI_REMARKS_H

#include "cli/buffer.h"
#include "cli/view.h"

/* What was said last of each field, so that only the first hop that saw a change says it. */
struct ttr_remarks {
	size_t port;     /* of which this is; index */
	uint32_t fields; /* those that something was said of: TTR_FIELD_BIT() */
	uint32_t seen[TTR_FIELD_COUNT];
	struct ttr_addr source;
	struct ttr_addr target;
};

/*
 * Appends the extensions in the form of traceroute(8), or nothing if there are none:
 *
 *	<MPLS:L=16004,E=0,S=1,T=1>                labels are separated by '/'
 *	<INC:2,10.0.0.1,"eth0",mtu=1500>          or SUB, OUT, NXT; each of the four may be missing
 *	<234/7:01020304>                          class, type and bytes of any other object
 *
 * Objects are separated by ';'. "..." stands for what was not kept, "invalid" for what is wrong.
 */
void ttr_remarks_extensions(struct ttr_buffer *out, const struct ttr_extensions *extensions);

/*
 * Appends a line for each field of the row that was rewritten, unless a row before it said so with
 * the same value; of numbers that are other ones in each probe, the first is said. The quoted TTL
 * is left to JSON.
 */
void ttr_remarks_changes(struct ttr_remarks *remarks, struct ttr_buffer *out,
			 const struct ttr_view *view, size_t port, unsigned int ttl);

#endif
