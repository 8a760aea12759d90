/* SPDX-License-Identifier: BSD-2-Clause */
/* What the settings need raw sockets for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptraceroute/settings.h"

static void test_nothing_is_needed(void **state)
{
	struct ttr_settings s;

	(void)state;
	ttr_settings_init(&s);
	assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV4), TTR_RAW_NEED_NONE);
	assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV6), TTR_RAW_NEED_NONE);
	s.tos = 0xfc;
	s.dont_fragment = true;
	s.track_port = true;
	s.window = 3;
	s.length = 60;
	s.device = "eth0";
	s.source = "192.0.2.1";
	assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV4), TTR_RAW_NEED_NONE);
	s.length = 80;
	assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV6), TTR_RAW_NEED_NONE);
	assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV4), TTR_RAW_NEED_LENGTH);
}

#define NEEDS(member, value, need)                                                                 \
	do {                                                                                       \
		struct ttr_settings s;                                                             \
                                                                                                   \
		ttr_settings_init(&s);                                                             \
		s.member = value;                                                                  \
		assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV4), need);                \
		assert_int_equal(ttr_settings_raw_need(&s, TTR_FAMILY_IPV6), need);                \
	} while (0)

static void test_needs(void **state)
{
	(void)state;
	NEEDS(flags, TTR_TCP_ACK, TTR_RAW_NEED_ACK);
	NEEDS(flags, TTR_TCP_SYN | TTR_TCP_ACK, TTR_RAW_NEED_ACK);
	NEEDS(flags, TTR_TCP_SYN | TTR_TCP_ECE | TTR_TCP_CWR, TTR_RAW_NEED_ECN);
	NEEDS(style, TTR_SYN_BARE, TTR_RAW_NEED_STYLE);
	NEEDS(isn, TTR_ISN_RISING, TTR_RAW_NEED_ISN);
	NEEDS(isn, TTR_ISN_RANDOM, TTR_RAW_NEED_ISN);
	NEEDS(length, 100, TTR_RAW_NEED_LENGTH);
	NEEDS(tos, 0x01, TTR_RAW_NEED_TOS);
	NEEDS(tos, 0xff, TTR_RAW_NEED_TOS);
	NEEDS(source_port, 53, TTR_RAW_NEED_PORT);
	NEEDS(dnat, TTR_DNAT_REPORT, TTR_RAW_NEED_DNAT);
	NEEDS(dnat, TTR_DNAT_STRICT, TTR_RAW_NEED_DNAT);
	NEEDS(quotes, true, TTR_RAW_NEED_QUOTES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_needed),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
