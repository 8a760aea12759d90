/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/number.h"
#include "cli/option_checks.h"
#include "cli/option_table.h"
#include "cli/ports.h"
#include "cli/services.h"
#include "net/address.h"

#define PORT_DEFAULT 80
#define PORTS_FEW 3 /* ports that have so many queries by default */
#define QUERIES_FEW 3
#define HOST_MAX 300 /* a name of 253 bytes, or an address in brackets with its scope */

enum word {
	WORD_HOST,
	WORD_PORTS,
	WORD_LENGTH,
	WORD_COUNT,
};

/* An option that was named, and how: messages repeat it the way it was written. */
struct named {
	const struct ttr_option *option; /* NULL: none */
	const char *dashes;
	char name[32];
};

struct parser {
	struct ttr_draft draft;
	struct ttr_buffer *error;
	const char *words[WORD_COUNT];
	size_t word_count;
	struct named pending; /* waits for its argument */
	bool ended;           /* "--" was there */
};

static int refuse(struct parser *parser, const char *text)
{
	ttr_buffer_put(parser->error, text);
	return TTR_OPTIONS_REFUSED;
}

static int refuse_item(struct parser *parser, const char *text, const char *item)
{
	ttr_buffer_put(parser->error, text);
	ttr_escape(parser->error, item, TTR_ESCAPE_MAX);
	return TTR_OPTIONS_REFUSED;
}

static int refuse_named(struct parser *parser, const char *text, const struct named *named)
{
	ttr_buffer_print(parser->error, "%s%s%s", text, named->dashes, named->name);
	return TTR_OPTIONS_REFUSED;
}

static const struct ttr_option *find_letter(char letter)
{
	for (size_t i = 0; i < ttr_option_count; i++)
		if (ttr_option_table[i].letter == letter)
			return &ttr_option_table[i];
	return NULL;
}

static const struct ttr_option *find_word(const char *word, size_t length)
{
	for (size_t i = 0; i < ttr_option_count; i++) {
		const char *known = ttr_option_table[i].word;

		if (known && strlen(known) == length && memcmp(known, word, length) == 0)
			return &ttr_option_table[i];
	}
	return NULL;
}

static void *field_of(struct parser *parser, const struct ttr_option *option)
{
	return (char *)&parser->draft + option->offset;
}

static int64_t load(struct parser *parser, const struct ttr_option *option)
{
	return *(const uint8_t *)field_of(parser, option);
}

static void store(struct parser *parser, const struct ttr_option *option, int64_t value)
{
	const uint8_t value8 = (uint8_t)value;
	const uint16_t value16 = (uint16_t)value;
	const uint32_t value32 = (uint32_t)value;
	const void *from = &value;

	if (option->size == sizeof(value8))
		from = &value8;
	else if (option->size == sizeof(value16))
		from = &value16;
	else if (option->size == sizeof(value32))
		from = &value32;
	memcpy(field_of(parser, option), from, option->size);
}

/* Without an argument. */
static void apply_plain(struct parser *parser, const struct ttr_option *option)
{
	int64_t value = option->value;

	if (option->type == TTR_OPTION_BITS)
		value |= load(parser, option);
	if (option->type == TTR_OPTION_COUNT)
		value = load(parser, option) + (load(parser, option) < option->max);
	store(parser, option, value);
}

static int apply_value(struct parser *parser, const struct ttr_option *option, int64_t value)
{
	if (!value && option->zero)
		return refuse(parser, option->zero);
	if (value < option->min)
		return refuse(parser, option->too_small);
	if (value > option->max)
		return refuse(parser, option->too_large);
	store(parser, option, value);
	return 0;
}

