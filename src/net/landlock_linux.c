/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/landlock_linux.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The interface grows with the kernel, and the headers of a system may be older than the kernel
 * that runs: all that is used of it is written down here. The numbers of the calls are the same on
 * all architectures.
 */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446

#define ASK_VERSION 1u
#define RULE_PORT 2

#define FILES_1 UINT64_C(0x1fff) /* execute, write, read, list, remove, make... */
#define FILES_2 UINT64_C(0x2000) /* move between directories */
#define FILES_3 UINT64_C(0x4000) /* truncate */
#define FILES_5 UINT64_C(0x8000) /* ioctl() on devices */
#define CONNECT_4 UINT64_C(0x2)  /* TCP */
#define SCOPES_6 UINT64_C(0x3)   /* abstract Unix sockets, signals */

#define VERSION_KNOWN 6

struct ruleset {
	uint64_t files;
	uint64_t network; /* from version 4 */
	uint64_t scopes;  /* from version 6 */
};

struct port_rule {
	uint64_t allowed;
	uint64_t port;
};

static size_t size_of(long version)
{
	if (version < 4)
		return offsetof(struct ruleset, network);
	return version < 6 ? offsetof(struct ruleset, scopes) : sizeof(struct ruleset);
}

static int make_ruleset(long version, uint16_t tcp_port)
{
	const struct ruleset all = {
		.files = FILES_1 | (version >= 2 ? FILES_2 : 0) | (version >= 3 ? FILES_3 : 0) |
			 (version >= 5 ? FILES_5 : 0),
		.network = version >= 4 && tcp_port ? CONNECT_4 : 0,
		.scopes = version >= 6 ? SCOPES_6 : 0,
	};
	const struct port_rule rule = {.allowed = CONNECT_4, .port = tcp_port};
	int fd = (int)syscall(CREATE_RULESET, &all, size_of(version), 0);

	if (fd < 0)
		return -errno;
	if (all.network && syscall(ADD_RULE, fd, RULE_PORT, &rule, 0) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

int ttr_landlock_enter(uint16_t tcp_port)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	int fd, status = 0;

	if (version < 0)
		return -errno;
	if (version > VERSION_KNOWN)
		version = VERSION_KNOWN;
	fd = make_ruleset(version, tcp_port);
	if (fd < 0)
		return fd;
	if (syscall(RESTRICT_SELF, fd, 0) < 0)
		status = -errno;
	close(fd);
	return status < 0 ? status : (int)version;
}
