/* SPDX-License-Identifier: BSD-2-Clause */
#include "craft.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char five_hops[] = "prober 198.18.0.1 2001:db8::1\n"
			 "hop 1 203.0.113.1 2001:db8:1::1 rtt 1ms\n"
			 "hop 2 203.0.113.2 rtt 5ms ttl 255 back 7\n"
			 "hop 3 silent\n"
			 "hop 4 203.0.113.4 2001:db8:1::4 rtt 10ms options 8\n"
			 "destination " TO4 " " TO6 " at 5 rtt 20ms\n"
			 "port 80 open\n";

#define BIG_TIME UINT64_C(10000000000)

uint32_t number16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

uint32_t number32(const uint8_t *p)
{
	return number16(p) << 16 | number16(p + 2);
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* The one's complement sum, not inverted. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint32_t sum_transport(const uint8_t *ip, size_t header_len, size_t len, uint8_t protocol)
{
	bool ipv6 = ip[0] >> 4 == 6;
	uint32_t sum = 0;

	if (protocol != 1) {
		sum = add_up(0, ip + (ipv6 ? 8 : 12), ipv6 ? 32 : 8);
		sum += protocol + (uint32_t)(len - header_len);
	}
	return add_up(sum, ip + header_len, len - header_len);
}

struct pathsim_addr addr(const char *text)
{
	struct pathsim_addr result = {.family = strchr(text, ':') != NULL ? 6 : 4};

	assert_int_equal(inet_pton(result.family == 6 ? AF_INET6 : AF_INET, text, result.bytes), 1);
	return result;
}

void assert_addr(const struct pathsim_addr *got, const char *wanted)
{
	char text[64] = "none";

	if (got->family != 0)
		inet_ntop(got->family == 6 ? AF_INET6 : AF_INET, got->bytes, text, sizeof(text));
	assert_string_equal(text, wanted);
}

struct pathsim *network(const char *text)
{
	char error[200];
	struct pathsim *sim;

	if (pathsim_parse(&sim, text, strlen(text), error, sizeof(error)) != 0)
		fail_msg("%s", error);
	return sim;
}

static size_t put_tcp(uint8_t *p, const struct probe *probe)
{
	static const uint8_t full[20] = {2, 4, 5, 0xb4, 4, 2, 8, 10, [16] = 1, 3, 3, 7};
	static const uint8_t only[12] = {1, 1, 8, 10};
	size_t options = probe->full_options ? 20 : probe->ts_only ? 12 : 0;

	put16(p, probe->sport);
	put16(p + 2, probe->dport);
	put32(p + 4, probe->seq);
	put32(p + 8, probe->ack);
	p[12] = (uint8_t)((20 + options) / 4 << 4);
	p[13] = probe->flags;
	put16(p + 14, 5840);
	if (options > 0)
		memcpy(p + 20, probe->full_options ? full : only, options);
	if (probe->full_options)
		put32(p + 28, probe->ts_value);
	if (probe->ts_only)
		put32(p + 24, probe->ts_value);
	if (probe->data_len > 0)
		memcpy(p + 20 + options, probe->data, probe->data_len);
	return 20 + options + probe->data_len;
}

static size_t put_other(uint8_t *p, const struct probe *probe)
{
	size_t start = probe->protocol == 17 ? 8 : 4;

	if (probe->protocol == 17) {
		put16(p, probe->sport);
		put16(p + 2, probe->dport);
		put16(p + 4, (uint32_t)(8 + probe->data_len));
	} else {
		p[0] = probe->icmp_type;
	}
	if (probe->data_len > 0)
		memcpy(p + start, probe->data, probe->data_len);
	return start + probe->data_len;
}

struct probe syn_to(const char *to, uint8_t ttl)
{
	return (struct probe){.to = to,
			      .ttl = ttl,
			      .sport = 40000,
			      .dport = 80,
			      .id = 0x1234,
			      .flow_label = 0xabcde,
			      .seq = 0xdeadbeef,
			      .flags = SYN,
			      .full_options = true,
			      .ts_value = 5};
}

struct packet craft(const struct probe *probe)
{
	struct pathsim_addr to = addr(probe->to);
	bool ipv6 = to.family == 6;
	struct pathsim_addr from = addr(ipv6 ? PROBER6 : PROBER4);
	uint8_t protocol = probe->protocol != 0 ? probe->protocol : 6;
	size_t header = ipv6 ? 40 : 20, at, len;
	struct packet packet = {0};
	uint8_t *p = packet.bytes;

	len = header + (protocol == 6 ? put_tcp(p + header, probe) : put_other(p + header, probe));
	packet.len = len;
	if (ipv6) {
		put32(p, 0x60000000 | probe->flow_label);
		put16(p + 4, (uint32_t)(len - 40));
		p[6] = protocol;
		p[7] = probe->ttl;
	} else {
		p[0] = 0x45;
		put16(p + 2, (uint32_t)len);
		put16(p + 4, probe->id);
		p[8] = probe->ttl;
		p[9] = protocol;
	}
	memcpy(p + (ipv6 ? 8 : 12), from.bytes, ipv6 ? 16 : 4);
	memcpy(p + (ipv6 ? 24 : 16), to.bytes, ipv6 ? 16 : 4);
	if (!ipv6)
		put16(p + 10, ~add_up(0, p, 20));
	at = header + (protocol == 6 ? 16 : protocol == 17 ? 6 : 2);
	put16(p + at, ~sum_transport(p, header, len, protocol));
	return packet;
}

void give(struct pathsim *sim, uint64_t now_ns, const struct probe *probe)
{
	struct packet packet = craft(probe);

	assert_int_equal(pathsim_input(sim, now_ns, packet.bytes, packet.len), 0);
}

static void read_tcp(struct answer *answer)
{
	const uint8_t *p = answer->body;
	size_t header_len = (size_t)(p[12] >> 4) * 4;

	answer->sport = (uint16_t)number16(p);
	answer->dport = (uint16_t)number16(p + 2);
	answer->seq = number32(p + 4);
	answer->ack = number32(p + 8);
	answer->flags = p[13];
	assert_in_range(header_len, 20, answer->body_len);
	for (size_t i = 20; i < header_len; i += p[i] == 1 ? 1 : p[i + 1]) {
		assert_true(p[i] == 1 || p[i + 1] >= 2);
		if (p[i] != 8)
			continue;
		answer->has_ts = true;
		answer->ts_value = number32(p + i + 2);
		answer->ts_echo = number32(p + i + 6);
	}
}

static void read_ip(struct answer *answer)
{
	const uint8_t *p = answer->packet.bytes;
	size_t len = answer->packet.len, header_len;

	answer->from.family = p[0] >> 4;
	if (answer->from.family == 6) {
		header_len = 40;
		assert_int_equal(40 + number16(p + 4), len);
		answer->protocol = p[6];
		answer->ttl = p[7];
		memcpy(answer->from.bytes, p + 8, 16);
		if (answer->protocol == 0) {
			answer->protocol = p[40];
			header_len += (size_t)(p[41] + 1) * 8;
		}
	} else {
		header_len = (size_t)(p[0] & 15) * 4;
		assert_int_equal(number16(p + 2), len);
		assert_int_equal(add_up(0, p, header_len), 0xffff);
		answer->protocol = p[9];
		answer->ttl = p[8];
		memcpy(answer->from.bytes, p + 12, 4);
	}
	answer->body = p + header_len;
	answer->body_len = len - header_len;
	assert_int_equal(sum_transport(p, header_len, len, answer->protocol), 0xffff);
}

bool take(struct pathsim *sim, uint64_t until_ns, struct answer *answer)
{
	*answer = (struct answer){0};
	while (pathsim_next_time(sim, &answer->when_ns) && answer->when_ns <= until_ns) {
		answer->packet.len = pathsim_output(sim, answer->when_ns, answer->packet.bytes,
						    sizeof(answer->packet.bytes));
		if (answer->packet.len == 0)
			continue;
		read_ip(answer);
		if (answer->protocol == 6)
			read_tcp(answer);
		if (answer->protocol == 1 || answer->protocol == 58) {
			answer->type = answer->body[0];
			answer->code = answer->body[1];
			answer->quote = answer->body + 8;
			answer->quote_len = answer->body_len - 8;
		}
		return true;
	}
	return false;
}

bool ask(struct pathsim *sim, uint64_t now_ns, const struct probe *probe, struct answer *answer)
{
	give(sim, now_ns, probe);
	return take(sim, now_ns + BIG_TIME, answer);
}
