/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/problem.h"
#include "net/raw.h"
#include "net/route.h"

struct ttr_sender {
	int fd; /* one of struct ttr_raw's */
	struct ttr_addr source;
	struct ttr_addr target;
	struct sockaddr_storage
		to; /* of the target, or of the gateway that is handed the packets */
	socklen_t to_length;
};

static int bind_to_route(int fd, const struct ttr_route *route)
{
	int status = ttr_route_bind(route, fd, 0);

	return status == 0 && route->bound ? ttr_route_bind_device(route, fd) : status;
}

static void set_destination(struct ttr_sender *sender, const struct ttr_route *route)
{
	const struct ttr_addr *next = &sender->target;
	unsigned int scope = route->scope;

	if (route->gateway.family != TTR_FAMILY_NONE) {
		next = &route->gateway;
		scope = route->ifindex;
	}
	if (!ttr_addr_is_link_local(next))
		scope = 0;
	sender->to_length = ttr_addr_to_socket(&sender->to, next, 0, scope);
}

static enum ttr_problem_kind name_problem(int status)
{
	switch (status) {
	case -EADDRNOTAVAIL:
		return TTR_PROBLEM_SOURCE_FOREIGN;
	case -ENODEV:
		return TTR_PROBLEM_NO_DEVICE;
	case -ENOMEM:
		return TTR_PROBLEM_MEMORY;
	default:
		return TTR_PROBLEM_SOCKET;
	}
}

static int fail(const struct ttr_sender *sender, const struct ttr_route *route, int status,
		struct ttr_problem *problem)
{
	enum ttr_problem_kind kind = name_problem(status);

	if (kind == TTR_PROBLEM_SOURCE_FOREIGN)
		return ttr_problem_fill_addr(problem, kind, -status, &sender->source);
	return ttr_problem_fill(problem, kind, -status, route->device, NULL);
}

static int prepare(const struct ttr_sender *sender, const struct ttr_route *route, uint8_t tos)
{
	int status;

	if (sender->fd < 0)
		return -EAFNOSUPPORT;
	status = ttr_raw_prepare(sender->fd, sender->target.family, tos);
	if (status == 0)
		status = bind_to_route(sender->fd, route);
	return status;
}

int ttr_sender_new(struct ttr_sender **sender, const struct ttr_raw *raw,
		   const struct ttr_route *route, const struct ttr_addr *target, uint8_t tos,
		   struct ttr_problem *problem)
{
	struct ttr_sender *new;
	int status;

	if (!ttr_addr_is_unicast(target) || target->family != route->source.family)
		return ttr_problem_fill_addr(problem, TTR_PROBLEM_HOST_UNUSABLE, EINVAL, target);
	new = calloc(1, sizeof(*new));
	if (!new)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL);
	new->fd = ttr_raw_fd(raw, target->family);
	new->source = route->source;
	new->target = *target;
	set_destination(new, route);
	status = prepare(new, route, tos);
	if (status < 0) {
		fail(new, route, status, problem);
		ttr_sender_free(new);
		return status;
	}
	*sender = new;
	return 0;
}

void ttr_sender_free(struct ttr_sender *sender)
{
	free(sender);
}

int ttr_sender_fd(const struct ttr_sender *sender)
{
	return sender->fd;
}

/* RFC 791 section 3.1, RFC 8200 section 3: version and addresses. */
static bool is_ours(const struct ttr_sender *sender, const uint8_t *packet, unsigned int length)
{
	bool ipv4 = sender->target.family == TTR_FAMILY_IPV4;
	unsigned int at = ipv4 ? 12 : 8, size = ipv4 ? 4 : 16;

	return length >= (ipv4 ? 20 : 40) && packet[0] >> 4 == sender->target.family &&
	       memcmp(packet + at, sender->source.bytes, size) == 0 &&
	       memcmp(packet + at + size, sender->target.bytes, size) == 0;
}

int ttr_sender_send(struct ttr_sender *sender, const uint8_t *packet, unsigned int length)
{
	ssize_t sent;
	int error;

	if (!is_ours(sender, packet, length))
		return -EDESTADDRREQ;
	do
		sent = sendto(sender->fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL,
			      (const struct sockaddr *)&sender->to, sender->to_length);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	error = errno;
	if (error != EAGAIN)
		ttr_raw_drain_errors(sender->fd);
	return -error;
}
