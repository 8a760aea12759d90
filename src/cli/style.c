/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/style.h"

#include <string.h>

bool ttr_style_wanted(enum ttr_color color, bool terminal, const char *no_color, const char *term)
{
	if (color != TTR_COLOR_AUTO)
		return color == TTR_COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	return terminal && term && *term && strcmp(term, "dumb") != 0;
}

void ttr_style_put(struct ttr_buffer *out, bool colored, enum ttr_style style, const char *text)
{
	/* ECMA-48 section 8.3.117, select graphic rendition */
	static const char *const codes[] = {
		[TTR_STYLE_OPEN] = "\033[32m",    [TTR_STYLE_CLOSED] = "\033[31m",
		[TTR_STYLE_UNKNOWN] = "\033[33m", [TTR_STYLE_SILENT] = "\033[2m",
		[TTR_STYLE_MARK] = "\033[31m",    [TTR_STYLE_NOTE] = "\033[36m",
	};

	colored &= style != TTR_STYLE_PLAIN;
	if (colored)
		ttr_buffer_put(out, codes[style]);
	ttr_buffer_put(out, text);
	if (colored)
		ttr_buffer_put(out, "\033[0m");
}
