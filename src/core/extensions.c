/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/extensions.h"

#include <string.h>

#include "core/checksum.h"

/* RFC 5837 section 4.1: what the type of an interface object says is there, in this order. */
#define HAS_INDEX 0x08
#define HAS_ADDRESS 0x04
#define HAS_NAME 0x02
#define HAS_MTU 0x01
#define ROLE_SHIFT 6

/* Address families, RFC 5837 section 4.2. */
#define AFI_IPV4 1
#define AFI_IPV6 2

bool ttr_extensions_fit(const struct ttr_cursor *area, bool announced)
{
	struct ttr_cursor cursor = *area;
	unsigned int count = ttr_cursor_left(area);
	unsigned int version = ttr_cursor_u8(&cursor) >> 4;
	unsigned int checksum;

	ttr_cursor_u8(&cursor);
	checksum = ttr_cursor_be16(&cursor);
	if (cursor.failed || version != TTR_EXTENSION_VERSION)
		return false;
	if (checksum == 0)
		return announced;
	return ttr_checksum_finish(ttr_checksum_add(0, area->bytes + area->at, count)) == 0;
}

static void read_labels(struct ttr_extensions *extensions, struct ttr_cursor *cursor)
{
	while (ttr_cursor_left(cursor) > 0) {
		uint32_t entry = ttr_cursor_be32(cursor);

		if (extensions->label_count == TTR_LABELS_MAX) {
			extensions->labels_truncated = true;
			return;
		}
		extensions->labels[extensions->label_count++] = (struct ttr_label){
			.label = entry >> 12,
			.tc = entry >> 9 & 7,
			.bottom = (entry >> 8 & 1) != 0,
			.ttl = entry & 0xff,
		};
	}
}

static void read_address(struct ttr_addr *addr, struct ttr_cursor *cursor)
{
	unsigned int afi = ttr_cursor_be16(cursor);
	const uint8_t *bytes;

	ttr_cursor_be16(cursor);
	if (afi != AFI_IPV4 && afi != AFI_IPV6) {
		cursor->failed = true;
		return;
	}
	addr->family = afi == AFI_IPV4 ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6;
	bytes = ttr_cursor_take(cursor, ttr_addr_size(addr));
	if (bytes)
		memcpy(addr->bytes, bytes, ttr_addr_size(addr));
}

/* Its length counts itself and the zeros that fill the last word. */
static void read_name(char name[TTR_INTERFACE_NAME_MAX + 1], struct ttr_cursor *cursor)
{
	unsigned int length = ttr_cursor_u8(cursor);
	const uint8_t *bytes;

	if (length % 4 != 0 || length == 0 || length > TTR_INTERFACE_NAME_MAX + 1) {
		cursor->failed = true;
		return;
	}
	bytes = ttr_cursor_take(cursor, length - 1);
	if (bytes)
		memcpy(name, bytes, length - 1);
}

/* False if it is not what its type says. */
static bool read_interface(struct ttr_interface *interface, struct ttr_cursor *cursor, uint8_t type)
{
	*interface = (struct ttr_interface){
		.known = true,
		.role = (enum ttr_interface_role)(type >> ROLE_SHIFT),
	};
	if (type & HAS_INDEX)
		interface->index = ttr_cursor_be32(cursor);
	if (type & HAS_ADDRESS)
		read_address(&interface->address, cursor);
	if (type & HAS_NAME)
		read_name(interface->name, cursor);
	if (type & HAS_MTU)
		interface->mtu = ttr_cursor_be32(cursor);
	return !cursor->failed && ttr_cursor_left(cursor) == 0;
}

/* False if the object is of no known kind. */
static bool read_known(struct ttr_extensions *extensions, struct ttr_cursor cursor,
		       uint8_t class_number, uint8_t type)
{
	struct ttr_interface interface;

	if (class_number == TTR_OBJECT_MPLS && type == TTR_OBJECT_MPLS_INCOMING) {
		read_labels(extensions, &cursor);
		return true;
	}
	if (class_number != TTR_OBJECT_INTERFACE || extensions->interface.known ||
	    !read_interface(&interface, &cursor, type))
		return false;
	extensions->interface = interface;
	return true;
}

static void keep_unknown(struct ttr_extensions *extensions, const struct ttr_cursor *payload,
			 uint8_t class_number, uint8_t type)
{
	unsigned int count = payload->size;
	struct ttr_object *object;

	if (extensions->object_count == TTR_OBJECTS_MAX) {
		extensions->objects_truncated = true;
		return;
	}
	object = &extensions->objects[extensions->object_count++];
	*object = (struct ttr_object){
		.class_number = class_number, .type = type, .length = (uint16_t)count};
	if (count > TTR_OBJECT_BYTES_MAX)
		count = TTR_OBJECT_BYTES_MAX;
	memcpy(object->bytes, payload->bytes, count);
}

/* False if it does not fit into what is left. */
static bool read_object(struct ttr_extensions *extensions, struct ttr_cursor *area)
{
	unsigned int length = ttr_cursor_be16(area);
	uint8_t class_number = ttr_cursor_u8(area);
	uint8_t type = ttr_cursor_u8(area);
	struct ttr_cursor payload;
	const uint8_t *bytes;

	if (area->failed || length < TTR_OBJECT_HEADER || length % 4 != 0)
		return false;
	bytes = ttr_cursor_take(area, length - TTR_OBJECT_HEADER);
	if (!bytes)
		return false;
	payload = ttr_cursor_over(bytes, length - TTR_OBJECT_HEADER);
	if (!read_known(extensions, payload, class_number, type))
		keep_unknown(extensions, &payload, class_number, type);
	return true;
}

void ttr_extensions_read(struct ttr_extensions *extensions, struct ttr_cursor area)
{
	*extensions = (struct ttr_extensions){.invalid = !ttr_extensions_fit(&area, true)};
	ttr_cursor_take(&area, TTR_EXTENSION_HEADER);
	while (!extensions->invalid && ttr_cursor_left(&area) > 0)
		extensions->invalid = !read_object(extensions, &area);
}
