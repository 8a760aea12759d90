/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "cli/escape.h"
#include "cli/headings.h"
#include "cli/messages.h"
#include "cli_view.h"

static void test_escape(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"", ""},
		{"www.example.org", "www.example.org"},
		{"\033[31mred", "\\x1b[31mred"},
		{"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"},
		{"\x7f\x01", "\\x7f\\x01"},
		{"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
		{"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x9b", "\\x9b"},                        /* C1: CSI */
		{"\xe2\x80\xae", "\\u202e"},                  /* right-to-left override */
		{"\xe2\x80\xa8", "\\u2028"},                  /* line separator */
		{"\xe2\x81\xa6", "\\u2066"},                  /* isolate */
		{"\xef\xbb\xbf", "\\ufeff"},                  /* byte order mark */
		{"\xff", "\\xff"},                            /* never in UTF-8 */
		{"\xc3", "\\xc3"},                            /* cut off */
		{"\xe2\x82", "\\xe2\\x82"},                   /* cut off */
		{"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
		{"%n%s $(id) `id`", "%n%s $(id) `id`"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_buffer out = {.data = NULL};

		ttr_escape(&out, cases[i].text, 100);
		assert_string_equal(ttr_buffer_text(&out), cases[i].shown);
		ttr_buffer_fini(&out);
	}
}

static void test_escape_limit(void **state)
{
	struct ttr_buffer out = {.data = NULL};

	(void)state;
	ttr_buffer_put(&out, "before ");
	ttr_escape(&out, "12345678", 8);
	assert_string_equal(ttr_buffer_text(&out), "before 12345678");
	ttr_buffer_clear(&out);
	ttr_escape(&out, "123456789", 8);
	assert_string_equal(ttr_buffer_text(&out), "12345678...");
	ttr_buffer_clear(&out);
	ttr_escape(&out, "1234567\xc3\xa9", 8);
	assert_string_equal(ttr_buffer_text(&out), "1234567...");
	ttr_buffer_fini(&out);
}

static void test_problems(void **state)
{
	static const struct {
		struct ttr_problem problem;
		bool forced;
		enum ttr_status status;
		const char *text;
	} cases[] = {
		{{TTR_PROBLEM_HOST_UNKNOWN, 0, 0, "nosuch.example.net", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Bad destination address: nosuch.example.net\n"},
		{{TTR_PROBLEM_HOST_UNKNOWN, 0, 0, "a\033]0;x\007b", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Bad destination address: a\\x1b]0;x\\x07b\n"},
		{{TTR_PROBLEM_HOST_LOOKUP, 0, 0, "host", "Timeout while contacting DNS servers"},
		 false,
		 TTR_STATUS_FAILED,
		 "Bad destination address: host: Timeout while contacting DNS servers\n"},
		{{TTR_PROBLEM_HOST_UNUSABLE, 0, 0, "224.0.0.1", ""},
		 false,
		 TTR_STATUS_USAGE,
		 "Bad destination address: 224.0.0.1: not the address of a host\n"},
		{{TTR_PROBLEM_SCOPE, 0, 0, "fe80::1", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Bad destination address: fe80::1: link-local, needs the name of an existing "
		 "device (ADDRESS%DEVICE or -i DEVICE)\n"},
		{{TTR_PROBLEM_NO_ROUTE, ENETUNREACH, 0, "192.0.2.1", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "connect: Network is unreachable\n"},
		{{TTR_PROBLEM_NO_ROUTE, EACCES, 0, "192.0.2.1", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "connect: Permission denied (the route of this machine to 192.0.2.1)\n"},
		{{TTR_PROBLEM_NO_DEVICE, 0, 0, "nosuch", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "error opening device nosuch: nosuch: No such device exists (No such device "
		 "exists)\n"},
		{{TTR_PROBLEM_DEVICE_DOWN, 0, 0, "eth1", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "error opening device eth1: eth1: That device is not up\n"},
		{{TTR_PROBLEM_SOURCE_INVALID, 0, 0, "::g", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Bad source address: ::g\n"},
		{{TTR_PROBLEM_SOURCE_FOREIGN, 0, 0, "1.2.3.4", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Bad source address: 1.2.3.4: not an address of this machine\n"},
		{{TTR_PROBLEM_PRIVILEGE, EPERM, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Got root?  Or give the program the privilege, once: setcap cap_net_raw+p "
		 "/opt/tcptraceroute\n"},
		{{TTR_PROBLEM_RAW_NEEDED, EPERM, TTR_RAW_NEED_ACK, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Got root?  -A needs raw sockets; to permit them, once: setcap cap_net_raw+p "
		 "/opt/tcptraceroute\n"},
		{{TTR_PROBLEM_NO_ERROR_QUEUE, ENOPROTOOPT, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Connections do not see routers on this kernel: Linux 5.9 or raw sockets are "
		 "needed (setcap cap_net_raw+p /opt/tcptraceroute)\n"},
		{{TTR_PROBLEM_UNPRIVILEGED, 0, 0, "", ""},
		 false,
		 TTR_STATUS_REACHED,
		 "Tracing with connections: an open port accepts them, each may take another "
		 "path, and what is rewritten is not seen\n"},
		{{TTR_PROBLEM_UNPRIVILEGED, EPERM, 0, "", ""},
		 false,
		 TTR_STATUS_REACHED,
		 "No raw sockets (Operation not permitted; setcap cap_net_raw+p "
		 "/opt/tcptraceroute), tracing with connections: an open port accepts them, each "
		 "may take another path, and what is rewritten is not seen\n"},
		{{TTR_PROBLEM_EGRESS_PAUSED, ENETDOWN, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: the interface eth0 is down; waiting for it\n"},
		{{TTR_PROBLEM_EGRESS_PAUSED, EADDRNOTAVAIL, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: the source address 192.0.2.1 is lost; waiting for it\n"},
		{{TTR_PROBLEM_EGRESS_PAUSED, EACCES, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: no way out, waiting for it: Permission denied\n"},
		{{TTR_PROBLEM_EGRESS_LOST, ENODEV, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_FAILED,
		 "The interface eth0 is gone\n"},
		{{TTR_PROBLEM_EGRESS_LOST, ENETUNREACH, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_FAILED,
		 "The way out is lost: Network is unreachable\n"},
		{{TTR_PROBLEM_EGRESS_BACK, 0, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_REACHED,
		 "The way out is back: going on by device eth0, address 192.0.2.1\n"},
		{{TTR_PROBLEM_EGRESS_CHANGED, 0, 0, "eth0", "192.0.2.1"},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: egress changed: the later probes leave by another gateway or device "
		 "than eth0 had first\n"},
		{{TTR_PROBLEM_SOCKET, EMFILE, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "socket: Too many open files\n"},
		{{TTR_PROBLEM_CAPTURE, 0, 0, "eth0", "eth0: no luck"},
		 false,
		 TTR_STATUS_FAILED,
		 "error opening device eth0: eth0: no luck\n"},
		{{TTR_PROBLEM_LINK_TYPE, 0, 0, "wlan0", "IEEE802_11"},
		 false,
		 TTR_STATUS_FAILED,
		 "Sorry, media type of device wlan0 (IEEE802_11) is not supported\n"},
		{{TTR_PROBLEM_PORT_IN_USE, EADDRINUSE, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Sorry, requested local port is already in use.  Use -P, instead of -p, to "
		 "override.\n"},
		{{TTR_PROBLEM_PORT_DENIED, EACCES, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Sorry, must be root to use -p\n"},
		{{TTR_PROBLEM_PORT_DENIED, EPERM, 0, "", ""},
		 true,
		 TTR_STATUS_FAILED,
		 "Sorry, must be root to use -P\n"},
		{{TTR_PROBLEM_NO_PORTS, EMFILE, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "No source ports left: Too many open files\n"},
		{{TTR_PROBLEM_MEMORY, ENOMEM, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Out of memory\n"},
		{{TTR_PROBLEM_RESOLVER, 0, 0, "", "out of luck"},
		 false,
		 TTR_STATUS_FAILED,
		 "Name resolver: out of luck\n"},
		{{TTR_PROBLEM_INTERNAL, EBADF, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "Internal error: Bad file descriptor\n"},
		{{TTR_PROBLEM_SEND, EMSGSIZE, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "libnet_write failed?  Attempted to write 9000 bytes, only wrote -1\n"},
		{{TTR_PROBLEM_SEND, ENETDOWN, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "No probe could be sent: Network is down\n"},
		{{TTR_PROBLEM_FIREWALL, EPERM, 0, "", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "No probe could be sent: the firewall of this machine forbids it (Operation not "
		 "permitted)\n"},
		{{TTR_PROBLEM_CAPTURE_LOST, 0, 0, "eth0", "The interface disappeared"},
		 false,
		 TTR_STATUS_FAILED,
		 "The capture on device eth0 has ended: The interface disappeared\n"},
		{{TTR_PROBLEM_CAPTURE_LOST, 0, 0, "eth0", ""},
		 false,
		 TTR_STATUS_FAILED,
		 "The capture on device eth0 has ended\n"},
		{{TTR_PROBLEM_SENDS_DROPPED, ENOBUFS, 7, "", ""},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: probes that could not be sent: 7 (No buffer space available)\n"},
		{{TTR_PROBLEM_FRAMES_DROPPED, 0, 12, "", ""},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: packets that the capture lost: 12; some probes shown as * may have "
		 "been answered\n"},
		{{TTR_PROBLEM_SUSPENDED, 0, 7200000, "", ""},
		 false,
		 TTR_STATUS_REACHED,
		 "Warning: this machine was suspended for 7200000 ms; some probes shown as * may "
		 "have been answered, some times be too short\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_settings settings = {
			.source_port_forced = cases[i].forced,
			.length = 9000,
		};
		struct ttr_buffer out = {.data = NULL};

		ttr_message_problem(&out, &cases[i].problem, &settings, "/opt/tcptraceroute");
		assert_string_equal(ttr_buffer_text(&out), cases[i].text);
		assert_int_equal(ttr_message_status(cases[i].problem.kind), cases[i].status);
		ttr_buffer_fini(&out);
	}
}

/* Every kind has a text of its own, one line, and all placeholders are known. */
static void test_problem_kinds(void **state)
{
	(void)state;
	for (int kind = TTR_PROBLEM_NONE; kind <= TTR_PROBLEM_SUSPENDED; kind++) {
		const struct ttr_problem problem = {.kind = (enum ttr_problem_kind)kind};
		const struct ttr_settings settings = {.source_port = 1};
		struct ttr_buffer out = {.data = NULL};
		const char *text;

		ttr_message_problem(&out, &problem, &settings, "/");
		text = ttr_buffer_text(&out);
		assert_string_not_equal(text, "Internal error\n");
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		assert_null(strpbrk(text, "{}"));
		ttr_buffer_fini(&out);
	}
}

static void test_advice(void **state)
{
	static const struct {
		uint16_t source_port;
		bool forced, port_given, track_port_lost;
		uint16_t length_asked;
		const char *text;
	} cases[] = {
		{0, false, false, false, 0, ""},
		{443, false, false, false, 0,
		 "Hint: -p is the source port; to trace to port 443: tcptraceroute "
		 "www.example.org 443\n"},
		{8080, false, false, false, 0,
		 "Hint: -p is the source port; to trace to port 8080: tcptraceroute "
		 "www.example.org 8080\n"},
		{40001, false, false, false, 0, ""},
		{443, true, false, false, 0, ""},
		{443, false, true, false, 0, ""},
		{40001, false, false, true, 0,
		 "Warning: --track-id implied by specifying the local source port\n"},
		{0, false, false, false, 59, "Warning: Increasing packet length to 60 bytes\n"},
		{0, false, false, false, 60, ""},
	};

	struct ttr_services *services;

	(void)state;
	assert_int_equal(ttr_services_read(&services), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_options options = {
			.length_asked = cases[i].length_asked,
			.port_given = cases[i].port_given,
			.track_port_lost = cases[i].track_port_lost,
			.services = services,
		};
		const struct ttr_egress egress = {.target = addresses[WWW]};
		struct ttr_buffer out = {.data = NULL};

		ttr_settings_init(&options.settings);
		options.settings.host = "www.example.org";
		options.settings.source_port = cases[i].source_port;
		options.settings.source_port_forced = cases[i].forced;
		ttr_headings_advice(&out, &options, &egress);
		assert_string_equal(ttr_buffer_text(&out), cases[i].text);
		ttr_buffer_fini(&out);
	}
	ttr_services_free(services);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),   cmocka_unit_test(test_escape_limit),
		cmocka_unit_test(test_problems), cmocka_unit_test(test_problem_kinds),
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
