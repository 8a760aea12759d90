/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the process has given up, as the kernel confirms it; plain data for those who report it.
 */
#ifndef TCPTRACEROUTE_SANDBOX_H
#define TCPTRACEROUTE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Facilities that may be missing. */
enum ttr_sandbox_part {
	TTR_SANDBOX_USER,     /* root could not become another user */
	TTR_SANDBOX_LANDLOCK, /* no files, landlock(7) */
	TTR_SANDBOX_SECCOMP,  /* system calls, seccomp(2) */
	TTR_SANDBOX_PARTS,
};

struct ttr_sandbox {
	uint64_t capabilities;  /* the union of all sets, 1 << CAP_...; 0 once a trace runs */
	bool no_new_privileges; /* not by exec either */
	uint8_t seccomp;        /* mode of prctl(PR_GET_SECCOMP): 0 none, 2 filter */
	uint8_t landlock;       /* version of the interface in use; 0 none */
	bool memory;            /* no memory is ever written and executed (PR_SET_MDWE) */
	bool confined;          /* files, memory and processes were given up already */
	bool left_out;          /* the program was built without confinement */
	int missing[TTR_SANDBOX_PARTS]; /* errno; 0: it is there */
};

#endif
