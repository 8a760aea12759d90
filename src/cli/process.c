/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int ttr_process_check_output(void)
{
	const int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags < 0)
		return -errno;
	return (flags & O_ACCMODE) == O_RDONLY ? -EBADF : 0;
}

void ttr_process_path(char *path, size_t size, const char *name)
{
	ssize_t length = -1;

#ifdef __linux__
	length = readlink("/proc/self/exe", path, size - 1);
#endif
	if (length > 0)
		path[length] = '\0';
	else
		snprintf(path, size, "%s", name);
}

void ttr_process_die(int number)
{
	sigset_t signals;

	signal(number, SIG_DFL);
	sigemptyset(&signals);
	sigaddset(&signals, number);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	raise(number);
	_exit(128 + number);
}
