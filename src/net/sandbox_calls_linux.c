/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sandbox_calls_linux.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>

#include "net/sandbox.h"

#define RUN TTR_NEED_RUN
#define NAMES TTR_NEED_NAMES
#define RAW TTR_NEED_RAW
#define CONNECT TTR_NEED_CONNECT
#define SETUP TTR_NEED_SETUP
#define FINISH TTR_NEED_FINISH

/* Arguments are 32 bits wide; what the upper half of a register holds is nobody's business. */
#define IS(argument, value)                                                                        \
	{                                                                                          \
		(argument), SCMP_CMP_MASKED_EQ, UINT32_MAX, (value)                                \
	}
#define BITS(argument, mask, value)                                                                \
	{                                                                                          \
		(argument), SCMP_CMP_MASKED_EQ, (mask), (value)                                    \
	}

/* The type of a socket without SOCK_NONBLOCK and SOCK_CLOEXEC. */
#define KIND 0xfu

/* clang-format off */
const struct ttr_sandbox_call ttr_sandbox_calls[] = {
	/* the loop */
	{RUN, SCMP_SYS(epoll_wait), 0, {}},
	{RUN, SCMP_SYS(epoll_pwait), 0, {}},
	{RUN, SCMP_SYS(epoll_pwait2), 0, {}},
	{RUN, SCMP_SYS(epoll_ctl), 0, {}},
	{RUN, SCMP_SYS(timerfd_settime), 0, {}},
	{RUN, SCMP_SYS(timerfd_settime64), 0, {}},
	{RUN, SCMP_SYS(clock_gettime), 0, {}},
	{RUN, SCMP_SYS(clock_gettime64), 0, {}},
	{RUN, SCMP_SYS(gettimeofday), 0, {}},
	{RUN, SCMP_SYS(time), 0, {}},
	{RUN, SCMP_SYS(restart_syscall), 0, {}},

	/* memory: never executable */
	{RUN, SCMP_SYS(brk), 0, {}},
	{RUN, SCMP_SYS(mmap), 1, {BITS(2, PROT_EXEC, 0)}},
	{RUN, SCMP_SYS(mmap2), 1, {BITS(2, PROT_EXEC, 0)}},
	{RUN, SCMP_SYS(mprotect), 1, {BITS(2, PROT_EXEC, 0)}},
	{RUN, SCMP_SYS(mremap), 0, {}},
	{RUN, SCMP_SYS(munmap), 0, {}},
	{RUN, SCMP_SYS(madvise), 0, {}},
	{RUN, SCMP_SYS(sysinfo), 0, {}}, /* qsort() asks how much there is */
	{RUN, SCMP_SYS(getrandom), 0, {}},
	{RUN, SCMP_SYS(futex), 0, {}},

	/* what is open: output, input, the terminal */
	{RUN, SCMP_SYS(read), 0, {}},
	{RUN, SCMP_SYS(write), 0, {}},
	{RUN, SCMP_SYS(writev), 0, {}},
	{RUN, SCMP_SYS(close), 0, {}},
	{RUN, SCMP_SYS(poll), 0, {}},
	{RUN, SCMP_SYS(ppoll), 0, {}},
	{RUN, SCMP_SYS(ppoll_time64), 0, {}},
	{RUN, SCMP_SYS(lseek), 0, {}},
	{RUN, SCMP_SYS(_llseek), 0, {}},
	{RUN, SCMP_SYS(fstat), 0, {}},
	{RUN, SCMP_SYS(fstat64), 0, {}},
	{RUN, SCMP_SYS(newfstatat), 1, {BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}},
	{RUN, SCMP_SYS(fcntl), 1, {IS(1, F_GETFL)}},
	{RUN, SCMP_SYS(fcntl), 1, {IS(1, F_SETFL)}},
	{RUN, SCMP_SYS(fcntl), 1, {IS(1, F_GETFD)}},
	{RUN, SCMP_SYS(fcntl64), 1, {IS(1, F_GETFL)}},
	{RUN, SCMP_SYS(fcntl64), 1, {IS(1, F_SETFL)}},
	{RUN, SCMP_SYS(fcntl64), 1, {IS(1, F_GETFD)}},
	{RUN, SCMP_SYS(ioctl), 1, {IS(1, TCGETS)}},
	{RUN, SCMP_SYS(ioctl), 1, {IS(1, TIOCGWINSZ)}},

	/* signals, also to end by one's own; the end */
	{RUN, SCMP_SYS(rt_sigaction), 0, {}},
	{RUN, SCMP_SYS(rt_sigprocmask), 0, {}},
	{RUN, SCMP_SYS(rt_sigreturn), 0, {}},
	{RUN, SCMP_SYS(sigreturn), 0, {}},
	{RUN, SCMP_SYS(getpid), 0, {}},
	{RUN, SCMP_SYS(gettid), 0, {}},
	{RUN, SCMP_SYS(prctl), 1, {IS(0, PR_GET_SECCOMP)}},
	{RUN, SCMP_SYS(exit), 0, {}},
	{RUN, SCMP_SYS(exit_group), 0, {}},

	/* name servers, by UDP and TCP */
	{NAMES | SETUP, SCMP_SYS(socket), 3, {IS(0, AF_INET), BITS(1, KIND, SOCK_DGRAM), IS(2, 0)}},
	{NAMES | SETUP, SCMP_SYS(socket), 3,
	 {IS(0, AF_INET), BITS(1, KIND, SOCK_DGRAM), IS(2, IPPROTO_UDP)}},
	{NAMES | SETUP, SCMP_SYS(socket), 3, {IS(0, AF_INET6), BITS(1, KIND, SOCK_DGRAM), IS(2, 0)}},
	{NAMES | SETUP, SCMP_SYS(socket), 3,
	 {IS(0, AF_INET6), BITS(1, KIND, SOCK_DGRAM), IS(2, IPPROTO_UDP)}},
	{NAMES | SETUP, SCMP_SYS(socket), 2, {IS(0, AF_INET), BITS(1, KIND, SOCK_STREAM)}},
	{NAMES | SETUP, SCMP_SYS(socket), 2, {IS(0, AF_INET6), BITS(1, KIND, SOCK_STREAM)}},
	{NAMES | SETUP, SCMP_SYS(connect), 0, {}},
	{NAMES | SETUP, SCMP_SYS(getsockname), 0, {}},
	{NAMES, SCMP_SYS(getsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_ERROR)}},
	{NAMES | RAW | SETUP, SCMP_SYS(sendto), 0, {}},
	{NAMES | RAW | SETUP, SCMP_SYS(sendmsg), 0, {}},
	{NAMES | RAW | SETUP, SCMP_SYS(recvfrom), 0, {}},
	{NAMES | RAW | SETUP, SCMP_SYS(recvmsg), 0, {}},

	/* probes and capture; the ring is given back at the end */
	{RAW, SCMP_SYS(sendmmsg), 0, {}},
	{RAW, SCMP_SYS(recvmmsg), 0, {}},
	{RAW, SCMP_SYS(recvmmsg_time64), 0, {}},
	{RAW, SCMP_SYS(getsockopt), 2, {IS(1, SOL_PACKET), IS(2, PACKET_STATISTICS)}},
	{RAW, SCMP_SYS(getsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_ERROR)}},
	{RAW, SCMP_SYS(setsockopt), 2, {IS(1, SOL_PACKET), IS(2, PACKET_RX_RING)}},
	{RAW, SCMP_SYS(ioctl), 1, {IS(1, SIOCGIFFLAGS)}},
	{RAW, SCMP_SYS(ioctl), 1, {IS(1, SIOCGIFINDEX)}},

	/* probes that are connections */
	{CONNECT, SCMP_SYS(socket), 2, {IS(0, AF_INET), BITS(1, KIND, SOCK_STREAM)}},
	{CONNECT, SCMP_SYS(socket), 2, {IS(0, AF_INET6), BITS(1, KIND, SOCK_STREAM)}},
	{CONNECT, SCMP_SYS(bind), 0, {}},
	{CONNECT, SCMP_SYS(connect), 0, {}},
	{CONNECT, SCMP_SYS(getsockname), 0, {}},
	{CONNECT, SCMP_SYS(getpeername), 0, {}},
	{CONNECT, SCMP_SYS(recvmsg), 0, {}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_RECVERR_RFC4884)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_RECVERR)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_RECVTTL)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_TTL)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_TOS)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_MTU_DISCOVER)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IP), IS(2, IP_BIND_ADDRESS_NO_PORT)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IPV6), IS(2, IPV6_RECVERR_RFC4884)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IPV6), IS(2, IPV6_RECVERR)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IPV6), IS(2, IPV6_RECVHOPLIMIT)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IPV6), IS(2, IPV6_UNICAST_HOPS)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_IPV6), IS(2, IPV6_TCLASS)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_TCP), IS(2, TCP_SYNCNT)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_TIMESTAMPNS)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_LINGER)}},
	{CONNECT, SCMP_SYS(setsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_BINDTOIFINDEX)}},
	{CONNECT, SCMP_SYS(getsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_BINDTOIFINDEX)}},
	{CONNECT, SCMP_SYS(getsockopt), 2, {IS(1, SOL_SOCKET), IS(2, SO_ERROR)}},
	{CONNECT, SCMP_SYS(getsockopt), 2, {IS(1, SOL_TCP), IS(2, TCP_INFO)}},

	/* route, source ports, options of the sockets, filter; then the last list */
	{SETUP, SCMP_SYS(socket), 3, {IS(0, AF_NETLINK), BITS(1, KIND, SOCK_RAW), IS(2, NETLINK_ROUTE)}},
	{SETUP, SCMP_SYS(bind), 0, {}},
	{SETUP, SCMP_SYS(setsockopt), 0, {}},
	{SETUP, SCMP_SYS(getsockopt), 0, {}},
	{SETUP, SCMP_SYS(dup), 0, {}},
	{SETUP, SCMP_SYS(uname), 0, {}},
	{SETUP, SCMP_SYS(getrlimit), 0, {}},
	{SETUP, SCMP_SYS(ugetrlimit), 0, {}},
	{SETUP, SCMP_SYS(setrlimit), 0, {}},
	{SETUP, SCMP_SYS(prlimit64), 0, {}},
	{SETUP, SCMP_SYS(capget), 0, {}},
	{SETUP, SCMP_SYS(prctl), 1, {IS(0, PR_CAP_AMBIENT)}},
	{SETUP, SCMP_SYS(prctl), 1, {IS(0, PR_GET_NO_NEW_PRIVS)}},
	{SETUP, SCMP_SYS(prctl), 1, {IS(0, PR_SET_NO_NEW_PRIVS)}},
	{SETUP, SCMP_SYS(prctl), 1, {IS(0, PR_SET_SECCOMP)}},
	{SETUP, SCMP_SYS(seccomp), 0, {}},

	/* the last capability goes, and cannot be had back */
	{FINISH, SCMP_SYS(capset), 0, {}},
	{FINISH, SCMP_SYS(getresuid), 0, {}},
	{FINISH, SCMP_SYS(getresuid32), 0, {}},
	{FINISH, SCMP_SYS(getresgid), 0, {}},
	{FINISH, SCMP_SYS(getresgid32), 0, {}},
	{FINISH, SCMP_SYS(setresuid), 0, {}},
	{FINISH, SCMP_SYS(setresuid32), 0, {}},
	{FINISH, SCMP_SYS(socket), 2, {IS(0, AF_PACKET), BITS(1, KIND, SOCK_RAW)}},
	{FINISH, SCMP_SYS(socket), 2, {IS(0, AF_INET), BITS(1, KIND, SOCK_RAW)}},
};
/* clang-format on */

const size_t ttr_sandbox_call_count = sizeof(ttr_sandbox_calls) / sizeof(ttr_sandbox_calls[0]);
