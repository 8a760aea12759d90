/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <net/if.h>
#include <netinet/in.h>

#include "net/address.h"
#include "net/hostname.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void test_parse(void **state)
{
	static const struct {
		const char *text, *again, *scope;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", ""},
		{"0.0.0.0", "0.0.0.0", ""},
		{"255.255.255.255", "255.255.255.255", ""},
		{"::", "::", ""},
		{"::1", "::1", ""},
		{"[::1]", "::1", ""},
		{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", ""},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", ""},
		{"2001:db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", ""},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{"::ffff:10.0.0.1", "::ffff:10.0.0.1", ""},
		{"fe80::1%eth0", "fe80::1", "eth0"},
		{"[fe80::1%eth0]", "fe80::1", "eth0"},
		{"fe80::1%2", "fe80::1", "2"},
		{"fe80::1%abcdefghijklmno", "fe80::1", "abcdefghijklmno"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char scope[TTR_SCOPE_MAX], text[TTR_ADDR_TEXT_MAX];
		struct ttr_addr addr;

		assert_int_equal(ttr_addr_parse(&addr, scope, cases[i].text), 0);
		assert_string_equal(ttr_addr_format(text, &addr), cases[i].again);
		assert_string_equal(scope, cases[i].scope);
	}
}

static void test_parse_no(void **state)
{
	static const struct {
		const char *text;
		int outcome;
	} cases[] = {
		{"", TTR_ADDR_NO},
		{"010.0.0.1", TTR_ADDR_NO},
		{"10.0.0.01", TTR_ADDR_NO},
		{"0x7f.1", TTR_ADDR_NO},
		{"2130706433", TTR_ADDR_NO},
		{"1.2.3", TTR_ADDR_NO},
		{"1.2.3.", TTR_ADDR_NO},
		{"1.2.3.4.", TTR_ADDR_NO},
		{"1.2.3.4.5", TTR_ADDR_NO},
		{"1.2.3.256", TTR_ADDR_NO},
		{"1.2.3.-1", TTR_ADDR_NO},
		{" 1.2.3.4", TTR_ADDR_NO},
		{"1.2.3.4 ", TTR_ADDR_NO},
		{"1.2.3.4\n", TTR_ADDR_NO},
		{"1.2.3.4%lo", TTR_ADDR_NO},
		{"[1.2.3.4]", TTR_ADDR_NO},
		{"[]", TTR_ADDR_NO},
		{"[", TTR_ADDR_NO},
		{"[::1", TTR_ADDR_NO},
		{"::1]", TTR_ADDR_NO},
		{"[[::1]]", TTR_ADDR_NO},
		{"[fe80::1]%eth0", TTR_ADDR_NO},
		{"[::1]:80", TTR_ADDR_NO},
		{"%lo", TTR_ADDR_NO},
		{"1:2:3", TTR_ADDR_NO},
		{":::", TTR_ADDR_NO},
		{"12345::", TTR_ADDR_NO},
		{"g::1", TTR_ADDR_NO},
		{"::1/64", TTR_ADDR_NO},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", TTR_ADDR_NO},
		{"www.example.net", TTR_ADDR_NO},
		{"fe80::1%", TTR_ADDR_BAD_SCOPE},
		{"[fe80::1%]", TTR_ADDR_BAD_SCOPE},
		{"fe80::1%abcdefghijklmnop", TTR_ADDR_BAD_SCOPE},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char scope[TTR_SCOPE_MAX] = "untouched";
		struct ttr_addr addr = {.family = 77};

		assert_int_equal(ttr_addr_parse(&addr, scope, cases[i].text), cases[i].outcome);
		assert_int_equal(addr.family, 77);
		assert_string_equal(scope, "untouched");
	}
}

static void test_parse_long(void **state)
{
	static char text[131073];
	char scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;

	(void)state;
	memset(text, '1', sizeof(text) - 1);
	assert_int_equal(ttr_addr_parse(&addr, scope, text), TTR_ADDR_NO);
	memcpy(text, "fe80::1%", 8);
	text[308] = '\0';
	assert_int_equal(ttr_addr_parse(&addr, scope, text), TTR_ADDR_BAD_SCOPE);
}

static void test_scope(void **state)
{
	const unsigned int loopback = if_nametoindex("lo");
	unsigned int index = 0;
	char number[16];

	(void)state;
	assert_int_equal(ttr_scope_index(&index, "lo"), 0);
	assert_int_equal(index, loopback);
	snprintf(number, sizeof(number), "%u", loopback);
	index = 0;
	assert_int_equal(ttr_scope_index(&index, number), 0);
	assert_int_equal(index, loopback);
	assert_int_equal(ttr_scope_index(&index, "nosuch0"), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, ""), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, "0"), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, "999999999"), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, "99999999999"), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, "-1"), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, "1x"), TTR_ADDR_NO_DEVICE);
	assert_int_equal(ttr_scope_index(&index, "eth0;id\n"), TTR_ADDR_NO_DEVICE);
}

