/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cursor.h"

#include <stddef.h>

struct ttr_cursor ttr_cursor_over(const uint8_t *bytes, unsigned int count)
{
	return (struct ttr_cursor){.bytes = bytes, .size = count};
}

unsigned int ttr_cursor_left(const struct ttr_cursor *cursor)
{
	return cursor->failed ? 0 : cursor->size - cursor->at;
}

void ttr_cursor_limit(struct ttr_cursor *cursor, unsigned int count)
{
	if (count < cursor->size - cursor->at)
		cursor->size = cursor->at + count;
}

void ttr_cursor_seek(struct ttr_cursor *cursor, unsigned int at)
{
	if (at > cursor->size)
		cursor->failed = true;
	else
		cursor->at = at;
}

const uint8_t *ttr_cursor_take(struct ttr_cursor *cursor, unsigned int count)
{
	unsigned int from = cursor->at;

	if (cursor->failed || count > cursor->size - from) {
		cursor->failed = true;
		return NULL;
	}
	cursor->at += count;
	return cursor->bytes + from;
}

uint8_t ttr_cursor_u8(struct ttr_cursor *cursor)
{
	const uint8_t *b = ttr_cursor_take(cursor, 1);

	return b ? b[0] : 0;
}

uint16_t ttr_cursor_be16(struct ttr_cursor *cursor)
{
	const uint8_t *b = ttr_cursor_take(cursor, 2);

	if (!b)
		return 0;
	return (uint16_t)(b[0] << 8 | b[1]);
}

uint32_t ttr_cursor_be32(struct ttr_cursor *cursor)
{
	const uint8_t *b = ttr_cursor_take(cursor, 4);

	if (!b)
		return 0;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
