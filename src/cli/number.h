/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as users may write them, read strictly and without the locale.
 */
#ifndef TTR_CLI_NUMBER_H
#define TTR_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Any number of this size or larger reads as this one: it is outside of every range. */
#define TTR_NUMBER_MAX (INT64_C(1) << 52)

/* Decimal digits and nothing else, at least one. False: not a number. */
bool ttr_number_read(int64_t *number, const char *text);

/* Digits with at most one decimal point among or around them ("3", "0.5", ".5"), as nanoseconds;
 * decimals beyond the ninth are cut off. False: not a number. */
bool ttr_number_read_seconds(int64_t *ns, const char *text);

#endif
