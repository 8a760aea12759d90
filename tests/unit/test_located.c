/* SPDX-License-Identifier: BSD-2-Clause */
/* What is printed of --locate that is not printed of any port: the rows of the path, and hops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json.h"
#include "cli/located.h"
#include "cli_view.h"
#include "tcptraceroute/locate.h"

#define ROWS_MAX 8

/* rows: a cell each, in hop order. given: so many are complete before the end. */
static void check(struct spec *specs, unsigned int count, unsigned int given, bool cut_short,
		  const char *wanted)
{
	struct ttr_located_rows waiting = {.first = 0};
	struct ttr_buffer out = {.data = NULL};
	struct ttr_cell cells[ROWS_MAX];
	struct ttr_text text = {.colored = false};
	struct made_up made;

	for (unsigned int i = 0; i < count; i++)
		cells[i] = make_cell(&specs[i]);
	make_up(&made, cells, count, 1);
	made.grid.cut_short = cut_short;
	for (unsigned int ttl = 1; ttl <= given; ttl++)
		ttr_located_row(&waiting, &text, &out, &made.view, ttl);
	ttr_located_rows_end(&waiting, &text, &out, &made.view);
	assert_string_equal(ttr_buffer_text(&out), wanted);
	ttr_buffer_fini(&out);
}

static void test_rows(void **state)
{
	struct spec reached[] = {TE(GW, 1000), LOST, LOST, TE(GW2, 3000), SA(WWW, 4000)};
	struct spec dark[] = {TE(GW, 1000), LOST, TE(GW2, 3000), LOST, LOST, LOST};
	struct spec last[] = {TE(GW, 1000), LOST};
	struct spec nobody[] = {LOST, LOST, LOST};

	(void)state;
	/* quiet routers with answers behind them have rows of their own */
	check(reached, 5, 5, false,
	      " 1  gw.example.net (192.0.2.1)  1.000 ms\n 2  *\n 3  *\n 4  192.0.2.2  3.000 ms\n"
	      " 5  www.example.org (198.51.100.10) [open]  4.000 ms\n");
	check(dark, 6, 6, false,
	      " 1  gw.example.net (192.0.2.1)  1.000 ms\n 2  *\n 3  192.0.2.2  3.000 ms\n"
	      " 4-6  *\n");
	check(last, 2, 2, false, " 1  gw.example.net (192.0.2.1)  1.000 ms\n 2  *\n");
	check(nobody, 3, 3, false, " 1-3  *\n");
	/* cut short: those that were given out, and no more */
	check(dark, 6, 4, true,
	      " 1  gw.example.net (192.0.2.1)  1.000 ms\n 2  *\n 3  192.0.2.2  3.000 ms\n 4  *\n");
}

static struct ttr_locate *make_locate(struct ttr_settings *settings)
{
	static struct ttr_flow_key keys[100];
	static const uint8_t secret[TTR_LOCATE_SECRET_BYTES];
	struct ttr_locate_plan plan = {
		.source = V4(203, 0, 113, 2),
		.target = V4(198, 51, 100, 10),
		.settings = settings,
		.secret = secret,
		.source_ports = {40000, 40001, 40002, 40003, 40004},
		.keys = keys,
		.key_count = ttr_locate_flows(settings),
	};
	struct ttr_locate *locate;

	for (uint16_t i = 0; i < 100; i++)
		keys[i].source_port = (uint16_t)(41000 + i);
	assert_int_equal(ttr_locate_new(&locate, &plan), 0);
	return locate;
}

/* Nothing was asked yet: no port has hops, and none is the reference. */
static void test_hops(void **state)
{
	static uint16_t ports[] = {80, 81, 82};
	struct ttr_cell cells[1] = {{.state = TTR_CELL_IDLE}};
	struct made_up made;
	struct ttr_locate *locate;

	(void)state;
	ttr_json_init();
	make_up(&made, cells, 1, 1);
	made.settings.locate = true;
	made.settings.ports = ports;
	made.settings.port_count = 3;
	locate = make_locate(&made.settings);
	made.view.locate = locate;
	made.view.grid = ttr_locate_grid(locate);
	assert_true(ttr_locate_reference(locate) == SIZE_MAX);
	for (size_t i = 0; i < 3; i++) {
		json_t *hops = ttr_located_hops(&made.view, i);

		assert_true(json_is_array(hops));
		assert_int_equal(json_array_size(hops), 0);
		json_decref(hops);
	}
	ttr_locate_free(locate);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_hops),
	};

	return cmocka_run_group_tests_name("located", tests, NULL, NULL);
}
