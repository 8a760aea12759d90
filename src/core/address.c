/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcptraceroute/address.h"

#include <string.h>

unsigned int ttr_addr_size(const struct ttr_addr *addr)
{
	switch (addr->family) {
	case TTR_FAMILY_IPV4:
		return 4;
	case TTR_FAMILY_IPV6:
		return 16;
	default:
		return 0;
	}
}

bool ttr_addr_equal(const struct ttr_addr *a, const struct ttr_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ttr_addr_size(a)) == 0;
}

bool ttr_addr_is_rfc1918(const struct ttr_addr *addr)
{
	const uint8_t *b = addr->bytes;

	if (addr->family != TTR_FAMILY_IPV4)
		return false;
	return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168);
}

static bool is_zero(const uint8_t *bytes, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

bool ttr_addr_is_unicast(const struct ttr_addr *addr)
{
	const uint8_t *b = addr->bytes;

	switch (addr->family) {
	case TTR_FAMILY_IPV4:
		return b[0] != 0 && b[0] < 224;
	case TTR_FAMILY_IPV6:
		return b[0] != 0xff && !is_zero(b, 16);
	default:
		return false;
	}
}

bool ttr_addr_is_link_local(const struct ttr_addr *addr)
{
	return addr->family == TTR_FAMILY_IPV6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

bool ttr_addr_is_martian(const struct ttr_addr *addr)
{
	const uint8_t *b = addr->bytes;

	if (!ttr_addr_is_unicast(addr))
		return addr->family != TTR_FAMILY_NONE;
	if (addr->family == TTR_FAMILY_IPV4)
		return b[0] == 127;
	return (is_zero(b, 15) && b[15] == 1) || ttr_addr_unmap(addr).family == TTR_FAMILY_IPV4;
}

struct ttr_addr ttr_addr_unmap(const struct ttr_addr *addr)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
	struct ttr_addr v4 = {.family = TTR_FAMILY_IPV4};

	if (addr->family != TTR_FAMILY_IPV6 || memcmp(addr->bytes, prefix, sizeof(prefix)) != 0)
		return *addr;
	memcpy(v4.bytes, addr->bytes + 12, 4);
	return v4;
}
