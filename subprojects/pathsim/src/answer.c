/* SPDX-License-Identifier: BSD-2-Clause */
#include "answer.h"

#include <string.h>

#include "checksum.h"
#include "wire.h"

#define DEFAULT_TTL 64
#define OPTION_NOP 1             /* RFC 791 section 3.1 */
#define OPTION_ALERT 0x94040000  /* RFC 2113 section 2.1 */
#define OPTION6_ALERT 0x05020000 /* RFC 2711 section 2.1 */

static uint8_t ttl_left(const struct ps_node *node)
{
	int ttl = node->manner->ttl > 0 ? node->manner->ttl : DEFAULT_TTL;
	int back = node->manner->back > 0 ? node->manner->back : node->distance;

	return (uint8_t)(ttl > back ? ttl - (back - 1) : 1);
}

static void begin_ipv4(struct ps_answer *answer, struct ps_node *node)
{
	uint8_t *p = answer->bytes;
	uint8_t options = node->manner->option_bytes;

	answer->header_len = 20U + options;
	memset(p, 0, 20);
	p[0] = (uint8_t)(0x40 | answer->header_len / 4);
	ps_put16(p + 4, node->ip_id++);
	p[8] = ttl_left(node);
	p[9] = answer->protocol;
	memcpy(p + 12, answer->from.bytes, 4);
	memcpy(p + 16, answer->to.bytes, 4);
	memset(p + 20, OPTION_NOP, options);
	if (options >= 4)
		ps_put32(p + 20, OPTION_ALERT);
}

/* The hop-by-hop header: router alert, then padding (RFC 8200 section 4.2). */
static void add_hop_by_hop(struct ps_answer *answer, uint8_t options)
{
	size_t len = (2U + options + 7) / 8 * 8;
	uint8_t *p = answer->bytes + 40;

	memset(p, 0, len);
	p[0] = answer->bytes[6];
	p[1] = (uint8_t)(len / 8 - 1);
	ps_put32(p + 2, OPTION6_ALERT);
	p[6] = 1;
	p[7] = (uint8_t)(len - 8);
	answer->bytes[6] = PS_PROTO_HOPOPTS;
	answer->header_len += len;
}

static void begin_ipv6(struct ps_answer *answer, const struct ps_node *node)
{
	uint8_t *p = answer->bytes;

	answer->header_len = 40;
	memset(p, 0, 8);
	p[0] = 0x60;
	p[6] = answer->protocol;
	p[7] = ttl_left(node);
	memcpy(p + 8, answer->from.bytes, 16);
	memcpy(p + 24, answer->to.bytes, 16);
	if (node->manner->option_bytes > 0)
		add_hop_by_hop(answer, node->manner->option_bytes);
}

void ps_answer_begin(struct ps_answer *answer, struct ps_node *node,
		     const struct pathsim_addr *from, const struct pathsim_addr *to,
		     uint8_t protocol)
{
	answer->from = *from;
	answer->to = *to;
	answer->protocol = protocol;
	answer->len = 0;
	if (from->family == 6)
		begin_ipv6(answer, node);
	else
		begin_ipv4(answer, node);
}

void ps_answer_atomic(struct ps_answer *answer)
{
	if (answer->from.family == 4)
		ps_put32(answer->bytes + 4, 0x00004000);
}

void ps_answer_set_tos(struct ps_answer *answer, uint8_t tos)
{
	if (answer->from.family == 4)
		answer->bytes[1] = tos;
	else
		ps_put16(answer->bytes, (uint16_t)(0x6000 | tos << 4 | (answer->bytes[1] & 0x0f)));
}

void ps_answer_set_flow_label(struct ps_answer *answer, uint32_t flow_label)
{
	if (answer->from.family == 6)
		ps_put32(answer->bytes,
			 (ps_get32(answer->bytes) & 0xfff00000) | (flow_label & 0xfffff));
}

uint8_t *ps_answer_body(struct ps_answer *answer)
{
	return answer->bytes + answer->header_len;
}

size_t ps_answer_room(const struct ps_answer *answer, size_t limit)
{
	return limit - answer->header_len;
}

static size_t checksum_offset(uint8_t protocol)
{
	switch (protocol) {
	case PS_PROTO_TCP:
		return 16;
	case PS_PROTO_UDP:
		return 6;
	default:
		return 2;
	}
}

void ps_answer_end(struct ps_answer *answer, size_t body_len)
{
	uint8_t *body = ps_answer_body(answer);
	uint16_t checksum;

	answer->len = answer->header_len + body_len;
	if (answer->protocol == PS_PROTO_ICMP)
		checksum = ps_checksum(body, body_len);
	else
		checksum = ps_checksum_segment(&answer->from, &answer->to, answer->protocol, body,
					       body_len);
	if (answer->protocol == PS_PROTO_UDP && checksum == 0)
		checksum = 0xffff; /* RFC 768: 0 means none */
	ps_put16(body + checksum_offset(answer->protocol), checksum);
	if (answer->from.family == 6) {
		ps_put16(answer->bytes + 4, (uint16_t)(answer->len - 40));
		return;
	}
	ps_put16(answer->bytes + 2, (uint16_t)answer->len);
	ps_put16(answer->bytes + 10, ps_checksum(answer->bytes, answer->header_len));
}
