/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/target_list.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "\xef\xbb\xbf" /* RFC 3629 section 6 */

void ttr_target_list_init(struct ttr_target_list *list, int fd)
{
	struct stat status;

	list->fd = fd;
	list->start = list->end = 0;
	list->finished = list->skipping = false;
	list->line = list->taken = list->size = 0;
	list->error = 0;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		list->size = (uint64_t)status.st_size;
}

/* In one go: of what never ends, and is never waited for (/dev/zero). */
#define READS_MAX 16

static bool is_readable(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, 0) != 0;
}

/* False: nothing can be read now. */
static bool read_more(struct ttr_target_list *list)
{
	ssize_t count;

	if (list->finished || !is_readable(list->fd))
		return false;
	memmove(list->buffer, list->buffer + list->start, list->end - list->start);
	list->end -= list->start;
	list->start = 0;
	do
		count = read(list->fd, list->buffer + list->end, sizeof(list->buffer) - list->end);
	while (count < 0 && errno == EINTR);
	if (count < 0 && errno == EAGAIN)
		return false;
	if (count < 0)
		list->error = errno;
	list->finished = count <= 0;
	if (count > 0)
		list->end += (size_t)count;
	return true;
}

/* The length of the next line, with its end; 0: it is not there as a whole. */
static size_t find_line(const struct ttr_target_list *list)
{
	const char *from = list->buffer + list->start;
	const char *end = memchr(from, '\n', list->end - list->start);

	if (end)
		return (size_t)(end - from) + 1;
	return list->finished ? list->end - list->start : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(char *text)
{
	size_t first = 0, length;

	text[strcspn(text, "#")] = '\0';
	while (is_blank(text[first]))
		first++;
	length = strlen(text + first);
	while (length > 0 && is_blank(text[first + length - 1]))
		length--;
	memmove(text, text + first, length);
	text[length] = '\0';
}

static void advance(struct ttr_target_list *list, size_t length)
{
	list->start += length;
	list->taken += length;
}

static enum ttr_target_line give(struct ttr_target_list *list, size_t length, char *text)
{
	const char *from = list->buffer + list->start;
	size_t used = length;

	if (list->line == 0 && used >= 3 && memcmp(from, MARK, 3) == 0) {
		from += 3;
		used -= 3;
	}
	list->line++;
	if (used > 0 && from[used - 1] == '\n')
		used--;
	if (used > 0 && from[used - 1] == '\r')
		used--;
	advance(list, length);
	memcpy(text, from, used < TTR_TARGET_LINE_MAX ? used : TTR_TARGET_LINE_MAX);
	text[used < TTR_TARGET_LINE_MAX ? used : TTR_TARGET_LINE_MAX] = '\0';
	if (used > TTR_TARGET_LINE_MAX)
		return TTR_TARGET_LONG;
	if (strlen(text) < used)
		return TTR_TARGET_NUL;
	trim(text);
	return TTR_TARGET_LINE;
}

/* The rest of a line that does not fit the buffer. */
static void skip(struct ttr_target_list *list)
{
	size_t length = find_line(list);

	list->skipping = length == 0;
	advance(list, length > 0 ? length : list->end - list->start);
}

enum ttr_target_line ttr_target_list_next(struct ttr_target_list *list,
					  char text[static TTR_TARGET_LINE_MAX + 1])
{
	for (unsigned int reads = 0;;) {
		size_t length = list->skipping ? 0 : find_line(list);
		enum ttr_target_line outcome;

		if (length == 0 && !list->skipping &&
		    list->end - list->start == sizeof(list->buffer)) {
			outcome = give(list, list->end - list->start, text);
			list->skipping = true;
			return outcome == TTR_TARGET_NUL ? outcome : TTR_TARGET_LONG;
		}
		if (length > 0) {
			outcome = give(list, length, text);
			if (outcome != TTR_TARGET_LINE || *text)
				return outcome;
			continue;
		}
		if (list->skipping && list->end > list->start) {
			skip(list);
			continue;
		}
		if (list->finished)
			return TTR_TARGET_END;
		if (++reads > READS_MAX)
			return TTR_TARGET_AGAIN;
		if (!read_more(list))
			return TTR_TARGET_LATER;
	}
}