static int apply_choice(struct parser *parser, const struct named *named, const char *text)
{
	const char *choice = named->option->choices;
	const size_t length = strlen(text);

	for (int64_t position = 0;; position++) {
		const size_t size = strcspn(choice, "|");

		if (size == length && memcmp(choice, text, size) == 0) {
			store(parser, named->option, position);
			return 0;
		}
		if (!choice[size])
			break;
		choice += size + 1;
	}
	ttr_buffer_print(parser->error, "%s%s takes %s, not ", named->dashes, named->name,
			 named->option->choices);
	return refuse_item(parser, "", text);
}

static int apply_text(struct parser *parser, const struct ttr_option *option, const char *text)
{
	const size_t length = strlen(text);

	if (length < (size_t)option->min)
		return refuse(parser, option->too_small);
	if (length > (size_t)option->max)
		return refuse(parser, option->too_large);
	memcpy(field_of(parser, option), &text, sizeof(text));
	return 0;
}

static int apply(struct parser *parser, const struct named *named, const char *text)
{
	int64_t value;

	switch (named->option->type) {
	case TTR_OPTION_NUMBER:
		if (!ttr_number_read(&value, text))
			break;
		return apply_value(parser, named->option, value);
	case TTR_OPTION_SECONDS:
		if (!ttr_number_read_seconds(&value, text))
			break;
		return apply_value(parser, named->option, value);
	case TTR_OPTION_CHOICE:
		return apply_choice(parser, named, text);
	case TTR_OPTION_TEXT:
		return apply_text(parser, named->option, text);
	default:
		return 0;
	}
	return refuse_named(parser, "Numeric argument required for ", named);
}

static int take_pending(struct parser *parser, const char *text)
{
	const struct named named = parser->pending;

	parser->pending.option = NULL;
	return apply(parser, &named, text);
}

/* "--word", "--word=argument"; an argument may also be the next one. */
static int read_word(struct parser *parser, const char *text)
{
	const size_t length = strcspn(text + 2, "=");
	const bool has_argument = text[2 + length] == '=';
	struct named named = {.option = find_word(text + 2, length), .dashes = "--"};

	if (!named.option || (has_argument && !named.option->argument))
		return refuse_item(parser, "Unknown command line argument: ", text);
	memcpy(named.name, named.option->word, length);
	if (!named.option->argument) {
		apply_plain(parser, named.option);
		return 0;
	}
	if (has_argument)
		return apply(parser, &named, text + 2 + length + 1);
	if (parser->pending.option)
		return refuse_named(parser, "Argument required for ", &parser->pending);
	parser->pending = named;
	return 0;
}

static int refuse_letter(struct parser *parser, const char *text)
{
	const char letter[] = {'-', *text, '\0'};

	return refuse_item(parser, "Unknown command line argument: ", letter);
}

/* "-n", "-nq1", "-q 1". */
static int read_letters(struct parser *parser, const char *text)
{
	for (text++; *text; text++) {
		struct named named = {.option = find_letter(*text), .dashes = "-"};

		if (!named.option)
			return refuse_letter(parser, text);
		named.name[0] = *text;
		if (!named.option->argument) {
			apply_plain(parser, named.option);
			if (parser->draft.action)
				return 0;
			continue;
		}
		if (text[1])
			return apply(parser, &named, text + 1);
		parser->pending = named;
	}
	return 0;
}

static int read_argument(struct parser *parser, const char *text)
{
	const bool dashes = text[0] == '-' && text[1] == '-';

	if (!parser->ended && dashes && text[2])
		return read_word(parser, text);
	if (parser->pending.option)
		return take_pending(parser, text);
	if (!parser->ended && dashes) {
		parser->ended = true;
		return 0;
	}
	if (!parser->ended && text[0] == '-' && text[1])
		return read_letters(parser, text);
	if (parser->word_count == WORD_COUNT)
		return refuse_item(parser, "Too many arguments: ", text);
	parser->words[parser->word_count++] = text;
	return 0;
}

