/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TTR_CLI_OPTION_CHECKS_H
#define TTR_CLI_OPTION_CHECKS_H

/*
 * Options that are right alone and wrong together, or that ask for too much.
 *
 * 0, or TTR_OPTIONS_REFUSED with the reason at the end of error.
 */

#include "cli/buffer.h"
#include "cli/options.h"
#include "tcptraceroute/address.h"

/* What only a list of hosts has, and what one does not have. */
int ttr_options_check_list(const struct ttr_options *options, struct ttr_buffer *error);

/* All else. family: NONE while only the host's name will tell. */
int ttr_options_check_path(const struct ttr_options *options, struct ttr_buffer *error,
			   enum ttr_family family);

#endif
