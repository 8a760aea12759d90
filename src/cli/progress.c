/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

/* Back to the first column; erase to the end of the line (ECMA-48 section 8.3.41). */
#define ERASE "\r\033[K"

bool ttr_progress_wanted(bool terminal, const char *term)
{
	return terminal && term && *term && strcmp(term, "dumb") != 0;
}

void ttr_progress_show(struct ttr_progress *progress, uint64_t sent, uint64_t replies,
		       uint64_t waiting)
{
	char line[80];
	int length;

	if (!progress->enabled)
		return;
	progress->shown = true;
	length = snprintf(line, sizeof(line),
			  ERASE "%" PRIu64 " probes, %" PRIu64 " replies, %" PRIu64 " waiting",
			  sent, replies, waiting);
	ttr_output_write(STDERR_FILENO, line, (size_t)length);
}

/* In thousandths; -1: nobody knows. */
static int share_done(const struct ttr_progress_many *many)
{
	uint64_t all;

	if (!many->size || !many->taken || !many->items)
		return -1;
	all = many->items * many->size / many->taken;
	return all <= many->done ? 1000 : (int)(many->done * 1000 / all);
}

void ttr_progress_show_many(struct ttr_progress *progress, const struct ttr_progress_many *many)
{
	int share = share_done(many), length;
	int64_t left_s;
	char line[160];

	if (!progress->enabled)
		return;
	progress->shown = true;
	length = snprintf(line, sizeof(line),
			  ERASE "%" PRIu64 " targets, %" PRIu64 " at work, %" PRIu64 " probes/s",
			  many->done, many->active, many->rate);
	if (share > 0) {
		left_s = many->elapsed_ns / 1000000000 * (1000 - share) / share;
		length += snprintf(line + length, sizeof(line) - (size_t)length,
				   ", %d.%d %%, %" PRId64 ":%02" PRId64 " left", share / 10,
				   share % 10, left_s / 60, left_s % 60);
	}
	ttr_output_write(STDERR_FILENO, line, (size_t)length);
}

void ttr_progress_locate(struct ttr_progress *progress, const struct ttr_locate_progress *located)
{
	char line[100];
	int length;

	if (!progress->enabled)
		return;
	progress->shown = true;
	length = snprintf(line, sizeof(line), ERASE "%zu ports, %zu with a state, %zu done",
			  located->ports, located->answered, located->done);
	ttr_output_write(STDERR_FILENO, line, (size_t)length);
}

void ttr_progress_erase(struct ttr_progress *progress)
{
	if (!progress->shown)
		return;
	progress->shown = false;
	ttr_output_write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1);
}
