/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes without privilege: each is a connection attempt with a small time to live, and the kernel
 * tells its socket what became of it (errqueue.h).
 *
 * One socket per probe, so that whose answer it is needs no guess. The kernel draws the source
 * ports: each probe is a flow of its own. A socket is closed, with a reset if it got a connection,
 * as soon as it is answered, and TTR_CONNECTOR_LIFE_NS after it was sent: a second later the kernel
 * would send its SYN again, which nobody asked for (RFC 6298 section 2).
 *
 * Times: ICMP errors have the kernel's stamp; a SYN/ACK's is how long the kernel itself says it
 * took (TCP_INFO); a reset has none, so it is when it was read.
 */
#ifndef TTR_NET_CONNECTOR_H
#define TTR_NET_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/reply.h"
#include "tcptraceroute/session.h"

struct ttr_connection_plan;
struct ttr_connector;
struct ttr_loop;

/* Nothing answers a probe later than that; a tenth of a second is left to close it in time. */
#define TTR_CONNECTOR_LIFE_NS (900 * TTR_NS_PER_MS)

/* So many at once at the most, whatever the limit on descriptors is. */
#define TTR_CONNECTOR_SOCKETS_MAX 4032

/* Called from inside the loop; ttr_connector_send() and ttr_connector_stop() may be called from
 * `ready`. */
struct ttr_connector_handler {
	/* This probe was answered. Its socket is closed already. */
	void (*answer)(void *context, uint32_t probe, const struct ttr_reply *reply);
	/* Its SYN went out so often more: this process was not let run in time. */
	void (*resent)(void *context, uint32_t probe, unsigned int times);
	/* All answers of one wake were told, or there is room again after -EAGAIN. */
	void (*ready)(void *context);
};

/*
 * For probes with numbers below `probes`. plan is copied, with its route; loop and handler must
 * outlive the connector, which is freed with ttr_connector_free(). Needs no privilege. 0, or a
 * negative errno, and problem says why: TTR_PROBLEM_NO_ERROR_QUEUE (a kernel before Linux 5.9,
 * which does not tell TCP sockets about routers), TTR_PROBLEM_SOCKET, TTR_PROBLEM_SOURCE_FOREIGN,
 * TTR_PROBLEM_MEMORY.
 */
int ttr_connector_new(struct ttr_connector **connector, struct ttr_loop *loop,
		      const struct ttr_connection_plan *plan, uint32_t probes,
		      const struct ttr_connector_handler *handler, void *context,
		      struct ttr_problem *problem);
void ttr_connector_free(struct ttr_connector *connector);

/*
 * Sends one probe and waits for what becomes of it; a probe is sent once. at: the moment before it
 * went to the kernel. 0, or nothing was sent:
 *	-EAGAIN		no room: too many are out, or were sent in this turn of the loop; `ready`
 *			follows
 *	-ENOBUFS	no descriptors or no memory, and none of ours to wait for
 *	-EADDRNOTAVAIL	the source address is gone
 *	-EPERM		forbidden by this machine
 *	-ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -ENETDOWN, -ENODEV
 *			no route, or no device
 * and whatever else the kernel says. What the local firewall drops is not seen: it looks like
 * silence.
 */
int ttr_connector_send(struct ttr_connector *connector, uint32_t probe, uint16_t port, uint8_t ttl,
		       struct ttr_mono *at);

/* Looks whether this probe's answer is there already, before its time is declared over. */
void ttr_connector_look(struct ttr_connector *connector, uint32_t probe);

/* Closes all sockets: no answer is waited for any more. */
void ttr_connector_stop(struct ttr_connector *connector);

#endif
