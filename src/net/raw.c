/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/raw.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/problem.h"

/* A whole burst of probes fits: each takes some 800 bytes of the socket's memory until the device
 * has sent it. The kernel takes what it allows of this. */
#define BUFFER_BYTES (4 * 1024 * 1024)

/* An IPPROTO_RAW socket gets packets of protocol 255, which anybody may send. */
static int refuse_input(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &drop};
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

static int open_socket(int *fd, int family)
{
	int status;

	if (*fd >= 0)
		return 0;
	*fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd < 0)
		return -errno;
	status = refuse_input(*fd);
	if (status < 0) {
		close(*fd);
		*fd = -1;
	}
	return status;
}

static enum ttr_problem_kind name_problem(int status)
{
	switch (status) {
	case -EPERM:
	case -EACCES:
		return TTR_PROBLEM_PRIVILEGE;
	case -ENOMEM:
		return TTR_PROBLEM_MEMORY;
	default:
		return TTR_PROBLEM_SOCKET;
	}
}

int ttr_raw_open(struct ttr_raw *raw, enum ttr_family family, struct ttr_problem *problem)
{
	int status = 0;

	if (family != TTR_FAMILY_IPV6)
		status = open_socket(&raw->ipv4, AF_INET);
	if (family == TTR_FAMILY_NONE && status == -EAFNOSUPPORT)
		status = 0;
	if (status == 0 && family != TTR_FAMILY_IPV4)
		status = open_socket(&raw->ipv6, AF_INET6);
	if (family == TTR_FAMILY_NONE && status == -EAFNOSUPPORT && raw->ipv4 >= 0)
		status = 0;
	return status < 0 ? ttr_problem_fill(problem, name_problem(status), -status, NULL, NULL)
			  : 0;
}

void ttr_raw_close(struct ttr_raw *raw)
{
	if (raw->ipv4 >= 0)
		close(raw->ipv4);
	if (raw->ipv6 >= 0)
		close(raw->ipv6);
	*raw = (struct ttr_raw)TTR_RAW_CLOSED;
}

static int set_number(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int ttr_raw_prepare(int fd, enum ttr_family family, uint8_t tos)
{
	bool ipv4 = family == TTR_FAMILY_IPV4;
	int level = ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
	int status = set_number(fd, level, ipv4 ? IP_HDRINCL : IPV6_HDRINCL, 1);

	if (status == 0)
		status = set_number(fd, level, ipv4 ? IP_RECVERR : IPV6_RECVERR, 1);
	if (status == 0)
		status = set_number(fd, level, ipv4 ? IP_TOS : IPV6_TCLASS, tos);
	if (status == 0)
		status = set_number(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
	return status;
}

void ttr_raw_drain_errors(int fd)
{
	struct msghdr message = {.msg_iov = NULL};

	while (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		;
}

int ttr_raw_fd(const struct ttr_raw *raw, enum ttr_family family)
{
	return family == TTR_FAMILY_IPV4 ? raw->ipv4 : raw->ipv6;
}
