/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/number.h"

#include "tcptraceroute/clock.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads the digits at *text and goes past them. */
static int64_t read_digits(const char **text)
{
	int64_t number = 0;

	for (; is_digit(**text); (*text)++) {
		number = number * 10 + (**text - '0');
		if (number > TTR_NUMBER_MAX)
			number = TTR_NUMBER_MAX;
	}
	return number;
}

/* The same behind a decimal point: nanoseconds. */
static int64_t read_decimals(const char **text)
{
	int64_t unit = TTR_NS_PER_S / 10, ns = 0;

	for (; is_digit(**text); (*text)++) {
		ns += (**text - '0') * unit;
		unit /= 10;
	}
	return ns;
}

bool ttr_number_read(int64_t *number, const char *text)
{
	if (!is_digit(*text))
		return false;
	*number = read_digits(&text);
	return !*text;
}

bool ttr_number_read_seconds(int64_t *ns, const char *text)
{
	bool digits = is_digit(text[0]) || (text[0] == '.' && is_digit(text[1]));
	int64_t seconds = read_digits(&text);

	if (seconds > TTR_NUMBER_MAX / TTR_NS_PER_S)
		seconds = TTR_NUMBER_MAX / TTR_NS_PER_S;
	*ns = seconds * TTR_NS_PER_S;
	if (*text == '.') {
		text++;
		*ns += read_decimals(&text);
	}
	return digits && !*text;
}
