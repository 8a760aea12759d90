/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the kernel which way a TCP connection to a target would go: source address, device, next
 * hop.
 *
 * The kernel decides (rules, tables, several devices with one address, VPNs, source address
 * selection of RFC 6724); nothing is decided here but which errors mean what. Nothing is sent.
 */
#ifndef TTR_NET_ROUTE_H
#define TTR_NET_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/session.h"

/* Room for a device's name (IFNAMSIZ) with its terminating 0. */
#define TTR_DEVICE_MAX 16

struct ttr_route_query {
	struct ttr_addr target;
	struct ttr_addr source; /* -s; NONE: the kernel's choice */
	const char *device;     /* -i; NULL or "any": no restriction */
	unsigned int scope;     /* index of the device that a %scope (of target or source) named; 0:
				   none */
	uint16_t source_port;   /* for rules that look at ports; 0: not known yet */
	uint16_t target_port;   /* the same; of several ports, the first */
	uint8_t tos;            /* of the probes; rules may look at it */
	bool connection;        /* probes are sent as connections: raw packets go no other way */
	uint32_t uid;           /* whose connection: rules may look at that too */
};

struct ttr_route {
	struct ttr_addr source;
	char device[TTR_DEVICE_MAX]; /* where the probes leave: the device to capture on */
	unsigned int ifindex;        /* of that device */
	unsigned int scope; /* index of the device that link-local addresses belong to; 0: source
			       and target are not link-local */
	uint32_t mtu;       /* largest IP packet, of the route or else the device */
	bool local;         /* the target is an address of this machine: the device is the loopback
			       one, whatever -i says, and nothing leaves the machine */
	bool bound; /* sockets must be bound to the device: -i, a scope, or gateway is set */
	/*
	 * NONE: packets are sent to the target and the kernel finds the route. Otherwise the
	 * gateway to which they are handed: rules that look at protocol or ports lead a TCP
	 * connection this way, but not a raw packet, whose ports the kernel does not look at.
	 */
	struct ttr_addr gateway;
};

/*
 * Fills in route. 0, or a negative errno, and problem says why:
 *	TTR_PROBLEM_HOST_UNUSABLE   the target is a multicast or broadcast address, also the one of
 *				    a directly connected network
 *	TTR_PROBLEM_SCOPE	    a link-local address without a device; -i and the scope differ;
 *				    no device has the scope's index
 *	TTR_PROBLEM_NO_DEVICE	    -i names no device
 *	TTR_PROBLEM_DEVICE_DOWN	    the device of -i, or the one that the route names, is down or
 *				    has no carrier
 *	TTR_PROBLEM_SOURCE_FOREIGN  the kernel does not let a socket have that source
 *	TTR_PROBLEM_SOURCE_INVALID  source and target are of different families
 *	TTR_PROBLEM_NO_ROUTE	    error: ENETUNREACH, EHOSTUNREACH (an unreachable route), EACCES
 *				    (prohibit), EINVAL (blackhole), EADDRNOTAVAIL (a route, but no
 *				    address to use as source), or what else the kernel said
 *	TTR_PROBLEM_SOCKET	    no netlink socket; error
 *	TTR_PROBLEM_INTERNAL	    an answer that makes no sense; error
 * Needs no privilege.
 */
int ttr_route_get(struct ttr_route *route, const struct ttr_route_query *query,
		  struct ttr_problem *problem);

/*
 * Binds a socket of the right family to the route's source and to port (0: the kernel draws one).
 * 0 or the negative errno of bind(): -EADDRINUSE, -EACCES, -EADDRNOTAVAIL...
 */
int ttr_route_bind(const struct ttr_route *route, int fd, uint16_t port);

/* Binds it to the route's device, if it is not already, which without privilege is possible once. 0
 * or a negative errno. */
int ttr_route_bind_device(const struct ttr_route *route, int fd);

#endif
