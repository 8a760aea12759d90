/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw sockets that probes leave by: opened with the privilege, long before anybody knows where
 * to send to.
 *
 * They receive nothing: a filter that cannot be taken off any more drops everything. What is left
 * to be said about them (source, device, type of service) needs no privilege; sender.h does it.
 */
#ifndef TTR_NET_RAW_H
#define TTR_NET_RAW_H

#include <stdint.h>

#include "tcptraceroute/session.h"

/* -1: not open. An all-zero struct is not a closed one: use TTR_RAW_CLOSED. */
struct ttr_raw {
	int ipv4;
	int ipv6;
};

#define TTR_RAW_CLOSED                                                                             \
	{                                                                                          \
		.ipv4 = -1, .ipv6 = -1                                                             \
	}

/*
 * Opens the socket of a family, or with TTR_FAMILY_NONE both; a family that the machine does not
 * have is left out then. Those that are open already stay. Needs CAP_NET_RAW. 0, or a negative
 * errno with TTR_PROBLEM_PRIVILEGE, TTR_PROBLEM_SOCKET or TTR_PROBLEM_MEMORY.
 */
int ttr_raw_open(struct ttr_raw *raw, enum ttr_family family, struct ttr_problem *problem);
void ttr_raw_close(struct ttr_raw *raw);

/*
 * Makes one of the sockets ready to send: with our own headers, a buffer of some thousand packets,
 * and RECVERR, which makes the kernel admit that a device's queue was full. The TOS is only for the
 * routing rules. Needs no privilege. 0 or a negative errno.
 */
int ttr_raw_prepare(int fd, enum ttr_family family, uint8_t tos);

/* After a send that failed with anything but EAGAIN: RECVERR also queues what the call itself has
 * said (EMSGSIZE), and as long as it is there the socket counts as ready. */
void ttr_raw_drain_errors(int fd);

/* -1: not open. */
int ttr_raw_fd(const struct ttr_raw *raw, enum ttr_family family);

#endif
