/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a finished answer wrong in one way. What a kind needs and the answer does not have (an
 * extension, TCP options) is left as it is; then the packet is cut instead.
 */
#ifndef PS_MALFORM_H
#define PS_MALFORM_H

#include "answer.h"
#include "random.h"

extern const char *const ps_malform_words[PATHSIM_MALFORMED_KINDS];

void ps_malform(struct ps_answer *answer, enum pathsim_malformed kind, struct ps_random *random);

#endif
