/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter's text is compiled by libpcap and run over packets made by hand, on every link type.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <pcap.h>
#include <sys/socket.h>

#include "filter_packets.h"
#include "net/filter.h"

struct programs {
	struct bpf_program of[LINKS];
};

/* Without addresses: the filter for many targets. */
static int write_text(char *text, size_t size, const struct ttr_filter *filter, bool vlan)
{
	if (filter->source.family == TTR_FAMILY_NONE)
		return ttr_filter_write_incoming(text, size, filter->ports, filter->port_count,
						 vlan);
	return ttr_filter_write(text, size, filter, vlan);
}

static void compile(struct programs *programs, const struct ttr_filter *filter)
{
	char text[TTR_FILTER_TEXT_MAX];
	pcap_t *pcap;

	for (size_t i = 0; i < LINKS; i++) {
		assert_int_equal(write_text(text, sizeof(text), filter, links[i].dlt == DLT_EN10MB),
				 0);
		pcap = pcap_open_dead(links[i].dlt, SNAP);
		assert_non_null(pcap);
		if (pcap_compile(pcap, &programs->of[i], text, 1, PCAP_NETMASK_UNKNOWN) < 0)
			fail_msg("%s: %s: %s", links[i].name, pcap_geterr(pcap), text);
		pcap_close(pcap);
	}
}

static void release(struct programs *programs)
{
	for (size_t i = 0; i < LINKS; i++)
		pcap_freecode(&programs->of[i]);
}

static bool accepts(const struct programs *programs, size_t i, const struct packet *p)
{
	struct bytes frame = {.length = 0};
	struct pcap_pkthdr header = {.caplen = 0};
	unsigned int in_front;

	add_link(&frame, &links[i], p->from->family == TTR_FAMILY_IPV4);
	in_front = frame.length;
	make(&frame, p);
	if (p->cut)
		frame.length = in_front + p->cut;
	header.caplen = frame.length;
	header.len = frame.length;
	return pcap_offline_filter(&programs->of[i], &header, frame.at) != 0;
}

struct expectation {
	const char *what;
	bool accepted;
	struct packet packet;
};

static void check(const struct ttr_filter *filter, const struct expectation *cases, size_t count)
{
	struct programs programs;

	compile(&programs, filter);
	for (size_t c = 0; c < count; c++)
		for (size_t i = 0; i < LINKS; i++)
			if (accepts(&programs, i, &cases[c].packet) != cases[c].accepted)
				fail_msg("%s, %s: not %s", cases[c].what, links[i].name,
					 cases[c].accepted ? "accepted" : "refused");
	release(&programs);
}

#define CHECK(filter, cases) check(&(filter), cases, sizeof(cases) / sizeof((cases)[0]))

