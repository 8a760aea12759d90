/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which source address the kernel would take to a target: a question for each of many targets.
 *
 * A UDP socket is connected, asked, and disconnected; nothing is sent. That is one look at the
 * kernel's routes and costs some microseconds, where rtnetlink (route.h) says more and costs more.
 */
#ifndef TTR_NET_ORIGIN_H
#define TTR_NET_ORIGIN_H

#include "tcptraceroute/session.h"

struct ttr_origin {
	int fds[2]; /* IPv4, IPv6; -1: the machine has none */
};

/* With ifindex not 0 by that device only. 0 or a negative errno. */
int ttr_origin_init(struct ttr_origin *origin, unsigned int ifindex);
void ttr_origin_fini(struct ttr_origin *origin);

/*
 * 0, or a negative errno and problem: TTR_PROBLEM_NO_ROUTE (ENETUNREACH, EHOSTUNREACH, EACCES...),
 * or TTR_PROBLEM_HOST_UNUSABLE for the broadcast address of a network of ours.
 */
int ttr_origin_find(struct ttr_origin *origin, const struct ttr_addr *target,
		    struct ttr_addr *source, struct ttr_problem *problem);

#endif
