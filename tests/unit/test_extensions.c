/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extension_packets.h"
#include "tcptraceroute/reply.h"

#define ADDRESS6 "20010db8000000000000000000000005 "

/* Structures as they are on the wire, their checksums made by hand. */
#define LABEL_16004 "2000 9a0d 0008 0101 03e84 101 "
#define STACK_OF_2 "2000 8fc8 000c 0101 03e84 001 00010 b40 "
#define ETH0 "2000 2127 001c 020f 00000002 0001 0000 0a000001 08 65746830 000000 000005dc "
#define UNKNOWN "2000 f1e9 0008 ea07 01020304 "

static void decode(struct ttr_reply *reply, struct bytes packet)
{
	assert_int_equal(ttr_reply_decode(reply, packet.data, packet.count), TTR_DECODE_OK);
	assert_int_equal(reply->kind, TTR_REPLY_TIME_EXCEEDED);
	assert_true(reply->quote.tcp.has_seq);
	assert_int_equal(reply->quote.tcp.seq, SEQ);
}

static void decode_hex(struct ttr_reply *reply, bool v6, enum form form, const char *hex)
{
	struct bytes extensions = bytes_hex(hex);
	struct bytes packet = packet_with(v6, form, extensions);

	decode(reply, packet);
	bytes_free(packet);
	bytes_free(extensions);
}

/* The same, with a checksum that fits. */
static void decode_objects(struct ttr_reply *reply, bool v6, const char *hex)
{
	struct bytes extensions = bytes_hex(hex);
	struct bytes packet = packet_with(v6, FORM_LENGTH, extensions);

	packet_set_extension_checksum(packet, v6);
	packet_finish(packet, v6);
	decode(reply, packet);
	bytes_free(packet);
	bytes_free(extensions);
}

static void check_none(const struct ttr_extensions *e)
{
	assert_int_equal(e->label_count, 0);
	assert_int_equal(e->object_count, 0);
	assert_false(e->interface.known);
	assert_false(e->labels_truncated);
	assert_false(e->objects_truncated);
}

static void check_label(const struct ttr_label *label, uint32_t number, uint8_t tc, bool bottom,
			uint8_t ttl)
{
	assert_int_equal(label->label, number);
	assert_int_equal(label->tc, tc);
	assert_int_equal(label->bottom, bottom);
	assert_int_equal(label->ttl, ttl);
}

static void check_address(const struct ttr_addr *addr, enum ttr_family family, const char *hex)
{
	struct bytes expected = bytes_hex(hex);

	assert_int_equal(addr->family, family);
	assert_memory_equal(addr->bytes, expected.data, expected.count);
	bytes_free(expected);
}

/* Both families, both forms: the structures above, byte for byte. */
static void test_golden(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const bool v6 = i & 1;
		const enum form form = i & 2 ? FORM_LEGACY : FORM_LENGTH;
		struct ttr_reply reply;
		const struct ttr_extensions *e = &reply.extensions;

		decode_hex(&reply, v6, form, LABEL_16004);
		assert_false(e->invalid);
		assert_int_equal(e->label_count, 1);
		check_label(&e->labels[0], 16004, 0, true, 1);

		decode_hex(&reply, v6, form, STACK_OF_2);
		assert_false(e->invalid);
		assert_int_equal(e->label_count, 2);
		check_label(&e->labels[0], 16004, 0, false, 1);
		check_label(&e->labels[1], 16, 5, true, 0x40);

		decode_hex(&reply, v6, form, ETH0);
		assert_false(e->invalid);
		assert_int_equal(e->label_count, 0);
		assert_int_equal(e->object_count, 0);
		assert_true(e->interface.known);
		assert_int_equal(e->interface.role, TTR_INTERFACE_INCOMING);
		assert_int_equal(e->interface.index, 2);
		check_address(&e->interface.address, TTR_FAMILY_IPV4, "0a000001");
		assert_string_equal(e->interface.name, "eth0");
		assert_int_equal(e->interface.mtu, 1500);

		decode_hex(&reply, v6, form, UNKNOWN);
		assert_false(e->invalid);
		assert_int_equal(e->object_count, 1);
		assert_int_equal(e->objects[0].class_number, 0xea);
		assert_int_equal(e->objects[0].type, 7);
		assert_int_equal(e->objects[0].length, 4);
		assert_memory_equal(e->objects[0].bytes, "\x01\x02\x03\x04", 4);
		/* what fills the quote is none of its options' */
		assert_true(reply.quote.tcp.has_ts);
	}
}

