/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extensions of ICMP errors: RFC 4884 and the objects of RFC 4950 (MPLS) and RFC 5837 (interface).
 */
#ifndef PS_EXTENSION_H
#define PS_EXTENSION_H

#include <stddef.h>
#include <stdint.h>

#include "pathsim_network.h"

#define PS_EXTENSION_SIZE 256
#define PS_EXTENSION_QUOTE 128 /* what is quoted in front of one at least, RFC 4884 section 4.6 */

/* Writes at most PS_EXTENSION_SIZE bytes, with header and checksum; returns how many, 0: the node
 * has no extensions. */
size_t ps_extension_write(const struct pathsim_extensions *extensions, uint8_t *out);

#endif
