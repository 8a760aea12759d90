/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the program says about itself: usage, help, version.
 */
#ifndef TTR_CLI_USAGE_H
#define TTR_CLI_USAGE_H

#include "cli/buffer.h"

#define TTR_USAGE_WIDTH 80

/* Three lines, for no arguments at all. */
void ttr_usage_short(struct ttr_buffer *out);

/* All options, by group, from the option table; no line is longer than TTR_USAGE_WIDTH. */
void ttr_usage_help(struct ttr_buffer *out);

void ttr_usage_version(struct ttr_buffer *out);

#endif
