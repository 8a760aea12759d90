/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"

#define BASE "prober 198.18.0.1 2001:db8::1\n"
#define HOP1 "hop 1 203.0.113.1 rtt 1ms\n"
#define DEST "destination 198.51.100.10 at 2\n"

static void test_wrong_lines_are_named(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{BASE "fnord 3\n", "line 2: unknown statement: fnord"},
		{"", "line 0: the prober has no address"},
		{"prober\n", "line 1: an address is missing"},
		{"prober 1.2.3\n", "line 1: an address is missing: 1.2.3"},
		{"prober 1.2.3.4 1.2.3.5\n", "line 1: one address of each family: 1.2.3.5"},
		{BASE BASE, "line 2: there is a prober already"},
		{BASE "hop\n", "line 2: hop: a number, 1 to 254"},
		{BASE "hop 0 silent\n", "line 2: hop: a number, 1 to 254: 0"},
		{BASE "hop 255 silent\n", "line 2: hop: a number, 1 to 254: 255"},
		{BASE "hop 3-2 silent\n", "line 2: hop: a number, 1 to 254: 3-2"},
		{BASE "hop 1\n", "line 2: hop: an address, or silent"},
		{BASE "hop 1 203.0.113.300\n", "line 2: not an address: 203.0.113.300"},
		{BASE "hop 1 203.0.113.1 rtt\n", "line 2: a time is missing"},
		{BASE "hop 1 203.0.113.1 rtt 5\n", "line 2: not a time such as 2.5ms: 5"},
		{BASE "hop 1 203.0.113.1 rtt 5m\n", "line 2: not a time such as 2.5ms: 5m"},
		{BASE "hop 1 203.0.113.1 rtt .5ms\n", "line 2: not a time such as 2.5ms: .5ms"},
		{BASE "hop 1 203.0.113.1 rtt 1001s\n", "line 2: not a time such as 2.5ms: 1001s"},
		{BASE "hop 1 203.0.113.1 rtt 1ms rtt 2ms\n", "line 2: said twice: rtt"},
		{BASE "hop 1 203.0.113.1 loss 101%\n", "line 2: not a share such as 10%: 101%"},
		{BASE "hop 1 203.0.113.1 loss 5\n", "line 2: not a share such as 10%: 5"},
		{BASE "hop 1 203.0.113.1 at 5\n", "line 2: unknown attribute: at"},
		{BASE "hop 1 203.0.113.1 ttl 0\n", "line 2: not a number in its range: 0"},
		{BASE "hop 1 203.0.113.1 ttl\n", "line 2: a number is missing after: ttl"},
		{BASE "hop 1 203.0.113.1 options 6\n", "line 2: IP options are 4, 8 .. 40 bytes"},
		{BASE "hop 1 203.0.113.1 reject\n", "line 2: code N is missing"},
		{BASE "hop 1 203.0.113.1 per hour\n", "line 2: per packet, or per flow"},
		{BASE "hop 1 203.0.113.1 limit 6 1s\n",
		 "line 2: not a rate such as 1/s or 100/10s: 1s"},
		{BASE "hop 1 203.0.113.1 mpls 16/8/1\n",
		 "line 2: mpls: LABEL/CLASS/TTL, not: 16/8/1"},
		{BASE "hop 1 203.0.113.1 mpls 16/8\n", "line 2: mpls: LABEL/CLASS/TTL, not: 16/8"},
		{BASE "hop 1 203.0.113.1 object class 9 type 1 abc\n",
		 "line 2: not bytes in hex: abc"},
		{BASE "hop 1 203.0.113.1 interface index 1 index 2\n",
		 "line 2: unknown attribute: index"},
		{BASE "hop 1 203.0.113.1 extensions new\n",
		 "line 2: extensions: rfc4884 or old, not: new"},
		{BASE "hop 1 203.0.113.1 reorder 5%\n", "line 2: by TIME is missing"},
		{BASE "hop 1 203.0.113.1 malformed oddly 5%\n",
		 "line 2: malformed in no such way: oddly"},
		{BASE "forge 5 icmp\n", "line 2: not a rate such as 20000/s: 5"},
		{BASE "forge 5/s udp\n", "line 2: forge: icmp or tcp, not: udp"},
		{BASE "forge 5/s icmp\nforge 6/s icmp\n", "line 3: one forger of each kind"},
		{BASE HOP1 HOP1, "line 3: this hop was described already"},
		{BASE "destination 198.51.100.10\n", "line 2: the distance is missing (at N)"},
		{BASE HOP1 "\n#\ndestination 198.51.100.10 at 4\n",
		 "line 5: a hop on the way is not described: 2"},
		{BASE HOP1 DEST DEST, "line 4: another destination has this address"},
		{BASE HOP1 DEST "hop 2 silent\n", "line 4: this hop lies behind the destination"},
		{BASE "port 80 open\n", "line 2: this belongs behind a destination: port"},
		{BASE "stack linux\n", "line 2: this belongs behind a destination: stack"},
		{BASE HOP1 DEST "port 0 open\n", "line 4: not a port: 0"},
		{BASE HOP1 DEST "port 80\n", "line 4: what does this port do?"},
		{BASE HOP1 DEST "port 80 ajar\n",
		 "line 4: open, closed, dropped, answers or rejected, not: ajar"},
		{BASE HOP1 DEST "port 80 open wide\n", "line 4: not understood: wide"},
		{BASE HOP1 DEST "port 80 answers XXX\n", "line 4: not a TCP flag: XXX"},
		{BASE HOP1 DEST "port 80 open\nport 1-99 open\n",
		 "line 3: a port was described twice"},
		{BASE HOP1 DEST "stack windows\n", "line 4: no such stack: windows"},
		{BASE HOP1 DEST "dnat 10.0.0.1:80\n", "line 4: dnat: at N is missing"},
		{BASE HOP1 DEST "dnat 10.0.0.1:x at 1\n",
		 "line 4: dnat: ADDRESS:PORT or [ADDRESS]:PORT: 10.0.0.1:x"},
		{BASE HOP1 DEST "dnat 10.0.0.1 at 1\ndnat 10.0.0.2 at 1\n",
		 "line 5: one dnat for each family"},
		{BASE "nat 192.0.2.7:x at 3\n",
		 "line 2: ADDRESS, ADDRESS:OFFSET or [ADDRESS]:OFFSET: 192.0.2.7:x"},
		{BASE "firewall at 2 allow 25\n",
		 "line 2: drop, reject, reset or synproxy, not: allow"},
		{BASE "firewall at 2 drop\n", "line 2: which ports?"},
		{BASE "firewall at 2 drop 0\n", "line 2: not a port: 0"},
		{BASE "isn untranslated\n", "line 2: at N is missing: isn"},
		{BASE "ipid at 3 untranslated\n", "line 2: not understood: untranslated"},
		{BASE "dscp 64 at 3\n", "line 2: not a number in its range: 64"},
		{BASE "nameserver 198.51.100.53 dead refused\n",
		 "line 2: only one of dead, refused, servfail"},
		{BASE "nameserver 198.51.100.53 rtt 5ms\n", "line 2: unknown attribute: rtt"},
		{BASE "name 203.0.113.1\n", "line 2: name: an address and a name"},
		{BASE "name 203.0.113.1 a..b\n", "line 2: a name has an empty label"},
		{BASE "seed x\n", "line 2: not a number in its range: x"},
		{BASE "seed 1\nseed 1\n", "line 3: there is a seed already"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[200];
		struct pathsim *sim;
		int status = pathsim_parse(&sim, cases[i].text, strlen(cases[i].text), error,
					   sizeof(error));

		if (status != -EINVAL || strcmp(error, cases[i].error) != 0)
			fail_msg("%s: %d, %s", cases[i].text, status, error);
		assert_null(sim);
	}
}

