/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum: the complement of the one's complement sum of 16-bit words (RFC 1071).
 *
 * A sum is carried in 32 bits, which has room for 64 KiB of data and a pseudo header; it is folded
 * at the end.
 */
#ifndef CORE_CHECKSUM_H
#define CORE_CHECKSUM_H

#include <stdint.h>

#include "tcptraceroute/address.h"

/* sum with these bytes added. Only the last piece may have an odd count: it is filled up with a
 * zero (RFC 1071 section 4.1). */
uint32_t ttr_checksum_add(uint32_t sum, const uint8_t *bytes, unsigned int count);

/* Where the sum of TCP (RFC 9293 section 3.1) or ICMPv6 (RFC 8200 section 8.1) starts: addresses,
 * protocol and the length in bytes of what follows the IP header. Both addresses are of one family.
 */
uint32_t ttr_checksum_pseudo(const struct ttr_addr *source, const struct ttr_addr *target,
			     uint8_t protocol, uint32_t length);

/* The checksum, in host byte order. Over data that contains its own checksum it is 0 if that is
 * right. */
uint16_t ttr_checksum_finish(uint32_t sum);

#endif
