/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/headings.h"
#include "cli/style.h"
#include "cli/text.h"
#include "cli_view.h"

#define QUERIES 3

struct row_case {
	unsigned int ttl;
	struct spec cells[QUERIES];
	const char *text;
};

/* Renders one row as that TTL of a trace. */
static const char *render(struct ttr_buffer *out, struct ttr_text *text, struct made_up *made,
			  const struct spec *row, unsigned int ttl, uint16_t queries)
{
	ttr_buffer_clear(out);
	for (unsigned int i = 0; i < queries; i++)
		*ttr_grid_cell(&made->grid, 0, ttl, i) = make_cell(&row[i]);
	ttr_text_row(text, out, &made->view, 0, ttl);
	return ttr_buffer_text(out);
}

/* All cases are rows of one trace, in this order. */
static void check_rows(const struct row_case *cases, size_t count, uint16_t queries,
		       enum ttr_dnat_mode dnat)
{
	struct ttr_cell *cells = calloc(30 * queries, sizeof(*cells));
	struct ttr_buffer out = {.data = NULL};
	struct ttr_text text = {.colored = false};
	struct made_up made;

	make_up(&made, cells, 30, queries);
	made.settings.dnat = dnat;
	made.grid.cut_short = true;
	for (size_t i = 0; i < count; i++)
		assert_string_equal(
			render(&out, &text, &made, cases[i].cells, cases[i].ttl, queries),
			cases[i].text);
	ttr_buffer_fini(&out);
	free(cells);
}

#define CHECK_ROWS(cases, queries, dnat)                                                           \
	check_rows(cases, sizeof(cases) / sizeof(cases[0]), queries, dnat)

static void test_silence_and_hosts(void **state)
{
	static const struct row_case cases[] = {
		{3, {LOST, LOST, LOST}, " 3  * * *\n"},
		{2,
		 {TE(GW, 2834), LOST, TE(GW, 2776)},
		 " 2  gw.example.net (192.0.2.1)  2.834 ms * 2.776 ms\n"},
		{3,
		 {LOST, TE(GW, 2388), TE(GW, 2365)},
		 " 3  * gw.example.net (192.0.2.1) 2.388 ms  2.365 ms\n"},
		{4, {LOST, LOST, TE(GW, 2383)}, " 4  * * gw.example.net (192.0.2.1) 2.383 ms\n"},
		{5,
		 {TE(GW, 2347), TE(GW, 2664), LOST},
		 " 5  gw.example.net (192.0.2.1)  2.347 ms  2.664 ms *\n"},
		{1,
		 {TE(GW, 2535), TE(GW9, 2403), TE(GW, 4306)},
		 " 1  gw.example.net (192.0.2.1)  2.535 ms\n"
		 "    gw9.example.net (192.0.2.9)  2.403 ms\n"
		 "    gw.example.net (192.0.2.1)  4.306 ms\n"},
		{8,
		 {LOST, TE(GW, 3244), TE(GW9, 2400)},
		 " 8  * gw.example.net (192.0.2.1) 3.244 ms\n"
		 "    gw9.example.net (192.0.2.9)  2.400 ms\n"},
		{9,
		 {TE(GW, 2426), TE(GW9, 4336), LOST},
		 " 9  gw.example.net (192.0.2.1)  2.426 ms\n"
		 "    gw9.example.net (192.0.2.9)  4.336 ms *\n"},
		/* mended: the third answer is not the first one's */
		{7,
		 {TE(GW, 2828), LOST, TE(GW9, 2439)},
		 " 7  gw.example.net (192.0.2.1)  2.828 ms *\n"
		 "    gw9.example.net (192.0.2.9)  2.439 ms\n"},
		{10, {LOST, TE(GW2, 999), LOST}, "10  * 192.0.2.2 0.999 ms *\n"},
		/* a trace that was cut short */
		{11, {WAITING, TE(GW2, 1), WAITING}, "11  ? 192.0.2.2 0.001 ms ?\n"},
		{12, {LOST, WAITING, IDLE}, "12  * ? ?\n"},
		/* names that are not what they should be */
		{13,
		 {TE(EVIL, 1000), LOST, TE(NAMED_LIKE_ITSELF, 2000)},
		 "13  evil\\x1b[31m\\xff.example.net (192.0.2.66)  1.000 ms *\n"
		 "    192.0.2.67  2.000 ms\n"},
	};

	(void)state;
	CHECK_ROWS(cases, QUERIES, TTR_DNAT_ACCEPT);
}

