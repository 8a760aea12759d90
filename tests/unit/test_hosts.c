/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "net/address.h"
#include "net/hosts.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A file with these bytes, read and removed. */
static struct ttr_hosts *read_bytes(const char *bytes, size_t length)
{
	char path[] = "/tmp/ttr-hosts-XXXXXX";
	const int fd = mkstemp(path);
	struct ttr_hosts *hosts;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
	assert_int_equal(ttr_hosts_read(&hosts, path), 0);
	unlink(path);
	return hosts;
}

static void assert_name(const struct ttr_hosts *hosts, const char *address, const char *expected)
{
	char scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;
	const char *name;

	assert_int_equal(ttr_addr_parse(&addr, scope, address), 0);
	name = ttr_hosts_name(hosts, &addr);
	if (expected && name)
		assert_string_equal(name, expected);
	else
		assert_true(expected == name);
}

static void test_lines(void **state)
{
	static const char file[] = "# comment\n"
				   "\n"
				   "127.0.0.1\tlocalhost local\n"
				   "  192.0.2.9   nine.example  # a comment\r\n"
				   "192.0.2.1 first.example alias.example\n"
				   "192.0.2.9 late.example\n"
				   "192.0.2.1 second.example\n"
				   "::1 localhost6\n"
				   "2001:DB8::1 six.example\n"
				   "fe80::1%eth0 gateway\n"
				   "192.0.2.2\n"
				   "192.0.2.3 # nothing\n"
				   "192.0.2.4 bad\033name.example alias.example\n"
				   "192.0.2.04 zero.example\n"
				   "192.0.2.5 10.0.0.1\n"
				   "nonsense nonsense\n"
				   "\xff\xfe\n"
				   "192.0.2.6 last.example";
	static const struct {
		const char *address, *name;
	} cases[] = {
		{"127.0.0.1", "localhost"},
		{"::1", "localhost6"},
		{"192.0.2.1", "first.example"},
		{"192.0.2.9", "nine.example"},
		{"2001:db8::1", "six.example"},
		{"fe80::1", "gateway"},
		{"192.0.2.6", "last.example"},
		{"192.0.2.2", NULL},
		{"192.0.2.3", NULL},
		{"192.0.2.4", NULL},
		{"192.0.2.5", NULL},
		{"0.0.0.0", NULL},
		{"::", NULL},
		{"255.255.255.255", NULL},
		{"ffff::", NULL},
	};
	struct ttr_hosts *hosts = read_bytes(file, sizeof(file) - 1);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_name(hosts, cases[i].address, cases[i].name);
	ttr_hosts_free(hosts);
}

static void test_odd_files(void **state)
{
	static char bytes[200000];
	struct ttr_hosts *hosts;

	(void)state;
	hosts = read_bytes("", 0);
	assert_name(hosts, "127.0.0.1", NULL);
	ttr_hosts_free(hosts);

	hosts = read_bytes(bytes, sizeof(bytes)); /* zeros */
	assert_name(hosts, "0.0.0.0", NULL);
	ttr_hosts_free(hosts);

	memset(bytes, 'a', sizeof(bytes)); /* one line */
	memcpy(bytes, "192.0.2.1 ", 10);
	hosts = read_bytes(bytes, sizeof(bytes));
	assert_name(hosts, "192.0.2.1", NULL);
	ttr_hosts_free(hosts);

	assert_int_equal(ttr_hosts_read(&hosts, "/nonexistent/hosts"), 0);
	assert_name(hosts, "127.0.0.1", NULL);
	ttr_hosts_free(hosts);

	assert_int_equal(ttr_hosts_read(&hosts, "/"), 0);
	assert_name(hosts, "127.0.0.1", NULL);
	ttr_hosts_free(hosts);
	ttr_hosts_free(NULL);
}

static void test_many_lines(void **state)
{
	enum { LINES = 5000 };
	static char bytes[LINES * 40];
	struct ttr_hosts *hosts;
	size_t length = 0;

	(void)state;
	for (int i = LINES - 1; i >= 0; i--)
		length += (size_t)snprintf(bytes + length, sizeof(bytes) - length,
					   "10.0.%d.%d h%d.example\n", i >> 8, i & 255, i);
	hosts = read_bytes(bytes, length);
	for (int i = 0; i < LINES; i++) {
		char address[32], name[32];

		snprintf(address, sizeof(address), "10.0.%d.%d", i >> 8, i & 255);
		snprintf(name, sizeof(name), "h%d.example", i);
		assert_name(hosts, address, name);
	}
	assert_name(hosts, "10.1.0.0", NULL);
	ttr_hosts_free(hosts);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_odd_files),
		cmocka_unit_test(test_many_lines),
	};

	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
