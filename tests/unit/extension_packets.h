/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors with extensions behind their quotes, for the tests of what reads them.
 */
#ifndef TESTS_UNIT_EXTENSION_PACKETS_H
#define TESTS_UNIT_EXTENSION_PACKETS_H

#include <stdbool.h>

#include "reply_packets.h"

enum form {
	FORM_LENGTH, /* RFC 4884: the quote's length is given */
	FORM_LEGACY, /* it is not */
};

#define QUOTE_BYTES 128
#define ICMP_AT(v6) ((v6) ? 40U : 20U)
#define QUOTE_AT(v6) (ICMP_AT(v6) + 8)
#define EXTENSIONS_AT(v6) (QUOTE_AT(v6) + QUOTE_BYTES)
#define LENGTH_AT(v6) (ICMP_AT(v6) + ((v6) ? 4U : 5U))

static inline void packet_append(struct bytes *packet, struct bytes more)
{
	uint8_t *data = malloc(packet->count + more.count);

	if (!data)
		abort();
	memcpy(data, packet->data, packet->count);
	if (more.count > 0)
		memcpy(data + packet->count, more.data, more.count);
	bytes_free(*packet);
	*packet = (struct bytes){data, packet->count + more.count};
}

/* Makes the checksum of the extension structure right, if there is one to make. */
static inline void packet_set_extension_checksum(struct bytes packet, bool v6)
{
	const unsigned int at = EXTENSIONS_AT(v6);

	bytes_put16(packet, at + 2, 0);
	bytes_put16(packet, at + 2, 0xffff - words_sum(0, packet.data + at, packet.count - at));
}

/* All else that counts or sums, after the packet is complete. */
static inline void packet_finish(struct bytes packet, bool v6)
{
	packet_set_length(packet);
	packet_set_checksums(packet, ICMP_AT(v6));
}

/* Header, quote filled up to 128 bytes, and the extension structure as it is. */
static inline struct bytes packet_with(bool v6, enum form form, struct bytes extensions)
{
	static const uint8_t zeros[QUOTE_BYTES];
	struct bytes packet = bytes_hex(v6 ? ROUTER6 EXCEEDED6 QUOTED_IP6("06") QUOTED_40
					   : ROUTER EXCEEDED QUOTED_IP QUOTED_40);
	struct bytes fill = bytes_copy(zeros, EXTENSIONS_AT(v6) - packet.count);

	packet_append(&packet, fill);
	packet_append(&packet, extensions);
	bytes_free(fill);
	if (form == FORM_LENGTH)
		packet.data[LENGTH_AT(v6)] = v6 ? QUOTE_BYTES / 8 : QUOTE_BYTES / 4;
	packet_finish(packet, v6);
	return packet;
}

#endif
