/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks that jump while a program runs (LD_PRELOAD). The wall clock is set: after CLOCKSTEP_CALLS
 * readings it differs by CLOCKSTEP_SECONDS. The machine is suspended: after CLOCKSTEP_BOOT_CALLS
 * readings of the clock that goes on meanwhile, that one and the wall clock are
 * CLOCKSTEP_BOOT_SECONDS further. Everything else, the kernel's stamps too, goes on as before.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	static long readings, boot_readings;
	const int status = (int)syscall(SYS_clock_gettime, clock, time);

	if (clock == CLOCK_REALTIME && ++readings > number("CLOCKSTEP_CALLS"))
		time->tv_sec += number("CLOCKSTEP_SECONDS");
	boot_readings += clock == CLOCK_BOOTTIME;
	if ((clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME) &&
	    boot_readings > number("CLOCKSTEP_BOOT_CALLS"))
		time->tv_sec += number("CLOCKSTEP_BOOT_SECONDS");
	return status;
}
