/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/text.h"
#include "cli_view.h"

#define QUERIES 3
#define ROWS 9

/* A trace of several rows, and what was printed of it. */
struct page {
	struct ttr_cell cells[ROWS * QUERIES];
	struct ttr_changes changes[ROWS * QUERIES];
	struct made_up made;
	struct ttr_text text;
	struct ttr_buffer out;
};

static void begin_page(struct page *page, bool extensions, bool changes)
{
	static const struct spec spec = TE(GW2, 1000);

	*page = (struct page){.text = {.extensions = extensions, .changes = changes}};
	for (size_t i = 0; i < ROWS * QUERIES; i++)
		page->cells[i] = make_cell(&spec);
	make_up(&page->made, page->cells, ROWS, QUERIES);
}

static struct ttr_cell *cell_at(struct page *page, unsigned int ttl, unsigned int query)
{
	return &page->cells[(ttl - 1) * QUERIES + query];
}

static struct ttr_changes *changes_at(struct page *page, unsigned int ttl, unsigned int query)
{
	return &page->changes[(ttl - 1) * QUERIES + query];
}

static void check_row(struct page *page, unsigned int ttl, const char *expected)
{
	ttr_buffer_clear(&page->out);
	ttr_text_row(&page->text, &page->out, &page->made.view, 0, ttl);
	assert_string_equal(ttr_buffer_text(&page->out), expected);
}

static void end_page(struct page *page)
{
	ttr_buffer_fini(&page->out);
}

static const struct ttr_extensions *one_label(uint32_t label)
{
	static struct ttr_extensions kept[2];
	struct ttr_extensions *extensions = &kept[label % 2];

	*extensions = (struct ttr_extensions){
		.label_count = 1, .labels = {{.label = label, .bottom = true, .ttl = 1}}};
	return extensions;
}

static void test_forms(void **state)
{
	static const struct {
		struct ttr_extensions extensions;
		const char *text;
	} cases[] = {
		{{.invalid = false}, ""},
		{{.invalid = true}, "<invalid>"},
		{{.label_count = 1, .labels = {{.label = 16004, .bottom = true, .ttl = 1}}},
		 "<MPLS:L=16004,E=0,S=1,T=1>"},
		{{.label_count = 2,
		  .labels = {{.label = 1048575, .tc = 7, .ttl = 255}, {.label = 0}},
		  .labels_truncated = true},
		 "<MPLS:L=1048575,E=7,S=0,T=255/L=0,E=0,S=0,T=0/...>"},
		{{.interface = {.known = true}}, "<INC:>"},
		{{.interface = {.known = true,
				.index = 2,
				.address = V4(10, 0, 0, 1),
				.name = "eth0",
				.mtu = 1500}},
		 "<INC:2,10.0.0.1,\"eth0\",mtu=1500>"},
		{{.interface = {.known = true, .role = TTR_INTERFACE_SUB_IP, .name = "\033[m\xff"}},
		 "<SUB:\"\\x1b[m\\xff\">"},
		{{.interface = {.known = true, .role = TTR_INTERFACE_OUTGOING, .mtu = 9000}},
		 "<OUT:mtu=9000>"},
		{{.interface = {.known = true,
				.role = TTR_INTERFACE_NEXT_HOP,
				.index = 4294967295,
				.address = V6(7)}},
		 "<NXT:4294967295,2001:db8::7>"},
		{{.object_count = 1,
		  .objects =
			  {{.class_number = 234, .type = 7, .length = 4, .bytes = {1, 2, 3, 4}}}},
		 "<234/7:01020304>"},
		{{.invalid = true,
		  .label_count = 1,
		  .labels = {{.label = 3}},
		  .interface = {.known = true, .index = 1},
		  .object_count = 2,
		  .objects = {{.class_number = 1, .type = 255, .length = 20, .bytes = {0xff}},
			      {.class_number = 9}},
		  .objects_truncated = true},
		 "<MPLS:L=3,E=0,S=0,T=0;INC:1;1/255:ff000000000000000000000000000000...;9/0:;...;"
		 "invalid>"},
	};
	struct ttr_buffer out = {.data = NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ttr_buffer_clear(&out);
		ttr_remarks_extensions(&out, &cases[i].extensions);
		assert_string_equal(ttr_buffer_text(&out), cases[i].text);
	}
	ttr_buffer_fini(&out);
}

