/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/json.h"
#include "cli/ndjson.h"
#include "cli_view.h"

#define QUERIES 2
#define ROWS 6

/* A path of six hops to an open port; everything that a probe can say is in it. */
static void make_trace(struct made_up *made, struct ttr_cell cells[ROWS * QUERIES])
{
	static const struct spec specs[ROWS * QUERIES] = {
		TE(GW, 2446),
		LOST,
		NAT(GW2, 3000, INSIDE, 8080),
		TE(EVIL, 20),
		UN(GW2, 1500, 13),
		UN6(SIX1, 1500, 2, 0),
		TCP(WWW, 4000, ACK),
		RST(WWW, 4100),
		ECN(WWW, 200346),
		SA(WWW, 200347),
		IDLE,
		WAITING,
	};

	for (size_t i = 0; i < ROWS * QUERIES; i++)
		cells[i] = make_cell(&specs[i]);
	cells[3].late = true;
	cells[3].duplicates = 2;
	cells[3].evidence = TTR_EVIDENCE_REWRITTEN;
	cells[5].mtu = 1280;
	cells[8].attempts = 2;
	cells[1].rate_limited = true;
	cells[2].per_packet = true;
	make_up(made, cells, ROWS, QUERIES);
	made->settings.max_ttl = 30;
	made->result.state = TTR_PORT_OPEN;
	made->result.reached = true;
	made->result.end_ttl = made->result.distance = 5;
	made->result.last_seen_ttl = 5;
	made->result.rtt_ns = 200346000;
	made->grid.counters.probes_sent = 93;
	made->grid.counters.replies = 57;
	made->view.elapsed_ns = 206411600;
	made->view.frames_dropped = 4;
	made->view.suspended_ns = 5000 * TTR_NS_PER_MS;
}

static const char document[] =
	"{\"schema\": \"tcptraceroute-1\", \"version\": \"0.1.0\", "
	"\"started\": \"2026-11-23T21:40:11.123456Z\", \"elapsed_ms\": 206.412, "
	"\"interrupted\": false, \"host\": \"www.example.org\", \"target\": \"198.51.100.10\", "
	"\"family\": 4, \"source\": {\"address\": \"203.0.113.2\", \"device\": \"eth0\"}, "
	"\"mode\": \"raw\", \"sandbox\": {\"caps\": 0, \"nnp\": true, \"seccomp\": 2, "
	"\"landlock\": 6, \"mode\": \"raw\"}, \"first_ttl\": 1, \"max_ttl\": 30, \"queries\": 2, "
	"\"probes_sent\": 93, \"replies\": 57, \"capture_dropped\": 4, \"incomplete\": true, "
	"\"suspended_ms\": 5000.0, "
	"\"ports\": [\n"
	"{\"port\": 80, \"service\": \"http\", \"source_port\": 38833, \"state\": \"open\", "
	"\"reached\": true, \"distance\": 5, \"rtt_ms\": 200.346, \"blocked\": null, \"hops\": ["
	"{\"ttl\": 1, \"probes\": ["
	"{\"reply\": \"time-exceeded\", \"address\": \"192.0.2.1\", "
	"\"name\": \"gw.example.net\", \"rtt_ms\": 2.446, \"attempts\": 1, \"reply_ttl\": 60}, "
	"{\"reply\": \"none\", \"attempts\": 3, \"rate_limited\": true}]}, "
	"{\"ttl\": 2, \"probes\": ["
	"{\"reply\": \"time-exceeded\", \"address\": \"192.0.2.2\", \"name\": null, "
	"\"rtt_ms\": 3.0, \"attempts\": 1, \"reply_ttl\": 60, \"balancing\": \"per-packet\", "
	"\"changes\": [{\"field\": \"ip.dst\", \"sent\": \"198.51.100.10\", "
	"\"seen\": \"10.6.35.86\"}, {\"field\": \"tcp.dport\", \"sent\": 80, \"seen\": 8080}], "
	"\"match\": \"exact\"}, "
	"{\"reply\": \"time-exceeded\", \"address\": \"192.0.2.66\", "
	"\"name\": \"evil\\\\x1b[31m\\\\xff.example.net\", \"rtt_ms\": 0.02, \"attempts\": 1, "
	"\"reply_ttl\": 60, \"late\": true, \"duplicates\": 2, \"match\": \"rewritten\"}]}, "
	"{\"ttl\": 3, \"probes\": ["
	"{\"reply\": \"unreachable\", \"address\": \"192.0.2.2\", \"name\": null, "
	"\"rtt_ms\": 1.5, \"attempts\": 1, \"reply_ttl\": 60, \"icmp_code\": 13, "
	"\"mark\": \"!A\"}, "
	"{\"reply\": \"unreachable\", \"address\": \"2001:db8::1\", \"name\": null, "
	"\"rtt_ms\": 1.5, \"attempts\": 1, \"reply_ttl\": 60, \"icmp_code\": 0, "
	"\"mark\": \"!F\", \"mtu\": 1280}]}, "
	"{\"ttl\": 4, \"probes\": ["
	"{\"reply\": \"tcp\", \"address\": \"198.51.100.10\", \"name\": \"www.example.org\", "
	"\"rtt_ms\": 4.0, \"attempts\": 1, \"reply_ttl\": 60, \"flags\": [\"ACK\"]}, "
	"{\"reply\": \"rst\", \"address\": \"198.51.100.10\", \"name\": \"www.example.org\", "
	"\"rtt_ms\": 4.1, \"attempts\": 1, \"reply_ttl\": 60, \"flags\": [\"RST\", \"ACK\"]}]}, "
	"{\"ttl\": 5, \"probes\": ["
	"{\"reply\": \"syn-ack\", \"address\": \"198.51.100.10\", \"name\": \"www.example.org\", "
	"\"rtt_ms\": 200.346, \"attempts\": 2, \"reply_ttl\": 60, "
	"\"flags\": [\"SYN\", \"ACK\", \"ECE\"]}, "
	"{\"reply\": \"syn-ack\", \"address\": \"198.51.100.10\", \"name\": \"www.example.org\", "
	"\"rtt_ms\": 200.347, \"attempts\": 1, \"reply_ttl\": 60, "
	"\"flags\": [\"SYN\", \"ACK\"]}]}]}]}\n";

