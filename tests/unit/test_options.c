/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "tcptraceroute/clock.h"

#define ARGUMENTS_MAX 40

/* A command line after the program's name, split at '|', so that words may hold anything. */
struct command {
	char text[512];
	char name[16];
	char *argv[ARGUMENTS_MAX];
	int argc;
};

static void split(struct command *command, const char *line)
{
	char *at = command->text;

	assert_true(strlen(line) < sizeof(command->text));
	*command = (struct command){.name = "tcptraceroute", .argc = 1};
	memcpy(command->text, line, strlen(line) + 1);
	command->argv[0] = command->name;
	while (at) {
		char *bar = strchr(at, '|');

		assert_true(command->argc < ARGUMENTS_MAX);
		if (bar)
			*bar++ = '\0';
		command->argv[command->argc++] = at;
		at = bar;
	}
}

static int parse(struct command *command, struct ttr_options *options, struct ttr_buffer *error,
		 const char *line)
{
	split(command, line);
	return ttr_options_parse(options, error, command->argc, command->argv);
}

/* One line, nothing of the trace begun: what the rows of the bad-input list ask for. */
static void test_refused(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		/* C2, C4 */
		{"", "Bad destination address: empty target"},
		{"-n", "No destination given"},
		{"host|80|100|extra", "Too many arguments: extra"},
		/* C5, C6 */
		{"host|0", "Port must be greater than 0: 0"},
		{"host|65536", "Port must be less than 65536: 65536"},
		{"host|-1", "Unknown command line argument: -1"},
		{"host|--|-1", "Unknown port: -1"},
		{"host|99999999999999999999", "Port must be less than 65536: 99999999999999999999"},
		{"host|80x", "Unknown port: 80x"},
		{"host| 80", "Unknown port:  80"},
		{"host|0x50", "Unknown port: 0x50"},
		{"host|8e1", "Unknown port: 8e1"},
		{"host|nosuchport", "Unknown port: nosuchport"},
		{"host|", "Unknown port: "},
		/* C7 */
		{"-m|0|host", "TTL must be greater than 0"},
		{"-m|256|host", "TTL must be less than 256"},
		{"-m|-1|host", "Numeric argument required for -m"},
		{"-m-1|host", "Numeric argument required for -m"},
		{"-m|1.5|host", "Numeric argument required for -m"},
		{"-m||host", "Numeric argument required for -m"},
		{"-m|4294967297|host", "TTL must be less than 256"},
		{"-f|0|host", "TTL must be greater than 0"},
		{"-f|256|host", "TTL must be less than 256"},
		{"-fx|host", "Numeric argument required for -f"},
		{"-f| 1|host", "Numeric argument required for -f"},
		/* C8 */
		{"-f|5|-m|3|host", "Minimum TTL (5) must be less than maximum TTL (3)"},
		{"-f|31|host", "Minimum TTL (31) must be less than maximum TTL (30)"},
		/* C9 */
		{"-q|0|host", "Number of queries must be at least 1"},
		{"-q|1000000|host", "Number of queries must be at most 1000"},
		{"-q|1001|host", "Number of queries must be at most 1000"},
		{"-q|+3|host", "Numeric argument required for -q"},
		/* C10 */
		{"-q|1000|-m|255|host|1-8",
		 "Too many probes: 2040000 (ports x queries x TTLs), the limit is 2000000"},
		{"-p|53|host|1-4097", "Too many flows: 4097 (ports x queries), the limit is 4096"},
		{"-q|2|host|1-65535",
		 "Too many probes: 3932100 (ports x queries x TTLs), the limit is 2000000"},
		{"--rate|0|host", "--rate must be at least 1"},
		{"--rate|x|host", "Numeric argument required for --rate"},
		{"--hop-rate|0|host", "--hop-rate must be at least 1"},
		{"--hop-rate|1000001|host", "--hop-rate must be at most 1000000"},
		{"--retries|4|host", "--retries must be at most 3"},
		{"--retries|-1|host", "Numeric argument required for --retries"},
		{"--track-port|-q|50|-m|100|host",
		 "Too many flows: 5000 (ports x queries x TTLs), the limit is 4096"},
		/* C11, C12 */
		{"-w|0|host", "Timeout must be at least 1"},
		{"-w|-1|host", "Numeric argument required for -w"},
		{"-w|nan|host", "Numeric argument required for -w"},
		{"-w|inf|host", "Numeric argument required for -w"},
		{"-w|1e309|host", "Numeric argument required for -w"},
		{"-w|0x1p3|host", "Numeric argument required for -w"},
		{"-w|1,5|host", "Numeric argument required for -w"},
		{"-w|1.2.3|host", "Numeric argument required for -w"},
		{"-w|.|host", "Numeric argument required for -w"},
		{"-w||host", "Numeric argument required for -w"},
		{"-w|99999999999|host", "Timeout must be at most 3600"},
		{"-w|99999999999999999999999999|host", "Timeout must be at most 3600"},
		{"-w|0.0000001|host", "Timeout must be at least 0.001"},
		{"--max-time|0|host", "--max-time must be at least 0.001"},
		{"--max-time|86401|host", "--max-time must be at most 86400"},
		{"--dns-wait|3601|host", "--dns-wait must be at most 3600"},
		{"--dns-wait|soon|host", "Numeric argument required for --dns-wait"},
		/* C15, C17 */
		{"-i||host", "Empty device name"},
		{"-iaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|host",
		 "Device name too long"},
		{"-s||host", "Bad source address: none given"},
		/* C24 */
		{"--\033[31m|host", "Unknown command line argument: --\\x1b[31m"},
		{"-\033|host", "Unknown command line argument: -\\x1b"},
		{"-\xc3\xa9|host", "Unknown command line argument: -\\xc3"},
		/* C25 */
		{"-4|-6|host", "-4 and -6 exclude each other"},
		{"-46|host", "-4 and -6 exclude each other"},
		{"-4|::1", "Bad destination address: ::1: not IPv4 (-4)"},
		{"-4|[::1]", "Bad destination address: [::1]: not IPv4 (-4)"},
		{"-6|127.0.0.1", "Bad destination address: 127.0.0.1: not IPv6 (-6)"},
		/* C26 */
		{"--json|--ndjson|host", "--json and --ndjson exclude each other"},
		/* C29, C30 */
		{"-l|0|host", "Packet length must be at least 1"},
		{"-l|65536|host", "Packet length must be at most 65535"},
		{"-l|-1|host", "Numeric argument required for -l"},
		{"host|80|12x", "Numeric argument required for the packet length: 12x"},
		{"host|80|0", "Packet length must be at least 1"},
		{"host|80|", "Numeric argument required for the packet length: "},
		{"-t|256|host", "TOS must be less than 256"},
		{"-t|-1|host", "Numeric argument required for -t"},
		/* C33 */
		{"--bogus|host", "Unknown command line argument: --bogus"},
		{"--dns|host", "Unknown command line argument: --dns"},
		{"--jso|host", "Unknown command line argument: --jso"},
		{"--json=1|host", "Unknown command line argument: --json=1"},
		{"--=|host", "Unknown command line argument: --="},
		{"-Z|host", "Unknown command line argument: -Z"},
		{"-nZ|host", "Unknown command line argument: -Z"},
		{"--", "No destination given"},
		{"-", "Bad destination address: -"},
		/* arguments that are missing or wrong */
		{"host|-q", "Argument required for -q"},
		{"host|-nq", "Argument required for -q"},
		{"host|--syn", "Argument required for --syn"},
		{"-q|--syn|bare|host", "Argument required for -q"},
		{"-q|--|host", "Numeric argument required for -q"},
		{"--syn|cooked|host", "--syn takes linux|bare, not cooked"},
		{"--syn=|host", "--syn takes linux|bare, not "},
		{"--isn=rand|host", "--isn takes same|rising|random, not rand"},
		{"--color|Always|host", "--color takes auto|always|never, not Always"},
		{"--window|0|host", "Window must be at least 1"},
		{"--window|256|host", "Window must be at most 255"},
		{"-p|0|host", "Source port must be at least 1"},
		{"-P|65536|host", "Source port must be at most 65535"},
		{"-p|http|host", "Numeric argument required for -p"},
		{"--unprivileged|-A|host", "-A needs raw sockets, --unprivileged has none"},
		{"-SA|--unprivileged|host", "-A needs raw sockets, --unprivileged has none"},
		{"--unprivileged|-E|host", "-E needs raw sockets, --unprivileged has none"},
		{"--unprivileged|--syn|bare|host",
		 "--syn bare needs raw sockets, --unprivileged has none"},
		{"--unprivileged|--isn|rising|host",
		 "--isn rising needs raw sockets, --unprivileged has none"},
		{"--unprivileged|--isn|random|host",
		 "--isn random needs raw sockets, --unprivileged has none"},
		{"--unprivileged|-l|61|host", "-l needs raw sockets, --unprivileged has none"},
		{"--unprivileged|host|80|1000", "-l needs raw sockets, --unprivileged has none"},
		{"--unprivileged|-t|1|host",
		 "-t with ECN bits needs raw sockets, --unprivileged has none"},
		{"--unprivileged|-p|4000|host", "-p needs raw sockets, --unprivileged has none"},
		{"--unprivileged|-P|4000|host", "-P needs raw sockets, --unprivileged has none"},
		{"--unprivileged|--dnat|host", "--dnat needs raw sockets, --unprivileged has none"},
		{"--unprivileged|--no-dnat-strict|host",
		 "--no-dnat-strict needs raw sockets, --unprivileged has none"},
		{"--unprivileged|--changes|host",
		 "--changes needs raw sockets, --unprivileged has none"},
		{"--resume|x|host", "--resume needs --targets"},
		{"--full|host", "--full needs --targets"},
		{"--targets|x|-A", "--targets needs SYN probes (not -A)"},
		{"--targets|x|-p|4000",
		 "--targets draws its source ports (not -p, -P, --track-port)"},
		{"--targets|x|--locate", "--targets and --locate exclude each other"},
		{"--targets|x|--unprivileged",
		 "--targets needs raw sockets, --unprivileged has none"},
		{"--targets|x|-l|1501", "--targets: packets of at most 1500 bytes"},
		{"--targets|x|443|40|extra", "Too many arguments: extra"},
		{"--targets|x|-4|-6", "-4 and -6 exclude each other"},
		{"--unprivileged|--locate|host",
		 "--locate needs raw sockets, --unprivileged has none"},
		{"--locate|-A|host", "--locate needs SYN probes, not -A"},
		{"--locate|--track-port|host", "--locate and --track-port exclude each other"},
		{"--verify|all|host", "--verify is for --locate"},
		{"--locate|--verify|some|host", "--verify takes sample|all, not some"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_buffer error = {.data = NULL};
		struct ttr_options options;
		struct command command;

		assert_int_equal(parse(&command, &options, &error, cases[i].line),
				 TTR_OPTIONS_REFUSED);
		assert_string_equal(ttr_buffer_text(&error), cases[i].error);
		ttr_options_fini(&options);
		ttr_buffer_fini(&error);
	}
}

