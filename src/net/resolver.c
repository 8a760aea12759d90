/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"
#include "net/channel.h"
#include "net/hosts.h"
#include "net/request.h"

/* RFC 1035 sections 3.2.2 and 3.2.4. */
#define TYPE_PTR 12
#define CLASS_IN 1

struct ttr_resolver {
	struct ttr_channel channels[TTR_CHANNELS];
	struct ttr_outbox outbox;
	struct ttr_hosts *hosts;
};

static int af_of(enum ttr_family family)
{
	switch (family) {
	case TTR_FAMILY_IPV4:
		return AF_INET;
	case TTR_FAMILY_IPV6:
		return AF_INET6;
	default:
		return AF_UNSPEC;
	}
}

static enum ttr_resolver_outcome outcome_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return TTR_RESOLVER_FOUND;
	case ARES_ENOTFOUND:
		return TTR_RESOLVER_NO_NAME;
	case ARES_ENODATA:
		return TTR_RESOLVER_NO_DATA;
	case ARES_ESERVFAIL:
		return TTR_RESOLVER_SERVFAIL;
	case ARES_EREFUSED:
		return TTR_RESOLVER_REFUSED;
	case ARES_EFORMERR:
	case ARES_ENOTIMP:
		return TTR_RESOLVER_RCODE;
	case ARES_ETIMEOUT:
		return TTR_RESOLVER_TIMEOUT;
	case ARES_ECONNREFUSED:
		return TTR_RESOLVER_UNREACHABLE;
	case ARES_EBADRESP:
	case ARES_EBADNAME:
	case ARES_EBADSTR:
		return TTR_RESOLVER_BAD_ANSWER;
	default:
		return TTR_RESOLVER_FAILED;
	}
}

static void ask_addresses(struct ttr_request *request, enum ttr_channel_kind kind);

static void take_addresses(struct ttr_request *request, const struct ares_addrinfo *info)
{
	for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
		const struct ttr_addr addr = ttr_addr_from_socket(node->ai_addr);

		ttr_request_add(request, &addr);
	}
}

static void addresses_came(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
	struct ttr_request *request = context;

	(void)timeouts;
	/* 1.18 says the same of a server that is not there and of one that fails. */
	if (status == ARES_ECONNREFUSED && !request->asked_twice && !ttr_request_over(request)) {
		request->asked_twice = true;
		ask_addresses(request, TTR_CHANNEL_PLAIN);
		return;
	}
	if (info) {
		take_addresses(request, info);
		ares_freeaddrinfo(info);
	}
	if (status == ARES_SUCCESS && !request->count)
		status = ARES_ENODATA;
	if (status != ARES_SUCCESS)
		request->detail = ares_strerror(status);
	ttr_request_settle(request, outcome_of(status));
}

static void ask_addresses(struct ttr_request *request, enum ttr_channel_kind kind)
{
	struct ttr_channel *channel = &request->resolver->channels[kind];
	const struct ares_addrinfo_hints hints = {
		.ai_family = af_of(request->family),
		.ai_socktype = SOCK_STREAM,
	};

	ares_getaddrinfo(channel->ares, request->name, NULL, &hints, addresses_came, request);
	ttr_channel_rearm(channel);
}

int ttr_resolver_lookup(struct ttr_resolver *resolver, struct ttr_request **request,
			const char *name, enum ttr_family family, ttr_lookup_callback *callback,
			void *context)
{
	struct ttr_request *new = ttr_request_new(&resolver->outbox, context);
	const int refused = ttr_hostname_check(name);

	if (!new)
		return -ENOMEM;
	new->resolver = resolver;
	new->lookup = callback;
	new->family = family;
	*request = new;
	if (refused) {
		ttr_request_settle(new, (enum ttr_resolver_outcome)refused);
		return 0;
	}
	strncpy(new->name, name, sizeof(new->name) - 1);
	ask_addresses(new, TTR_CHANNEL_LOOKUP);
	return 0;
}

/* What a server answers is read by ourselves: the library lets more pass than may be printed. */
static void ptr_came(void *context, int status, int timeouts, unsigned char *answer, int length)
{
	struct ttr_request *request = context;

	(void)timeouts;
	if (answer && length > 0)
		ttr_request_settle(request,
				   ttr_request_read(request, answer, (unsigned int)length));
	else
		ttr_request_settle(request, outcome_of(status));
}

static void ask_ptr(struct ttr_request *request)
{
	struct ttr_channel *channel = &request->resolver->channels[TTR_CHANNEL_PLAIN];
	char owner[TTR_DNS_OWNER_MAX];

	ttr_dns_reverse_name(owner, &request->addresses[0]);
	ares_query(channel->ares, owner, CLASS_IN, TYPE_PTR, ptr_came, request);
	ttr_channel_rearm(channel);
}

int ttr_resolver_reverse(struct ttr_resolver *resolver, struct ttr_request **request,
			 const struct ttr_addr *addr, ttr_reverse_callback *callback, void *context)
{
	const char *known = ttr_hosts_name(resolver->hosts, addr);
	struct ttr_request *new;

	if (addr->family == TTR_FAMILY_NONE)
		return -EINVAL;
	new = ttr_request_new(&resolver->outbox, context);
	if (!new)
		return -ENOMEM;
	new->resolver = resolver;
	new->reverse = callback;
	new->addresses[0] = *addr;
	*request = new;
	if (!known) {
		ask_ptr(new);
		return 0;
	}
	strncpy(new->name, known, sizeof(new->name) - 1);
	ttr_request_settle(new, TTR_RESOLVER_FOUND);
	return 0;
}

static int open_channels(struct ttr_resolver *resolver, struct ttr_loop *loop,
			 const struct ttr_resolver_options *options)
{
	int status = ARES_SUCCESS;

	for (int kind = 0; kind < TTR_CHANNELS && status == ARES_SUCCESS; kind++)
		status = ttr_channel_open(&resolver->channels[kind], (enum ttr_channel_kind)kind,
					  loop, options);
	return status;
}

static int to_errno(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENOMEM:
		return -ENOMEM;
	case ARES_EBADSTR:
		return -EINVAL;
	default:
		return -EIO;
	}
}

int ttr_resolver_new(struct ttr_resolver **resolver, struct ttr_loop *loop,
		     const struct ttr_resolver_options *options, const char **detail)
{
	static const struct ttr_resolver_options none;
	struct ttr_resolver *new = calloc(1, sizeof(*new));
	int status = ARES_ENOMEM;

	if (!new)
		return -ENOMEM;
	if (!options)
		options = &none;
	ares_library_init(ARES_LIB_INIT_ALL);
	if (!ttr_outbox_init(&new->outbox, loop) &&
	    !ttr_hosts_read(&new->hosts, options->hosts ? options->hosts : "/etc/hosts"))
		status = open_channels(new, loop, options);
	if (status == ARES_SUCCESS) {
		*resolver = new;
		return 0;
	}
	if (detail)
		*detail = ares_strerror(status);
	ttr_resolver_free(new);
	return to_errno(status);
}

void ttr_resolver_free(struct ttr_resolver *resolver)
{
	if (!resolver)
		return;
	resolver->outbox.closing = true;
	for (int kind = 0; kind < TTR_CHANNELS; kind++)
		ttr_channel_close(&resolver->channels[kind]);
	ttr_outbox_fini(&resolver->outbox);
	ttr_hosts_free(resolver->hosts);
	ares_library_cleanup();
	free(resolver);
}
