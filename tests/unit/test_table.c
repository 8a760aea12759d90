/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/findings.h"
#include "cli/table.h"
#include "cli_view.h"
#include "core/grid.h"

/* Text of a grid and its findings, from letters as in test_verdict.c. */
#define PORTS_MAX 12
#define ROWS 8

struct many {
	struct made_up made;
	uint16_t numbers[PORTS_MAX];
	struct ttr_grid grid;
	struct ttr_survey survey;
	struct ttr_view view;
};

static const struct ttr_addr routers[] = {V4(192, 0, 2, 1), V4(192, 0, 2, 2), V4(192, 0, 2, 9)};

/* 1, 2, 9: a router; *: silent, ~: limited; O, C: the host; R: an RST from the row above; !:
 * refused by the router of the row above. */
static void put(struct ttr_grid *grid, size_t port, const char *rows, unsigned int ttl)
{
	struct ttr_cell *cell = ttr_grid_cell(grid, port, ttl, 0);
	const char letter = rows[ttl - 1], who = letter == '!' ? rows[ttl - 2] : letter;

	cell->attempts = 4;
	cell->rtt_ns = (ttl * 1000 + (int64_t)port) * TTR_NS_PER_US * (ttl > 1 ? 8 : 1);
	cell->reply_ttl = (uint8_t)(64 - (letter == 'R' ? ttl - 2 : ttl - 1));
	cell->rate_limited = letter == '~';
	cell->state = letter == '*' || letter == '~' ? TTR_CELL_SILENT : TTR_CELL_ANSWERED;
	if (cell->state == TTR_CELL_SILENT)
		return;
	cell->attempts = 1;
	cell->answer = letter == 'O'                    ? TTR_ANSWER_SYN_ACK
		       : letter == 'C' || letter == 'R' ? TTR_ANSWER_RST
		       : letter == '!'                  ? TTR_ANSWER_UNREACHABLE
							: TTR_ANSWER_TIME_EXCEEDED;
	cell->address = cell->answer == TTR_ANSWER_SYN_ACK || cell->answer == TTR_ANSWER_RST
				? addresses[WWW]
				: routers[who == '1'   ? 0
					  : who == '2' ? 1
						       : 2];
	cell->icmp_type = 3;
	cell->icmp_code = 13;
	if (cell->answer != TTR_ANSWER_TIME_EXCEEDED)
		grid->ports[port].end_ttl = (uint8_t)ttl;
}

static void make_many(struct many *many, const char *const *rows, const uint16_t *ports)
{
	static struct ttr_cell none[1];
	size_t count = 0;

	make_up(&many->made, none, 1, 1);
	for (; count < PORTS_MAX && rows[count]; count++)
		many->numbers[count] = ports[count];
	many->made.settings.ports = many->numbers;
	many->made.settings.port_count = count;
	many->made.settings.max_ttl = (uint8_t)strlen(rows[0]);
	for (size_t port = 0; port < count; port++)
		if (strlen(rows[port]) > many->made.settings.max_ttl)
			many->made.settings.max_ttl = (uint8_t)strlen(rows[port]);
	assert_int_equal(ttr_grid_init(&many->grid, &many->made.settings), 0);
	ttr_survey_init(&many->survey, &addresses[WWW]);
	for (size_t port = 0; port < count; port++) {
		for (unsigned int ttl = 1; ttl <= strlen(rows[port]); ttl++)
			put(&many->grid, port, rows[port], ttl);
		ttr_grid_conclude(&many->grid, port, &addresses[WWW]);
		ttr_survey_add(&many->survey, &many->grid, port);
	}
	many->view = many->made.view;
	many->view.grid = &many->grid;
	many->view.survey = &many->survey;
}

static void check(const char *const *rows, const uint16_t *ports, const char *wanted)
{
	struct ttr_buffer out = {.data = NULL};
	struct ttr_table table = {.colored = false};
	struct many many;
	unsigned int ttl = 0;

	make_many(&many, rows, ports);
	ttr_table_head(&table, &out, &many.view);
	while (++ttl <= many.made.settings.max_ttl)
		ttr_table_row(&table, &out, &many.view, ttl);
	ttr_table_end(&table, &out, &many.view, ttl - 1);
	assert_int_equal(ttr_findings_put_all(&out, &many.view, false), 0);
	assert_string_equal(ttr_buffer_text(&out), wanted);
	ttr_buffer_fini(&out);
	ttr_grid_fini(&many.grid);
}

