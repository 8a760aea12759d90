/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack.h"

#include "wire.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define LIMIT_NS (500 * NS_PER_MS) /* net.ipv4.tcp_invalid_ratelimit */
#define REPEATS 5                  /* net.ipv4.tcp_synack_retries */
#define REPEATS_BSD 3              /* net.inet.tcp.syncache.rexmtlimit */
#define WINDOW_SCALE 10            /* for net.ipv4.tcp_rmem up to 32 MiB */

/* What a SYN offered and the answer to it takes up. */
struct offer {
	bool has_ts, has_scale, sack_ok;
	uint32_t ts_value;
};

static uint32_t ts_now(const struct pathsim *sim, uint64_t now_ns)
{
	return (uint32_t)(now_ns / NS_PER_MS + ps_hash_end(sim->seed));
}

static uint16_t mss_of(uint8_t family)
{
	return family == 6 ? 1440 : 1460;
}

/* As many whole segments as fit 64 KiB: what Linux offers at first with tcp_rmem as it comes. */
static uint16_t window_of(uint8_t family, bool has_ts)
{
	uint32_t mss = mss_of(family) - (has_ts ? 12U : 0U);

	return (uint16_t)(65535 / mss * mss);
}

static void put_ts(struct ps_segment *segment, uint16_t before, uint32_t value, uint32_t echo)
{
	uint8_t *p = segment->options + segment->options_len;

	ps_put16(p, before);
	ps_put16(p + 2, 0x080a);
	ps_put32(p + 4, value);
	ps_put32(p + 8, echo);
	segment->options_len += 12;
}

/* In Linux' order: MSS, SACK with timestamps, window scale. */
static void put_options(struct ps_segment *segment, const struct offer *offer, uint8_t family,
			uint32_t ts_value)
{
	uint8_t *p = segment->options;

	ps_put16(p, 0x0204);
	ps_put16(p + 2, mss_of(family));
	segment->options_len = 4;
	if (offer->has_ts)
		put_ts(segment, offer->sack_ok ? 0x0402 : 0x0101, ts_value, offer->ts_value);
	p = segment->options + segment->options_len;
	if (offer->sack_ok && !offer->has_ts) {
		ps_put32(p, 0x01010402);
		segment->options_len += 4;
		p += 4;
	}
	if (offer->has_scale) {
		ps_put32(p, 0x01030300 | WINDOW_SCALE);
		segment->options_len += 4;
	}
}

static struct offer offer_of(const struct ps_halfopen *entry)
{
	return (struct offer){.has_ts = entry->has_ts,
			      .has_scale = entry->has_scale,
			      .sack_ok = entry->sack_ok,
			      .ts_value = entry->ts_value};
}

static void send_syn_ack(struct pathsim *sim, uint64_t now_ns, const struct ps_halfopen *entry)
{
	struct ps_tuple tuple = ps_halfopen_tuple(entry);
	struct offer offer = offer_of(entry);
	struct ps_segment segment = {
		.flags = PS_TCP_SYN | PS_TCP_ACK,
		.seq = entry->iss,
		.ack = entry->irs + 1,
		.window = window_of(entry->local.family, entry->has_ts),
	};

	if (entry->ecn)
		segment.flags |= PS_TCP_ECE;
	put_options(&segment, &offer, entry->local.family, ts_now(sim, now_ns));
	ps_tcp_send(sim, entry->node, now_ns, &tuple, entry->flow_label, &segment);
}

static void send_bare_ack(struct pathsim *sim, uint64_t now_ns, const struct ps_halfopen *entry)
{
	struct ps_tuple tuple = ps_halfopen_tuple(entry);
	struct ps_segment segment = {
		.flags = PS_TCP_ACK,
		.seq = entry->iss + 1,
		.ack = entry->irs + 1,
		.window = window_of(entry->local.family, entry->has_ts),
	};

	if (entry->has_scale)
		segment.window >>= WINDOW_SCALE;
	if (entry->has_ts && entry->ts_value != 0)
		put_ts(&segment, 0x0101, ts_now(sim, now_ns), entry->ts_value);
	ps_tcp_send(sim, entry->node, now_ns, &tuple, entry->flow_label, &segment);
}

static void drop(struct pathsim *sim, struct ps_halfopen *entry)
{
	if (entry->timer != NULL)
		entry->timer->kind = PS_EVENT_CANCELLED;
	ps_halfopen_drop(&sim->halfopen, entry);
}

static void arm(struct pathsim *sim, uint64_t now_ns, struct ps_halfopen *entry)
{
	uint64_t when = now_ns + (NS_PER_S << entry->repeats);
	struct ps_event *event = ps_event_new(PS_EVENT_TIMER, when, NULL, 0);

	if (entry->timer != NULL)
		entry->timer->kind = PS_EVENT_CANCELLED;
	entry->timer = NULL;
	if (event == NULL)
		return;
	event->entry = entry;
	if (ps_queue_put(&sim->queue, event) == 0)
		entry->timer = event;
}

