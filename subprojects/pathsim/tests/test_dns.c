/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

enum { A = 1, PTR = 12, TXT = 16, AAAA = 28 };

static const char scenario[] =
	"prober 198.18.0.1 2001:db8::1\n"
	"hop 1 203.0.113.1,203.0.113.2 2001:db8:1::1 name gw.example\n"
	"destination 198.51.100.10 2001:db8:ff::10 at 2 name www.Example.net\n"
	"nameserver 198.51.100.53 2001:db8:ff::53 delay 5ms\n"
	"nameserver 198.51.100.54 refused\n"
	"nameserver 198.51.100.55 servfail\n"
	"nameserver 198.51.100.56 dead\n"
	"name 192.0.2.9 extra.example.\n";

static size_t put_query(uint8_t *query, const char *name, uint16_t type)
{
	static const uint8_t header[12] = {0xab, 0xcd, 1, 0, 0, 1};
	size_t at = 12;

	memcpy(query, header, 12);
	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		query[at++] = (uint8_t)label;
		memcpy(query + at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	query[at++] = 0;
	query[at++] = (uint8_t)(type >> 8);
	query[at++] = (uint8_t)type;
	query[at++] = 0;
	query[at++] = 1;
	return at;
}

static bool query(struct pathsim *sim, const char *server, const char *name, uint16_t type,
		  struct answer *answer)
{
	uint8_t message[300];
	struct probe probe = {.to = server,
			      .ttl = 64,
			      .protocol = 17,
			      .sport = 5353,
			      .dport = 53,
			      .data = message};

	probe.data_len = put_query(message, name, type);
	return ask(sim, 0, &probe, answer);
}

static void test_answers(void **state)
{
	static const struct {
		const char *server, *name;
		uint16_t type;
		unsigned int rcode, count;
		size_t data_len;
		const char *data; /* of the first record */
	} cases[] = {
		{"198.51.100.53", "www.example.net", A, 0, 1, 4, "\xc6\x33\x64\x0a"},
		{"198.51.100.53", "WWW.EXAMPLE.NET", A, 0, 1, 4, "\xc6\x33\x64\x0a"},
		{"198.51.100.53", "gw.example", A, 0, 2, 4, "\xcb\x00\x71\x01"},
		{"198.51.100.53", "gw.example", AAAA, 0, 1, 16,
		 "\x20\x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\x01"},
		{"2001:db8:ff::53", "www.example.net", A, 0, 1, 4, "\xc6\x33\x64\x0a"},
		{"198.51.100.53", "www.example.net", TXT, 0, 0, 0, ""},
		{"198.51.100.53", "extra.example", AAAA, 3, 0, 0, ""},
		{"198.51.100.53", "nosuch.example", A, 3, 0, 0, ""},
		{"198.51.100.53", "2.113.0.203.in-addr.arpa", PTR, 0, 1, 12, "\2gw\7example"},
		{"198.51.100.53", "2.113.0.203.in-addr.arpa", A, 0, 0, 0, ""},
		{"198.51.100.53", "9.2.0.192.IN-ADDR.ARPA", PTR, 0, 1, 15, "\5extra\7example"},
		{"198.51.100.53", "3.113.0.203.in-addr.arpa", PTR, 3, 0, 0, ""},
		{"198.51.100.53", "256.113.0.203.in-addr.arpa", PTR, 3, 0, 0, ""},
		{"198.51.100.53",
		 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", PTR, 0,
		 1, 12, "\2gw\7example"},
		{"198.51.100.53", "1.0.ip6.arpa", PTR, 3, 0, 0, ""},
		{"198.51.100.54", "www.example.net", A, 5, 0, 0, ""},
		{"198.51.100.55", "www.example.net", A, 2, 0, 0, ""},
	};
	struct pathsim *sim = network(scenario);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t *message;
		struct answer answer;
		size_t record;

		if (!query(sim, cases[i].server, cases[i].name, cases[i].type, &answer))
			fail_msg("no answer for %s", cases[i].name);
		assert_addr(&answer.from, cases[i].server);
		assert_int_equal(number16(answer.body), 53);
		assert_int_equal(number16(answer.body + 2), 5353);
		assert_int_equal(number16(answer.body + 4), answer.body_len);
		message = answer.body + 8;
		assert_int_equal(number16(message), 0xabcd);
		if (number16(message + 2) != (0x8580 | cases[i].rcode) ||
		    number16(message + 6) != cases[i].count)
			fail_msg("%s: flags %x, %u records", cases[i].name, number16(message + 2),
				 number16(message + 6));
		if (cases[i].count == 0)
			continue;
		record = 12 + strlen(cases[i].name) + 2 + 4;
		assert_int_equal(number16(message + record), 0xc00c);
		assert_int_equal(number16(message + record + 2), cases[i].type);
		assert_int_equal(number16(message + record + 10), cases[i].data_len);
		assert_memory_equal(message + record + 12, cases[i].data, cases[i].data_len);
	}
	pathsim_free(sim);
}

static void test_silence(void **state)
{
	struct pathsim *sim = network(scenario);
	uint8_t message[300];
	struct answer answer;
	size_t len = put_query(message, "www.example.net", A);

	(void)state;
	assert_false(query(sim, "198.51.100.56", "www.example.net", A, &answer));
	for (size_t cut = 0; cut < len; cut++) {
		struct probe probe = {.to = "198.51.100.53",
				      .ttl = 64,
				      .protocol = 17,
				      .dport = 53,
				      .data = message,
				      .data_len = cut};

		assert_false(ask(sim, 0, &probe, &answer));
	}
	message[2] = 0x81; /* an answer is no question */
	struct probe probe = {.to = "198.51.100.53",
			      .ttl = 64,
			      .protocol = 17,
			      .dport = 53,
			      .data = message,
			      .data_len = len};

	assert_false(ask(sim, 0, &probe, &answer));
	pathsim_free(sim);
}

static void test_many_addresses_fit(void **state)
{
	char text[4000] = "prober 198.18.0.1\nnameserver 198.51.100.53\n";
	struct pathsim *sim;
	struct answer answer;

	(void)state;
	for (int i = 0; i < 60; i++) {
		char line[] = "name 192.0.2.00 many.example\n";

		line[13] = (char)('0' + i / 10 % 10);
		line[14] = (char)('0' + i % 10);
		if (i < 10)
			memmove(line + 13, line + 14, strlen(line + 14) + 1);
		strcat(text, line);
	}
	sim = network(text);
	assert_true(query(sim, "198.51.100.53", "many.example", A, &answer));
	assert_in_range(answer.body_len, 400, 520);
	assert_int_equal(answer.body_len, 8 + 12 + 18 + 16 * number16(answer.body + 8 + 6));
	pathsim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_many_addresses_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
