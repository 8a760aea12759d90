/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IPv4 or IPv6 address as plain data.
 *
 * No text, no sockets and no scope: the device that a link-local address belongs to is part of the
 * route, not of the address.
 */
#ifndef TCPTRACEROUTE_ADDRESS_H
#define TCPTRACEROUTE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum ttr_family {
	TTR_FAMILY_NONE = 0,
	TTR_FAMILY_IPV4 = 4,
	TTR_FAMILY_IPV6 = 6,
};

struct ttr_addr {
	uint8_t family;    /* enum ttr_family; NONE: no address */
	uint8_t bytes[16]; /* network byte order; IPv4 uses the first four, the others are 0 */
};

/* True if both are the same address; two NONE are equal. */
bool ttr_addr_equal(const struct ttr_addr *a, const struct ttr_addr *b);

/* RFC 1918: 10/8, 172.16/12, 192.168/16. False for IPv6. */
bool ttr_addr_is_rfc1918(const struct ttr_addr *addr);

/* True if the address can be the destination of a trace: not unspecified, multicast (RFC 5771, RFC
 * 4291), broadcast, 0/8 or 240/4. */
bool ttr_addr_is_unicast(const struct ttr_addr *addr);

/* IPv6 fe80::/10 (RFC 4291 section 2.5.6). False for IPv4. */
bool ttr_addr_is_link_local(const struct ttr_addr *addr);

/* True if no router answers from it: what ttr_addr_is_unicast() refuses, loopback (127/8, ::1), and
 * IPv4-mapped addresses, which are on no wire. Whoever says so hides. */
bool ttr_addr_is_martian(const struct ttr_addr *addr);

/* IPv4-mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2) becomes IPv4; anything else stays as it
 * is. */
struct ttr_addr ttr_addr_unmap(const struct ttr_addr *addr);

/* 4 or 16; 0 for NONE. */
unsigned int ttr_addr_size(const struct ttr_addr *addr);

#endif
