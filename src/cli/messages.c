/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/messages.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/escape.h"

#define UNPRIVILEGED_LIMITS                                                                        \
	": an open port accepts them, each may take another path, and what is rewritten is not "   \
	"seen"

struct message {
	enum ttr_status status;
	/* {1} detail, {2} detail2, {error}, {count}, {length}, {option}, {need}, {program} */
	const char *text;
};

static const struct message messages[] = {
	[TTR_PROBLEM_NONE] = {TTR_STATUS_REACHED, "no problem"},
	[TTR_PROBLEM_HOST_UNKNOWN] = {TTR_STATUS_FAILED, "Bad destination address: {1}"},
	[TTR_PROBLEM_HOST_LOOKUP] = {TTR_STATUS_FAILED, "Bad destination address: {1}: {2}"},
	[TTR_PROBLEM_HOST_UNUSABLE] = {TTR_STATUS_USAGE,
				       "Bad destination address: {1}: not the address of a host"},
	[TTR_PROBLEM_SCOPE] = {TTR_STATUS_FAILED,
			       "Bad destination address: {1}: link-local, needs the name of an "
			       "existing device (ADDRESS%DEVICE or -i DEVICE)"},
	[TTR_PROBLEM_NO_ROUTE] = {TTR_STATUS_FAILED, "connect: {error}"},
	[TTR_PROBLEM_NO_DEVICE] = {TTR_STATUS_FAILED, "error opening device {1}: {1}: No such "
						      "device exists (No such device exists)"},
	[TTR_PROBLEM_DEVICE_DOWN] = {TTR_STATUS_FAILED,
				     "error opening device {1}: {1}: That device is not up"},
	[TTR_PROBLEM_SOURCE_INVALID] = {TTR_STATUS_FAILED, "Bad source address: {1}"},
	[TTR_PROBLEM_SOURCE_FOREIGN] = {TTR_STATUS_FAILED, "Bad source address: {1}: not an "
							   "address of this machine"},
	[TTR_PROBLEM_PRIVILEGE] = {TTR_STATUS_FAILED,
				   "Got root?  Or give the program the privilege, once: "
				   "setcap cap_net_raw+p {program}"},
	[TTR_PROBLEM_RAW_NEEDED] = {TTR_STATUS_FAILED,
				    "Got root?  {need} needs raw sockets; to permit them, once: "
				    "setcap cap_net_raw+p {program}"},
	[TTR_PROBLEM_NO_ERROR_QUEUE] = {TTR_STATUS_FAILED,
					"Connections do not see routers on this kernel: Linux 5.9 "
					"or raw sockets are needed (setcap cap_net_raw+p "
					"{program})"},
	[TTR_PROBLEM_SOCKET] = {TTR_STATUS_FAILED, "socket: {error}"},
	[TTR_PROBLEM_CAPTURE] = {TTR_STATUS_FAILED, "error opening device {1}: {2}"},
	[TTR_PROBLEM_LINK_TYPE] = {TTR_STATUS_FAILED,
				   "Sorry, media type of device {1} ({2}) is not supported"},
	[TTR_PROBLEM_PORT_IN_USE] = {TTR_STATUS_FAILED,
				     "Sorry, requested local port is already in use.  Use -P, "
				     "instead of -p, to override."},
	[TTR_PROBLEM_PORT_DENIED] = {TTR_STATUS_FAILED, "Sorry, must be root to use {option}"},
	[TTR_PROBLEM_NO_PORTS] = {TTR_STATUS_FAILED, "No source ports left: {error}"},
	[TTR_PROBLEM_MEMORY] = {TTR_STATUS_FAILED, "Out of memory"},
	[TTR_PROBLEM_RESOLVER] = {TTR_STATUS_FAILED, "Name resolver: {2}"},
	[TTR_PROBLEM_INTERNAL] = {TTR_STATUS_FAILED, "Internal error: {error}"},
	[TTR_PROBLEM_DESCRIPTORS] = {TTR_STATUS_FAILED, "Too few open files are allowed: {1}; this "
							"needs {count} (ulimit -n)"},
	[TTR_PROBLEM_SANDBOX] = {TTR_STATUS_FAILED, "No full sandbox, as --require-sandbox asks "
						    "for: missing: {1} ({error})"},
	[TTR_PROBLEM_SANDBOX_PARTIAL] = {TTR_STATUS_REACHED, "Warning: no full sandbox on this "
							     "system, missing: {1} ({error})"},
	[TTR_PROBLEM_SEND] = {TTR_STATUS_FAILED, "No probe could be sent: {error}"},
	[TTR_PROBLEM_FIREWALL] = {TTR_STATUS_FAILED, "No probe could be sent: the firewall of this "
						     "machine forbids it ({error})"},
	[TTR_PROBLEM_CAPTURE_LOST] = {TTR_STATUS_FAILED,
				      "The capture on device {1} has ended: {2}"},
	[TTR_PROBLEM_EGRESS_LOST] = {TTR_STATUS_FAILED, "The way out is lost: {error}"},
	[TTR_PROBLEM_EGRESS_PAUSED] = {TTR_STATUS_REACHED,
				       "Warning: no way out, waiting for it: {error}"},
	[TTR_PROBLEM_EGRESS_BACK] = {TTR_STATUS_REACHED,
				     "The way out is back: going on by device {1}, address {2}"},
	[TTR_PROBLEM_EGRESS_CHANGED] =
		{TTR_STATUS_REACHED, "Warning: egress changed: the later probes leave by another "
				     "gateway or device than {1} had first"},
	[TTR_PROBLEM_UNPRIVILEGED] = {TTR_STATUS_REACHED,
				      "Tracing with connections" UNPRIVILEGED_LIMITS},
	[TTR_PROBLEM_SENDS_DROPPED] = {TTR_STATUS_REACHED,
				       "Warning: probes that could not be sent: {count} ({error})"},
	[TTR_PROBLEM_FRAMES_DROPPED] = {TTR_STATUS_REACHED,
					"Warning: packets that the capture lost: {count}; some "
					"probes shown as * may have been answered"},
	[TTR_PROBLEM_SUSPENDED] =
		{TTR_STATUS_REACHED,
		 "Warning: this machine was suspended for {count} ms; some probes "
		 "shown as * may have been answered, some times be too short"},
};