/* Byte for byte: the order of members and the digits of numbers are promises too. */
static void test_document(void **state)
{
	struct ttr_cell cells[ROWS * QUERIES];
	struct ttr_buffer out = {.data = NULL};
	struct made_up made;

	(void)state;
	make_trace(&made, cells);
	assert_int_equal(ttr_json_document(&out, &made.view), 0);
	assert_string_equal(ttr_buffer_text(&out), document);
	ttr_buffer_fini(&out);
}

static json_t *read_back(const struct ttr_view *view)
{
	struct ttr_buffer out = {.data = NULL};
	json_t *parsed;

	assert_int_equal(ttr_json_document(&out, view), 0);
	parsed = json_loads(ttr_buffer_text(&out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(parsed);
	ttr_buffer_fini(&out);
	return parsed;
}

static json_t *first_port(const json_t *parsed)
{
	return json_array_get(json_object_get(parsed, "ports"), 0);
}

/* A cell that nobody waited for is not a lost one. */
static void test_interrupted(void **state)
{
	struct ttr_cell cells[ROWS * QUERIES];
	struct made_up made;
	json_t *parsed, *hops, *probes;

	(void)state;
	make_trace(&made, cells);
	made.result = (struct ttr_port_result){.port = 80, .rtt_ns = -1};
	made.grid.cut_short = true;
	made.view.interrupted = true;
	cells[9] = (struct ttr_cell){.state = TTR_CELL_ASKED, .attempts = 2};
	parsed = read_back(&made.view);
	assert_true(json_is_true(json_object_get(parsed, "interrupted")));
	assert_true(json_is_null(json_object_get(first_port(parsed), "distance")));
	assert_true(json_is_null(json_object_get(first_port(parsed), "rtt_ms")));
	assert_true(json_is_null(json_object_get(first_port(parsed), "blocked")));
	hops = json_object_get(first_port(parsed), "hops");
	assert_int_equal(json_array_size(hops), 5);
	probes = json_object_get(json_array_get(hops, 4), "probes");
	assert_true(json_is_true(json_object_get(json_array_get(probes, 1), "pending")));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(probes, 1), "attempts")),
			 2);
	json_decref(parsed);
}

