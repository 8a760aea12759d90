/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "value.h"
#include "wire.h"

static int grow_destinations(struct ps_parser *parser)
{
	size_t count = parser->network.destination_count, draft_room = parser->destination_room;
	void *items = parser->destinations, *drafts = parser->drafts;

	if (ps_parse_grow(&drafts, &draft_room, count, sizeof(*parser->drafts)) < 0)
		return -ENOMEM;
	parser->drafts = drafts;
	if (ps_parse_grow(&items, &parser->destination_room, count, sizeof(*parser->destinations)) <
	    0)
		return -ENOMEM;
	parser->destinations = items;
	return 0;
}

int ps_parse_destination(struct ps_parser *parser)
{
	struct pathsim_destination dest = {0};
	struct ps_subject subject = {.destination = &dest, .manner = &dest.manner};
	size_t count = parser->network.destination_count;
	int error = ps_parse_addrs(parser, &dest.v4, &dest.v6);

	if (error == 0)
		error = ps_parse_attributes(parser, &subject);
	if (error == 0)
		error = grow_destinations(parser);
	if (error < 0)
		return error;
	parser->destinations[count] = dest;
	parser->drafts[count] = (struct ps_draft_destination){.line = parser->line};
	parser->network.destination_count++;
	return 0;
}

static struct pathsim_destination *current(struct ps_parser *parser)
{
	size_t count = parser->network.destination_count;

	return count > 0 ? &parser->destinations[count - 1] : NULL;
}

static int fail_alone(struct ps_parser *parser)
{
	return ps_parse_fail(parser, parser->line, "this belongs behind a destination",
			     parser->words[0]);
}

/* -- Ports -- */

static int parse_flags(struct ps_parser *parser, uint8_t *flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	const char *word = ps_parse_take(parser);

	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "answers: flags, or none", NULL);
	if (strcmp(word, "none") == 0)
		return 0;
	for (; word != NULL; word = ps_parse_take(parser)) {
		size_t i = 0;

		while (i < 8 && strcmp(word, names[i]) != 0)
			i++;
		if (i == 8)
			return ps_parse_fail(parser, parser->line, "not a TCP flag", word);
		*flags |= (uint8_t)(1U << i);
	}
	return 0;
}

static int parse_behaviour(struct ps_parser *parser, struct pathsim_port *port)
{
	const char *word = ps_parse_take(parser);

	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "what does this port do?", NULL);
	if (strcmp(word, "open") == 0) {
		port->kind = PATHSIM_PORT_OPEN;
		port->ecn = ps_parse_accept(parser, "ecn");
	} else if (strcmp(word, "closed") == 0) {
		port->kind = PATHSIM_PORT_CLOSED;
	} else if (strcmp(word, "dropped") == 0) {
		port->kind = PATHSIM_PORT_DROPPED;
	} else if (strcmp(word, "answers") == 0) {
		port->kind = PATHSIM_PORT_ANSWERS;
		return parse_flags(parser, &port->flags);
	} else if (strcmp(word, "rejected") == 0) {
		port->kind = PATHSIM_PORT_REJECTED;
		return ps_parse_codes(parser, &port->code4, &port->code6);
	} else {
		return ps_parse_fail(parser, parser->line,
				     "open, closed, dropped, answers or rejected, not", word);
	}
	return 0;
}

static int add_port(struct ps_parser *parser, void *context, uint16_t first, uint16_t last)
{
	struct pathsim_port *port = context;
	struct pathsim_destination *dest = current(parser);
	struct ps_draft_destination *draft = &parser->drafts[parser->network.destination_count - 1];
	void *ports = draft->ports;

	if (ps_parse_grow(&ports, &draft->port_room, dest->port_count, sizeof(*draft->ports)) < 0)
		return -ENOMEM;
	draft->ports = ports;
	port->first = first;
	port->last = last;
	draft->ports[dest->port_count++] = *port;
	return 0;
}

int ps_parse_ports(struct ps_parser *parser, const char *word,
		   int (*add)(struct ps_parser *parser, void *context, uint16_t first,
			      uint16_t last),
		   void *context)
{
	const char *all = word;
	char part[16];
	int error = 0;

	while (error == 0) {
		size_t len = strcspn(word, ",");
		uint64_t first, last;

		if (len >= sizeof(part))
			return ps_parse_fail(parser, parser->line, "not a port", all);
		memcpy(part, word, len);
		part[len] = '\0';
		if (!ps_value_range(part, 1, 65535, &first, &last))
			return ps_parse_fail(parser, parser->line, "not a port", all);
		error = add(parser, context, (uint16_t)first, (uint16_t)last);
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	return error;
}

int ps_parse_port(struct ps_parser *parser)
{
	const char *word = ps_parse_take(parser);
	struct pathsim_port port = {0};
	int error;

	if (current(parser) == NULL)
		return fail_alone(parser);
	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "which port?", NULL);
	error = parse_behaviour(parser, &port);
	if (error < 0)
		return error;
	if (strcmp(word, "any") != 0)
		return ps_parse_ports(parser, word, add_port, &port);
	current(parser)->others = port;
	return 0;
}

/* -- The rest of a destination -- */

static int parse_without(struct ps_parser *parser)
{
	if (!ps_parse_accept(parser, "without"))
		return 0;
	current(parser)->no_timestamps = ps_parse_accept(parser, "timestamps");
	return current(parser)->no_timestamps
		       ? 0
		       : ps_parse_fail(parser, parser->line, "only timestamps can be left out",
				       ps_parse_peek(parser));
}

