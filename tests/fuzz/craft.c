/* SPDX-License-Identifier: BSD-2-Clause */
/* Its own packet code, never that which it tests. */
#include "craft.h"

#include <string.h>

#include "fuzz.h"

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

UNCHECKED static uint32_t sum(uint32_t start, const uint8_t *bytes, unsigned int count)
{
	for (unsigned int i = 0; i + 1 < count; i += 2)
		start += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return count & 1 ? start + ((uint32_t)bytes[count - 1] << 8) : start;
}

static unsigned int fold(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

static bool is_six(const struct craft *craft)
{
	return craft->live->sent[0].source.family == TTR_FAMILY_IPV6;
}

/* Fields that are not all there are left as they are. */
static bool has(const struct craft *craft, unsigned int flag, unsigned int at, unsigned int count)
{
	return craft->flags & flag && at + count <= craft->size;
}

/* Copies what is there of a piece of the probe as it was sent. */
static void copy(const struct craft *craft, unsigned int flag, unsigned int to, unsigned int from,
		 unsigned int count)
{
	const unsigned int there = craft->live->packet_sizes[craft->probe];

	if (from >= there || to >= craft->size)
		return;
	if (count > there - from)
		count = there - from;
	if (count > craft->size - to)
		count = craft->size - to;
	if (craft->flags & flag)
		memcpy(craft->packet + to, craft->live->packets[craft->probe] + from, count);
}

bool craft_begin(struct craft *craft, const struct guard *guard, const struct live *live,
		 unsigned int kinds, const uint8_t *data, size_t size)
{
	if (size < CRAFT_HEAD || size > CRAFT_HEAD + CRAFT_PACKET_MAX)
		return false;
	*craft = (struct craft){
		.live = &live[data[0] % kinds],
		.kind = data[0] % kinds,
		.probe = data[1] % LIVE_PROBES,
		.flags = data[2] | (unsigned int)data[3] << 8,
		.packet = guard_copy(guard, data + CRAFT_HEAD, size - CRAFT_HEAD),
		.size = (unsigned int)(size - CRAFT_HEAD),
	};
	return true;
}

/* Returns where the IP header ends, as far as it says so itself. */
static unsigned int put_ip(struct craft *craft, unsigned int protocol)
{
	const bool six = is_six(craft);
	uint8_t *p = craft->packet;

	if (has(craft, CRAFT_VERSION, 0, six ? 7 : 10)) {
		p[0] = six ? 0x60 | (p[0] & 0x0f) : 0x40 | (p[0] & 0x0f);
		if (!six && (p[0] & 0x0f) < 5)
			p[0] = 0x45;
		if (!six) {
			p[6] = p[7] = 0;
			p[9] = (uint8_t)protocol;
		} else {
			p[6] = (uint8_t)protocol;
		}
	}
	if (has(craft, CRAFT_LENGTH, six ? 4 : 2, 2) && craft->size >= 40)
		put16(p + (six ? 4 : 2), six ? craft->size - 40 : craft->size);
	copy(craft, CRAFT_TARGET, six ? 24 : 16, six ? 8 : 12, six ? 16 : 4);
	return six || craft->size == 0 ? 40 : (p[0] & 0x0fu) * 4;
}

static void end_ip(struct craft *craft, unsigned int header)
{
	if (is_six(craft) || !has(craft, CRAFT_CHECKSUM, 0, header) || header < 20)
		return;
	put16(craft->packet + 10, 0);
	put16(craft->packet + 10, fold(sum(0, craft->packet, header)));
}

static void put_quote(struct craft *craft, unsigned int quote)
{
	const bool six = is_six(craft);
	const unsigned int tcp = six ? 40 : 20;

	if (six) {
		copy(craft, CRAFT_QUOTED_IP, quote, 0, 8);
		copy(craft, CRAFT_QUOTED_ADDRESSES, quote + 8, 8, 32);
	} else {
		copy(craft, CRAFT_QUOTED_IP, quote, 0, 4);
		copy(craft, CRAFT_QUOTED_ID, quote + 4, 4, 2);
		copy(craft, CRAFT_QUOTED_IP, quote + 6, 6, 6);
		copy(craft, CRAFT_QUOTED_ADDRESSES, quote + 12, 12, 8);
	}
	copy(craft, CRAFT_QUOTED_PORTS, quote + tcp, tcp, 4);
	copy(craft, CRAFT_QUOTED_SEQ, quote + tcp + 4, tcp + 4, 4);
	copy(craft, CRAFT_QUOTED_REST, quote + tcp + 8, tcp + 8, LIVE_PACKET_MAX);
}

static void put_icmp_checksum(struct craft *craft, unsigned int icmp)
{
	uint8_t *p = craft->packet;
	const unsigned int count = craft->size - icmp;
	uint32_t total = 0;

	if (is_six(craft))
		total = sum(58 + count, p + 8, 32);
	put16(p + icmp + 2, 0);
	put16(p + icmp + 2, fold(sum(total, p + icmp, count)));
}

void craft_error(struct craft *craft)
{
	const bool six = is_six(craft);
	const unsigned int icmp = put_ip(craft, six ? 58 : 1);
	uint8_t *p = craft->packet;
	unsigned int extensions;

	if (icmp + 8 > craft->size)
		return;
	if (craft->flags & CRAFT_TYPE) {
		p[icmp] = six ? 3 : 11;
		p[icmp + 1] = 0;
	}
	put_quote(craft, icmp + 8);
	extensions = icmp + 8 + (six ? p[icmp + 4] * 8u : p[icmp + 5] * 4u);
	if (extensions == icmp + 8)
		extensions += 128;
	if (has(craft, CRAFT_EXTENSION_CHECKSUM, extensions, 4)) {
		put16(p + extensions, 0x2000);
		put16(p + extensions + 2, 0);
		put16(p + extensions + 2, fold(sum(0, p + extensions, craft->size - extensions)));
	}
	if (craft->flags & CRAFT_ICMP_CHECKSUM)
		put_icmp_checksum(craft, icmp);
	end_ip(craft, icmp);
}

static void put_own(struct craft *craft)
{
	copy(craft, CRAFT_OWN, 0, 0, LIVE_PACKET_MAX);
}

static void put_secret(struct craft *craft, uint8_t *tcp)
{
	const struct ttr_segment *sent = &craft->live->sent[craft->probe];

	if (sent->flags & TTR_TCP_ACK)
		put32(tcp + 4, sent->ack);
	else
		put32(tcp + 8, sent->seq + 1 + (tcp[13] & 0x80 ? ttr_segment_payload(sent) : 0));
}

void craft_segment(struct craft *craft)
{
	const struct ttr_segment *sent = &craft->live->sent[craft->probe];
	const bool six = is_six(craft);
	const unsigned int at = put_ip(craft, 6);
	uint8_t *tcp = craft->packet + at;

	if (at + 20 > craft->size)
		return;
	copy(craft, CRAFT_SOURCE, six ? 8 : 12, six ? 24 : 16, six ? 16 : 4);
	if (craft->flags & CRAFT_PORTS) {
		put16(tcp, sent->target_port);
		put16(tcp + 2, sent->source_port);
	}
	if (craft->flags & CRAFT_FLAG)
		tcp[13] = TTR_TCP_SYN | TTR_TCP_ACK;
	if (craft->flags & CRAFT_OFFSET) {
		unsigned int words = (craft->size - at) / 4;

		tcp[12] = (uint8_t)((words > 15 ? 15 : words) << 4);
	}
	if (craft->flags & CRAFT_ACK)
		put_secret(craft, tcp);
	if (has(craft, CRAFT_ECHO, at + 20, 12)) {
		put32(tcp + 20, 0x0101080a);
		put32(tcp + 28, sent->ts_value);
	}
	put_own(craft);
	end_ip(craft, at);
}
