/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the grid says of one port, for those who judge ports; the survey over all of them is in
 * tcptraceroute/verdict.h. Cells are the grid's.
 */
#ifndef TTR_CORE_SURVEY_H
#define TTR_CORE_SURVEY_H

#include "tcptraceroute/verdict.h"

/* Such an answer in this row; NULL: none, or no such row. */
const struct ttr_cell *ttr_survey_find(const struct ttr_grid *grid, size_t port, unsigned int ttl,
				       enum ttr_answer answer);

/* The last TTL, up to `ttl`, at which a router passed the port on; first_ttl - 1: none. */
unsigned int ttr_survey_last_passed(const struct ttr_grid *grid, size_t port, unsigned int ttl);

/* The TCP answer that stands for the port: the one that says most, at its distance. NULL: none. */
const struct ttr_cell *ttr_survey_arrival(const struct ttr_grid *grid, size_t port);

/* An empty cell that says something: it was asked in earnest. */
bool ttr_survey_is_silent(const struct ttr_cell *cell);

#endif
