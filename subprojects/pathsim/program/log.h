/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of all packets, one line each; README.md describes its fields. */
#ifndef PATHSIM_LOG_H
#define PATHSIM_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Explains the fields, in lines that begin with '#'. */
void log_header(FILE *file);

/* `direction` is "out" (from the prober) or "in" (to it); time since the start. */
void log_packet(FILE *file, uint64_t time_ns, const char *direction, const uint8_t *packet,
		size_t len);

#endif
