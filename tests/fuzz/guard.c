/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

void guard_init(struct guard *guard)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *area = mmap(NULL, GUARD_ROOM + page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	CHECK(mprotect(area + GUARD_ROOM, page, PROT_NONE) == 0);
	guard->end = area + GUARD_ROOM;
}

uint8_t *guard_room(const struct guard *guard, size_t size)
{
	CHECK(size <= GUARD_ROOM);
	return guard->end - size;
}

uint8_t *guard_copy(const struct guard *guard, const uint8_t *data, size_t size)
{
	uint8_t *room = guard_room(guard, size);

	if (size)
		memcpy(room, data, size);
	return room;
}
