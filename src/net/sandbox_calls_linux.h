/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that are allowed, as data: one row for each, or for one form of it.
 */
#ifndef TTR_NET_SANDBOX_CALLS_LINUX_H
#define TTR_NET_SANDBOX_CALLS_LINUX_H

#include <seccomp.h>
#include <stddef.h>

#define TTR_SANDBOX_ARGS_MAX 3

struct ttr_sandbox_call {
	unsigned int needs;                             /* enum ttr_sandbox_need: who has it */
	int call;                                       /* libseccomp's number */
	unsigned int count;                             /* of args; 0: whatever they are */
	struct scmp_arg_cmp args[TTR_SANDBOX_ARGS_MAX]; /* all of them must be met */
};

extern const struct ttr_sandbox_call ttr_sandbox_calls[];
extern const size_t ttr_sandbox_call_count;

#endif
