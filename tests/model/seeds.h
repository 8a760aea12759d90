/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which random networks a model draws: from the first seed on, as many as the test says. MODEL_SEED
 * in the environment replays one network, MODEL_COUNT draws more of them.
 */
#ifndef TESTS_MODEL_SEEDS_H
#define TESTS_MODEL_SEEDS_H

#include <stdbool.h>

struct seeds {
	unsigned long first, end; /* the end is not one of them */
	bool replayed;            /* one, that somebody asked for */
};

struct seeds seeds_read(unsigned long count);

#endif
