/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMPv6 errors against IPv6 probes in flight. Inputs: craft.h. */
#include "craft.h"
#include "fuzz.h"

#define KINDS6 (LIVE_KINDS - LIVE_KINDS4)

static struct live live[KINDS6];
static struct guard guard;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guard_init(&guard);
	for (unsigned int i = 0; i < KINDS6; i++)
		live_init(&live[i], LIVE_KINDS4 + i);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct craft craft;

	if (!craft_begin(&craft, &guard, live, KINDS6, data, size))
		return 0;
	craft_error(&craft);
	live_feed(&live[craft.kind], craft.packet, craft.size);
	return 0;
}
