/* SPDX-License-Identifier: BSD-2-Clause */
#include "live.h"

#include <string.h>

#include "fuzz.h"

#define SPARES 40
#define KEYS (LIVE_PORTS * LIVE_QUERIES + SPARES)
#define FIRST_PORT 40000
#define STEPS_MAX 10000 /* far more than the engine can want without an answer */

static const uint16_t ports[LIVE_PORTS] = {80, 443};

static const struct {
	enum ttr_family family;
	enum ttr_syn_style style;
	enum ttr_isn_mode isn;
	uint8_t flags;
	enum ttr_dnat_mode dnat;
	uint16_t length;
} kinds[LIVE_KINDS] = {
	{TTR_FAMILY_IPV4, TTR_SYN_LINUX, TTR_ISN_SAME, TTR_TCP_SYN, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV4, TTR_SYN_BARE, TTR_ISN_SAME, TTR_TCP_SYN, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV4, TTR_SYN_LINUX, TTR_ISN_RANDOM, TTR_TCP_SYN, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV4, TTR_SYN_LINUX, TTR_ISN_SAME, TTR_TCP_ACK, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV4, TTR_SYN_LINUX, TTR_ISN_RISING, TTR_TCP_SYN, TTR_DNAT_STRICT, 100},
	{TTR_FAMILY_IPV6, TTR_SYN_LINUX, TTR_ISN_SAME, TTR_TCP_SYN, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV6, TTR_SYN_BARE, TTR_ISN_SAME, TTR_TCP_SYN, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV6, TTR_SYN_LINUX, TTR_ISN_SAME, TTR_TCP_ACK, TTR_DNAT_ACCEPT, 0},
	{TTR_FAMILY_IPV6, TTR_SYN_LINUX, TTR_ISN_RISING, TTR_TCP_SYN, TTR_DNAT_STRICT, 110},
};

static struct ttr_addr address(enum ttr_family family, uint8_t last)
{
	if (family == TTR_FAMILY_IPV4)
		return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {192, 0, 2, last}};
	return (struct ttr_addr){
		.family = TTR_FAMILY_IPV6,
		.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = last},
	};
}

/* The first LIVE_PROBES are what can be answered; what confirms an answer comes behind. */
static void send(struct live *live, uint32_t probe)
{
	const struct ttr_segment segment = ttr_engine_segment(live->engine, probe);

	if (live->count < LIVE_PROBES) {
		live->sent[live->count] = segment;
		live->packet_sizes[live->count] =
			ttr_segment_build(live->packets[live->count], LIVE_PACKET_MAX, &segment);
		CHECK(live->packet_sizes[live->count] > 0);
		live->count++;
	}
	ttr_engine_sent(live->engine, probe, live->now);
}

static void drain(struct live *live)
{
	struct ttr_action action;
	unsigned int steps = 0;

	while (ttr_engine_next(live->engine, true, &action)) {
		CHECK(++steps < STEPS_MAX);
		if (action.kind == TTR_ACTION_SEND)
			send(live, action.probe);
		else if (action.kind == TTR_ACTION_WAKE)
			live->wake = action.at;
	}
}

static void begin(struct live *live)
{
	live->now.ns = TTR_NS_PER_S;
	ttr_engine_start(live->engine, live->now);
	drain(live);
	for (unsigned int i = 0; i < STEPS_MAX && live->count < LIVE_PROBES; i++) {
		CHECK(live->wake.ns);
		live->now = live->wake;
		live->wake.ns = 0;
		ttr_engine_wake(live->engine, live->now);
		drain(live);
	}
	CHECK(live->count == LIVE_PROBES);
	CHECK(live->grid->counters.probes_sent == LIVE_PROBES);
}

