/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The members of a probe that are only there when there is something to say: what was rewritten,
 * and what a router put behind its quote.
 */
#ifndef TTR_CLI_JSON_REMARKS_H
#define TTR_CLI_JSON_REMARKS_H

#include <jansson.h>

#include "cli/view.h"

/*
 * "changes", and "match": "rewritten" where the probe was known by weaker evidence, "exact" where
 * it was not although something was rewritten; "changes_truncated" where the grid had no room for
 * them. 0 or -1.
 */
int ttr_json_add_changes(json_t *object, const struct ttr_view *view, const struct ttr_cell *cell);

/*
 * "mpls", "interface", "extensions" (what is of no known kind: class, type, length in bytes, and
 * the first of them as hexadecimal digits); "labels_truncated", "extensions_truncated" if there
 * were more, or if the grid had no room for any; "extensions_invalid" if they were wrong. 0 or -1.
 */
int ttr_json_add_extensions(json_t *object, const struct ttr_cell *cell);

#endif