static int read_arguments(struct parser *parser, int argc, char *const argv[])
{
	int outcome = 0;

	for (int i = 1; i < argc && !outcome && !parser->draft.action; i++)
		outcome = read_argument(parser, argv[i]);
	if (!outcome && !parser->draft.action && parser->pending.option)
		outcome = refuse_named(parser, "Argument required for ", &parser->pending);
	return outcome;
}

/* The family that the options or the host's form say; NONE when only its name will tell. */
static int settle_family(struct parser *parser, enum ttr_family *known)
{
	struct ttr_settings *settings = &parser->draft.options.settings;
	char scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;

	if (parser->draft.families == (TTR_DRAFT_4 | TTR_DRAFT_6))
		return refuse(parser, "-4 and -6 exclude each other");
	if (parser->draft.families)
		settings->family =
			parser->draft.families == TTR_DRAFT_4 ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6;
	*known = settings->family;
	if (ttr_addr_parse(&addr, scope, settings->host) != 0)
		return 0;
	addr = ttr_addr_unmap(&addr);
	if (settings->family && settings->family != addr.family) {
		refuse_item(parser, "Bad destination address: ", settings->host);
		return refuse(parser, settings->family == TTR_FAMILY_IPV4 ? ": not IPv4 (-4)"
									  : ": not IPv6 (-6)");
	}
	*known = addr.family;
	return 0;
}

static int settle_host(struct parser *parser)
{
	const char *host = parser->words[WORD_HOST];

	if (!parser->word_count)
		return refuse(parser, "No destination given");
	if (!*host)
		return refuse(parser, "Bad destination address: empty target");
	if (strlen(host) > HOST_MAX)
		return refuse_item(parser, "Bad destination address: too long: ", host);
	if (strcmp(host, "-") == 0)
		return refuse_item(parser, "Bad destination address: ", host);
	parser->draft.options.settings.host = host;
	return 0;
}

static int settle_ports(struct parser *parser)
{
	struct ttr_options *options = &parser->draft.options;
	uint16_t *ports = NULL;
	int outcome = ttr_services_read(&options->services);

	if (outcome)
		return outcome;
	options->port_given = parser->word_count > WORD_PORTS;
	if (options->port_given) {
		outcome = ttr_ports_parse(&ports, &options->settings.port_count, parser->error,
					  parser->words[WORD_PORTS], options->services);
		if (outcome)
			return outcome < 0 ? outcome : TTR_OPTIONS_REFUSED;
	} else {
		ports = malloc(sizeof(*ports));
		if (!ports)
			return -ENOMEM;
		ports[0] = PORT_DEFAULT;
		options->settings.port_count = 1;
	}
	options->settings.ports = ports;
	return 0;
}

static int settle_length_word(struct parser *parser)
{
	int64_t length;

	if (parser->word_count <= WORD_LENGTH)
		return 0;
	if (!ttr_number_read(&length, parser->words[WORD_LENGTH]))
		return refuse_item(parser, "Numeric argument required for the packet length: ",
				   parser->words[WORD_LENGTH]);
	return apply_value(parser, find_letter('l'), length);
}

static void settle_length(struct ttr_options *options, enum ttr_family family)
{
	struct ttr_settings *settings = &options->settings;
	const unsigned int least = ttr_segment_min_length(family ? family : TTR_FAMILY_IPV4,
							  settings->flags, settings->style);

	settings->length = options->length_asked;
	if (settings->length && settings->length < least)
		settings->length = (uint16_t)least;
}

static void settle_probe(struct parser *parser)
{
	struct ttr_options *options = &parser->draft.options;
	struct ttr_settings *settings = &options->settings;

	settings->flags = parser->draft.flags;
	if (!(settings->flags & (TTR_TCP_SYN | TTR_TCP_ACK)))
		settings->flags |= TTR_TCP_SYN;
	settings->source_port_forced = parser->draft.forced_port != 0;
	settings->source_port =
		settings->source_port_forced ? parser->draft.forced_port : parser->draft.bound_port;
	settings->quotes = options->changes;
	options->track_port_lost = settings->track_port && settings->source_port;
	if (options->track_port_lost)
		settings->track_port = false;
}

