/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/fields.h"

#include <stdio.h>

#define LAST_BIT 31 /* of all kinds above 30 */

const char *ttr_field_name(enum ttr_field field)
{
	static const char *const names[TTR_FIELD_COUNT] = {
		[TTR_FIELD_IP_TOS] = "ip.tos",
		[TTR_FIELD_IP_ECN] = "ip.ecn",
		[TTR_FIELD_IP_ID] = "ip.id",
		[TTR_FIELD_IP_TTL] = "ip.ttl",
		[TTR_FIELD_IP_SRC] = "ip.src",
		[TTR_FIELD_IP_DST] = "ip.dst",
		[TTR_FIELD_TCP_SPORT] = "tcp.sport",
		[TTR_FIELD_TCP_DPORT] = "tcp.dport",
		[TTR_FIELD_TCP_SEQ] = "tcp.seq",
		[TTR_FIELD_TCP_ACK] = "tcp.ack",
		[TTR_FIELD_TCP_FLAGS] = "tcp.flags",
		[TTR_FIELD_TCP_WINDOW] = "tcp.window",
		[TTR_FIELD_TCP_OPTIONS] = "tcp.options",
		[TTR_FIELD_TCP_MSS] = "tcp.mss",
		[TTR_FIELD_TCP_SCALE] = "tcp.wscale",
		[TTR_FIELD_TCP_TSVAL] = "tcp.tsval",
	};

	return names[field];
}

void ttr_field_option(char name[TTR_OPTION_NAME_MAX], unsigned int bit)
{
	/* Kinds of RFC 9293 section 3.2, RFC 7323, RFC 2018. */
	static const char *const names[] = {
		[2] = "mss",
		[3] = "wscale",
		[4] = "sack",
		[8] = "timestamps",
	};

	if (bit < sizeof(names) / sizeof(names[0]) && names[bit])
		snprintf(name, TTR_OPTION_NAME_MAX, "%s", names[bit]);
	else if (bit < LAST_BIT)
		snprintf(name, TTR_OPTION_NAME_MAX, "kind-%u", bit);
	else
		snprintf(name, TTR_OPTION_NAME_MAX, "others");
}
