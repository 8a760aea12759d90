/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A channel of c-ares, driven by the loop: its timer, its sockets, how it is configured. Private to
 * the resolver, which asks and reads the answers; with it the only files that know c-ares.
 */
#ifndef TTR_NET_CHANNEL_H
#define TTR_NET_CHANNEL_H

/* 1.18 is the oldest version that must do; what replaces these calls came later. */
#define CARES_NO_DEPRECATED
#include <ares.h>

struct ttr_channel_socket;
struct ttr_loop;
struct ttr_resolver_options;
struct ttr_timer;

enum ttr_channel_kind {
	TTR_CHANNEL_LOOKUP, /* hosts file, then servers, passing over those that fail */
	TTR_CHANNEL_PLAIN,  /* only servers, and what they say is passed on, failures included */
	TTR_CHANNELS,
};

/* All zero before it is opened. */
struct ttr_channel {
	struct ttr_loop *loop;
	ares_channel ares;
	struct ttr_timer *timer;
	struct ttr_channel_socket *sockets;
	unsigned int budget; /* datagrams that may still be read in this turn of the loop */
};

/* ARES_SUCCESS, or why not; it has to be closed all the same. */
int ttr_channel_open(struct ttr_channel *channel, enum ttr_channel_kind kind, struct ttr_loop *loop,
		     const struct ttr_resolver_options *options);

/* Questions that are out are called back (ARES_EDESTRUCTION). */
void ttr_channel_close(struct ttr_channel *channel);

/* After a question was asked: its time-out may be the next. */
void ttr_channel_rearm(struct ttr_channel *channel);

#endif
