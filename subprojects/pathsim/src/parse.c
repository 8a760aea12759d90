/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "value.h"

int ps_parse_fail(struct ps_parser *parser, size_t line, const char *what, const char *word)
{
	struct ps_text text = {.bytes = parser->error, .size = parser->error_size};

	ps_text_add(&text, "line ");
	ps_text_number(&text, line);
	ps_text_add(&text, ": ");
	ps_text_add(&text, what);
	if (word != NULL) {
		ps_text_add(&text, ": ");
		ps_text_add(&text, word);
	}
	return -EINVAL;
}

const char *ps_parse_peek(const struct ps_parser *parser)
{
	return parser->next < parser->word_count ? parser->words[parser->next] : NULL;
}

const char *ps_parse_take(struct ps_parser *parser)
{
	return parser->next < parser->word_count ? parser->words[parser->next++] : NULL;
}

bool ps_parse_accept(struct ps_parser *parser, const char *word)
{
	const char *next = ps_parse_peek(parser);

	if (next == NULL || strcmp(next, word) != 0)
		return false;
	parser->next++;
	return true;
}

int ps_parse_number(struct ps_parser *parser, uint64_t least, uint64_t most, uint64_t *value)
{
	const char *word = ps_parse_take(parser);

	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "a number is missing after",
				     parser->words[parser->next - 1]);
	if (!ps_value_number(word, least, most, value))
		return ps_parse_fail(parser, parser->line, "not a number in its range", word);
	return 0;
}

const char *ps_parse_keep(struct ps_parser *parser, const char *word)
{
	size_t size = strlen(word) + 1;
	char *copy = ps_arena_take(&parser->texts, size, 1);

	return copy != NULL ? memcpy(copy, word, size) : NULL;
}

int ps_parse_grow(void **items, size_t *room, size_t count, size_t size)
{
	size_t more = *room == 0 ? 16 : 2 * *room;
	void *grown;

	if (count < *room)
		return 0;
	grown = reallocarray(*items, more, size);
	if (grown == NULL)
		return -ENOMEM;
	*items = grown;
	*room = more;
	return 0;
}

/* -- Statements -- */

static int parse_prober(struct ps_parser *parser)
{
	struct pathsim_network *network = &parser->network;

	if (network->prober4.family != 0 || network->prober6.family != 0)
		return ps_parse_fail(parser, parser->line, "there is a prober already", NULL);
	return ps_parse_addrs(parser, &network->prober4, &network->prober6);
}

static int parse_gateway(struct ps_parser *parser)
{
	struct pathsim_network *network = &parser->network;

	if (network->gateway4.family != 0 || network->gateway6.family != 0)
		return ps_parse_fail(parser, parser->line, "there is a gateway already", NULL);
	return ps_parse_addrs(parser, &network->gateway4, &network->gateway6);
}

static int parse_seed(struct ps_parser *parser)
{
	if (parser->seeded)
		return ps_parse_fail(parser, parser->line, "there is a seed already", NULL);
	parser->seeded = true;
	return ps_parse_number(parser, 0, UINT64_MAX, &parser->network.seed);
}

static int parse_name(struct ps_parser *parser)
{
	const char *addr = ps_parse_take(parser), *name = ps_parse_take(parser);
	size_t count = parser->network.name_count, line_room = parser->name_room;
	struct pathsim_name *item;
	void *names = parser->names, *lines = parser->name_lines;

	if (name == NULL)
		return ps_parse_fail(parser, parser->line, "name: an address and a name", NULL);
	if (ps_parse_grow(&lines, &line_room, count, sizeof(*parser->name_lines)) < 0)
		return -ENOMEM;
	parser->name_lines = lines;
	if (ps_parse_grow(&names, &parser->name_room, count, sizeof(*parser->names)) < 0)
		return -ENOMEM;
	parser->names = names;
	item = &parser->names[count];
	if (!ps_value_addr(addr, &item->addr))
		return ps_parse_fail(parser, parser->line, "not an address", addr);
	item->name = ps_parse_keep(parser, name);
	parser->name_lines[count] = parser->line;
	parser->network.name_count++;
	return item->name != NULL ? 0 : -ENOMEM;
}

