/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/usage.h"

#include <stdio.h>
#include <string.h>

#include "cli/option_table.h"

#define HELP_COLUMN 27

static const char synopsis[] = "Usage: tcptraceroute [options] HOST [PORTS] [LENGTH]\n";

void ttr_usage_short(struct ttr_buffer *out)
{
	ttr_buffer_put(out, synopsis);
	ttr_buffer_put(out, "Example: tcptraceroute www.example.org 443\n"
			    "tcptraceroute --help lists the options.\n");
}

void ttr_usage_version(struct ttr_buffer *out)
{
	ttr_buffer_put(out, "tcptraceroute " TTR_VERSION "\n");
}

/* Appends text at the column, broken between words so that no line is too long. */
static void wrap(struct ttr_buffer *out, size_t column, const char *text)
{
	size_t at = column;

	while (*text) {
		const size_t length = strcspn(text, " ");

		if (at > column && at + 1 + length > TTR_USAGE_WIDTH) {
			ttr_buffer_print(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			ttr_buffer_put(out, " ");
			at++;
		}
		ttr_buffer_add(out, text, length);
		at += length;
		text += length + (text[length] == ' ');
	}
	ttr_buffer_put(out, "\n");
}

static void put_names(struct ttr_buffer *out, const struct ttr_option *option)
{
	if (option->letter)
		ttr_buffer_print(out, "  -%c", option->letter);
	else
		ttr_buffer_put(out, "    ");
	if (option->word)
		ttr_buffer_print(out, "%s --%s", option->letter ? "," : " ", option->word);
	if (option->argument)
		ttr_buffer_print(out, " %s", option->argument);
}

static void put_option(struct ttr_buffer *out, const struct ttr_option *option)
{
	const size_t start = out->length;
	char help[256];
	size_t width;

	put_names(out, option);
	width = out->length - start;
	ttr_buffer_print(out, "%*s", width < HELP_COLUMN ? (int)(HELP_COLUMN - width) : 1, "");
	if (option->fallback)
		snprintf(help, sizeof(help), "%s (default: %s)", option->help, option->fallback);
	else
		snprintf(help, sizeof(help), "%s", option->help);
	wrap(out, HELP_COLUMN, help);
}

static void put_group(struct ttr_buffer *out, enum ttr_option_group group)
{
	ttr_buffer_print(out, "\n%s\n", ttr_option_groups[group]);
	for (size_t i = 0; i < ttr_option_count; i++)
		if (ttr_option_table[i].group == group)
			put_option(out, &ttr_option_table[i]);
}

void ttr_usage_help(struct ttr_buffer *out)
{
	ttr_buffer_put(out, synopsis);
	ttr_buffer_put(out,
		       "\nShows the path that TCP takes to a port of a host, and what that port "
		       "answers.\n\n"
		       "HOST is a name, an IPv4 or an IPv6 address. PORTS is a list such as "
		       "443 or\n22,80,https,8000-8010 (default: 80). LENGTH is the same as -l.\n");
	for (size_t i = 0; i < TTR_GROUP_COUNT; i++)
		put_group(out, (enum ttr_option_group)i);
	ttr_buffer_put(
		out, "\nExit status: 0 reached, 1 not reached, 2 wrong usage, 3 the environment or "
		     "the\nrun failed, 4 the output could not be written.\n");
}
