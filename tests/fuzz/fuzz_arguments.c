/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments to settings. Input: the arguments, separated by 0.
 *
 * They are either refused, in one line of harmless text, or settings within their ranges, that an
 * engine takes. The parser opens no socket.
 */
#include <malloc.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/options.h"
#include "fuzz.h"
#include "tcptraceroute/engine.h"

#define ARGUMENTS_MAX 200
#define TEXT_MAX 4000
#define HOST_MAX 300 /* longer than a name, and than an address with its scope */

int __wrap_socket(int domain, int type, int protocol);
void __wrap_setservent(int stay_open);
struct servent *__wrap_getservent(void);
void __wrap_endservent(void);

static unsigned int services_read;

int __wrap_socket(int domain, int type, int protocol)
{
	CHECK(domain == -1 && type == -1 && protocol == -1);
	return -1;
}

/* The services file is not what is tested. */
void __wrap_setservent(int stay_open)
{
	(void)stay_open;
	services_read = 0;
}

struct servent *__wrap_getservent(void)
{
	static char http[] = "http", www[] = "www", telnet[] = "telnet", tcp[] = "tcp",
		    udp[] = "udp";
	static char *names[] = {www, NULL}, *none[] = {NULL};
	static struct servent services[] = {
		{.s_name = telnet, .s_aliases = none, .s_proto = tcp, .s_port = 23 << 8},
		{.s_name = http, .s_aliases = names, .s_proto = tcp, .s_port = 80 << 8},
		{.s_name = telnet, .s_aliases = names, .s_proto = udp, .s_port = 24 << 8},
	};

	return services_read < 3 ? &services[services_read++] : NULL;
}

void __wrap_endservent(void)
{
	services_read = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* the list of ports comes and goes: from the heap, and that keeps its size */
	mallopt(M_MMAP_THRESHOLD, 1 << 24);
	mallopt(M_TRIM_THRESHOLD, 1 << 26);
	return 0;
}

static void check_error(const struct ttr_buffer *error)
{
	CHECK(error->length > 0 && error->length < 600);
	for (size_t i = 0; i < error->length; i++)
		CHECK((uint8_t)error->data[i] >= 0x20 && error->data[i] != 0x7f);
}

static void check_ports(const struct ttr_settings *s)
{
	static uint8_t seen[65536];

	CHECK(s->port_count >= 1 && s->port_count <= UINT16_MAX);
	for (size_t i = 0; i < s->port_count; i++) {
		CHECK(s->ports[i] != 0 && !seen[s->ports[i]]);
		seen[s->ports[i]] = 1;
	}
	for (size_t i = 0; i < s->port_count; i++)
		seen[s->ports[i]] = 0;
}

static void check_settings(const struct ttr_settings *s)
{
	check_ports(s);
	CHECK(s->first_ttl >= 1 && s->first_ttl <= s->max_ttl);
	CHECK(s->queries >= 1 && s->queries <= TTR_QUERIES_MAX);
	CHECK(s->wait_ns >= 0 && s->wait_ns <= 3600 * TTR_NS_PER_S);
	CHECK(s->max_time_ns >= 0 && s->dns_wait_ns >= 0);
	CHECK(s->flags & (TTR_TCP_SYN | TTR_TCP_ACK));
	CHECK(!s->track_port || !s->source_port);
	CHECK(s->length == 0 || s->length >= 40);
	if (s->locate)
		return;
	CHECK(!(s->track_port || s->source_port || s->window) ||
	      ttr_plan_flows(s) <= TTR_FLOWS_MAX);
	CHECK(s->port_count * s->queries * (s->max_ttl - s->first_ttl + 1u) <= TTR_PROBES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[TEXT_MAX + 1], program[] = "tcptraceroute";
	static struct ttr_buffer error;
	char *argv[ARGUMENTS_MAX + 2] = {program};
	struct ttr_options options;
	int argc = 1, outcome;

	if (size > TEXT_MAX)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && argc <= ARGUMENTS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	ttr_buffer_clear(&error);
	outcome = ttr_options_parse(&options, &error, argc, argv);
	CHECK(outcome >= TTR_OPTIONS_RUN && outcome <= TTR_OPTIONS_REFUSED);
	if (outcome == TTR_OPTIONS_REFUSED)
		check_error(&error);
	if (outcome == TTR_OPTIONS_RUN) {
		CHECK(options.targets || (options.settings.host && options.settings.host[0]));
		CHECK(options.targets || strlen(options.settings.host) <= HOST_MAX);
		check_settings(&options.settings);
	}
	ttr_options_fini(&options);
	return 0;
}