/* Roles, and each part alone. */
static void test_interfaces(void **state)
{
	struct ttr_reply reply;
	const struct ttr_interface *interface = &reply.extensions.interface;

	(void)state;
	decode_objects(&reply, false, "2000 0000 0008 0248 00000007");
	assert_int_equal(interface->role, TTR_INTERFACE_SUB_IP);
	assert_int_equal(interface->index, 7);
	assert_int_equal(interface->address.family, TTR_FAMILY_NONE);
	assert_string_equal(interface->name, "");
	assert_int_equal(interface->mtu, 0);
	decode_objects(&reply, true, "2000 0000 0018 0284 0002 0000" ADDRESS6);
	assert_int_equal(interface->role, TTR_INTERFACE_OUTGOING);
	check_address(&interface->address, TTR_FAMILY_IPV6, ADDRESS6);
	decode_objects(&reply, false, "2000 0000 0008 02c1 00002328");
	assert_int_equal(interface->role, TTR_INTERFACE_NEXT_HOP);
	assert_int_equal(interface->mtu, 9000);
	/* nothing but its role */
	decode_objects(&reply, false, "2000 0000 0004 0280");
	assert_true(interface->known);
	assert_int_equal(interface->role, TTR_INTERFACE_OUTGOING);
	/* a second one is kept as bytes */
	decode_objects(&reply, false, "2000 0000 0008 0208 00000007 0008 0288 00000008");
	assert_int_equal(interface->index, 7);
	assert_int_equal(reply.extensions.object_count, 1);
	assert_int_equal(reply.extensions.objects[0].type, 0x88);
	assert_false(reply.extensions.invalid);
}

/* P28: the name has all the room there is, and bytes that are no business of a decoder. */
static void test_long_name(void **state)
{
	char hex[12 + 8 + 2 * 64 + 1] = "200000000044" /* 68 */
					"020240";
	struct ttr_reply reply;

	(void)state;
	for (unsigned int i = 0; i < 63; i++)
		memcpy(hex + 18 + 2 * i, i % 2 ? "41" : "1b", 3);
	decode_objects(&reply, false, hex);
	assert_true(reply.extensions.interface.known);
	assert_int_equal(strlen(reply.extensions.interface.name), 63);
	assert_memory_equal(reply.extensions.interface.name, "\033A\033A", 4);
}

static void append_many(struct bytes *extensions, const char *hex, unsigned int times)
{
	struct bytes piece = bytes_hex(hex);

	for (unsigned int i = 0; i < times; i++)
		packet_append(extensions, piece);
	bytes_free(piece);
}

/* A name and objects that are longer than what is kept of them. */
static void test_too_long(void **state)
{
	struct bytes extensions = bytes_hex("2000 0000 00c8 0202 c4414141");
	struct bytes packet;
	struct ttr_reply reply;

	(void)state;
	append_many(&extensions, "42424242", 48);
	append_many(&extensions, "00c8 0909 43434343", 1);
	append_many(&extensions, "44444444", 48);
	packet = packet_with(false, FORM_LENGTH, extensions);
	packet_set_extension_checksum(packet, false);
	packet_finish(packet, false);
	decode(&reply, packet);
	assert_false(reply.extensions.interface.known);
	assert_false(reply.extensions.invalid);
	assert_int_equal(reply.extensions.object_count, 2);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(reply.extensions.objects[i].length, 196);
	assert_memory_equal(reply.extensions.objects[0].bytes,
			    "\xc4"
			    "AAABBBBBBBBBBBB",
			    16);
	assert_memory_equal(reply.extensions.objects[1].bytes, "CCCCDDDDDDDDDDDD", 16);
	bytes_free(packet);
	bytes_free(extensions);
}

/* Interface objects that contradict themselves are kept as bytes. */
static void test_bad_interfaces(void **state)
{
	static const char *const cases[] = {
		"2000 0000 0004 0208",                             /* no index */
		"2000 0000 0008 0208 00000001 0008 0204 00030000", /* family 3, and a good one */
		"2000 0000 0008 0204 00010000",                    /* no address */
		"2000 0000 000c 0204 0002 0000 0a000001",          /* IPv6 of 4 bytes */
		"2000 0000 0008 0202 08656565",                    /* the name is longer */
		"2000 0000 0008 0202 00656565",                    /* a name of length 0 */
		"2000 0000 0008 0202 03656565",                    /* no multiple of 4 */
		"2000 0000 0008 0202 ff656565",
		"2000 0000 000c 0208 00000001 00000002", /* more than it says */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_reply reply;

		decode_objects(&reply, i % 2, cases[i]);
		assert_int_equal(reply.extensions.interface.known, i == 1);
		assert_int_equal(reply.extensions.object_count, 1);
		assert_int_equal(reply.extensions.objects[0].class_number, 2);
		assert_false(reply.extensions.invalid);
	}
}

