/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/grid.h"
#include "tcptraceroute/verdict.h"

#define PORTS_MAX 6
#define ROWS 8

static const struct ttr_addr target = {.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 9}};

/*
 * A port's rows, one letter each, from TTL 1 on:
 *	a-z	time exceeded of the router with that letter, which is as far as its row
 *	*	silent, asked twice		,	silent, asked once
 *	!	unreachable, code 13, of the router in the row above
 *	O C	SYN/ACK and RST of the host	(over as many routers as rows are above)
 *	P R	in its place, of the box in the row above
 *	blank	not asked
 */
static struct ttr_addr router(char letter)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4,
				 .bytes = {203, 0, 113, (uint8_t)letter}};
}

static void answer(struct ttr_cell *cell, enum ttr_answer kind, struct ttr_addr from,
		   unsigned int routers)
{
	cell->state = TTR_CELL_ANSWERED;
	cell->answer = kind;
	cell->address = from;
	cell->attempts = 1;
	cell->rtt_ns = TTR_NS_PER_MS;
	cell->reply_ttl = (uint8_t)(64 - routers);
}

static void silence(struct ttr_cell *cell, unsigned int attempts)
{
	cell->state = TTR_CELL_SILENT;
	cell->attempts = (uint8_t)attempts;
}

/* True if the port ends there. */
static bool put(struct ttr_cell *cell, const char *rows, unsigned int ttl)
{
	switch (rows[ttl - 1]) {
	case '*':
		silence(cell, 2);
		return false;
	case ',':
		silence(cell, 1);
		return false;
	case '!':
		answer(cell, TTR_ANSWER_UNREACHABLE, router(rows[ttl - 2]), ttl - 2);
		cell->icmp_type = 3;
		cell->icmp_code = 13;
		return true;
	case 'O':
	case 'P':
		answer(cell, TTR_ANSWER_SYN_ACK, target, ttl - (rows[ttl - 1] == 'P' ? 2 : 1));
		return true;
	case 'C':
	case 'R':
		answer(cell, TTR_ANSWER_RST, target, ttl - (rows[ttl - 1] == 'R' ? 2 : 1));
		return true;
	case ' ':
		return false;
	default:
		answer(cell, TTR_ANSWER_TIME_EXCEEDED, router(rows[ttl - 1]), ttl - 1);
		return false;
	}
}

static void fill(struct ttr_grid *grid, size_t port, const char *rows)
{
	for (unsigned int ttl = 1; ttl <= strlen(rows); ttl++)
		if (put(ttr_grid_cell(grid, port, ttl, 0), rows, ttl))
			grid->ports[port].end_ttl = (uint8_t)ttl;
	ttr_grid_conclude(grid, port, &target);
}

static void look(struct ttr_grid *grid, struct ttr_survey *survey, const char *const *rows)
{
	static const uint16_t numbers[PORTS_MAX] = {80, 81, 82, 83, 84, 85};
	struct ttr_settings settings;

	ttr_settings_init(&settings);
	settings.ports = numbers;
	settings.port_count = 0;
	settings.max_ttl = ROWS;
	settings.queries = 1;
	while (settings.port_count < PORTS_MAX && rows[settings.port_count])
		settings.port_count++;
	assert_int_equal(ttr_grid_init(grid, &settings), 0);
	ttr_survey_init(survey, &target);
	for (size_t i = 0; i < settings.port_count; i++) {
		fill(grid, i, rows[i]);
		ttr_survey_add(survey, grid, i);
	}
}