static void test_states(void **state)
{
	static const struct row_case cases[] = {
		{4,
		 {SA(WWW, 4403), SA(WWW, 4100), SA(WWW, 4200)},
		 " 4  www.example.org (198.51.100.10) [open]  4.403 ms  4.100 ms  4.200 ms\n"},
		{4,
		 {ECN(GW2, 5974), ECN(GW2, 4334), ECN(GW2, 6508)},
		 " 4  192.0.2.2 [open, ecn]  5.974 ms  4.334 ms  6.508 ms\n"},
		{4,
		 {TCP(GW2, 4613, ACK), TCP(GW2, 4541, 0), TCP(GW2, 4428, ACK | PSH)},
		 " 4  192.0.2.2 [unknown, ACK]  4.613 ms [unknown, no flags]  4.541 ms "
		 "[unknown, ACK PSH]  4.428 ms\n"},
		{4,
		 {SA(GW2, 4902), RST(GW2, 4618), SA(GW2, 4469)},
		 " 4  192.0.2.2 [open]  4.902 ms [closed]  4.618 ms [open]  4.469 ms\n"},
		{4,
		 {SA(WWW, 195), LOST, SA(WWW, 192)},
		 " 4  www.example.org (198.51.100.10) [open]  0.195 ms * 0.192 ms\n"},
		{4,
		 {LOST, SA(WWW, 195), LOST},
		 " 4  * www.example.org (198.51.100.10) [open] 0.195 ms *\n"},
		{4,
		 {SA(INSIDE, 181), TE(GW2, 77), SA(INSIDE, 72)},
		 " 4  10.6.35.86 [open]  0.181 ms\n    192.0.2.2  0.077 ms\n"
		 "    10.6.35.86  0.072 ms\n"},
		{4,
		 {TCP(INSIDE, 1000, SYN | FIN | URG | CWR), RST(INSIDE, 1000),
		  TCP(INSIDE, 1000, ECE)},
		 " 4  10.6.35.86 [unknown, SYN FIN URG CWR]  1.000 ms [closed]  1.000 ms "
		 "[unknown, ECN]  1.000 ms\n"},
	};

	(void)state;
	CHECK_ROWS(cases, QUERIES, TTR_DNAT_ACCEPT);
}

static void test_unreachable(void **state)
{
	static const struct row_case cases[] = {
		{2,
		 {TE(GW2, 2257), SA(INSIDE, 4308), UN(INSIDE, 2355, 13)},
		 " 2  192.0.2.2  2.257 ms\n    10.6.35.86 [open]  4.308 ms  2.355 ms !A\n"},
		{2,
		 {UN(GW2, 2695, 13), UN(GW2, 2332, 13), LOST},
		 " 2  192.0.2.2  2.695 ms !A  2.332 ms !A *\n"},
		{2,
		 {UN(INSIDE, 199, 0), SA(INSIDE, 170), UN(INSIDE, 177, 1)},
		 " 2  10.6.35.86  0.199 ms !N [open]  0.170 ms  0.177 ms !H\n"},
		{3,
		 {UN(GW2, 1000, 2), UN(GW2, 1000, 3), UN(GW2, 1000, 4)},
		 " 3  192.0.2.2  1.000 ms !P  1.000 ms !p  1.000 ms !F\n"},
		{3,
		 {UN(GW2, 1000, 5), UN(GW2, 1000, 6), UN(GW2, 1000, 7)},
		 " 3  192.0.2.2  1.000 ms !S  1.000 ms !U  1.000 ms !U\n"},
		{3,
		 {UN(GW2, 1000, 8), UN(GW2, 1000, 9), UN(GW2, 1000, 10)},
		 " 3  192.0.2.2  1.000 ms !I  1.000 ms !A  1.000 ms !C\n"},
		{3,
		 {UN(GW2, 1000, 11), UN(GW2, 1000, 12), UN(GW2, 1000, 14)},
		 " 3  192.0.2.2  1.000 ms !T  1.000 ms !T  1.000 ms !<14>\n"},
		{3,
		 {UN(GW2, 1000, 15), UN(GW2, 1000, 200), UN(GW2, 1000, 255)},
		 " 3  192.0.2.2  1.000 ms !<15>  1.000 ms !<200>  1.000 ms !<255>\n"},
	};

	(void)state;
	CHECK_ROWS(cases, QUERIES, TTR_DNAT_ACCEPT);
}