static void test_nul_and_long_lines(void **state)
{
	static const char nul[] = "prober 198.18.0.1\nhop 1\0 silent\n";
	char error[100], line[6000];
	struct pathsim *sim;

	(void)state;
	assert_int_equal(pathsim_parse(&sim, nul, sizeof(nul) - 1, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "line 2: a NUL byte");
	memset(line, 'x', sizeof(line));
	assert_int_equal(pathsim_parse(&sim, line, sizeof(line), error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "line 1: the line is too long");
	for (size_t i = 0; i < 4000; i += 2)
		memcpy(line + i, "a ", 2);
	assert_int_equal(pathsim_parse(&sim, line, 4000, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "line 1: too many words");
}

static const char everything[] =
	"seed 42\n"
	"prober 198.18.0.1 2001:db8::1\n"
	"gateway 198.18.0.2 fe80::2\n"
	"forge 20000/s icmp ports random seq random\n"
	"forge 100/10s tcp ports known seq random for 500ms\n"
	"hop 1 203.0.113.1 2001:db8:1::1 rtt 0.25ms jitter 0.000001ms loss 12.5% ttl 255 back 3 "
	"options 8 quote full mpls 16004/0/1 1048575/7/255 object class 99 type 3 deadbeef "
	"extensions old "
	"name a.example interface role outgoing name eth0 index 3 address 203.0.113.1 mtu 1500\n"
	"hop 2 203.0.113.2,203.0.113.22 2001:db8:1::2,2001:db8:1::22 per packet quote 8 quote-ttl "
	"sent\n"
	"hop 3 silent reorder 5% by 5ms late 1.5% by 900ms duplicate 2% malformed zero-object 3% "
	"limit 10 100/10s\n"
	"hop 4 203.0.113.4 silent reject code 13 code6 1\n"
	"detour at 1 share 30% 203.0.113.51,203.0.113.52 2001:db8:1::51 per packet rtt 5ms\n"
	"firewall at 2 drop any\n"
	"nat 192.0.2.7:1000 at 2 unrestored\n"
	"nat 2001:db8:7::7 at 2\n"
	"isn at 2 untranslated\n"
	"destination 198.51.100.10 2001:db8:ff::10 at 4 rtt 180ms name www.example.net\n"
	"stack syncookies without timestamps\n"
	"rstlimit 200/s burst 1\n"
	"port 7 answers PSH ACK\n"
	"port 8 answers none\n"
	"port 9 rejected code 3 code6 4\n"
	"port 22 closed\n"
	"port 80 open\n"
	"port 443 open ecn\n"
	"port 8000-8080 open\n"
	"port any dropped\n"
	"dnat 10.6.35.86:8080 at 3\n"
	"dnat [fd00::86]:8080 at 2\n"
	"firewall at 1 reject code 13 code6 1 25\n"
	"firewall at 2 reset 1-1023\n"
	"firewall at 3 synproxy any\n"
	"ipid at 1\n"
	"tos 16 at 1\n"
	"dscp 46 at 2\n"
	"ecn at 2\n"
	"ece at 2\n"
	"timestamps at 3\n"
	"mss 1300 at 3\n"
	"options at 4\n"
	"isn at 2\n"
	"hop 2 203.0.113.222 rtt 1ms quote-ttl 0\n"
	"destination 198.51.100.11 at 2 silent limit linux\n"
	"dnat 10.6.35.87 at 1\n"
	"nameserver 198.51.100.53 2001:db8:ff::53 at 2 delay 2500ms servfail\n"
	"nameserver 198.51.100.54 dead\n"
	"name 203.0.113.22 b.example\n";

static void test_prints_what_it_read(void **state)
{
	struct pathsim *sim = network(everything);
	char text[4096], small[10];

	(void)state;
	assert_int_equal(pathsim_print(sim, text, sizeof(text)), strlen(everything));
	assert_string_equal(text, everything);
	assert_int_equal(pathsim_print(sim, small, sizeof(small)), strlen(everything));
	assert_string_equal(small, "seed 42\np");
	pathsim_free(sim);
}

static void test_reads_plain_data(void **state)
{
	struct pathsim *sim = network("prober 198.18.0.1 # me\r\n\n\thop 1-3 silent rtt 2s\n"
				      "destination 198.51.100.10 at 4 loss 0.0001%\n"
				      "port 22,80,1000-1999 open # last line without end");
	const struct pathsim_network *plain = pathsim_network(sim);
	struct pathsim_addr to = addr("198.51.100.10");

	(void)state;
	assert_int_equal(plain->hop_count, 3);
	assert_int_equal(plain->hops[2].ttl, 3);
	assert_true(plain->hops[2].silent);
	assert_int_equal(plain->hops[2].manner.rtt_ns, 2000 * MS);
	assert_int_equal(plain->destinations[0].manner.loss_ppm, 1);
	assert_int_equal(pathsim_distance(sim, &to), 4);
	assert_int_equal(pathsim_port(sim, &to, 22)->kind, PATHSIM_PORT_OPEN);
	assert_int_equal(pathsim_port(sim, &to, 1500)->kind, PATHSIM_PORT_OPEN);
	assert_int_equal(pathsim_port(sim, &to, 2000)->kind, PATHSIM_PORT_CLOSED);
	to = addr("198.51.100.11");
	assert_int_equal(pathsim_distance(sim, &to), 0);
	assert_null(pathsim_port(sim, &to, 22));
	pathsim_free(sim);
}

/* What is cut anywhere is read or refused, never worse. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(everything); len++) {
		char *text = malloc(len + 1), error[100];
		struct pathsim *sim;

		assert_non_null(text);
		memcpy(text, everything, len);
		if (pathsim_parse(&sim, text, len, error, sizeof(error)) < 0)
			assert_memory_equal(error, "line ", 5);
		pathsim_free(sim);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_lines_are_named),
		cmocka_unit_test(test_nul_and_long_lines),
		cmocka_unit_test(test_prints_what_it_read),
		cmocka_unit_test(test_reads_plain_data),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
