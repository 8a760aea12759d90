/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/grid.h"
#include "net/gate.h"

#define MS TTR_NS_PER_MS
#define AT(ms) ((struct ttr_mono){1000 * MS + (ms)*MS})

struct lab {
	struct ttr_grid grid;
	struct ttr_gate gate;
	bool names_came;
};

static const uint16_t ports[] = {80, 443, 22, 25, 53, 81, 82, 83};

static bool named(const void *context, const struct ttr_addr *addr)
{
	(void)addr;
	return *(const bool *)context;
}

static void open_lab(struct lab *lab, size_t port_count)
{
	struct ttr_settings settings;

	ttr_settings_init(&settings);
	settings.ports = ports;
	settings.port_count = port_count;
	settings.queries = 1;
	settings.max_ttl = 3;
	assert_int_equal(ttr_grid_init(&lab->grid, &settings), 0);
	for (size_t i = 0; i < ttr_grid_cell_count(&lab->grid); i++)
		lab->grid.cells[i].state = TTR_CELL_ANSWERED;
	assert_int_equal(ttr_gate_init(&lab->gate, &lab->grid, 2000 * MS), 0);
	lab->names_came = false;
}

static void close_lab(struct lab *lab)
{
	ttr_gate_fini(&lab->gate);
	ttr_grid_fini(&lab->grid);
}

/* Asserts what passes at a time, written as "0:1" (row 1 of port 0), "0." (its end) and "!" (the
 * end). */
static void assert_passes(struct lab *lab, struct ttr_mono now, const char *expected,
			  struct ttr_mono until)
{
	char passed[100] = "";
	struct ttr_gate_pass pass;
	struct ttr_mono again = {0};
	size_t at = 0;

	while (ttr_gate_next(&lab->gate, now, named, &lab->names_came, &pass, &again)) {
		passed[at++] = pass.kind == TTR_GATE_END ? '!' : (char)('0' + pass.port);
		if (pass.kind == TTR_GATE_ROW)
			passed[at++] = (char)('0' + pass.ttl);
		if (pass.kind == TTR_GATE_PORT)
			passed[at++] = '.';
		passed[at++] = ' ';
		passed[at] = '\0';
		if (pass.kind == TTR_GATE_END)
			break;
	}
	assert_string_equal(passed, expected);
	assert_int_equal(again.ns, until.ns);
}

static void test_names_hold_rows_back(void **state)
{
	static const struct ttr_mono never = {0};
	struct lab lab;

	(void)state;
	open_lab(&lab, 1);
	ttr_gate_row(&lab.gate, 0, 1, AT(10));
	ttr_gate_row(&lab.gate, 0, 2, AT(20));
	assert_passes(&lab, AT(20), "", AT(510));
	assert_passes(&lab, AT(509), "", AT(510));
	assert_passes(&lab, AT(510), "01 ", AT(520));
	lab.names_came = true;
	ttr_gate_named(&lab.gate);
	assert_passes(&lab, AT(511), "02 ", never);
	ttr_gate_row(&lab.gate, 0, 3, AT(600));
	ttr_gate_port(&lab.gate, 0);
	ttr_gate_end(&lab.gate, AT(600));
	assert_passes(&lab, AT(600), "03 0. ! ", never);
	close_lab(&lab);
}

static void test_the_end_waits_longer(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab, 1);
	ttr_gate_row(&lab.gate, 0, 1, AT(10));
	ttr_gate_port(&lab.gate, 0);
	ttr_gate_end(&lab.gate, AT(10));
	assert_passes(&lab, AT(1000), "", AT(2010));
	assert_passes(&lab, AT(2010), "01 0. ! ", (struct ttr_mono){0});
	close_lab(&lab);
}

static void test_open_gate(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab, 2);
	ttr_gate_row(&lab.gate, 1, 1, AT(10));
	ttr_gate_port(&lab.gate, 1);
	assert_passes(&lab, AT(10), "", AT(510));
	ttr_gate_open(&lab.gate);
	assert_passes(&lab, AT(10), "11 1. ", (struct ttr_mono){0});
	ttr_gate_port(&lab.gate, 0);
	ttr_gate_end(&lab.gate, AT(11));
	assert_passes(&lab, AT(11), "0. ! ", (struct ttr_mono){0});
	close_lab(&lab);
}

/* Those that wait pass in the order of their times, whatever the order in which they came. */
static void test_many_wait(void **state)
{
	static const int complete[] = {60, 20, 80, 10, 50, 30, 70, 40};
	struct lab lab;

	(void)state;
	open_lab(&lab, 8);
	for (size_t i = 0; i < 8; i++)
		ttr_gate_row(&lab.gate, i, 1, AT(complete[i]));
	ttr_gate_row(&lab.gate, 3, 2, AT(90));
	ttr_gate_port(&lab.gate, 3);
	assert_passes(&lab, AT(100), "", AT(510));
	assert_passes(&lab, AT(535), "31 11 51 ", AT(540));
	assert_passes(&lab, AT(565), "71 41 01 ", AT(570));
	assert_passes(&lab, AT(569), "", AT(570));
	assert_passes(&lab, AT(590), "61 21 32 3. ", (struct ttr_mono){0});
	ttr_gate_row(&lab.gate, 5, 2, AT(600));
	ttr_gate_row(&lab.gate, 4, 2, AT(610));
	assert_passes(&lab, AT(620), "", AT(1100));
	lab.names_came = true;
	ttr_gate_named(&lab.gate);
	assert_passes(&lab, AT(630), "52 42 ", (struct ttr_mono){0});
	close_lab(&lab);
}

/* Silent rows have no names to wait for. */
static void test_silent_rows(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab, 1);
	ttr_grid_cell(&lab.grid, 0, 1, 0)->state = TTR_CELL_SILENT;
	ttr_gate_row(&lab.gate, 0, 1, AT(10));
	assert_passes(&lab, AT(10), "01 ", (struct ttr_mono){0});
	close_lab(&lab);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_hold_rows_back),
		cmocka_unit_test(test_the_end_waits_longer),
		cmocka_unit_test(test_open_gate),
		cmocka_unit_test(test_many_wait),
		cmocka_unit_test(test_silent_rows),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