static void test_ipv6(void **state)
{
	static const struct row_case cases[] = {
		{1,
		 {TE(SIX1, 1000), LOST, TE(SIX7, 1500)},
		 " 1  2001:db8::1  1.000 ms *\n    six.example.net (2001:db8::7)  1.500 ms\n"},
		{2,
		 {UN6(SIX1, 1000, 1, 0), UN6(SIX1, 1000, 1, 1), UN6(SIX1, 1000, 1, 2)},
		 " 2  2001:db8::1  1.000 ms !N  1.000 ms !A  1.000 ms !S\n"},
		{2,
		 {UN6(SIX1, 1000, 1, 3), UN6(SIX1, 1000, 1, 4), UN6(SIX1, 1000, 1, 5)},
		 " 2  2001:db8::1  1.000 ms !H  1.000 ms !p  1.000 ms !A\n"},
		{2,
		 {UN6(SIX1, 1000, 1, 6), UN6(SIX1, 1000, 2, 0), UN6(SIX1, 1000, 1, 7)},
		 " 2  2001:db8::1  1.000 ms !A  1.000 ms !F  1.000 ms !<7>\n"},
		{3,
		 {SA(SIX1, 4000), SA(SIX1, 4001), RST(SIX1, 4002)},
		 " 3  2001:db8::1 [open]  4.000 ms  4.001 ms [closed]  4.002 ms\n"},
	};

	(void)state;
	CHECK_ROWS(cases, QUERIES, TTR_DNAT_ACCEPT);
}

static void test_dnat(void **state)
{
	static const struct row_case cases[] = {
		{1,
		 {TE(GW, 1000), TE(GW, 1000), LOST},
		 " 1  gw.example.net (192.0.2.1)  1.000 ms  1.000 ms *\n"},
		{2,
		 {NAT(GW2, 4552, INSIDE, 80), NAT(GW2, 2310, INSIDE, 80),
		  NAT(GW2, 2331, INSIDE, 80)},
		 "      Detected DNAT to 10.6.35.86\n"
		 " 2  192.0.2.2  4.552 ms  2.310 ms  2.331 ms\n"},
		{3,
		 {NAT(INSIDE, 2359, INSIDE, 8080), NAT(INSIDE, 2400, INSIDE, 8080),
		  NAT(INSIDE, 2414, INSIDE, 8080)},
		 "      Detected DNAT to 10.6.35.86:8080\n"
		 " 3  10.6.35.86  2.359 ms  2.400 ms  2.414 ms\n"},
		/* mended: the address that stayed the same is ours, not 0.0.0.0 */
		{4,
		 {TE(INSIDE, 2461), NAT(INSIDE, 2326, WWW, 8081), NAT(INSIDE, 2364, WWW, 8081)},
		 " 4  10.6.35.86  2.461 ms\n"
		 "      Detected DNAT to 198.51.100.10:8081\n"
		 "    10.6.35.86  2.326 ms  2.364 ms\n"},
		{5,
		 {LOST, NAT(GW2, 183, INSIDE, 80), NAT(GW2, 47, INSIDE2, 80)},
		 " 5  *\n"
		 "      Detected DNAT to 10.6.35.86\n"
		 "     192.0.2.2 0.183 ms\n"
		 "      Detected DNAT to 10.6.35.87\n"
		 "    192.0.2.2  0.047 ms\n"},
		{6,
		 {NAT(GW2, 1000, INSIDE2, 80), NAT(GW2, 1000, SIX1, 81), LOST},
		 " 6  192.0.2.2  1.000 ms\n"
		 "      Detected DNAT to [2001:db8::1]:81\n"
		 "    192.0.2.2  1.000 ms *\n"},
		{7,
		 {NAT(GW2, 1000, SIX7, 80), LOST, LOST},
		 "      Detected DNAT to 2001:db8::7\n"
		 " 7  192.0.2.2  1.000 ms * *\n"},
	};
	static const struct row_case silent[] = {
		{2,
		 {NAT(GW2, 4552, INSIDE, 80), NAT(GW2, 2310, INSIDE, 81), LOST},
		 " 2  192.0.2.2  4.552 ms  2.310 ms *\n"},
	};

	(void)state;
	CHECK_ROWS(cases, QUERIES, TTR_DNAT_REPORT);
	CHECK_ROWS(silent, QUERIES, TTR_DNAT_ACCEPT);
	CHECK_ROWS(silent, QUERIES, TTR_DNAT_STRICT);
}

