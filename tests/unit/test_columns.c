/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/columns.h"

#define PORTS_MAX 1000

/* "22 80 8000-8100" makes ports; the labels come back the same way. */
static size_t read_ports(uint16_t *ports, const char *text)
{
	size_t count = 0;
	unsigned int first, last;
	int length;

	while (*text) {
		if (sscanf(text, "%u-%u%n", &first, &last, &length) != 2) {
			assert_int_equal(sscanf(text, "%u%n", &first, &length), 1);
			last = first;
		}
		for (; first <= last; first++)
			ports[count++] = (uint16_t)first;
		text += length;
		text += *text == ' ';
	}
	return count;
}

static void check(const char *ports_text, const char *labels)
{
	uint16_t ports[PORTS_MAX];
	const size_t count = read_ports(ports, ports_text);
	struct ttr_columns columns = {.count = 0};
	char text[512] = "";
	size_t covered = 0, width = 0;

	ttr_columns_make(&columns, ports, count);
	for (size_t i = 0; i < columns.count; i++) {
		assert_int_equal(columns.all[i].first, covered);
		covered += columns.all[i].count;
		width += columns.all[i].width;
		assert_true(strlen(columns.all[i].label) <= columns.all[i].width);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "|" : "",
			 columns.all[i].label);
	}
	assert_string_equal(text, labels);
	assert_int_equal(covered, count);
	assert_true(width <= TTR_COLUMNS_WIDTH_MOST);
}

static void test_columns(void **state)
{
	(void)state;
	check("80", "80");
	check("22 80 443", "22|80|443");
	check("443 80 81", "443|80|81");
	check("80-84", "80|81|82|83|84");
	check("80-89", "80-89");
	check("22 80 443 8000-8100", "22|80|443|8000-8100");
	check("1-1000", "1-1000");
	/* two neighbours are no run; seven and eight have room if addresses stand below */
	check("22 23 80 81 443 445 8080", "22|23|80|81|443|445|8080");
	check("22 25 53 80 110 143 443 993", "22|25|53|80|110|143|443|993");
	check("1-10 21-30 41-50 61-70", "1-10|21-30|41-50|61-70");
	check("22 80 443 100-140 200-210 300-310", "22|80|443|100-140|200-210|300-310");
	/* more share columns, with their neighbours */
	check("1 3 5 7 9 11 13 15 17 19", "1,3|5,7|9,11|13,15|17,19");
	check("21 22 25 53 80 110 143 443 465 587 993 995",
	      "21,22|25,53|80,110|143,443|465,587|993,995");
	check("10021 10023 10025 10027 10029 10031 10033 10035 10037 10039",
	      "10021,10023|10025,10027|10029,10031|10033,10035|10037,10039");
	check("1-5 11 21-25 31 41-45 51 61-65 71 81-85 91", "30 ports");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
