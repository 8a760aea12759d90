/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "value.h"

struct ps_firewalls_place {
	struct ps_draft_firewalls *draft;
	struct pathsim_firewall rule;
};

static int add_rule(struct ps_parser *parser, void *context, uint16_t first, uint16_t last)
{
	struct ps_firewalls_place *place = context;
	struct ps_draft_firewalls *draft = place->draft;
	void *items = draft->items;

	(void)parser;
	if (ps_parse_grow(&items, &draft->room, draft->count, sizeof(*draft->items)) < 0)
		return -ENOMEM;
	draft->items = items;
	place->rule.first = first;
	place->rule.last = last;
	draft->items[draft->count++] = place->rule;
	return 0;
}

static int parse_action(struct ps_parser *parser, struct pathsim_firewall *rule)
{
	for (size_t i = 0; i < PATHSIM_FIREWALL_ACTIONS; i++) {
		if (!ps_parse_accept(parser, ps_firewall_words[i]))
			continue;
		rule->action = (enum pathsim_firewall_action)i;
		if (rule->action == PATHSIM_FIREWALL_REJECT)
			return ps_parse_codes(parser, &rule->code4, &rule->code6);
		return 0;
	}
	return ps_parse_fail(parser, parser->line, "drop, reject, reset or synproxy, not",
			     ps_parse_peek(parser));
}

static struct ps_draft_firewalls *current_draft(struct ps_parser *parser)
{
	size_t destinations = parser->network.destination_count;

	return destinations > 0 ? &parser->drafts[destinations - 1].firewalls : &parser->firewalls;
}

int ps_parse_firewall(struct ps_parser *parser)
{
	struct ps_firewalls_place place = {.draft = current_draft(parser)};
	const char *word;
	int error = ps_parse_at(parser, &place.rule.at);

	if (error == 0)
		error = parse_action(parser, &place.rule);
	if (error < 0)
		return error;
	word = ps_parse_take(parser);
	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "which ports?", NULL);
	if (strcmp(word, "any") == 0)
		return add_rule(parser, &place, 0, 65535);
	return ps_parse_ports(parser, word, add_rule, &place);
}

int ps_parse_synproxy(struct ps_parser *parser)
{
	struct ps_firewalls_place place = {
		.draft = current_draft(parser),
		.rule = {.action = PATHSIM_FIREWALL_SYNPROXY},
	};
	int error = ps_parse_at(parser, &place.rule.at);

	return error == 0 ? add_rule(parser, &place, 0, 65535) : error;
}
