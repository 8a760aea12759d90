/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A place for a packet whose last byte is the last one of a page, with a page behind it that cannot
 * be read: reading too far ends the process, also without a sanitizer, and costs nothing.
 */
#ifndef TESTS_FUZZ_GUARD_H
#define TESTS_FUZZ_GUARD_H

#include <stddef.h>
#include <stdint.h>

#define GUARD_ROOM 65536

struct guard {
	uint8_t *end; /* of what can be read */
};

void guard_init(struct guard *guard);

/* Room for size bytes that ends there; at most GUARD_ROOM. */
uint8_t *guard_room(const struct guard *guard, size_t size);

/* The same, filled from data. */
uint8_t *guard_copy(const struct guard *guard, const uint8_t *data, size_t size);

#endif
