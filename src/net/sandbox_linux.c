/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sandbox.h"

#include <errno.h>
#include <malloc.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/landlock_linux.h"
#include "net/sandbox_calls_linux.h"

/* Linux 6.3; younger than the C library's headers of some systems that run it. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* RFC 1035 section 4.2.2. */
#define NAME_SERVER_PORT 53

/* Of the machine at this moment, and of who started the program; all other errors say that the
 * system does not have something, or does not let us. */
static bool is_shortage(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

int ttr_sandbox_confine(struct ttr_sandbox *sandbox, unsigned int needs)
{
	const struct rlimit none = {.rlim_cur = 0};
	int version;

	sandbox->confined = true;
	/* The filter says the same; this is for the time before it, and for systems without. */
	sandbox->memory = prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
	setrlimit(RLIMIT_NPROC, &none);
	version = ttr_landlock_enter(needs & TTR_NEED_CONNECT ? 0 : NAME_SERVER_PORT);
	sandbox->landlock = version > 0 ? (uint8_t)version : 0;
	sandbox->missing[TTR_SANDBOX_LANDLOCK] = version > 0 ? 0 : -version;
	return is_shortage(sandbox->missing[TTR_SANDBOX_LANDLOCK]) ? version : 0;
}

/* What a filter takes at most while it is made is 107 kB. */
#define FILTER_BYTES (512 * 1024)

static int add_rows(scmp_filter_ctx filter, unsigned int needs)
{
	int status = 0;

	for (size_t i = 0; i < ttr_sandbox_call_count && status == 0; i++) {
		const struct ttr_sandbox_call *row = &ttr_sandbox_calls[i];

		if (!(row->needs & needs))
			continue;
		status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, row->count,
						row->args);
		/* The same row is there already, or the architecture has no such call. */
		if (status == -EEXIST || status == -EDOM)
			status = 0;
	}
	return status;
}

/* raise() */
static int allow_own_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self = {0, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)getpid()};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
}

/* A call that a tracer has skipped has this number, and does nothing: strace --inject shows what
 * the program does when one fails. */
static int allow_skipped(scmp_filter_ctx filter)
{
	int status = seccomp_attr_set(filter, SCMP_FLTATR_API_TSKIP, 1);

	return status ? status : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, -1, 0, NULL);
}

static int load(scmp_filter_ctx filter, uint32_t action, unsigned int needs)
{
	int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, action);

	if (status == 0)
		status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (status == 0)
		status = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (status == 0)
		status = add_rows(filter, needs);
	if (status == 0)
		status = allow_own_signals(filter);
	if (status == 0)
		status = allow_skipped(filter);
	return status ? status : seccomp_load(filter);
}

/*
 * Libseccomp 2.5.4 does not look whether it was given memory while it makes the program of a
 * filter: it goes round for ever, crashes, or leaves rules out. So there is enough before: a block
 * that the C library keeps when it is given back, and cuts into the small ones. Volatile: compilers
 * take away a block that nobody uses, and say that there was memory.
 */
static bool reserve_memory(void)
{
	void *volatile block;

	mallopt(M_MMAP_THRESHOLD, 2 * FILTER_BYTES);
	mallopt(M_TRIM_THRESHOLD, 2 * FILTER_BYTES);
	block = malloc(FILTER_BYTES);
	free(block);
	return block != NULL;
}

static int enter(uint32_t action, unsigned int needs)
{
	scmp_filter_ctx filter = seccomp_init(action);
	int status = filter ? load(filter, action, needs) : -ENOSYS;

	if (filter)
		seccomp_release(filter);
	return status;
}

/* Before Linux 4.14 only the thread could be killed, which here is the same. */
int ttr_sandbox_filter(struct ttr_sandbox *sandbox, unsigned int needs)
{
	int status;

	if (!reserve_memory())
		return -ENOMEM;
	status = enter(SCMP_ACT_KILL_PROCESS, needs | TTR_NEED_RUN);

	if (status == -ENOSYS)
		status = enter(SCMP_ACT_KILL_THREAD, needs | TTR_NEED_RUN);
	sandbox->missing[TTR_SANDBOX_SECCOMP] = -status;
	sandbox->seccomp = status == 0 ? (uint8_t)prctl(PR_GET_SECCOMP, 0, 0, 0, 0) : 0;
	return status == -ENOMEM ? status : 0;
}