#define L(label) "<MPLS:L=" label ",E=0,S=1,T=1>"

static void test_extension_rows(void **state)
{
	static const struct spec other = TE(GW, 2000), lost = LOST;
	struct page page;

	(void)state;
	begin_page(&page, true, false);
	check_row(&page, 1, " 1  192.0.2.2  1.000 ms  1.000 ms  1.000 ms\n");
	/* once for all that are alike */
	for (unsigned int query = 0; query < QUERIES; query++)
		cell_at(&page, 2, query)->extensions = one_label(16);
	check_row(&page, 2, " 2  192.0.2.2 " L("16") "  1.000 ms  1.000 ms  1.000 ms\n");
	/* of one address, but not alike */
	cell_at(&page, 3, 0)->extensions = one_label(16);
	cell_at(&page, 3, 1)->extensions = one_label(17);
	check_row(&page, 3,
		  " 3  192.0.2.2 " L("16") "  1.000 ms " L("17") "  1.000 ms  1.000 ms\n");
	/* another address says it again */
	*cell_at(&page, 4, 1) = make_cell(&other);
	for (unsigned int query = 0; query < QUERIES; query++)
		cell_at(&page, 4, query)->extensions = one_label(16);
	check_row(&page, 4,
		  " 4  192.0.2.2 " L("16") "  1.000 ms\n    gw.example.net (192.0.2.1) " L(
			  "16") "  2.000 ms\n    192.0.2.2 " L("16") "  1.000 ms\n");
	/* between losses */
	*cell_at(&page, 5, 0) = make_cell(&lost);
	*cell_at(&page, 5, 1) = make_cell(&lost);
	cell_at(&page, 5, 2)->extensions = one_label(16);
	check_row(&page, 5, " 5  * * 192.0.2.2 " L("16") " 1.000 ms\n");
	*cell_at(&page, 6, 1) = make_cell(&lost);
	cell_at(&page, 6, 2)->extensions = one_label(16);
	check_row(&page, 6, " 6  192.0.2.2  1.000 ms * " L("16") " 1.000 ms\n");
	/* not asked for */
	page.text.extensions = false;
	check_row(&page, 2, " 2  192.0.2.2  1.000 ms  1.000 ms  1.000 ms\n");
	end_page(&page);
}

static void change(struct page *page, unsigned int ttl, unsigned int query, enum ttr_field field,
		   uint32_t sent, uint32_t seen)
{
	struct ttr_changes *changes = changes_at(page, ttl, query);

	cell_at(page, ttl, query)->changes = changes;
	changes->fields |= TTR_FIELD_BIT(field);
	changes->of[field] = (struct ttr_change){sent, seen};
}

#define ROW(ttl) " " ttl "  192.0.2.2  1.000 ms  1.000 ms  1.000 ms\n"
#define DETECTED "      Detected change of "

static void test_change_rows(void **state)
{
	struct page page;

	(void)state;
	begin_page(&page, false, true);
	check_row(&page, 1, ROW("1"));
	for (unsigned int ttl = 2; ttl <= 5; ttl++)
		for (unsigned int query = 0; query < QUERIES; query++) {
			change(&page, ttl, query, TTR_FIELD_TCP_MSS, 1460, ttl < 4 ? 1380 : 1360);
			change(&page, ttl, query, TTR_FIELD_IP_ID, 100 + query, 7 * ttl + query);
			change(&page, ttl, query, TTR_FIELD_IP_TTL, ttl, 9);
		}
	check_row(&page, 2,
		  ROW("2") DETECTED "ip.id from 100 to 14\n" DETECTED
				    "tcp.mss from 1460 to 1380\n");
	check_row(&page, 3, ROW("3"));
	check_row(&page, 4, ROW("4") DETECTED "tcp.mss from 1460 to 1360\n");
	check_row(&page, 5, ROW("5"));
	/* a silent cell has nothing to say, whatever is left in it */
	change(&page, 6, 1, TTR_FIELD_TCP_WINDOW, 1, 2);
	cell_at(&page, 6, 1)->state = TTR_CELL_SILENT;
	check_row(&page, 6, " 6  192.0.2.2  1.000 ms * 1.000 ms\n");
	page.text.changes = false;
	check_row(&page, 4, ROW("4"));
	end_page(&page);
}

