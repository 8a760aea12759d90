/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends probes to many destinations, many with one system call.
 *
 * A raw socket for each family; the kernel finds the way of each packet. Of the ways to send, one
 * call of sendmmsg(2) for 64 packets of a raw socket costs a third of a sendto(2) for each; packet
 * sockets cost half of that again, but then gateways and their link addresses would be ours to
 * find.
 */
#ifndef TTR_NET_BATCH_H
#define TTR_NET_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/session.h"

/* Packets in one call, and their size at most. */
#define TTR_BATCH_PACKETS 64
#define TTR_BATCH_PACKET_BYTES 1500

struct ttr_batch;
struct ttr_raw;

/* What became of one: it left at `at`, or a positive errno says why not. */
typedef void ttr_batch_callback(void *context, uint64_t token, struct ttr_mono at, int error);

/*
 * Makes the raw sockets ready, which stay the caller's; with ifindex not 0 for that device only. 0,
 * or a negative errno with TTR_PROBLEM_SOCKET or TTR_PROBLEM_MEMORY.
 */
int ttr_batch_new(struct ttr_batch **batch, const struct ttr_raw *raw, unsigned int ifindex,
		  uint8_t tos, struct ttr_problem *problem);
void ttr_batch_free(struct ttr_batch *batch);

/* Takes in a probe. False: it is too long or of a family that there is no socket for. After it the
 * batch may be full. */
bool ttr_batch_add(struct ttr_batch *batch, uint64_t token, const struct ttr_segment *segment);
bool ttr_batch_full(const struct ttr_batch *batch);
bool ttr_batch_empty(const struct ttr_batch *batch);

/* Sends all and calls back for each. EAGAIN: the socket is full, from this one on. */
void ttr_batch_flush(struct ttr_batch *batch, ttr_batch_callback *callback, void *context);

/* Waits for the sockets to take more; -1: there is no such socket. */
int ttr_batch_fd(const struct ttr_batch *batch, enum ttr_family family);

#endif
