/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/option_table.h"

#include "tcptraceroute/clock.h"

#define FIELD(member)                                                                              \
	.offset = offsetof(struct ttr_draft, member),                                              \
	.size = sizeof(((struct ttr_draft *)NULL)->member)
#define SETTING(member) FIELD(options.settings.member)
#define SECONDS(n) ((n)*TTR_NS_PER_S)
#define DAY SECONDS(86400)

const char *const ttr_option_groups[TTR_GROUP_COUNT] = {
	[TTR_GROUP_TARGET] = "Target and names",
	[TTR_GROUP_PATH] = "How far, how often",
	[TTR_GROUP_TIME] = "How long",
	[TTR_GROUP_PROBE] = "The probes",
	[TTR_GROUP_LOCAL] = "This side of the path",
	[TTR_GROUP_NAT] = "Rewritten destinations",
	[TTR_GROUP_OUTPUT] = "Output",
	[TTR_GROUP_OTHER] = "Other",
};

/* clang-format off */
const struct ttr_option ttr_option_table[] = {
	{
		.letter = '4', .group = TTR_GROUP_TARGET,
		.type = TTR_OPTION_BITS, FIELD(families), .value = TTR_DRAFT_4,
		.help = "IPv4 only",
	}, {
		.letter = '6', .group = TTR_GROUP_TARGET,
		.type = TTR_OPTION_BITS, FIELD(families), .value = TTR_DRAFT_6,
		.help = "IPv6 only",
	}, {
		.letter = 'n', .group = TTR_GROUP_TARGET,
		.type = TTR_OPTION_SET, SETTING(names), .value = TTR_NAMES_NONE,
		.help = "no names: ask the name server for no address",
	}, {
		.letter = 'N', .group = TTR_GROUP_TARGET,
		.type = TTR_OPTION_SET, SETTING(names), .value = TTR_NAMES_ALL,
		.help = "ask for the names of private (RFC 1918) addresses as well",
	}, {
		.word = "targets", .argument = "FILE", .group = TTR_GROUP_TARGET,
		.type = TTR_OPTION_TEXT, FIELD(options.targets), .min = 1, .max = 4095,
		.too_small = "--targets: empty file name", .too_large = "--targets: file name too long",
		.help = "trace the hosts of FILE (-: standard input), one HOST [PORTS] per line",
	}, {
		.word = "resume", .argument = "FILE", .group = TTR_GROUP_TARGET,
		.type = TTR_OPTION_TEXT, FIELD(options.resume), .min = 1, .max = 4095,
		.too_small = "--resume: empty file name", .too_large = "--resume: file name too long",
		.help = "with --targets: skip what FILE, written with --ndjson, has already",
	}, {
		.word = "full", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_SET, FIELD(options.full), .value = 1,
		.help = "with --targets: ask every hop of every host, infer none",
	}, {
		.letter = 'f', .argument = "TTL", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(first_ttl), .min = 1, .max = 255,
		.too_small = "TTL must be greater than 0", .too_large = "TTL must be less than 256",
		.fallback = "1", .help = "the first hop to look at",
	}, {
		.letter = 'm', .argument = "TTL", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(max_ttl), .min = 1, .max = 255,
		.too_small = "TTL must be greater than 0", .too_large = "TTL must be less than 256",
		.fallback = "30", .help = "the last hop to look at",
	}, {
		.letter = 'q', .argument = "N", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(queries), .min = 1, .max = TTR_QUERIES_MAX,
		.too_small = "Number of queries must be at least 1",
		.too_large = "Number of queries must be at most 1000",
		.fallback = "3; 1 for more than 3 ports", .help = "probes per hop",
	}, {
		.word = "window", .argument = "TTLS", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(window), .min = 1, .max = 255,
		.too_small = "Window must be at least 1", .too_large = "Window must be at most 255",
		.fallback = "all", .help = "hops that are probed before the first answer",
	}, {
		.word = "rate", .argument = "PPS", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(rate), .min = 1, .max = 1000000,
		.too_small = "--rate must be at least 1",
		.too_large = "--rate must be at most 1000000",
		.fallback = "none; 10000 for several ports, 1000 for --targets", .help = "probes per second, all together",
	}, {
		.word = "hop-rate", .argument = "PPS", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(hop_rate), .min = 1, .max = 1000000,
		.too_small = "--hop-rate must be at least 1",
		.too_large = "--hop-rate must be at most 1000000",
		.fallback = "what it answers",
		.help = "several ports: probes per second that expire at one hop",
	}, {
		.word = "retries", .argument = "N", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_NUMBER, SETTING(retries), .max = TTR_RETRIES_MAX,
		.too_large = "--retries must be at most 3",
		.fallback = "3", .help = "how often a probe without answer is sent again at most",
	}, {
		.word = "locate", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_SET, SETTING(locate), .value = true,
		.help = "many ports: the state of each, and where it is stopped; one path",
	}, {
		.word = "verify", .argument = "WHICH", .group = TTR_GROUP_PATH,
		.type = TTR_OPTION_CHOICE, SETTING(verify_all), .choices = "sample|all",
		.fallback = "sample",
		.help = "with --locate: ports whose place is looked at, of those that seem alike",
	}, {
		.letter = 'w', .argument = "SECONDS", .group = TTR_GROUP_TIME,
		.type = TTR_OPTION_SECONDS, SETTING(wait_ns),
		.min = TTR_NS_PER_MS, .max = SECONDS(3600),
		.zero = "Timeout must be at least 1",
		.too_small = "Timeout must be at least 0.001",
		.too_large = "Timeout must be at most 3600",
		.fallback = "adaptive, 3 at most",
		.help = "wait that long for every answer; 0.001 is the least",
	}, {
		.word = "dns-wait", .argument = "SECONDS", .group = TTR_GROUP_TIME,
		.type = TTR_OPTION_SECONDS, SETTING(dns_wait_ns), .max = SECONDS(3600),
		.too_large = "--dns-wait must be at most 3600",
		.fallback = "2", .help = "how long names may delay the end",
	}, {
		.word = "max-time", .argument = "SECONDS", .group = TTR_GROUP_TIME,
		.type = TTR_OPTION_SECONDS, SETTING(max_time_ns),
		.min = TTR_NS_PER_MS, .max = DAY,
		.too_small = "--max-time must be at least 0.001",
		.too_large = "--max-time must be at most 86400",
		.fallback = "none", .help = "end the whole run after that time",
	}, {
		.letter = 'S', .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_BITS, FIELD(flags), .value = TTR_TCP_SYN,
		.help = "set SYN; the default without -A",
	}, {
		.letter = 'A', .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_BITS, FIELD(flags), .value = TTR_TCP_ACK,
		.help = "set ACK; without -S instead of SYN, to pass filters without memory",
	}, {
		.letter = 'E', .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_BITS, FIELD(flags), .value = TTR_TCP_ECE | TTR_TCP_CWR,
		.help = "ask for ECN: set ECE and CWR",
	}, {
		.word = "syn", .argument = "KIND", .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_CHOICE, SETTING(style), .choices = "linux|bare",
		.fallback = "linux",
		.help = "linux: the SYN of a current Linux, with its options; bare: without",
	}, {
		.word = "isn", .argument = "KIND", .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_CHOICE, SETTING(isn), .choices = "same|rising|random",
		.fallback = "same",
		.help = "sequence numbers of one flow's probes: same, rising or random",
	}, {
		.letter = 'l', .argument = "BYTES", .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_NUMBER, FIELD(options.length_asked), .min = 1, .max = 65535,
		.too_small = "Packet length must be at least 1",
		.too_large = "Packet length must be at most 65535",
		.fallback = "the smallest",
		.help = "length of a probe with all its headers; LENGTH is the same",
	}, {
		.letter = 't', .argument = "TOS", .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_NUMBER, SETTING(tos), .max = 255,
		.too_large = "TOS must be less than 256",
		.fallback = "0", .help = "type of service, or traffic class",
	}, {
		.letter = 'F', .group = TTR_GROUP_PROBE,
		.type = TTR_OPTION_SET, SETTING(dont_fragment), .value = true,
		.help = "set the don't-fragment bit (IPv4)",
	}, {
		.letter = 'i', .argument = "DEVICE", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_TEXT, SETTING(device), .min = 1, .max = 63,
		.too_small = "Empty device name", .too_large = "Device name too long",
		.fallback = "the route's", .help = "send and listen there; \"any\" listens everywhere",
	}, {
		.letter = 's', .argument = "ADDRESS", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_TEXT, SETTING(source), .min = 1, .max = 255,
		.too_small = "Bad source address: none given",
		.too_large = "Bad source address: too long",
		.fallback = "the route's", .help = "source address",
	}, {
		.letter = 'p', .argument = "PORT", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_NUMBER, FIELD(bound_port), .min = 1, .max = 65535,
		.too_small = "Source port must be at least 1",
		.too_large = "Source port must be at most 65535",
		.fallback = "random ones",
		.help = "SOURCE port of all probes; the destination port is the word after HOST",
	}, {
		.letter = 'P', .argument = "PORT", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_NUMBER, FIELD(forced_port), .min = 1, .max = 65535,
		.too_small = "Source port must be at least 1",
		.too_large = "Source port must be at most 65535",
		.help = "the same, even if the port is in use",
	}, {
		.word = "track-port", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_SET, SETTING(track_port), .value = true,
		.help = "tell probes apart by source port: one for each",
	}, {
		.word = "track-id", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_SET, SETTING(track_port), .value = false,
		.help = "tell probes apart by IP ID and time stamp (default)",
	}, {
		.word = "track-ipid", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_SET, SETTING(track_port), .value = false,
		.help = "the same as --track-id",
	}, {
		.word = "unprivileged", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_SET, SETTING(mode), .value = TTR_MODE_UNPRIVILEGED,
		.help = "use connections instead of raw sockets",
	}, {
		.word = "require-raw", .group = TTR_GROUP_LOCAL,
		.type = TTR_OPTION_SET, SETTING(mode), .value = TTR_MODE_RAW,
		.help = "fail where raw sockets are not permitted",
	}, {
		.word = "dnat", .group = TTR_GROUP_NAT,
		.type = TTR_OPTION_SET, SETTING(dnat), .value = TTR_DNAT_REPORT,
		.help = "say where the destination was rewritten",
	}, {
		.word = "no-dnat", .group = TTR_GROUP_NAT,
		.type = TTR_OPTION_SET, SETTING(dnat), .value = TTR_DNAT_ACCEPT,
		.help = "accept it without a word (default)",
	}, {
		.word = "no-dnat-strict", .group = TTR_GROUP_NAT,
		.type = TTR_OPTION_SET, SETTING(dnat), .value = TTR_DNAT_STRICT,
		.help = "ignore answers to probes whose destination was rewritten",
	}, {
		.word = "json", .group = TTR_GROUP_OUTPUT,
		.type = TTR_OPTION_BITS, FIELD(formats), .value = TTR_DRAFT_JSON,
		.help = "one JSON document at the end",
	}, {
		.word = "ndjson", .group = TTR_GROUP_OUTPUT,
		.type = TTR_OPTION_BITS, FIELD(formats), .value = TTR_DRAFT_NDJSON,
		.help = "one JSON object per line as things happen",
	}, {
		.letter = 'e', .word = "extensions", .group = TTR_GROUP_OUTPUT,
		.type = TTR_OPTION_SET, FIELD(options.extensions), .value = true,
		.help = "show ICMP extensions: MPLS labels, interfaces",
	}, {
		.word = "changes", .group = TTR_GROUP_OUTPUT,
		.type = TTR_OPTION_SET, FIELD(options.changes), .value = true,
		.help = "show what the network had rewritten in the probes",
	}, {
		.word = "color", .argument = "WHEN", .group = TTR_GROUP_OUTPUT,
		.type = TTR_OPTION_CHOICE, FIELD(options.color), .choices = "auto|always|never",
		.fallback = "auto", .help = "auto, always or never",
	}, {
		.letter = 'd', .group = TTR_GROUP_OUTPUT,
		.type = TTR_OPTION_COUNT, FIELD(options.debug), .max = 255,
		.help = "say on stderr what is done",
	}, {
		.letter = 'h', .word = "help", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, FIELD(action), .value = TTR_OPTIONS_HELP,
		.help = "this text",
	}, {
		.letter = 'v', .word = "version", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, FIELD(action), .value = TTR_OPTIONS_VERSION,
		.help = "the version",
	}, {
		.word = "require-sandbox", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, SETTING(require_sandbox), .value = true,
		.help = "no trace where this system lacks a part of the sandbox",
	}, {
		.word = "no-filter", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, SETTING(kernel_filter), .value = false,
		.help = "for debugging: no filter in the kernel",
	}, {
		.word = "no-getinterfaces", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, FIELD(ignored),
		.help = "accepted, has no effect",
	}, {
		.word = "no-select", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, FIELD(ignored),
		.help = "accepted, has no effect",
	}, {
		.word = "select", .group = TTR_GROUP_OTHER,
		.type = TTR_OPTION_SET, FIELD(ignored),
		.help = "accepted, has no effect",
	},
};
/* clang-format on */

const size_t ttr_option_count = sizeof(ttr_option_table) / sizeof(ttr_option_table[0]);
