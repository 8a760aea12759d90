/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the kernel's routing: up, addresses, default routes (rtnetlink(7)).
 *
 * All return 0 or a negative errno, which is the kernel's answer.
 */
#ifndef PATHSIM_NETLINK_H
#define PATHSIM_NETLINK_H

#include "pathsim.h"

/* A descriptor to be closed, or a negative errno. */
int netlink_open(void);

int netlink_set_up(int fd, unsigned int index);

/* As the only address of its network; IPv6 without duplicate address detection (RFC 4862 section
 * 5.4). */
int netlink_add_addr(int fd, unsigned int index, const struct pathsim_addr *addr);

/* The default route of this family; via->family 0: to the device itself. `source` is what packets
 * that name no source get. */
int netlink_add_default(int fd, unsigned int index, const struct pathsim_addr *source,
			const struct pathsim_addr *via);

#endif