static const struct message *find(enum ttr_problem_kind kind)
{
	static const struct message unknown = {TTR_STATUS_FAILED, "Internal error"};
	const size_t index = (size_t)kind;

	if (index >= sizeof(messages) / sizeof(messages[0]) || !messages[index].text)
		return &unknown;
	return &messages[index];
}

static const char *choose_egress(const struct ttr_problem *problem)
{
	const bool lost = problem->kind == TTR_PROBLEM_EGRESS_LOST;

	switch (problem->error) {
	case ENODEV:
		return lost ? "The interface {1} is gone" : "Warning: the interface {1} is gone";
	case ENETDOWN:
		return lost ? "The interface {1} is down"
			    : "Warning: the interface {1} is down; waiting for it";
	case EADDRNOTAVAIL:
		return lost ? "The source address {2} is lost"
			    : "Warning: the source address {2} is lost; waiting for it";
	default:
		return find(problem->kind)->text;
	}
}

/* Some errors of a kind deserve other words. */
static const char *choose(const struct ttr_problem *problem)
{
	if (problem->kind == TTR_PROBLEM_SEND && problem->error == EMSGSIZE)
		return "libnet_write failed?  Attempted to write {length} bytes, only wrote -1";
	if (problem->kind == TTR_PROBLEM_NO_ROUTE && problem->error != ENETUNREACH)
		return "connect: {error} (the route of this machine to {1})";
	if (problem->kind == TTR_PROBLEM_UNPRIVILEGED && problem->error)
		return "No raw sockets ({error}; setcap cap_net_raw+p {program}), tracing with "
		       "connections" UNPRIVILEGED_LIMITS;
	if (problem->kind == TTR_PROBLEM_EGRESS_PAUSED || problem->kind == TTR_PROBLEM_EGRESS_LOST)
		return choose_egress(problem);
	if (problem->kind == TTR_PROBLEM_HOST_LOOKUP && !*problem->detail2)
		return "Bad destination address: {1}: {error}";
	if (problem->kind == TTR_PROBLEM_CAPTURE_LOST && !*problem->detail2)
		return "The capture on device {1} has ended";
	return find(problem->kind)->text;
}

