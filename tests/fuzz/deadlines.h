/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loop's clock and timers in virtual time, for targets that run an engine by a script.
 */
#ifndef TESTS_FUZZ_DEADLINES_H
#define TESTS_FUZZ_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"

#define DEADLINES_MAX 8192

/* Instead of a probe: the engine's own wake. */
#define DEADLINES_WAKE UINT32_MAX

struct deadlines {
	struct ttr_mono now, wake; /* wake 0: not wanted */
	uint32_t end;              /* behind the last one that was ever armed */
	struct ttr_mono at[DEADLINES_MAX];
};

/* Of all that was armed nothing is left; too large to be emptied as a whole each time. */
void deadlines_init(struct deadlines *deadlines);

/* at 0: takes it back. */
void deadlines_arm(struct deadlines *deadlines, uint32_t probe, struct ttr_mono at);

/* Lets the time pass until the next deadline, but not beyond until; false if there is none. */
bool deadlines_pass(struct deadlines *deadlines, int64_t until_ns, uint32_t *probe);

#endif