static void test_ipv4(void **state)
{
	static const uint16_t ports[] = {40000, 50001};
	const struct ttr_filter filter = {source, target, ports, 2};
	static const struct expectation cases[] = {
		{"answer", true, {&target, &source, .from_port = 80, .to_port = 40000}},
		{"answer, second port",
		 true,
		 {&target, &source, .from_port = 80, .to_port = 50001}},
		{"answer from any port",
		 true,
		 {&target, &source, .from_port = 9, .to_port = 40000}},
		{"answer with IP options",
		 true,
		 {&target, &source, .options = 40, .from_port = 80, .to_port = 40000}},
		{"answer to another port",
		 false,
		 {&target, &source, .from_port = 80, .to_port = 40001}},
		{"answer from a third host",
		 false,
		 {&router, &source, .from_port = 80, .to_port = 40000}},
		{"answer to another host",
		 false,
		 {&target, &router, .from_port = 80, .to_port = 40000}},
		{"later fragment",
		 false,
		 {&target, &source, .fragment = 5, .from_port = 80, .to_port = 40000}},
		{"UDP",
		 false,
		 {&target, &source, .protocol = IPPROTO_UDP, .from_port = 80, .to_port = 40000}},
		{"probe", true, {&source, &target, .from_port = 40000, .to_port = 80}},
		{"other connection to the target",
		 false,
		 {&source, &target, .from_port = 41000, .to_port = 80}},
		{"other connection from the port",
		 false,
		 {&source, &router, .from_port = 40000, .to_port = 80}},
		{"time exceeded", true, {&router, &source, 11, .from_port = 40000}},
		{"unreachable", true, {&router, &source, 3, .from_port = 50001}},
		{"from the target", true, {&target, &source, 3, .from_port = 40000}},
		{"quote with options",
		 true,
		 {&router, &source, 11, .quote_options = 8, .from_port = 40000}},
		{"quote with all options",
		 true,
		 {&router, &source, 11, .quote_options = 40, .from_port = 50001}},
		{"options outside and in the quote",
		 true,
		 {&router, &source, 11, .options = 12, .quote_options = 4, .from_port = 40000}},
		{"quote of other port and target",
		 false,
		 {&router, &source, 11, .from_port = 40002, .quoted = &router}},
		{"quote of other port", true, {&router, &source, 11, .from_port = 40002}},
		{"quote of other target",
		 true,
		 {&router, &source, 11, .from_port = 40000, .quoted = &router}},
		{"quote with options, other port and target",
		 false,
		 {&router, &source, 11, .quote_options = 8, .from_port = 40002, .quoted = &router}},
		{"quote with options, other port",
		 true,
		 {&router, &source, 11, .quote_options = 8, .from_port = 40002}},
		{"quote of UDP",
		 false,
		 {&router, &source, 11, .protocol = IPPROTO_UDP, .from_port = 40000}},
		{"quote of 8 bytes",
		 true,
		 {&router, &source, 11, .from_port = 40000, .cut = 20 + 8 + 20 + 8}},
		{"quote without ports",
		 false,
		 {&router, &source, 11, .from_port = 40000, .quoted = &router, .cut = 20 + 8 + 20}},
		{"ICMP to another host", false, {&router, &target, 11, .from_port = 40000}},
		{"echo reply", false, {&router, &source, 129, .from_port = 40000}},
		{"source quench", false, {&router, &source, 4, .from_port = 40000}},
		{"redirect", false, {&router, &source, 5, .from_port = 40000}},
		{"parameter problem", false, {&router, &source, 12, .from_port = 40000}},
		{"IPv6 answer", false, {&target6, &source6, .from_port = 80, .to_port = 40000}},
		{"IPv6 time exceeded", false, {&router6, &source6, 3, .from_port = 40000}},
	};

	(void)state;
	CHECK(filter, cases);
}