static void set(struct ttr_settings *settings, unsigned int kind)
{
	ttr_settings_init(settings);
	settings->ports = ports;
	settings->port_count = LIVE_PORTS;
	settings->max_ttl = LIVE_TTLS;
	settings->queries = LIVE_QUERIES;
	settings->style = kinds[kind].style;
	settings->isn = kinds[kind].isn;
	settings->flags = kinds[kind].flags;
	settings->dnat = kinds[kind].dnat;
	settings->length = kinds[kind].length;
	settings->wait_ns = TTR_NS_PER_S;
}

void live_init(struct live *live, unsigned int kind)
{
	struct ttr_flow_key keys[KEYS];
	const struct ttr_plan plan = {
		.source = address(kinds[kind].family, 1),
		.target = address(kinds[kind].family, 99),
		.settings = &live->settings,
		.keys = keys,
		.key_count = KEYS,
	};

	*live = (struct live){.count = 0};
	set(&live->settings, kind);
	/* Far apart, as those that are drawn at random; destination ports share source ports. */
	for (uint32_t i = 0; i < KEYS; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port =
				(uint16_t)(FIRST_PORT +
					   (i < LIVE_PORTS * LIVE_QUERIES ? i % LIVE_QUERIES : i)),
			.ip_id = (uint16_t)(0x1234 + 0x1111 * i),
			.isn = 0x5eed1234 + 0x01234567 * i,
			.ts_value = 0x71a5e000 + 0x02345678 * i,
		};
	snapshot_begin(&live->before);
	CHECK(ttr_engine_new(&live->engine, &plan) == 0);
	live->grid = ttr_engine_grid(live->engine);
	begin(live);
	snapshot_take(&live->before);
}

static const struct ttr_segment *find_sent(const struct live *live, size_t port, unsigned int ttl,
					   unsigned int query)
{
	for (unsigned int i = 0; i < LIVE_PROBES; i++)
		if (live->sent[i].ttl == ttl && live->sent[i].target_port == ports[port] &&
		    live->sent[i].source_port == FIRST_PORT + query)
			return &live->sent[i];
	CHECK(false); /* every cell was asked */
	return NULL;
}

static bool is_from_us(const struct ttr_quote *quote, const struct ttr_segment *sent)
{
	return ttr_addr_equal(&quote->source, &sent->source) &&
	       quote->tcp.source_port == sent->source_port;
}

static bool is_to_target(const struct ttr_quote *quote, const struct ttr_segment *sent)
{
	return ttr_addr_equal(&quote->target, &sent->target) &&
	       quote->tcp.target_port == sent->target_port;
}

/* What a stranger cannot know must have come back. Either end may be what a translator made of it,
 * but not both. */
static void check_quote(const struct ttr_quote *quote, const struct ttr_cell *cell,
			const struct ttr_segment *sent)
{
	if (cell->evidence == TTR_EVIDENCE_EXACT) {
		CHECK(quote->tcp.has_seq && quote->tcp.seq == sent->seq);
		CHECK(is_from_us(quote, sent) || is_to_target(quote, sent));
		return;
	}
	/* the timestamp is a secret as well */
	if (quote->tcp.has_ts)
		CHECK(quote->tcp.ts_value == sent->ts_value);
	else
		CHECK(sent->source.family == TTR_FAMILY_IPV4 && quote->ip_id == sent->ip_id);
	CHECK(is_from_us(quote, sent) && is_to_target(quote, sent));
}

static void check_segment(const struct ttr_tcp_seen *tcp, const struct ttr_segment *sent)
{
	CHECK(tcp->source_port == sent->target_port);
	CHECK(tcp->target_port == sent->source_port);
	if (sent->flags & TTR_TCP_ACK) {
		CHECK(tcp->seq == sent->ack);
	} else {
		CHECK(tcp->flags & TTR_TCP_ACK);
		CHECK(tcp->ack == sent->seq + 1 ||
		      tcp->ack == sent->seq + 1 + ttr_segment_payload(sent));
	}
}

