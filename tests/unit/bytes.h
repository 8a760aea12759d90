/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes for the tests of decoders: written as hexadecimal text, kept at the very end of heap memory
 * of exactly their size, so that a sanitizer sees every read beyond them.
 *
 * The checksums here are the tests' own: those of the program would hide their own mistakes.
 */
#ifndef TESTS_UNIT_BYTES_H
#define TESTS_UNIT_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	uint8_t *data;
	unsigned int count;
};

static inline void bytes_free(struct bytes bytes)
{
	free(bytes.data);
}

static inline struct bytes bytes_copy(const uint8_t *data, unsigned int count)
{
	struct bytes bytes = {.data = malloc(count), .count = count};

	if (!bytes.data && count > 0)
		abort();
	if (count > 0)
		memcpy(bytes.data, data, count);
	return bytes;
}

/* Two digits a byte; spaces anywhere. */
static inline struct bytes bytes_hex(const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t buf[4096] = {0};
	unsigned int nibbles = 0;

	for (; *hex; hex++) {
		const char *digit = strchr(digits, *hex);

		if (*hex == ' ')
			continue;
		if (!digit || nibbles / 2 == sizeof(buf))
			abort();
		buf[nibbles / 2] = (uint8_t)(buf[nibbles / 2] << 4 | (digit - digits));
		nibbles++;
	}
	if (nibbles % 2 != 0)
		abort();
	return bytes_copy(buf, nibbles / 2);
}

static inline void bytes_put16(struct bytes bytes, unsigned int at, unsigned int value)
{
	bytes.data[at] = (uint8_t)(value >> 8);
	bytes.data[at + 1] = (uint8_t)value;
}

/* sum and the 16-bit words of data, as a sum that never leaves 16 bits. */
static inline unsigned int words_sum(unsigned int sum, const uint8_t *data, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		sum += i % 2 ? data[i] : data[i] * 256U;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* Makes the length in the IP header fit. */
static inline void packet_set_length(struct bytes packet)
{
	if (packet.data[0] >> 4 == 6)
		bytes_put16(packet, 4, packet.count - 40);
	else
		bytes_put16(packet, 2, packet.count);
}

/* Makes the checksums of IPv4 and of ICMP or ICMPv6, which starts at icmp_at (0: there is none),
 * right. */
static inline void packet_set_checksums(struct bytes packet, unsigned int icmp_at)
{
	unsigned int header_bytes = (packet.data[0] & 0x0f) * 4U;
	unsigned int sum = 0;

	if (packet.data[0] >> 4 == 4 && header_bytes <= packet.count) {
		bytes_put16(packet, 10, 0);
		bytes_put16(packet, 10, 0xffff - words_sum(0, packet.data, header_bytes));
	}
	if (icmp_at == 0)
		return;
	if (packet.data[0] >> 4 == 6)
		sum = words_sum(58 + packet.count - icmp_at, packet.data + 8, 32);
	bytes_put16(packet, icmp_at + 2, 0);
	sum = words_sum(sum, packet.data + icmp_at, packet.count - icmp_at);
	bytes_put16(packet, icmp_at + 2, 0xffff - sum);
}

#endif
