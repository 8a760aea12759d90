/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program as a process: its standard descriptors, its own path, its death.
 */
#ifndef TTR_CLI_PROCESS_H
#define TTR_CLI_PROCESS_H

#include <stddef.h>

/*
 * Makes sure that descriptors 0 to 2 exist, so that no socket can get their place. A closed one
 * becomes /dev/null in the wrong direction: using it is still an error. 0 or a negative errno.
 */
int ttr_process_guard_descriptors(void);

/* 0, or the negative errno of a standard output that cannot be written to at all. */
int ttr_process_check_output(void);

/* The path of the running program, or name if it is not known; cut off if it does not fit. */
void ttr_process_path(char *path, size_t size, const char *name);

/* Ends the process by the signal, as if nobody had caught it. */
_Noreturn void ttr_process_die(int number);

#endif
