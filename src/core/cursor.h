/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader over bytes that came from outside, which cannot run past their end.
 *
 * All decoders read through it and nothing else. A read that does not fit gives 0, moves nothing
 * and marks the cursor as failed; all later reads give 0 too. So a decoder reads a whole header and
 * asks once, at its end, whether all of it was there. Copies are independent of each other; the
 * bytes belong to the caller and must outlive them.
 */
#ifndef CORE_CURSOR_H
#define CORE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

struct ttr_cursor {
	const uint8_t *bytes;
	unsigned int size; /* of what may be read, from bytes on */
	unsigned int at;   /* the next byte; never above size */
	bool failed;       /* something was asked for that is not there */
};

/* At the first of count bytes; bytes may be NULL if count is 0. */
struct ttr_cursor ttr_cursor_over(const uint8_t *bytes, unsigned int count);

/* How many bytes can still be read; 0 once failed. */
unsigned int ttr_cursor_left(const struct ttr_cursor *cursor);

/* At most count bytes can be read from here on; more than there are changes nothing. */
void ttr_cursor_limit(struct ttr_cursor *cursor, unsigned int count);

/* On from byte number at, backwards too; fails if that is beyond the end. */
void ttr_cursor_seek(struct ttr_cursor *cursor, unsigned int at);

/* The next count bytes, which stay where they are; NULL if there are not that many. */
const uint8_t *ttr_cursor_take(struct ttr_cursor *cursor, unsigned int count);

/* One number, from network byte order to the host's. */
uint8_t ttr_cursor_u8(struct ttr_cursor *cursor);
uint16_t ttr_cursor_be16(struct ttr_cursor *cursor);
uint32_t ttr_cursor_be32(struct ttr_cursor *cursor);

#endif
