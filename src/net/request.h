/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question to the resolver and its way back to who asked, apart from how it is answered.
 *
 * A request belongs to the library that looks for its answer until that is settled, then to the
 * outbox, which calls back from the loop: one request per turn, nothing else on the stack. Whoever
 * owns it frees it; cancelling only marks it.
 */
#ifndef TTR_NET_REQUEST_H
#define TTR_NET_REQUEST_H

#include <stdbool.h>

#include "core/dns.h"
#include "net/hostname.h"
#include "net/resolver.h"

struct ttr_timer;

/* What is settled, in the order in which it is called back. */
struct ttr_outbox {
	struct ttr_timer *timer;
	struct ttr_request *first;
	struct ttr_request **end;
	bool closing; /* what is settled now is freed */
};

struct ttr_request {
	struct ttr_outbox *outbox;
	struct ttr_resolver *resolver;
	struct ttr_request *next;
	ttr_lookup_callback *lookup; /* one of the two; the other is NULL */
	ttr_reverse_callback *reverse;
	void *context;
	bool cancelled;
	bool asked_twice;

	enum ttr_family family;          /* look-up: NONE is both */
	char name[TTR_HOSTNAME_MAX + 2]; /* look-up: the question; reverse: the answer */
	struct ttr_addr
		addresses[TTR_LOOKUP_ADDRESSES_MAX]; /* reverse: the first is the question */
	size_t count;                                /* look-up: of the answer */
	enum ttr_resolver_outcome outcome;
	const char *detail;
};

/* 0, -ENOMEM; fini is to be called in both cases, after everything was settled. */
int ttr_outbox_init(struct ttr_outbox *outbox, struct ttr_loop *loop);
void ttr_outbox_fini(struct ttr_outbox *outbox);

/* NULL: out of memory. */
struct ttr_request *ttr_request_new(struct ttr_outbox *outbox, void *context);

/* True if nobody waits for the answer any more. */
bool ttr_request_over(const struct ttr_request *request);

/* To the outbox. The request may be gone afterwards. */
void ttr_request_settle(struct ttr_request *request, enum ttr_resolver_outcome outcome);

/* An address for the answer of a look-up, unless it is there already or there are too many. */
void ttr_request_add(struct ttr_request *request, const struct ttr_addr *addr);

/* What the raw answer to the PTR query says; fills in the name if it is FOUND. */
enum ttr_resolver_outcome ttr_request_read(struct ttr_request *request, const uint8_t *answer,
					   unsigned int bytes);

#endif
