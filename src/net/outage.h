/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A part of the session: the device, the source address or the route goes away under a trace.
 *
 * Then nothing is sent and nobody's time is over until it comes back; what was in flight is asked
 * again. Waiting for it ends after the time that a probe waits for its answer, or with --max-time
 * where that is given; then what is known is given out, and what is not known is not called lost.
 */
#ifndef TTR_NET_OUTAGE_H
#define TTR_NET_OUTAGE_H

#include "net/session_state.h"

/* Begins to watch. Without it (no netlink, no memory) a trace goes on as if nothing ever went away.
 */
void ttr_outage_begin(struct ttr_session *session);

/* Looks how it is, and pauses or goes on. True if the session is paused afterwards. */
bool ttr_outage_check(struct ttr_session *session);

/* The wait for it is over. */
void ttr_outage_give_up(struct ttr_session *session);

void ttr_outage_end(struct ttr_session *session);

#endif
