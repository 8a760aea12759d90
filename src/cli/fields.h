/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of what can be rewritten in a probe, as JSON and rows say them.
 */
#ifndef TTR_CLI_FIELDS_H
#define TTR_CLI_FIELDS_H

#include <stdint.h>

#include "tcptraceroute/changes.h"

#define TTR_OPTION_NAME_MAX 16

/* Such as "tcp.mss". */
const char *ttr_field_name(enum ttr_field field);

/* The name of a bit of TTR_OPTION_BIT(): "mss", "wscale", "sack", "timestamps", else "kind-5". */
void ttr_field_option(char name[TTR_OPTION_NAME_MAX], unsigned int bit);

#endif
