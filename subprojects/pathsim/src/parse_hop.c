/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "malform.h"
#include "parse.h"
#include "value.h"

/* -- Attributes of hops and hosts -- */

static int parse_duration(struct ps_parser *parser, uint64_t *ns)
{
	const char *word = ps_parse_take(parser);

	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "a time is missing", NULL);
	if (!ps_value_duration(word, ns))
		return ps_parse_fail(parser, parser->line, "not a time such as 2.5ms", word);
	return 0;
}

static int parse_rtt(struct ps_parser *parser, struct ps_subject *subject)
{
	return parse_duration(parser, &subject->manner->rtt_ns);
}

static int parse_jitter(struct ps_parser *parser, struct ps_subject *subject)
{
	return parse_duration(parser, &subject->manner->jitter_ns);
}

int ps_parse_share(struct ps_parser *parser, uint32_t *ppm)
{
	const char *word = ps_parse_take(parser);

	if (word == NULL || !ps_value_percent(word, ppm))
		return ps_parse_fail(parser, parser->line, "not a share such as 10%", word);
	return 0;
}

static int parse_loss(struct ps_parser *parser, struct ps_subject *subject)
{
	return ps_parse_share(parser, &subject->manner->loss_ppm);
}

/* "P% by T" */
static int parse_lag(struct ps_parser *parser, struct pathsim_lag *lag)
{
	int error = ps_parse_share(parser, &lag->share_ppm);

	if (error < 0)
		return error;
	if (!ps_parse_accept(parser, "by"))
		return ps_parse_fail(parser, parser->line, "by TIME is missing", NULL);
	return parse_duration(parser, &lag->by_ns);
}

static int parse_reorder(struct ps_parser *parser, struct ps_subject *subject)
{
	return parse_lag(parser, &subject->manner->reorder);
}

static int parse_late(struct ps_parser *parser, struct ps_subject *subject)
{
	return parse_lag(parser, &subject->manner->late);
}

static int parse_duplicate(struct ps_parser *parser, struct ps_subject *subject)
{
	return ps_parse_share(parser, &subject->manner->duplicate_ppm);
}

static int parse_malformed(struct ps_parser *parser, struct ps_subject *subject)
{
	for (size_t i = PATHSIM_MALFORMED_NONE + 1; i < PATHSIM_MALFORMED_KINDS; i++)
		if (ps_parse_accept(parser, ps_malform_words[i])) {
			subject->manner->malformed = (enum pathsim_malformed)i;
			return ps_parse_share(parser, &subject->manner->malformed_ppm);
		}
	return ps_parse_fail(parser, parser->line, "malformed in no such way",
			     ps_parse_peek(parser));
}

static int parse_ttl(struct ps_parser *parser, struct ps_subject *subject)
{
	uint64_t value = 0;
	int error = ps_parse_number(parser, 1, 255, &value);

	subject->manner->ttl = (uint8_t)value;
	return error;
}

static int parse_back(struct ps_parser *parser, struct ps_subject *subject)
{
	uint64_t value = 0;
	int error = ps_parse_number(parser, 1, 255, &value);

	subject->manner->back = (uint8_t)value;
	return error;
}

static int parse_quote(struct ps_parser *parser, struct ps_subject *subject)
{
	uint64_t value = 0;
	int error;

	if (ps_parse_accept(parser, "full")) {
		subject->manner->quote = PATHSIM_QUOTE_FULL;
		return 0;
	}
	if (ps_parse_accept(parser, "linux")) {
		subject->manner->quote = PATHSIM_QUOTE_LINUX;
		return 0;
	}
	error = ps_parse_number(parser, 0, PATHSIM_PACKET_SIZE, &value);
	subject->manner->quote = PATHSIM_QUOTE_BYTES;
	subject->manner->quote_bytes = (uint16_t)value;
	return error;
}

static int parse_options(struct ps_parser *parser, struct ps_subject *subject)
{
	uint64_t value = 0;
	int error = ps_parse_number(parser, 0, 40, &value);

	subject->manner->option_bytes = (uint8_t)value;
	return error;
}

