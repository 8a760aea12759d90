/* SPDX-License-Identifier: BSD-2-Clause */
/* A running network: the state behind struct pathsim. */
#ifndef PS_SIM_H
#define PS_SIM_H

#include "answer.h"
#include "arena.h"
#include "halfopen.h"
#include "map.h"
#include "pathsim.h"
#include "queue.h"
#include "random.h"

struct pathsim {
	struct ps_arena arena; /* holds the network and the map */
	struct pathsim_network network;
	struct ps_map map;
	uint64_t seed;
	struct ps_random random;
	struct ps_queue queue;
	struct ps_halfopen_table halfopen;
	struct pathsim_totals totals;
	struct pathsim_origin origin; /* of the answer that is being made, or was given out last */
	struct ps_node forger;
	uint64_t forge_end_ns[PATHSIM_FORGE_KINDS];
	size_t victim_len;                   /* 0: nobody to forge for yet */
	uint8_t victim[PATHSIM_PACKET_SIZE]; /* the newest TCP probe */
};

/* Sends a finished answer back to the prober: loss, delay and order of the node. */
void ps_sim_send(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		 const struct ps_answer *answer);

#endif
