/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Colours of rows. Text without them is the same text.
 */
#ifndef TTR_CLI_STYLE_H
#define TTR_CLI_STYLE_H

#include <stdbool.h>

#include "cli/buffer.h"

enum ttr_color {
	TTR_COLOR_AUTO,
	TTR_COLOR_ALWAYS,
	TTR_COLOR_NEVER,
};

enum ttr_style {
	TTR_STYLE_PLAIN,
	TTR_STYLE_OPEN,
	TTR_STYLE_CLOSED,
	TTR_STYLE_UNKNOWN,
	TTR_STYLE_SILENT,
	TTR_STYLE_MARK,
	TTR_STYLE_NOTE,
};

/*
 * Whether output to a terminal (or not) has colours. NO_COLOR (no-color.org: set and not empty) and
 * a TERM that is missing, empty or "dumb" turn AUTO off. Both are passed as getenv() gives them.
 */
bool ttr_style_wanted(enum ttr_color color, bool terminal, const char *no_color, const char *term);

/* Appends text, in the colour of the style if colored. */
void ttr_style_put(struct ttr_buffer *out, bool colored, enum ttr_style style, const char *text);

#endif
