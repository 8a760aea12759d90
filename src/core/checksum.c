/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/checksum.h"

uint32_t ttr_checksum_add(uint32_t sum, const uint8_t *bytes, unsigned int count)
{
	unsigned int i;

	for (i = 0; i + 1 < count; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (i < count)
		sum += (uint32_t)(bytes[i] << 8);
	return sum;
}

uint32_t ttr_checksum_pseudo(const struct ttr_addr *source, const struct ttr_addr *target,
			     uint8_t protocol, uint32_t length)
{
	uint32_t sum = protocol + (length >> 16) + (length & 0xffff);

	sum = ttr_checksum_add(sum, source->bytes, ttr_addr_size(source));
	return ttr_checksum_add(sum, target->bytes, ttr_addr_size(target));
}

uint16_t ttr_checksum_finish(uint32_t sum)
{
	/* Twice: the first fold can carry once more. */
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}
