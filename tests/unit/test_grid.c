/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/grid.h"

static const struct ttr_addr target = {.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 9}};
static const struct ttr_addr router = {.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, 1}};
static const uint16_t ports[] = {80, 443};

static struct ttr_grid make(unsigned int first_ttl, unsigned int max_ttl, unsigned int queries)
{
	struct ttr_settings settings;
	struct ttr_grid grid;

	ttr_settings_init(&settings);
	settings.ports = ports;
	settings.port_count = 2;
	settings.first_ttl = (uint8_t)first_ttl;
	settings.max_ttl = (uint8_t)max_ttl;
	settings.queries = (uint16_t)queries;
	assert_int_equal(ttr_grid_init(&grid, &settings), 0);
	return grid;
}

static void test_positions(void **state)
{
	struct ttr_grid grid = make(3, 255, 3);

	(void)state;
	for (uint32_t i = 0; i < ttr_grid_cell_count(&grid); i++) {
		size_t port;
		uint8_t ttl;
		uint16_t query;

		ttr_grid_position(&grid, i, &port, &ttl, &query);
		assert_int_equal(ttr_grid_index(&grid, port, ttl, query), i);
		assert_ptr_equal(ttr_grid_cell(&grid, port, ttl, query), &grid.cells[i]);
	}
	assert_int_equal(ttr_grid_cell_count(&grid), 2 * 253 * 3);
	ttr_grid_fini(&grid);
}

struct answer {
	uint8_t ttl;
	enum ttr_answer answer;
	bool by_target;
};

static void put(struct ttr_grid *grid, const struct answer *a)
{
	struct ttr_cell *cell = ttr_grid_cell(grid, 0, a->ttl, 0);

	cell->state = TTR_CELL_ANSWERED;
	cell->answer = a->answer;
	cell->address = a->by_target ? target : router;
	cell->rtt_ns = a->ttl * TTR_NS_PER_MS;
	if (a->answer != TTR_ANSWER_TIME_EXCEEDED && !grid->ports[0].end_ttl)
		grid->ports[0].end_ttl = a->ttl;
}

static void test_results(void **state)
{
	static const struct {
		struct answer answers[3];
		bool cut_short;
		enum ttr_port_state state;
		uint8_t distance, last_seen;
		bool reached;
	} cases[] = {
		{{{1, TTR_ANSWER_TIME_EXCEEDED, false}, {2, TTR_ANSWER_SYN_ACK, true}},
		 false,
		 TTR_PORT_OPEN,
		 2,
		 2,
		 true},
		{{{1, TTR_ANSWER_TIME_EXCEEDED, false}, {2, TTR_ANSWER_RST, true}},
		 false,
		 TTR_PORT_CLOSED,
		 2,
		 2,
		 true},
		{{{1, TTR_ANSWER_TCP, true}}, false, TTR_PORT_UNKNOWN, 1, 1, true},
		/* a router says no: arrived by the drop-in's meaning, but the host is elsewhere */
		{{{2, TTR_ANSWER_UNREACHABLE, false}}, false, TTR_PORT_UNREACHABLE, 0, 2, true},
		{{{2, TTR_ANSWER_UNREACHABLE, true}}, false, TTR_PORT_UNREACHABLE, 2, 2, true},
		/* the target's address in a time exceeded is a hop, not the end */
		{{{2, TTR_ANSWER_TIME_EXCEEDED, true}}, false, TTR_PORT_FILTERED, 0, 2, false},
		{{{2, TTR_ANSWER_TIME_EXCEEDED, false}}, true, TTR_PORT_UNKNOWN, 0, 2, false},
		{{{0}}, false, TTR_PORT_FILTERED, 0, 0, false},
		/* the last TTL was answered by a router: who knows what is behind it */
		{{{4, TTR_ANSWER_TIME_EXCEEDED, false}}, false, TTR_PORT_UNKNOWN, 0, 4, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_grid grid = make(1, 4, 1);
		const struct ttr_port_result *result = &grid.ports[0];

		for (size_t a = 0; a < 3 && cases[i].answers[a].ttl; a++)
			put(&grid, &cases[i].answers[a]);
		grid.cut_short = cases[i].cut_short;
		ttr_grid_conclude(&grid, 0, &target);
		assert_true(result->done);
		assert_int_equal(result->state, cases[i].state);
		assert_int_equal(result->distance, cases[i].distance);
		assert_int_equal(result->last_seen_ttl, cases[i].last_seen);
		assert_int_equal(result->reached, cases[i].reached);
		assert_int_equal(result->rtt_ns,
				 result->distance ? result->distance * TTR_NS_PER_MS : -1);
		ttr_grid_fini(&grid);
	}
}

static void test_last_row(void **state)
{
	struct ttr_grid grid = make(2, 9, 1);

	(void)state;
	assert_int_equal(ttr_grid_last_row(&grid, 0), 9);
	grid.cut_short = true;
	assert_int_equal(ttr_grid_last_row(&grid, 0), 0);
	put(&grid, &(struct answer){5, TTR_ANSWER_TIME_EXCEEDED, false});
	assert_int_equal(ttr_grid_last_row(&grid, 0), 5);
	put(&grid, &(struct answer){4, TTR_ANSWER_SYN_ACK, true});
	assert_int_equal(ttr_grid_last_row(&grid, 0), 4);
	assert_int_equal(ttr_grid_last_row(&grid, 1), 0);
	ttr_grid_fini(&grid);
}

/* What is large is kept for some cells; the others say that it was not. */
static void test_room_for_what_is_large(void **state)
{
	struct ttr_extensions extensions = {.label_count = 1};
	struct ttr_changes changes = {.fields = TTR_FIELD_BIT(TTR_FIELD_TCP_MSS)};
	struct ttr_grid grid = make(1, 255, 50);
	const size_t cells = ttr_grid_cell_count(&grid);

	(void)state;
	assert_true(cells > TTR_GRID_CHANGES_MAX && cells > TTR_GRID_EXTENSIONS_MAX);
	for (uint32_t i = 0; i < cells; i++) {
		const struct ttr_cell *cell = &grid.cells[i];

		changes.of[TTR_FIELD_TCP_MSS].seen = i;
		extensions.labels[0].label = i;
		ttr_grid_keep_changes(&grid, &grid.cells[i], &changes);
		ttr_grid_keep_extensions(&grid, &grid.cells[i], &extensions);
		assert_int_equal(cell->changes_dropped, i >= TTR_GRID_CHANGES_MAX);
		assert_int_equal(cell->extensions_dropped, i >= TTR_GRID_EXTENSIONS_MAX);
		assert_int_equal(cell->changes == NULL, cell->changes_dropped);
		assert_int_equal(cell->extensions == NULL, cell->extensions_dropped);
	}
	assert_int_equal(grid.cells[77].changes->of[TTR_FIELD_TCP_MSS].seen, 77);
	assert_int_equal(grid.cells[77].extensions->labels[0].label, 77);
	/* nothing to say needs no room */
	ttr_grid_keep_changes(&grid, &grid.cells[cells - 1], &(struct ttr_changes){.fields = 0});
	ttr_grid_keep_extensions(&grid, &grid.cells[cells - 1],
				 &(struct ttr_extensions){.invalid = false});
	assert_false(grid.cells[cells - 1].changes_dropped);
	assert_false(grid.cells[cells - 1].extensions_dropped);
	ttr_grid_fini(&grid);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_last_row),
		cmocka_unit_test(test_room_for_what_is_large),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
