/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of a file or a pipe, one after the other, without ever waiting for the writer.
 *
 * A line ends with LF or CR LF; a byte order mark before the first one is passed over. Only what
 * stands before a '#' is kept, without blanks around it, and lines of which nothing is left are
 * passed over.
 */
#ifndef TTR_CLI_TARGET_LIST_H
#define TTR_CLI_TARGET_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line, without its end. */
#define TTR_TARGET_LINE_MAX 1024

struct ttr_target_list {
	int fd;
	char buffer[16384];
	size_t start, end; /* of what was read and not used yet */
	bool finished;     /* nothing more can be read */
	bool skipping;     /* in a line that is too long */
	uint64_t line;     /* number of the line that was given out last, from 1 */
	uint64_t taken;    /* bytes that were given out */
	uint64_t size;     /* of a regular file; 0: not known */
	int error;         /* errno of a read that failed */
};

enum ttr_target_line {
	TTR_TARGET_LINE,  /* text is the next one, terminated by 0 */
	TTR_TARGET_LATER, /* the writer has not written more yet */
	TTR_TARGET_AGAIN, /* much was passed over, and there is more: others may want a turn */
	TTR_TARGET_END,   /* also after a read that failed: see error */
	TTR_TARGET_LONG,  /* this line is too long; text is its beginning */
	TTR_TARGET_NUL,   /* this line holds a byte 0; text is what stands before it */
};

/* fd stays the caller's. */
void ttr_target_list_init(struct ttr_target_list *list, int fd);

enum ttr_target_line ttr_target_list_next(struct ttr_target_list *list,
					  char text[static TTR_TARGET_LINE_MAX + 1]);

#endif
