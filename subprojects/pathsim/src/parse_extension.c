/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "parse.h"
#include "value.h"

/* LABEL/CLASS/TTL */
static bool read_label(const char *word, struct pathsim_mpls *entry)
{
	static const uint64_t most[3] = {0xfffff, 7, 255};
	uint64_t values[3] = {0};
	char part[8];

	for (size_t i = 0; i < 3; i++) {
		size_t len = strcspn(word, "/");

		if (len >= sizeof(part) || (word[len] == '\0') != (i == 2))
			return false;
		memcpy(part, word, len);
		part[len] = '\0';
		if (!ps_value_number(part, 0, most[i], &values[i]))
			return false;
		word += len + 1;
	}
	*entry = (struct pathsim_mpls){.label = (uint32_t)values[0],
				       .traffic_class = (uint8_t)values[1],
				       .ttl = (uint8_t)values[2]};
	return true;
}

int ps_parse_mpls(struct ps_parser *parser, struct ps_subject *subject)
{
	struct pathsim_extensions *extensions = &subject->manner->extensions;
	const char *word = ps_parse_peek(parser);
	struct pathsim_mpls entry;

	while (word != NULL && read_label(word, &entry)) {
		if (extensions->mpls_count == PATHSIM_MPLS_LABELS)
			return ps_parse_fail(parser, parser->line, "too many labels", word);
		extensions->mpls[extensions->mpls_count++] = entry;
		ps_parse_take(parser);
		word = ps_parse_peek(parser);
	}
	if (extensions->mpls_count == 0)
		return ps_parse_fail(parser, parser->line, "mpls: LABEL/CLASS/TTL, not", word);
	return 0;
}

static int parse_role(struct ps_parser *parser, struct pathsim_interface *interface)
{
	for (size_t i = 0; i < 4; i++)
		if (ps_parse_accept(parser, ps_interface_roles[i])) {
			interface->role = (enum pathsim_interface_role)i;
			return 0;
		}
	return ps_parse_fail(parser, parser->line, "not the role of an interface",
			     ps_parse_peek(parser));
}

static int parse_interface_name(struct ps_parser *parser, struct pathsim_interface *interface)
{
	const char *word = ps_parse_take(parser);

	if (word == NULL || strlen(word) >= sizeof(interface->name))
		return ps_parse_fail(parser, parser->line, "not the name of an interface", word);
	strcpy(interface->name, word);
	return 0;
}

static int parse_index(struct ps_parser *parser, struct pathsim_interface *interface)
{
	uint64_t value = 0;
	int error = ps_parse_number(parser, 1, UINT32_MAX, &value);

	interface->index = (uint32_t)value;
	return error;
}

static int parse_mtu(struct ps_parser *parser, struct pathsim_interface *interface)
{
	uint64_t value = 0;
	int error = ps_parse_number(parser, 1, UINT32_MAX, &value);

	interface->mtu = (uint32_t)value;
	return error;
}

static int parse_address(struct ps_parser *parser, struct pathsim_interface *interface)
{
	const char *word = ps_parse_take(parser);

	if (word == NULL || !ps_value_addr(word, &interface->addr))
		return ps_parse_fail(parser, parser->line, "not an address", word);
	return 0;
}

int ps_parse_interface(struct ps_parser *parser, struct ps_subject *subject)
{
	static const struct {
		const char *word;
		int (*parse)(struct ps_parser *parser, struct pathsim_interface *interface);
	} parts[] = {
		{"role", parse_role},   {"name", parse_interface_name},
		{"index", parse_index}, {"address", parse_address},
		{"mtu", parse_mtu},
	};
	struct pathsim_interface *interface = &subject->manner->extensions.interface;
	size_t count = sizeof(parts) / sizeof(parts[0]), i = 0;
	unsigned int seen = 0;

	interface->active = true;
	while (i < count) {
		int error;

		/* What is said twice belongs to the node: its name. */
		for (i = 0; i < count; i++)
			if ((seen >> i & 1) == 0 && ps_parse_accept(parser, parts[i].word))
				break;
		if (i == count)
			break;
		seen |= 1U << i;
		error = parts[i].parse(parser, interface);
		if (error < 0)
			return error;
	}
	return 0;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	return at != NULL && c != '\0' ? (int)(at - digits) : -1;
}

static bool read_hex(const char *word, struct pathsim_object *object)
{
	for (object->len = 0; *word != '\0'; word += 2) {
		int high = hex_digit(word[0]), low = high < 0 ? -1 : hex_digit(word[1]);

		if (low < 0 || object->len == PATHSIM_OBJECT_BYTES)
			return false;
		object->bytes[object->len++] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int ps_parse_object(struct ps_parser *parser, struct ps_subject *subject)
{
	struct pathsim_object *object = &subject->manner->extensions.object;
	uint64_t class_number = 0, type = 0;
	const char *word;
	int error;

	if (!ps_parse_accept(parser, "class"))
		return ps_parse_fail(parser, parser->line, "object class N type N HEX", NULL);
	error = ps_parse_number(parser, 0, 255, &class_number);
	if (error == 0 && !ps_parse_accept(parser, "type"))
		return ps_parse_fail(parser, parser->line, "object class N type N HEX", NULL);
	if (error == 0)
		error = ps_parse_number(parser, 0, 255, &type);
	if (error < 0)
		return error;
	object->active = true;
	object->class_number = (uint8_t)class_number;
	object->type = (uint8_t)type;
	word = ps_parse_take(parser);
	if (word == NULL || (strcmp(word, "empty") != 0 && !read_hex(word, object)))
		return ps_parse_fail(parser, parser->line, "not bytes in hex", word);
	return 0;
}

int ps_parse_extensions(struct ps_parser *parser, struct ps_subject *subject)
{
	subject->manner->extensions.old_form = ps_parse_accept(parser, "old");
	if (!subject->manner->extensions.old_form && !ps_parse_accept(parser, "rfc4884"))
		return ps_parse_fail(parser, parser->line, "extensions: rfc4884 or old, not",
				     ps_parse_peek(parser));
	return 0;
}
