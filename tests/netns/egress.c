/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Uses route, sender, capture, ports and privileges without the engine; for egress.sh.
 *
 *	egress [options] route TARGET [PORT]	what the kernel's route is
 *	egress [options] probe TARGET [PORT]	SYNs with TTL 1 to -m; a line per packet seen
 *	egress [options] watch TARGET [PORT]	captures until it is over or the device is gone
 *	egress [options] draw TARGET COUNT	reserves ports
 *	egress [options] claim TARGET PORT	reserves this one; -f: forced
 *	egress [options] send TARGET LENGTH	-m packets of that length, or as many as can be sent
 *	egress privileges			init, raise, lower, drop
 *
 * -s SOURCE  -i DEVICE  -S DEVICE (scope)  -t TOS  -m TTLS  -n (no kernel filter)
 * -w MS  -c COUNT: a capture is over when nothing has come for MS, but not before COUNT lines;
 * half a minute is a bound for those.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "net/address.h"
#include "net/capture.h"
#include "net/clock.h"
#include "net/filter.h"
#include "net/ports.h"
#include "net/privilege.h"
#include "net/problem.h"
#include "net/raw.h"
#include "net/route.h"
#include "net/sender.h"
#include "tcptraceroute/probe.h"
#include "tcptraceroute/reply.h"

#define BATCH 64
#define TICK_MS 100 /* reads at least that often: see capture.h about devices that are down */
#define PORTS_MAX 65536
#define BOUND_NS (30 * TTR_NS_PER_S)

struct setup {
	struct ttr_route_query query;
	unsigned int number; /* port, count or length, by mode */
	unsigned int ttls;
	int wait_ms;
	unsigned int expected, lines;
	bool forced;
	bool filtered;
	struct ttr_problem problem;
	struct ttr_route route;
	struct ttr_raw raw;
	struct ttr_sender *sender;
	struct ttr_capture *capture;
	struct ttr_ports *ports;
	uint16_t port;
	unsigned int reads; /* to show that nothing spins: */
	struct ttr_mono begun;
};

static int fail(const struct setup *setup)
{
	static const char *const names[] = {
		[TTR_PROBLEM_HOST_UNUSABLE] = "host-unusable",
		[TTR_PROBLEM_SCOPE] = "scope",
		[TTR_PROBLEM_NO_ROUTE] = "no-route",
		[TTR_PROBLEM_NO_DEVICE] = "no-device",
		[TTR_PROBLEM_DEVICE_DOWN] = "device-down",
		[TTR_PROBLEM_SOURCE_INVALID] = "source-invalid",
		[TTR_PROBLEM_SOURCE_FOREIGN] = "source-foreign",
		[TTR_PROBLEM_PRIVILEGE] = "privilege",
		[TTR_PROBLEM_SOCKET] = "socket",
		[TTR_PROBLEM_CAPTURE] = "capture",
		[TTR_PROBLEM_LINK_TYPE] = "link-type",
		[TTR_PROBLEM_PORT_IN_USE] = "port-in-use",
		[TTR_PROBLEM_PORT_DENIED] = "port-denied",
		[TTR_PROBLEM_NO_PORTS] = "no-ports",
		[TTR_PROBLEM_DESCRIPTORS] = "descriptors",
		[TTR_PROBLEM_CAPTURE_LOST] = "capture-lost",
	};
	const struct ttr_problem *p = &setup->problem;
	const char *name = p->kind < sizeof(names) / sizeof(names[0]) ? names[p->kind] : NULL;

	printf("problem %s %s [%s] [%s]\n", name ? name : "?",
	       p->error ? strerrorname_np(p->error) : "0", p->detail, p->detail2);
	return 1;
}

static void print_route(const struct ttr_route *route)
{
	char source[TTR_ADDR_TEXT_MAX], gateway[TTR_ADDR_TEXT_MAX];

	printf("source %s device %s mtu %u%s%s%s%s\n", ttr_addr_format(source, &route->source),
	       route->device, route->mtu, route->local ? " local" : "",
	       route->bound ? " bound" : "", route->gateway.family ? " gateway " : "",
	       ttr_addr_format(gateway, &route->gateway));
}

