/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link of a TAP device: one gateway that answers ARP (RFC 826) and neighbour solicitations (RFC
 * 4861 section 7.2.4), and frames around the packets of the network.
 */
#ifndef PATHSIM_ETHERNET_H
#define PATHSIM_ETHERNET_H

#include <stddef.h>

#include "pathsim.h"

#define ETHERNET_HEADER 14
#define ETHERNET_LEAST 60  /* shorter frames are padded, without the check sequence */
#define ETHERNET_ANSWER 96 /* what ethernet_input() answers is not longer */

struct ethernet {
	struct pathsim_addr gateway4, gateway6;
	uint8_t host[6]; /* the prober's, as its frames say */
};

/* The gateways of the network; those it does not name are made up: the last address but one of the
 * prober's /24, and fe80::1. */
void ethernet_init(struct ethernet *ethernet, const struct pathsim_network *network);

/*
 * A frame from the prober. Returns the length of the frame that answers it, written to `answer`, at
 * least ETHERNET_ANSWER bytes big; or 0: none. When there is an IP packet inside, *packet and
 * *packet_len say where, else *packet is NULL.
 */
size_t ethernet_input(struct ethernet *ethernet, const uint8_t *frame, size_t len, uint8_t *answer,
		      const uint8_t **packet, size_t *packet_len);

/* Puts the header before the IP packet at frame + ETHERNET_HEADER and pads it; frame has room for
 * ETHERNET_LEAST bytes at least. Returns the frame's length. */
size_t ethernet_output(const struct ethernet *ethernet, uint8_t *frame, size_t packet_len);

#endif
