/* SPDX-License-Identifier: BSD-2-Clause */
#include "snapshot.h"

#include <string.h>

#include "fuzz.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static struct snapshot *recording;
static bool no_more;

static void *note(void *block, size_t size)
{
	CHECK(!no_more);
	if (!recording || !block)
		return block;
	CHECK(recording->count < SNAPSHOT_BLOCKS);
	recording->blocks[recording->count].now = block;
	recording->blocks[recording->count++].size = size;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return note(__real_malloc(size), size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return note(__real_calloc(count, size), count * size);
}

void snapshot_begin(struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){.count = 0};
	recording = snapshot;
}

void snapshot_take(struct snapshot *snapshot)
{
	recording = NULL;
	for (unsigned int i = 0; i < snapshot->count; i++) {
		const size_t size = snapshot->blocks[i].size;

		snapshot->blocks[i].then = __real_malloc(size ? size : 1);
		CHECK(snapshot->blocks[i].then);
		memcpy(snapshot->blocks[i].then, snapshot->blocks[i].now, size);
	}
}

/* Word by word and uninstrumented: a sanitizer's memcmp() goes byte by byte. Blocks are aligned. */
UNCHECKED static bool block_differs(const unsigned char *now, const unsigned char *then,
				    size_t size)
{
	const uint64_t *a = (const void *)now, *b = (const void *)then;
	uint64_t difference = 0;

	for (size_t i = 0; i < size / sizeof(*a); i++)
		difference |= a[i] ^ b[i];
	for (size_t i = size - size % sizeof(*a); i < size; i++)
		difference |= now[i] ^ then[i];
	return difference != 0;
}

bool snapshot_differs(const struct snapshot *snapshot)
{
	for (unsigned int i = 0; i < snapshot->count; i++)
		if (block_differs(snapshot->blocks[i].now, snapshot->blocks[i].then,
				  snapshot->blocks[i].size))
			return true;
	return false;
}

bool snapshot_block_differs(const struct snapshot *snapshot, const void *block)
{
	for (unsigned int i = 0; i < snapshot->count; i++)
		if (snapshot->blocks[i].now == block)
			return block_differs(block, snapshot->blocks[i].then,
					     snapshot->blocks[i].size);
	CHECK(false); /* no block of the snapshot */
	return true;
}

void snapshot_restore(const struct snapshot *snapshot)
{
	for (unsigned int i = 0; i < snapshot->count; i++)
		memcpy(snapshot->blocks[i].now, snapshot->blocks[i].then, snapshot->blocks[i].size);
}

void snapshot_forbid(bool forbidden)
{
	no_more = forbidden;
}
