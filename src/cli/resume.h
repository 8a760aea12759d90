/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a former run has done already, from the events that it wrote (--ndjson).
 */
#ifndef TTR_CLI_RESUME_H
#define TTR_CLI_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/seen.h"

struct ttr_resume {
	uint64_t count; /* targets that are done */
	bool cut;       /* its last line has no end, and standard output goes on behind it */
};

/*
 * Adds the address and port of each target whose `end` is there and was not interrupted. Lines that
 * are something else, or were cut off, are passed over. 0, or the negative errno of opening or
 * reading the file.
 */
int ttr_resume_read(struct ttr_seen *seen, const char *path, struct ttr_resume *former);

#endif