static void test_one_query(void **state)
{
	static const struct row_case cases[] = {
		{1, {TE(GW, 2535)}, " 1  gw.example.net (192.0.2.1)  2.535 ms\n"},
		{2, {LOST}, " 2  *\n"},
		{3, {WAITING}, " 3  ?\n"},
		{4, {TE(GW2, 1234567890)}, " 4  192.0.2.2  1234567.890 ms\n"},
		{5, {SA(WWW, 4403)}, " 5  www.example.org (198.51.100.10) [open]  4.403 ms\n"},
	};

	(void)state;
	CHECK_ROWS(cases, 1, TTR_DNAT_ACCEPT);
}

static void test_not_cut_short(void **state)
{
	static const struct spec specs[2] = {WAITING, IDLE};
	struct ttr_cell cells[2] = {make_cell(&specs[0]), make_cell(&specs[1])};
	struct ttr_buffer out = {.data = NULL};
	struct ttr_text text = {.colored = false};
	struct made_up made;

	(void)state;
	make_up(&made, cells, 1, 2);
	ttr_text_row(&text, &out, &made.view, 0, 1);
	assert_string_equal(ttr_buffer_text(&out), " 1  * *\n");
	ttr_buffer_fini(&out);
}

static void test_high_ttl_rounding_debug(void **state)
{
	static struct ttr_cell cells[255];
	static const struct spec spec = SA(WWW, 0);
	struct ttr_buffer out = {.data = NULL};
	struct ttr_text text = {.debug = true};
	struct made_up made;

	(void)state;
	make_up(&made, cells, 255, 1);
	cells[254] = make_cell(&spec);
	cells[254].rtt_ns = 1999500;
	ttr_text_row(&text, &out, &made.view, 0, 255);
	assert_string_equal(ttr_buffer_text(&out),
			    "255  www.example.org (198.51.100.10) [open]  2.000 ms\n\n\n");
	ttr_buffer_fini(&out);
}

/* Without its escape sequences a coloured row is the plain one. */
static void test_color(void **state)
{
	static const struct spec specs[QUERIES] = {SA(WWW, 1000), LOST, UN(WWW, 2000, 13)};
	struct ttr_cell cells[QUERIES];
	struct ttr_buffer plain = {.data = NULL}, colored = {.data = NULL}, bare = {.data = NULL};
	struct ttr_text text = {.colored = false};
	struct made_up made;
	const char *at;

	(void)state;
	for (unsigned int i = 0; i < QUERIES; i++)
		cells[i] = make_cell(&specs[i]);
	make_up(&made, cells, 1, QUERIES);
	ttr_text_row(&text, &plain, &made.view, 0, 1);
	text = (struct ttr_text){.colored = true};
	ttr_text_row(&text, &colored, &made.view, 0, 1);
	assert_non_null(strstr(ttr_buffer_text(&colored), "\033[32m[open]\033[0m"));
	for (at = ttr_buffer_text(&colored); *at; at++) {
		if (*at == '\033')
			at = strchr(at, 'm');
		else
			ttr_buffer_add(&bare, at, 1);
	}
	assert_string_equal(ttr_buffer_text(&bare), ttr_buffer_text(&plain));
	ttr_buffer_fini(&plain);
	ttr_buffer_fini(&colored);
	ttr_buffer_fini(&bare);
}

