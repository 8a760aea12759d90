/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/changes.h"
#include "reply_packets.h"
#include "tcptraceroute/engine.h"

#define WHOLE 60   /* bytes of the quote, IPv4 */
#define WHOLE_6 80 /* IPv6 */

/* The probe as a router that expires it quotes it: all bytes are as they were sent. */
#define QUOTE_SYN_OPTIONS "020405b4 0402080a 73c97ae9 00000000 01030307 "
#define QUOTE                                                                                      \
	"4500 003c d29e 4000 0106 0000 c0000202 c6336402"                                          \
	"a2400050 2e985224 00000000 a002faf0 00000000" QUOTE_SYN_OPTIONS
#define QUOTE6                                                                                     \
	QUOTED_IP6("06")                                                                           \
	"a2400050 2e985224 00000000 a002fd20 00000000 020405a0 0402080a 73c97ae9"                  \
	"00000000 01030307"

static const struct ttr_segment probe = {
	.source = {TTR_FAMILY_IPV4, {192, 0, 2, 2}},
	.target = {TTR_FAMILY_IPV4, {198, 51, 100, 2}},
	.source_port = 41536,
	.target_port = 80,
	.ttl = 5,
	.ip_id = 0xd29e,
	.seq = SEQ,
	.flags = TTR_TCP_SYN,
	.ts_value = 0x73c97ae9,
};

static struct ttr_segment make_probe6(void)
{
	struct ttr_segment six = probe;

	six.source = (struct ttr_addr){TTR_FAMILY_IPV6, {0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 2}};
	six.target = (struct ttr_addr){TTR_FAMILY_IPV6, {0x20, 1, 0x0d, 0xb8, 0, 2, [15] = 2}};
	return six;
}

#define BIT(field) TTR_FIELD_BIT(TTR_FIELD_##field)
#define OPTIONS_SENT 0x11c /* 2, 3, 4, 8 */

