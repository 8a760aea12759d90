/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/descriptors.h"
#include "net/problem.h"
#include "net/route.h"

struct ttr_ports {
	struct ttr_route route;
	int *fds;
	size_t count;
	size_t size;
};

int ttr_ports_new(struct ttr_ports **ports, const struct ttr_route *route)
{
	*ports = calloc(1, sizeof(**ports));
	if (!*ports)
		return -ENOMEM;
	(*ports)->route = *route;
	return 0;
}

static void release(struct ttr_ports *ports, size_t down_to)
{
	while (ports->count > down_to)
		close(ports->fds[--ports->count]);
}

void ttr_ports_free(struct ttr_ports *ports)
{
	if (!ports)
		return;
	release(ports, 0);
	free(ports->fds);
	free(ports);
}

static int open_socket(const struct ttr_ports *ports)
{
	int family = ports->route.source.family == TTR_FAMILY_IPV4 ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0 && errno == EMFILE) {
		ttr_descriptors_raise(SIZE_MAX);
		fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	}
	return fd < 0 ? -errno : fd;
}

static int make_room(struct ttr_ports *ports, size_t count)
{
	size_t size = ports->count + count;
	int *fds;

	if (size <= ports->size)
		return 0;
	fds = reallocarray(ports->fds, size, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	ports->fds = fds;
	ports->size = size;
	return 0;
}

/* There must be room. */
static int reserve(struct ttr_ports *ports, uint16_t port)
{
	int fd = open_socket(ports), status;

	if (fd < 0)
		return fd;
	status = ttr_route_bind(&ports->route, fd, port);
	if (status < 0) {
		close(fd);
		return status;
	}
	ports->fds[ports->count++] = fd;
	return 0;
}

static int read_port(int fd, uint16_t *port)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &length) < 0)
		return -errno;
	/* The port is at the same place in both families' names. */
	*port = ntohs(((const struct sockaddr_in *)(const void *)&name)->sin_port);
	return 0;
}

static int draw(struct ttr_ports *ports, uint16_t *port)
{
	int status = reserve(ports, 0);

	return status < 0 ? status : read_port(ports->fds[ports->count - 1], port);
}

static int too_few(struct ttr_problem *problem, size_t limit, size_t needed)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", limit);
	ttr_problem_fill(problem, TTR_PROBLEM_DESCRIPTORS, EMFILE, text, NULL);
	problem->count = needed;
	return -EMFILE;
}

int ttr_ports_draw(struct ttr_ports *ports, uint16_t *drawn, size_t count,
		   struct ttr_problem *problem)
{
	const size_t before = ports->count, needed = before + count + TTR_DESCRIPTORS_OTHERS;
	int status = make_room(ports, count);
	size_t limit;

	if (status < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, -status, NULL, NULL);
	limit = ttr_descriptors_raise(needed);
	for (size_t i = 0; i < count && status == 0; i++)
		status = draw(ports, &drawn[i]);
	if (status == 0)
		return 0;
	release(ports, before);
	if (status == -EMFILE)
		return too_few(problem, limit, needed);
	return ttr_problem_fill(problem, TTR_PROBLEM_NO_PORTS, -status, NULL, NULL);
}

int ttr_ports_claim(struct ttr_ports *ports, uint16_t port, bool forced,
		    struct ttr_problem *problem)
{
	int status = make_room(ports, 1);

	if (status < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, -status, NULL, NULL);
	status = reserve(ports, port);
	switch (status) {
	case 0:
		return 0;
	case -EADDRINUSE:
		return forced ? 0
			      : ttr_problem_fill(problem, TTR_PROBLEM_PORT_IN_USE, -status, NULL,
						 NULL);
	case -EACCES:
		return forced ? 0
			      : ttr_problem_fill(problem, TTR_PROBLEM_PORT_DENIED, -status, NULL,
						 NULL);
	default:
		return ttr_problem_fill(problem, TTR_PROBLEM_NO_PORTS, -status, NULL, NULL);
	}
}
