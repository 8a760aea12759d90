/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extension structures of ICMP errors, read a second time in the plainest way.
 *
 * Input: a byte whose first bit says that version and checksum are to be put right, then the
 * structure.
 */
#include "core/extensions.h"

#include <string.h>

#include "core/checksum.h"
#include "fuzz.h"
#include "guard.h"

static struct guard guard;

/* What a walk over the objects finds. */
struct walk {
	unsigned int labels;
	unsigned int objects; /* of other classes than the two that are known */
	bool sound;           /* it came out at the end */
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guard_init(&guard);
	return 0;
}

static void put_right(uint8_t *area, unsigned int size)
{
	uint16_t checksum;

	area[0] = 0x20;
	area[2] = area[3] = 0;
	checksum = ttr_checksum_finish(ttr_checksum_add(0, area, size));
	area[2] = (uint8_t)(checksum >> 8);
	area[3] = (uint8_t)checksum;
}

static struct walk walk_over(const uint8_t *area, unsigned int size)
{
	struct walk walk = {.sound = true};
	unsigned int at = 4;

	while (at < size) {
		unsigned int length;

		if (size - at < 4) {
			walk.sound = false;
			break;
		}
		length = (unsigned int)area[at] << 8 | area[at + 1];
		if (length < 4 || length % 4 || length > size - at) {
			walk.sound = false;
			break;
		}
		if (area[at + 2] == TTR_OBJECT_MPLS && area[at + 3] == 1)
			walk.labels += (length - 4) / 4;
		else if (area[at + 2] != TTR_OBJECT_INTERFACE)
			walk.objects++;
		at += length;
	}
	return walk;
}

static void check(const struct ttr_extensions *seen, const struct walk *walk)
{
	CHECK(seen->invalid == !walk->sound);
	CHECK(seen->label_count == (walk->labels > TTR_LABELS_MAX ? TTR_LABELS_MAX : walk->labels));
	CHECK(seen->labels_truncated == (walk->labels > TTR_LABELS_MAX));
	CHECK(seen->object_count <= TTR_OBJECTS_MAX);
	CHECK(seen->object_count == TTR_OBJECTS_MAX || seen->object_count >= walk->objects);
	CHECK(!seen->objects_truncated || seen->object_count == TTR_OBJECTS_MAX);
	for (unsigned int i = 0; i < seen->label_count; i++)
		CHECK(seen->labels[i].label < 1u << 20 && seen->labels[i].tc < 8);
	CHECK(memchr(seen->interface.name, '\0', sizeof(seen->interface.name)));
	CHECK(seen->interface.known || (!seen->interface.index && !seen->interface.name[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ttr_extensions seen;
	struct ttr_cursor area;
	struct walk walk;
	uint8_t *bytes;

	if (size < 1 || size > GUARD_ROOM)
		return 0;
	bytes = guard_copy(&guard, data + 1, --size);
	if (data[0] & 1 && size >= TTR_EXTENSION_HEADER)
		put_right(bytes, (unsigned int)size);
	area = ttr_cursor_over(bytes, (unsigned int)size);
	memset(&seen, 0xee, sizeof(seen));
	if (!ttr_extensions_fit(&area, true)) {
		ttr_extensions_read(&seen, area);
		CHECK(seen.invalid && !seen.label_count && !seen.object_count);
		return 0;
	}
	ttr_extensions_read(&seen, area);
	walk = walk_over(bytes, (unsigned int)size);
	check(&seen, &walk);
	return 0;
}
