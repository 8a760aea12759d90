/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows: every piece of output is composed in one before it is written.
 *
 * Without memory the buffer turns to failed and takes nothing more, so that only the end of a
 * composition has to look. Writing to descriptors is output.h's business.
 */
#ifndef TTR_CLI_BUFFER_H
#define TTR_CLI_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* All zero is an empty buffer. */
struct ttr_buffer {
	char *data; /* NULL or terminated by 0 */
	size_t length;
	size_t capacity;
	bool failed;
};

void ttr_buffer_fini(struct ttr_buffer *buffer);

/* Forgets the text, keeps the memory. */
void ttr_buffer_clear(struct ttr_buffer *buffer);

void ttr_buffer_add(struct ttr_buffer *buffer, const char *data, size_t length);

/* Here, so that the compiler knows how long a literal is. */
static inline void ttr_buffer_put(struct ttr_buffer *buffer, const char *text)
{
	ttr_buffer_add(buffer, text, strlen(text));
}

void ttr_buffer_print(struct ttr_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes back what is behind the first length bytes. */
void ttr_buffer_cut(struct ttr_buffer *buffer, size_t length);

/* The text so far, "" when there is none; valid until the next change. */
const char *ttr_buffer_text(const struct ttr_buffer *buffer);

#endif
