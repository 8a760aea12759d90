/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/copies.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH_MIN 20

static unsigned int cut(unsigned int captured)
{
	return captured < TTR_COPIES_BYTES ? captured : TTR_COPIES_BYTES;
}

/* One of the two may have link padding behind it. The IP header, which says the packet's length, is
 * always part of what is compared. */
static bool has_bytes(const struct ttr_copies *copies, unsigned int at, const uint8_t *packet,
		      unsigned int length)
{
	unsigned int both = copies->kept[at].length;

	if (length < both)
		both = length;
	return both >= LENGTH_MIN && memcmp(copies->kept[at].bytes, packet, both) == 0;
}

bool ttr_copies_seen(struct ttr_copies *copies, const uint8_t *packet, unsigned int captured,
		     uint32_t ifindex, struct ttr_wall stamp)
{
	unsigned int at;

	for (at = 0; at < TTR_COPIES_KEPT; at++)
		if (copies->kept[at].ifindex != ifindex &&
		    llabs(stamp.ns - copies->kept[at].stamp.ns) < TTR_COPIES_NS &&
		    has_bytes(copies, at, packet, cut(captured)))
			return true;
	at = copies->next;
	copies->next = (at + 1) % TTR_COPIES_KEPT;
	copies->kept[at].stamp = stamp;
	copies->kept[at].ifindex = ifindex;
	copies->kept[at].length = cut(captured);
	memcpy(copies->kept[at].bytes, packet, cut(captured));
	return false;
}
