/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum, RFC 1071; adjusting one, RFC 1624. */
#ifndef PS_CHECKSUM_H
#define PS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "pathsim_network.h"

/* Over these bytes alone. 0 if they hold a right checksum. */
uint16_t ps_checksum(const uint8_t *bytes, size_t len);

/* Over a transport segment and its pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1). */
uint16_t ps_checksum_segment(const struct pathsim_addr *source, const struct pathsim_addr *dest,
			     uint8_t protocol, const uint8_t *segment, size_t len);

/* The checksum after `len` bytes it covers, an even count, were replaced. */
uint16_t ps_checksum_adjust(uint16_t checksum, const uint8_t *before, const uint8_t *after,
			    size_t len);

#endif