/* Everything that an option can change, as text. */
static void describe(char *text, size_t size, const struct ttr_options *options)
{
	const struct ttr_settings *s = &options->settings;

	snprintf(text, size,
		 "%s port %u/%zu family %d ttl %u-%u q %u win %u wait %d max %d dns %d "
		 "dev %s src %s sport %u%s%s flags %02x tos %u df %d len %u syn %d isn %d dnat %d "
		 "names %d filter %d rate %u hop %u again %u format %d color %d debug %u%s%s",
		 s->host, s->ports[0], s->port_count, (int)s->family, s->first_ttl, s->max_ttl,
		 s->queries, s->window, (int)(s->wait_ns / TTR_NS_PER_MS),
		 (int)(s->max_time_ns / TTR_NS_PER_MS), (int)(s->dns_wait_ns / TTR_NS_PER_MS),
		 s->device ? s->device : "-", s->source ? s->source : "-", s->source_port,
		 s->source_port_forced ? "!" : "", s->track_port ? " each" : "", s->flags, s->tos,
		 s->dont_fragment, s->length, (int)s->style, (int)s->isn, (int)s->dnat,
		 (int)s->names, s->kernel_filter, s->rate, s->hop_rate, s->retries,
		 (int)options->format, (int)options->color, options->debug,
		 options->extensions ? " extensions" : "", options->changes ? " changes" : "");
}