static int find_route(struct setup *setup)
{
	return ttr_route_get(&setup->route, &setup->query, &setup->problem);
}

static const char *capture_device(const struct setup *setup)
{
	const char *device = setup->query.device;

	return device && strcmp(device, "any") == 0 ? device : setup->route.device;
}

static int open_privileged(struct setup *setup)
{
	int status;

	ttr_privilege_raise();
	status = ttr_raw_open(&setup->raw, setup->query.target.family, &setup->problem);
	if (status == 0)
		status = ttr_capture_new(&setup->capture, capture_device(setup), &setup->problem);
	ttr_privilege_lower();
	if (status == 0)
		status = ttr_sender_new(&setup->sender, &setup->raw, &setup->route,
					&setup->query.target, setup->query.tos, &setup->problem);
	return status;
}

static int open_all(struct setup *setup)
{
	struct ttr_filter filter = {.target = setup->query.target, .ports = &setup->port};
	int status = find_route(setup);

	if (status == 0)
		status = open_privileged(setup);
	if (status == 0)
		status = ttr_ports_new(&setup->ports, &setup->route);
	if (status == 0)
		status = ttr_ports_draw(setup->ports, &setup->port, 1, &setup->problem);
	if (status < 0)
		return status;
	status = ttr_privilege_drop(false);
	if (status < 0)
		return ttr_problem_fill(&setup->problem, TTR_PROBLEM_PRIVILEGE, -status, "drop",
					NULL);
	filter.source = setup->route.source;
	filter.port_count = 1;
	return ttr_capture_filter(setup->capture, setup->filtered ? &filter : NULL,
				  &setup->problem);
}

static void close_all(struct setup *setup)
{
	ttr_capture_free(setup->capture);
	ttr_sender_free(setup->sender);
	ttr_raw_close(&setup->raw);
	ttr_ports_free(setup->ports);
}

static int send_probe(struct setup *setup, unsigned int ttl, unsigned int length)
{
	static uint8_t packet[TTR_SEGMENT_MAX];
	struct ttr_segment segment = {
		.source = setup->route.source,
		.target = setup->query.target,
		.source_port = setup->port,
		.target_port = setup->query.target_port,
		.ttl = (uint8_t)ttl,
		.tos = setup->query.tos,
		.ip_id = (uint16_t)(0x4200 + ttl),
		.seq = 0x12345678,
		.flags = TTR_TCP_SYN,
		.style = TTR_SYN_LINUX,
		.ts_value = 1000 + ttl,
		.length = (uint16_t)length,
	};
	unsigned int bytes = ttr_segment_build(packet, sizeof(packet), &segment);

	return ttr_sender_send(setup->sender, packet, bytes);
}

static void print_tcp(struct setup *setup, const struct ttr_reply *reply)
{
	char source[TTR_ADDR_TEXT_MAX];
	bool out = reply->tcp.source_port == setup->port &&
		   ttr_addr_equal(&reply->source, &setup->route.source);

	if (out && (reply->tcp.flags & TTR_TCP_RST))
		return; /* the kernel's */
	setup->lines++;
	if (out)
		printf("out ttl %u id %x tos %u\n", reply->ttl, reply->ip_id, reply->tos);
	else
		printf("tcp flags %x from %s\n", reply->tcp.flags,
		       ttr_addr_format(source, &reply->source));
}

static void print_packet(void *context, const uint8_t *packet, unsigned int captured,
			 struct ttr_mono at)
{
	struct setup *setup = context;
	char source[TTR_ADDR_TEXT_MAX];
	struct ttr_reply reply;
	enum ttr_decode_outcome outcome = ttr_reply_decode(&reply, packet, captured);

	if (at.ns <= 0 || at.ns > ttr_mono_now().ns || at.ns < ttr_mono_now().ns - TTR_NS_PER_S)
		printf("bad stamp\n");
	if (outcome != TTR_DECODE_OK)
		printf("not decoded %u\n", (unsigned int)outcome);
	else if (reply.kind == TTR_REPLY_TCP)
		print_tcp(setup, &reply);
	else if (++setup->lines)
		printf("icmp %u/%u from %s id %x\n", reply.icmp_type, reply.icmp_code,
		       ttr_addr_format(source, &reply.source), reply.quote.ip_id);
}

