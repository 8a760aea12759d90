/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* 1.18 is the oldest version that must do; what replaces these calls came later. */
#define CARES_NO_DEPRECATED
#include <ares.h>

#include "net/address.h"
#include "net/hosts.h"
#include "net/loop.h"
#include "net/request.h"
#include "tcptraceroute/clock.h"

/* What fits through IPv6's smallest MTU without fragments (RFC 8085 section 3.2). */
#define EDNS_BYTES 1232

#define PORT_QUERIES 8
#define TURN_DATAGRAMS 64

/* RFC 1035 sections 3.2.2 and 3.2.4. */
#define TYPE_PTR 12
#define CLASS_IN 1

enum channel_kind {
	CHANNEL_LOOKUP, /* hosts file, then servers, passing over those that fail */
	CHANNEL_PLAIN,  /* only servers, and what they say is passed on, failures included */
	CHANNELS,
};

struct channel {
	struct ttr_loop *loop;
	ares_channel ares;
	struct ttr_timer *timer;
	struct channel_socket *sockets;
	unsigned int budget; /* datagrams that may still be read in this turn of the loop */
};

struct channel_socket {
	struct channel *channel;
	ares_socket_t fd;
	struct ttr_watch *watch;
	struct channel_socket *next;
};

struct ttr_resolver {
	struct channel channels[CHANNELS];
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

/* The library's time-outs are cut to milliseconds: without one more it would be woken before its
 * time, again and again. */
static void rearm(struct channel *channel)
{
	struct timeval left;

	if (!ares_timeout(channel->ares, NULL, &left))
		ttr_timer_disarm(channel->timer);
	else
		ttr_timer_arm(channel->timer, left.tv_sec * TTR_NS_PER_S +
						      left.tv_usec * TTR_NS_PER_US + TTR_NS_PER_MS);
}

static void process(struct channel *channel, ares_socket_t readable, ares_socket_t writable)
{
	channel->budget = TURN_DATAGRAMS;
	ares_process_fd(channel->ares, readable, writable);
	rearm(channel);
}

static void timer_due(void *context)
{
	process(context, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void socket_ready(void *context, bool readable, bool writable)
{
	const struct channel_socket *socket = context;

	process(socket->channel, readable ? socket->fd : ARES_SOCKET_BAD,
		writable ? socket->fd : ARES_SOCKET_BAD);
}

static struct channel_socket *add_socket(struct channel *channel, ares_socket_t fd)
{
	struct channel_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		return NULL;
	*socket = (struct channel_socket){.channel = channel, .fd = fd};
	if (ttr_watch_new(&socket->watch, channel->loop, fd, socket_ready, socket)) {
		free(socket);
		return NULL;
	}
	return socket;
}

/* Nothing can be said to the library here: what is not watched times out. */
static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
	struct channel *channel = context;
	struct channel_socket **link = &channel->sockets;
	struct channel_socket *socket;

	while (*link && (*link)->fd != fd)
		link = &(*link)->next;
	if (!*link)
		*link = readable || writable ? add_socket(channel, fd) : NULL;
	socket = *link;
	if (!socket)
		return;
	if (readable || writable) {
		ttr_watch_set(socket->watch, readable, writable);
		return;
	}
	*link = socket->next;
	ttr_watch_free(socket->watch);
	free(socket);
}

static ares_socket_t open_socket(int family, int type, int protocol, void *context)
{
	(void)context;
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static int close_socket(ares_socket_t fd, void *context)
{
	(void)context;
	return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t length,
			  void *context)
{
	(void)context;
	return connect(fd, to, length);
}

/* The library reads until nothing is left, however fast somebody sends. */
static ares_ssize_t receive(ares_socket_t fd, void *bytes, size_t size, int flags,
			    struct sockaddr *from, ares_socklen_t *length, void *context)
{
	struct channel *channel = context;

	if (!channel->budget) {
		errno = EAGAIN;
		return -1;
	}
	channel->budget--;
	return recvfrom(fd, bytes, size, flags, from, length);
}

/* An error that is pending belongs to a query sent before, and has to wait for the next receive(),
 * which tells all queries of the socket. Reported here it would end the wrong one, and the right
 * one would wait for its time-out. A second attempt fails again if this one cannot be sent. */
static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *parts, int count,
			       void *context)
{
	struct iovec copy[2]; /* sendmsg() says that it may write; what is left over comes again */
	const size_t copied = count < 2 ? (size_t)count : 2;
	const struct msghdr message = {.msg_iov = copy, .msg_iovlen = copied};
	ssize_t sent;

	(void)context;
	memcpy(copy, parts, copied * sizeof(*copy));
	sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	return sent;
}

static const struct ares_socket_functions socket_functions = {
	.asocket = open_socket,
	.aclose = close_socket,
	.aconnect = connect_socket,
	.arecvfrom = receive,
	.asendv = send_parts,
};

static void ask_addresses(struct ttr_request *request, enum channel_kind kind);

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
		ask_addresses(request, CHANNEL_PLAIN);
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

static void ask_addresses(struct ttr_request *request, enum channel_kind kind)
{
	struct channel *channel = &request->resolver->channels[kind];
	const struct ares_addrinfo_hints hints = {
		.ai_family = af_of(request->family),
		.ai_socktype = SOCK_STREAM,
	};

	ares_getaddrinfo(channel->ares, request->name, NULL, &hints, addresses_came, request);
	rearm(channel);
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
	ask_addresses(new, CHANNEL_LOOKUP);
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
	struct channel *channel = &request->resolver->channels[CHANNEL_PLAIN];
	char owner[TTR_DNS_OWNER_MAX];

	ttr_dns_reverse_name(owner, &request->addresses[0]);
	ares_query(channel->ares, owner, CLASS_IN, TYPE_PTR, ptr_came, request);
	rearm(channel);
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

/* What differs between the kinds. */
static const struct kind {
	const char *lookups;
	int flags;
	int tries;
} kinds[CHANNELS] = {
	[CHANNEL_LOOKUP] = {"fb", ARES_FLAG_NOALIASES, TTR_RESOLVER_LOOKUP_TRIES},
	/* A name is decoration: what does not fit a datagram is not fetched by TCP. */
	[CHANNEL_PLAIN] = {"b",
			   ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC |
				   ARES_FLAG_EDNS,
			   TTR_RESOLVER_REVERSE_TRIES},
};

/* The library copies the strings, but does not say so in its types. */
static int init_ares(struct channel *channel, enum channel_kind kind, const char *resolvconf,
		     int64_t timeout_ns, bool no_files)
{
	char lookups[3] = "";
	struct ares_options options = {
		.flags = kinds[kind].flags,
		.timeout = (int)(timeout_ns / TTR_NS_PER_MS),
		.tries = kinds[kind].tries,
		.ednspsz = EDNS_BYTES,
		.lookups = lookups,
		.sock_state_cb = socket_state,
		.sock_state_cb_data = channel,
		.resolvconf_path = strdup(resolvconf),
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
		   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;
	int status;

	if (!options.resolvconf_path)
		return ARES_ENOMEM;
#ifdef ARES_OPT_UDP_MAX_QUERIES
	/* From 1.20 on the source port is drawn anew for every few queries. */
	options.udp_max_queries = PORT_QUERIES;
	mask |= ARES_OPT_UDP_MAX_QUERIES;
#endif
	memcpy(lookups, kinds[kind].lookups, strlen(kinds[kind].lookups));
	if (no_files)
		memcpy(lookups, "b", 2);
	status = ares_init_options(&channel->ares, &options, mask);
	if (status != ARES_SUCCESS)
		channel->ares = NULL;
	free(options.resolvconf_path);
	return status;
}

static int open_channel(struct channel *channel, enum channel_kind kind,
			const struct ttr_resolver_options *options)
{
	const char *resolvconf = options->resolvconf ? options->resolvconf : "/etc/resolv.conf";
	const int64_t timeout_ns =
		options->timeout_ns ? options->timeout_ns : TTR_RESOLVER_TIMEOUT_NS;
	int status = init_ares(channel, kind, resolvconf, timeout_ns, options->no_files);

	if (status == ARES_EFILE)
		status = init_ares(channel, kind, "/dev/null", timeout_ns, options->no_files);
	if (status == ARES_SUCCESS)
		ares_set_socket_functions(channel->ares, &socket_functions, channel);
	if (status == ARES_SUCCESS && options->servers)
		status = ares_set_servers_ports_csv(channel->ares, options->servers);
	return status;
}

static int open_channels(struct ttr_resolver *resolver, struct ttr_loop *loop,
			 const struct ttr_resolver_options *options)
{
	for (int kind = 0; kind < CHANNELS; kind++) {
		struct channel *channel = &resolver->channels[kind];
		int status;

		channel->loop = loop;
		if (ttr_timer_new(&channel->timer, loop, timer_due, channel))
			return ARES_ENOMEM;
		status = open_channel(channel, (enum channel_kind)kind, options);
		if (status != ARES_SUCCESS)
			return status;
	}
	return ARES_SUCCESS;
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
	for (int kind = 0; kind < CHANNELS; kind++) {
		if (resolver->channels[kind].ares)
			ares_destroy(resolver->channels[kind].ares);
		ttr_timer_free(resolver->channels[kind].timer);
	}
	ttr_outbox_fini(&resolver->outbox);
	ttr_hosts_free(resolver->hosts);
	ares_library_cleanup();
	free(resolver);
}
