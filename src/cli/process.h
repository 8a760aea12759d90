/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program as a process: its standard output, its own path, its death.
 */
#ifndef TTR_CLI_PROCESS_H
#define TTR_CLI_PROCESS_H

#include <stddef.h>

/* 0, or the negative errno of a standard output that cannot be written to at all. */
int ttr_process_check_output(void);

/* The path of the running program, or name if it is not known; cut off if it does not fit. */
void ttr_process_path(char *path, size_t size, const char *name);

/* Ends the process by the signal, as if nobody had caught it. */
_Noreturn void ttr_process_die(int number);

#endif
