/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to many ports, in the order in which it can be shown.
 *
 * As text: a row of the grid when all ports have theirs, the findings at the end. As events: a
 * port's verdict once other ports hardly change it any more; should they, it is said again at the
 * end, and the last word counts. A single port is the simplest case of it, but for its text.
 */
#ifndef TTR_CLI_MANY_H
#define TTR_CLI_MANY_H

#include "cli/buffer.h"
#include "cli/table.h"
#include "cli/view.h"

struct ttr_many {
	struct ttr_survey survey; /* the view's */
	struct ttr_table table;
	size_t complete[TTR_TTL_MAX + 1]; /* by TTL: ports whose row it is, or that end before */
	unsigned int next;                /* the row to show next */
	unsigned int last;                /* the last one that any port has */
	struct ttr_verdict *said;         /* events: by port; state, and what was said of it */
	bool *is_said;
};

/* events: verdicts are said as they come. 0 or -ENOMEM. */
int ttr_many_init(struct ttr_many *many, const struct ttr_view *view, bool events);
void ttr_many_fini(struct ttr_many *many);

/* A row, or a port, is complete: appends the rows of the grid that are complete by that. */
void ttr_many_text_row(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
		       unsigned int ttl);
void ttr_many_text_port(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
			size_t port);

/* Appends what is left, and the findings. 0 or -ENOMEM. */
int ttr_many_text_end(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view);

/* Takes the port into the survey; before anything else is said of it. */
void ttr_many_add(struct ttr_many *many, const struct ttr_view *view, size_t port);

/* All ports were added: what came after that counts as well. Before anything is said at the end. */
void ttr_many_review(struct ttr_many *many, const struct ttr_view *view);

/* A port was added: appends the events of all ports whose verdicts are settled by that. At the end:
 * of all that were not said, or have changed. 0 or -ENOMEM. */
int ttr_many_event_port(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view,
			size_t port);
int ttr_many_event_end(struct ttr_many *many, struct ttr_buffer *out, const struct ttr_view *view);

#endif
