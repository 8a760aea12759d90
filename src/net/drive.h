/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine that a session has, whichever of the two it is: engine.h's for the paths of all ports,
 * locate.h's for their states and places. Inputs and actions mean the same in both.
 */
#ifndef TTR_NET_DRIVE_H
#define TTR_NET_DRIVE_H

#include "tcptraceroute/engine.h"
#include "tcptraceroute/locate.h"

/* At most one is not NULL. */
struct ttr_drive {
	struct ttr_engine *engine;
	struct ttr_locate *locate;
};

bool ttr_drive_exists(const struct ttr_drive *drive);
void ttr_drive_free(struct ttr_drive *drive); /* both are NULL then */

/* All others: one of them must be there. */
size_t ttr_drive_probe_limit(const struct ttr_drive *drive);
size_t ttr_drive_in_flight(const struct ttr_drive *drive);
const struct ttr_grid *ttr_drive_grid(const struct ttr_drive *drive);
struct ttr_segment ttr_drive_segment(const struct ttr_drive *drive, uint32_t probe);

void ttr_drive_start(struct ttr_drive *drive, struct ttr_mono now);
void ttr_drive_sent(struct ttr_drive *drive, uint32_t probe, struct ttr_mono at);
void ttr_drive_unsent(struct ttr_drive *drive, uint32_t probe);
void ttr_drive_send_failed(struct ttr_drive *drive, uint32_t probe, int error);
void ttr_drive_reply(struct ttr_drive *drive, const struct ttr_reply *reply);
void ttr_drive_timeout(struct ttr_drive *drive, uint32_t probe, struct ttr_mono now);
void ttr_drive_wake(struct ttr_drive *drive, struct ttr_mono now);
void ttr_drive_resume(struct ttr_drive *drive, struct ttr_mono now);
void ttr_drive_stop(struct ttr_drive *drive, struct ttr_mono now, bool with_timeouts);
bool ttr_drive_next(struct ttr_drive *drive, bool can_send, struct ttr_action *action);

#endif
