/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hops of a located port as JSON; everything else is said as of any port (verdict.h).
 */
#ifndef TTR_CLI_LOCATED_H
#define TTR_CLI_LOCATED_H

#include <jansson.h>

#include "cli/view.h"

/* The rows of the reference port; of any other the last hop that saw it, if one was asked. */
json_t *ttr_located_hops(const struct ttr_view *view, size_t port);

#endif
