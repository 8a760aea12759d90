/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found out about many located ports: a line for all that are alike.
 *
 *	22,80,443     open
 *	100-176       filtered, dropped after hop 9, 203.0.113.9; 443 goes on (20 of 77 verified)
 *	920 others    closed
 *
 * In the order of each group's first port; the largest group of more than a few is "others".
 */
#ifndef TTR_CLI_LOCATED_TEXT_H
#define TTR_CLI_LOCATED_TEXT_H

#include "cli/buffer.h"
#include "cli/view.h"

/* 0 or -ENOMEM. */
int ttr_located_text(struct ttr_buffer *out, const struct ttr_view *view, bool colored);

#endif
