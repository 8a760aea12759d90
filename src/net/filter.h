/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the capture's filter as an expression of pcap-filter(7). Pure.
 *
 * It lets through what may concern our flows, and as little else as the kernel can tell cheaply;
 * the decoder and the matcher look again:
 *
 *	- our probes on their way out: TCP from source to target, from our ports;
 *	- TCP from target to source, to our ports;
 *	- to source: ICMP types 3 and 11 (RFC 792) whose quote is TCP from our ports (its header
 *	  length is respected) or to our target, ICMPv6 types 1, 2 and 3 (RFC 4443) whose quote is
 *	  the same or begins with an extension header;
 *	- to source: IPv6 packets that begin with a hop-by-hop, routing or destination options
 *	  header (RFC 8200 section 4), whatever follows.
 *
 * Of a quote the addresses or the ports may have been rewritten on the way, by an address
 *	  translator on our side or on the target's. The source that it names is not looked at.
 */
#ifndef TTR_NET_FILTER_H
#define TTR_NET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"

/* Up to this many ports are listed; of more, only the range from the lowest to the highest is
 * tested: with many, compiling takes long (32: 37 ms). */
#define TTR_FILTER_PORTS_LISTED 8

/* Enough for every expression. */
#define TTR_FILTER_TEXT_MAX 4096

struct ttr_filter {
	struct ttr_addr source; /* same family as target */
	struct ttr_addr target;
	const uint16_t *ports; /* source ports, any order, duplicates do not matter */
	size_t port_count;     /* 0: ports are not tested */
};

/*
 * vlan: the same again behind one VLAN tag; only link types with Ethernet headers know that. 0,
 * -EINVAL (addresses), -ENOSPC.
 */
int ttr_filter_write(char *text, size_t size, const struct ttr_filter *filter, bool vlan);

/*
 * For many targets, and both families: what comes to our ports (1 or more), whoever sends it, and
 * ICMP errors whose quote is from our ports, as above, or shows another source than whom they are
 * sent to. Our probes on their way out are not among it. 0, -ENOSPC.
 */
int ttr_filter_write_incoming(char *text, size_t size, const uint16_t *ports, size_t port_count,
			      bool vlan);

#endif
