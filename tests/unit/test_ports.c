/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/ports.h"
#include "cli/services.h"

/* The ports as a list again; more than ten are counted. */
static void describe(char *text, size_t size, const uint16_t *ports, size_t count)
{
	size_t length = 0;

	if (count > 10) {
		snprintf(text, size, "%zu: %u..%u", count, ports[0], ports[count - 1]);
		return;
	}
	for (size_t i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%u", i ? "," : "",
					   ports[i]);
}

static int read_services(void **state)
{
	return ttr_services_read((struct ttr_services **)state);
}

static int free_services(void **state)
{
	ttr_services_free(*state);
	return 0;
}

static void test_accepted(void **state)
{
	static const struct {
		const char *list, *ports;
	} cases[] = {
		{"443", "443"},
		{"1", "1"},
		{"65535", "65535"},
		{"0080", "80"},
		{"http", "80"},
		{"http-alt", "8080"},
		{"22,80,https,8000-8003", "22,80,443,8000,8001,8002,8003"},
		{"80,80,http,79-81,443,80", "80,79,81,443"},
		{"7-7", "7"},
		{"3,2,1", "3,2,1"},
		{"1-65535", "65535: 1..65535"},
		{"65535,1-65535,1-65535", "65535: 65535..65534"},
	};

	const struct ttr_services *services = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_buffer error = {.data = NULL};
		char text[128] = "";
		uint16_t *ports = NULL;
		size_t count = 0;

		assert_int_equal(ttr_ports_parse(&ports, &count, &error, cases[i].list, services),
				 0);
		describe(text, sizeof(text), ports, count);
		assert_string_equal(text, cases[i].ports);
		assert_int_equal(error.length, 0);
		free(ports);
		ttr_buffer_fini(&error);
	}
}

#define LONG_ITEM "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_refused(void **state)
{
	static const struct {
		const char *list, *error;
	} cases[] = {
		{"", "Unknown port: "},
		{"nosuchport", "Unknown port: nosuchport"},
		{"80x", "Unknown port: 80x"},
		{" 80", "Unknown port:  80"},
		{"80 ", "Unknown port: 80 "},
		{"0x50", "Unknown port: 0x50"},
		{"8e1", "Unknown port: 8e1"},
		{"+80", "Unknown port: +80"},
		{"22,-80", "Unknown port: -80"},
		{"80-", "Unknown port: 80-"},
		{"80-90-100", "Unknown port: 80-90-100"},
		{"80-http", "Unknown port: 80-http"},
		{"\033[31m", "Unknown port: \\x1b[31m"},
		{LONG_ITEM, "Unknown port: " LONG_ITEM},
		{"0", "Port must be greater than 0: 0"},
		{"22,0", "Port must be greater than 0: 0"},
		{"0-5", "Port must be greater than 0: 0-5"},
		{"65536", "Port must be less than 65536: 65536"},
		{"99999999999999999999", "Port must be less than 65536: 99999999999999999999"},
		{"18446744073709551617", "Port must be less than 65536: 18446744073709551617"},
		{"65530-65536", "Port must be less than 65536: 65530-65536"},
		{"90-80", "Port range is reversed: 90-80"},
		{",", "Empty item in the list of ports: ,"},
		{"22,", "Empty item in the list of ports: 22,"},
		{",22", "Empty item in the list of ports: ,22"},
		{"22,,80", "Empty item in the list of ports: 22,,80"},
	};

	const struct ttr_services *services = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_buffer error = {.data = NULL};
		uint16_t *ports = NULL;
		size_t count = 0;

		assert_int_equal(ttr_ports_parse(&ports, &count, &error, cases[i].list, services),
				 TTR_PORTS_REFUSED);
		assert_string_equal(ttr_buffer_text(&error), cases[i].error);
		assert_null(ports);
		ttr_buffer_fini(&error);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("ports", tests, read_services, free_services);
}
