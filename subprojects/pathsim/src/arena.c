/* SPDX-License-Identifier: BSD-2-Clause */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE 8192

struct ps_arena_block {
	struct ps_arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

static struct ps_arena_block *add_block(struct ps_arena *arena, size_t size)
{
	struct ps_arena_block *block = calloc(1, sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *ps_arena_take(struct ps_arena *arena, size_t count, size_t size)
{
	const size_t step = alignof(max_align_t);
	struct ps_arena_block *block = arena->blocks;
	size_t need;
	void *memory;

	if (count > (SIZE_MAX - BLOCK_SIZE) / size)
		return NULL;
	need = (count * size + step - 1) / step * step;
	if (block == NULL || block->size - block->used < need)
		block = add_block(arena, need > BLOCK_SIZE ? need : BLOCK_SIZE);
	if (block == NULL)
		return NULL;
	memory = block->bytes + block->used;
	block->used += need;
	return memory;
}

void ps_arena_fini(struct ps_arena *arena)
{
	while (arena->blocks != NULL) {
		struct ps_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
