/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of an engine, as it was: compared to see what an input changed, and set back, which is
 * faster than making a new one for each input.
 *
 * The target is linked with --wrap for malloc and calloc, so that all that is allocated between
 * begin and take belongs to the snapshot, whatever it is.
 */
#ifndef TESTS_FUZZ_SNAPSHOT_H
#define TESTS_FUZZ_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#define SNAPSHOT_BLOCKS 64

struct snapshot {
	struct {
		unsigned char *now, *then;
		size_t size;
	} blocks[SNAPSHOT_BLOCKS];
	unsigned int count;
};

void snapshot_begin(struct snapshot *snapshot);
void snapshot_take(struct snapshot *snapshot);

bool snapshot_differs(const struct snapshot *snapshot);
bool snapshot_block_differs(const struct snapshot *snapshot, const void *block);
void snapshot_restore(const struct snapshot *snapshot);

/* From now on whoever allocates ends the process: the engine must not, after it was made. */
void snapshot_forbid(bool forbidden);

#endif
