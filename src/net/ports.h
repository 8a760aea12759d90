/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source ports that no other program of this machine uses for TCP as long as we do.
 *
 * Each is held by a TCP socket that is bound to the source address and neither listens nor
 * connects: the kernel gives the port to nobody else, and goes on answering unexpected segments
 * with an RST (RFC 9293 section 3.10.7.1), which closes what our SYNs opened at the target.
 */
#ifndef TTR_NET_PORTS_H
#define TTR_NET_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/session.h"

struct ttr_ports;
struct ttr_route;

/* Copies what it needs of the route. 0, -ENOMEM. ttr_ports_free() gives all ports back. */
int ttr_ports_new(struct ttr_ports **ports, const struct ttr_route *route);
void ttr_ports_free(struct ttr_ports *ports);

/*
 * Reserves count different ports and writes them to drawn (host byte order). The kernel draws them,
 * from its own generator of random numbers, from net.ipv4.ip_local_port_range without
 * ip_local_reserved_ports and what is in use; about half of the range is tried first (its odd
 * offsets), so a draw is worth about 13.8 bits with the usual range. One descriptor each; the soft
 * limit RLIMIT_NOFILE is raised when it is too low. 0, or a negative errno with
 * TTR_PROBLEM_DESCRIPTORS (EMFILE: more than the hard limit allows) or TTR_PROBLEM_NO_PORTS
 * (EADDRINUSE: none left), and then none of them is reserved.
 */
int ttr_ports_draw(struct ttr_ports *ports, uint16_t *drawn, size_t count,
		   struct ttr_problem *problem);

/*
 * Reserves this one port with the caller's own rights (see privilege.h: not between raise and
 * lower). forced: goes on without the reservation if a socket has the port or it is not permitted;
 * whether the user may force is the caller's question. 0, or a negative errno with
 * TTR_PROBLEM_PORT_IN_USE, TTR_PROBLEM_PORT_DENIED (EACCES: below
 * net.ipv4.ip_unprivileged_port_start without CAP_NET_BIND_SERVICE) or TTR_PROBLEM_NO_PORTS.
 */
int ttr_ports_claim(struct ttr_ports *ports, uint16_t port, bool forced,
		    struct ttr_problem *problem);

#endif
