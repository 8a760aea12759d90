/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line on a terminal that says how far the trace is, and disappears again.
 */
#ifndef TTR_CLI_PROGRESS_H
#define TTR_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/locate.h"

#define TTR_PROGRESS_INTERVAL_NS (200 * TTR_NS_PER_MS)

struct ttr_progress {
	bool enabled;
	bool shown;
};

/* Only on a terminal that knows the erasing of a line. term is what getenv("TERM") says. */
bool ttr_progress_wanted(bool terminal, const char *term);

/* Shows the numbers on stderr, if enabled. To be called once per interval. */
void ttr_progress_show(struct ttr_progress *progress, uint64_t sent, uint64_t replies,
		       uint64_t waiting);

/* How far many hosts are. */
struct ttr_progress_many {
	uint64_t done;   /* targets */
	uint64_t active; /* that are being traced */
	uint64_t rate;   /* probes per second, just now */
	int64_t elapsed_ns;
	uint64_t taken, size; /* bytes of the list; size 0: not known */
	uint64_t items;       /* targets in the part that was taken */
};

#define TTR_PROGRESS_MANY_NS (1000 * TTR_NS_PER_MS)

/* The same for them, with the share that is done and the time that is left, as far as the list's
 * length says it. */
void ttr_progress_show_many(struct ttr_progress *progress, const struct ttr_progress_many *many);

/* The same of --locate. */
void ttr_progress_locate(struct ttr_progress *progress,
			 const struct ttr_locate_progress *located);

/* Before anything else is written to the terminal. */
void ttr_progress_erase(struct ttr_progress *progress);

#endif