static bool is_over(const struct setup *setup, struct ttr_mono last)
{
	const int64_t now = ttr_mono_now().ns;

	return now - last.ns > setup->wait_ms * TTR_NS_PER_MS &&
	       (setup->lines >= setup->expected || now - setup->begun.ns > BOUND_NS);
}

/* Until it is over, or -ENODEV or -EIO. A device that goes down is told and waited for. */
static int read_all(struct setup *setup)
{
	const int tick = setup->wait_ms < TICK_MS ? setup->wait_ms : TICK_MS;
	struct pollfd ready = {.fd = ttr_capture_fd(setup->capture), .events = POLLIN};
	struct ttr_mono last = ttr_mono_now();
	int status = 0, before = 0;

	/* Looked at after a read that found nothing: a process that was stopped reads first. */
	setup->begun = last;
	while (status > 0 || !is_over(setup, last)) {
		if (poll(&ready, 1, tick) < 0)
			return -errno;
		setup->reads++;
		status = ttr_capture_read(setup->capture, BATCH, print_packet, setup,
					  &setup->problem);
		if (status < 0 && status != before)
			fail(setup);
		if (status < 0 && status != -ENETDOWN)
			return status;
		before = status;
		if (status > 0)
			last = ttr_mono_now();
	}
	return 0;
}

static void print_counts(struct setup *setup)
{
	const int64_t ticks = (ttr_mono_now().ns - setup->begun.ns) / (TICK_MS * TTR_NS_PER_MS);
	struct ttr_capture_counts counts;

	ttr_capture_count(setup->capture, &counts);
	printf("dropped %ju foreign %ju copies %ju reads %s\n", (uintmax_t)counts.dropped,
	       (uintmax_t)counts.foreign, (uintmax_t)counts.copies,
	       setup->reads < 100 + 2 * ticks ? "few" : "many");
}

static int probe(struct setup *setup)
{
	int status;

	for (unsigned int ttl = 1; ttl <= setup->ttls; ttl++) {
		status = send_probe(setup, ttl, 0);
		if (status < 0)
			printf("not sent %s\n", strerrorname_np(-status));
	}
	read_all(setup);
	print_counts(setup);
	return 0;
}

static int watch(struct setup *setup)
{
	printf("watching %u\n", setup->port);
	fflush(stdout);
	read_all(setup);
	print_counts(setup);
	return 0;
}

/* As many as -m says, until one is refused; then, if the socket's buffer was full, waits for it. */
static int send_many(struct setup *setup)
{
	struct pollfd ready = {.fd = ttr_sender_fd(setup->sender), .events = POLLOUT};
	unsigned int sent = 0;
	int status = 0;

	while (sent < setup->ttls && status == 0) {
		status = send_probe(setup, 64, setup->number);
		if (status == 0)
			sent++;
	}
	printf("sent %u%s%s\n", sent, status < 0 ? " then " : "",
	       status < 0 ? strerrorname_np(-status) : "");
	/* Nothing is left in the socket that would wake the loop for ever. */
	poll(&ready, 1, 0);
	printf("%s%s\n", ready.revents & POLLERR ? "error pending " : "",
	       ready.revents & POLLOUT ? "writable" : "full");
	if (status == -EAGAIN && poll(&ready, 1, setup->wait_ms) == 1)
		printf("%s\n", send_probe(setup, 64, setup->number) == 0 ? "again" : "refused");
	return 0;
}

static int with_all(struct setup *setup, int (*action)(struct setup *setup))
{
	int status = open_all(setup);

	status = status < 0 ? fail(setup) : action(setup);
	close_all(setup);
	return status;
}

static int route(struct setup *setup)
{
	if (find_route(setup) < 0)
		return fail(setup);
	print_route(&setup->route);
	return 0;
}

