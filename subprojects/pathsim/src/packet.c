/* SPDX-License-Identifier: BSD-2-Clause */
#include "packet.h"

#include <string.h>

#include "checksum.h"
#include "wire.h"

#define EXTENSION_LIMIT 8

struct pathsim_addr ps_addr(uint8_t family, const uint8_t *bytes)
{
	struct pathsim_addr addr = {.family = family};

	memcpy(addr.bytes, bytes, family == 6 ? 16 : 4);
	return addr;
}

int ps_addr_compare(const struct pathsim_addr *a, const struct pathsim_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool ps_addr_is_multicast(const struct pathsim_addr *addr)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (addr->family == 6)
		return addr->bytes[0] == 0xff;
	return (addr->bytes[0] & 0xf0) == 0xe0 || memcmp(addr->bytes, broadcast, 4) == 0;
}

static bool parse_ipv4(struct ps_packet *packet, const uint8_t *bytes, size_t len)
{
	size_t header_len, total_len;

	if (len < 20)
		return false;
	header_len = (size_t)(bytes[0] & 0x0f) * 4;
	total_len = ps_get16(bytes + 2);
	if (header_len < 20 || total_len < header_len || len < total_len ||
	    ps_checksum(bytes, header_len) != 0)
		return false;
	packet->len = total_len;
	packet->header_len = header_len;
	packet->tos = bytes[1];
	packet->ttl = bytes[8];
	packet->protocol = bytes[9];
	packet->fragment = (ps_get16(bytes + 6) & 0x1fff) != 0;
	packet->source = ps_addr(4, bytes + 12);
	packet->dest = ps_addr(4, bytes + 16);
	return true;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == PS_PROTO_HOPOPTS || protocol == PS_PROTO_ROUTING ||
	       protocol == PS_PROTO_DSTOPTS;
}

static bool skip_extensions(struct ps_packet *packet)
{
	for (int i = 0; i < EXTENSION_LIMIT && is_extension(packet->protocol); i++) {
		const uint8_t *header = packet->bytes + packet->header_len;
		size_t room = packet->len - packet->header_len;

		if (room < 8 || room < (size_t)(header[1] + 1) * 8)
			return false;
		packet->protocol = header[0];
		packet->header_len += (size_t)(header[1] + 1) * 8;
	}
	return true;
}

static bool parse_ipv6(struct ps_packet *packet, const uint8_t *bytes, size_t len)
{
	if (len < 40 || len - 40 < ps_get16(bytes + 4))
		return false;
	packet->len = 40U + ps_get16(bytes + 4);
	packet->header_len = 40;
	packet->tos = (uint8_t)(ps_get16(bytes) >> 4);
	packet->flow_label = ps_get32(bytes) & 0xfffff;
	packet->protocol = bytes[6];
	packet->ttl = bytes[7];
	packet->source = ps_addr(6, bytes + 8);
	packet->dest = ps_addr(6, bytes + 24);
	return skip_extensions(packet);
}

bool ps_packet_parse(struct ps_packet *packet, const uint8_t *bytes, size_t len)
{
	*packet = (struct ps_packet){.bytes = bytes};
	if (len == 0 || (bytes[0] >> 4 != 4 && bytes[0] >> 4 != 6))
		return false;
	if (bytes[0] >> 4 == 4 ? !parse_ipv4(packet, bytes, len) : !parse_ipv6(packet, bytes, len))
		return false;
	packet->body = bytes + packet->header_len;
	packet->body_len = packet->len - packet->header_len;
	if ((packet->protocol == PS_PROTO_TCP || packet->protocol == PS_PROTO_UDP) &&
	    packet->body_len >= 4 && !packet->fragment) {
		packet->source_port = ps_get16(packet->body);
		packet->dest_port = ps_get16(packet->body + 2);
	}
	return true;
}

bool ps_packet_checksum_ok(const struct ps_packet *packet)
{
	if (packet->fragment)
		return true;
	switch (packet->protocol) {
	case PS_PROTO_ICMP:
		return ps_checksum(packet->body, packet->body_len) == 0;
	case PS_PROTO_UDP:
		/* RFC 768: IPv4 may leave it out. */
		if (packet->source.family == 4 && packet->body_len >= 8 &&
		    ps_get16(packet->body + 6) == 0)
			return true;
		break;
	case PS_PROTO_TCP:
	case PS_PROTO_ICMP6:
		break;
	default:
		return true;
	}
	return ps_checksum_segment(&packet->source, &packet->dest, packet->protocol, packet->body,
				   packet->body_len) == 0;
}
