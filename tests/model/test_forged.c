/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody off the path, who cannot see the probes, sends what he likes: 10^7 answers against 90
 * probes in flight. He knows both addresses, the port, and what our probes look like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tcptraceroute/clock.h"
#include "world.h"

#define FORGED UINT64_C(10000000)
#define FLOWS 60

static const uint16_t ports[] = {443};

static struct ttr_addr address(enum ttr_family family, uint8_t host)
{
	struct ttr_addr addr = {.family = (uint8_t)family, .bytes = {203, 0, 113}};

	addr.bytes[family == TTR_FAMILY_IPV4 ? 3 : 15] = host;
	return addr;
}

static struct ttr_engine *make(enum ttr_family family, const struct ttr_settings *settings,
			       uint64_t *random)
{
	struct ttr_flow_key keys[FLOWS];
	struct ttr_plan plan = {
		.source = address(family, 1),
		.target = address(family, 2),
		.settings = settings,
		.keys = keys,
		.key_count = FLOWS,
	};
	struct ttr_engine *engine;
	struct ttr_action action;
	struct ttr_mono now = {TTR_NS_PER_S};

	for (size_t i = 0; i < FLOWS; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port = (uint16_t)(32768 + draw(random, 28000)),
			.ip_id = (uint16_t)draw(random, 65536),
			.isn = (uint32_t)draw(random, UINT64_C(1) << 32),
			.ts_value = (uint32_t)draw(random, UINT64_C(1) << 32),
		};
	assert_int_equal(ttr_engine_new(&engine, &plan), 0);
	ttr_engine_start(engine, now);
	for (unsigned int turn = 0; turn < 30; turn++) {
		while (ttr_engine_next(engine, true, &action))
			if (action.kind == TTR_ACTION_SEND)
				ttr_engine_sent(engine, action.probe, now);
		now.ns += TTR_NS_PER_MS;
		ttr_engine_wake(engine, now);
	}
	assert_int_equal(ttr_engine_in_flight(engine), 90);
	return engine;
}

static void forge_tcp(struct ttr_tcp_seen *tcp, uint64_t *random)
{
	static const uint8_t flags[] = {TTR_TCP_SYN | TTR_TCP_ACK, TTR_TCP_RST | TTR_TCP_ACK,
					TTR_TCP_RST};

	*tcp = (struct ttr_tcp_seen){
		.source_port = 443,
		.target_port = (uint16_t)(32768 + draw(random, 28000)),
		.has_seq = true,
		.seq = (uint32_t)draw(random, UINT64_C(1) << 32),
		.has_flags = true,
		.ack = (uint32_t)draw(random, UINT64_C(1) << 32),
		.flags = flags[draw(random, 3)],
		.has_ts = draw(random, 2) != 0,
		.ts_value = (uint32_t)draw(random, UINT64_C(1) << 32),
		.ts_echo = (uint32_t)draw(random, UINT64_C(1) << 32),
	};
}

static struct ttr_reply forge(enum ttr_family family, uint64_t *random)
{
	static const enum ttr_reply_kind kinds[] = {TTR_REPLY_TIME_EXCEEDED,
						    TTR_REPLY_TIME_EXCEEDED, TTR_REPLY_UNREACHABLE,
						    TTR_REPLY_TCP};
	struct ttr_reply reply = {
		.kind = kinds[draw(random, 4)],
		.at = {2 * TTR_NS_PER_S},
		.source = address(family, (uint8_t)(3 + draw(random, 200))),
		.target = address(family, 1),
		.ttl = 60,
	};
	struct ttr_quote *quote = &reply.quote;

	if (reply.kind == TTR_REPLY_TCP) {
		reply.source = address(family, 2);
		forge_tcp(&reply.tcp, random);
		return reply;
	}
	forge_tcp(&quote->tcp, random);
	quote->tcp.source_port = quote->tcp.target_port;
	quote->tcp.target_port = 443;
	quote->tcp.flags = TTR_TCP_SYN;
	quote->tcp.has_seq = draw(random, 8) != 0;
	quote->source = address(family, draw(random, 4) ? 1 : 9);
	quote->target = address(family, 2);
	quote->ttl = 1;
	quote->ip_id = (uint16_t)draw(random, 65536);
	return reply;
}

static void check(enum ttr_family family)
{
	uint64_t random = 20260101 + (uint64_t)family;
	struct ttr_settings settings;
	struct ttr_engine *engine;
	const struct ttr_grid *grid;

	ttr_settings_init(&settings);
	settings.host = "www.example.net";
	settings.ports = ports;
	settings.port_count = 1;
	engine = make(family, &settings, &random);
	grid = ttr_engine_grid(engine);
	for (uint64_t i = 0; i < FORGED / 2; i++) {
		struct ttr_reply reply = forge(family, &random);

		if (ttr_engine_reply(engine, &reply))
			fail_msg("forged answer %llu was accepted", (unsigned long long)i);
	}
	assert_int_equal(grid->counters.replies, 0);
	assert_int_equal(grid->counters.foreign, FORGED / 2);
	for (unsigned int ttl = 1; ttl <= 30; ttl++)
		for (unsigned int q = 0; q < 3; q++)
			assert_int_equal(ttr_grid_cell(grid, 0, ttl, q)->state, TTR_CELL_ASKED);
	ttr_engine_free(engine);
}

static void test_ipv4(void **state)
{
	(void)state;
	check(TTR_FAMILY_IPV4);
}

static void test_ipv6(void **state)
{
	(void)state;
	check(TTR_FAMILY_IPV6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{"P1, P2 half of 10^7 forged answers, IPv4", test_ipv4, NULL, NULL, NULL},
		{"P1, P2 half of 10^7 forged answers, IPv6", test_ipv6, NULL, NULL, NULL},
	};

	return cmocka_run_group_tests_name("forged", tests, NULL, NULL);
}
