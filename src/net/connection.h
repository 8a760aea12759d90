/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One probe as a connection attempt: a TCP socket, and what the kernel tells it.
 *
 * Nothing here is kept: descriptors are the caller's, and closing one ends its attempt, with a
 * reset if there is a connection.
 */
#ifndef TTR_NET_CONNECTION_H
#define TTR_NET_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "net/clock.h"
#include "net/errqueue.h"

struct ttr_route;

struct ttr_connection_plan {
	const struct ttr_route *route; /* asked for as a connection's */
	struct ttr_addr target;
	uint8_t tos; /* without the two bits of ECN, which are TCP's own */
	bool dont_fragment;
};

/*
 * A socket that is ready to be connected with this time to live. Its source port is drawn when it
 * is, so that sockets to different ports can share one. A descriptor, or a negative errno:
 * -ENOPROTOOPT: the kernel does not show TCP sockets what routers say. (That came with Linux 5.8;
 * what is asked for is the offset of extensions, which came with 5.9.)
 */
int ttr_connection_open(const struct ttr_connection_plan *plan, uint8_t ttl);

/* Sends the SYN; at: the moment before. 0, or the negative errno of connect(). */
int ttr_connection_begin(const struct ttr_connection_plan *plan, int fd, uint16_t port,
			 struct ttr_mono *at);

/* True if the attempt, which was begun, connects the socket to itself (RFC 9293 section 3.5): it
 * would look open. */
bool ttr_connection_is_self(const struct ttr_connection_plan *plan, int fd, uint16_t port);

/* How often the kernel has sent its SYN again. */
unsigned int ttr_connection_resent(int fd);

/*
 * What became of it, as far as is known now. ANSWERED: reply is complete; `at` is the kernel's
 * stamp, or for a SYN/ACK sent and the time that the kernel says it took, or for a reset now.
 */
enum ttr_errqueue_state ttr_connection_look(const struct ttr_connection_plan *plan, int fd,
					    struct ttr_mono sent, struct ttr_clock_bridge *bridge,
					    struct ttr_reply *reply);

#endif
