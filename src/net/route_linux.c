/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/netlink_linux.h"
#include "net/problem.h"

/* What one ttr_route_get() carries around. */
struct search {
	struct mnl_socket *netlink;
	const struct ttr_route_query *query;
	struct ttr_problem *problem;
	unsigned int ifindex; /* of -i or the scope; 0: any */
	struct ttr_addr source;
};

/* Also says what is wrong with the device of -i or of the scope. */
static int choose_device(struct search *search)
{
	const struct ttr_route_query *query = search->query;
	bool given = query->device && strcmp(query->device, "any") != 0;
	struct ttr_link_state link;
	int status;

	if (!given && query->scope == 0)
		return 0;
	status = ttr_netlink_link(search->netlink, &link, given ? query->device : NULL,
				  given ? 0 : query->scope);
	if (status < 0)
		return given ? ttr_problem_fill(search->problem, TTR_PROBLEM_NO_DEVICE, -status,
						query->device, NULL)
			     : ttr_problem_fill_addr(search->problem, TTR_PROBLEM_SCOPE, -status,
						     &query->target);
	if (query->scope && query->scope != link.index)
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_SCOPE, EINVAL,
					     &query->target);
	if (!ttr_link_usable(&link))
		return ttr_problem_fill(search->problem, TTR_PROBLEM_DEVICE_DOWN, ENETDOWN,
					link.name, NULL);
	search->ifindex = link.index;
	return 0;
}

static int check_addresses(const struct search *search)
{
	const struct ttr_route_query *query = search->query;

	if (!ttr_addr_is_unicast(&query->target))
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_HOST_UNUSABLE, EINVAL,
					     &query->target);
	if (query->source.family != TTR_FAMILY_NONE && query->source.family != query->target.family)
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_SOURCE_INVALID,
					     EAFNOSUPPORT, &query->source);
	if (query->source.family != TTR_FAMILY_NONE && !ttr_addr_is_unicast(&query->source))
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_SOURCE_FOREIGN,
					     EADDRNOTAVAIL, &query->source);
	if (search->ifindex == 0 &&
	    (ttr_addr_is_link_local(&query->target) || ttr_addr_is_link_local(&query->source)))
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_SCOPE, EINVAL,
					     &query->target);
	return 0;
}

static bool is_local(const struct search *search, const struct ttr_addr *addr, unsigned int ifindex)
{
	struct ttr_route_question question = {
		.target = *addr,
		.ifindex = ifindex,
		.protocol = IPPROTO_TCP,
		.uid = search->query->uid,
	};
	struct ttr_route_answer answer;

	return ttr_netlink_route(search->netlink, &question, &answer) == 0 &&
	       answer.type == RTN_LOCAL;
}

/*
 * The kernel also lets a socket have the broadcast addresses of its networks and, if it is told so
 * (ip_nonlocal_bind), anybody's: so the tables are asked as well. Asked without the device first,
 * because the address may be on another one, and with it for the tables of a VRF.
 */
static int check_source(const struct search *search)
{
	struct ttr_route route = {.source = search->source, .ifindex = search->ifindex};
	int fd, status;

	if (search->source.family == TTR_FAMILY_NONE)
		return 0;
	if (ttr_addr_is_link_local(&search->source))
		route.scope = search->ifindex;
	fd = socket(search->source.family == TTR_FAMILY_IPV4 ? AF_INET : AF_INET6,
		    SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ttr_problem_fill(search->problem, TTR_PROBLEM_SOCKET, errno, NULL, NULL);
	status = ttr_route_bind(&route, fd, 0);
	close(fd);
	if (status == 0 && !is_local(search, &search->source, 0) &&
	    !is_local(search, &search->source, search->ifindex))
		status = -EADDRNOTAVAIL;
	if (status < 0)
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_SOURCE_FOREIGN, -status,
					     &search->source);
	return 0;
}

static struct ttr_route_question make_question(const struct search *search, uint8_t protocol)
{
	const struct ttr_route_query *query = search->query;
	struct ttr_route_question question = {
		.target = query->target,
		.source = search->source,
		.ifindex = search->ifindex,
		.protocol = protocol,
		.tos = query->tos,
		.uid = query->uid,
	};