int ps_parse_stack(struct ps_parser *parser)
{
	if (current(parser) == NULL)
		return fail_alone(parser);
	if (ps_parse_accept(parser, "synproxy"))
		return ps_parse_synproxy(parser);
	for (size_t i = 0; i < PATHSIM_STACKS; i++)
		if (ps_parse_accept(parser, ps_stack_words[i])) {
			current(parser)->stack = (enum pathsim_stack)i;
			return parse_without(parser);
		}
	return ps_parse_fail(parser, parser->line, "no such stack", ps_parse_peek(parser));
}

int ps_parse_rstlimit(struct ps_parser *parser)
{
	const char *word = ps_parse_take(parser);
	struct pathsim_limit *limit;

	if (current(parser) == NULL)
		return fail_alone(parser);
	limit = &current(parser)->rst_limit;
	if (word == NULL || !ps_value_rate(word, &limit->answers, &limit->per_ns))
		return ps_parse_fail(parser, parser->line, "not a rate such as 200/s", word);
	limit->burst = limit->answers;
	if (ps_parse_accept(parser, "burst")) {
		uint64_t burst = 0;
		int error = ps_parse_number(parser, 1, 65535, &burst);

		limit->burst = (uint16_t)burst;
		return error;
	}
	return 0;
}

int ps_parse_dnat(struct ps_parser *parser)
{
	const char *word = ps_parse_take(parser);
	struct pathsim_dnat dnat = {0}, *place;
	uint64_t at = 0;
	int error;

	if (current(parser) == NULL)
		return fail_alone(parser);
	if (word == NULL || !ps_value_endpoint(word, &dnat.to, &dnat.port))
		return ps_parse_fail(parser, parser->line, "dnat: ADDRESS:PORT or [ADDRESS]:PORT",
				     word);
	if (!ps_parse_accept(parser, "at"))
		return ps_parse_fail(parser, parser->line, "dnat: at N is missing", NULL);
	error = ps_parse_number(parser, 1, 255, &at);
	dnat.at = (uint8_t)at;
	place = dnat.to.family == 6 ? &current(parser)->dnat6 : &current(parser)->dnat4;
	if (error == 0 && place->to.family != 0)
		return ps_parse_fail(parser, parser->line, "one dnat for each family", NULL);
	*place = dnat;
	return error;
}

/* "N [in P prefixes] [fan F] [dead S%] ROUTERS ATTRIBUTES" */
int ps_parse_hosts(struct ps_parser *parser)
{
	struct pathsim_crowd *crowd = ps_arena_take(&parser->texts, 1, sizeof(*crowd));
	uint64_t hosts, prefixes = 1, fan = 2;
	struct ps_subject subject;
	int error;

	if (crowd == NULL)
		return -ENOMEM;
	if (current(parser) == NULL)
		return fail_alone(parser);
	if (current(parser)->crowd != NULL)
		return ps_parse_fail(parser, parser->line, "there are hosts already", NULL);
	error = ps_parse_number(parser, 1, 254, &hosts);
	if (error == 0 && ps_parse_accept(parser, "in")) {
		error = ps_parse_number(parser, 1, PATHSIM_CROWD_HOSTS, &prefixes);
		if (error == 0 && !ps_parse_accept(parser, "prefixes"))
			return ps_parse_fail(parser, parser->line, "in P prefixes, not",
					     ps_parse_peek(parser));
	}
	if (error == 0 && ps_parse_accept(parser, "fan"))
		error = ps_parse_number(parser, 1, 65535, &fan);
	if (error == 0 && ps_parse_accept(parser, "dead"))
		error = ps_parse_share(parser, &crowd->dead_ppm);
	if (error == 0)
		error = ps_parse_addrs(parser, &crowd->routers4, &crowd->routers6);
	subject = (struct ps_subject){.hop = &crowd->like, .manner = &crowd->like.manner};
	if (error == 0)
		error = ps_parse_attributes(parser, &subject);
	if (error < 0)
		return error;
	crowd->hosts = (uint32_t)hosts;
	crowd->prefixes = (uint32_t)prefixes;
	crowd->fan = (uint32_t)fan;
	current(parser)->crowd = crowd;
	return 0;
}

/* -- Name servers -- */

int ps_parse_nameserver(struct ps_parser *parser)
{
	struct pathsim_nameserver server = {0};
	struct ps_subject subject = {.nameserver = &server, .manner = &server.manner};
	size_t count = parser->network.nameserver_count, line_room = parser->nameserver_room;
	void *items = parser->nameservers, *lines = parser->nameserver_lines;
	int error = ps_parse_addrs(parser, &server.v4, &server.v6);

	if (error == 0)
		error = ps_parse_attributes(parser, &subject);
	if (error < 0)
		return error;
	if (ps_parse_grow(&lines, &line_room, count, sizeof(*parser->nameserver_lines)) < 0)
		return -ENOMEM;
	parser->nameserver_lines = lines;
	if (ps_parse_grow(&items, &parser->nameserver_room, count, sizeof(*parser->nameservers)) <
	    0)
		return -ENOMEM;
	parser->nameservers = items;
	parser->nameservers[count] = server;
	parser->nameserver_lines[count] = parser->line;
	parser->network.nameserver_count++;
	return 0;
}
