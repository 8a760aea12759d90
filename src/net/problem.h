/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fills in what went wrong; the texts are the command line's business.
 */
#ifndef TTR_NET_PROBLEM_H
#define TTR_NET_PROBLEM_H

#include "tcptraceroute/session.h"

/*
 * Overwrites problem with kind and error (a positive errno, or 0). detail and detail2 are cut to
 * what fits; NULL is "". Returns a negative errno to be handed on: -error, or -EINVAL for error 0.
 */
int ttr_problem_fill(struct ttr_problem *problem, enum ttr_problem_kind kind, int error,
		     const char *detail, const char *detail2);

/* The same with an address as detail. */
int ttr_problem_fill_addr(struct ttr_problem *problem, enum ttr_problem_kind kind, int error,
			  const struct ttr_addr *addr);

#endif
