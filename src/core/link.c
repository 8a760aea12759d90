/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/link.h"

#include "core/cursor.h"

/* IEEE 802 numbers; below 0x600 the field is the length of an 802.3 frame. */
enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_TAG = 0x8100,         /* 802.1Q */
	ETHERTYPE_SERVICE_TAG = 0x88a8, /* 802.1ad */
	ETHERTYPE_OLD_TAG = 0x9100,     /* what was used for the outer of two before that */
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPPOE_SESSION = 0x8864, /* RFC 2516 section 4 */
};

/* RFC 1332 section 2, RFC 5072 section 3. */
enum {
	PPP_IPV4 = 0x21,
	PPP_IPV6 = 0x57,
};

/* NULL and LOOP carry the number that AF_INET or AF_INET6 has on the host that captured: one for
 * IPv4, and for IPv6 those of Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
enum {
	HOST_IPV4 = 2,
	HOST_IPV6_LINUX = 10,
	HOST_IPV6_NETBSD = 24,
	HOST_IPV6_FREEBSD = 28,
	HOST_IPV6_MACOS = 30,
};

#define SLL_OUTGOING 4

static enum ttr_decode_outcome strip_ppp(struct ttr_cursor *cursor)
{
	unsigned int protocol = ttr_cursor_u8(cursor);

	/* RFC 1661 section 6.5: an odd first byte is the whole, compressed, field. */
	if ((protocol & 1) == 0)
		protocol = protocol << 8 | ttr_cursor_u8(cursor);
	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? TTR_DECODE_OK : TTR_DECODE_FOREIGN;
}

static enum ttr_decode_outcome strip_ppp_frame(struct ttr_cursor *cursor)
{
	const struct ttr_cursor start = *cursor;

	/* Address "all stations" and control "unnumbered information", unless left out by RFC 1661
	 * section 6.6. */
	if (ttr_cursor_be16(cursor) != 0xff03)
		*cursor = start;
	return strip_ppp(cursor);
}

static bool is_tag(unsigned int type)
{
	return type == ETHERTYPE_TAG || type == ETHERTYPE_SERVICE_TAG || type == ETHERTYPE_OLD_TAG;
}

/* What is behind an EtherType. */
static enum ttr_decode_outcome strip_type(struct ttr_cursor *cursor, unsigned int type)
{
	for (unsigned int i = 0; is_tag(type); i++) {
		if (i == TTR_LINK_TAGS_MAX)
			return TTR_DECODE_MALFORMED;
		ttr_cursor_be16(cursor);
		type = ttr_cursor_be16(cursor);
	}
	if (type == ETHERTYPE_PPPOE_SESSION) {
		ttr_cursor_take(cursor, 6);
		return strip_ppp(cursor);
	}
	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? TTR_DECODE_OK
								: TTR_DECODE_FOREIGN;
}

static enum ttr_decode_outcome strip_ethernet(struct ttr_cursor *cursor)
{
	ttr_cursor_take(cursor, 12); /* addresses */
	return strip_type(cursor, ttr_cursor_be16(cursor));
}

static enum ttr_decode_outcome strip_family(struct ttr_cursor *cursor)
{
	uint32_t family = ttr_cursor_be32(cursor);

	if (cursor->failed)
		return TTR_DECODE_TRUNCATED;
	/* All families are small, so whichever way round gives a small number is right; no need to
	 * know what byte order NULL's host has. */
	if ((family & 0xffff) == 0)
		family = family >> 24 | (family >> 8 & 0xff00);
	switch (family) {
	case HOST_IPV4:
	case HOST_IPV6_LINUX:
	case HOST_IPV6_NETBSD:
	case HOST_IPV6_FREEBSD:
	case HOST_IPV6_MACOS:
		return TTR_DECODE_OK;
	default:
		return TTR_DECODE_FOREIGN;
	}
}

static enum ttr_decode_outcome strip_sll(struct ttr_cursor *cursor, bool *outgoing)
{
	*outgoing = ttr_cursor_be16(cursor) == SLL_OUTGOING;
	ttr_cursor_take(cursor, 12); /* device type, address */
	return strip_type(cursor, ttr_cursor_be16(cursor));
}

static enum ttr_decode_outcome strip_sll2(struct ttr_cursor *cursor, bool *outgoing)
{
	unsigned int type = ttr_cursor_be16(cursor);

	ttr_cursor_take(cursor, 8); /* reserved, device index and type */
	*outgoing = ttr_cursor_u8(cursor) == SLL_OUTGOING;
	ttr_cursor_take(cursor, 9); /* address */
	return strip_type(cursor, type);
}

static enum ttr_decode_outcome strip(struct ttr_cursor *cursor, enum ttr_link link, bool *outgoing)
{
	switch (link) {
	case TTR_LINK_ETHERNET:
		return strip_ethernet(cursor);
	case TTR_LINK_RAW:
		return TTR_DECODE_OK;
	case TTR_LINK_NULL:
	case TTR_LINK_LOOP:
		return strip_family(cursor);
	case TTR_LINK_SLL:
		return strip_sll(cursor, outgoing);
	case TTR_LINK_SLL2:
		return strip_sll2(cursor, outgoing);
	case TTR_LINK_PPP:
		return strip_ppp_frame(cursor);
	}
	return TTR_DECODE_FOREIGN;
}

enum ttr_decode_outcome ttr_link_strip(struct ttr_link_packet *packet, enum ttr_link link,
				       const uint8_t *frame, unsigned int captured)
{
	struct ttr_cursor cursor = ttr_cursor_over(frame, captured);
	bool outgoing = false;
	enum ttr_decode_outcome outcome = strip(&cursor, link, &outgoing);

	if (outcome != TTR_DECODE_OK)
		return outcome;
	packet->offset = cursor.at;
	packet->captured = ttr_cursor_left(&cursor);
	packet->outgoing = outgoing;
	return TTR_DECODE_OK;
}
