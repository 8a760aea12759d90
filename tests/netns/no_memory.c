/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To be preloaded: the allocation number $NO_MEMORY_AT of the process, counted from 1, and with
 * $NO_MEMORY_ALL all that follow, fail. Without a number the process says at its end on standard
 * error how many there were.
 *
 * Those of libseccomp do not count: the program sees to it that there is memory for them, because
 * version 2.5.4 goes round for ever when one fails (net/sandbox_linux.c).
 */
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own names, which stay what they are. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static unsigned long allocations, fail_at;
static bool all;
static uintptr_t spared, spared_end;

static int spare(struct dl_phdr_info *library, size_t size, void *context)
{
	(void)size;
	(void)context;
	if (!strstr(library->dlpi_name, "/libseccomp."))
		return 0;
	for (unsigned int i = 0; i < library->dlpi_phnum; i++) {
		const uintptr_t end = library->dlpi_addr + library->dlpi_phdr[i].p_vaddr +
				      library->dlpi_phdr[i].p_memsz;

		if (library->dlpi_phdr[i].p_type == PT_LOAD && end > spared_end)
			spared_end = end;
	}
	spared = library->dlpi_addr;
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("NO_MEMORY_AT");

	fail_at = at ? strtoul(at, NULL, 10) : 0;
	all = getenv("NO_MEMORY_ALL") != NULL;
	dl_iterate_phdr(spare, NULL);
	allocations = 0;
}

__attribute__((destructor)) static void end(void)
{
	char line[48];
	const int length = snprintf(line, sizeof(line), "allocations: %lu\n", allocations);

	if (!fail_at && write(STDERR_FILENO, line, (size_t)length) < 0)
		_exit(1);
}

static bool fails(void *caller)
{
	if ((uintptr_t)caller >= spared && (uintptr_t)caller < spared_end)
		return false;
	allocations++;
	if (!fail_at || (all ? allocations < fail_at : allocations != fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}