void ps_stack_timer(struct pathsim *sim, uint64_t now_ns, struct ps_halfopen *entry)
{
	enum pathsim_stack stack = entry->node->destination->stack;

	entry->timer = NULL;
	if (entry->repeats >= (stack == PATHSIM_STACK_BSD ? REPEATS_BSD : REPEATS)) {
		drop(sim, entry);
		return;
	}
	entry->repeats++;
	if (stack != PATHSIM_STACK_MUTE)
		send_syn_ack(sim, now_ns, entry);
	arm(sim, now_ns, entry);
}

static bool is_limited(struct ps_halfopen *entry, uint64_t now_ns)
{
	if (entry->limited && now_ns - entry->limited_ns < LIMIT_NS)
		return true;
	entry->limited = true;
	entry->limited_ns = now_ns;
	return false;
}

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool in_window(const struct ps_halfopen *entry, const struct ps_tcp *tcp)
{
	uint32_t start = entry->irs + 1;
	uint32_t end = start + window_of(entry->local.family, entry->has_ts);
	uint32_t seq_end = tcp->seq + ps_tcp_length(tcp);

	if (tcp->seq == start)
		return true;
	if (before(start, seq_end) && before(tcp->seq, end))
		return true;
	return tcp->seq == end && tcp->seq == seq_end;
}

static void listen_for(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		       const struct ps_packet *packet, const struct ps_tcp *tcp,
		       const struct pathsim_port *port)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);
	const uint8_t ecn = PS_TCP_ECE | PS_TCP_CWR;
	struct ps_halfopen *entry;

	if ((tcp->flags & (PS_TCP_SYN | PS_TCP_FIN)) != PS_TCP_SYN)
		return;
	entry = ps_halfopen_add(&sim->halfopen, &tuple);
	if (entry == NULL)
		return;
	entry->node = route->node;
	entry->flow_label = packet->flow_label;
	entry->irs = tcp->seq;
	entry->iss = (uint32_t)ps_random_next(&sim->random);
	entry->ts_value = tcp->ts_value;
	entry->has_ts = tcp->has_ts;
	entry->has_scale = tcp->has_scale;
	entry->sack_ok = tcp->sack_ok;
	entry->ecn = port->ecn && (tcp->flags & ecn) == ecn;
	send_syn_ack(sim, now_ns, entry);
	arm(sim, now_ns, entry);
}

/* RFC 7323 section 5.3 R1. Timestamp 0 is taken for none. */
static bool is_old(const struct ps_halfopen *entry, const struct ps_tcp *tcp)
{
	return entry->has_ts && tcp->has_ts && entry->ts_value != 0 &&
	       (tcp->flags & PS_TCP_RST) == 0 && before(tcp->ts_value, entry->ts_value);
}

static void check_entry(struct pathsim *sim, uint64_t now_ns, struct ps_halfopen *entry,
			const struct ps_packet *packet, const struct ps_tcp *tcp)
{
	const uint8_t mask = PS_TCP_RST | PS_TCP_SYN | PS_TCP_ACK;
	bool old = is_old(entry, tcp);

	if (tcp->seq == entry->irs && (tcp->flags & mask) == PS_TCP_SYN && !old) {
		if (!is_limited(entry, now_ns)) {
			send_syn_ack(sim, now_ns, entry);
			arm(sim, now_ns, entry);
		}
	} else if ((tcp->flags & PS_TCP_ACK) != 0 && tcp->ack != entry->iss + 1) {
		if ((tcp->flags & PS_TCP_RST) == 0)
			ps_tcp_send_reset(sim, entry->node, now_ns, packet, tcp);
	} else if (old || !in_window(entry, tcp)) {
		if ((tcp->flags & PS_TCP_RST) == 0 && !is_limited(entry, now_ns))
			send_bare_ack(sim, now_ns, entry);
	} else if ((tcp->flags & PS_TCP_RST) != 0) {
		if (tcp->seq == entry->irs + 1)
			drop(sim, entry);
		else if (!is_limited(entry, now_ns))
			send_bare_ack(sim, now_ns, entry);
	} else if ((tcp->flags & PS_TCP_SYN) != 0) {
		ps_tcp_send_reset(sim, entry->node, now_ns, packet, tcp);
		drop(sim, entry);
	} else if ((tcp->flags & PS_TCP_ACK) != 0) {
		drop(sim, entry);
	}
}

