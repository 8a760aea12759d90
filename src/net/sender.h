/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts finished IP packets on the wire, to one target only.
 *
 * A raw socket at IP level: the kernel finds the next hop and makes the link header, so every kind
 * of device works; the IP header is ours, but for its length, its checksum and an IPv4
 * identification of 0, which the kernel replaces (raw(7)): probes must not use 0. Nothing is ever
 * received.
 */
#ifndef TTR_NET_SENDER_H
#define TTR_NET_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/session.h"

struct ttr_raw;
struct ttr_route;
struct ttr_sender;

/*
 * Binds the raw socket of the target's family to the route's source (so that rules on the source
 * address apply) and, if the route says so, to its device. tos is what the probes carry: rules may
 * look at it. Needs no privilege any more. The socket stays raw's, which must outlive the sender;
 * the caller frees the sender with ttr_sender_free().
 *
 * 0, or a negative errno, and problem says why: TTR_PROBLEM_SOURCE_FOREIGN, TTR_PROBLEM_NO_DEVICE,
 * TTR_PROBLEM_SOCKET (EAFNOSUPPORT: the family is not open), TTR_PROBLEM_MEMORY,
 * TTR_PROBLEM_HOST_UNUSABLE (the target is not unicast).
 */
int ttr_sender_new(struct ttr_sender **sender, const struct ttr_raw *raw,
		   const struct ttr_route *route, const struct ttr_addr *target, uint8_t tos,
		   struct ttr_problem *problem);
void ttr_sender_free(struct ttr_sender *sender);

/* To be watched for being writable after -EAGAIN. */
int ttr_sender_fd(const struct ttr_sender *sender);

/*
 * Sends one IP packet, length bytes with its header. Never waits. 0, or nothing was sent:
 *	-EAGAIN		the socket's buffer is full; it will become writable
 *	-ENOBUFS	the device's queue dropped it; later may be better, nothing says when
 *	-EPERM		the local firewall
 *	-EMSGSIZE	larger than the device's MTU
 *	-ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -ENETDOWN, -ENODEV, -ENXIO, -EADDRNOTAVAIL
 *			the route, the device or the source address is gone
 *	-EDESTADDRREQ	a bug of the caller: not a packet from the source to the target; nothing is
 *			sent to an address that was not asked for
 * and whatever else the kernel says.
 */
int ttr_sender_send(struct ttr_sender *sender, const uint8_t *packet, unsigned int length);

#endif
