/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real engine against a simulated network in one process, on a virtual clock.
 *
 * Everything is drawn from one seed; a run takes as long as its packets take to compute, whatever
 * the round-trip times are. The prober's kernel is part of the model: it answers SYN/ACK with RST,
 * as a host without a listener does.
 */
#ifndef TESTS_MODEL_WORLD_H
#define TESTS_MODEL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pathsim.h"
#include "tcptraceroute/engine.h"

/* What came back for one probe. */
struct world_heard {
	struct ttr_mono at; /* when the first answer came that chance had left alone; 0: none */
	enum ttr_reply_kind kind;
	struct ttr_addr from;
	bool meddled; /* chance made another one late or broken */
};

struct world {
	struct pathsim *sim;
	struct ttr_settings settings;
	struct ttr_engine *engine;
	const struct ttr_grid *grid;
	struct ttr_mono now;
	struct ttr_mono *timers;   /* per probe; 0: not armed */
	bool *sent;                /* per probe */
	struct world_heard *heard; /* per probe */
	uint32_t *probe_of_input;  /* by the number of the packet that went out, from 1 */
	size_t inputs, inputs_room;
	struct ttr_mono wake;
	struct ttr_mono last_sent; /* the last probe */
	bool ended;
	size_t rows_out; /* ROW actions, all ports */
	size_t disorder; /* ROW actions out of order, or after the port's end */
	uint16_t *next_row;
	struct ttr_mono *row_time; /* of port 0, by TTL */
	uint64_t digest;           /* of all actions and packets: the same seed gives the same */
	uint64_t random;
};

/* A random number below `limit` (1 or more). */
uint64_t draw(uint64_t *state, uint64_t limit);

/* The network is copied; settings->ports must outlive the world. */
void world_init(struct world *world, const struct pathsim_network *network,
		const struct ttr_settings *settings, enum ttr_family family, uint64_t seed);
void world_fini(struct world *world);

/* What is wrong, and the network with which it can be seen, to the standard error output. */
void world_explain(const struct world *world, const char *wrong);

/* Runs to the end, or until `limit_ns` of virtual time have passed; false then. */
bool world_run(struct world *world, int64_t limit_ns);

/* After the run: what is still under way for so long is heard as well; the engine does not see it.
 */
void world_listen(struct world *world, int64_t time_ns);

/* What the network truly does with the first probe of a cell. */
struct pathsim_truth world_truth(const struct world *world, size_t port, unsigned int ttl,
				 unsigned int query);

/* The same of any probe that was sent. */
struct pathsim_truth world_truth_of(const struct world *world, uint32_t probe);

#endif