/* P22: a structure that is not right is ignored, and said to be there only where it was announced.
 */
static void test_wrong_structures(void **state)
{
	static const struct {
		const char *hex;
		bool fits[2]; /* announced; looked for */
	} cases[] = {
		{"1000 aa0d 0008 0101 03e84 101", {false, false}}, /* version 1 */
		{"3000 8a0d 0008 0101 03e84 101", {false, false}}, /* version 3 */
		{"2000 1177 0008 0101 03e84 101", {false, false}}, /* checksum */
		{"2000 0000 0008 0101 03e84 101", {true, false}},  /* none was made */
		{"2000", {false, false}},
		{"2000 df", {false, false}},
		{"2000 dfff", {true, true}},                     /* no object */
		{"20ff 990e 0008 0101 03e84 101", {true, true}}, /* reserved bits */
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const enum form form = i % 2 ? FORM_LEGACY : FORM_LENGTH;
		struct ttr_reply reply;

		decode_hex(&reply, i & 2, form, cases[i / 2].hex);
		assert_int_equal(reply.extensions.invalid,
				 form == FORM_LENGTH && !cases[i / 2].fits[form]);
		if (!cases[i / 2].fits[form])
			check_none(&reply.extensions);
		assert_true(reply.quote.tcp.has_ts);
	}
}

/* P23: reading stops at an object whose length is wrong; what was read before it stays. */
static void test_wrong_objects(void **state)
{
	static const char *const lengths[] = {"0000", "0001", "0003", "0005", "0006",
					      "000c", "1000", "ffff", "fffc"};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char hex[] = "2000 0000 0008 0101 03e84101 XXXX 0101 00000000";
		struct ttr_reply reply;

		memcpy(strchr(hex, 'X'), lengths[i], 4);
		decode_objects(&reply, i % 2, hex);
		assert_true(reply.extensions.invalid);
		assert_int_equal(reply.extensions.label_count, 1);
		assert_int_equal(reply.extensions.object_count, 0);
	}
}

/* P21: lengths beyond the message, and those that no extension can follow. */
static void test_wrong_lengths(void **state)
{
	static const struct {
		uint8_t words[2]; /* of 4 and of 8 bytes */
		bool invalid;
	} cases[] = {
		{{255, 255}, true}, /* 1020 and 2040 bytes */
		{{35, 18}, true},   /* one word too many: the message has 136 */
		{{34, 17}, false},  /* the quote takes up all */
		{{31, 15}, false},  /* less than 128 */
		{{1, 1}, false},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const bool v6 = i % 2;
		struct bytes extensions = bytes_hex(UNKNOWN);
		struct bytes packet = packet_with(v6, FORM_LENGTH, extensions);
		struct ttr_reply reply;

		packet.count -= 4;
		packet.data[LENGTH_AT(v6)] = cases[i / 2].words[v6];
		packet_finish(packet, v6);
		decode(&reply, packet);
		assert_int_equal(reply.extensions.invalid, cases[i / 2].invalid);
		check_none(&reply.extensions);
		bytes_free(packet);
		bytes_free(extensions);
	}
}

/* P24, P25: 500 labels, none of which is the last. */
static void test_many_labels(void **state)
{
	struct bytes extensions = bytes_hex("2000 0000 07d4 0101");
	struct bytes packet;
	struct ttr_reply reply;

	(void)state;
	append_many(&extensions, "fffff efe", 500);
	packet = packet_with(true, FORM_LENGTH, extensions);
	packet_set_extension_checksum(packet, true);
	packet_finish(packet, true);
	decode(&reply, packet);
	assert_int_equal(reply.extensions.label_count, TTR_LABELS_MAX);
	assert_true(reply.extensions.labels_truncated);
	assert_false(reply.extensions.invalid);
	for (unsigned int i = 0; i < TTR_LABELS_MAX; i++)
		check_label(&reply.extensions.labels[i], 0xfffff, 7, false, 0xfe);
	bytes_free(packet);
	bytes_free(extensions);
}

