/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/hostname.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* What a shell of the user's locale shows best as what it is comes first: a foreign letter is not
 * a mistyped one. */
static int check_characters(const char *name)
{
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at > 127)
			return TTR_RESOLVER_NAME_FOREIGN;
	if (name[strspn(name, LETTERS DIGITS "-_.")])
		return TTR_RESOLVER_NAME_CHARACTER;
	return 0;
}

static int check_labels(const char *name, size_t length)
{
	size_t at = 0;

	while (at <= length) {
		const size_t label = strcspn(name + at, ".");

		if (!label || label > TTR_HOSTNAME_LABEL_MAX)
			return TTR_RESOLVER_NAME_LABEL;
		at += label + 1;
	}
	return 0;
}

static bool looks_like_ipv4(const char *name)
{
	unsigned int dots = 0;

	if (name[strspn(name, DIGITS ".")])
		return false;
	for (; *name; name++)
		dots += *name == '.';
	return dots == 3;
}

int ttr_hostname_check(const char *name)
{
	size_t length = strlen(name);
	int outcome;

	if (length && name[length - 1] == '.')
		length--;
	if (!length)
		return TTR_RESOLVER_NAME_EMPTY;
	if (length > TTR_HOSTNAME_MAX)
		return TTR_RESOLVER_NAME_LONG;
	outcome = check_characters(name);
	if (!outcome)
		outcome = check_labels(name, length);
	if (!outcome && looks_like_ipv4(name))
		outcome = TTR_RESOLVER_NO_NAME;
	return outcome;
}
