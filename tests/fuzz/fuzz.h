/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every target is made of: libFuzzer's two entry points, and a check that ends the process.
 *
 * A target is one file with one entry. tests/fuzz/run links it with libFuzzer; the build links it
 * with replay.c, which feeds it the lines of inputs/TARGET.hex.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* One input; always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever comes in. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* For what the targets do themselves: of no interest to a fuzzer, and safe. */
#ifdef __clang__
#define UNCHECKED __attribute__((no_sanitize("coverage", "address", "undefined")))
#else
#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))
#endif

#endif
