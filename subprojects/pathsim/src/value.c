/* SPDX-License-Identifier: BSD-2-Clause */
#include "value.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define LONGEST_S 1000

const char *const ps_stack_words[PATHSIM_STACKS] = {
	[PATHSIM_STACK_LINUX] = "linux",     [PATHSIM_STACK_SYNCOOKIES] = "syncookies",
	[PATHSIM_STACK_BSD] = "bsd",         [PATHSIM_STACK_MUTE] = "mute",
	[PATHSIM_STACK_BAREACK] = "bareack", [PATHSIM_STACK_NOACKRST] = "noackrst",
};

const char *const ps_firewall_words[PATHSIM_FIREWALL_ACTIONS] = {
	[PATHSIM_FIREWALL_DROP] = "drop",
	[PATHSIM_FIREWALL_REJECT] = "reject",
	[PATHSIM_FIREWALL_RESET] = "reset",
	[PATHSIM_FIREWALL_SYNPROXY] = "synproxy",
};

const char *const ps_interface_roles[4] = {"incoming", "sub", "outgoing", "next-hop"};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to the first other character, which *end is set to. */
static bool read_digits(const char *word, const char **end, uint64_t *value)
{
	*value = 0;
	for (*end = word; is_digit(**end); (*end)++) {
		uint64_t digit = (uint64_t)(**end - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return *end != word;
}

bool ps_value_number(const char *word, uint64_t least, uint64_t most, uint64_t *value)
{
	const char *end;

	return read_digits(word, &end, value) && *end == '\0' && *value >= least && *value <= most;
}

bool ps_value_range(const char *word, uint64_t least, uint64_t most, uint64_t *first,
		    uint64_t *last)
{
	const char *end;

	if (!read_digits(word, &end, first))
		return false;
	*last = *first;
	if (*end == '-' && !read_digits(end + 1, &end, last))
		return false;
	return *end == '\0' && *first >= least && *first <= *last && *last <= most;
}

/* A decimal number times `unit`, a power of ten that has all the decimals. */
static bool scale(const char *word, const char *unit_word, uint64_t unit, uint64_t most,
		  uint64_t *value)
{
	const char *end;
	uint64_t step = unit;

	if (!read_digits(word, &end, value) || *value > most)
		return false;
	*value *= unit;
	if (*end == '.') {
		if (!is_digit(*++end))
			return false;
		for (; is_digit(*end); end++) {
			step /= 10;
			if (step == 0 && *end != '0')
				return false;
			*value += step * (uint64_t)(*end - '0');
		}
	}
	return strcmp(end, unit_word) == 0;
}

bool ps_value_duration(const char *word, uint64_t *ns)
{
	static const struct {
		const char *word;
		uint64_t ns;
	} units[] = {
		{"ns", 1},
		{"us", 1000},
		{"ms", 1000000},
		{"s", NS_PER_S},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (scale(word, units[i].word, units[i].ns, LONGEST_S * (NS_PER_S / units[i].ns),
			  ns))
			return *ns <= LONGEST_S * NS_PER_S;
	return false;
}

bool ps_value_rate(const char *word, uint16_t *count, uint64_t *per_ns)
{
	const char *end;
	char one[4] = "1";
	uint64_t number;

	if (!read_digits(word, &end, &number) || number == 0 || number > 65535 || *end++ != '/')
		return false;
	*count = (uint16_t)number;
	if (!is_digit(*end)) {
		if (*end == '\0' || strlen(end) >= sizeof(one) - 1)
			return false;
		strcpy(one + 1, end);
		end = one;
	}
	return ps_value_duration(end, per_ns) && *per_ns > 65535;
}

bool ps_value_percent(const char *word, uint32_t *ppm)
{
	uint64_t value;

	if (!scale(word, "%", 10000, 100, &value) || value > 1000000)
		return false;
	*ppm = (uint32_t)value;
	return true;
}

bool ps_value_addr(const char *word, struct pathsim_addr *addr)
{
	*addr = (struct pathsim_addr){.family = 4};
	if (inet_pton(AF_INET, word, addr->bytes) == 1)
		return true;
	addr->family = 6;
	if (inet_pton(AF_INET6, word, addr->bytes) == 1)
		return true;
	*addr = (struct pathsim_addr){0};
	return false;
}

bool ps_value_endpoint(const char *word, struct pathsim_addr *addr, uint16_t *port)
{
	char host[INET6_ADDRSTRLEN];
	const char *begin = word, *end;
	uint64_t number;

	*port = 0;
	if (ps_value_addr(word, addr))
		return true;
	if (*word == '[') {
		begin = word + 1;
		end = strchr(begin, ']');
		if (end == NULL || end[1] != ':')
			return false;
	} else {
		end = strchr(word, ':');
		if (end == NULL)
			return false;
	}
	if ((size_t)(end - begin) >= sizeof(host))
		return false;
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	if (!ps_value_addr(host, addr) || (addr->family == 6) != (*word == '['))
		return false;
	if (!ps_value_number(end + (*word == '[' ? 2 : 1), 1, 65535, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}
