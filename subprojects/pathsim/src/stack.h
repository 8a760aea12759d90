/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the TCP of a destination answers on an open port.
 *
 * PATHSIM_STACK_LINUX, as measured on Linux 6.18:
 * - A SYN with no half-open entry makes one and gets SYN|ACK: MSS, SACK, window scale as offered,
 * and timestamps with TSecr of that SYN. It is repeated after 1, 3, 7, 15 and 31 s; after 63 s the
 *   entry goes.
 * - The same SYN again: the SYN|ACK again, with the first TSecr. At most once per 500 ms; the first
 *   SYN|ACK does not count.
 * - Outside the window (also the same number with an older timestamp, RFC 7323 section 5.3): a bare
 *   ACK of the first SYN, under the same limit. A reset there is thrown away.
 * - A SYN inside the window: RST|ACK of its own number, and the entry goes.
 * - A reset with the number that comes next: the entry goes. That is what the prober's kernel sends
 *   for SYN|ACK. Elsewhere inside the window a bare ACK, under the same limit (RFC 5961
 * section 3.2).
 * - The ACK that completes the handshake: the entry goes; the application closes at once, so that
 *   whatever follows is reset.
 * - An ACK with another number, or without entry: a reset with that number.
 *
 * PATHSIM_STACK_SYNCOOKIES: no entries. Each SYN gets a SYN|ACK of its own, the same number of ours
 * for the same SYN; resets are thrown away; an ACK of that number is taken, others are reset.
 *
 * PATHSIM_STACK_BSD, as FreeBSD's syncache does: any further SYN of the 4-tuple, whatever its
 * number, gets the SYN|ACK of the first number again, with TSecr of the newest SYN and without a
 * limit. It is repeated after 1, 3 and 7 s; after 15 s the entry goes. A reset inside the window:
 * the entry goes.
 *
 * PATHSIM_STACK_MUTE: the first SYN gets a SYN|ACK, once; nothing else of the 4-tuple gets anything
 * for 63 s. PATHSIM_STACK_BAREACK: each SYN gets an ACK of its number, nothing else anything.
 */
#ifndef PS_STACK_H
#define PS_STACK_H

#include "tcp.h"

/* A segment at an open port. */
void ps_stack_open(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		   const struct ps_packet *packet, const struct ps_tcp *tcp,
		   const struct pathsim_port *port);

/* A segment at a box that answers for all destinations: as PATHSIM_STACK_SYNCOOKIES. */
void ps_stack_proxy(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		    const struct ps_packet *packet, const struct ps_tcp *tcp);

/* The timer of a half-open entry. */
void ps_stack_timer(struct pathsim *sim, uint64_t now_ns, struct ps_halfopen *entry);

#endif