static const struct {
	const char *what;
	const char *rows[PORTS_MAX]; /* the first is judged */
	struct ttr_verdict wanted;
} cases[] = {
	{"open", {"abcO"}, {.state = TTR_PORT_OPEN}},
	{"closed, nothing to compare with", {"abcC"}, {.state = TTR_PORT_CLOSED}},
	{"closed beside an open one", {"abcC", "abcO"}, {.state = TTR_PORT_CLOSED}},
	{"dropped; nobody shows that the path goes on",
	 {"ab******"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 2,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_NO_REFERENCE}},
	{"all dropped at one hop are a path that ends",
	 {"ab******", "ab******", "ab******"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 2,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_NO_REFERENCE}},
	{"dropped behind b",
	 {"ab******", "abcdO", "abcdO", "abcdC"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 1,
	  .verified = TTR_VERIFIED_NO, /* two tries, two others: loss is not excluded yet */
	  .doubt = TTR_DOUBT_LOSS}},
	{"c and d are quiet routers: somewhere up to the host",
	 {"ab******", "ab**O", "ab**O"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 2,
	  .before_ttl = 5,
	  .has_reference = true,
	  .reference = 1,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_LOSS}},
	{"a hop without an answer before one with is no stop",
	 {"a*cO", "abcO"},
	 {.state = TTR_PORT_OPEN}},
	{"the first hop already",
	 {"********", "abcO", "abcO"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 0,
	  .before_ttl = 1,
	  .has_reference = true,
	  .reference = 1,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_LOSS}},
	{"nothing at all",
	 {"********"},
	 {.state = TTR_PORT_FILTERED, .doubt = TTR_DOUBT_NO_REFERENCE}},
	{"dropped behind other routers than the reference's",
	 {"ax******", "abcdO", "abcdO"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 1,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_LENGTHS}},
	{"of two references the one on the same path counts",
	 {"ax******", "abcdO", "axydO"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 2,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_LOSS}},
	{"rejected by b",
	 {"ab!", "abcO"},
	 {.state = TTR_PORT_UNREACHABLE,
	  .how = TTR_STOP_REJECT,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .address = {.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, 'b'}},
	  .icmp_type = 3,
	  .icmp_code = 13,
	  .has_reference = true,
	  .reference = 1,
	  .verified = TTR_VERIFIED_YES}},
	{"rejected, and nothing to compare with",
	 {"ab!"},
	 {.state = TTR_PORT_UNREACHABLE,
	  .how = TTR_STOP_REJECT,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .address = {.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, 'b'}},
	  .icmp_type = 3,
	  .icmp_code = 13,
	  .verified = TTR_VERIFIED_YES}},
	{"reset by b, the host is at 5",
	 {"abR", "abcdO"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_RESET,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 1,
	  .nearer = true,
	  .verified = TTR_VERIFIED_YES}},
	{"reset by d, the router before the host",
	 {"abcdR", "abcdO"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_RESET,
	  .after_ttl = 4,
	  .before_ttl = 5,
	  .has_reference = true,
	  .reference = 1,
	  .nearer = true,
	  .verified = TTR_VERIFIED_YES}},
	{"reset by b; the other one is dropped farther on",
	 {"abR", "abcd****"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_RESET,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 1,
	  .nearer = true,
	  .verified = TTR_VERIFIED_YES}},
	{"closed on a path that is shorter for it",
	 {"axC", "abcdO"},
	 {.state = TTR_PORT_CLOSED, .doubt = TTR_DOUBT_LENGTHS}},
	{"the same where both paths part behind b: said, but not for sure",
	 {"abC", "abcdO"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_RESET,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 1,
	  .nearer = true,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_LENGTHS}},
	{"a reset whose nearer answers were lost seems to be farther than the host is",
	 {"ab***R", "abcdO"},
	 {.state = TTR_PORT_CLOSED, .doubt = TTR_DOUBT_LENGTHS}},
	{"closed, the same",
	 {"abc**C", "abcdO"},
	 {.state = TTR_PORT_CLOSED, .doubt = TTR_DOUBT_LENGTHS}},
	{"who goes on was answered by a box in c: the path may go on behind it, or not",
	 {"abc*****", "abcP", "abcR", "abcP"},
	 {.state = TTR_PORT_FILTERED,
	  .how = TTR_STOP_DROP,
	  .after_ttl = 3,
	  .verified = TTR_VERIFIED_NO,
	  .doubt = TTR_DOUBT_SPEAKER}},
	{"a proxy answers for the host",
	 {"abP", "abcdC"},
	 {.state = TTR_PORT_OPEN,
	  .after_ttl = 2,
	  .before_ttl = 3,
	  .has_reference = true,
	  .reference = 1,
	  .nearer = true,
	  .verified = TTR_VERIFIED_YES}},
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_verdict verdict;
		struct ttr_survey survey;
		struct ttr_grid grid;

		look(&grid, &survey, cases[i].rows);
		ttr_verdict_find(&verdict, &survey, &grid, 0);
		if (!ttr_verdict_equal(&verdict, &cases[i].wanted))
			print_message("%s: state %d how %d after %u before %u reference %d %zu "
				      "nearer %d verified %d doubt %d\n",
				      cases[i].what, verdict.state, verdict.how, verdict.after_ttl,
				      verdict.before_ttl, verdict.has_reference, verdict.reference,
				      verdict.nearer, verdict.verified, verdict.doubt);
		assert_true(ttr_verdict_equal(&verdict, &cases[i].wanted));
		ttr_grid_fini(&grid);
	}
}

