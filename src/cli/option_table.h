/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The option table: the one place that knows what options there are, what they take and where it
 * goes. The parser, the help text and the test of the man page all read it.
 */
#ifndef TTR_CLI_OPTION_TABLE_H
#define TTR_CLI_OPTION_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

/* The options, and what has to be seen together before it becomes one of their members. */
struct ttr_draft {
	struct ttr_options options;
	uint8_t families; /* bits TTR_DRAFT_4, TTR_DRAFT_6 */
	uint8_t formats;  /* bits TTR_DRAFT_JSON, TTR_DRAFT_NDJSON */
	uint8_t action;   /* TTR_OPTIONS_HELP, TTR_OPTIONS_VERSION, else 0 */
	uint8_t flags;    /* TTR_TCP_*, as asked for */
	uint16_t bound_port;
	uint16_t forced_port;
	uint8_t ignored; /* what has no effect any more */
};

#define TTR_DRAFT_4 1
#define TTR_DRAFT_6 2
#define TTR_DRAFT_JSON 1
#define TTR_DRAFT_NDJSON 2

enum ttr_option_type {
	TTR_OPTION_SET,     /* takes nothing: the field becomes value */
	TTR_OPTION_BITS,    /* takes nothing: value is or'ed into the field */
	TTR_OPTION_COUNT,   /* takes nothing: the field is counted up, to max at most */
	TTR_OPTION_NUMBER,  /* digits, min..max */
	TTR_OPTION_SECONDS, /* decimal seconds, min..max in ns */
	TTR_OPTION_CHOICE,  /* one of the choices: its position */
	TTR_OPTION_TEXT,    /* min..max bytes; the field is a const char * */
};

enum ttr_option_group {
	TTR_GROUP_TARGET,
	TTR_GROUP_PATH,
	TTR_GROUP_TIME,
	TTR_GROUP_PROBE,
	TTR_GROUP_LOCAL,
	TTR_GROUP_NAT,
	TTR_GROUP_OUTPUT,
	TTR_GROUP_OTHER,
	TTR_GROUP_COUNT,
};

struct ttr_option {
	char letter;          /* 0: none */
	const char *word;     /* without its dashes; NULL: none */
	const char *argument; /* what the help calls it; NULL: takes nothing */
	enum ttr_option_group group;
	enum ttr_option_type type;
	size_t offset; /* of the field in struct ttr_draft */
	size_t size;
	int64_t value;
	int64_t min;
	int64_t max;
	const char *too_small; /* what is said below min and above max */
	const char *too_large;
	const char *zero;     /* what is said of 0, if not too_small */
	const char *choices;  /* separated by '|' */
	const char *fallback; /* the default as the help says it; NULL: nothing to say */
	const char *help;
};

extern const struct ttr_option ttr_option_table[];
extern const size_t ttr_option_count;
extern const char *const ttr_option_groups[TTR_GROUP_COUNT];

#endif
