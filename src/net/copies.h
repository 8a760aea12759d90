/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells when a packet is captured again because it crosses a second device. Pure.
 *
 * With all devices captured at once, one packet shows on a bridge and its port, a bond and its
 * link, a VLAN and the device below it. Its bytes are the same, the device is not, and the moments
 * are microseconds apart; a duplicate that the network made comes by the same device.
 */
#ifndef TTR_NET_COPIES_H
#define TTR_NET_COPIES_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"

/* Copies come right after one another; a few packets of other processors may come between. */
#define TTR_COPIES_KEPT 32

/* As long as an ICMPv6 error with a quoted SYN. */
#define TTR_COPIES_BYTES 128

/* Further apart than this are two packets. */
#define TTR_COPIES_NS (10 * TTR_NS_PER_MS)

struct ttr_copies {
	unsigned int next;
	struct {
		struct ttr_wall stamp;
		uint32_t ifindex;
		unsigned int length;
		uint8_t bytes[TTR_COPIES_BYTES];
	} kept[TTR_COPIES_KEPT]; /* all zero: nothing kept */
};

/* True if the IP packet is a copy of one that another device showed; otherwise it is remembered.
 * Packets below 20 bytes are never copies. */
bool ttr_copies_seen(struct ttr_copies *copies, const uint8_t *packet, unsigned int captured,
		     uint32_t ifindex, struct ttr_wall stamp);

#endif
