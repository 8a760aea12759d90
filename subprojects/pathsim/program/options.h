/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line. */
#ifndef PATHSIM_OPTIONS_H
#define PATHSIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *device;
	const char *log;      /* NULL: none */
	const char *scenario; /* "-": standard input */
	bool tap;
	bool any_namespace;
	bool check; /* read the scenario, print it, end */
	bool has_seed;
	uint64_t seed;
	uint64_t time_limit_ns; /* 0: none */
};

/* False: wrong, and said so; or --help, with *status 0. */
bool options_parse(struct options *options, int argc, char **argv, int *status);

#endif
