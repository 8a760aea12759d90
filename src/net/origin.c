/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/origin.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/problem.h"

/* Any port: nothing is sent there. */
#define SOME_PORT 33434

static int open_one(int family, unsigned int ifindex)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), index = (int)ifindex;

	if (fd < 0)
		return errno == EAFNOSUPPORT ? -1 : -errno;
	if (ifindex && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

int ttr_origin_init(struct ttr_origin *origin, unsigned int ifindex)
{
	origin->fds[0] = open_one(AF_INET, ifindex);
	origin->fds[1] = open_one(AF_INET6, ifindex);
	if (origin->fds[0] >= -1 && origin->fds[1] >= -1)
		return 0;
	return origin->fds[0] < -1 ? origin->fds[0] : origin->fds[1];
}

void ttr_origin_fini(struct ttr_origin *origin)
{
	for (unsigned int i = 0; i < 2; i++)
		if (origin->fds[i] >= 0)
			close(origin->fds[i]);
}

static void disconnect(int fd)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	connect(fd, &nobody, sizeof(nobody));
}

static int ask(int fd, const struct ttr_addr *target, struct ttr_addr *source)
{
	struct sockaddr_storage to, from = {.ss_family = AF_UNSPEC};
	socklen_t length = ttr_addr_to_socket(&to, target, SOME_PORT, 0), size = sizeof(from);
	int error = 0;

	if (connect(fd, (struct sockaddr *)&to, length) < 0)
		return -errno;
	if (getsockname(fd, (struct sockaddr *)&from, &size) < 0)
		error = -errno;
	*source = ttr_addr_from_socket((struct sockaddr *)&from);
	disconnect(fd);
	return error;
}

int ttr_origin_find(struct ttr_origin *origin, const struct ttr_addr *target,
		    struct ttr_addr *source, struct ttr_problem *problem)
{
	int fd = origin->fds[target->family == TTR_FAMILY_IPV6];
	int status = fd < 0 ? -ENETUNREACH : ask(fd, target, source);

	if (status == 0)
		return 0;
	/* Only who has asked for it may send to a broadcast address: socket(7), SO_BROADCAST. */
	return ttr_problem_fill_addr(
		problem, status == -EACCES ? TTR_PROBLEM_HOST_UNUSABLE : TTR_PROBLEM_NO_ROUTE,
		-status, target);
}
