/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/batch.h"
#include "net/capture.h"
#include "net/privilege.h"
#include "net/problem.h"
#include "net/session_state.h"
#include "net/start.h"
#include "net/sweeper_state.h"

/* From this rate on answers come in blocks. */
#define BUSY_RATE 2000

static bool names_device(const char *device)
{
	return device && strcmp(device, "any") != 0;
}

static int find_device(struct ttr_sweeper_gear *gear, const char *device,
		       struct ttr_problem *problem)
{
	if (!names_device(device) || ttr_scope_index(&gear->ifindex, device) == 0)
		return 0;
	return ttr_problem_fill(problem, TTR_PROBLEM_NO_DEVICE, ENODEV, device, NULL);
}

static int find_source(struct ttr_sweeper_gear *gear, const char *source,
		       struct ttr_problem *problem)
{
	char scope[TTR_SCOPE_MAX] = "";

	if (!source || (ttr_addr_parse(&gear->source, scope, source) == 0 && !scope[0]))
		return 0;
	return ttr_problem_fill(problem, TTR_PROBLEM_SOURCE_INVALID, 0, source, NULL);
}

/* Targets may leave through any device, now or later. */
static int open_raw(struct ttr_sweeper_gear *gear, const struct ttr_sweeper_plan *plan,
		    struct ttr_problem *problem)
{
	const char *device = plan->settings->device ? plan->settings->device : "any";
	int r = ttr_raw_open(&gear->raw, plan->settings->family, problem);

	if (r < 0)
		return r;
	return plan->rate >= BUSY_RATE ? ttr_capture_new_busy(&gear->capture, device, problem)
				       : ttr_capture_new(&gear->capture, device, problem);
}

static int open_privileged(struct ttr_sweeper_gear *gear, const struct ttr_sweeper_plan *plan,
			   struct ttr_problem *problem)
{
	int r = ttr_privilege_raise();

	if (r < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -r, NULL, NULL);
	r = open_raw(gear, plan, problem);
	if (ttr_privilege_lower() < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, EPERM, NULL, NULL);
	return r;
}

/* Bound in both families at once, for any address. Neither listening nor connected, it leaves the
 * kernel answering with RST (see ports.h). */
static int reserve_port(int *fd, uint16_t *port)
{
	struct sockaddr_storage any = {.ss_family = AF_INET6};
	socklen_t size = sizeof(struct sockaddr_in6);
	int off = 0;

	*fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (*fd < 0) {
		any.ss_family = AF_INET;
		size = sizeof(struct sockaddr_in);
		*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	} else if (setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0) {
		return -errno;
	}
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&any, size) < 0 ||
	    getsockname(*fd, (struct sockaddr *)&any, &size) < 0)
		return -errno;
	/* The same place in both kinds of address. */
	*port = ntohs(((struct sockaddr_in *)(void *)&any)->sin_port);
	return 0;
}

static int reserve_ports(struct ttr_sweeper_gear *gear, struct ttr_problem *problem)
{
	int r = 0;

	for (size_t i = 0; i < TTR_SWEEP_PORTS && r == 0; i++)
		r = reserve_port(&gear->reserved[i], &gear->ports[i]);
	return r < 0 ? ttr_problem_fill(problem, TTR_PROBLEM_NO_PORTS, -r, NULL, NULL) : 0;
}

int ttr_sweeper_open(struct ttr_sweeper_gear *gear, const struct ttr_sweeper_plan *plan,
		     struct ttr_problem *problem)
{
	int r;

	for (size_t i = 0; i < TTR_SWEEP_PORTS; i++)
		gear->reserved[i] = -1;
	gear->raw = (struct ttr_raw)TTR_RAW_CLOSED;
	r = find_device(gear, plan->settings->device, problem);
	if (r == 0)
		r = find_source(gear, plan->settings->source, problem);
	if (r == 0)
		r = open_privileged(gear, plan, problem);
	if (r == 0)
		r = ttr_start_drop(&gear->sandbox, false, problem);
	if (r == 0)
		r = ttr_batch_new(&gear->batch, &gear->raw, gear->ifindex, plan->settings->tos,
				  problem);
	if (r == 0)
		r = reserve_ports(gear, problem);
	if (r == 0)
		r = ttr_capture_filter_incoming(gear->capture, gear->ports, TTR_SWEEP_PORTS,
						problem);
	return r;
}

int ttr_sweeper_seal(struct ttr_sweeper_gear *gear, const struct ttr_settings *settings,
		     struct ttr_problem *problem, struct ttr_problem *warning)
{
	char missing[TTR_SEAL_LIST_MAX];
	int r = ttr_capture_lock(gear->capture), error;

	ttr_problem_fill(warning, TTR_PROBLEM_NONE, 0, NULL, NULL);
	if (r < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_INTERNAL, -r, NULL, NULL);
	r = ttr_start_seal(&gear->sandbox, TTR_NEED_RAW | TTR_NEED_NAMES, problem);
	if (r < 0)
		return r;
	error = ttr_seal_missing(&gear->sandbox, missing);
	if (error && settings->require_sandbox)
		return ttr_problem_fill(problem, TTR_PROBLEM_SANDBOX, error, missing, NULL);
	if (error && !gear->sandbox.left_out)
		ttr_problem_fill(warning, TTR_PROBLEM_SANDBOX_PARTIAL, error, missing, NULL);
	return 0;
}

void ttr_sweeper_close(struct ttr_sweeper_gear *gear)
{
	for (size_t i = 0; i < TTR_SWEEP_PORTS; i++)
		if (gear->reserved[i] >= 0)
			close(gear->reserved[i]);
	ttr_capture_free(gear->capture);
	ttr_batch_free(gear->batch);
	ttr_raw_close(&gear->raw);
}
