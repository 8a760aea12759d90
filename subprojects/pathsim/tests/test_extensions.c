/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions of ICMP errors, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

static uint32_t add_up(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += number16(p + i);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void to_hex(char *text, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", p[i]);
}

static void check(const char *attributes, bool ipv6, size_t data_len, size_t quote_len,
		  uint8_t length_field, const char *objects)
{
	static const uint8_t data[1400] = {0};
	struct probe probe = {
		.to = ipv6 ? TO6 : TO4, .ttl = 1, .flags = SYN, .data = data, .data_len = data_len};
	char text[600], hex[600];
	struct packet sent = craft(&probe);
	struct answer answer;
	struct pathsim *sim;
	size_t quoted = sent.len < quote_len ? sent.len : quote_len;

	snprintf(text, sizeof(text),
		 "prober 198.18.0.1 2001:db8::1\nhop 1 203.0.113.1 2001:db8:1::1 %s\n"
		 "destination " TO4 " " TO6 " at 2\n",
		 attributes);
	sim = network(text);
	assert_true(ask(sim, MS, &probe, &answer));
	assert_int_equal(answer.body[ipv6 ? 4 : 5], length_field);
	assert_in_range(answer.quote_len, quote_len + 4, quote_len + 300);
	if (strstr(attributes, "quote 8") != NULL)
		quoted = (ipv6 ? 40 : 20) + 8;
	assert_memory_equal(answer.quote, sent.bytes, quoted);
	for (size_t i = quoted; i < quote_len; i++)
		assert_int_equal(answer.quote[i], 0);
	assert_int_equal(answer.quote[quote_len], 0x20);
	assert_int_equal(answer.quote[quote_len + 1], 0);
	assert_int_equal(add_up(answer.quote + quote_len, answer.quote_len - quote_len), 0xffff);
	to_hex(hex, answer.quote + quote_len + 4, answer.quote_len - quote_len - 4);
	assert_string_equal(hex, objects);
	pathsim_free(sim);
}

static void test_objects(void **state)
{
	static const struct {
		const char *attributes, *objects;
	} cases[] = {
		{"mpls 16004/0/1", "0008010103e84101"},
		{"mpls 16004/0/1 1048575/7/255", "000c010103e84001ffffffff"},
		{"interface index 3", "0008020800000003"},
		{"interface role outgoing mtu 1500", "00080281000005dc"},
		{"interface name eth0", "000c0202086574683000"
					"0000"},
		{"interface role next-hop address 203.0.113.1", "000c02c400010000cb007101"},
		{"interface address 2001:db8::1", "0018020400020000"
						  "20010db8000000000000000000000001"},
		{"interface role sub name abc index 1 mtu 9 address 10.0.0.1",
		 "0018024f00000001000100000a0000010461626300000009"},
		{"object class 99 type 7 deadbeef", "00086307deadbeef"},
		{"object class 99 type 7 empty", "00046307"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check(cases[i].attributes, false, 0, 128, 32, cases[i].objects);
		check(cases[i].attributes, true, 0, 128, 16, cases[i].objects);
	}
}

static void test_forms(void **state)
{
	static const struct {
		const char *attributes;
		size_t data_len, quote4, quote6;
		bool field;
	} cases[] = {
		{"mpls 3/0/1", 0, 128, 128, true},
		{"mpls 3/0/1 quote 8", 0, 128, 128, true},
		{"mpls 3/0/1 extensions rfc4884", 101, 144, 168, true},
		{"mpls 3/0/1", 1300, 536, 1016, true},
		{"mpls 3/0/1 quote full", 1300, 1016, 1016, true},
		{"mpls 3/0/1 extensions old", 0, 128, 128, false},
		{"mpls 3/0/1 extensions old", 1300, 128, 128, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check(cases[i].attributes, false, cases[i].data_len, cases[i].quote4,
		      cases[i].field ? (uint8_t)(cases[i].quote4 / 4) : 0, "0008010100003101");
		check(cases[i].attributes, true, cases[i].data_len, cases[i].quote6,
		      cases[i].field ? (uint8_t)(cases[i].quote6 / 8) : 0, "0008010100003101");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
