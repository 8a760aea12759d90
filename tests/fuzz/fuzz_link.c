/* SPDX-License-Identifier: BSD-2-Clause */
/* Captured frames of every link type, and the packet that is found in one. Input: the link type,
 * then a frame. */
#include "core/link.h"

#include "fuzz.h"
#include "guard.h"

static struct guard guard;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guard_init(&guard);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ttr_link_packet packet = {.offset = 0xeeee, .captured = 0xeeee};
	struct ttr_reply reply;
	const uint8_t *frame;
	unsigned int captured;

	if (size < 1 || size > GUARD_ROOM)
		return 0;
	captured = (unsigned int)(size - 1);
	frame = guard_copy(&guard, data + 1, captured);
	if (ttr_link_strip(&packet, data[0] % (TTR_LINK_PPP + 1), frame, captured) !=
	    TTR_DECODE_OK) {
		CHECK(packet.offset == 0xeeee && packet.captured == 0xeeee);
		return 0;
	}
	CHECK(packet.offset <= captured);
	CHECK(packet.offset + packet.captured == captured);
	ttr_reply_decode(&reply, frame + packet.offset, packet.captured);
	return 0;
}
