/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of targets as they are read, and what is remembered of them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/resume.h"
#include "cli/seen.h"
#include "cli/target_list.h"

static FILE *file_of(const char *bytes, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	return file;
}

struct expected {
	enum ttr_target_line outcome;
	uint64_t line;
	const char *text; /* NULL: whatever */
};

static void check(const char *bytes, size_t size, const struct expected *expected)
{
	FILE *file = file_of(bytes, size);
	char text[TTR_TARGET_LINE_MAX + 1];
	struct ttr_target_list list;

	ttr_target_list_init(&list, fileno(file));
	assert_int_equal(list.size, size);
	for (;; expected++) {
		enum ttr_target_line outcome;

		do
			outcome = ttr_target_list_next(&list, text);
		while (outcome == TTR_TARGET_AGAIN);
		assert_int_equal(outcome, expected->outcome);
		if (outcome == TTR_TARGET_END)
			break;
		assert_int_equal(list.line, expected->line);
		if (expected->text)
			assert_string_equal(text, expected->text);
	}
	assert_int_equal(list.taken, size);
	assert_int_equal(list.error, 0);
	fclose(file);
}

static void test_lines(void **state)
{
	static const char plain[] = "\xef\xbb\xbf"
				    "a 80\r\n\n  # only a comment\n\tb\t443 # https\n\r\nlast";
	static const struct expected wanted[] = {
		{TTR_TARGET_LINE, 1, "a 80"},
		{TTR_TARGET_LINE, 4, "b\t443"},
		{TTR_TARGET_LINE, 6, "last"},
		{TTR_TARGET_END, 0, NULL},
	};
	static const struct expected nothing[] = {{TTR_TARGET_END, 0, NULL}};

	(void)state;
	check(plain, sizeof(plain) - 1, wanted);
	check("", 0, nothing);
	check("\n\n#\n", 4, nothing);
}

static void test_binary(void **state)
{
	static const char bytes[] = "a\0b\nc\n\0";
	static const struct expected wanted[] = {
		{TTR_TARGET_NUL, 1, "a"},
		{TTR_TARGET_LINE, 2, "c"},
		{TTR_TARGET_NUL, 3, ""},
		{TTR_TARGET_END, 0, NULL},
	};

	(void)state;
	check(bytes, sizeof(bytes) - 1, wanted);
}

/* Of all lengths around the limit and around the buffer's size, between two good lines. */
static void test_long_lines(void **state)
{
	static const size_t lengths[] = {1,     1023,  1024,  1025,  1026,   16382,  16383,
					 16384, 16385, 16400, 32768, 100000, 1000000};
	char *bytes = malloc(1000100);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct expected wanted[] = {
			{TTR_TARGET_LINE, 1, "first"},
			{lengths[i] > TTR_TARGET_LINE_MAX ? TTR_TARGET_LONG : TTR_TARGET_LINE, 2,
			 NULL},
			{TTR_TARGET_LINE, 3, "second"},
			{TTR_TARGET_END, 0, NULL},
		};
		size_t at = (size_t)sprintf(bytes, "first\n");

		memset(bytes + at, 'x', lengths[i]);
		at += lengths[i];
		at += (size_t)sprintf(bytes + at, "\nsecond\n");
		check(bytes, at, wanted);
	}
	free(bytes);
}

/* From a pipe, byte by byte: what is not there is not waited for. */
static void test_pipe(void **state)
{
	static const char bytes[] = "one\ntwo 80\n";
	char text[TTR_TARGET_LINE_MAX + 1];
	struct ttr_target_list list;
	int ends[2];
	size_t lines = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	ttr_target_list_init(&list, ends[0]);
	assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_LATER);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		assert_int_equal(write(ends[1], bytes + i, 1), 1);
		if (bytes[i] == '\n') {
			assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_LINE);
			lines++;
		}
		assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_LATER);
	}
	assert_int_equal(lines, 2);
	assert_string_equal(text, "two 80");
	close(ends[1]);
	assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_END);
	assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_END);
	close(ends[0]);
}

static void test_read_error(void **state)
{
	char text[TTR_TARGET_LINE_MAX + 1];
	struct ttr_target_list list;

	(void)state;
	ttr_target_list_init(&list, -1);
	assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_LATER);
	ttr_target_list_init(&list, 1000000);
	assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_END);
	assert_int_not_equal(list.error, 0);
}

