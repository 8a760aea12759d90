/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two questions to the kernel over rtnetlink(7): what a device is like, and which way a packet
 * goes.
 *
 * Only asks, in turn, one answer per question; the socket is the caller's.
 */
#ifndef TTR_NET_NETLINK_LINUX_H
#define TTR_NET_NETLINK_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#include "net/route.h"
#include "tcptraceroute/address.h"

struct mnl_socket;

struct ttr_link_state {
	unsigned int index;
	unsigned int flags; /* IFF_* of netdevice(7), with those above bit 15 */
	uint32_t mtu;
	char name[TTR_DEVICE_MAX];
};

struct ttr_route_question {
	struct ttr_addr target;
	struct ttr_addr source; /* NONE: the kernel's choice */
	unsigned int ifindex;   /* 0: any */
	uint8_t protocol;       /* IPPROTO_TCP; 0: none, as the kernel treats raw packets */
	uint8_t tos;
	uint32_t uid;         /* of who would connect */
	uint16_t source_port; /* host byte order; 0: none */
	uint16_t target_port;
};

struct ttr_route_answer {
	unsigned char type; /* RTN_* of rtnetlink(7) */
	unsigned int ifindex;
	struct ttr_addr source;  /* NONE where the question had one */
	struct ttr_addr gateway; /* of either family (RFC 8950); NONE: the target is a neighbour */
	uint32_t mtu;            /* 0: that of the device */
};

/* The device of that name or, if name is NULL, of that index. 0, -ENODEV: there is none, or
 * another negative errno. */
int ttr_netlink_link(struct mnl_socket *netlink, struct ttr_link_state *link, const char *name,
		     unsigned int index);

/* True if it is up and has a carrier: without one, the kernel throws away what is sent. */
bool ttr_link_usable(const struct ttr_link_state *link);

/* 0, or the kernel's negative errno: -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL... */
int ttr_netlink_route(struct mnl_socket *netlink, const struct ttr_route_question *question,
		      struct ttr_route_answer *answer);

#endif
