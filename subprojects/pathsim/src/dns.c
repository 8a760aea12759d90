/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns.h"

#include <string.h>
#include <strings.h>

#include "wire.h"

#define MESSAGE_LIMIT 512 /* RFC 1035 section 4.2.1 */
#define HEADER 12
#define RECORD_TTL 60

enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, CLASS_IN = 1 };
enum { RCODE_OK = 0, RCODE_SERVFAIL = 2, RCODE_NAME = 3, RCODE_REFUSED = 5 };

struct question {
	char name[PATHSIM_NAME_SIZE]; /* without the last dot; "" is the root */
	uint16_t type;
	size_t len; /* on the wire, with type and class */
};

struct message {
	uint8_t bytes[MESSAGE_LIMIT];
	size_t len;
	uint16_t answers;
};

static bool read_question(struct question *question, const uint8_t *bytes, size_t len)
{
	size_t in = 0, out = 0;

	while (in < len && bytes[in] != 0) {
		size_t label = bytes[in];

		if (label > 63 || len - in <= label || out + label + 1 >= sizeof(question->name))
			return false;
		if (out > 0)
			question->name[out++] = '.';
		memcpy(question->name + out, bytes + in + 1, label);
		if (memchr(question->name + out, '\0', label) != NULL)
			return false;
		out += label;
		in += label + 1;
	}
	question->name[out] = '\0';
	if (len < in + 5 || ps_get16(bytes + in + 3) != CLASS_IN)
		return false;
	question->type = ps_get16(bytes + in + 1);
	question->len = in + 5;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* 10.113.0.203.in-addr.arpa, RFC 1035 section 3.5. */
static bool read_reverse4(const char *name, struct pathsim_addr *addr)
{
	*addr = (struct pathsim_addr){.family = 4};
	for (int i = 3; i >= 0; i--) {
		int value = 0, digits = 0;

		while (*name >= '0' && *name <= '9' && digits++ < 3)
			value = value * 10 + (*name++ - '0');
		if (digits == 0 || value > 255 || *name++ != '.')
			return false;
		addr->bytes[i] = (uint8_t)value;
	}
	return strcasecmp(name, "in-addr.arpa") == 0;
}

/* 32 nibbles, the last one first, then ip6.arpa: RFC 3596 section 2.5. */
static bool read_reverse6(const char *name, struct pathsim_addr *addr)
{
	*addr = (struct pathsim_addr){.family = 6};
	for (int i = 31; i >= 0; i--) {
		int nibble = digit_of(name[0]);

		if (nibble < 0 || name[1] != '.')
			return false;
		addr->bytes[i / 2] |= (uint8_t)(i % 2 == 0 ? nibble << 4 : nibble);
		name += 2;
	}
	return strcasecmp(name, "ip6.arpa") == 0;
}

static bool begin_record(struct message *message, uint16_t type, size_t data_len)
{
	uint8_t *p = message->bytes + message->len;

	if (sizeof(message->bytes) - message->len < 12 + data_len)
		return false;
	ps_put16(p, 0xc000 | HEADER); /* the name of the question, RFC 1035 section 4.1.4 */
	ps_put16(p + 2, type);
	ps_put16(p + 4, CLASS_IN);
	ps_put32(p + 6, RECORD_TTL);
	ps_put16(p + 10, (uint16_t)data_len);
	message->len += 12;
	message->answers++;
	return true;
}

static void add_name(struct message *message, const char *name)
{
	size_t name_len = strlen(name);

	if (!begin_record(message, TYPE_PTR, name_len + 2))
		return;
	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		message->bytes[message->len++] = (uint8_t)label;
		memcpy(message->bytes + message->len, name, label);
		message->len += label;
		name += label + (name[label] == '.');
	}
	message->bytes[message->len++] = 0;
}

/* A last dot in the scenario's name makes no difference on the wire. */
static void add_pointer(struct message *message, const char *name)
{
	char text[PATHSIM_NAME_SIZE];
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '.')
		len--;
	memcpy(text, name, len);
	text[len] = '\0';
	add_name(message, text);
}

