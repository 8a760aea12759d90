/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is freed all at once. */
#ifndef PS_ARENA_H
#define PS_ARENA_H

#include <stddef.h>

struct ps_arena_block;

struct ps_arena {
	struct ps_arena_block *blocks;
};

/* `count` items of `size` bytes, zeroed; count may be 0. NULL: no memory. */
void *ps_arena_take(struct ps_arena *arena, size_t count, size_t size);

void ps_arena_fini(struct ps_arena *arena);

#endif
