/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gives up what the process will not need: files, new processes, memory that is written and
 * executed, and every system call that is not on a list. Nothing here can be taken back.
 *
 * What the system does not have, or forbids, is left out and told in struct ttr_sandbox. Too little
 * memory and too few descriptors are no properties of the system, and fail: who limits them must
 * not get rid of a part by that. On systems without any of it, and in builds for tools that cannot
 * live in a sandbox (sanitizers, valgrind), sandbox_none.c takes the place of the Linux files and
 * says so.
 */
#ifndef TTR_NET_SANDBOX_H
#define TTR_NET_SANDBOX_H

#include "tcptraceroute/sandbox.h"

/* Who needs a system call; a row of sandbox_calls_linux.c is of one or several of them. */
enum ttr_sandbox_need {
	TTR_NEED_RUN = 1u << 0,     /* loop, clocks, memory, output, signals, the end */
	TTR_NEED_NAMES = 1u << 1,   /* to ask name servers */
	TTR_NEED_RAW = 1u << 2,     /* to send by raw sockets, and to read the capture */
	TTR_NEED_CONNECT = 1u << 3, /* to probe by connect(): any TCP port may be connected to */
	TTR_NEED_SETUP = 1u << 4,   /* route, source ports, what is said to the sockets */
	TTR_NEED_FINISH = 1u << 5,  /* the last capability is given up, ttr_privilege_finish() */
};

/* No files (Landlock), TCP connections to name servers only but with TTR_NEED_CONNECT, no memory
 * that is written and executed, no new processes. What is open stays usable. 0, or -ENOMEM,
 * -EMFILE, -ENFILE. */
int ttr_sandbox_confine(struct ttr_sandbox *sandbox, unsigned int needs);

/* Only the system calls of these needs; any other kills the process (SIGSYS). A second filter can
 * only take more away. 0, or -ENOMEM. */
int ttr_sandbox_filter(struct ttr_sandbox *sandbox, unsigned int needs);

#endif
