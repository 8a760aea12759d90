/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goes through the program's own start sequence and then does what it must not do; for sandbox.sh.
 *
 *	confined STAGE DEED [ARGUMENT]
 *
 * STAGE: 3 (nothing given up yet but what a file's rights need), 5 (privileges), 7 (confined, for a
 * name), 9 (sealed); or "landlock": 5 and the file system, without the filter, to see that the
 * layers do not depend on each other. Prints "DEED: ok" or "DEED: ERRNO"; a deed that the filter
 * forbids ends the process by SIGSYS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/capture.h"
#include "net/privilege.h"
#include "net/raw.h"
#include "net/sandbox.h"
#include "net/start.h"

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif

struct open {
	struct ttr_raw raw;
	struct ttr_capture *capture;
};

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int attach(int fd)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 65535);
	struct sock_fprog program = {.len = 1, .filter = &all};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int connect_to(const char *port)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&name,
		       sizeof(name));
}

static int map(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1
											      : 0;
}

static int make_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int spawn(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child;
}

static int run(const char *path)
{
	char *const arguments[] = {(char *)(uintptr_t)path, NULL};

	return execv(path, arguments);
}

static int signal_parent(void)
{
	return kill(getppid(), 0);
}

static int ping_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int raise_privilege(void)
{
	int status = ttr_privilege_raise();

	if (status == 0 && ttr_privilege_capabilities() == 0)
		status = -EPERM;
	errno = -status;
	return status;
}

/* -1 and errno; 0 or more: it worked. */
static int act(const struct open *open_, const char *deed, const char *argument)
{
	const int raw = open_->raw.ipv4;

	if (!strcmp(deed, "nothing"))
		return 0;
	if (!strcmp(deed, "ptrace"))
		return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	if (!strcmp(deed, "hdrincl"))
		return set(raw, IPPROTO_IP, IP_HDRINCL, 1);
	if (!strcmp(deed, "bindtodevice"))
		return setsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	if (!strcmp(deed, "mark"))
		return set(raw, SOL_SOCKET, SO_MARK, 7);
	if (!strcmp(deed, "attach-filter"))
		return attach(raw);
	if (!strcmp(deed, "change-capture"))
		return attach(ttr_capture_fd(open_->capture));
	if (!strcmp(deed, "detach-capture"))
		return set(ttr_capture_fd(open_->capture), SOL_SOCKET, SO_DETACH_FILTER, 0);
	if (!strcmp(deed, "packet"))
		return socket(AF_PACKET, SOCK_RAW, 0);
	if (!strcmp(deed, "raw"))
		return socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (!strcmp(deed, "netlink"))
		return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (!strcmp(deed, "unix"))
		return socket(AF_UNIX, SOCK_STREAM, 0);
	if (!strcmp(deed, "ping"))
		return ping_socket();
	if (!strcmp(deed, "udp"))
		return socket(AF_INET6, SOCK_DGRAM, 0);
	if (!strcmp(deed, "open"))
		return open(argument, O_RDONLY);
	if (!strcmp(deed, "create"))
		return open(argument, O_WRONLY | O_CREAT, 0600);
	if (!strcmp(deed, "connect"))
		return connect_to(argument);
	if (!strcmp(deed, "fork"))
		return spawn();
	if (!strcmp(deed, "exec"))
		return run(argument);
	if (!strcmp(deed, "kill"))
		return signal_parent();
	if (!strcmp(deed, "map-executable"))
		return map(PROT_READ | PROT_EXEC);
	if (!strcmp(deed, "map"))
		return map(PROT_READ | PROT_WRITE);
	if (!strcmp(deed, "mprotect"))
		return make_executable();
	if (!strcmp(deed, "mdwe"))
		return prctl(PR_GET_MDWE, 0, 0, 0, 0) & 1 ? 0 : -1;
	if (!strcmp(deed, "raise"))
		return raise_privilege();
	if (!strcmp(deed, "root"))
		return setresuid(0, 0, 0);
	errno = ENOSYS;
	return -1;
}

static void say(const char *text, const char *more)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%s: %s\n", text, more);

	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(4);
}

static int go_to(struct open *open_, const char *stage, struct ttr_sandbox *sandbox)
{
	const unsigned int needs = TTR_NEED_RAW | TTR_NEED_NAMES;
	struct ttr_problem problem = {.kind = TTR_PROBLEM_NONE};
	int status;

	if (stage[0] == '3')
		return 0;
	status = ttr_start_raw(&open_->raw, &open_->capture, TTR_FAMILY_NONE, "any", &problem);
	if (status == 0)
		status = ttr_start_drop(sandbox, false, &problem);
	if (status < 0)
		say(problem.detail, strerrorname_np(problem.error));
	if (status < 0 || stage[0] == '5')
		return status;
	if (!strcmp(stage, "landlock"))
		return ttr_sandbox_confine(sandbox, needs);
	status = ttr_start_confine(sandbox, needs, &problem);
	if (status < 0 || stage[0] == '7')
		return status;
	status = ttr_capture_lock(open_->capture);
	return status < 0 ? status : ttr_start_seal(sandbox, needs, &problem);
}

int main(int argc, char *argv[])
{
	struct open open_ = {.raw = TTR_RAW_CLOSED};
	struct ttr_sandbox sandbox = {.seccomp = 0};

	if (argc < 3 || ttr_start_process(argc, argv) < 0 || go_to(&open_, argv[1], &sandbox) < 0)
		return 3;
	errno = 0;
	if (act(&open_, argv[2], argc > 3 ? argv[3] : "") < 0)
		say(argv[2], strerrorname_np(errno));
	else
		say(argv[2], "ok");
	return 0;
}
