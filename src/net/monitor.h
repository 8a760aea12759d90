/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches what a trace runs over: its device, its source address and its route.
 *
 * The kernel says over rtnetlink(7) that something changed, whatever it is; then three questions
 * tell what it means for this trace. Needs no privilege.
 */
#ifndef TTR_NET_MONITOR_H
#define TTR_NET_MONITOR_H

#include <stdbool.h>

#include "net/route.h"

struct ttr_loop;
struct ttr_monitor;

enum ttr_monitor_state {
	TTR_MONITOR_FINE,
	TTR_MONITOR_DEVICE_DOWN,
	TTR_MONITOR_DEVICE_GONE, /* for good: another one of the same name is another one */
	TTR_MONITOR_SOURCE_LOST, /* the source address is not this machine's any more */
	TTR_MONITOR_NO_ROUTE,
};

/*
 * As the route is now, so it should stay. connection: packets go as TCP connections, not as raw
 * packets; uid: of whom, rules may look at it. changed() is called from inside the loop, some
 * milliseconds after the kernel said something, at most a hundred times a second. 0 or a negative
 * errno. Free with ttr_monitor_free().
 */
int ttr_monitor_new(struct ttr_monitor **monitor, struct ttr_loop *loop,
		    const struct ttr_route *route, const struct ttr_addr *target, bool connection,
		    uint32_t uid, void (*changed)(void *context), void *context);
void ttr_monitor_free(struct ttr_monitor *monitor);

/* How it is now; error: why there is no route (positive errno). moved, if it is FINE: packets take
 * another device or gateway than at first. */
enum ttr_monitor_state ttr_monitor_check(struct ttr_monitor *monitor, int *error, bool *moved);

#endif