static const struct change_case {
	const char *what;
	unsigned int quoted; /* bytes; what is cut off is not there */
	unsigned int at;     /* of the quote: hex goes there */
	const char *hex;
	enum ttr_field field; /* if fields has one bit: that one, from sent to seen */
	uint32_t fields, sent, seen;
} cases[] = {
	{"nothing", WHOLE, 0, "45", 0, 0, 0, 0},
	{"TTL 0", WHOLE, 8, "00", 0, 0, 0, 0},
	{"TTL 2", WHOLE, 8, "02", TTR_FIELD_IP_TTL, BIT(IP_TTL), 5, 2},
	{"TTL 255", WHOLE, 8, "ff", TTR_FIELD_IP_TTL, BIT(IP_TTL), 5, 255},
	{"TOS", WHOLE, 1, "b8", TTR_FIELD_IP_TOS, BIT(IP_TOS), 0, 0xb8},
	{"ECN", WHOLE, 1, "03", TTR_FIELD_IP_ECN, BIT(IP_ECN), 0, 3},
	{"TOS and ECN", WHOLE, 1, "29", 0, BIT(IP_TOS) | BIT(IP_ECN), 0, 0},
	{"total length", WHOLE, 2, "3c00", 0, 0, 0, 0},
	{"IP ID", WHOLE, 4, "0000", TTR_FIELD_IP_ID, BIT(IP_ID), 0xd29e, 0},
	{"IP ID swapped", WHOLE, 4, "9ed2", TTR_FIELD_IP_ID, BIT(IP_ID), 0xd29e, 0x9ed2},
	{"source", WHOLE, 12, "cb007107", TTR_FIELD_IP_SRC, BIT(IP_SRC), 0, 0},
	{"target", WHOLE, 16, "0a000001", TTR_FIELD_IP_DST, BIT(IP_DST), 0, 0},
	{"source port", WHOLE, 20, "a241", TTR_FIELD_TCP_SPORT, BIT(TCP_SPORT), 41536, 41537},
	{"target port", WHOLE, 22, "1f90", TTR_FIELD_TCP_DPORT, BIT(TCP_DPORT), 80, 8080},
	{"number", WHOLE, 24, "00000001", TTR_FIELD_TCP_SEQ, BIT(TCP_SEQ), SEQ, 1},
	{"acknowledgement of a SYN", WHOLE, 28, "00000001", 0, 0, 0, 0},
	{"flags", WHOLE, 33, "c2", TTR_FIELD_TCP_FLAGS, BIT(TCP_FLAGS), 0x02, 0xc2},
	{"window", WHOLE, 34, "ffff", TTR_FIELD_TCP_WINDOW, BIT(TCP_WINDOW), 64240, 65535},
	{"checksum", WHOLE, 36, "1234", 0, 0, 0, 0},
	{"MSS", WHOLE, 42, "0564", TTR_FIELD_TCP_MSS, BIT(TCP_MSS), 1460, 1380},
	{"timestamps: no-ops", WHOLE, 46, "01010101010101010101", TTR_FIELD_TCP_OPTIONS,
	 BIT(TCP_OPTIONS), OPTIONS_SENT, 0x01c},
	{"SACK: no-ops", WHOLE, 44, "0101", TTR_FIELD_TCP_OPTIONS, BIT(TCP_OPTIONS), OPTIONS_SENT,
	 0x10c},
	{"window scale: no-ops", WHOLE, 57, "010101", TTR_FIELD_TCP_OPTIONS, BIT(TCP_OPTIONS),
	 OPTIONS_SENT, 0x114},
	{"all are no-ops", WHOLE, 40, "0101010101010101010101010101010101010101",
	 TTR_FIELD_TCP_OPTIONS, BIT(TCP_OPTIONS), OPTIONS_SENT, 0},
	{"header without options", WHOLE, 32, "50", TTR_FIELD_TCP_OPTIONS, BIT(TCP_OPTIONS),
	 OPTIONS_SENT, 0},
	{"MPTCP instead of scale", WHOLE, 56, "1e04abcd", TTR_FIELD_TCP_OPTIONS, BIT(TCP_OPTIONS),
	 OPTIONS_SENT, 0x40000114},
	{"experiment instead of scale", WHOLE, 56, "fd04abcd", TTR_FIELD_TCP_OPTIONS,
	 BIT(TCP_OPTIONS), OPTIONS_SENT, 0x80000114},
	{"scale", WHOLE, 59, "02", TTR_FIELD_TCP_SCALE, BIT(TCP_SCALE), 7, 2},
	{"timestamp value", WHOLE, 48, "00000001", TTR_FIELD_TCP_TSVAL, BIT(TCP_TSVAL), 0x73c97ae9,
	 1},
	{"timestamp echo", WHOLE, 52, "00000001", 0, 0, 0, 0},
	/* what a short quote does not hold */
	{"ports", 24, 24, "", 0, 0, 0, 0},
	{"8 bytes", 28, 28, "", 0, 0, 0, 0},
	{"8 bytes, number", 28, 24, "00000001", TTR_FIELD_TCP_SEQ, BIT(TCP_SEQ), SEQ, 1},
	{"14 bytes, flags", 34, 33, "12", TTR_FIELD_TCP_FLAGS, BIT(TCP_FLAGS), 2, 0x12},
	{"15 bytes", 35, 0, "45", 0, 0, 0, 0},
	{"16 bytes, window", 36, 34, "0000", TTR_FIELD_TCP_WINDOW, BIT(TCP_WINDOW), 64240, 0},
	{"20 bytes", 40, 0, "45", 0, 0, 0, 0},
	{"24 bytes, MSS", 44, 42, "0218", TTR_FIELD_TCP_MSS, BIT(TCP_MSS), 1460, 536},
	{"39 bytes", 59, 0, "45", 0, 0, 0, 0},
	/* quotes that were filled up with zeros */
	{"8 bytes, zeros", WHOLE, 28, "0000000000000000000000000000000000000000000000000000", 0, 0,
	 0, 0},
	{"20 bytes, zeros", WHOLE, 40, "0000000000000000000000000000000000000000", 0, 0, 0, 0},
	{"28 bytes, zeros", WHOLE, 48, "000000000000000000000000", 0, 0, 0, 0},
	{"36 bytes, zeros", WHOLE, 56, "00000000", 0, 0, 0, 0},
};

/* The quote with its edit, in an error of a router. */
static void make_reply(struct ttr_reply *reply, const char *header, const char *quote,
		       const struct change_case *c)
{
	struct bytes whole = bytes_hex(quote), edit = bytes_hex(c->hex);
	struct bytes packet = bytes_hex(header);
	unsigned int at = packet.count;
	uint8_t data[256];

	memcpy(whole.data + c->at, edit.data, edit.count);
	memcpy(data, packet.data, at);
	memcpy(data + at, whole.data, c->quoted);
	bytes_free(packet);
	packet = bytes_copy(data, at + c->quoted);
	packet_set_length(packet);
	packet_set_checksums(packet, at - 8);
	assert_int_equal(ttr_reply_decode(reply, packet.data, packet.count), TTR_DECODE_OK);
	bytes_free(packet);
	bytes_free(whole);
	bytes_free(edit);
}

