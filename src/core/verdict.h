/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging ports; the contract is tcptraceroute/verdict.h. */
#ifndef TTR_CORE_VERDICT_H
#define TTR_CORE_VERDICT_H

#include "tcptraceroute/verdict.h"

/* How many routers an answer passed that arrived with this TTL: hosts and routers begin at 32, 64,
 * 128 or 255. 0: the TTL is unknown, as it is without raw sockets. */
int ttr_verdict_way_back(uint8_t reply_ttl);

#endif
