/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds a target the inputs of files in which each line is one of them, in hexadecimal digits;
 * blanks are ignored, and so are lines that begin with '#'. Says as TAP how many there were.
 *
 *	fuzz_TARGET FILE...		replay
 *	fuzz_TARGET --split DIR FILE...	write each input to a file of its own, as libFuzzer wants
 * them
 */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX 70000

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t size;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False if the line is not hexadecimal. */
static int read_line(struct input *input, const char *line)
{
	int high = -1;

	input->size = 0;
	for (; *line && *line != '\n'; line++) {
		int value = digit(*line);

		if (*line == ' ')
			continue;
		if (value < 0 || input->size == INPUT_MAX)
			return 0;
		if (high < 0) {
			high = value;
		} else {
			input->bytes[input->size++] = (uint8_t)(high << 4 | value);
			high = -1;
		}
	}
	return high < 0;
}

static void split(const struct input *input, const char *directory, unsigned int number)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%04u", directory, number);
	file = fopen(path, "wb");
	if (!file || fwrite(input->bytes, 1, input->size, file) != input->size || fclose(file)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
}

/* Returns the count so far. A copy of exactly its size: what is read beyond it is seen. */
static unsigned int take(const struct input *input, const char *directory, unsigned int count)
{
	uint8_t *exact;

	if (directory) {
		split(input, directory, count);
		return count + 1;
	}
	exact = malloc(input->size ? input->size : 1);
	CHECK(exact);
	memcpy(exact, input->bytes, input->size);
	LLVMFuzzerTestOneInput(exact, input->size);
	free(exact);
	return count + 1;
}

static unsigned int take_file(const char *path, const char *directory, unsigned int count)
{
	static struct input input;
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	for (unsigned int number = 1; getline(&line, &room, file) > 0; number++) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (!read_line(&input, line)) {
			fprintf(stderr, "%s:%u: not hexadecimal\n", path, number);
			exit(1);
		}
		count = take(&input, directory, count);
	}
	free(line);
	fclose(file);
	return count;
}

int main(int argc, char **argv)
{
	const char *directory = argc > 2 && strcmp(argv[1], "--split") == 0 ? argv[2] : NULL;
	unsigned int count = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = directory ? 3 : 1; i < argc; i++)
		count = take_file(argv[i], directory, count);
	if (!directory)
		printf("%s 1 - %u inputs\n1..1\n", count ? "ok" : "not ok", count);
	return count ? 0 : 1;
}