/* syncache_add(), syncache_chkrst(), syncache_expand() of FreeBSD. */
static void check_bsd(struct pathsim *sim, uint64_t now_ns, struct ps_halfopen *entry,
		      const struct ps_packet *packet, const struct ps_tcp *tcp)
{
	if ((tcp->flags & PS_TCP_RST) != 0) {
		if (tcp->seq - entry->irs <= window_of(entry->local.family, entry->has_ts))
			drop(sim, entry);
	} else if ((tcp->flags & PS_TCP_ACK) != 0) {
		if (tcp->ack == entry->iss + 1)
			drop(sim, entry);
		else
			ps_tcp_send_reset(sim, entry->node, now_ns, packet, tcp);
	} else if ((tcp->flags & PS_TCP_SYN) != 0) {
		if (entry->has_ts)
			entry->ts_value = tcp->ts_value;
		entry->repeats = 0;
		send_syn_ack(sim, now_ns, entry);
		arm(sim, now_ns, entry);
	}
}

static uint32_t cookie_of(const struct pathsim *sim, const struct ps_tuple *tuple, uint32_t irs)
{
	uint64_t hash = ps_hash(sim->seed, tuple->local.bytes, 16);

	hash = ps_hash(hash, tuple->remote.bytes, 16);
	hash = ps_hash(hash, &tuple->local_port, 2);
	hash = ps_hash(hash, &tuple->remote_port, 2);
	return (uint32_t)ps_hash_end(ps_hash(hash, &irs, sizeof(irs)));
}

static void answer_cookie(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			  const struct ps_packet *packet, const struct ps_tcp *tcp)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);
	/* SACK and scale are kept in the low bits of the timestamp, or not at all. */
	struct offer offer = {.has_ts = tcp->has_ts,
			      .has_scale = tcp->has_ts && tcp->has_scale,
			      .sack_ok = tcp->has_ts && tcp->sack_ok,
			      .ts_value = tcp->ts_value};
	struct ps_segment segment = {
		.flags = PS_TCP_SYN | PS_TCP_ACK,
		.seq = cookie_of(sim, &tuple, tcp->seq),
		.ack = tcp->seq + 1,
		.window = window_of(packet->dest.family, tcp->has_ts),
	};

	put_options(&segment, &offer, packet->dest.family, ts_now(sim, now_ns));
	ps_tcp_send(sim, route->node, now_ns, &tuple, packet->flow_label, &segment);
}

static void answer_bare_ack(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
			    const struct ps_packet *packet, const struct ps_tcp *tcp)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);
	struct ps_segment segment = {
		.flags = PS_TCP_ACK,
		.seq = cookie_of(sim, &tuple, tcp->seq),
		.ack = tcp->seq + 1,
		.window = window_of(packet->dest.family, tcp->has_ts),
	};

	if ((tcp->flags & (PS_TCP_SYN | PS_TCP_ACK | PS_TCP_RST | PS_TCP_FIN)) == PS_TCP_SYN)
		ps_tcp_send(sim, route->node, now_ns, &tuple, packet->flow_label, &segment);
}

void ps_stack_proxy(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		    const struct ps_packet *packet, const struct ps_tcp *tcp)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);

	if ((tcp->flags & PS_TCP_RST) != 0)
		return;
	if ((tcp->flags & PS_TCP_ACK) != 0) {
		if (tcp->ack != cookie_of(sim, &tuple, tcp->seq - 1) + 1)
			ps_tcp_send_reset(sim, route->node, now_ns, packet, tcp);
	} else if ((tcp->flags & (PS_TCP_SYN | PS_TCP_FIN)) == PS_TCP_SYN) {
		answer_cookie(sim, now_ns, route, packet, tcp);
	}
}

void ps_stack_open(struct pathsim *sim, uint64_t now_ns, const struct ps_route *route,
		   const struct ps_packet *packet, const struct ps_tcp *tcp,
		   const struct pathsim_port *port)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);
	struct ps_halfopen *entry = ps_halfopen_find(&sim->halfopen, &tuple);
	enum pathsim_stack stack = route->target->destination->stack;

	if (stack == PATHSIM_STACK_SYNCOOKIES)
		ps_stack_proxy(sim, now_ns, route, packet, tcp);
	else if (stack == PATHSIM_STACK_BAREACK)
		answer_bare_ack(sim, now_ns, route, packet, tcp);
	else if (entry != NULL && stack == PATHSIM_STACK_MUTE)
		return;
	else if (entry != NULL && stack == PATHSIM_STACK_BSD)
		check_bsd(sim, now_ns, entry, packet, tcp);
	else if (entry != NULL)
		check_entry(sim, now_ns, entry, packet, tcp);
	else if ((tcp->flags & PS_TCP_RST) != 0)
		return;
	else if ((tcp->flags & PS_TCP_ACK) != 0)
		ps_tcp_send_reset(sim, route->node, now_ns, packet, tcp);
	else
		listen_for(sim, now_ns, route, packet, tcp, port);
}
