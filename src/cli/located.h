/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A located port as JSON: the members of verdict.h, and whether the place was verified.
 */
#ifndef TTR_CLI_LOCATED_H
#define TTR_CLI_LOCATED_H

#include <jansson.h>

#include "cli/view.h"

/* Adds everything between "port" and "hops". port is an index of the settings. 0, or -1 without
 * memory. */
int ttr_located_add(json_t *object, const struct ttr_view *view, size_t port);

/* The rows of the reference port; of any other the last hop that saw it, if one was asked. */
json_t *ttr_located_hops(const struct ttr_view *view, size_t port);

#endif