static void test_single_columns(void **state)
{
	static const char *const rows[PORTS_MAX] = {"12!", "1*****", "12*91O", "12*21O", "12*91C"};
	static const uint16_t ports[] = {22, 25, 80, 443, 81};

	(void)state;
	check(rows, ports,
	      "        22       25       80      443       81\n"
	      " 1    1.00     1.00     1.00     1.00     1.00   gw.example.net (192.0.2.1)\n"
	      " 2    16.0        *     16.0     16.0     16.0   192.0.2.2\n"
	      " 3      !A        *        *        *        *   192.0.2.2\n"
	      " 4                *     32.0a    32.0b    32.0a  a gw9.example.net (192.0.2.9)\n"
	      "                                                 b 192.0.2.2\n"
	      " 5                *     40.0     40.0     40.0   gw.example.net (192.0.2.1)\n"
	      " 6                *     open     open   closed   www.example.org (198.51.100.10)\n"
	      "\n"
	      "22 ssh   unreachable  rejected (!A) by 192.0.2.2 after hop 2; 80 goes on\n"
	      "25 smtp  filtered     dropped after hop 1; 80 goes on\n"
	      "80,443   open         6 hops, 48.016 ms\n"
	      "81       closed       6 hops, 48.032 ms\n");
}

static void test_counts(void **state)
{
	static const char *const rows[PORTS_MAX] = {"12C", "12C", "1!",  "12O", "12O",
						    "1**", "12C", "12C", "1R",  "12C"};
	static const uint16_t ports[] = {70, 72, 74, 80, 82, 84, 86, 88, 90, 92};

	(void)state;
	check(rows, ports,
	      "       70,72      74,80      82,84      86,88      90,92\n"
	      " 1      1.00       1.00       1.00       1.01       1.01   gw.example.net\n"
	      "                                                           (192.0.2.1)\n"
	      " 2      16.0a       1/2ab      1/2a      16.0a       1/2a  a 192.0.2.2\n"
	      "                                                           b gw.example.net\n"
	      "                                                             (192.0.2.1)\n"
	      "                                                             www.example.org\n"
	      "                                                             (198.51.100.10)\n"
	      " 3    closed       open     1 open     closed     closed   www.example.org\n"
	      "                                                           (198.51.100.10)\n"
	      "\n"
	      "70,72,86,88,92  closed       3 hops, 24.000 ms\n"
	      "74              unreachable  rejected (!A) by gw.example.net (192.0.2.1) after\n"
	      "                             hop 1; 80 goes on\n"
	      "80,82           open         3 hops, 24.024 ms\n"
	      "84              filtered     dropped after hop 1; 80 goes on; or rejected:\n"
	      "                             routers limit what they say\n"
	      "90              filtered     reset in the host's name after hop 1; 80 goes on\n");
}

/* Seven columns leave no room beside them on 80. */
static void test_below(void **state)
{
	static const char *const rows[PORTS_MAX] = {"12C", "12C", "1!", "12O", "12O", "12C", "12C"};
	static const uint16_t ports[] = {70, 72, 74, 80, 82, 84, 86};

	(void)state;
	check(rows, ports,
	      "        70       72       74       80       82       84       86\n"
	      " 1    1.00     1.00     1.00     1.00     1.00     1.01     1.01\n"
	      "        gw.example.net (192.0.2.1)\n"
	      " 2    16.0a    16.0a      !Ab    16.0a    16.0a    16.0a    16.0a\n"
	      "        a 192.0.2.2\n"
	      "        b gw.example.net (192.0.2.1)\n"
	      " 3  closed   closed              open     open   closed   closed\n"
	      "        www.example.org (198.51.100.10)\n"
	      "\n"
	      "70,72,84,86  closed       3 hops, 24.000 ms\n"
	      "74           unreachable  rejected (!A) by gw.example.net (192.0.2.1) after\n"
	      "                          hop 1; 80 goes on\n"
	      "80,82        open         3 hops, 24.024 ms\n");
}

/* A path that ends in silence ends in one line; a quiet hop before an answer has its own. */
static void test_silence(void **state)
{
	static const char *const rows[PORTS_MAX] = {"1*2*****", "1*2*****"};
	static const uint16_t ports[] = {80, 443};

	(void)state;
	check(rows, ports,
	      "        80      443\n"
	      " 1    1.00     1.00   gw.example.net (192.0.2.1)\n"
	      " 2       *        *\n"
	      " 3    24.0     24.0   192.0.2.2\n"
	      " 4-8     *        *\n"
	      "\n"
	      "80,443  filtered     silent after hop 3; no port shows that the path goes on\n");
}

static void test_limits(void **state)
{
	static const char *const rows[PORTS_MAX] = {"1O", "~O"};
	static const uint16_t ports[] = {80, 443};

	(void)state;
	check(rows, ports,
	      "        80      443\n"
	      " 1    1.00        ~   gw.example.net (192.0.2.1)\n"
	      " 2    open     open   www.example.org (198.51.100.10)\n"
	      "    ~ not answered: these routers limit how often they do\n"
	      "\n"
	      "80,443  open         2 hops, 16.000 ms\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_columns),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
