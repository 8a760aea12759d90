/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trace showed of a wild network beside what the network really did to its probes. What may
 * be missing or off has a reason, each in a function of its name.
 */
#ifndef TESTS_MODEL_WILD_CHECK_H
#define TESTS_MODEL_WILD_CHECK_H

#include "wild.h"
#include "world.h"

/* NULL, or what is wrong; valid until the next complaint. */
const char *wild_check(const struct wild *wild, const struct world *world);

/* Says it with the seed and the settings. ttl, query: 0 if it is about neither. */
const char *wild_complain(const struct wild *wild, const char *what, unsigned int ttl,
			  unsigned int query);

#endif