/* The bytes themselves, not what was read from them. */
static void check_address(const struct ttr_cell *cell, const uint8_t *packet, unsigned int size)
{
	const bool six = cell->address.family == TTR_FAMILY_IPV6;

	CHECK(size >= (six ? 40u : 20u));
	CHECK(packet[0] >> 4 == (six ? 6 : 4));
	CHECK(memcmp(cell->address.bytes, packet + (six ? 8 : 12), six ? 16 : 4) == 0);
}

/* The one answered cell; NULL: none. */
static const struct ttr_cell *find_answered(const struct live *live,
					    const struct ttr_segment **sent)
{
	const struct ttr_cell *found = NULL;

	for (size_t port = 0; port < LIVE_PORTS; port++) {
		for (unsigned int ttl = 1; ttl <= LIVE_TTLS; ttl++) {
			for (unsigned int query = 0; query < LIVE_QUERIES; query++) {
				const struct ttr_cell *cell =
					ttr_grid_cell(live->grid, port, ttl, query);

				if (cell->state != TTR_CELL_ANSWERED)
					continue;
				CHECK(!found);
				found = cell;
				*sent = find_sent(live, port, ttl, query);
			}
		}
	}
	return found;
}

static void check_answer(const struct live *live, const struct ttr_reply *reply,
			 const uint8_t *packet, unsigned int size)
{
	const struct ttr_segment *sent = NULL;
	const struct ttr_cell *cell = find_answered(live, &sent);

	if (!cell)
		return;
	CHECK(ttr_addr_equal(&reply->target, &sent->source));
	CHECK(cell->rtt_ns >= 0);
	check_address(cell, packet, size);
	if (reply->kind == TTR_REPLY_TCP)
		check_segment(&reply->tcp, sent);
	else
		check_quote(&reply->quote, cell, sent);
	CHECK(reply->kind != TTR_REPLY_TCP || ttr_addr_equal(&reply->source, &sent->target));
	CHECK(!cell->extensions || (cell->extensions->label_count <= TTR_LABELS_MAX &&
				    cell->extensions->object_count <= TTR_OBJECTS_MAX));
	CHECK(!cell->extensions_dropped && !cell->changes_dropped);
}

/*
 * Nothing of the result may have changed but the counter. An ICMP error may leave a suspicion (its
 * quote fits, but for numbers that somebody may have rewritten), which may have probes asked again
 * and is taken back here; anything else leaves nothing at all.
 */
static void check_stranger(struct live *live, const struct ttr_reply *reply)
{
	struct ttr_grid *grid = (struct ttr_grid *)(uintptr_t)live->grid;

	CHECK(grid->counters.foreign <= 1); /* 0: it pretends to be sent by us */
	grid->counters.foreign = 0;
	CHECK(!snapshot_block_differs(&live->before, grid->cells));
	CHECK(!snapshot_block_differs(&live->before, grid->ports));
	if (!snapshot_differs(&live->before))
		return;
	CHECK(reply->kind != TTR_REPLY_TCP);
	snapshot_restore(&live->before);
}

void live_feed(struct live *live, const uint8_t *packet, unsigned int size)
{
	const struct ttr_mono now = live->now;
	const struct ttr_cell *first;
	const struct ttr_segment *sent = NULL;
	struct ttr_reply reply;

	memset(&reply, 0xee, sizeof(reply));
	if (ttr_reply_decode(&reply, packet, size) != TTR_DECODE_OK)
		return;
	reply.at.ns = now.ns + TTR_NS_PER_MS;
	snapshot_forbid(true);
	if (!ttr_engine_reply(live->engine, &reply)) {
		snapshot_forbid(false);
		check_stranger(live, &reply);
		return;
	}
	drain(live);
	check_answer(live, &reply, packet, size);
	first = find_answered(live, &sent);
	reply.at.ns++;
	CHECK(ttr_engine_reply(live->engine, &reply));
	drain(live);
	check_answer(live, &reply, packet, size);
	CHECK(!first || find_answered(live, &sent) == first);
	snapshot_forbid(false);
	snapshot_restore(&live->before);
	live->now = now;
}
