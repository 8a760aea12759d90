/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engines with 64 probes in flight, and what must hold when a packet from the network reaches one.
 *
 * After each packet the engine is as it was before.
 */
#ifndef TESTS_FUZZ_LIVE_H
#define TESTS_FUZZ_LIVE_H

#include "snapshot.h"
#include "tcptraceroute/engine.h"

#define LIVE_PROBES 64
#define LIVE_PORTS 2
#define LIVE_QUERIES 2
#define LIVE_TTLS 16
#define LIVE_PACKET_MAX 128

/* What kinds of probes there are; the first LIVE_KINDS4 are IPv4. */
#define LIVE_KINDS 9
#define LIVE_KINDS4 5

struct live {
	struct ttr_engine *engine;
	const struct ttr_grid *grid;
	struct ttr_settings settings;
	struct snapshot before;
	struct ttr_segment sent[LIVE_PROBES];
	uint8_t packets[LIVE_PROBES][LIVE_PACKET_MAX]; /* the same as they went out */
	unsigned int packet_sizes[LIVE_PROBES];
	unsigned int count;
	struct ttr_mono now;
	struct ttr_mono wake;
};

/* kind: below LIVE_KINDS. The live one must stay where it is. */
void live_init(struct live *live, unsigned int kind);

/*
 * An IP packet comes in. Ends the process unless it is either no answer, and changes nothing but
 * the counter of such packets, or answers one probe whose secret it brings back; then that probe's
 * cell names the packet's source, and a second one of the same changes no answer.
 */
void live_feed(struct live *live, const uint8_t *packet, unsigned int size);

#endif
