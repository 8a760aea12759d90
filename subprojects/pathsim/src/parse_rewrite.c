/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "rewrite.h"
#include "value.h"

bool ps_parse_is_rewrite(const char *word)
{
	for (size_t i = 0; i < PATHSIM_REWRITE_KINDS; i++)
		if (strcmp(word, ps_rewrite_kinds[i].word) == 0)
			return true;
	return false;
}

static enum pathsim_rewrite_kind kind_of(const char *word)
{
	size_t i = 0;

	while (strcmp(word, ps_rewrite_kinds[i].word) != 0)
		i++;
	return (enum pathsim_rewrite_kind)i;
}

int ps_parse_at(struct ps_parser *parser, uint8_t *at)
{
	uint64_t value = 0;
	int error;

	if (!ps_parse_accept(parser, "at"))
		return ps_parse_fail(parser, parser->line, "at N is missing", parser->words[0]);
	error = ps_parse_number(parser, 1, 255, &value);
	*at = (uint8_t)value;
	return error;
}

static int parse_argument(struct ps_parser *parser, struct pathsim_rewrite *rewrite,
			  const struct ps_rewrite_kind *kind)
{
	uint64_t value = 0;
	const char *word;
	int error = 0;

	switch (kind->argument) {
	case PS_REWRITE_ALONE:
		break;
	case PS_REWRITE_NUMBER:
		error = ps_parse_number(parser, 0, kind->most, &value);
		rewrite->number = (uint16_t)value;
		break;
	case PS_REWRITE_ENDPOINT:
		word = ps_parse_take(parser);
		if (word == NULL || !ps_value_endpoint(word, &rewrite->addr, &rewrite->number))
			return ps_parse_fail(parser, parser->line,
					     "ADDRESS, ADDRESS:OFFSET or [ADDRESS]:OFFSET", word);
		break;
	}
	return error;
}

static int add_rewrite(struct ps_parser *parser, const struct pathsim_rewrite *rewrite)
{
	size_t destinations = parser->network.destination_count;
	struct ps_draft_rewrites *draft =
		destinations > 0 ? &parser->drafts[destinations - 1].rewrites : &parser->rewrites;
	void *items = draft->items;

	if (ps_parse_grow(&items, &draft->room, draft->count, sizeof(*draft->items)) < 0)
		return -ENOMEM;
	draft->items = items;
	draft->items[draft->count++] = *rewrite;
	return 0;
}

int ps_parse_rewrite(struct ps_parser *parser)
{
	struct pathsim_rewrite rewrite = {.kind = kind_of(parser->words[0])};
	const struct ps_rewrite_kind *kind = &ps_rewrite_kinds[rewrite.kind];
	int error = parse_argument(parser, &rewrite, kind);

	if (error == 0)
		error = ps_parse_at(parser, &rewrite.at);
	if (error < 0)
		return error;
	rewrite.raw = kind->raw != NULL && ps_parse_accept(parser, kind->raw);
	return add_rewrite(parser, &rewrite);
}
