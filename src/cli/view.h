/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the printers look at: the trace as plain data, and one question.
 *
 * Filled from the session by report.c, from literals by the tests. Nothing in it is owned.
 */
#ifndef TTR_CLI_VIEW_H
#define TTR_CLI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/grid.h"
#include "tcptraceroute/session.h"
#include "tcptraceroute/settings.h"
#include "tcptraceroute/verdict.h"

struct ttr_locate;
struct ttr_services;

struct ttr_view {
	const struct ttr_settings *settings;
	const struct ttr_egress *egress;
	const struct ttr_grid *grid;
	const struct ttr_locate *locate; /* --locate: what `grid` has not; NULL otherwise */
	const struct ttr_sandbox *sandbox;
	const struct ttr_services *services; /* may be NULL */
	const struct ttr_survey *survey; /* of the ports that are done */
	/* The name of an address, or NULL. */
	const char *(*name)(const void *context, const struct ttr_addr *addr);
	const void *context;
	int64_t elapsed_ns;
	uint64_t frames_dropped;
	int64_t suspended_ns;
	bool interrupted;
};

/* True if the cell was still open when the trace was cut short. */
static inline bool ttr_view_pending(const struct ttr_view *view, const struct ttr_cell *cell)
{
	return view->grid->cut_short &&
	       (cell->state == TTR_CELL_ASKED || cell->state == TTR_CELL_IDLE);
}

#endif