	if (protocol == IPPROTO_TCP) {
		question.source_port = query->source_port;
		question.target_port = query->target_port;
	}
	return question;
}

/*
 * Once a source is known, IPv6 answers with a route of another device rather than with none. A
 * socket that is bound to the device has none then, as the question has without a source.
 */
static int ask(const struct search *search, struct ttr_route_question *question,
	       struct ttr_route_answer *answer)
{
	int status = ttr_netlink_route(search->netlink, question, answer);

	if (status < 0 || question->target.family != TTR_FAMILY_IPV6 || question->ifindex == 0 ||
	    answer->ifindex == question->ifindex || answer->type == RTN_LOCAL)
		return status;
	question->source.family = TTR_FAMILY_NONE;
	return ttr_netlink_route(search->netlink, question, answer);
}

/*
 * Where all routes are for certain sources only, IPv6 has none to show until a source is chosen. A
 * connection tries the address it would choose; so does this, by connecting a UDP socket, which
 * sends nothing.
 */
static struct ttr_addr guess_source(const struct search *search)
{
	struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
	socklen_t length = ttr_addr_to_socket(&name, &search->query->target, 9, search->ifindex);
	int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ttr_addr source = {.family = TTR_FAMILY_NONE};
	int index = (int)search->ifindex;

	if (fd < 0)
		return source;
	if (index)
		setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index));
	if (connect(fd, (const struct sockaddr *)&name, length) == 0) {
		length = sizeof(name);
		if (getsockname(fd, (struct sockaddr *)&name, &length) == 0)
			source = ttr_addr_from_socket((const struct sockaddr *)&name);
	}
	close(fd);
	return source;
}

/* As connect() does: look, take the source that the route says, look again with that source. */
static int find_connection(struct search *search, struct ttr_route_answer *answer)
{
	struct ttr_route_question question = make_question(search, IPPROTO_TCP);
	int status = ask(search, &question, answer);

	if (search->source.family != TTR_FAMILY_NONE)
		return status;
	if (status == 0)
		search->source = answer->source;
	else if (question.target.family == TTR_FAMILY_IPV6)
		search->source = guess_source(search);
	if (search->source.family == TTR_FAMILY_NONE)
		return status < 0 ? status : -EADDRNOTAVAIL;
	if (question.target.family == TTR_FAMILY_IPV6 && status == 0)
		return 0;
	question = make_question(search, IPPROTO_TCP);
	return ask(search, &question, answer);
}

static bool is_same_way(const struct ttr_route_answer *a, const struct ttr_route_answer *b)
{
	return a->type == b->type && a->ifindex == b->ifindex &&
	       ttr_addr_equal(&a->gateway, &b->gateway);
}

/* True if a raw packet that is sent to the gateway itself, on its device, goes straight there. */
static bool takes_raw(const struct search *search, const struct ttr_route_answer *answer)
{
	struct ttr_route_question question = make_question(search, 0);
	struct ttr_route_answer straight;

	question.target = answer->gateway;
	question.ifindex = answer->ifindex;
	if (answer->gateway.family != search->query->target.family)
		return false;
	return ttr_netlink_route(search->netlink, &question, &straight) == 0 &&
	       straight.ifindex == answer->ifindex && straight.type == RTN_UNICAST &&
	       straight.gateway.family == TTR_FAMILY_NONE;
}

/*
 * The kernel looks up raw packets without ports, and not as TCP. Where that leads elsewhere
 * than a connection, they are handed to the connection's gateway; where that is not possible
 * either, they go where they go, and that is the route.
 */
static int find_raw(const struct search *search, struct ttr_route_answer *answer,
		    struct ttr_route *route)
{
	struct ttr_route_question question = make_question(search, 0);
	struct ttr_route_answer raw;
	int status = ask(search, &question, &raw);

	if (answer->type == RTN_LOCAL || (status == 0 && is_same_way(answer, &raw)))
		return 0;
	if (takes_raw(search, answer)) {
		route->gateway = answer->gateway;
		route->bound = true;
		return 0;
	}
	if (status == 0)
		*answer = raw;
	return status;
}

