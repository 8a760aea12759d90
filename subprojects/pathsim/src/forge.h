/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forged answers from off the path: somebody who knows the prober, the destination and its port,
 * and guesses what is not said to be known. They begin with the first TCP probe.
 */
#ifndef PS_FORGE_H
#define PS_FORGE_H

#include "sim.h"

/* A packet of the prober: the newest TCP probe is what answers are forged for. */
void ps_forge_see(struct pathsim *sim, uint64_t now_ns, const struct ps_packet *packet);

/* It is time for the next one of this kind. */
void ps_forge_send(struct pathsim *sim, uint64_t now_ns, unsigned int kind);

#endif
