/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an IP header says, in one shape for both versions.
 *
 * ipv4.h and ipv6.h fill it in; what is carried inside is not looked at.
 */
#ifndef CORE_IP_H
#define CORE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/address.h"

/* Assigned Internet protocol numbers. */
#define TTR_PROTOCOL_ICMP 1
#define TTR_PROTOCOL_TCP 6
#define TTR_PROTOCOL_ICMPV6 58

/* All numbers are in host byte order. */
struct ttr_ip {
	struct ttr_addr source;
	struct ttr_addr target;
	uint8_t ttl;              /* or hop limit */
	uint8_t tos;              /* or traffic class */
	uint8_t protocol;         /* IPv6: of what is behind the extension headers */
	uint16_t id;              /* IPv4 only */
	uint16_t fragment_offset; /* in units of 8 bytes; not 0: what follows is not a header */
	bool more_fragments;
	/* What the length field says follows the header and its options or extension headers;
	 * received packets only, 0 in a quote. */
	unsigned int payload_bytes;
};

#endif
