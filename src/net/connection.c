/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/clock.h"
#include "net/route.h"

struct option {
	int level;
	int name;
	int value;
};

static int set_options(int fd, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			       sizeof(options[i].value)) < 0)
			return -errno;
	return 0;
}

static int set_ipv4(const struct ttr_connection_plan *plan, int fd, uint8_t ttl)
{
	const struct option options[] = {
		{SOL_IP, IP_RECVERR_RFC4884, 1},
		{SOL_IP, IP_RECVERR, 1},
		{SOL_IP, IP_RECVTTL, 1},
		{SOL_IP, IP_TTL, ttl},
		{SOL_IP, IP_TOS, plan->tos},
		{SOL_IP, IP_MTU_DISCOVER, plan->dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT},
	};

	return set_options(fd, options, sizeof(options) / sizeof(options[0]));
}

static int set_ipv6(const struct ttr_connection_plan *plan, int fd, uint8_t ttl)
{
	const struct option options[] = {
		{SOL_IPV6, IPV6_RECVERR_RFC4884, 1}, {SOL_IPV6, IPV6_RECVERR, 1},
		{SOL_IPV6, IPV6_RECVHOPLIMIT, 1},    {SOL_IPV6, IPV6_UNICAST_HOPS, ttl},
		{SOL_IPV6, IPV6_TCLASS, plan->tos},
	};

	return set_options(fd, options, sizeof(options) / sizeof(options[0]));
}

/* The port is drawn when the connection is, so that all can have the same one to other ports; one
 * SYN again is the least that the kernel lets us ask for. */
static int set_common(int fd)
{
	const struct linger abort = {.l_onoff = 1};
	const struct option options[] = {
		{SOL_SOCKET, SO_TIMESTAMPNS, 1},
		{SOL_TCP, TCP_SYNCNT, 1},
		{SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1},
	};
	int status = set_options(fd, options, sizeof(options) / sizeof(options[0]));

	if (status == 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)) < 0)
		status = -errno;
	return status;
}

static int bind_to_route(const struct ttr_connection_plan *plan, int fd)
{
	int status = ttr_route_bind(plan->route, fd, 0);

	return status == 0 && plan->route->bound ? ttr_route_bind_device(plan->route, fd) : status;
}

int ttr_connection_open(const struct ttr_connection_plan *plan, uint8_t ttl)
{
	const bool ipv4 = plan->target.family == TTR_FAMILY_IPV4;
	int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			IPPROTO_TCP);
	int status;

	if (fd < 0)
		return -errno;
	status = ipv4 ? set_ipv4(plan, fd, ttl) : set_ipv6(plan, fd, ttl);
	if (status == 0)
		status = set_common(fd);
	if (status == 0)
		status = bind_to_route(plan, fd);
	if (status == 0)
		return fd;
	close(fd);
	return status;
}

/* Each entry that is read is gone: foreign ones cannot keep us for long. */
#define ENTRIES_MAX 16

static bool read_queue(const struct ttr_connection_plan *plan, int fd,
		       struct ttr_errqueue_entry *entry)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	uint8_t payload[TTR_ERRQUEUE_BYTES];
	struct iovec data = {.iov_base = payload, .iov_len = sizeof(payload)};

	for (int i = 0; i < ENTRIES_MAX; i++) {
		struct msghdr message = {
			.msg_iov = &data,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t bytes = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);

		if (bytes < 0 && errno != EINTR)
			return false;
		if (bytes >= 0 && ttr_errqueue_read(entry, (enum ttr_family)plan->target.family,
						    &message, (unsigned int)bytes))
			return true;
	}
	return false;
}

static enum ttr_errqueue_state judge(const struct ttr_connection_plan *plan, int fd,
				     struct ttr_mono sent, struct ttr_reply *reply)
{
	struct tcp_info info = {.tcpi_state = TCP_SYN_SENT};
	socklen_t size = sizeof(info);
	enum ttr_errqueue_state state;
	int error = 0;

	getsockopt(fd, SOL_TCP, TCP_INFO, &info, &size);
	if (info.tcpi_state == TCP_CLOSE) {
		size = sizeof(error);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	}
	state = ttr_errqueue_judge(reply, &plan->target, info.tcpi_state, error,
				   info.tcpi_options & TCPI_OPT_ECN);
	reply->at = ttr_mono_now();
	if (info.tcpi_state != TCP_CLOSE && info.tcpi_rtt > 0)
		reply->at.ns = sent.ns + info.tcpi_rtt * TTR_NS_PER_US;
	return state;
}

unsigned int ttr_connection_resent(int fd)
{
	struct tcp_info info = {.tcpi_total_retrans = 0};
	socklen_t size = sizeof(info);

	getsockopt(fd, SOL_TCP, TCP_INFO, &info, &size);
	return info.tcpi_total_retrans;
}

/* The stamp may be later than the bridge was read last. */
static struct ttr_mono time_of(const struct ttr_errqueue_entry *entry,
			       struct ttr_clock_bridge *bridge)
{
	ttr_clock_bridge_read(bridge);
	return entry->has_stamp ? ttr_clock_bridge_mono(bridge, entry->stamp) : bridge->read;
}

/*
 * The queue first: what stands in it also ends the connection, as a port unreachable does with the
 * error of a reset. It may come between the two looks, so the last one is at the queue again.
 */
enum ttr_errqueue_state ttr_connection_look(const struct ttr_connection_plan *plan, int fd,
					    struct ttr_mono sent, struct ttr_clock_bridge *bridge,
					    struct ttr_reply *reply)
{
	struct ttr_errqueue_entry entry;
	enum ttr_errqueue_state state;

	if (!read_queue(plan, fd, &entry)) {
		state = judge(plan, fd, sent, reply);
		if (state == TTR_ERRQUEUE_WAITING || !read_queue(plan, fd, &entry))
			return state;
	}
	*reply = entry.reply;
	reply->at = time_of(&entry, bridge);
	return TTR_ERRQUEUE_ANSWERED;
}

bool ttr_connection_is_self(const struct ttr_connection_plan *plan, int fd, uint16_t port)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	if (!plan->route->local || !ttr_addr_equal(&plan->route->source, &plan->target) ||
	    getsockname(fd, (struct sockaddr *)&name, &length) < 0)
		return false;
	/* The port is at the same place in both families' names. */
	return ntohs(((const struct sockaddr_in *)(const void *)&name)->sin_port) == port;
}

int ttr_connection_begin(const struct ttr_connection_plan *plan, int fd, uint16_t port,
			 struct ttr_mono *at)
{
	struct sockaddr_storage name;
	socklen_t length =
		ttr_addr_to_socket(&name, &plan->target, port,
				   ttr_addr_is_link_local(&plan->target) ? plan->route->scope : 0);
	int status;

	*at = ttr_mono_now();
	do
		status = connect(fd, (const struct sockaddr *)&name, length);
	while (status < 0 && errno == EINTR);
	return status < 0 && errno != EINPROGRESS && errno != EALREADY ? -errno : 0;
}