static void test_socket(void **state)
{
	char scope[TTR_SCOPE_MAX], text[TTR_ADDR_TEXT_MAX];
	struct sockaddr_storage storage;
	const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
	const struct sockaddr_in *in = (struct sockaddr_in *)&storage;
	struct ttr_addr addr, back;

	(void)state;
	ttr_addr_parse(&addr, scope, "192.0.2.1");
	assert_int_equal(ttr_addr_to_socket(&storage, &addr, 443, 7), sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), 443);
	back = ttr_addr_from_socket((struct sockaddr *)&storage);
	assert_memory_equal(&back, &addr, sizeof(addr));

	ttr_addr_parse(&addr, scope, "fe80::1");
	assert_int_equal(ttr_addr_to_socket(&storage, &addr, 80, 7), sizeof(*in6));
	assert_int_equal(in6->sin6_scope_id, 7);
	back = ttr_addr_from_socket((struct sockaddr *)&storage);
	assert_memory_equal(&back, &addr, sizeof(addr));

	storage.ss_family = AF_UNIX;
	back = ttr_addr_from_socket((struct sockaddr *)&storage);
	assert_int_equal(back.family, TTR_FAMILY_NONE);
	assert_int_equal(ttr_addr_to_socket(&storage, &back, 80, 0), 0);
	assert_string_equal(ttr_addr_format(text, &back), "");
}

#define LABEL63 "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXY"
#define NAME253 LABEL63 "." LABEL63 "." LABEL63 "." LABEL61
#define LABEL61 "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVW"

static void test_hostname(void **state)
{
	static const struct {
		const char *name;
		int outcome;
	} cases[] = {
		{"www.example.net", 0},
		{"a.", 0},
		{"a", 0},
		{"-rf", 0},
		{"_dmarc.example.net", 0},
		{"xn--bcher-kva.example", 0},
		{"42", 0},
		{"1.2.3", 0},
		{"2130706433", 0},
		{"1.2.3.section7", 0},
		{LABEL63 ".net", 0},
		{NAME253, 0},
		{NAME253 ".", 0},
		{"", TTR_RESOLVER_NAME_EMPTY},
		{".", TTR_RESOLVER_NAME_EMPTY},
		{"..", TTR_RESOLVER_NAME_LABEL},
		{"a..b", TTR_RESOLVER_NAME_LABEL},
		{"a..", TTR_RESOLVER_NAME_LABEL},
		{".a", TTR_RESOLVER_NAME_LABEL},
		{LABEL63 "x.net", TTR_RESOLVER_NAME_LABEL},
		{NAME253 "x", TTR_RESOLVER_NAME_LONG},
		{NAME253 "x.", TTR_RESOLVER_NAME_LONG},
		{"010.0.0.1", TTR_RESOLVER_NO_NAME},
		{"256.1.1.1", TTR_RESOLVER_NO_NAME},
		{"a b", TTR_RESOLVER_NAME_CHARACTER},
		{" a", TTR_RESOLVER_NAME_CHARACTER},
		{"a\n", TTR_RESOLVER_NAME_CHARACTER},
		{"a\033[2J", TTR_RESOLVER_NAME_CHARACTER},
		{"a\x7f", TTR_RESOLVER_NAME_CHARACTER},
		{"%n%s", TTR_RESOLVER_NAME_CHARACTER},
		{"$(id)", TTR_RESOLVER_NAME_CHARACTER},
		{"`id`", TTR_RESOLVER_NAME_CHARACTER},
		{"*", TTR_RESOLVER_NAME_CHARACTER},
		{"1:2:3", TTR_RESOLVER_NAME_CHARACTER},
		{"[::1", TTR_RESOLVER_NAME_CHARACTER},
		{"a/b", TTR_RESOLVER_NAME_CHARACTER},
		{"a\\.b", TTR_RESOLVER_NAME_CHARACTER},
		{"b\xc3\xbc"
		 "cher.example",
		 TTR_RESOLVER_NAME_FOREIGN},
		{"\xe2\x80\xae"
		 "net.evil",
		 TTR_RESOLVER_NAME_FOREIGN},
		{"\x9b"
		 "a b",
		 TTR_RESOLVER_NAME_FOREIGN},
	};

	(void)state;
	assert_int_equal(strlen(NAME253), 253);
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(ttr_hostname_check(cases[i].name), cases[i].outcome);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),      cmocka_unit_test(test_parse_no),
		cmocka_unit_test(test_parse_long), cmocka_unit_test(test_scope),
		cmocka_unit_test(test_socket),     cmocka_unit_test(test_hostname),
	};

	return cmocka_run_group_tests_name("net_address", tests, NULL, NULL);
}