static void test_ipv6(void **state)
{
	static const uint16_t ports[] = {40000, 50001, 33000};
	const struct ttr_filter filter = {source6, target6, ports, 3};
	static const struct expectation cases[] = {
		{"answer", true, {&target6, &source6, .from_port = 80, .to_port = 33000}},
		{"answer to another port",
		 false,
		 {&target6, &source6, .from_port = 80, .to_port = 40001}},
		{"answer from a third host",
		 false,
		 {&router6, &source6, .from_port = 80, .to_port = 40000}},
		{"answer behind a hop-by-hop header",
		 true,
		 {&target6, &source6, .options = 255, .from_port = 80, .to_port = 40000}},
		{"UDP",
		 false,
		 {&target6, &source6, .protocol = IPPROTO_UDP, .from_port = 80, .to_port = 40000}},
		{"probe", true, {&source6, &target6, .from_port = 40000, .to_port = 80}},
		{"other connection to the target",
		 false,
		 {&source6, &target6, .from_port = 41000, .to_port = 80}},
		{"unreachable", true, {&router6, &source6, 1, .from_port = 40000}},
		{"packet too big", true, {&router6, &source6, 2, .from_port = 50001}},
		{"time exceeded", true, {&router6, &source6, 3, .from_port = 33000}},
		{"quote of other port and target",
		 false,
		 {&router6, &source6, 3, .from_port = 40002, .quoted = &router6}},
		{"quote of other port", true, {&router6, &source6, 3, .from_port = 40002}},
		{"quote of other target",
		 true,
		 {&router6, &source6, 3, .from_port = 40000, .quoted = &router6}},
		{"quote of UDP",
		 false,
		 {&router6, &source6, 3, .protocol = IPPROTO_UDP, .from_port = 40000}},
		{"quote with hop-by-hop header",
		 true,
		 {&router6, &source6, 3, .quote_options = 255, .from_port = 40000}},
		{"quote with routing header",
		 true,
		 {&router6, &source6, 3, .quote_options = 43, .from_port = 40000}},
		{"quote with fragment header",
		 true,
		 {&router6, &source6, 3, .quote_options = 44, .from_port = 40000}},
		{"quote with destination options",
		 true,
		 {&router6, &source6, 3, .quote_options = 60, .from_port = 40000}},
		{"behind a hop-by-hop header",
		 true,
		 {&router6, &source6, 3, .options = 255, .from_port = 40000}},
		{"behind a routing header",
		 true,
		 {&router6, &source6, 3, .options = 43, .from_port = 40000}},
		{"behind destination options",
		 true,
		 {&router6, &source6, 3, .options = 60, .from_port = 40000}},
		{"fragment", false, {&router6, &source6, 3, .options = 44, .from_port = 40000}},
		{"parameter problem", false, {&router6, &source6, 4, .from_port = 40000}},
		{"echo reply", false, {&router6, &source6, 129, .from_port = 40000}},
		{"to another host", false, {&router6, &target6, 3, .from_port = 40000}},
		{"IPv4 answer", false, {&target, &source, .from_port = 80, .to_port = 40000}},
		{"IPv4 time exceeded", false, {&router, &source, 11, .from_port = 40000}},
	};

	(void)state;
	CHECK(filter, cases);
}

/* More ports than are listed: the range from the lowest to the highest. */
static void test_many_ports(void **state)
{
	static uint16_t ports[TTR_FILTER_PORTS_LISTED + 1];
	struct ttr_filter filter = {source, target, ports, TTR_FILTER_PORTS_LISTED + 1};
	struct ttr_filter filter6 = {source6, target6, ports, TTR_FILTER_PORTS_LISTED + 1};
	static const struct expectation cases[] = {
		{"lowest", true, {&target, &source, .from_port = 80, .to_port = 33000}},
		{"below", false, {&target, &source, .from_port = 80, .to_port = 32999}},
		{"probe", true, {&source, &target, .from_port = 33000, .to_port = 80}},
		{"between", true, {&source, &target, .from_port = 33500, .to_port = 80}},
		{"quote", true, {&router, &source, 11, .quote_options = 4, .from_port = 33000}},
		{"quote below",
		 false,
		 {&router, &source, 11, .from_port = 32999, .quoted = &router}},
		{"quote above",
		 false,
		 {&router, &source, 11, .from_port = 60001, .quoted = &router}},
		{"quote, highest", true, {&router, &source, 11, .from_port = 60000}},
	};
	static const struct expectation cases6[] = {
		{"highest", true, {&target6, &source6, .from_port = 80, .to_port = 60000}},
		{"above", false, {&target6, &source6, .from_port = 80, .to_port = 60001}},
		{"quote", true, {&router6, &source6, 3, .from_port = 60000}},
		{"quote above",
		 false,
		 {&router6, &source6, 3, .from_port = 60001, .quoted = &router6}},
	};

	(void)state;
	for (uint16_t i = 0; i <= TTR_FILTER_PORTS_LISTED; i++)
		ports[i] = (uint16_t)(33001 + i);
	ports[3] = 60000;
	ports[5] = 33000;
	CHECK(filter, cases);
	CHECK(filter6, cases6);
}

static void test_no_ports(void **state)
{
	const struct ttr_filter filter = {source, target, NULL, 0};
	static const struct expectation cases[] = {
		{"answer", true, {&target, &source, .from_port = 80, .to_port = 1}},
		{"quote", true, {&router, &source, 11, .from_port = 65535}},
		{"third host", false, {&router, &source, .from_port = 80, .to_port = 1}},
	};

	(void)state;
	CHECK(filter, cases);
}

