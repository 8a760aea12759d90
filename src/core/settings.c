/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/settings.h"

void ttr_settings_init(struct ttr_settings *settings)
{
	*settings = (struct ttr_settings){
		.first_ttl = 1,
		.max_ttl = 30,
		.queries = 3,
		.retries = TTR_RETRIES_MAX,
		.flags = TTR_TCP_SYN,
		.style = TTR_SYN_LINUX,
		.isn = TTR_ISN_SAME,
		.dnat = TTR_DNAT_ACCEPT,
		.names = TTR_NAMES_PUBLIC,
		.dns_wait_ns = TTR_DNS_WAIT_DEFAULT_NS,
		.kernel_filter = true,
	};
}

enum ttr_raw_need ttr_settings_raw_need(const struct ttr_settings *settings, enum ttr_family family)
{
	if (settings->flags & TTR_TCP_ACK)
		return TTR_RAW_NEED_ACK;
	if (settings->flags & (TTR_TCP_ECE | TTR_TCP_CWR))
		return TTR_RAW_NEED_ECN;
	if (settings->style != TTR_SYN_LINUX)
		return TTR_RAW_NEED_STYLE;
	if (settings->isn != TTR_ISN_SAME)
		return TTR_RAW_NEED_ISN;
	if (settings->length > ttr_segment_min_length(family, settings->flags, settings->style))
		return TTR_RAW_NEED_LENGTH;
	if (settings->tos & 0x03) /* RFC 3168 section 5 */
		return TTR_RAW_NEED_TOS;
	if (settings->source_port)
		return TTR_RAW_NEED_PORT;
	if (settings->dnat != TTR_DNAT_ACCEPT)
		return TTR_RAW_NEED_DNAT;
	if (settings->locate)
		return TTR_RAW_NEED_LOCATE;
	return settings->quotes ? TTR_RAW_NEED_QUOTES : TTR_RAW_NEED_NONE;
}
