/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name servers: A, AAAA and PTR for the names of the network (RFC 1035, RFC 3596).
 *
 * Other types of a known name have no data; other names do not exist. One question per message, no
 * EDNS (RFC 6891 section 7 lets a server leave it out), UDP only; what does not fit 512 bytes is
 * left out.
 */
#ifndef PS_DNS_H
#define PS_DNS_H

#include "sim.h"

void ps_dns_receive(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		    const struct ps_packet *packet);

#endif
