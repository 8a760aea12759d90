/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/settings.h"

void ttr_settings_init(struct ttr_settings *settings)
{
	*settings = (struct ttr_settings){
		.first_ttl = 1,
		.max_ttl = 30,
		.queries = 3,
		.flags = TTR_TCP_SYN,
		.style = TTR_SYN_LINUX,
		.isn = TTR_ISN_SAME,
		.dnat = TTR_DNAT_ACCEPT,
		.names = TTR_NAMES_PUBLIC,
		.dns_wait_ns = TTR_DNS_WAIT_DEFAULT_NS,
		.kernel_filter = true,
	};
}
