/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: arguments to settings.
 *
 * No socket, no name service but the services file, and nothing is printed: what there is to say
 * comes back as text.
 */
#ifndef TTR_CLI_OPTIONS_H
#define TTR_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/buffer.h"
#include "cli/style.h"
#include "tcptraceroute/settings.h"

/* What one run may take. */
#define TTR_PROBES_MAX 2000000 /* ports x TTLs x queries: all ports on 30 hops */
#define TTR_FLOWS_MAX 4096     /* that cannot share source ports: -p, --window, --track-port */

enum ttr_format {
	TTR_FORMAT_TEXT,
	TTR_FORMAT_JSON,
	TTR_FORMAT_NDJSON,
};

struct ttr_options {
	struct ttr_settings settings;  /* its strings are those of argv, its ports are owned here */
	struct ttr_services *services; /* owned; NULL unless there is something to run */
	enum ttr_format format;
	enum ttr_color color;
	const char *targets;   /* --targets: a file, "-" for standard input; NULL: one host */
	const char *resume;    /* --resume: events of a former run; NULL: none */
	bool full;             /* --full */
	bool extensions;       /* rows show ICMP extensions */
	bool changes;          /* rows show what was rewritten */
	uint8_t debug;         /* how often -d was given; stops at 255 */
	uint16_t length_asked; /* 0: none; settings.length is already long enough for the family
				  that the host's form or -4 and -6 say, else for IPv4 */
	bool port_given;       /* the second word was there */
	bool track_port_lost;  /* --track-port gave way to -p or -P */
};

enum ttr_options_outcome {
	TTR_OPTIONS_RUN = 0,
	TTR_OPTIONS_HELP = 1,
	TTR_OPTIONS_VERSION = 2,
	TTR_OPTIONS_EMPTY = 3,   /* no argument at all */
	TTR_OPTIONS_REFUSED = 4, /* error: one line, without its end, that names the item */
};

/*
 * Reads the arguments: options and words in any order, up to "--". Long words are looked at before
 * letters' arguments are, as 1.5beta7 does: "-i --dnat eth0" is "--dnat -i eth0". argv must outlive
 * the options. An outcome or -ENOMEM; with all of them the options are freed with
 * ttr_options_fini().
 */
int ttr_options_parse(struct ttr_options *options, struct ttr_buffer *error, int argc,
		      char *const argv[]);
void ttr_options_fini(struct ttr_options *options);

#endif