static void check_changes(const struct change_case *c, const struct ttr_changes *changes)
{
	if (changes->fields != c->fields)
		print_error("%s: %x\n", c->what, changes->fields);
	assert_int_equal(changes->fields, c->fields);
	for (unsigned int i = 0; i < TTR_FIELD_COUNT; i++) {
		const struct ttr_change *change = &changes->of[i];

		if (!(c->fields & TTR_FIELD_BIT(i)))
			assert_true(change->sent == 0 && change->seen == 0);
		else if (c->fields == TTR_FIELD_BIT(i))
			assert_true(i == c->field && change->sent == c->sent &&
				    change->seen == c->seen);
	}
}

static void test_ipv4(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_changes changes;
		struct ttr_reply reply;

		make_reply(&reply, ROUTER EXCEEDED, QUOTE, &cases[i]);
		ttr_changes_find(&changes, &probe, &reply);
		check_changes(&cases[i], &changes);
		if (cases[i].field == TTR_FIELD_IP_SRC && cases[i].fields)
			assert_int_equal(changes.source.bytes[0], 203);
		else
			assert_int_equal(changes.source.family, TTR_FAMILY_NONE);
	}
}

static void test_ipv6(void **state)
{
	static const struct change_case cases6[] = {
		{"nothing", WHOLE_6, 0, "60000000", 0, 0, 0, 0},
		{"flow label", WHOLE_6, 0, "60012345", 0, 0, 0, 0},
		{"TOS", WHOLE_6, 0, "6b800000", TTR_FIELD_IP_TOS, BIT(IP_TOS), 0, 0xb8},
		{"ECN", WHOLE_6, 0, "60300000", TTR_FIELD_IP_ECN, BIT(IP_ECN), 0, 3},
		{"TTL", WHOLE_6, 0, "600000000028063f", TTR_FIELD_IP_TTL, BIT(IP_TTL), 5, 63},
		{"target", WHOLE_6, 0,
		 "60000000002806012001 0db8000100000000000000000002 "
		 "fd000000000000000000000000000001",
		 TTR_FIELD_IP_DST, BIT(IP_DST), 0, 0},
		{"MSS", WHOLE_6, 0,
		 "60000000002806012001 0db8000100000000000000000002 "
		 "20010db8000200000000000000000002"
		 "a2400050 2e985224 00000000 a002fd20 00000000 02040550",
		 TTR_FIELD_TCP_MSS, BIT(TCP_MSS), 1440, 1360},
	};
	const struct ttr_segment six = make_probe6();

	(void)state;
	for (size_t i = 0; i < sizeof(cases6) / sizeof(cases6[0]); i++) {
		struct ttr_changes changes;
		struct ttr_reply reply;

		make_reply(&reply, ROUTER6 EXCEEDED6, QUOTE6, &cases6[i]);
		ttr_changes_find(&changes, &six, &reply);
		check_changes(&cases6[i], &changes);
	}
}

/* A host or a firewall that refuses quotes what it got: the TTL is whatever was left. */
static void test_unreachable(void **state)
{
	static const struct change_case c = {.quoted = WHOLE, .at = 8, .hex = "37"};
	struct ttr_changes changes;
	struct ttr_reply reply;

	(void)state;
	make_reply(&reply, ROUTER UNREACHABLE("0d"), QUOTE, &c);
	ttr_changes_find(&changes, &probe, &reply);
	assert_int_equal(changes.fields, 0);
}

/* Other probes: without options, and one that acknowledges. */
static void test_styles(void **state)
{
	static const struct change_case whole = {.quoted = 40, .at = 0, .hex = "45"};
	static const struct change_case added = {.quoted = 44, .at = 0, .hex = "45"};
	static const struct change_case acked = {.quoted = 52, .at = 28, .hex = "00000009"};
	struct ttr_segment bare = probe, ack = probe;
	struct ttr_changes changes;
	struct ttr_reply reply;

	(void)state;
	bare.style = TTR_SYN_BARE;
	make_reply(&reply, ROUTER EXCEEDED,
		   "4500 0028 d29e 4000 0106 0000 c0000202 c6336402"
		   "a2400050 2e985224 00000000 50020000 00000000",
		   &whole);
	ttr_changes_find(&changes, &bare, &reply);
	assert_int_equal(changes.fields, 0);
	/* a firewall that adds what it misses */
	make_reply(&reply, ROUTER EXCEEDED,
		   "4500 002c d29e 4000 0106 0000 c0000202 c6336402"
		   "a2400050 2e985224 00000000 60020000 00000000 02040218",
		   &added);
	ttr_changes_find(&changes, &bare, &reply);
	assert_int_equal(changes.fields, BIT(TCP_OPTIONS));
	assert_int_equal(changes.of[TTR_FIELD_TCP_OPTIONS].sent, 0);
	assert_int_equal(changes.of[TTR_FIELD_TCP_OPTIONS].seen, TTR_OPTION_BIT(2));

	ack.flags = TTR_TCP_ACK;
	ack.ack = 7;
	make_reply(&reply, ROUTER EXCEEDED,
		   "4500 0034 d29e 4000 0106 0000 c0000202 c6336402"
		   "a2400050 2e985224 00000007 8010faf0 00000000 0101080a 73c97ae9 00000000",
		   &acked);
	ttr_changes_find(&changes, &ack, &reply);
	assert_int_equal(changes.fields, BIT(TCP_ACK));
	assert_int_equal(changes.of[TTR_FIELD_TCP_ACK].sent, 7);
	assert_int_equal(changes.of[TTR_FIELD_TCP_ACK].seen, 9);
}