static int draw(struct setup *setup)
{
	static uint16_t drawn[PORTS_MAX];
	int status = find_route(setup);

	if (status == 0)
		status = ttr_ports_new(&setup->ports, &setup->route);
	if (status == 0)
		status = ttr_ports_draw(setup->ports, drawn, setup->number, &setup->problem);
	for (unsigned int i = 0; status == 0 && i < setup->number; i++)
		printf("%u\n", drawn[i]);
	if (status < 0)
		fail(setup);
	close_all(setup);
	return status < 0;
}

static int claim(struct setup *setup)
{
	int status = find_route(setup);

	if (status == 0)
		status = ttr_ports_new(&setup->ports, &setup->route);
	if (status == 0)
		status = ttr_ports_claim(setup->ports, (uint16_t)setup->number, setup->forced,
					 &setup->problem);
	if (status < 0)
		fail(setup);
	else
		printf("claimed\n");
	fflush(stdout);
	if (status == 0 && setup->wait_ms)
		poll(NULL, 0, setup->wait_ms);
	close_all(setup);
	return status < 0;
}

static void print_privileges(const char *when, int status)
{
	cap_t caps = cap_get_proc();
	char *text = cap_to_text(caps, NULL);

	printf("%s: %s%s uid %s caps %s\n", when, status < 0 ? strerrorname_np(-status) : "ok",
	       ttr_privilege_raised_by_file() ? " file" : "", geteuid() == 0 ? "0" : "other", text);
	cap_free(text);
	cap_free(caps);
}

static int privileges(struct setup *setup)
{
	(void)setup;
	print_privileges("init", ttr_privilege_init());
	print_privileges("raise", ttr_privilege_raise());
	print_privileges("lower", ttr_privilege_lower());
	print_privileges("drop", ttr_privilege_drop(false));
	print_privileges("again", ttr_privilege_raise());
	return 0;
}

static int run(struct setup *setup, const char *mode)
{
	if (strcmp(mode, "route") == 0)
		return route(setup);
	if (strcmp(mode, "probe") == 0)
		return with_all(setup, probe);
	if (strcmp(mode, "watch") == 0)
		return with_all(setup, watch);
	if (strcmp(mode, "send") == 0)
		return with_all(setup, send_many);
	if (strcmp(mode, "draw") == 0)
		return draw(setup);
	if (strcmp(mode, "claim") == 0)
		return claim(setup);
	return 2;
}

static struct ttr_addr parse_addr(const char *text)
{
	struct ttr_addr addr = {.family = TTR_FAMILY_NONE};
	char scope[TTR_SCOPE_MAX];

	if (ttr_addr_parse(&addr, scope, text) != 0) {
		fprintf(stderr, "not an address: %s\n", text);
		exit(2);
	}
	return addr;
}

static void take_option(struct setup *setup, int option)
{
	switch (option) {
	case 's':
		setup->query.source = parse_addr(optarg);
		break;
	case 'i':
		setup->query.device = optarg;
		break;
	case 'S':
		setup->query.scope = if_nametoindex(optarg);
		break;
	case 't':
		setup->query.tos = (uint8_t)strtoul(optarg, NULL, 0);
		break;
	case 'm':
		setup->ttls = (unsigned int)strtoul(optarg, NULL, 10);
		break;
	case 'w':
		setup->wait_ms = (int)strtol(optarg, NULL, 10);
		break;
	case 'c':
		setup->expected = (unsigned int)strtoul(optarg, NULL, 10);
		break;
	case 'f':
		setup->forced = true;
		break;
	case 'n':
		setup->filtered = false;
		break;
	default:
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct setup setup = {.ttls = 2, .filtered = true, .raw = TTR_RAW_CLOSED};
	int option;

	setup.query.uid = geteuid();
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "s:i:S:t:m:w:c:fn")) != -1)
		take_option(&setup, option);
	argv += optind;
	if (argv[0] && strcmp(argv[0], "privileges") == 0)
		return privileges(&setup);
	if (ttr_privilege_init() < 0 || !argv[0] || !argv[1])
		return 2;
	setup.query.target = parse_addr(argv[1]);
	setup.number = argv[2] ? (unsigned int)strtoul(argv[2], NULL, 10) : 80;
	setup.query.target_port = (uint16_t)setup.number;
	return run(&setup, argv[0]);
}
