/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares a probe as it was sent with what an ICMP error quotes of it.
 *
 * Only what the quote really holds is compared: a router that quotes 8 bytes of TCP says nothing of
 * the rest, and zeros with which a quote was filled up (RFC 4884 section 3) are nobody's change.
 */
#ifndef CORE_CHANGES_H
#define CORE_CHANGES_H

#include "tcptraceroute/changes.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"

/* The reply is an ICMP error; with a TCP segment there is nothing to compare. An IP ID of 0 was
 * filled in by the kernel (raw(7)) and is not compared. */
void ttr_changes_find(struct ttr_changes *changes, const struct ttr_segment *sent,
		      const struct ttr_reply *reply);

#endif
