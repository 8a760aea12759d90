/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One target of many: its block of text, its events, or its document.
 *
 * Composed without a JSON library: there are thousands of them a second. All that comes from
 * outside is addresses, numbers, and host names of the characters that names may have.
 */
#ifndef TTR_CLI_SWEEP_PRINT_H
#define TTR_CLI_SWEEP_PRINT_H

#include "cli/buffer.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/settings.h"
#include "tcptraceroute/sweep.h"

struct ttr_sweep_view {
	const struct ttr_settings *settings;
	const char *host;    /* as it was given */
	const char *device;  /* that is captured on, as JSON text */
	const char *sandbox; /* as JSON text */
	const struct ttr_sweep_result *result;
	struct ttr_wall started;
	uint64_t frames_dropped;
};

void ttr_sweep_print_text(struct ttr_buffer *out, const struct ttr_sweep_view *view);

/* start, a hop for each, port, end: interface as in ndjson.h, the port in each. */
void ttr_sweep_print_events(struct ttr_buffer *out, const struct ttr_sweep_view *view);

/* Without a line end. */
void ttr_sweep_print_document(struct ttr_buffer *out, const struct ttr_sweep_view *view);

#endif