/* "RATE icmp|tcp [ports random|known] [seq random|known] [for T]" */
static int parse_forge(struct ps_parser *parser)
{
	const char *rate = ps_parse_take(parser), *kind = ps_parse_take(parser), *word;
	struct pathsim_forge forge = {0}, *place;

	if (rate == NULL || !ps_value_rate(rate, &forge.rate.answers, &forge.rate.per_ns))
		return ps_parse_fail(parser, parser->line, "not a rate such as 20000/s", rate);
	if (kind == NULL || (strcmp(kind, "icmp") != 0 && strcmp(kind, "tcp") != 0))
		return ps_parse_fail(parser, parser->line, "forge: icmp or tcp, not", kind);
	if (ps_parse_accept(parser, "ports")) {
		forge.know_ports = ps_parse_accept(parser, "known");
		if (!forge.know_ports && !ps_parse_accept(parser, "random"))
			return ps_parse_fail(parser, parser->line, "known or random", NULL);
	}
	if (ps_parse_accept(parser, "seq")) {
		forge.know_seq = ps_parse_accept(parser, "known");
		if (!forge.know_seq && !ps_parse_accept(parser, "random"))
			return ps_parse_fail(parser, parser->line, "known or random", NULL);
	}
	if (ps_parse_accept(parser, "for")) {
		word = ps_parse_take(parser);
		if (word == NULL || !ps_value_duration(word, &forge.for_ns))
			return ps_parse_fail(parser, parser->line, "not a time such as 2.5ms",
					     word);
	}
	place = &parser->network
			 .forges[strcmp(kind, "tcp") == 0 ? PATHSIM_FORGE_TCP : PATHSIM_FORGE_ICMP];
	if (place->rate.answers > 0)
		return ps_parse_fail(parser, parser->line, "one forger of each kind", NULL);
	*place = forge;
	return 0;
}

static int parse_statement(struct ps_parser *parser)
{
	static const struct {
		const char *word;
		int (*parse)(struct ps_parser *parser);
	} statements[] = {
		{"prober", parse_prober},
		{"gateway", parse_gateway},
		{"seed", parse_seed},
		{"hop", ps_parse_hop},
		{"destination", ps_parse_destination},
		{"port", ps_parse_port},
		{"stack", ps_parse_stack},
		{"rstlimit", ps_parse_rstlimit},
		{"detour", ps_parse_detour},
		{"dnat", ps_parse_dnat},
		{"hosts", ps_parse_hosts},
		{"firewall", ps_parse_firewall},
		{"forge", parse_forge},
		{"nameserver", ps_parse_nameserver},
		{"name", parse_name},
	};
	const char *word = ps_parse_take(parser);
	int (*parse)(struct ps_parser * parser) = NULL;
	int error;

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (strcmp(word, statements[i].word) == 0)
			parse = statements[i].parse;
	if (parse == NULL && ps_parse_is_rewrite(word))
		parse = ps_parse_rewrite;
	if (parse == NULL)
		return ps_parse_fail(parser, parser->line, "unknown statement", word);
	error = parse(parser);
	if (error == 0 && ps_parse_peek(parser) != NULL)
		return ps_parse_fail(parser, parser->line, "not understood", ps_parse_peek(parser));
	return error;
}

/* -- Lines -- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int split_words(struct ps_parser *parser)
{
	char *p = parser->buffer;

	parser->word_count = parser->next = 0;
	for (;;) {
		while (is_blank(*p))
			*p++ = '\0';
		if (*p == '\0' || *p == '#')
			break;
		if (parser->word_count == PS_PARSE_WORDS)
			return ps_parse_fail(parser, parser->line, "too many words", NULL);
		parser->words[parser->word_count++] = p;
		while (*p != '\0' && !is_blank(*p))
			p++;
	}
	return 0;
}

static int parse_line(struct ps_parser *parser, const char *line, size_t len)
{
	int error;

	if (len >= sizeof(parser->buffer))
		return ps_parse_fail(parser, parser->line, "the line is too long", NULL);
	if (memchr(line, '\0', len) != NULL)
		return ps_parse_fail(parser, parser->line, "a NUL byte", NULL);
	memcpy(parser->buffer, line, len);
	parser->buffer[len] = '\0';
	error = split_words(parser);
	return error == 0 && parser->word_count > 0 ? parse_statement(parser) : error;
}

static int parse_text(struct ps_parser *parser, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - (text + at)) : len - at;
		int error;

		parser->line++;
		error = parse_line(parser, text + at, line_len);
		if (error < 0)
			return error;
		at += line_len + 1;
	}
	return 0;
}

/* The line that a problem of the whole is about. */
static size_t line_of(const struct ps_parser *parser, const struct pathsim_problem *problem)
{
	switch (problem->part) {
	case PATHSIM_PART_HOP:
		return parser->hops.lines[problem->hop];
	case PATHSIM_PART_DESTINATION:
		return parser->drafts[problem->index].line;
	case PATHSIM_PART_OWN_HOP:
		return parser->drafts[problem->index].hops.lines[problem->hop];
	case PATHSIM_PART_NAMESERVER:
		return parser->nameserver_lines[problem->index];
	case PATHSIM_PART_NAME:
		return parser->name_lines[problem->index];
	case PATHSIM_PART_NETWORK:
		break;
	}
	return parser->line;
}

