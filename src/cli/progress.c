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

void ttr_progress_erase(struct ttr_progress *progress)
{
	if (!progress->shown)
		return;
	progress->shown = false;
	ttr_output_write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1);
}
