/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user asked for: everything the session needs to know, nothing about how it is printed.
 *
 * Filled by the command line (or by another program) before the session is made; strings and arrays
 * belong to the caller and must outlive the session. Ranges are checked by whoever fills it in;
 * ttr_session_new() refuses what it cannot use with -EINVAL.
 */
#ifndef TCPTRACEROUTE_SETTINGS_H
#define TCPTRACEROUTE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/probe.h"

/* Which sequence numbers the SYNs of one flow carry (one flow: one source port, normally one per
 * port and query). */
enum ttr_isn_mode {
	TTR_ISN_SAME,   /* all the same: looks like retransmissions; IP ID and timestamp name the
			   probe */
	TTR_ISN_RISING, /* one above the other: some hosts answer every second one with RST */
	TTR_ISN_RANDOM, /* far apart: the number itself names the probe, also without IP ID and
			   timestamp */
};

/* What becomes of quotes whose destination address or port is not ours any more (rewritten on the
 * way). */
enum ttr_dnat_mode {
	TTR_DNAT_ACCEPT, /* accepted silently */
	TTR_DNAT_REPORT, /* accepted and shown */
	TTR_DNAT_STRICT, /* time exceeded with another destination is ignored */
};

enum ttr_names_mode {
	TTR_NAMES_NONE,   /* no reverse look-up at all */
	TTR_NAMES_PUBLIC, /* all but RFC 1918 addresses */
	TTR_NAMES_ALL,
};

/* How probes are sent and answers seen. */
enum ttr_mode {
	TTR_MODE_AUTO, /* raw, or unprivileged where raw sockets are not permitted */
	TTR_MODE_RAW,
	TTR_MODE_UNPRIVILEGED, /* connection attempts, and what the kernel says about them */
};

struct ttr_settings {
	const char *host; /* name, IPv4 or IPv6 address (also in brackets, with %scope), as given */
	enum ttr_family family; /* NONE: the first address in RFC 6724 order */
	const uint16_t *ports;  /* destination ports, no duplicates */
	size_t port_count;      /* 1 or more */

	uint8_t first_ttl;   /* 1..255 */
	uint8_t max_ttl;     /* first_ttl..255 */
	uint16_t queries;    /* 1..TTR_QUERIES_MAX */
	uint8_t window;      /* TTLs sent before the first answer; 0: all */
	uint8_t retries;     /* a probe without answer is sent so often again, at most 3 */
	uint32_t rate;       /* probes per second, all together; 0: no bound */
	uint32_t hop_rate;   /* many ports: probes per second that expire at one hop; 0: as many
				as it answers */
	int64_t wait_ns;     /* every probe waits that long; 0: adaptively, at most 3 s */
	int64_t max_time_ns; /* of the whole run, from its start; 0: no bound */

	bool locate;     /* states and places of all ports, not the path of each */
	bool verify_all; /* with it: every place is looked at, not a sample of like ones */

	const char *device;   /* NULL: from the route; "any": capture on all */
	const char *source;   /* source address as text; NULL: from the route */
	uint16_t source_port; /* 0: drawn at random, one per flow; otherwise all flows use this one,
				 one after the other */
	bool source_port_forced; /* used even if a socket has it */
	bool track_port;         /* a source port per probe */

	uint8_t flags; /* TTR_TCP_* of the probes */
	uint8_t tos;
	bool dont_fragment;
	uint16_t length; /* total IP length; 0: the smallest */
	enum ttr_syn_style style;
	enum ttr_isn_mode isn;
	enum ttr_dnat_mode dnat;

	enum ttr_names_mode names;
	int64_t dns_wait_ns; /* how long names may delay the end */
	enum ttr_mode mode;
	bool quotes;          /* what routers quote of the probes is wanted for its own sake */
	bool require_sandbox; /* normally false; true: no trace where something of it is missing */
	bool kernel_filter;   /* normally true; false: all frames reach the program (--no-filter) */
};

#define TTR_QUERIES_MAX 1000
#define TTR_RETRIES_MAX 3 /* TTR_TRIES_MAX - 1 */
#define TTR_WAIT_DEFAULT_NS INT64_C(3000000000)
#define TTR_DNS_WAIT_DEFAULT_NS INT64_C(2000000000)

/* The drop-in's defaults: TTL 1 to 30, three queries, SYN, names of public addresses. host and
 * ports are left empty. */
void ttr_settings_init(struct ttr_settings *settings);

/* What only raw sockets can do. */
enum ttr_raw_need {
	TTR_RAW_NEED_NONE,
	TTR_RAW_NEED_ACK,    /* the flag */
	TTR_RAW_NEED_ECN,    /* the flags */
	TTR_RAW_NEED_STYLE,  /* another SYN than the kernel's */
	TTR_RAW_NEED_ISN,    /* numbers of one flow: there is one probe in each */
	TTR_RAW_NEED_LENGTH, /* payload */
	TTR_RAW_NEED_TOS,    /* the two bits of ECN */
	TTR_RAW_NEED_PORT,   /* one source port: the kernel allows one connection at a time */
	TTR_RAW_NEED_DNAT,   /* the quotes of routers, to see a rewritten destination */
	TTR_RAW_NEED_QUOTES, /* the same, for all that is rewritten */
	TTR_RAW_NEED_LOCATE, /* probes without a connection each */
};

/* The first of it that the settings ask for, with a target of this family. */
enum ttr_raw_need ttr_settings_raw_need(const struct ttr_settings *settings,
					enum ttr_family family);

#endif