static int fill_device(struct ttr_route *route, const struct search *search,
		       const struct ttr_route_answer *answer)
{
	struct ttr_link_state link;
	int status = ttr_netlink_link(search->netlink, &link, NULL, answer->ifindex);

	route->local = answer->type == RTN_LOCAL;
	if (status < 0)
		return ttr_problem_fill(search->problem, TTR_PROBLEM_INTERNAL, -status, NULL, NULL);
	if (!ttr_link_usable(&link))
		return ttr_problem_fill(search->problem, TTR_PROBLEM_DEVICE_DOWN, ENETDOWN,
					link.name, NULL);
	/* "-i lo" to somewhere else: the kernel says yes, and throws it away. */
	if ((link.flags & IFF_LOOPBACK) && !route->local)
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_NO_ROUTE, ENETUNREACH,
					     &search->query->target);
	memcpy(route->device, link.name, sizeof(route->device));
	route->ifindex = link.index;
	route->mtu = answer->mtu ? answer->mtu : link.mtu;
	if (search->ifindex && !(link.flags & IFF_LOOPBACK && route->local))
		route->bound = true;
	return 0;
}

/* An own address is delivered here, whatever -i says; asked with a device, the kernel would look
 * for it out there. */
static void ignore_device(struct search *search)
{
	const struct ttr_addr *target = &search->query->target;

	if (search->ifindex && !ttr_addr_is_link_local(target) && is_local(search, target, 0))
		search->ifindex = 0;
}

static int fill_route(struct ttr_route *route, struct search *search)
{
	const struct ttr_addr *target = &search->query->target;
	struct ttr_route_answer answer;
	int status;

	ignore_device(search);
	status = find_connection(search, &answer);
	if (status == 0 && !search->query->connection)
		status = find_raw(search, &answer, route);
	if (status < 0)
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_NO_ROUTE, -status,
					     target);
	if (answer.type != RTN_UNICAST && answer.type != RTN_LOCAL)
		return ttr_problem_fill_addr(search->problem, TTR_PROBLEM_HOST_UNUSABLE, EINVAL,
					     target);
	route->source = search->source;
	if (ttr_addr_is_link_local(target) || ttr_addr_is_link_local(&route->source))
		route->scope = search->ifindex ? search->ifindex : answer.ifindex;
	return fill_device(route, search, &answer);
}

int ttr_route_get(struct ttr_route *route, const struct ttr_route_query *query,
		  struct ttr_problem *problem)
{
	struct search search = {.query = query, .problem = problem, .source = query->source};
	int status;

	memset(route, 0, sizeof(*route));
	search.netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!search.netlink)
		return ttr_problem_fill(problem, TTR_PROBLEM_SOCKET, errno, NULL, NULL);
	status = choose_device(&search);
	if (status == 0)
		status = check_addresses(&search);
	if (status == 0)
		status = check_source(&search);
	if (status == 0)
		status = fill_route(route, &search);
	mnl_socket_close(search.netlink);
	return status;
}

static int bind_to(int fd, const struct ttr_route *route, uint16_t port)
{
	struct sockaddr_storage name;
	socklen_t length = ttr_addr_to_socket(&name, &route->source, port, route->scope);

	return bind(fd, (const struct sockaddr *)&name, length) < 0 ? -errno : 0;
}

/* An address of a VRF is only had by sockets that are bound to it; bound to any other device, an
 * IPv6 socket cannot have the address of a third one. Hence without the device first. */
int ttr_route_bind(const struct ttr_route *route, int fd, uint16_t port)
{
	int status = bind_to(fd, route, port), index = (int)route->ifindex;

	if (status != -EADDRNOTAVAIL || index == 0)
		return status;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0)
		return status;
	return bind_to(fd, route, port);
}

/* As by a link-local source address. */
static bool is_bound_to(int fd, unsigned int ifindex)
{
	int bound = 0;
	socklen_t size = sizeof(bound);

	return getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &bound, &size) == 0 &&
	       bound == (int)ifindex;
}

int ttr_route_bind_device(const struct ttr_route *route, int fd)
{
	const int index = (int)route->ifindex;

	if (is_bound_to(fd, route->ifindex))
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0 ? -errno : 0;
}
