/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of a trace as text, in the conventions of tcptraceroute 1.5beta7.
 *
 * A row depends on its cells, on the names, and on what was shown last of what was rewritten, which
 * is all that a struct ttr_text remembers.
 */
#ifndef TTR_CLI_TEXT_H
#define TTR_CLI_TEXT_H

#include "cli/buffer.h"
#include "cli/remarks.h"
#include "cli/view.h"

struct ttr_text {
	bool colored;
	bool debug;      /* a blank line after every probe: -d */
	bool extensions; /* -e */
	bool changes;    /* --changes */
	struct ttr_remarks remarks;
	/* what the last "Detected DNAT" line said; nothing at first */
	struct ttr_addr dnat_address;
	uint16_t dnat_port;
};

/* Appends the row: one or more lines. port is an index. */
void ttr_text_row(struct ttr_text *text, struct ttr_buffer *out, const struct ttr_view *view,
		  size_t port, unsigned int ttl);

#endif
