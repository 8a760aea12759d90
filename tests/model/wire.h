/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between an engine and a simulated network, whatever engine it is: packets there, the prober's own
 * kernel, and what happens next.
 */
#ifndef TESTS_MODEL_WIRE_H
#define TESTS_MODEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pathsim.h"
#include "tcptraceroute/engine.h"

#define WIRE_MTU 1500

struct ttr_addr wire_from_sim(const struct pathsim_addr *addr);

/* The packet's length; ends the program if the network does not take it. */
unsigned int wire_send(struct pathsim *sim, struct ttr_mono now, const struct ttr_segment *segment,
		       uint8_t packet[static WIRE_MTU]);

/* True if the prober's kernel, on whose port nobody listens, answers this with a reset. */
bool wire_resets(const struct ttr_reply *reply, struct ttr_segment *reset);

/* When the next packet comes or timer is over, INT64_MAX: never. A timer of 0 is not armed. */
int64_t wire_next_event(struct pathsim *sim, const struct ttr_mono *timers, size_t timer_count,
			struct ttr_mono wake);

/* What the network does with this segment. */
struct pathsim_truth wire_truth(struct pathsim *sim, const struct ttr_segment *segment);

#endif
