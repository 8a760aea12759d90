/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/request.h"

#include <errno.h>
#include <stdlib.h>

#include "net/loop.h"

_Static_assert(sizeof(((struct ttr_request *)0)->name) > TTR_DNS_NAME_MAX, "any name fits");

static struct ttr_request *take(struct ttr_outbox *outbox)
{
	struct ttr_request *request = outbox->first;

	if (request)
		outbox->first = request->next;
	if (!outbox->first)
		outbox->end = &outbox->first;
	return request;
}

static void call_back(const struct ttr_request *request)
{
	const struct ttr_lookup_result result = {
		.outcome = request->outcome,
		.addresses = request->addresses,
		.count = request->count,
		.detail = request->detail,
	};

	if (request->cancelled)
		return;
	if (request->lookup)
		request->lookup(request->context, &result);
	else
		request->reverse(request->context, request->outcome,
				 request->outcome == TTR_RESOLVER_FOUND ? request->name : NULL);
}

/* The callback may free the resolver, and the outbox with it. */
static void deliver(void *context)
{
	struct ttr_outbox *outbox = context;
	struct ttr_request *request = take(outbox);

	if (outbox->first)
		ttr_timer_arm(outbox->timer, 0);
	if (!request)
		return;
	call_back(request);
	free(request);
}

int ttr_outbox_init(struct ttr_outbox *outbox, struct ttr_loop *loop)
{
	*outbox = (struct ttr_outbox){.end = &outbox->first};
	return ttr_timer_new(&outbox->timer, loop, deliver, outbox);
}

void ttr_outbox_fini(struct ttr_outbox *outbox)
{
	struct ttr_request *request;

	while ((request = take(outbox)))
		free(request);
	ttr_timer_free(outbox->timer);
}

struct ttr_request *ttr_request_new(struct ttr_outbox *outbox, void *context)
{
	struct ttr_request *request = calloc(1, sizeof(*request));

	if (request) {
		request->outbox = outbox;
		request->context = context;
	}
	return request;
}

void ttr_request_cancel(struct ttr_request *request)
{
	if (request)
		request->cancelled = true;
}

bool ttr_request_over(const struct ttr_request *request)
{
	return request->cancelled || request->outbox->closing;
}

void ttr_request_settle(struct ttr_request *request, enum ttr_resolver_outcome outcome)
{
	struct ttr_outbox *outbox = request->outbox;

	if (ttr_request_over(request)) {
		free(request);
		return;
	}
	request->outcome = outcome;
	request->next = NULL;
	*outbox->end = request;
	outbox->end = &request->next;
	ttr_timer_arm(outbox->timer, 0);
}

void ttr_request_add(struct ttr_request *request, const struct ttr_addr *addr)
{
	if (addr->family == TTR_FAMILY_NONE || request->count == TTR_LOOKUP_ADDRESSES_MAX)
		return;
	for (size_t i = 0; i < request->count; i++)
		if (ttr_addr_equal(&request->addresses[i], addr))
			return;
	request->addresses[request->count++] = *addr;
}

enum ttr_resolver_outcome ttr_request_read(struct ttr_request *request, const uint8_t *answer,
					   unsigned int bytes)
{
	switch (ttr_dns_read_ptr(request->name, &request->addresses[0], answer, bytes)) {
	case TTR_DNS_FOUND:
		return TTR_RESOLVER_FOUND;
	case TTR_DNS_NO_DATA:
		return TTR_RESOLVER_NO_DATA;
	case TTR_DNS_NXDOMAIN:
		return TTR_RESOLVER_NO_NAME;
	case TTR_DNS_SERVFAIL:
		return TTR_RESOLVER_SERVFAIL;
	case TTR_DNS_REFUSED:
		return TTR_RESOLVER_REFUSED;
	case TTR_DNS_RCODE:
		return TTR_RESOLVER_RCODE;
	default:
		return TTR_RESOLVER_BAD_ANSWER;
	}
}
