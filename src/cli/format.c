/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/probe.h"

#define ICMP6_UNREACHABLE 1

const struct ttr_flag_name ttr_flag_names[TTR_FLAG_COUNT] = {
	{TTR_TCP_RST, "RST"}, {TTR_TCP_SYN, "SYN"}, {TTR_TCP_ACK, "ACK"}, {TTR_TCP_PSH, "PSH"},
	{TTR_TCP_FIN, "FIN"}, {TTR_TCP_URG, "URG"}, {TTR_TCP_CWR, "CWR"}, {TTR_TCP_ECE, "ECN"},
};

static char icmp_letter(uint8_t code)
{
	static const char letters[] = {
		[0] = 'N', [1] = 'H', [2] = 'P', [3] = 'p',  [4] = 'F',  [5] = 'S',  [6] = 'U',
		[7] = 'U', [8] = 'I', [9] = 'A', [10] = 'C', [11] = 'T', [12] = 'T', [13] = 'A',
	};

	return code < sizeof(letters) ? letters[code] : '\0';
}

static char icmp6_letter(uint8_t type, uint8_t code)
{
	static const char letters[] = {'N', 'A', 'S', 'H', 'p', 'A', 'A'};

	if (type != ICMP6_UNREACHABLE)
		return 'F';
	return code < sizeof(letters) ? letters[code] : '\0';
}

void ttr_format_mark(char mark[TTR_MARK_MAX], const struct ttr_cell *cell)
{
	const char letter = cell->address.family == TTR_FAMILY_IPV6
				    ? icmp6_letter(cell->icmp_type, cell->icmp_code)
				    : icmp_letter(cell->icmp_code);

	if (letter)
		snprintf(mark, TTR_MARK_MAX, "!%c", letter);
	else
		snprintf(mark, TTR_MARK_MAX, "!<%u>", cell->icmp_code);
}

static void list_flags(char state[TTR_STATE_MAX], uint8_t tcp_flags)
{
	size_t length = (size_t)snprintf(state, TTR_STATE_MAX, "unknown,");

	for (size_t i = 0; i < TTR_FLAG_COUNT; i++)
		if (tcp_flags & ttr_flag_names[i].flag)
			length += (size_t)snprintf(state + length, TTR_STATE_MAX - length, " %s",
						   ttr_flag_names[i].word);
	if (!tcp_flags)
		snprintf(state + length, TTR_STATE_MAX - length, " no flags");
}

void ttr_format_state(char state[TTR_STATE_MAX], uint8_t tcp_flags)
{
	const uint8_t opened = TTR_TCP_SYN | TTR_TCP_ACK;

	if (tcp_flags & TTR_TCP_RST)
		snprintf(state, TTR_STATE_MAX, "closed");
	else if ((tcp_flags & opened) == opened)
		snprintf(state, TTR_STATE_MAX, tcp_flags & TTR_TCP_ECE ? "open, ecn" : "open");
	else
		list_flags(state, tcp_flags);
}

const char *ttr_format_port_state(enum ttr_port_state state)
{
	static const char *const words[] = {
		[TTR_PORT_UNKNOWN] = "unknown",   [TTR_PORT_OPEN] = "open",
		[TTR_PORT_CLOSED] = "closed",     [TTR_PORT_UNREACHABLE] = "unreachable",
		[TTR_PORT_FILTERED] = "filtered",
	};

	return words[state];
}

const char *ttr_format_reply(enum ttr_answer answer)
{
	static const char *const words[] = {
		[TTR_ANSWER_NONE] = "none",
		[TTR_ANSWER_TIME_EXCEEDED] = "time-exceeded",
		[TTR_ANSWER_UNREACHABLE] = "unreachable",
		[TTR_ANSWER_SYN_ACK] = "syn-ack",
		[TTR_ANSWER_RST] = "rst",
		[TTR_ANSWER_TCP] = "tcp",
	};

	return words[answer];
}

void ttr_format_ms(char ms[TTR_MS_MAX], int64_t ns)
{
	const int64_t us = (ns + TTR_NS_PER_US / 2) / TTR_NS_PER_US;

	snprintf(ms, TTR_MS_MAX, "%" PRId64 ".%03" PRId64, us / 1000, us % 1000);
}

void ttr_format_short_ms(char ms[TTR_MS_MAX], int64_t ns)
{
	const int64_t us = (ns + TTR_NS_PER_US / 2) / TTR_NS_PER_US;

	if (us < 1000)
		snprintf(ms, TTR_MS_MAX, "0.%03" PRId64, us);
	else if (us < 9995)
		snprintf(ms, TTR_MS_MAX, "%" PRId64 ".%02" PRId64, (us + 5) / 1000,
			 (us + 5) % 1000 / 10);
	else if (us < 99950)
		snprintf(ms, TTR_MS_MAX, "%" PRId64 ".%" PRId64, (us + 50) / 1000,
			 (us + 50) % 1000 / 100);
	else
		snprintf(ms, TTR_MS_MAX, "%" PRId64, (us + 500) / 1000);
}
