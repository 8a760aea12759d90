/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a scenario: lines become words, words become a network.
 *
 * A statement is a word and what follows; its attributes are words too, in any order, each once.
 * Both are looked up in tables: a new one is a row and a function. Functions return 0, -ENOMEM, or
 * -EINVAL after ps_parse_fail().
 */
#ifndef PS_PARSE_H
#define PS_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "pathsim.h"

#define PS_PARSE_WORDS 96
#define PS_PARSE_LINE 4096

struct ps_draft_hops {
	struct pathsim_hop *items;
	size_t *lines; /* where each was described */
	size_t count, room;
};

struct ps_draft_detours {
	struct pathsim_detour *items;
	size_t count, room;
};

struct ps_draft_rewrites {
	struct pathsim_rewrite *items;
	size_t count, room;
};

struct ps_draft_firewalls {
	struct pathsim_firewall *items;
	size_t count, room;
};

/* Of one destination, beside the struct pathsim_destination with the same index. */
struct ps_draft_destination {
	size_t line;
	struct ps_draft_hops hops;
	struct pathsim_port *ports;
	size_t port_room;
	struct ps_draft_rewrites rewrites;
	struct ps_draft_firewalls firewalls;
	struct ps_draft_detours detours;
};

struct ps_parser {
	/* this line */
	size_t line; /* from 1 */
	char buffer[PS_PARSE_LINE];
	const char *words[PS_PARSE_WORDS];
	size_t word_count, next;

	/* the network so far */
	struct pathsim_network network; /* its pointers are set at the end */
	struct ps_draft_hops hops;
	struct ps_draft_rewrites rewrites;
	struct ps_draft_firewalls firewalls;
	struct ps_draft_detours detours;
	struct pathsim_destination *destinations;
	struct ps_draft_destination *drafts;
	size_t destination_room;
	struct pathsim_nameserver *nameservers;
	size_t *nameserver_lines;
	size_t nameserver_room;
	struct pathsim_name *names;
	size_t *name_lines;
	size_t name_room;
	bool seeded;
	struct ps_arena texts;

	char *error;
	size_t error_size;
};

/* What the attributes of a statement are about; what does not apply is NULL. */
struct ps_subject {
	struct pathsim_manner *manner;
	struct pathsim_hop *hop;
	struct pathsim_destination *destination;
	struct pathsim_nameserver *nameserver;
	uint64_t seen; /* attributes, by index in their table */
};

/* Writes "line N: what WORD" (word may be NULL) and returns -EINVAL. */
int ps_parse_fail(struct ps_parser *parser, size_t line, const char *what, const char *word);

/* The next word of the line; NULL: no more. */
const char *ps_parse_peek(const struct ps_parser *parser);
const char *ps_parse_take(struct ps_parser *parser);

/* Takes the next word if it is this one. */
bool ps_parse_accept(struct ps_parser *parser, const char *word);

/* The next word is a number. */
int ps_parse_number(struct ps_parser *parser, uint64_t least, uint64_t most, uint64_t *value);

/* A copy that lives as long as the parser; NULL: no memory. */
const char *ps_parse_keep(struct ps_parser *parser, const char *word);

/* Makes room for one more item; *room is what there is now. */
int ps_parse_grow(void **items, size_t *room, size_t count, size_t size);

/* -- parse_hop.c -- */
int ps_parse_hop(struct ps_parser *parser);
int ps_parse_detour(struct ps_parser *parser);
int ps_parse_attributes(struct ps_parser *parser, struct ps_subject *subject);
/* "BURST RATE" */
/* A share such as 10%. */
int ps_parse_share(struct ps_parser *parser, uint32_t *share_ppm);
int ps_parse_limit(struct ps_parser *parser, struct pathsim_limit *limit);
/* "code N [code6 N]"; without code6: what is nearest (RFC 7915 section 4.2). */
int ps_parse_codes(struct ps_parser *parser, uint8_t *code4, uint8_t *code6);
/* One address of each family at most, at least one. */
int ps_parse_addrs(struct ps_parser *parser, struct pathsim_addr *v4, struct pathsim_addr *v6);

/* -- parse_extension.c: attributes -- */
int ps_parse_mpls(struct ps_parser *parser, struct ps_subject *subject);
int ps_parse_interface(struct ps_parser *parser, struct ps_subject *subject);
int ps_parse_object(struct ps_parser *parser, struct ps_subject *subject);
int ps_parse_extensions(struct ps_parser *parser, struct ps_subject *subject);

/* -- parse_rewrite.c -- */
bool ps_parse_is_rewrite(const char *word);
int ps_parse_rewrite(struct ps_parser *parser);
/* "at N" */
int ps_parse_at(struct ps_parser *parser, uint8_t *at);

/* -- parse_firewall.c -- */
int ps_parse_firewall(struct ps_parser *parser);
int ps_parse_synproxy(struct ps_parser *parser);

/* -- parse_host.c -- */
/* "443", "1-1023" or "22,80,8000-8080": gives each part to add(). */
int ps_parse_ports(struct ps_parser *parser, const char *word,
		   int (*add)(struct ps_parser *parser, void *context, uint16_t first,
			      uint16_t last),
		   void *context);
int ps_parse_destination(struct ps_parser *parser);
int ps_parse_port(struct ps_parser *parser);
int ps_parse_stack(struct ps_parser *parser);
int ps_parse_rstlimit(struct ps_parser *parser);
int ps_parse_dnat(struct ps_parser *parser);
int ps_parse_hosts(struct ps_parser *parser);
int ps_parse_nameserver(struct ps_parser *parser);

#endif
