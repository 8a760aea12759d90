/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hosts do with packets that are for them: TCP by port and stack, DNS at name servers, echo
 * (RFC 792, RFC 4443 section 4.2), port unreachable for other UDP (RFC 1122 section 4.1.3.1), and
 * protocol unreachable (IPv4).
 *
 * Hops are hosts too, with all ports closed.
 */
#ifndef PS_HOST_H
#define PS_HOST_H

#include "sim.h"

/* The packet arrived at route->node. */
void ps_host_arrival(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		     const struct ps_packet *packet);

/* The packet was stopped by a firewall that answers in the destination's name. */
void ps_host_intercept(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		       const struct ps_packet *packet);

/* The host at the end of this route answers nothing. */
bool ps_host_is_mute(const struct ps_route *route);

/* The rule for this port. */
const struct pathsim_port *ps_host_port(const struct pathsim_destination *destination,
					uint16_t port);

#endif
