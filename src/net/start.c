/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/start.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/capture.h"
#include "net/privilege.h"
#include "net/problem.h"
#include "net/raw.h"
#include "net/sandbox.h"

/* Descriptors that a trace may open after it began: name servers, by UDP and TCP; one for each
 * probe that is a connection. */
#define LATER_DESCRIPTORS 64
#define LATER_CONNECTIONS 4096

/* What main(), the library of the capture and the resolver take is less than half of it. */
#define STACK_BYTES (256 * 1024)

static int enough_stack(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) < 0)
		return -errno;
	if (limit.rlim_cur >= STACK_BYTES)
		return 0;
	if (limit.rlim_max < STACK_BYTES)
		return -ENOMEM;
	limit.rlim_cur = STACK_BYTES;
	return setrlimit(RLIMIT_STACK, &limit) < 0 ? -errno : 0;
}

/* Whoever started it may have blocked them all, and then could not end it. */
static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Wrong way round: who reads or writes what is not there gets an error. */
static int open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest free descriptor is this one: those below are open by now */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return -errno;
	}
	return 0;
}

/* The number in "/dev/fd/63" or "/proc/self/fd/63"; -1: none. */
static int named_descriptor(const char *argument)
{
	static const char *const places[] = {"/dev/fd/", "/proc/self/fd/"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *at = strstr(argument, places[i]);
		char *end;
		long number;

		if (!at || !isdigit((unsigned char)at[strlen(places[i])]))
			continue;
		number = strtol(at + strlen(places[i]), &end, 10);
		if (!*end && number < INT16_MAX)
			return (int)number;
	}
	return -1;
}

/* The lowest one that is named and not below first; -1: none. */
static int next_named(int first, int argc, char *const argv[])
{
	int lowest = -1;

	for (int i = 1; i < argc; i++) {
		int fd = named_descriptor(argv[i]);

		if (fd >= first && (lowest < 0 || fd < lowest))
			lowest = fd;
	}
	return lowest;
}

static void close_others(int argc, char *const argv[])
{
	int first = STDERR_FILENO + 1, named;

	while ((named = next_named(first, argc, argv)) >= 0) {
		while (first < named)
			close(first++);
		first++;
	}
	closefrom(first);
}

static bool is_harmless(const char *variable)
{
	static const char *const kept[] = {
		"TERM=", "LANG=", "COLUMNS=", "NO_COLOR=", "LC_ALL=", "LC_CTYPE=", "LC_MESSAGES="};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return true;
	return false;
}

/* What the C library takes away by itself is not enough: c-ares and libevent read variables of
 * their own. */
static void clean_environment(void)
{
	char **to = environ;

	if (!environ || !ttr_privilege_raised_by_file())
		return;
	for (char **from = environ; *from; from++)
		if (is_harmless(*from))
			*to++ = *from;
	*to = NULL;
}

int ttr_start_process(int argc, char *const argv[])
{
	const struct rlimit none = {.rlim_cur = 0};
	int status = enough_stack();

	unblock_signals();
	if (status == 0)
		status = open_standard();
	if (status < 0)
		return status;
	close_others(argc, argv);
	umask(077);
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	clean_environment();
	return ttr_privilege_init();
}

int ttr_start_raw(struct ttr_raw *raw, struct ttr_capture **capture, enum ttr_family family,
		  const char *device, struct ttr_problem *problem)
{
	int status = ttr_privilege_raise(), lowered;

	if (status < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -status, NULL, NULL);
	status = ttr_raw_open(raw, family, problem);
	if (status == 0)
		status = ttr_capture_new(capture, device, problem);
	lowered = ttr_privilege_lower();
	if (lowered < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -lowered, NULL, NULL);
	return status;
}

int ttr_start_drop(struct ttr_sandbox *sandbox, bool keep_port_binding, struct ttr_problem *problem)
{
	int outcome = ttr_privilege_drop(keep_port_binding);

	if (outcome < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -outcome, NULL, NULL);
	sandbox->missing[TTR_SANDBOX_USER] = outcome == TTR_PRIVILEGE_SAME_USER ? EPERM : 0;
	return 0;
}

/* The lowest free descriptor says how many are open: none of ours is above a gap for long. */
static int limit_descriptors(rlim_t later)
{
	const int next = dup(STDERR_FILENO);
	struct rlimit limit;

	/* None is left: it cannot be less. */
	if (next < 0)
		return errno == EMFILE ? 0 : -errno;
	close(next);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_max > (rlim_t)next + later)
		limit.rlim_max = (rlim_t)next + later;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static int report(int status, struct ttr_problem *problem)
{
	if (status >= 0)
		return 0;
	return ttr_problem_fill(problem,
				status == -ENOMEM ? TTR_PROBLEM_MEMORY : TTR_PROBLEM_INTERNAL,
				-status, NULL, NULL);
}

int ttr_start_confine(struct ttr_sandbox *sandbox, unsigned int needs, struct ttr_problem *problem)
{
	int status = ttr_sandbox_confine(sandbox, needs);

	if (status == 0)
		status = ttr_sandbox_filter(sandbox, needs | TTR_NEED_SETUP);
	return report(status, problem);
}

int ttr_start_seal(struct ttr_sandbox *sandbox, unsigned int needs, struct ttr_problem *problem)
{
	int status = 0;

	if (needs & TTR_NEED_FINISH)
		status = ttr_privilege_finish();
	needs &= ~(unsigned int)TTR_NEED_FINISH;
	if (status == 0 && !sandbox->confined)
		status = ttr_sandbox_confine(sandbox, needs);
	/* Valgrind, for which the sandbox is left out, does not have it. */
	if (status == 0 && !sandbox->left_out)
		status = limit_descriptors(needs & TTR_NEED_CONNECT ? LATER_CONNECTIONS
								    : LATER_DESCRIPTORS);
	if (status < 0)
		return report(status, problem);
	sandbox->capabilities = ttr_privilege_capabilities();
	sandbox->no_new_privileges = ttr_privilege_no_new();
	return report(ttr_sandbox_filter(sandbox, needs), problem);
}
