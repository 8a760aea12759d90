/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pathsim: the simulated internet behind a TUN or TAP device.
 *
 * Exit status: 0 ended by a signal or the time limit, 1 something failed, 2 wrong use.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "configure.h"
#include "device.h"
#include "ethernet.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "pathsim.h"

#define SCENARIO_LIMIT (1U << 24)
#define INITIAL_NET_NAMESPACE 0xeffffff9 /* its inode, since Linux 6.18 */

static int fail(const char *what, int error)
{
	fprintf(stderr, "pathsim: %s: %s\n", what, strerror(-error));
	return 1;
}

/* The machine's own network is the one of its first process; where that may not be looked at, of
 * the kernel's own threads. If neither can be seen, ours is not known to be another one. */
static bool is_own_namespace(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own) < 0 || own.st_ino == INITIAL_NET_NAMESPACE)
		return false;
	if (stat("/proc/1/ns/net", &first) < 0 && stat("/proc/2/ns/net", &first) < 0)
		return false;
	return own.st_ino != first.st_ino || own.st_dev != first.st_dev;
}

static char *read_all(FILE *file, size_t *len)
{
	char *text = NULL;
	size_t room = 0;

	*len = 0;
	do {
		if (*len == room) {
			char *more = realloc(text, room + 65536);

			if (more == NULL || room >= SCENARIO_LIMIT) {
				free(more != NULL ? more : text);
				return NULL;
			}
			text = more;
			room += 65536;
		}
		*len += fread(text + *len, 1, room - *len, file);
	} while (*len == room);
	return text;
}

static int load(struct pathsim **sim, const struct options *options)
{
	bool from_stdin = strcmp(options->scenario, "-") == 0;
	FILE *file = from_stdin ? stdin : fopen(options->scenario, "re");
	char error[256];
	size_t len;
	char *text;
	int status;

	if (file == NULL)
		return fail(options->scenario, -errno);
	text = read_all(file, &len);
	if (!from_stdin)
		fclose(file);
	if (text == NULL)
		return fail(options->scenario, -EFBIG);
	status = pathsim_parse(sim, text, len, error, sizeof(error));
	free(text);
	if (status == -EINVAL) {
		fprintf(stderr, "pathsim: %s: %s\n", options->scenario, error);
		return 1;
	}
	if (status < 0)
		return fail(options->scenario, status);
	if (options->has_seed)
		pathsim_seed(*sim, options->seed);
	return 0;
}

static int print_scenario(const struct pathsim *sim)
{
	size_t len = pathsim_print(sim, NULL, 0);
	char *text = malloc(len + 1);

	if (text == NULL)
		return fail("scenario", -ENOMEM);
	pathsim_print(sim, text, len + 1);
	fputs(text, stdout);
	free(text);
	return fflush(stdout) == 0 ? 0 : fail("standard output", -errno);
}

/* Ready means that packets are answered: nothing more can fail before the loop. */
static int run(struct loop *loop, const struct options *options)
{
	int error;

	loop->start_ns = loop_now();
	loop->end_ns = options->time_limit_ns > 0 ? loop->start_ns + options->time_limit_ns : 0;
	printf("pathsim: ready on %s\n", options->device);
	fflush(stdout);
	error = loop_run(loop);
	return error < 0 ? fail(options->device, error) : 0;
}

static int run_on_device(struct loop *loop, const struct options *options)
{
	const struct pathsim_network *network = pathsim_network(loop->sim);
	const struct pathsim_addr none = {0};
	struct ethernet ethernet;
	struct device device;
	const char *what = options->device;
	int status;
	int error = device_open(&device, options->device, options->tap);

	if (error < 0)
		return fail(what, error);
	loop->device = &device;
	ethernet_init(&ethernet, network);
	if (options->tap)
		loop->ethernet = &ethernet;
	if (device.created)
		error = configure_device(&device, network,
					 options->tap ? &ethernet.gateway4 : &none,
					 options->tap ? &ethernet.gateway6 : &none, &what);
	status = error < 0 ? fail(what, error) : run(loop, options);
	device_close(&device);
	return status;
}

static int open_log(struct loop *loop, const struct options *options)
{
	if (options->log == NULL)
		return 0;
	loop->log = fopen(options->log, "we");
	if (loop->log == NULL)
		return fail(options->log, -errno);
	log_header(loop->log);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	struct loop loop = {0};
	int status;

	if (!options_parse(&options, argc, argv, &status))
		return status;
	if (!options.check && !options.any_namespace && !is_own_namespace()) {
		fputs("pathsim: refused in the network namespace of the machine "
		      "(--allow-any-namespace)\n",
		      stderr);
		return 2;
	}
	loop_catch_signals();
	status = load(&loop.sim, &options);
	if (status == 0 && options.check)
		status = print_scenario(loop.sim);
	else if (status == 0)
		status = open_log(&loop, &options);
	if (status == 0 && !options.check)
		status = run_on_device(&loop, &options);
	if (loop.log != NULL && fclose(loop.log) != 0)
		status = fail(options.log, -errno);
	pathsim_free(loop.sim);
	return status;
}