struct values {
	const struct ttr_problem *problem;
	unsigned int length;
	const char *option;
	const char *need;
	const char *program;
};

static void put_value(struct ttr_buffer *out, const char *name, size_t length,
		      const struct values *values)
{
	const struct ttr_problem *problem = values->problem;

	if (length == 1)
		ttr_escape(out, *name == '1' ? problem->detail : problem->detail2, TTR_ESCAPE_MAX);
	else if (strncmp(name, "error", length) == 0)
		ttr_escape(out, strerror(problem->error), TTR_ESCAPE_MAX);
	else if (strncmp(name, "count", length) == 0)
		ttr_buffer_print(out, "%" PRIu64, problem->count);
	else if (strncmp(name, "length", length) == 0)
		ttr_buffer_print(out, "%u", values->length);
	else if (strncmp(name, "option", length) == 0)
		ttr_buffer_put(out, values->option);
	else if (strncmp(name, "need", length) == 0)
		ttr_buffer_put(out, values->need);
	else
		ttr_escape(out, values->program, 4096);
}

void ttr_message_problem(struct ttr_buffer *out, const struct ttr_problem *problem,
			 const struct ttr_settings *settings, const char *program)
{
	const struct values values = {
		.problem = problem,
		.length = settings->length,
		.option = settings->source_port_forced ? "-P" : "-p",
		.need = problem->kind == TTR_PROBLEM_RAW_NEEDED
				? ttr_message_raw_need((enum ttr_raw_need)problem->count, settings)
				: "",
		.program = program,
	};
	const char *text = choose(problem);

	for (;;) {
		const size_t plain = strcspn(text, "{");
		size_t length;

		ttr_buffer_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		length = strcspn(++text, "}");
		put_value(out, text, length, &values);
		text += length + 1;
	}
	ttr_buffer_put(out, "\n");
}

const char *ttr_message_raw_need(enum ttr_raw_need need, const struct ttr_settings *settings)
{
	static const char *const names[] = {
		[TTR_RAW_NEED_NONE] = "nothing",    [TTR_RAW_NEED_ACK] = "-A",
		[TTR_RAW_NEED_ECN] = "-E",          [TTR_RAW_NEED_STYLE] = "--syn bare",
		[TTR_RAW_NEED_LENGTH] = "-l",       [TTR_RAW_NEED_TOS] = "-t with ECN bits",
		[TTR_RAW_NEED_DNAT] = "--dnat",     [TTR_RAW_NEED_QUOTES] = "--changes",
		[TTR_RAW_NEED_LOCATE] = "--locate",
	};

	if (need == TTR_RAW_NEED_ISN)
		return settings->isn == TTR_ISN_RISING ? "--isn rising" : "--isn random";
	if (need == TTR_RAW_NEED_PORT)
		return settings->source_port_forced ? "-P" : "-p";
	if (need == TTR_RAW_NEED_DNAT && settings->dnat == TTR_DNAT_STRICT)
		return "--no-dnat-strict";
	return names[need];
}

enum ttr_status ttr_message_status(enum ttr_problem_kind kind)
{
	return find(kind)->status;
}
