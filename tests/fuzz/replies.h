/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the network may say to a probe, for targets that run an engine by a script.
 */
#ifndef TESTS_FUZZ_REPLIES_H
#define TESTS_FUZZ_REPLIES_H

#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"

enum reply_shape {
	REPLY_ERROR,   /* how: bit 0 unreachable, 1 from the target, 2 without timestamp, 3 another
			  target port, 4 to 7 which router */
	REPLY_SEGMENT, /* how: the flags, bit 6 acknowledges the payload, bit 7 echoes the
			  timestamp */
	REPLY_OWN,     /* the probe itself, as the capture sees it go out */
	REPLY_FORGED,  /* a segment of which all is right but the secret */
	REPLY_SHAPES,
};

/* 192.0.2.last or 2001:db8::last. */
struct ttr_addr reply_address(enum ttr_family family, uint8_t last);

struct ttr_reply reply_make(enum reply_shape shape, const struct ttr_segment *probe, uint8_t how);

#endif