/* A line without end from where there is always more. */
static void test_endless(void **state)
{
	char text[TTR_TARGET_LINE_MAX + 1];
	struct ttr_target_list list;
	const int fd = open("/dev/zero", O_RDONLY);

	(void)state;
	ttr_target_list_init(&list, fd);
	assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_LONG);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(ttr_target_list_next(&list, text), TTR_TARGET_AGAIN);
	assert_int_equal(list.line, 1);
	close(fd);
}

static struct ttr_addr numbered(uint32_t number)
{
	return (struct ttr_addr){
		TTR_FAMILY_IPV4,
		{10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

static void test_seen(void **state)
{
	struct ttr_addr six = {TTR_FAMILY_IPV6, {10}};
	struct ttr_seen seen;

	(void)state;
	assert_int_equal(ttr_seen_init(&seen), 0);
	for (unsigned int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 50000; i++) {
			struct ttr_addr addr = numbered(i);

			assert_int_equal(ttr_seen_add(&seen, &addr, 80), round == 0);
			if (i % 5 == 0)
				assert_int_equal(ttr_seen_add(&seen, &addr, 81), round == 0);
		}
	assert_true(ttr_seen_add(&seen, &six, 80));
	assert_int_equal(seen.count, 60001);
	ttr_seen_fini(&seen);
}

/* It stops growing, and says yes to what is new. */
static void test_seen_is_bounded(void **state)
{
	struct ttr_addr first = numbered(0), new = numbered(0xffffff);
	struct ttr_seen seen;

	(void)state;
	assert_int_equal(ttr_seen_init(&seen), 0);
	for (uint32_t i = 0; i < TTR_SEEN_MAX; i++) {
		struct ttr_addr addr = numbered(i);

		assert_true(ttr_seen_add(&seen, &addr, 80));
	}
	assert_true(ttr_seen_full(&seen));
	assert_true(ttr_seen_add(&seen, &new, 80));
	assert_true(ttr_seen_add(&seen, &new, 80));
	assert_false(ttr_seen_add(&seen, &first, 80));
	assert_int_equal(seen.count, TTR_SEEN_MAX);
	ttr_seen_fini(&seen);
}

static void test_resume(void **state)
{
	static const char events[] =
		"{\"event\":\"start\",\"target\":\"10.0.0.1\",\"port\":443}\n"
		"{\"event\":\"end\",\"target\":\"10.0.0.1\",\"port\":443,\"interrupted\":false}\n"
		"{\"event\":\"end\",\"target\":\"10.0.0.2\",\"port\":443,\"interrupted\":true}\n"
		"{\"event\":\"port\",\"host\":\"\\\"end\\\"\",\"target\":\"10.0.0.3\",\"port\":443}"
		"\n"
		"{\"event\":\"end\",\"target\":\"2001:db8::1\",\"port\":80,\"interrupted\":false}\n"
		"{\"event\":\"end\",\"target\":\"x\",\"port\":80,\"interrupted\":false}\n"
		"{\"event\":\"end\",\"target\":\"10.0.0.4\",\"port\":0,\"interrupted\":false}\n"
		"\"end\"\nnot json \"end\"\n\n"
		"{\"event\":\"end\",\"target\":\"10.0.0.5\",\"port\":443,\"interr";
	char path[] = "/tmp/ttr-resume-XXXXXX";
	struct ttr_addr one = {TTR_FAMILY_IPV4, {10, 0, 0, 1}};
	struct ttr_addr two = {TTR_FAMILY_IPV4, {10, 0, 0, 2}};
	struct ttr_seen seen;
	struct ttr_resume former;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, events, sizeof(events) - 1), sizeof(events) - 1);
	close(fd);
	assert_int_equal(ttr_seen_init(&seen), 0);
	assert_int_equal(ttr_resume_read(&seen, path, &former), 0);
	assert_int_equal(former.count, 2);
	assert_false(former.cut); /* standard output is another file */
	assert_false(ttr_seen_add(&seen, &one, 443));
	assert_true(ttr_seen_add(&seen, &one, 80));
	assert_true(ttr_seen_add(&seen, &two, 443));
	unlink(path);
	assert_true(ttr_resume_read(&seen, path, &former) < 0);
	ttr_seen_fini(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),      cmocka_unit_test(test_binary),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_read_error), cmocka_unit_test(test_endless),
		cmocka_unit_test(test_seen),       cmocka_unit_test(test_seen_is_bounded),
		cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