static size_t first_with_addr(const struct ps_map *map, const struct pathsim_addr *addr)
{
	size_t low = 0, high = map->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ps_addr_compare(map->by_addr[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t first_with_name(const struct ps_map *map, const char *name)
{
	size_t low = 0, high = map->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcasecmp(map->by_name[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int answer_reverse(const struct ps_map *map, const struct question *question,
			  const struct pathsim_addr *addr, struct message *message)
{
	size_t i = first_with_addr(map, addr);

	if (i == map->name_count || ps_addr_compare(map->by_addr[i].addr, addr) != 0)
		return RCODE_NAME;
	if (question->type == TYPE_PTR)
		add_pointer(message, map->by_addr[i].name);
	return RCODE_OK;
}

static void add_address(struct message *message, const struct pathsim_addr *addr)
{
	size_t len = addr->family == 6 ? 16 : 4;

	if (!begin_record(message, addr->family == 6 ? TYPE_AAAA : TYPE_A, len))
		return;
	memcpy(message->bytes + message->len, addr->bytes, len);
	message->len += len;
}

static int answer_forward(const struct ps_map *map, const struct question *question,
			  struct message *message)
{
	size_t first = first_with_name(map, question->name);
	size_t i = first;

	for (; i < map->name_count && strcasecmp(map->by_name[i].name, question->name) == 0; i++)
		if (question->type == (map->by_name[i].addr->family == 6 ? TYPE_AAAA : TYPE_A))
			add_address(message, map->by_name[i].addr);
	return i == first ? RCODE_NAME : RCODE_OK;
}

static int answer_question(const struct ps_map *map, const struct question *question,
			   struct message *message)
{
	struct pathsim_addr addr;

	if (read_reverse4(question->name, &addr) || read_reverse6(question->name, &addr))
		return answer_reverse(map, question, &addr, message);
	return answer_forward(map, question, message);
}

static int rcode_of(const struct pathsim *sim, enum pathsim_dns_mode mode,
		    const struct question *question, struct message *message)
{
	switch (mode) {
	case PATHSIM_DNS_REFUSED:
		return RCODE_REFUSED;
	case PATHSIM_DNS_SERVFAIL:
		return RCODE_SERVFAIL;
	case PATHSIM_DNS_ANSWERS:
	case PATHSIM_DNS_DEAD:
		break;
	}
	return answer_question(&sim->map, question, message);
}

static void send_message(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			 const struct ps_packet *packet, const struct message *message)
{
	struct ps_answer answer;
	uint8_t *body;

	ps_answer_begin(&answer, route->node, &route->from, &packet->source, PS_PROTO_UDP);
	body = ps_answer_body(&answer);
	ps_put16(body, packet->dest_port);
	ps_put16(body + 2, packet->source_port);
	ps_put16(body + 4, (uint16_t)(8 + message->len));
	ps_put16(body + 6, 0);
	memcpy(body + 8, message->bytes, message->len);
	ps_answer_end(&answer, 8 + message->len);
	ps_sim_send(sim, route->node, now_ns, &answer);
}

void ps_dns_receive(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		    const struct ps_packet *packet)
{
	const uint8_t *query = packet->body + 8;
	size_t query_len = packet->body_len - 8;
	struct message message = {.len = 0};
	struct question question;
	int rcode;

	if (query_len < HEADER || (query[2] & 0xf8) != 0 || ps_get16(query + 4) != 1 ||
	    !read_question(&question, query + HEADER, query_len - HEADER))
		return;
	message.len = HEADER + question.len;
	memcpy(message.bytes, query, message.len);
	rcode = rcode_of(sim, route->target->nameserver->mode, &question, &message);
	/* QR, AA, RA; RD as it was asked (RFC 1035 section 4.1.1) */
	ps_put16(message.bytes + 2, (uint16_t)(0x8480 | (query[2] & 0x01) << 8 | rcode));
	ps_put16(message.bytes + 6, message.answers);
	ps_put32(message.bytes + 8, 0);
	send_message(sim, now_ns, route, packet, &message);
}