/* Many ports show the path often enough. */
static void settle_queries(struct ttr_settings *settings)
{
	if (!settings->queries)
		settings->queries =
			settings->port_count <= PORTS_FEW && !settings->locate ? QUERIES_FEW : 1;
}

static int settle_format(struct parser *parser)
{
	const uint8_t formats = parser->draft.formats;

	if (formats == (TTR_DRAFT_JSON | TTR_DRAFT_NDJSON))
		return refuse(parser, "--json and --ndjson exclude each other");
	if (formats == TTR_DRAFT_JSON)
		parser->draft.options.format = TTR_FORMAT_JSON;
	if (formats == TTR_DRAFT_NDJSON)
		parser->draft.options.format = TTR_FORMAT_NDJSON;
	return 0;
}

/* The hosts are in the list; the first word is the port. */
static void shift_words(struct parser *parser)
{
	memmove(parser->words + 1, parser->words, (WORD_COUNT - 1) * sizeof(parser->words[0]));
	parser->words[WORD_HOST] = NULL;
	parser->word_count++;
}

static int settle_list(struct parser *parser)
{
	struct ttr_settings *settings = &parser->draft.options.settings;
	int outcome;

	if (parser->word_count == WORD_COUNT)
		return refuse_item(parser, "Too many arguments: ", parser->words[WORD_LENGTH]);
	if (parser->draft.families == (TTR_DRAFT_4 | TTR_DRAFT_6))
		return refuse(parser, "-4 and -6 exclude each other");
	if (parser->draft.families)
		settings->family =
			parser->draft.families == TTR_DRAFT_4 ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6;
	shift_words(parser);
	outcome = settle_ports(parser);
	if (!outcome)
		outcome = settle_length_word(parser);
	if (outcome)
		return outcome;
	settings->queries = 1;
	settings->names = TTR_NAMES_NONE;
	settle_probe(parser);
	settle_length(&parser->draft.options, settings->family);
	outcome = ttr_options_check_list(&parser->draft.options, parser->error);
	return outcome ? outcome
		       : ttr_options_check_path(&parser->draft.options, parser->error,
						settings->family);
}

static int settle(struct parser *parser)
{
	enum ttr_family family = TTR_FAMILY_NONE;
	int outcome = settle_format(parser);

	if (!outcome && parser->draft.options.targets)
		return settle_list(parser);
	if (!outcome)
		outcome = ttr_options_check_list(&parser->draft.options, parser->error);
	if (!outcome)
		outcome = settle_host(parser);
	if (!outcome)
		outcome = settle_family(parser, &family);
	if (!outcome)
		outcome = settle_ports(parser);
	if (!outcome)
		outcome = settle_length_word(parser);
	if (outcome)
		return outcome;
	settle_queries(&parser->draft.options.settings);
	settle_probe(parser);
	settle_length(&parser->draft.options, family);
	return ttr_options_check_path(&parser->draft.options, parser->error, family);
}

int ttr_options_parse(struct ttr_options *options, struct ttr_buffer *error, int argc,
		      char *const argv[])
{
	struct parser parser = {.error = error};
	int outcome;

	ttr_settings_init(&parser.draft.options.settings);
	parser.draft.options.settings.queries = 0; /* not said */
	outcome = argc < 2 ? TTR_OPTIONS_EMPTY : read_arguments(&parser, argc, argv);
	if (!outcome && parser.draft.action)
		outcome = parser.draft.action;
	if (!outcome)
		outcome = settle(&parser);
	*options = parser.draft.options;
	return outcome;
}

void ttr_options_fini(struct ttr_options *options)
{
	free((void *)(uintptr_t)options->settings.ports);
	options->settings.ports = NULL;
	ttr_services_free(options->services);
	options->services = NULL;
}
