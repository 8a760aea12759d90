/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <arpa/inet.h>
#include <string.h>

static void add_bytes(struct ps_text *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++, text->len++)
		if (text->len + 1 < text->size)
			text->bytes[text->len] = bytes[i];
	if (text->size > 0)
		text->bytes[text->len < text->size ? text->len : text->size - 1] = '\0';
}

void ps_text_add(struct ps_text *text, const char *word)
{
	add_bytes(text, word, strlen(word));
}

void ps_text_number(struct ps_text *text, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	add_bytes(text, digits + at, sizeof(digits) - at);
}

void ps_text_decimal(struct ps_text *text, uint64_t number, uint64_t unit)
{
	uint64_t rest = number % unit;

	ps_text_number(text, number / unit);
	if (rest > 0)
		ps_text_add(text, ".");
	while (rest > 0) {
		unit /= 10;
		ps_text_number(text, rest / unit);
		rest %= unit;
	}
}

void ps_text_addr(struct ps_text *text, const struct pathsim_addr *addr)
{
	char word[INET6_ADDRSTRLEN];

	if (inet_ntop(addr->family == 6 ? AF_INET6 : AF_INET, addr->bytes, word, sizeof(word)) !=
	    NULL)
		ps_text_add(text, word);
}
