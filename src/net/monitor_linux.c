/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/loop.h"
#include "net/monitor.h"
#include "net/netlink_linux.h"
#include "tcptraceroute/clock.h"

#define GROUPS                                                                                     \
	(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE |                 \
	 RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE)

/* Changes come in groups: an address takes its routes with it. */
#define SETTLE_NS (10 * TTR_NS_PER_MS)

/* So many messages are thrown away in one turn of the loop. */
#define MESSAGES_PER_TURN 64

struct ttr_monitor {
	struct mnl_socket *news;
	struct mnl_socket *questions;
	struct ttr_watch *watch;
	struct ttr_timer *settle;
	void (*changed)(void *context);
	void *context;
	unsigned int ifindex;
	struct ttr_route_question source; /* is it ours? */
	struct ttr_route_question way;
	struct ttr_route_answer first; /* to `way` */
};

static void settled(void *context)
{
	struct ttr_monitor *m = context;

	m->changed(m->context);
}

/* What they say is not read: the answers to the questions are newer. Too many are an error, once,
 * and also news. */
static void news_came(void *context, bool readable, bool writable)
{
	struct ttr_monitor *m = context;
	char byte;

	(void)readable;
	(void)writable;
	for (int i = 0; i < MESSAGES_PER_TURN; i++)
		if (recv(mnl_socket_get_fd(m->news), &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
			break;
	if (!ttr_timer_armed(m->settle))
		ttr_timer_arm(m->settle, SETTLE_NS);
}

static void prepare_questions(struct ttr_monitor *m, const struct ttr_route *route,
			      const struct ttr_addr *target, bool connection, uint32_t uid)
{
	const bool tcp = connection || route->gateway.family != TTR_FAMILY_NONE;

	m->ifindex = route->ifindex;
	m->source = (struct ttr_route_question){
		.target = route->source,
		.uid = uid,
		.ifindex = route->scope,
		.protocol = IPPROTO_TCP,
	};
	m->way = (struct ttr_route_question){
		.target = *target,
		.source = route->source,
		.ifindex = route->bound ? route->ifindex : route->scope,
		.protocol = tcp ? IPPROTO_TCP : 0,
		.uid = uid,
	};
}

static int open_sockets(struct ttr_monitor *m)
{
	m->questions = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	m->news = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!m->questions || !m->news || mnl_socket_bind(m->news, GROUPS, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

static int listen_for_news(struct ttr_monitor *m, struct ttr_loop *loop)
{
	int status = ttr_timer_new(&m->settle, loop, settled, m);

	if (status == 0)
		status = ttr_watch_new(&m->watch, loop, mnl_socket_get_fd(m->news), news_came, m);
	if (status == 0)
		status = ttr_watch_set(m->watch, true, false);
	return status;
}

int ttr_monitor_new(struct ttr_monitor **monitor, struct ttr_loop *loop,
		    const struct ttr_route *route, const struct ttr_addr *target, bool connection,
		    uint32_t uid, void (*changed)(void *context), void *context)
{
	struct ttr_monitor *m = calloc(1, sizeof(*m));
	int status;

	if (!m)
		return -ENOMEM;
	m->changed = changed;
	m->context = context;
	prepare_questions(m, route, target, connection, uid);
	status = open_sockets(m);
	if (status == 0)
		status = ttr_netlink_route(m->questions, &m->way, &m->first);
	if (status == 0)
		status = listen_for_news(m, loop);
	if (status < 0) {
		ttr_monitor_free(m);
		return status;
	}
	*monitor = m;
	return 0;
}

void ttr_monitor_free(struct ttr_monitor *m)
{
	if (!m)
		return;
	ttr_watch_free(m->watch);
	ttr_timer_free(m->settle);
	if (m->news)
		mnl_socket_close(m->news);
	if (m->questions)
		mnl_socket_close(m->questions);
	free(m);
}

static bool source_is_ours(const struct ttr_monitor *m)
{
	struct ttr_route_question anywhere = m->source;
	struct ttr_route_answer answer;

	if (ttr_netlink_route(m->questions, &m->source, &answer) == 0 && answer.type == RTN_LOCAL)
		return true;
	/* Of a VRF: its tables are those of its devices. */
	anywhere.ifindex = m->ifindex;
	return ttr_netlink_route(m->questions, &anywhere, &answer) == 0 && answer.type == RTN_LOCAL;
}

enum ttr_monitor_state ttr_monitor_check(struct ttr_monitor *m, int *error, bool *moved)
{
	struct ttr_link_state link;
	struct ttr_route_answer now;
	int status = ttr_netlink_link(m->questions, &link, NULL, m->ifindex);

	*moved = false;
	*error = ENETDOWN;
	if (status == -ENODEV)
		return TTR_MONITOR_DEVICE_GONE;
	if (status == 0 && !ttr_link_usable(&link))
		return TTR_MONITOR_DEVICE_DOWN;
	*error = EADDRNOTAVAIL;
	if (!source_is_ours(m))
		return TTR_MONITOR_SOURCE_LOST;
	status = ttr_netlink_route(m->questions, &m->way, &now);
	*error = -status;
	if (status < 0)
		return TTR_MONITOR_NO_ROUTE;
	*moved =
		now.ifindex != m->first.ifindex || !ttr_addr_equal(&now.gateway, &m->first.gateway);
	return TTR_MONITOR_FINE;
}
