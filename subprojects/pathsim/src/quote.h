/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors and the packet they quote, as the node that sends them saw it. */
#ifndef PS_QUOTE_H
#define PS_QUOTE_H

#include "sim.h"

/*
 * Sends an ICMP error of this type and code about the packet. IPv4 only in IPv4 and so on: type and
 * code are those of the packet's family. The quote has the TTL of the route, addresses as they were
 * rewritten, and checksums that fit. Over the node's limit it is counted and not sent.
 */
void ps_quote_send(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		   const struct ps_packet *packet, uint8_t type, uint8_t code);

#endif