static void test_incoming(void **state)
{
	static const uint16_t ports[] = {40000, 40001, 40002, 40003, 50001, 50002, 50003, 50004};
	const struct ttr_filter filter = {.ports = ports, .port_count = 8};
	static const struct expectation cases[] = {
		{"answer", true, {&target, &source, .from_port = 80, .to_port = 40000}},
		{"answer to the last port",
		 true,
		 {&target, &source, .from_port = 80, .to_port = 50004}},
		{"whoever answers", true, {&router, &source, .from_port = 7, .to_port = 40003}},
		{"IPv6 answer", true, {&target6, &source6, .from_port = 80, .to_port = 50001}},
		{"answer to another port",
		 false,
		 {&target, &source, .from_port = 80, .to_port = 40004}},
		{"IPv6 answer to another port",
		 false,
		 {&target6, &source6, .from_port = 80, .to_port = 40004}},
		{"probe", false, {&source, &target, .from_port = 40000, .to_port = 80}},
		{"IPv6 probe", false, {&source6, &target6, .from_port = 40000, .to_port = 80}},
		{"UDP",
		 false,
		 {&target, &source, .protocol = IPPROTO_UDP, .from_port = 80, .to_port = 40000}},
		{"time exceeded", true, {&router, &source, 11, .from_port = 40000}},
		{"unreachable", true, {&router, &source, 3, .from_port = 50003}},
		{"quote with options",
		 true,
		 {&router, &source, 11, .quote_options = 12, .from_port = 50002}},
		{"quote of other port", false, {&router, &source, 11, .from_port = 40005}},
		{"quote of other port and source",
		 true,
		 {&router, &source, 11, .from_port = 40005, .quoted_from = &router}},
		{"quote of UDP",
		 false,
		 {&router, &source, 11, .protocol = IPPROTO_UDP, .from_port = 40000}},
		{"echo reply", false, {&router, &source, 129, .from_port = 40000}},
		{"IPv6 time exceeded", true, {&router6, &source6, 3, .from_port = 50004}},
		{"IPv6 quote of other port and source",
		 true,
		 {&router6, &source6, 3, .from_port = 40009, .quoted_from = &router6}},
		{"IPv6 too big", true, {&router6, &source6, 2, .from_port = 40001}},
		{"IPv6 quote of other port", false, {&router6, &source6, 3, .from_port = 40009}},
		{"IPv6 echo reply", false, {&router6, &source6, 129, .from_port = 40000}},
	};

	(void)state;
	CHECK(filter, cases);
}

/* The largest text fits, every size below it is refused, and nothing is written behind the end. */
static void test_size(void **state)
{
	static uint16_t ports[TTR_FILTER_PORTS_LISTED];
	struct ttr_filter filter = {source, target, ports, TTR_FILTER_PORTS_LISTED};
	char text[TTR_FILTER_TEXT_MAX + 1];
	size_t length;

	(void)state;
	memset(ports, 0xff, sizeof(ports));
	assert_int_equal(ttr_filter_write(text, TTR_FILTER_TEXT_MAX, &filter, true), 0);
	length = strlen(text);
	for (size_t size = 0; size <= length; size++) {
		text[size] = '#';
		assert_int_equal(ttr_filter_write(text, size, &filter, true), -ENOSPC);
		assert_int_equal(text[size], '#');
	}
	assert_int_equal(ttr_filter_write(text, length + 1, &filter, true), 0);
	filter.source = source6;
	assert_int_equal(ttr_filter_write(text, sizeof(text), &filter, true), -EINVAL);
	filter.target = target6;
	memset(filter.source.bytes, 0xff, 16);
	memset(filter.target.bytes, 0xff, 16);
	assert_int_equal(ttr_filter_write(text, TTR_FILTER_TEXT_MAX, &filter, true), 0);
	filter.source.family = TTR_FAMILY_NONE;
	filter.target.family = TTR_FAMILY_NONE;
	assert_int_equal(ttr_filter_write(text, sizeof(text), &filter, true), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),       cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_many_ports), cmocka_unit_test(test_no_ports),
		cmocka_unit_test(test_size),       cmocka_unit_test(test_incoming),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
