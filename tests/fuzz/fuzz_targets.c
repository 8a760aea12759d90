/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of a list of targets, however they come out of the pipe, read a second time from one
 * piece of memory.
 *
 * Input: a byte that says in how large pieces they come, a byte whose bits say what else a read
 * does (below), then the text, in which a byte 1 stands for a thousand 'x'.
 */
#include "cli/target_list.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define TEXT_MAX 24000
#define LONG_RUN 1000
#define FD 77
#define TEXT_MAX_SLOW 1200 /* in small pieces */
#define CALLS_MAX (4 * TEXT_MAX)

enum {
	READ_INTERRUPTED = 1,
	READ_LATER = 2,
	READ_FAILS = 4, /* at the end */
	POLL_LATER = 8,
	FILE_REGULAR = 16,
};

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);

static char text[TEXT_MAX];
static size_t length, given, piece;
static unsigned int how, calls;

/* Waits for nobody. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	CHECK(count == 1 && fds[0].fd == FD && timeout == 0);
	CHECK(++calls < CALLS_MAX);
	return !(how & POLL_LATER && calls % 3 == 0);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	size_t count = length - given;

	if (fd != FD) /* the fuzzer's own */
		return __real_read(fd, buffer, size);
	CHECK(size > 0);
	CHECK(++calls < CALLS_MAX);
	if (how & READ_INTERRUPTED && calls % 4 == 1) {
		errno = EINTR;
		return -1;
	}
	if (how & READ_LATER && calls % 5 == 1) {
		errno = EAGAIN;
		return -1;
	}
	if (!count && how & READ_FAILS) {
		errno = EIO;
		return -1;
	}
	if (count > piece)
		count = piece;
	if (count > size)
		count = size;
	memcpy(buffer, text + given, count);
	given += count;
	return (ssize_t)count;
}

int __wrap_fstat(int fd, struct stat *status)
{
	CHECK(fd == FD);
	memset(status, 0, sizeof(*status));
	status->st_mode = how & FILE_REGULAR ? S_IFREG : S_IFIFO;
	status->st_size = (off_t)length;
	return 0;
}

/* With large files it has another name. */
int __wrap_fstat64(int fd, struct stat *status)
{
	return __wrap_fstat(fd, status);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void add(char c, size_t count)
{
	const size_t room = (piece < 64 ? TEXT_MAX_SLOW : TEXT_MAX) - length;

	if (count > room)
		count = room;
	memset(text + length, c, count);
	length += count;
}

static void make(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 2, 3, 7, 64, 1000, 4096, TEXT_MAX};

	piece = pieces[data[0] % 8];
	how = data[1];
	length = given = calls = 0;
	for (size_t i = 2; i < size; i++)
		add(data[i] == 1 ? 'x' : (char)data[i], data[i] == 1 ? LONG_RUN : 1);
}

/* The second reader: the next line with something in it, in text itself. */
struct reader {
	size_t at;
	uint64_t line;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum ttr_target_line judge(const char **start, size_t *count)
{
	const char *from = *start;
	size_t size = *count;

	if (size > TTR_TARGET_LINE_MAX)
		return TTR_TARGET_LONG;
	if (size && memchr(from, '\0', size)) {
		*count = strlen(from);
		return TTR_TARGET_NUL;
	}
	for (size_t i = 0; i < size; i++)
		if (from[i] == '#')
			size = i;
	while (size && is_blank(from[0])) {
		from++;
		size--;
	}
	while (size && is_blank(from[size - 1]))
		size--;
	*start = from;
	*count = size;
	return TTR_TARGET_LINE;
}

static enum ttr_target_line read_on(struct reader *reader, const char **start, size_t *count)
{
	while (reader->at < length) {
		const char *from = text + reader->at;
		const char *end = memchr(from, '\n', length - reader->at);
		enum ttr_target_line outcome;
		size_t size = end ? (size_t)(end - from) : length - reader->at;

		reader->at += size + (end != NULL);
		if (reader->line++ == 0 && size >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0) {
			from += 3;
			size -= 3;
		}
		if (size && from[size - 1] == '\r')
			size--;
		*start = from;
		*count = size;
		outcome = judge(start, count);
		if (outcome != TTR_TARGET_LINE || *count)
			return outcome;
	}
	return TTR_TARGET_END;
}

/* A line that does not fit the list's buffer is given out before its end is known. */
static void check(const struct ttr_target_list *list, enum ttr_target_line outcome,
		  const char *line, struct reader *reader)
{
	const char *start = "";
	size_t count = 0;

	CHECK(outcome == read_on(reader, &start, &count));
	CHECK(list->start <= list->end && list->end <= sizeof(list->buffer));
	CHECK(outcome == TTR_TARGET_END || list->line == reader->line);
	if (outcome == TTR_TARGET_LINE || outcome == TTR_TARGET_NUL)
		CHECK(strlen(line) == count && memcmp(line, start, count) == 0);
	if (outcome == TTR_TARGET_LONG)
		CHECK(strlen(line) <= TTR_TARGET_LINE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ttr_target_list list;
	struct reader reader = {.at = 0};
	enum ttr_target_line outcome;

	if (size < 2)
		return 0;
	make(data, size);
	ttr_target_list_init(&list, FD);
	CHECK(list.size == (how & FILE_REGULAR ? length : 0));
	do {
		char line[TTR_TARGET_LINE_MAX + 1];

		outcome = ttr_target_list_next(&list, line);
		CHECK(++calls < CALLS_MAX);
		if (outcome != TTR_TARGET_LATER && outcome != TTR_TARGET_AGAIN)
			check(&list, outcome, line, &reader);
	} while (outcome != TTR_TARGET_END);
	CHECK(list.taken == length);
	CHECK(list.error == (how & READ_FAILS ? EIO : 0));
	return 0;
}
