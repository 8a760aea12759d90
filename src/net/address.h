/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as text and as socket addresses, and the devices that scopes name.
 *
 * Strict: the dotted quad without leading zeros and the IPv6 forms of RFC 4291 section 2.2 are
 * addresses, nothing else is (010.0.0.1, 0x7f.1, 1.2.3 and 2130706433 are names). Host names are
 * the resolver's business.
 */
#ifndef TTR_NET_ADDRESS_H
#define TTR_NET_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

#include "tcptraceroute/address.h"

/* Enough for any address as text, with its terminating 0. */
#define TTR_ADDR_TEXT_MAX 46

/* Enough for any device's name (IFNAMSIZ) or number, with its terminating 0. */
#define TTR_SCOPE_MAX 16

enum ttr_addr_outcome {
	TTR_ADDR_NO = 1,    /* not an address; perhaps a name */
	TTR_ADDR_BAD_SCOPE, /* an IPv6 address with % and then nothing, or more than fits a device's
			       name */
	TTR_ADDR_NO_DEVICE, /* no device has that name or number */
};

/*
 * Text to address. IPv6 may stand in brackets and may end in %scope (RFC 4007 section 11, inside
 * the brackets), which is copied to scope ("" if there is none) and not looked at any further. An
 * IPv4-mapped address stays IPv6 (see ttr_addr_unmap()). 0, TTR_ADDR_NO, TTR_ADDR_BAD_SCOPE; addr
 * and scope are only written with 0.
 */
int ttr_addr_parse(struct ttr_addr *addr, char scope[static TTR_SCOPE_MAX], const char *text);

/* Address to text, IPv6 as RFC 5952; NONE becomes "". Returns text. */
const char *ttr_addr_format(char text[static TTR_ADDR_TEXT_MAX], const struct ttr_addr *addr);

/* A device's index from its name or, if none has that name, from its number. 0,
 * TTR_ADDR_NO_DEVICE, or a negative errno. */
int ttr_scope_index(unsigned int *index, const char *scope);

/* Writes addr, port (host byte order) and scope (a device's index, IPv6 only; 0: none) to storage.
 * Returns the length for bind() or sendto(); 0 for NONE. */
socklen_t ttr_addr_to_socket(struct sockaddr_storage *storage, const struct ttr_addr *addr,
			     uint16_t port, unsigned int scope);

/* The address of an AF_INET or AF_INET6 socket address; NONE for any other family. */
struct ttr_addr ttr_addr_from_socket(const struct sockaddr *from);

/* From the 4 or 16 bytes, in network byte order, of an in_addr or in6_addr. */
struct ttr_addr ttr_addr_from_bytes(enum ttr_family family, const void *bytes);

#endif