static void test_color_wanted(void **state)
{
	(void)state;
	assert_true(ttr_style_wanted(TTR_COLOR_AUTO, true, NULL, "xterm"));
	assert_true(ttr_style_wanted(TTR_COLOR_AUTO, true, "", "xterm"));
	assert_false(ttr_style_wanted(TTR_COLOR_AUTO, true, "1", "xterm"));
	assert_false(ttr_style_wanted(TTR_COLOR_AUTO, false, NULL, "xterm"));
	assert_false(ttr_style_wanted(TTR_COLOR_AUTO, true, NULL, "dumb"));
	assert_false(ttr_style_wanted(TTR_COLOR_AUTO, true, NULL, ""));
	assert_false(ttr_style_wanted(TTR_COLOR_AUTO, true, NULL, NULL));
	assert_true(ttr_style_wanted(TTR_COLOR_ALWAYS, false, "1", NULL));
	assert_false(ttr_style_wanted(TTR_COLOR_NEVER, true, NULL, "xterm"));
}

static void check_heading(void (*compose)(struct ttr_buffer *, const struct ttr_view *, size_t),
			  const struct made_up *made, const char *expected)
{
	struct ttr_buffer out = {.data = NULL};

	compose(&out, &made->view, 0);
	assert_string_equal(ttr_buffer_text(&out), expected);
	ttr_buffer_fini(&out);
}

static void device_heading(struct ttr_buffer *out, const struct ttr_view *view, size_t port)
{
	(void)port;
	ttr_headings_device(out, view);
}

static void test_headings(void **state)
{
	struct ttr_cell cells[1] = {{.state = TTR_CELL_SILENT}};
	struct made_up made;

	(void)state;
	make_up(&made, cells, 1, 1);
	made.settings.max_ttl = 30;
	check_heading(device_heading, &made,
		      "Selected device eth0, address 203.0.113.2, port 38833 for outgoing "
		      "packets\n");
	check_heading(ttr_headings_path, &made,
		      "Tracing the path to www.example.org (198.51.100.10) on TCP port 80 (http), "
		      "30 hops max\n");
	check_heading(ttr_headings_result, &made, "Destination not reached\n");
	made.result.reached = true;
	check_heading(ttr_headings_result, &made, "");
	made.result.reached = false;
	made.grid.cut_short = true;
	check_heading(ttr_headings_result, &made, "");
	made.settings.host = "198.51.100.10";
	made.settings.length = 100;
	made.settings.track_port = true;
	made.port = 81;
	check_heading(device_heading, &made,
		      "Selected device eth0, address 203.0.113.2 for outgoing packets\n");
	check_heading(ttr_headings_path, &made,
		      "Tracing the path to 198.51.100.10 on TCP port 81, 30 hops max, 100 byte "
		      "packets\n");
	made.settings.length = 60;
	made.egress.target = addresses[SIX7];
	made.settings.host = "[2001:DB8:0::7]";
	check_heading(ttr_headings_path, &made,
		      "Tracing the path to 2001:db8::7 on TCP port 81, 30 hops max\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence_and_hosts),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_dnat),
		cmocka_unit_test(test_one_query),
		cmocka_unit_test(test_not_cut_short),
		cmocka_unit_test(test_high_ttl_rounding_debug),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_color_wanted),
		cmocka_unit_test(test_headings),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