/* With enough tries and enough answers of others, chance is excluded. */
static void test_chance(void **state)
{
	static const char *const rows[PORTS_MAX] = {"ab******", "abcdO", "abcdO",
						    "abcdO",    "abcdO", "abcdO"};
	struct ttr_verdict verdict;
	struct ttr_survey survey;
	struct ttr_grid grid;

	(void)state;
	look(&grid, &survey, rows);
	ttr_grid_cell(&grid, 0, 3, 0)->attempts = 3;
	ttr_verdict_find(&verdict, &survey, &grid, 0);
	assert_int_equal(verdict.verified, TTR_VERIFIED_YES);
	assert_int_equal(verdict.doubt, TTR_DOUBT_NONE);
	/* others lose every second answer there: three tries are not enough any more */
	for (size_t port = 1; port < 6; port++)
		ttr_grid_cell(&grid, port, 3, 0)->attempts = 2;
	ttr_survey_init(&survey, &target);
	for (size_t port = 0; port < 6; port++)
		ttr_survey_add(&survey, &grid, port);
	ttr_verdict_find(&verdict, &survey, &grid, 0);
	assert_int_equal(verdict.verified, TTR_VERIFIED_NO);
	assert_int_equal(verdict.doubt, TTR_DOUBT_LOSS);
	ttr_grid_fini(&grid);
}

/* The farthest are kept, open ones first, whatever the order of the ports is. */
static void test_references(void **state)
{
	static const char *const rows[PORTS_MAX] = {"ab******", "abcdC",    "abcP",
						    "abcdO",    "abc*****", "ab!"};
	static const size_t wanted[] = {3, 1, 2, 4, 0, 5};
	struct ttr_survey survey;
	struct ttr_grid grid;

	(void)state;
	look(&grid, &survey, rows);
	assert_int_equal(survey.reference_count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(survey.references[i].port, wanted[i]);
	ttr_grid_fini(&grid);
}

static void test_settled(void **state)
{
	static const char *const rows[PORTS_MAX] = {"abC", "ab!", "abcdO", "ab******"};
	struct ttr_survey survey;
	struct ttr_verdict verdict;
	struct ttr_grid grid;

	(void)state;
	look(&grid, &survey, rows);
	ttr_survey_init(&survey, &target);
	ttr_survey_add(&survey, &grid, 0);
	ttr_survey_add(&survey, &grid, 1);
	ttr_verdict_find(&verdict, &survey, &grid, 0);
	assert_false(ttr_verdict_is_settled(&verdict, &survey, &grid, 0));
	ttr_verdict_find(&verdict, &survey, &grid, 1);
	assert_true(ttr_verdict_is_settled(&verdict, &survey, &grid, 1));
	ttr_survey_add(&survey, &grid, 2);
	ttr_verdict_find(&verdict, &survey, &grid, 0);
	assert_true(ttr_verdict_is_settled(&verdict, &survey, &grid, 0));
	ttr_grid_fini(&grid);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_settled),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
