/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/resolver.h"
#include "tcptraceroute/clock.h"

/* What fits through IPv6's smallest MTU without fragments (RFC 8085 section 3.2). */
#define EDNS_BYTES 1232

#define PORT_QUERIES 8
#define TURN_DATAGRAMS 64

struct ttr_channel_socket {
	struct ttr_channel *channel;
	ares_socket_t fd;
	struct ttr_watch *watch;
	struct ttr_channel_socket *next;
};

/* The library's time-outs are cut to milliseconds: without one more it would be woken before its
 * time, again and again. */
void ttr_channel_rearm(struct ttr_channel *channel)
{
	struct timeval left;

	if (!ares_timeout(channel->ares, NULL, &left))
		ttr_timer_disarm(channel->timer);
	else
		ttr_timer_arm(channel->timer, left.tv_sec * TTR_NS_PER_S +
						      left.tv_usec * TTR_NS_PER_US + TTR_NS_PER_MS);
}

static void process(struct ttr_channel *channel, ares_socket_t readable, ares_socket_t writable)
{
	channel->budget = TURN_DATAGRAMS;
	ares_process_fd(channel->ares, readable, writable);
	ttr_channel_rearm(channel);
}

static void timer_due(void *context)
{
	process(context, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void socket_ready(void *context, bool readable, bool writable)
{
	const struct ttr_channel_socket *socket = context;

	process(socket->channel, readable ? socket->fd : ARES_SOCKET_BAD,
		writable ? socket->fd : ARES_SOCKET_BAD);
}

static struct ttr_channel_socket *add_socket(struct ttr_channel *channel, ares_socket_t fd)
{
	struct ttr_channel_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		return NULL;
	*socket = (struct ttr_channel_socket){.channel = channel, .fd = fd};
	if (ttr_watch_new(&socket->watch, channel->loop, fd, socket_ready, socket)) {
		free(socket);
		return NULL;
	}
	return socket;
}

/* Nothing can be said to the library here: what is not watched times out. */
static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
	struct ttr_channel *channel = context;
	struct ttr_channel_socket **link = &channel->sockets;
	struct ttr_channel_socket *socket;

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
	struct ttr_channel *channel = context;

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

#if ARES_VERSION >= 0x012200

/* With the former functions 1.34 cannot ask from where an address would be reached, and then does
 * not sort addresses. */
static int connect_flagged(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t length,
			   unsigned int flags, void *context)
{
	(void)flags;
	return connect_socket(fd, to, length, context);
}

/* It is connected: there is no other address to send to. */
static ares_ssize_t send_whole(ares_socket_t fd, const void *bytes, size_t size, int flags,
			       const struct sockaddr *to, ares_socklen_t length, void *context)
{
	const struct iovec whole = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};

	(void)flags, (void)to, (void)length;
	return send_parts(fd, &whole, 1, context);
}

static int get_name(ares_socket_t fd, struct sockaddr *name, ares_socklen_t *length, void *context)
{
	(void)context;
	return getsockname(fd, name, length);
}

static int set_nothing(ares_socket_t fd, ares_socket_opt_t option, const void *value,
		       ares_socklen_t size, void *context)
{
	(void)fd, (void)option, (void)value, (void)size, (void)context;
	errno = ENOSYS;
	return -1;
}

static int use_own_sockets(struct ttr_channel *channel)
{
	static const struct ares_socket_functions_ex functions = {
		.version = 1,
		.flags = ARES_SOCKFUNC_FLAG_NONBLOCKING,
		.asocket = open_socket,
		.aclose = close_socket,
		.asetsockopt = set_nothing,
		.aconnect = connect_flagged,
		.arecvfrom = receive,
		.asendto = send_whole,
		.agetsockname = get_name,
	};

	return (int)ares_set_socket_functions_ex(channel->ares, &functions, channel);
}

#else

static int use_own_sockets(struct ttr_channel *channel)
{
	static const struct ares_socket_functions functions = {
		.asocket = open_socket,
		.aclose = close_socket,
		.aconnect = connect_socket,
		.arecvfrom = receive,
		.asendv = send_parts,
	};

	ares_set_socket_functions(channel->ares, &functions, channel);
	return ARES_SUCCESS;
}

#endif

/* What differs between the kinds. */
static const struct kind {
	const char *lookups;
	int flags;
	int tries;
} kinds[TTR_CHANNELS] = {
	[TTR_CHANNEL_LOOKUP] = {"fb", ARES_FLAG_NOALIASES, TTR_RESOLVER_LOOKUP_TRIES},
	/* A name is decoration: what does not fit a datagram is not fetched by TCP. */
	[TTR_CHANNEL_PLAIN] = {"b",
			       ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC |
				       ARES_FLAG_EDNS,
			       TTR_RESOLVER_REVERSE_TRIES},
};

/* The library copies the strings, but does not say so in its types. */
static int init_ares(struct ttr_channel *channel, enum ttr_channel_kind kind,
		     const char *resolvconf, int64_t timeout_ns, bool no_files)
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

static int configure(struct ttr_channel *channel, enum ttr_channel_kind kind,
		     const struct ttr_resolver_options *options)
{
	const char *resolvconf = options->resolvconf ? options->resolvconf : "/etc/resolv.conf";
	const int64_t timeout_ns =
		options->timeout_ns ? options->timeout_ns : TTR_RESOLVER_TIMEOUT_NS;
	int status = init_ares(channel, kind, resolvconf, timeout_ns, options->no_files);

	if (status == ARES_EFILE)
		status = init_ares(channel, kind, "/dev/null", timeout_ns, options->no_files);
	if (status == ARES_SUCCESS)
		status = use_own_sockets(channel);
	if (status == ARES_SUCCESS && options->servers)
		status = ares_set_servers_ports_csv(channel->ares, options->servers);
	return status;
}

int ttr_channel_open(struct ttr_channel *channel, enum ttr_channel_kind kind, struct ttr_loop *loop,
		     const struct ttr_resolver_options *options)
{
	channel->loop = loop;
	if (ttr_timer_new(&channel->timer, loop, timer_due, channel))
		return ARES_ENOMEM;
	return configure(channel, kind, options);
}

void ttr_channel_close(struct ttr_channel *channel)
{
	if (channel->ares)
		ares_destroy(channel->ares);
	ttr_timer_free(channel->timer);
}
