/* SPDX-License-Identifier: BSD-2-Clause */
#include "extension.h"

#include <string.h>

#include "checksum.h"
#include "wire.h"

#define VERSION 0x20 /* RFC 4884 section 7 */

enum { CLASS_MPLS = 1, CLASS_INTERFACE = 2 };
enum { HAS_MTU = 1, HAS_NAME = 2, HAS_ADDRESS = 4, HAS_INDEX = 8 }; /* RFC 5837 section 4.1 */

/* An object's header in front of the `len` bytes that are there already (RFC 4884 section 8). */
static size_t finish_object(uint8_t *out, size_t len, unsigned int class, unsigned int type)
{
	ps_put16(out, (uint16_t)(len + 4));
	out[2] = (uint8_t) class;
	out[3] = (uint8_t)type;
	return len + 4;
}

/* RFC 4950 section 3: label, traffic class, bottom of stack, TTL. */
static size_t write_mpls(const struct pathsim_extensions *extensions, uint8_t *out)
{
	size_t count = extensions->mpls_count;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct pathsim_mpls *entry = &extensions->mpls[i];

		ps_put32(out + 4 + 4 * i, entry->label << 12 | (uint32_t)entry->traffic_class << 9 |
						  (i + 1 == count ? 0x100U : 0U) | entry->ttl);
	}
	return finish_object(out, 4 * count, CLASS_MPLS, 1);
}

/* Length, name, and zeros up to a multiple of four (RFC 5837 section 4.3). */
static size_t write_name(const char *name, uint8_t *out)
{
	size_t len = strlen(name), padded = (len + 1 + 3) / 4 * 4;

	memset(out, 0, padded);
	out[0] = (uint8_t)padded;
	memcpy(out + 1, name, len);
	return padded;
}

static size_t write_addr(const struct pathsim_addr *addr, uint8_t *out)
{
	size_t len = addr->family == 6 ? 16 : 4;

	ps_put32(out, addr->family == 6 ? 2U << 16 : 1U << 16); /* AFI, RFC 5837 section 4.2 */
	memcpy(out + 4, addr->bytes, len);
	return 4 + len;
}

static size_t write_interface(const struct pathsim_interface *interface, uint8_t *out)
{
	unsigned int type = (unsigned int)interface->role << 6;
	size_t len = 0;

	if (!interface->active)
		return 0;
	if (interface->index > 0) {
		type |= HAS_INDEX;
		ps_put32(out + 4, interface->index);
		len += 4;
	}
	if (interface->addr.family != 0) {
		type |= HAS_ADDRESS;
		len += write_addr(&interface->addr, out + 4 + len);
	}
	if (interface->name[0] != '\0') {
		type |= HAS_NAME;
		len += write_name(interface->name, out + 4 + len);
	}
	if (interface->mtu > 0) {
		type |= HAS_MTU;
		ps_put32(out + 4 + len, interface->mtu);
		len += 4;
	}
	return finish_object(out, len, CLASS_INTERFACE, type);
}

static size_t write_object(const struct pathsim_object *object, uint8_t *out)
{
	if (!object->active)
		return 0;
	memcpy(out + 4, object->bytes, object->len);
	return finish_object(out, object->len, object->class_number, object->type);
}

size_t ps_extension_write(const struct pathsim_extensions *extensions, uint8_t *out)
{
	size_t len = 4;

	len += write_mpls(extensions, out + len);
	len += write_interface(&extensions->interface, out + len);
	len += write_object(&extensions->object, out + len);
	if (len == 4)
		return 0;
	ps_put32(out, (uint32_t)VERSION << 24);
	ps_put16(out + 2, ps_checksum(out, len));
	return len;
}
