/* SPDX-License-Identifier: BSD-2-Clause */
/* The help text and the man page against the option table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/option_table.h"
#include "cli/usage.h"

static void test_help_fits(void **state)
{
	void (*const texts[])(struct ttr_buffer *) = {
		ttr_usage_help,
		ttr_usage_short,
		ttr_usage_version,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ttr_buffer out = {.data = NULL};

		texts[i](&out);
		for (const char *at = ttr_buffer_text(&out); *at; at += strcspn(at, "\n") + 1) {
			const size_t length = strcspn(at, "\n");

			if (length > TTR_USAGE_WIDTH)
				fail_msg("%zu columns: %.*s", length, (int)length, at);
			assert_true(!length || at[length - 1] != ' ');
			assert_int_equal(at[length], '\n');
		}
		ttr_buffer_fini(&out);
	}
}

/* Each row can be used as its type says. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ttr_option_count; i++) {
		const struct ttr_option *option = &ttr_option_table[i];
		const bool takes = option->type >= TTR_OPTION_NUMBER;

		assert_true(option->letter || option->word);
		assert_non_null(option->help);
		assert_int_equal(takes, option->argument != NULL);
		assert_true(option->size == 1 || option->size == 2 || option->size == 4 ||
			    option->size == 8);
		assert_int_equal(option->type == TTR_OPTION_CHOICE, option->choices != NULL);
		if (option->type == TTR_OPTION_NUMBER || option->type == TTR_OPTION_SECONDS ||
		    option->type == TTR_OPTION_TEXT) {
			assert_non_null(option->too_large);
			assert_true(!option->min || option->too_small);
			assert_true(option->size == 8 || option->max < INT64_C(1) << 8 * option->size);
		}
		for (size_t j = 0; j < i; j++) {
			assert_true(!option->letter ||
				    option->letter != ttr_option_table[j].letter);
			assert_true(!option->word || !ttr_option_table[j].word ||
				    strcmp(option->word, ttr_option_table[j].word) != 0);
		}
	}
}

struct page {
	char *text;
	char letters[128]; /* of .It Fl lines */
	char words[64][32];
	size_t letter_count;
	size_t word_count;
};

static void note_flag(struct page *page, const char *flag, size_t length)
{
	if (flag[0] == '-') {
		assert_true(page->word_count < 64 && length < sizeof(page->words[0]));
		memcpy(page->words[page->word_count++], flag + 1, length - 1);
		return;
	}
	assert_int_equal(length, 1);
	page->letters[page->letter_count++] = flag[0];
}

/* ".It Fl h , Fl -help" */
static void note_item(struct page *page, const char *line, size_t length)
{
	const char *end = line + length;

	for (const char *at = line; (at = strstr(at, "Fl ")) && at < end;) {
		at += strlen("Fl ");
		note_flag(page, at, strcspn(at, " \n"));
	}
}

static void read_page(struct page *page)
{
	const char *root = getenv("TTR_SOURCE_ROOT");
	char path[4096];
	FILE *file;
	size_t length;

	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/man/tcptraceroute.1", root);
	file = fopen(path, "r");
	assert_non_null(file);
	*page = (struct page){.text = calloc(1, 1 << 20)};
	length = fread(page->text, 1, (1 << 20) - 1, file);
	assert_true(length > 0 && length < (1 << 20) - 1);
	fclose(file);
	for (const char *at = page->text; *at; at += strcspn(at, "\n") + (strchr(at, '\n') != NULL))
		if (strncmp(at, ".It Fl ", 7) == 0)
			note_item(page, at, strcspn(at, "\n"));
}

static bool has_word(const struct page *page, const char *word)
{
	for (size_t i = 0; i < page->word_count; i++)
		if (strcmp(page->words[i], word) == 0)
			return true;
	return false;
}

static bool is_known(char letter, const char *word)
{
	for (size_t i = 0; i < ttr_option_count; i++) {
		const struct ttr_option *option = &ttr_option_table[i];

		if (letter && option->letter == letter)
			return true;
		if (word && option->word && strcmp(option->word, word) == 0)
			return true;
	}
	return false;
}

static void test_man_page(void **state)
{
	struct page page;

	(void)state;
	read_page(&page);
	for (size_t i = 0; i < ttr_option_count; i++) {
		const struct ttr_option *option = &ttr_option_table[i];

		if (option->letter && !strchr(page.letters, option->letter))
			fail_msg("-%c is not in the man page", option->letter);
		if (option->word && !has_word(&page, option->word))
			fail_msg("--%s is not in the man page", option->word);
	}
	for (size_t i = 0; i < page.letter_count; i++)
		if (!is_known(page.letters[i], NULL))
			fail_msg("-%c is only in the man page", page.letters[i]);
	for (size_t i = 0; i < page.word_count; i++)
		if (!is_known('\0', page.words[i]))
			fail_msg("--%s is only in the man page", page.words[i]);
	free(page.text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help_fits),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_man_page),
	};

	return cmocka_run_group_tests_name("options_help", tests, NULL, NULL);
}
