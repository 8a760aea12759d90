/* SPDX-License-Identifier: BSD-2-Clause */
#include "checksum.h"

#include "wire.h"

static uint64_t sum(uint64_t total, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		total += ps_get16(bytes + i);
	if (len % 2 != 0)
		total += (uint64_t)bytes[len - 1] << 8;
	return total;
}

static uint16_t fold(uint64_t total)
{
	while (total > 0xffff)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

uint16_t ps_checksum(const uint8_t *bytes, size_t len)
{
	return fold(sum(0, bytes, len));
}

uint16_t ps_checksum_segment(const struct pathsim_addr *source, const struct pathsim_addr *dest,
			     uint8_t protocol, const uint8_t *segment, size_t len)
{
	size_t addr_len = source->family == 6 ? 16 : 4;
	uint64_t total = (uint64_t)protocol + len;

	total = sum(total, source->bytes, addr_len);
	total = sum(total, dest->bytes, addr_len);
	return fold(sum(total, segment, len));
}

uint16_t ps_checksum_adjust(uint16_t checksum, const uint8_t *before, const uint8_t *after,
			    size_t len)
{
	uint64_t total = (uint16_t)~checksum;

	for (size_t i = 0; i + 1 < len; i += 2)
		total += (uint16_t)~ps_get16(before + i);
	return fold(sum(total, after, len));
}