static int parse_quote_ttl(struct ps_parser *parser, struct ps_subject *subject)
{
	uint64_t value = 0;
	int error;

	subject->manner->quote_ttl = PATHSIM_QUOTE_TTL_SENT;
	if (ps_parse_accept(parser, "sent"))
		return 0;
	error = ps_parse_number(parser, 0, 255, &value);
	subject->manner->quote_ttl = PATHSIM_QUOTE_TTL_FIXED;
	subject->manner->quoted_ttl = (uint8_t)value;
	return error;
}

static int parse_limit(struct ps_parser *parser, struct ps_subject *subject)
{
	struct pathsim_limit *limit = &subject->manner->limit;

	subject->manner->limit_linux = ps_parse_accept(parser, "linux");
	return subject->manner->limit_linux ? 0 : ps_parse_limit(parser, limit);
}

static int parse_at(struct ps_parser *parser, struct ps_subject *subject)
{
	uint64_t value = 0;
	int error = ps_parse_number(parser, 1, 255, &value);

	if (subject->destination != NULL)
		subject->destination->distance = (uint8_t)value;
	else
		subject->nameserver->distance = (uint8_t)value;
	return error;
}

static int parse_name(struct ps_parser *parser, struct ps_subject *subject)
{
	const char *word = ps_parse_take(parser), *name;

	if (word == NULL)
		return ps_parse_fail(parser, parser->line, "a name is missing", NULL);
	name = ps_parse_keep(parser, word);
	if (subject->hop != NULL)
		subject->hop->name = name;
	else
		subject->destination->name = name;
	return name != NULL ? 0 : -ENOMEM;
}

static int parse_silent(struct ps_parser *parser, struct ps_subject *subject)
{
	(void)parser;
	if (subject->hop != NULL)
		subject->hop->silent = true;
	else
		subject->destination->silent = true;
	return 0;
}

static int parse_per(struct ps_parser *parser, struct ps_subject *subject)
{
	subject->hop->per_packet = ps_parse_accept(parser, "packet");
	if (!subject->hop->per_packet && !ps_parse_accept(parser, "flow"))
		return ps_parse_fail(parser, parser->line, "per packet, or per flow", NULL);
	return 0;
}

static int parse_reject(struct ps_parser *parser, struct ps_subject *subject)
{
	struct pathsim_reject *reject = &subject->hop->reject;

	reject->active = true;
	return ps_parse_codes(parser, &reject->code4, &reject->code6);
}

static int set_dns_mode(struct ps_parser *parser, struct ps_subject *subject,
			enum pathsim_dns_mode mode)
{
	if (subject->nameserver->mode != PATHSIM_DNS_ANSWERS)
		return ps_parse_fail(parser, parser->line, "only one of dead, refused, servfail",
				     NULL);
	subject->nameserver->mode = mode;
	return 0;
}

static int parse_dead(struct ps_parser *parser, struct ps_subject *subject)
{
	return set_dns_mode(parser, subject, PATHSIM_DNS_DEAD);
}

static int parse_refused(struct ps_parser *parser, struct ps_subject *subject)
{
	return set_dns_mode(parser, subject, PATHSIM_DNS_REFUSED);
}

static int parse_servfail(struct ps_parser *parser, struct ps_subject *subject)
{
	return set_dns_mode(parser, subject, PATHSIM_DNS_SERVFAIL);
}

enum { HOP = 1, DESTINATION = 2, NAMESERVER = 4, ALL = 7 };

static unsigned int where_of(const struct ps_subject *subject)
{
	return subject->hop != NULL ? HOP : subject->destination != NULL ? DESTINATION : NAMESERVER;
}