static int finish(struct ps_parser *parser, struct pathsim **out)
{
	struct pathsim_network *network = &parser->network;
	struct pathsim_problem problem;
	char number[4] = "";
	struct ps_text text = {.bytes = number, .size = sizeof(number)};
	int error;

	network->hops = parser->hops.items;
	network->hop_count = parser->hops.count;
	network->firewalls = parser->firewalls.items;
	network->firewall_count = parser->firewalls.count;
	network->detours = parser->detours.items;
	network->detour_count = parser->detours.count;
	network->rewrites = parser->rewrites.items;
	network->rewrite_count = parser->rewrites.count;
	network->destinations = parser->destinations;
	network->nameservers = parser->nameservers;
	network->names = parser->names;
	for (size_t i = 0; i < network->destination_count; i++) {
		parser->destinations[i].hops = parser->drafts[i].hops.items;
		parser->destinations[i].hop_count = parser->drafts[i].hops.count;
		parser->destinations[i].ports = parser->drafts[i].ports;
		parser->destinations[i].firewalls = parser->drafts[i].firewalls.items;
		parser->destinations[i].firewall_count = parser->drafts[i].firewalls.count;
		parser->destinations[i].detours = parser->drafts[i].detours.items;
		parser->destinations[i].detour_count = parser->drafts[i].detours.count;
		parser->destinations[i].rewrites = parser->drafts[i].rewrites.items;
		parser->destinations[i].rewrite_count = parser->drafts[i].rewrites.count;
	}
	error = pathsim_new(out, network, &problem);
	if (error != -EINVAL)
		return error;
	if (problem.part == PATHSIM_PART_DESTINATION && problem.hop > 0)
		ps_text_number(&text, problem.hop);
	return ps_parse_fail(parser, line_of(parser, &problem), problem.what,
			     number[0] != '\0' ? number : NULL);
}

static void free_parser(struct ps_parser *parser)
{
	for (size_t i = 0; i < parser->network.destination_count; i++) {
		free(parser->drafts[i].hops.items);
		free(parser->drafts[i].hops.lines);
		free(parser->drafts[i].ports);
		free(parser->drafts[i].rewrites.items);
		free(parser->drafts[i].detours.items);
		free(parser->drafts[i].firewalls.items);
	}
	free(parser->hops.items);
	free(parser->hops.lines);
	free(parser->rewrites.items);
	free(parser->detours.items);
	free(parser->firewalls.items);
	free(parser->destinations);
	free(parser->drafts);
	free(parser->nameservers);
	free(parser->nameserver_lines);
	free(parser->names);
	free(parser->name_lines);
	ps_arena_fini(&parser->texts);
	free(parser);
}

int pathsim_parse(struct pathsim **out, const char *text, size_t len, char *error,
		  size_t error_size)
{
	struct ps_parser *parser = calloc(1, sizeof(*parser));
	int status;

	*out = NULL;
	if (error_size > 0)
		error[0] = '\0';
	if (parser == NULL)
		return -ENOMEM;
	parser->error = error;
	parser->error_size = error_size;
	status = parse_text(parser, text, len);
	if (status == 0)
		status = finish(parser, out);
	free_parser(parser);
	return status;
}