/* An ID of 0 is the kernel's to fill in; long probes are compared by their headers; a TCP answer
 * quotes nothing. */
static void test_exceptions(void **state)
{
	static const struct change_case none = {.quoted = WHOLE, .at = 0, .hex = "45"};
	struct ttr_segment other = probe;
	struct ttr_changes changes;
	struct ttr_reply reply;

	(void)state;
	make_reply(&reply, ROUTER EXCEEDED, QUOTE, &none);
	other.ip_id = 0;
	ttr_changes_find(&changes, &other, &reply);
	assert_int_equal(changes.fields, 0);
	other = probe;
	other.length = 1500;
	ttr_changes_find(&changes, &other, &reply);
	assert_int_equal(changes.fields, 0);
	reply.kind = TTR_REPLY_TCP;
	other.tos = 8;
	ttr_changes_find(&changes, &other, &reply);
	assert_int_equal(changes.fields, 0);
}

static struct ttr_segment send_first(struct ttr_engine *engine)
{
	const struct ttr_mono now = {1000000};
	struct ttr_segment segment = {.ttl = 0};
	struct ttr_action action;

	ttr_engine_start(engine, now);
	while (ttr_engine_next(engine, true, &action)) {
		if (action.kind != TTR_ACTION_SEND)
			continue;
		segment = ttr_engine_segment(engine, action.probe);
		ttr_engine_sent(engine, action.probe, now);
	}
	return segment;
}

/* The engine compares a quote with the very probe that it answers, and keeps what came with it. */
static void test_cell(void **state)
{
	static const uint16_t ports[] = {80};
	const struct ttr_flow_key key = {.source_port = 41536, .ip_id = 7, .isn = SEQ};
	struct ttr_settings settings;
	struct ttr_plan plan = {.source = probe.source,
				.target = probe.target,
				.settings = &settings,
				.keys = &key,
				.key_count = 1};
	struct ttr_engine *engine;
	struct ttr_segment sent;
	struct ttr_reply reply;
	const struct ttr_cell *cell;

	(void)state;
	ttr_settings_init(&settings);
	settings.ports = ports;
	settings.port_count = 1;
	settings.queries = 1;
	settings.first_ttl = settings.max_ttl = 9;
	assert_int_equal(ttr_engine_new(&engine, &plan), 0);
	sent = send_first(engine);
	assert_int_equal(sent.ttl, 9);
	reply = (struct ttr_reply){
		.kind = TTR_REPLY_TIME_EXCEEDED,
		.at = {2000000},
		.source = {TTR_FAMILY_IPV4, {203, 0, 113, 1}},
		.target = probe.source,
		.quote = {.source = probe.source,
			  .target = probe.target,
			  .ttl = 1,
			  .ip_id = sent.ip_id,
			  .tcp = {.source_port = 41536,
				  .target_port = 80,
				  .has_seq = true,
				  .seq = sent.seq + 5,
				  .has_ts = true,
				  .ts_value = sent.ts_value}},
		.extensions = {.label_count = 1, .labels = {{.label = 16004}}},
	};
	assert_true(ttr_engine_reply(engine, &reply));
	cell = ttr_grid_cell(ttr_engine_grid(engine), 0, 9, 0);
	assert_int_equal(cell->evidence, TTR_EVIDENCE_REWRITTEN);
	assert_int_equal(cell->changes->fields, BIT(TCP_SEQ));
	assert_int_equal(cell->changes->of[TTR_FIELD_TCP_SEQ].sent, SEQ);
	assert_int_equal(cell->changes->of[TTR_FIELD_TCP_SEQ].seen, SEQ + 5);
	assert_int_equal(cell->extensions->label_count, 1);
	assert_int_equal(cell->extensions->labels[0].label, 16004);
	ttr_engine_free(engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),        cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_unreachable), cmocka_unit_test(test_styles),
		cmocka_unit_test(test_exceptions),  cmocka_unit_test(test_cell),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
