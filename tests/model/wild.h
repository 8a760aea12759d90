/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networks by seed that do to probes and answers all that pathsim can do: loss, delay, limits,
 * rewriting, balancing, firewalls, and every kind of destination.
 */
#ifndef TESTS_MODEL_WILD_H
#define TESTS_MODEL_WILD_H

#include "pathsim.h"
#include "tcptraceroute/settings.h"

#define WILD_HOPS 40

struct wild {
	uint64_t seed;
	enum ttr_family family;
	struct pathsim_hop hops[WILD_HOPS];
	struct pathsim_port port;
	struct pathsim_destination destination;
	struct pathsim_rewrite rewrites[2];
	struct pathsim_detour detour;
	struct pathsim_firewall firewall;
	struct pathsim_network network;
	struct ttr_settings settings;
	uint64_t slowest_ns; /* the largest time that an answer may take */
	bool tampered;       /* what names a probe may be gone from quotes */
	bool balanced;       /* probes with the same TTL may end at several hops */
	bool lossy;          /* answers of routers may be missing, or come too late */
	bool lossy_end;      /* the destination's may */
};

void wild_draw(struct wild *wild, uint64_t seed);

#endif