/* No answer at all, and no row worth giving out. */
static void test_nothing(void **state)
{
	struct ttr_cell cells[ROWS * QUERIES] = {{.state = TTR_CELL_IDLE}};
	struct made_up made;
	json_t *parsed;

	(void)state;
	make_up(&made, cells, ROWS, QUERIES);
	made.grid.cut_short = true;
	parsed = read_back(&made.view);
	assert_int_equal(json_array_size(json_object_get(first_port(parsed), "hops")), 0);
	json_decref(parsed);
	made.grid.cut_short = false;
	made.result.state = TTR_PORT_FILTERED;
	parsed = read_back(&made.view);
	assert_int_equal(json_array_size(json_object_get(first_port(parsed), "hops")), ROWS);
	assert_string_equal(json_string_value(json_object_get(first_port(parsed), "state")),
			    "filtered");
	assert_true(json_is_null(json_object_get(first_port(parsed), "blocked")));
	json_decref(parsed);
}

static void check_blocked(const struct made_up *made, const char *expected)
{
	json_t *parsed = read_back(&made->view);
	char *text = json_dumps(json_object_get(first_port(parsed), "blocked"),
				JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(text, expected);
	free(text);
	json_decref(parsed);
}

static void test_blocked(void **state)
{
	static const struct spec path[] = {TE(GW, 1), TE(GW2, 2), LOST, UN(GW2, 3, 13), LOST, LOST};
	struct ttr_cell cells[6];
	struct made_up made;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		cells[i] = make_cell(&path[i]);
	make_up(&made, cells, 6, 1);
	made.result.state = TTR_PORT_UNREACHABLE;
	made.result.reached = true;
	made.result.end_ttl = 4;
	made.result.last_seen_ttl = 4;
	check_blocked(&made, "{\"after_ttl\":2,\"how\":\"reject\",\"address\":\"192.0.2.2\","
			     "\"icmp_code\":13,\"reference_port\":null,\"before_ttl\":4,"
			     "\"verified\":true}");
	cells[0] = cells[1] = cells[2]; /* only the refusal was seen */
	check_blocked(&made, "{\"after_ttl\":0,\"how\":\"reject\",\"address\":\"192.0.2.2\","
			     "\"icmp_code\":13,\"reference_port\":null,\"before_ttl\":4,"
			     "\"verified\":true}");
	cells[0] = make_cell(&path[0]);
	cells[1] = make_cell(&path[1]);
	cells[3] = cells[2];
	made.result = (struct ttr_port_result){
		.port = 80, .state = TTR_PORT_FILTERED, .last_seen_ttl = 2, .rtt_ns = -1};
	check_blocked(&made, "{\"after_ttl\":2,\"how\":\"drop\",\"address\":null,"
			     "\"icmp_code\":null,\"reference_port\":null,\"before_ttl\":null,"
			     "\"verified\":false,\"doubt\":\"no-reference\"}");
	made.result.state = TTR_PORT_UNKNOWN;
	check_blocked(&made, "null");
	made.result.state = TTR_PORT_CLOSED;
	check_blocked(&made, "null");
}

/* Several ports are one array, a port to a line. */
static void test_two_ports(void **state)
{
	struct ttr_cell cells[2] = {{.state = TTR_CELL_SILENT}, {.state = TTR_CELL_SILENT}};
	struct ttr_port_result results[2] = {{.port = 80}, {.port = 9, .rtt_ns = -1}};
	static const uint16_t ports[2] = {80, 9};
	struct made_up made;
	json_t *parsed;

	(void)state;
	make_up(&made, cells, 1, 1);
	made.settings.ports = ports;
	made.settings.port_count = made.grid.port_count = 2;
	made.grid.ports = results;
	parsed = read_back(&made.view);
	assert_int_equal(json_array_size(json_object_get(parsed, "ports")), 2);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(parsed, "ports"), 1), "port")),
			 9);
	json_decref(parsed);
}

static void test_hostile_strings(void **state)
{
	struct ttr_cell cells[1] = {{.state = TTR_CELL_SILENT}};
	struct made_up made;
	json_t *parsed;

	(void)state;
	make_up(&made, cells, 1, 1);
	made.settings.host = "a\"b\\\033\xc3(\xe2\x80\xae";
	memcpy(made.egress.device, "e\n\xff", 4);
	parsed = read_back(&made.view);
	assert_string_equal(json_string_value(json_object_get(parsed, "host")),
			    "a\"b\\\\x1b\\xc3(\\u202e");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(parsed, "source"), "device")),
		"e\\x0a\\xff");
	json_decref(parsed);
}

