/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/escape.h"

#include <stdint.h>
#include <string.h>

struct character {
	uint32_t code;
	unsigned int size; /* 0: not UTF-8 */
};

/* Bytes after the first one that its upper bits announce; 4: none of the kind. */
static unsigned int continuation(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return 4;
}

/* The final 0 is no continuation, so that reading stops there. */
static struct character decode(const char *text)
{
	static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
	const uint8_t *bytes = (const uint8_t *)text;
	const unsigned int more = continuation(bytes[0]);
	uint32_t code;

	if (more > 3)
		return (struct character){.size = 0};
	code = more ? bytes[0] & (0x3fu >> more) : bytes[0];
	for (unsigned int i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return (struct character){.size = 0};
		code = code << 6 | (bytes[i] & 0x3fu);
	}
	if (code < smallest[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return (struct character){.size = 0};
	return (struct character){.code = code, .size = more + 1};
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

static bool moves_others(uint32_t code)
{
	return code == 0x061c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xfeff;
}

/* "\\xNN" or "\\uNNNN". */
static void write_code(char shown[8], char kind, uint32_t code, unsigned int digits)
{
	shown[0] = '\\';
	shown[1] = kind;
	for (unsigned int i = 0; i < digits; i++)
		shown[2 + i] = "0123456789abcdef"[code >> 4 * (digits - 1 - i) & 0xf];
	shown[2 + digits] = '\0';
}

/* Writes one character, escaped if need be; returns how many bytes of text it was. */
static unsigned int escape_one(char shown[8], const char *text)
{
	const struct character c = decode(text);

	if (!c.size || is_control(c.code)) {
		write_code(shown, 'x', c.size ? c.code : (uint8_t)text[0], 2);
		return c.size ? c.size : 1;
	}
	if (moves_others(c.code)) {
		write_code(shown, 'u', c.code, 4);
		return c.size;
	}
	memcpy(shown, text, c.size);
	shown[c.size] = '\0';
	return c.size;
}

void ttr_escape(struct ttr_buffer *out, const char *text, size_t limit)
{
	const size_t start = out->length;

	while (*text) {
		char shown[8];
		const unsigned int size = escape_one(shown, text);

		if (out->failed)
			return;
		if (out->length - start + strlen(shown) > limit) {
			ttr_buffer_put(out, "...");
			return;
		}
		ttr_buffer_put(out, shown);
		text += size;
	}
}