static const struct attribute {
	const char *word;
	unsigned int where;
	int (*parse)(struct ps_parser *parser, struct ps_subject *subject);
} attributes[] = {
	{"rtt", HOP | DESTINATION, parse_rtt},
	{"delay", NAMESERVER, parse_rtt},
	{"jitter", ALL, parse_jitter},
	{"loss", ALL, parse_loss},
	{"reorder", ALL, parse_reorder},
	{"late", ALL, parse_late},
	{"duplicate", ALL, parse_duplicate},
	{"malformed", ALL, parse_malformed},
	{"ttl", ALL, parse_ttl},
	{"back", ALL, parse_back},
	{"quote", ALL, parse_quote},
	{"options", ALL, parse_options},
	{"quote-ttl", ALL, parse_quote_ttl},
	{"mpls", ALL, ps_parse_mpls},
	{"interface", ALL, ps_parse_interface},
	{"object", ALL, ps_parse_object},
	{"extensions", ALL, ps_parse_extensions},
	{"limit", ALL, parse_limit},
	{"at", DESTINATION | NAMESERVER, parse_at},
	{"name", HOP | DESTINATION, parse_name},
	{"silent", HOP | DESTINATION, parse_silent},
	{"per", HOP, parse_per},
	{"reject", HOP, parse_reject},
	{"dead", NAMESERVER, parse_dead},
	{"refused", NAMESERVER, parse_refused},
	{"servfail", NAMESERVER, parse_servfail},
};

static int parse_attribute(struct ps_parser *parser, struct ps_subject *subject)
{
	const char *word = ps_parse_take(parser);

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (strcmp(word, attributes[i].word) != 0 ||
		    (attributes[i].where & where_of(subject)) == 0)
			continue;
		if ((subject->seen >> i & 1) != 0)
			return ps_parse_fail(parser, parser->line, "said twice", word);
		subject->seen |= UINT64_C(1) << i;
		return attributes[i].parse(parser, subject);
	}
	return ps_parse_fail(parser, parser->line, "unknown attribute", word);
}

int ps_parse_attributes(struct ps_parser *parser, struct ps_subject *subject)
{
	int error = 0;

	while (error == 0 && ps_parse_peek(parser) != NULL)
		error = parse_attribute(parser, subject);
	return error;
}

int ps_parse_limit(struct ps_parser *parser, struct pathsim_limit *limit)
{
	const char *word;
	uint64_t burst = 0;
	int error = ps_parse_number(parser, 1, 65535, &burst);

	if (error < 0)
		return error;
	word = ps_parse_take(parser);
	limit->burst = (uint16_t)burst;
	if (word == NULL || !ps_value_rate(word, &limit->answers, &limit->per_ns))
		return ps_parse_fail(parser, parser->line, "not a rate such as 1/s or 100/10s",
				     word);
	return 0;
}

static uint8_t nearest_code6(uint64_t code4)
{
	switch (code4) {
	case 3:
		return 4; /* port */
	case 9:
	case 10:
	case 13:
		return 1; /* administratively prohibited */
	case 1:
		return 3; /* address */
	default:
		return 0; /* no route */
	}
}

int ps_parse_codes(struct ps_parser *parser, uint8_t *code4, uint8_t *code6)
{
	uint64_t value = 0;
	int error;

	if (!ps_parse_accept(parser, "code"))
		return ps_parse_fail(parser, parser->line, "code N is missing", NULL);
	error = ps_parse_number(parser, 0, 255, &value);
	*code4 = (uint8_t)value;
	*code6 = nearest_code6(value);
	if (error < 0 || !ps_parse_accept(parser, "code6"))
		return error;
	error = ps_parse_number(parser, 0, 255, &value);
	*code6 = (uint8_t)value;
	return error;
}

/* -- Addresses -- */

int ps_parse_addrs(struct ps_parser *parser, struct pathsim_addr *v4, struct pathsim_addr *v6)
{
	struct pathsim_addr addr;
	const char *word;

	while ((word = ps_parse_peek(parser)) != NULL && ps_value_addr(word, &addr)) {
		struct pathsim_addr *place = addr.family == 6 ? v6 : v4;

		if (place->family != 0)
			return ps_parse_fail(parser, parser->line, "one address of each family",
					     word);
		*place = addr;
		parser->next++;
	}
	if (v4->family == 0 && v6->family == 0)
		return ps_parse_fail(parser, parser->line, "an address is missing", word);
	return 0;
}

static int add_addr(struct ps_parser *parser, struct pathsim_hop *hop, const char *word)
{
	struct pathsim_addr addr;
	uint8_t *count;

	if (!ps_value_addr(word, &addr))
		return ps_parse_fail(parser, parser->line, "not an address", word);
	count = addr.family == 6 ? &hop->v6_count : &hop->v4_count;
	if (*count == PATHSIM_HOP_ADDRS)
		return ps_parse_fail(parser, parser->line, "too many addresses", word);
	(addr.family == 6 ? hop->v6 : hop->v4)[(*count)++] = addr;
	return 0;
}