#define WHERE "\"host\":\"www.example.org\",\"target\":\"198.51.100.10\""

static void check_line(struct ttr_buffer *out, int outcome, const char *expected)
{
	json_t *parsed;

	assert_int_equal(outcome, 0);
	assert_string_equal(ttr_buffer_text(out), expected);
	parsed = json_loads(ttr_buffer_text(out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(parsed);
	json_decref(parsed);
	ttr_buffer_clear(out);
}

static void test_events(void **state)
{
	struct ttr_cell cells[ROWS * QUERIES];
	struct ttr_buffer out = {.data = NULL};
	struct made_up made;

	(void)state;
	make_trace(&made, cells);
	check_line(
		&out, ttr_ndjson_start(&out, &made.view),
		"{\"event\":\"start\"," WHERE ",\"schema\":\"tcptraceroute-1\","
		"\"version\":\"0.1.0\",\"started\":\"2026-11-23T21:40:11.123456Z\","
		"\"family\":4,\"source\":{\"address\":\"203.0.113.2\",\"device\":\"eth0\"},"
		"\"mode\":\"raw\",\"sandbox\":{\"caps\":0,\"nnp\":true,\"seccomp\":2,"
		"\"landlock\":6,\"mode\":\"raw\"},\"first_ttl\":1,\"max_ttl\":30,\"queries\":2}\n");
	check_line(&out, ttr_ndjson_probe(&out, &made.view, 0, 1, 0),
		   "{\"event\":\"probe\"," WHERE ",\"port\":80,\"ttl\":1,\"query\":1,"
		   "\"reply\":\"time-exceeded\",\"address\":\"192.0.2.1\","
		   "\"name\":\"gw.example.net\",\"rtt_ms\":2.446,\"attempts\":1,"
		   "\"reply_ttl\":60}\n");
	check_line(
		&out, ttr_ndjson_hop(&out, &made.view, 0, 1),
		"{\"event\":\"hop\"," WHERE ",\"port\":80,\"ttl\":1,\"probes\":["
		"{\"reply\":\"time-exceeded\",\"address\":\"192.0.2.1\","
		"\"name\":\"gw.example.net\",\"rtt_ms\":2.446,\"attempts\":1,"
		"\"reply_ttl\":60},{\"reply\":\"none\",\"attempts\":3,\"rate_limited\":true}]}\n");
	check_line(&out, ttr_ndjson_port(&out, &made.view, 0),
		   "{\"event\":\"port\"," WHERE ",\"port\":80,\"service\":\"http\","
		   "\"source_port\":38833,\"state\":\"open\",\"reached\":true,\"distance\":5,"
		   "\"rtt_ms\":200.346,\"blocked\":null}\n");
	check_line(&out, ttr_ndjson_end(&out, &made.view),
		   "{\"event\":\"end\"," WHERE ",\"elapsed_ms\":206.412,\"probes_sent\":93,"
		   "\"interrupted\":false,\"replies\":57,\"capture_dropped\":4,\"incomplete\":true,"
		   "\"suspended_ms\":5000.0}"
		   "\n");
	ttr_buffer_fini(&out);
}

/* Three decimals, whatever the number; what jansson makes of the nearest double. */
static void test_milliseconds(void **state)
{
	(void)state;
	for (int64_t us = 0; us < 4000000000; us = us * 3 / 2 + 1) {
		json_t *real = ttr_json_ms(us * 1000 + 499);
		struct ttr_buffer out = {.data = NULL};
		char expected[64];
		size_t length = (size_t)snprintf(expected, sizeof(expected), "[%d.%03d",
						 (int)(us / 1000), (int)(us % 1000));
		json_t *array = json_array();

		while (expected[length - 1] == '0' && expected[length - 2] != '.')
			expected[--length] = '\0';
		snprintf(expected + length, sizeof(expected) - length, "]");
		json_array_append_new(array, real);
		assert_int_equal(ttr_json_dump(&out, array, 0), 0);
		assert_string_equal(ttr_buffer_text(&out), expected);
		json_decref(array);
		ttr_buffer_fini(&out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),  cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_nothing),   cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_two_ports), cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_events),    cmocka_unit_test(test_milliseconds),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
