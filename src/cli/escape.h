/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Foreign text made safe for a terminal and for JSON: arguments, names, other libraries' messages.
 */
#ifndef TTR_CLI_ESCAPE_H
#define TTR_CLI_ESCAPE_H

#include "cli/buffer.h"

/* Enough of an argument to recognise it in a message. */
#define TTR_ESCAPE_MAX 256

/*
 * Appends text as valid UTF-8 without control characters. C0, C1, DEL and bytes that are not UTF-8
 * (RFC 3629) become \xNN; characters that change the direction or the line of what is around them
 * (Unicode's bidirectional controls, line and paragraph separator, byte order mark) become \uNNNN.
 * What would go beyond limit bytes is replaced by "...".
 */
void ttr_escape(struct ttr_buffer *out, const char *text, size_t limit);

#endif
