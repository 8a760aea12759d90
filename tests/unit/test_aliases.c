/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/address.h"
#include "net/aliases.h"

static const char file[] = "127.0.0.1 localhost\n"
			   "::1 localhost ip6-localhost # both\n"
			   "192.0.2.1\tone One.Example  alias\n"
			   "192.0.2.2 one\n"
			   "# 192.0.2.3 three\n"
			   "fe80::1%eth0 near\nfe80::2 near\n"
			   "300.1.1.1 wrong\n192.0.2.9\n\n192.0.2.4 bad\x1bname good";

static void test_find(void **state)
{
	static const struct {
		const char *name;
		enum ttr_family family;
		const char *address; /* NULL: none */
	} cases[] = {
		{"localhost", TTR_FAMILY_NONE, "127.0.0.1"},
		{"localhost", TTR_FAMILY_IPV6, "::1"},
		{"ip6-localhost", TTR_FAMILY_IPV4, NULL},
		{"one", TTR_FAMILY_NONE, "192.0.2.1"},
		{"ONE.example", TTR_FAMILY_NONE, "192.0.2.1"},
		{"alias", TTR_FAMILY_IPV4, "192.0.2.1"},
		{"three", TTR_FAMILY_NONE, NULL},
		{"near", TTR_FAMILY_NONE, NULL},
		{"wrong", TTR_FAMILY_NONE, NULL},
		{"both", TTR_FAMILY_NONE, NULL},
		{"good", TTR_FAMILY_NONE, "192.0.2.4"},
		{"zzz", TTR_FAMILY_NONE, NULL},
		{"", TTR_FAMILY_NONE, NULL},
	};
	char path[] = "/tmp/ttr-aliases-XXXXXX", text[TTR_ADDR_TEXT_MAX];
	struct ttr_aliases aliases = {.all = NULL};
	struct ttr_addr addr;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, file, sizeof(file) - 1), sizeof(file) - 1);
	close(fd);
	assert_int_equal(ttr_aliases_read(&aliases, path), 0);
	unlink(path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool found = ttr_aliases_find(&aliases, cases[i].name, cases[i].family, &addr);

		assert_int_equal(found, cases[i].address != NULL);
		if (found)
			assert_string_equal(ttr_addr_format(text, &addr), cases[i].address);
	}
	ttr_aliases_fini(&aliases);
}

static void test_no_file(void **state)
{
	struct ttr_aliases aliases = {.all = NULL};
	struct ttr_addr addr;

	(void)state;
	assert_int_equal(ttr_aliases_read(&aliases, "/nosuch/hosts"), 0);
	assert_false(ttr_aliases_find(&aliases, "localhost", TTR_FAMILY_NONE, &addr));
	ttr_aliases_fini(&aliases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
