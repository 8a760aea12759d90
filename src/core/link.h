/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the IP packet in a captured frame.
 *
 * Which link type a capture has is for its reader to say; this file knows no capture library. What
 * the IP packet holds, and how long it really is (Ethernet fills frames up to 60 bytes), is not
 * looked at.
 */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/reply.h"

/* Named as in the registry of link types, https://www.tcpdump.org/linktypes.html. */
enum ttr_link {
	TTR_LINK_ETHERNET, /* IEEE 802.3: 14 bytes; tags and PPPoE behind them */
	TTR_LINK_RAW,      /* nothing in front */
	TTR_LINK_NULL,     /* 4 bytes of address family in the byte order of the capturing host */
	TTR_LINK_LOOP,     /* the same in network byte order */
	TTR_LINK_SLL,      /* Linux "cooked": 16 bytes */
	TTR_LINK_SLL2,     /* its second version: 20 bytes */
	TTR_LINK_PPP, /* RFC 1662: address and control bytes or not, protocol of two bytes or one */
};

/* 802.1Q and 802.1ad tags in front of one packet. Two are in use; more than four are refused. */
#define TTR_LINK_TAGS_MAX 4

struct ttr_link_packet {
	unsigned int offset;   /* bytes in front of the IP packet */
	unsigned int captured; /* bytes of it that are there, link padding included; may be 0 */
	bool outgoing;         /* sent by this host; only SLL and SLL2 say so, false for others */
};

/*
 * OK; TRUNCATED: the link header is not all there; FOREIGN: something else than IP (ARP, 802.3 with
 * LLC, PPP control, unknown address families); MALFORMED: more tags than TTR_LINK_TAGS_MAX. packet
 * is filled in only with OK.
 */
enum ttr_decode_outcome ttr_link_strip(struct ttr_link_packet *packet, enum ttr_link link,
				       const uint8_t *frame, unsigned int captured);

#endif