/* One word: addresses with ',' between them. */
static int add_addrs(struct ps_parser *parser, struct pathsim_hop *hop, const char *word)
{
	char part[64];
	int error = 0;

	while (error == 0) {
		size_t len = strcspn(word, ",");

		if (len >= sizeof(part))
			return ps_parse_fail(parser, parser->line, "not an address", word);
		memcpy(part, word, len);
		part[len] = '\0';
		error = add_addr(parser, hop, part);
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	return error;
}

/* -- The statement -- */

static int add_hop(struct ps_parser *parser, struct ps_draft_hops *hops,
		   const struct pathsim_hop *hop)
{
	void *items = hops->items, *lines = hops->lines;
	size_t line_room = hops->room;

	if (ps_parse_grow(&lines, &line_room, hops->count, sizeof(*hops->lines)) < 0)
		return -ENOMEM;
	hops->lines = lines;
	if (ps_parse_grow(&items, &hops->room, hops->count, sizeof(*hops->items)) < 0)
		return -ENOMEM;
	hops->items = items;
	hops->items[hops->count] = *hop;
	hops->lines[hops->count++] = parser->line;
	return 0;
}

static bool looks_like_addr(const char *word)
{
	return strpbrk(word, ".:") != NULL &&
	       strspn(word, "0123456789abcdefABCDEF.:,") == strlen(word);
}

int ps_parse_hop(struct ps_parser *parser)
{
	size_t destinations = parser->network.destination_count;
	struct ps_draft_hops *hops =
		destinations > 0 ? &parser->drafts[destinations - 1].hops : &parser->hops;
	const char *word = ps_parse_take(parser);
	struct pathsim_hop hop = {0};
	struct ps_subject subject = {.hop = &hop, .manner = &hop.manner};
	uint64_t first, last;
	int error = 0;

	if (word == NULL || !ps_value_range(word, 1, 254, &first, &last))
		return ps_parse_fail(parser, parser->line, "hop: a number, 1 to 254", word);
	while (error == 0 && ps_parse_peek(parser) != NULL &&
	       looks_like_addr(ps_parse_peek(parser)))
		error = add_addrs(parser, &hop, ps_parse_take(parser));
	if (error == 0)
		error = ps_parse_attributes(parser, &subject);
	if (error == 0 && !hop.silent && hop.v4_count == 0 && hop.v6_count == 0)
		return ps_parse_fail(parser, parser->line, "hop: an address, or silent", NULL);
	for (uint64_t ttl = first; error == 0 && ttl <= last; ttl++) {
		hop.ttl = (uint8_t)ttl;
		error = add_hop(parser, hops, &hop);
	}
	return error;
}

int ps_parse_detour(struct ps_parser *parser)
{
	size_t destinations = parser->network.destination_count;
	struct ps_draft_detours *draft =
		destinations > 0 ? &parser->drafts[destinations - 1].detours : &parser->detours;
	struct pathsim_detour detour = {.share_ppm = 500000};
	struct ps_subject subject = {.hop = &detour.like, .manner = &detour.like.manner};
	void *items = draft->items;
	int error = ps_parse_at(parser, &detour.like.ttl);

	if (error == 0 && ps_parse_accept(parser, "share"))
		error = ps_parse_share(parser, &detour.share_ppm);
	while (error == 0 && ps_parse_peek(parser) != NULL &&
	       looks_like_addr(ps_parse_peek(parser)))
		error = add_addrs(parser, &detour.like, ps_parse_take(parser));
	if (error == 0)
		error = ps_parse_attributes(parser, &subject);
	if (error == 0 && detour.like.v4_count + detour.like.v6_count == 0)
		return ps_parse_fail(parser, parser->line, "a detour has no routers", NULL);
	if (error < 0)
		return error;
	if (ps_parse_grow(&items, &draft->room, draft->count, sizeof(*draft->items)) < 0)
		return -ENOMEM;
	draft->items = items;
	draft->items[draft->count++] = detour;
	return 0;
}
