/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/fields.h"
#include "cli/json.h"
#include "cli/ndjson.h"
#include "cli_view.h"

/* The members from the first optional one on, read back from the event of a probe. */
static void check_probe(const struct ttr_cell *cell, const char *expected)
{
	struct ttr_buffer out = {.data = NULL}, again = {.data = NULL};
	static const char *const always[] = {"event", "host",   "target",   "port",
					     "ttl",   "query",  "reply",    "address",
					     "name",  "rtt_ms", "attempts", "reply_ttl"};
	struct ttr_cell copy = *cell;
	struct made_up made;
	json_t *parsed;

	make_up(&made, &copy, 1, 1);
	assert_int_equal(ttr_ndjson_probe(&out, &made.view, 0, 1, 0), 0);
	parsed = json_loads(ttr_buffer_text(&out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(parsed);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		assert_int_equal(json_object_del(parsed, always[i]), 0);
	assert_int_equal(ttr_json_dump(&again, parsed, 0), 0);
	assert_string_equal(ttr_buffer_text(&again), expected);
	/* the document says the same */
	ttr_buffer_clear(&out);
	made.result.end_ttl = 1;
	assert_int_equal(ttr_json_document(&out, &made.view), 0);
	if (json_object_size(parsed)) {
		ttr_buffer_clear(&again);
		ttr_buffer_add(&again, expected + 1, strlen(expected) - 2);
		assert_non_null(strstr(ttr_buffer_text(&out), ttr_buffer_text(&again)));
	}
	json_decref(parsed);
	ttr_buffer_fini(&again);
	ttr_buffer_fini(&out);
}

static struct ttr_cell plain_cell(void)
{
	static const struct spec spec = TE(GW, 2446);

	return make_cell(&spec);
}

/* Every field, with the values that its kind has. */
static const struct change_case {
	enum ttr_field field;
	uint32_t sent, seen;
	const char *text;
} changes[] = {
	{TTR_FIELD_IP_TOS, 0, 0xb8, "\"ip.tos\", \"sent\": 0, \"seen\": 184"},
	{TTR_FIELD_IP_ECN, 1, 3, "\"ip.ecn\", \"sent\": 1, \"seen\": 3"},
	{TTR_FIELD_IP_ID, 0xd29e, 0, "\"ip.id\", \"sent\": 53918, \"seen\": 0"},
	{TTR_FIELD_IP_TTL, 5, 4, "\"ip.ttl\", \"sent\": 5, \"seen\": 4"},
	{TTR_FIELD_IP_SRC, 0, 0, "\"ip.src\", \"sent\": \"203.0.113.2\", \"seen\": \"10.6.35.86\""},
	{TTR_FIELD_IP_DST, 0, 0,
	 "\"ip.dst\", \"sent\": \"198.51.100.10\", \"seen\": \"10.6.35.87\""},
	{TTR_FIELD_TCP_SPORT, 40000, 1024, "\"tcp.sport\", \"sent\": 40000, \"seen\": 1024"},
	{TTR_FIELD_TCP_DPORT, 80, 8080, "\"tcp.dport\", \"sent\": 80, \"seen\": 8080"},
	{TTR_FIELD_TCP_SEQ, 1, 4294967295, "\"tcp.seq\", \"sent\": 1, \"seen\": 4294967295"},
	{TTR_FIELD_TCP_ACK, 1, 2, "\"tcp.ack\", \"sent\": 1, \"seen\": 2"},
	{TTR_FIELD_TCP_FLAGS, 0xc2, 0x02,
	 "\"tcp.flags\", \"sent\": [\"SYN\", \"CWR\", \"ECE\"], \"seen\": [\"SYN\"]"},
	{TTR_FIELD_TCP_WINDOW, 64240, 0, "\"tcp.window\", \"sent\": 64240, \"seen\": 0"},
	{TTR_FIELD_TCP_OPTIONS, 0x11c, 0xc0000004,
	 "\"tcp.options\", \"sent\": [\"mss\", \"wscale\", \"sack\", \"timestamps\"], \"seen\": "
	 "[\"mss\", \"kind-30\", \"others\"]"},
	{TTR_FIELD_TCP_MSS, 1460, 1380, "\"tcp.mss\", \"sent\": 1460, \"seen\": 1380"},
	{TTR_FIELD_TCP_SCALE, 7, 2, "\"tcp.wscale\", \"sent\": 7, \"seen\": 2"},
	{TTR_FIELD_TCP_TSVAL, 1, 0, "\"tcp.tsval\", \"sent\": 1, \"seen\": 0"},
};

static void test_changes(void **state)
{
	(void)state;
	assert_int_equal(sizeof(changes) / sizeof(changes[0]), TTR_FIELD_COUNT);
	for (size_t i = 0; i < TTR_FIELD_COUNT; i++) {
		const struct change_case *c = &changes[i];
		struct ttr_cell cell = plain_cell();
		struct ttr_changes made = {.fields = TTR_FIELD_BIT(c->field)};
		char expected[256];

		made.of[c->field] = (struct ttr_change){c->sent, c->seen};
		made.source = addresses[INSIDE];
		cell.changes = &made;
		cell.quoted_target = addresses[INSIDE2];
		cell.evidence = i % 2 ? TTR_EVIDENCE_REWRITTEN : TTR_EVIDENCE_EXACT;
		snprintf(expected, sizeof(expected),
			 "{\"changes\": [{\"field\": %s}], \"match\": \"%s\"}", c->text,
			 i % 2 ? "rewritten" : "exact");
		check_probe(&cell, expected);
	}
}

static void test_several_changes(void **state)
{
	struct ttr_cell cell = plain_cell();
	struct ttr_changes two = {.fields = TTR_FIELD_BIT(TTR_FIELD_IP_ID) |
					    TTR_FIELD_BIT(TTR_FIELD_TCP_MSS)};

	(void)state;
	check_probe(&cell, "{}");
	two.of[TTR_FIELD_IP_ID] = (struct ttr_change){7, 8};
	two.of[TTR_FIELD_TCP_MSS] = (struct ttr_change){1460, 536};
	cell.changes = &two;
	check_probe(&cell, "{\"changes\": [{\"field\": \"ip.id\", \"sent\": 7, \"seen\": 8}, "
			   "{\"field\": \"tcp.mss\", \"sent\": 1460, \"seen\": 536}], "
			   "\"match\": \"exact\"}");
	cell = plain_cell();
	cell.evidence = TTR_EVIDENCE_REWRITTEN;
	check_probe(&cell, "{\"match\": \"rewritten\"}");
	cell = plain_cell();
	cell.changes_dropped = cell.extensions_dropped = true;
	check_probe(&cell, "{\"extensions_truncated\": true, \"changes_truncated\": true, "
			   "\"match\": \"exact\"}");
}

static void test_labels(void **state)
{
	static const struct ttr_extensions extensions = {
		.label_count = 2,
		.labels = {{.label = 16004, .ttl = 1},
			   {.label = 1048575, .tc = 7, .bottom = true, .ttl = 255}},
		.labels_truncated = true,
	};
	struct ttr_cell cell = plain_cell();

	(void)state;
	cell.extensions = &extensions;
	check_probe(&cell,
		    "{\"mpls\": [{\"label\": 16004, \"tc\": 0, \"bottom\": false, \"ttl\": 1}, "
		    "{\"label\": 1048575, \"tc\": 7, \"bottom\": true, \"ttl\": 255}], "
		    "\"labels_truncated\": true}");
}

static void test_interfaces(void **state)
{
	struct ttr_cell cell = plain_cell();
	struct ttr_extensions extensions = {.invalid = false};
	struct ttr_interface *interface = &extensions.interface;

	(void)state;
	cell.extensions = &extensions;
	interface->known = true;
	check_probe(&cell, "{\"interface\": {\"role\": \"incoming\"}}");
	interface->role = TTR_INTERFACE_NEXT_HOP;
	interface->index = 4294967295;
	interface->address = addresses[SIX7];
	interface->mtu = 9000;
	strcpy(interface->name, "ge-0\033[2J\xff\n\"");
	check_probe(&cell, "{\"interface\": {\"role\": \"next-hop\", \"index\": 4294967295, "
			   "\"address\": \"2001:db8::7\", "
			   "\"name\": \"ge-0\\\\x1b[2J\\\\xff\\\\x0a\\\"\", \"mtu\": 9000}}");
	interface->role = TTR_INTERFACE_SUB_IP;
	memset(interface->name, '\n', TTR_INTERFACE_NAME_MAX);
	memset(interface->name + 1, 0, TTR_INTERFACE_NAME_MAX);
	interface->address = addresses[NOBODY];
	check_probe(&cell, "{\"interface\": {\"role\": \"sub-ip\", \"index\": 4294967295, "
			   "\"name\": \"\\\\x0a\", \"mtu\": 9000}}");
}

static void test_objects(void **state)
{
	struct ttr_cell cell = plain_cell();
	struct ttr_extensions extensions = {.object_count = 2};

	(void)state;
	cell.extensions = &extensions;
	extensions.objects[0] = (struct ttr_object){.class_number = 234, .type = 7, .length = 0};
	extensions.objects[1] = (struct ttr_object){
		.class_number = 1, .type = 255, .length = 20, .bytes = {0, 1, 0xff, [15] = 0xab}};
	extensions.objects_truncated = true;
	check_probe(
		&cell,
		"{\"extensions\": [{\"class\": 234, \"type\": 7, \"length\": 0, \"data\": \"\"}, "
		"{\"class\": 1, \"type\": 255, \"length\": 20, "
		"\"data\": \"0001ff000000000000000000000000ab\"}], "
		"\"extensions_truncated\": true}");
	extensions = (struct ttr_extensions){.invalid = true};
	check_probe(&cell, "{\"extensions_invalid\": true}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes), cmocka_unit_test(test_several_changes),
		cmocka_unit_test(test_labels),  cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests_name("json_remarks", tests, NULL, NULL);
}
