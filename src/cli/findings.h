/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found out about many ports: one line for all that are alike.
 *
 *	PORTS      STATE        WHERE AND HOW
 *	22 ssh     unreachable  rejected (!A) by fw.example.net (203.0.113.9) after hop 3
 *	25 smtp    filtered     dropped after hop 2; 443 goes on
 *	80,443     open         5 hops, 20.126 ms
 *	997 others closed       5 hops, 20.093 ms
 *
 * In the order in which each group's first port was given. A long list of ports stands below its
 * line, but that of the largest group is left out: those are "others". What could not be made sure
 * of says so, and why.
 */
#ifndef TTR_CLI_FINDINGS_H
#define TTR_CLI_FINDINGS_H

#include <stddef.h>

#include "cli/buffer.h"
#include "cli/view.h"

struct ttr_finding {
	struct ttr_verdict verdict;
	uint8_t distance; /* 0: unknown */
	int64_t rtt_ns;   /* -1: none */
};

/* findings: one for each of the view's ports. 0 or -ENOMEM. */
int ttr_findings_put(struct ttr_buffer *out, const struct ttr_view *view,
		     const struct ttr_finding *findings, bool colored);

/* The same of what the view shows, be it a grid's or that of --locate. */
int ttr_findings_put_all(struct ttr_buffer *out, const struct ttr_view *view, bool colored);

#endif
