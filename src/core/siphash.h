/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4: a short keyed hash that cannot be told from random without its key.
 *
 * J.-P. Aumasson, D. J. Bernstein: "SipHash: a fast short-input PRF", 2012. With a key from the
 * kernel's generator it makes numbers that hosts off the path cannot guess (RFC 6528 section 3),
 * and makes the same ones again when they come back, so that nothing has to be remembered.
 */
#ifndef TTR_CORE_SIPHASH_H
#define TTR_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define TTR_SIPHASH_KEY_BYTES 16

struct ttr_siphash_key {
	uint64_t low; /* the first eight bytes, the first one lowest */
	uint64_t high;
};

struct ttr_siphash_key ttr_siphash_key(const uint8_t bytes[TTR_SIPHASH_KEY_BYTES]);

uint64_t ttr_siphash(const struct ttr_siphash_key *key, const uint8_t *data, size_t length);

#endif