static void test_change_values(void **state)
{
	struct page page;

	(void)state;
	begin_page(&page, false, true);
	change(&page, 1, 0, TTR_FIELD_IP_TOS, 0, 0xb8);
	change(&page, 1, 0, TTR_FIELD_IP_ECN, 1, 3);
	change(&page, 1, 0, TTR_FIELD_TCP_FLAGS, 0xc2, 0);
	change(&page, 1, 0, TTR_FIELD_TCP_OPTIONS, 0x11c, 0x0c);
	change(&page, 1, 1, TTR_FIELD_TCP_OPTIONS, 0x11c, 0);
	check_row(&page, 1,
		  ROW("1") DETECTED
		  "ip.tos from 0x00 to 0xb8\n" DETECTED "ip.ecn from 1 to 3\n" DETECTED
		  "tcp.flags from SYN,CWR,ECE to none\n" DETECTED
		  "tcp.options from mss,wscale,sack,timestamps to mss,wscale\n" DETECTED
		  "tcp.options from mss,wscale,sack,timestamps to none\n");
	/* addresses: the first one, the same, another one */
	for (unsigned int ttl = 2; ttl <= 4; ttl++) {
		change(&page, ttl, 0, TTR_FIELD_IP_SRC, 0, 0);
		change(&page, ttl, 0, TTR_FIELD_IP_DST, 0, 0);
		changes_at(&page, ttl, 0)->source = addresses[ttl < 4 ? INSIDE : INSIDE2];
		cell_at(&page, ttl, 0)->quoted_target = addresses[ttl < 4 ? INSIDE : GW];
	}
	check_row(&page, 2,
		  ROW("2") DETECTED "ip.src from 203.0.113.2 to 10.6.35.86\n" DETECTED
				    "ip.dst from 198.51.100.10 to 10.6.35.86\n");
	check_row(&page, 3, ROW("3"));
	check_row(&page, 4,
		  ROW("4") DETECTED "ip.src from 203.0.113.2 to 10.6.35.87\n" DETECTED
				    "ip.dst from 198.51.100.10 to 192.0.2.1\n");
	end_page(&page);
}

/* Each port says what its own probes met. */
static void test_ports(void **state)
{
	struct ttr_port_result results[2] = {{.port = 80}, {.port = 443}};
	struct page page;

	(void)state;
	begin_page(&page, false, true);
	page.made.grid.max_ttl = 1;
	page.made.grid.port_count = 2;
	page.made.grid.ports = results;
	for (unsigned int query = 0; query < 2 * QUERIES; query++)
		change(&page, 1, query, TTR_FIELD_TCP_MSS, 1460, 536);
	check_row(&page, 1, ROW("1") DETECTED "tcp.mss from 1460 to 536\n");
	check_row(&page, 1, ROW("1"));
	ttr_buffer_clear(&page.out);
	ttr_text_row(&page.text, &page.out, &page.made.view, 1, 1);
	assert_string_equal(ttr_buffer_text(&page.out),
			    ROW("1") DETECTED "tcp.mss from 1460 to 536\n");
	end_page(&page);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),       cmocka_unit_test(test_extension_rows),
		cmocka_unit_test(test_change_rows), cmocka_unit_test(test_change_values),
		cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests_name("remarks", tests, NULL, NULL);
}