#define PLAIN                                                                                      \
	"host port 80/1 family 0 ttl 1-30 q 3 win 0 wait 0 max 0 dns 2000 dev - src - sport 0 "    \
	"flags 02 tos 0 df 0 len 0 syn 0 isn 0 dnat 0 names 1 filter 1 rate 0 hop 0 again 3 "      \
	"format 0 color 0 debug 0"

/* Asserts that every word of "wanted" ("q 5, ttl 3-9") is in the description, and that the rest is
 * as it is without options. */
static void check_accepted(const char *line, const char *wanted)
{
	struct ttr_buffer error = {.data = NULL};
	struct ttr_options options;
	struct command command;
	char text[1024];

	assert_int_equal(parse(&command, &options, &error, line), TTR_OPTIONS_RUN);
	assert_string_equal(ttr_buffer_text(&error), "");
	describe(text, sizeof(text), &options);
	if (!strstr(text, wanted))
		fail_msg("%s: no \"%s\" in \"%s\"", line, wanted, text);
	ttr_options_fini(&options);
	ttr_buffer_fini(&error);
}

static void test_accepted(void **state)
{
	static const struct {
		const char *line, *wanted;
	} cases[] = {
		{"host", PLAIN},
		{"-S|host", PLAIN},
		{"-n|-N|host", "names 2"},
		{"-N|-n|host", "names 0"},
		{"-nN|host", "names 2"},
		{"host|-q1|443", "host port 443/1"},
		{"host|443|-q|1", " q 1 "},
		{"-q|5|host", " q 5 "},
		{"-q5|-q7|host", " q 7 "},
		{"-q|0003|host", " q 3 "},
		{"-f|5|-m|5|host", "ttl 5-5"},
		{"-f255|-m255|-q1|-w1|host", "ttl 255-255 q 1 win 0 wait 1000"},
		{"-w|1.5|host", "wait 1500"},
		{"-w|.25|host", "wait 250"},
		{"-w|2.|host", "wait 2000"},
		{"-w|0.001|host", "wait 1 "},
		{"-w|3600|host", "wait 3600000"},
		{"--dns-wait|0|host", "dns 0 "},
		{"--dns-wait=0.5|host", "dns 500"},
		{"--max-time|0.1|host", "max 100 "},
		{"--window|4|host", "win 4 "},
		{"-A|host", "flags 10"},
		{"-S|-A|host", "flags 12"},
		{"-SA|host", "flags 12"},
		{"-E|host", "flags c2"},
		{"-AE|host", "flags d0"},
		{"-i|any|-s|192.0.2.1|host", "dev any src 192.0.2.1"},
		{"-p|8080|host", "sport 8080 flags"},
		{"-P|8080|host", "sport 8080! flags"},
		{"-p|81|-P|80|host", "sport 80! flags"},
		{"--track-port|host", "sport 0 each"},
		{"--track-port|--track-id|host", "sport 0 flags"},
		{"--track-port|--track-ipid|host", "sport 0 flags"},
		{"--track-port|-p|99|host", "sport 99 flags"},
		{"-t|255|host", "tos 255"},
		{"-F|host", "df 1"},
		{"--syn|bare|host", "syn 1"},
		{"--syn=linux|host", "syn 0"},
		{"--isn=rising|host", "isn 1"},
		{"--isn|random|host", "isn 2"},
		{"--dnat|host", "dnat 1"},
		{"--dnat|--no-dnat|host", "dnat 0"},
		{"--no-dnat-strict|host", "dnat 2"},
		{"--no-filter|host", "filter 0"},
		{"--no-getinterfaces|--no-select|--select|host", PLAIN},
		{"--json|host", "format 1"},
		{"--ndjson|host", "format 2"},
		{"--color=never|host", "color 2"},
		{"-dd|-d|host", "debug 3"},
		{"-e|host", "debug 0 extensions"},
		{"--extensions|host", "debug 0 extensions"},
		{"--changes|host", "debug 0 changes"},
		{"-e|--changes|host", "extensions changes"},
		{"-4|host", "family 4"},
		{"-6|host", "family 6"},
		{"-6|::1", "family 6"},
		{"-4|::ffff:10.0.0.1", "family 4"},
		{"::1", "family 0"},
		{"host|443,80-82,443", "port 443/4"},
		{"host|80-82", " q 3"},
		{"-q|2|host|80-89", " q 2"},
		{"host|1-65535", "port 1/65535"},
		{"host|1-65535", " q 1"},
		{"--rate|100|host", "rate 100"},
		{"--hop-rate=20|host", "hop 20"},
		{"--retries|0|host", "again 0"},
		/* lengths */
		{"-l|100|host", "len 100 "},
		{"host|80|100", "len 100 "},
		{"-l|20|host", "len 60 "},
		{"-l|39|--syn|bare|host", "len 40 "},
		{"-l|20|-6|host", "len 80 "},
		{"-l|20|2001:db8::1", "len 80 "},
		{"-l|20|::ffff:10.0.0.1", "len 60 "},
		{"-l|65535|host", "len 65535 "},
		/* words win over a letter's argument, and "--" ends them */
		{"-i|--dnat|eth0|host", "dev eth0"},
		{"-i|--dnat|eth0|host", "dnat 1"},
		{"--|host|80", PLAIN},
		{"-n|--|-rf|80", "-rf port 80/1"},
		{"--|--json", "--json port 80/1"},
		{"-i|-|host", "dev - src"},
		{"host|http", PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_accepted(cases[i].line, cases[i].wanted);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *line;
		int outcome;
	} cases[] = {
		{"-h", TTR_OPTIONS_HELP},
		{"--help", TTR_OPTIONS_HELP},
		{"-v", TTR_OPTIONS_VERSION},
		{"--version", TTR_OPTIONS_VERSION},
		{"host|80|-nh|-Z", TTR_OPTIONS_HELP},
		{"-q|--help", TTR_OPTIONS_HELP},
		{"-Z|--help", TTR_OPTIONS_REFUSED},
		{"host", TTR_OPTIONS_RUN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ttr_buffer error = {.data = NULL};
		struct ttr_options options;
		struct command command;

		assert_int_equal(parse(&command, &options, &error, cases[i].line),
				 cases[i].outcome);
		ttr_options_fini(&options);
		ttr_buffer_fini(&error);
	}
}

/* C1, C32 */
static void test_no_arguments(void **state)
{
	char name[] = "tcptraceroute";
	char *argv[] = {name, NULL};
	struct ttr_buffer error = {.data = NULL};
	struct ttr_options options;

	(void)state;
	assert_int_equal(ttr_options_parse(&options, &error, 1, argv), TTR_OPTIONS_EMPTY);
	ttr_options_fini(&options);
	assert_int_equal(ttr_options_parse(&options, &error, 0, argv + 1), TTR_OPTIONS_EMPTY);
	ttr_options_fini(&options);
	ttr_buffer_fini(&error);
}

/* C13, C31: no growth, no long echo */
static void test_many_and_large(void **state)
{
	enum { COUNT = 20002, SIZE = 2 << 20 };
	char **argv = calloc(COUNT, sizeof(*argv));
	char *large = malloc(SIZE + 1);
	char option[] = "-m", seven[] = "7", host[] = "host", port[] = "80";
	struct ttr_buffer error = {.data = NULL};
	struct ttr_options options;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		argv[i] = i & 1 ? option : seven;
	argv[COUNT - 1] = host;
	assert_int_equal(ttr_options_parse(&options, &error, COUNT, argv), TTR_OPTIONS_RUN);
	assert_int_equal(options.settings.max_ttl, 7);
	ttr_options_fini(&options);
	for (size_t i = 1; i < COUNT; i++)
		argv[i] = host;
	assert_int_equal(ttr_options_parse(&options, &error, COUNT, argv), TTR_OPTIONS_REFUSED);
	ttr_options_fini(&options);
	memset(large, 'x', SIZE);
	large[SIZE] = '\0';
	for (int place = 1; place < 4; place++) {
		argv[1] = argv[2] = argv[3] = port;
		argv[place] = large;
		ttr_buffer_clear(&error);
		assert_int_equal(ttr_options_parse(&options, &error, place + 1, argv),
				 TTR_OPTIONS_REFUSED);
		assert_true(error.length < 400);
		ttr_options_fini(&options);
	}
	ttr_buffer_fini(&error);
	free(large);
	free(argv);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),        cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_outcomes),       cmocka_unit_test(test_no_arguments),
		cmocka_unit_test(test_many_and_large),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
