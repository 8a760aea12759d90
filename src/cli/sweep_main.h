/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's other life: many hosts from a list (--targets) instead of one from its arguments.
 */
#ifndef TTR_CLI_SWEEP_MAIN_H
#define TTR_CLI_SWEEP_MAIN_H

#include "cli/messages.h"
#include "cli/options.h"

/*
 * Traces all targets of the list. The exit status: REACHED if every line is a target and every
 * target was reached, USAGE if there was nothing to trace, else NOT_REACHED; *interrupted_by is the
 * signal that ended it, 0 if none did.
 */
enum ttr_status ttr_sweep_main(const struct ttr_options *options, const char *program,
			       int *interrupted_by);

#endif