/* P26: 200 objects of a class that nobody knows, and one of a class that has a type too many. */
static void test_many_objects(void **state)
{
	struct bytes extensions =
		bytes_hex("2000 0000 0018 0102 000102030405060708090a0b0c0d0e0f10111213");
	struct bytes packet;
	struct ttr_reply reply;

	(void)state;
	append_many(&extensions, "0004 f001", 200);
	append_many(&extensions, "0008 0101 03e84101", 1);
	packet = packet_with(false, FORM_LENGTH, extensions);
	packet_set_extension_checksum(packet, false);
	packet_finish(packet, false);
	decode(&reply, packet);
	assert_int_equal(reply.extensions.object_count, TTR_OBJECTS_MAX);
	assert_true(reply.extensions.objects_truncated);
	assert_int_equal(reply.extensions.objects[0].class_number, 1);
	assert_int_equal(reply.extensions.objects[0].type, 2);
	assert_int_equal(reply.extensions.objects[0].length, 20);
	assert_int_equal(reply.extensions.objects[0].bytes[15], 0x0f);
	assert_int_equal(reply.extensions.objects[1].length, 0);
	assert_int_equal(reply.extensions.label_count, 1);
	assert_false(reply.extensions.invalid);
	bytes_free(packet);
	bytes_free(extensions);
}

/* Cut by the capture at every byte, and as a whole message of every length. */
static void test_sweep(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const bool v6 = i & 1;
		struct bytes extensions = bytes_hex(ETH0);
		struct bytes packet =
			packet_with(v6, i & 2 ? FORM_LEGACY : FORM_LENGTH, extensions);

		for (unsigned int count = 0; count < packet.count; count++) {
			struct bytes cut = bytes_copy(packet.data, count);
			struct ttr_reply reply;
			bool decoded = ttr_reply_decode(&reply, cut.data, count) == TTR_DECODE_OK;

			if (decoded) {
				check_none(&reply.extensions);
				assert_false(reply.extensions.invalid);
			}
			assert_true(decoded || count < EXTENSIONS_AT(v6));
			if (count > ICMP_AT(v6) + 8) {
				packet_finish(cut, v6);
				decoded =
					ttr_reply_decode(&reply, cut.data, count) == TTR_DECODE_OK;
				if (decoded)
					check_none(&reply.extensions);
			}
			bytes_free(cut);
		}
		bytes_free(packet);
		bytes_free(extensions);
	}
}

/* Every byte of a structure with every object, set to all ones and to nothing, checksums made right
 * again: whatever comes out stays within its bounds. */
static void test_spoiled(void **state)
{
	(void)state;
	for (unsigned int at = EXTENSIONS_AT(false); at < EXTENSIONS_AT(false) + 52; at++) {
		struct bytes extensions = bytes_hex(
			"2000 0000 000c 0101 03e84001 03e84101 001c 020f 00000002 00010000"
			"0a000001 08657468 30000000 000005dc 0008 ea07 01020304");
		struct bytes packet = packet_with(false, FORM_LENGTH, extensions);
		struct ttr_reply reply;

		packet.data[at] = at % 2 ? 0 : 0xff;
		packet_set_extension_checksum(packet, false);
		packet_finish(packet, false);
		decode(&reply, packet);
		assert_in_range(reply.extensions.label_count, 0, TTR_LABELS_MAX);
		assert_in_range(reply.extensions.object_count, 0, TTR_OBJECTS_MAX);
		assert_in_range(strlen(reply.extensions.interface.name), 0, TTR_INTERFACE_NAME_MAX);
		bytes_free(packet);
		bytes_free(extensions);
	}
}

/* ICMPv6's packet too big has no place for a length, and no extensions. */
static void test_too_big(void **state)
{
	struct bytes extensions = bytes_hex(LABEL_16004);
	struct bytes packet = packet_with(true, FORM_LEGACY, extensions);
	struct ttr_reply reply;

	(void)state;
	packet.data[ICMP_AT(true)] = 2;
	packet_finish(packet, true);
	assert_int_equal(ttr_reply_decode(&reply, packet.data, packet.count), TTR_DECODE_OK);
	check_none(&reply.extensions);
	assert_false(reply.extensions.invalid);
	bytes_free(packet);
	bytes_free(extensions);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),        cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_long_name),     cmocka_unit_test(test_bad_interfaces),
		cmocka_unit_test(test_too_long),      cmocka_unit_test(test_wrong_structures),
		cmocka_unit_test(test_wrong_objects), cmocka_unit_test(test_wrong_lengths),
		cmocka_unit_test(test_many_labels),   cmocka_unit_test(test_many_objects),
		cmocka_unit_test(test_sweep),         cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_too_big),
	};

	return cmocka_run_group_tests_name("extensions", tests, NULL, NULL);
}
