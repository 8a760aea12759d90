/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sweep_state.h"

/* The part of the path that was taken over, from the router where it was met. What was asked here
 * and answered stays. */
void ttr_sweep_take_over(struct ttr_sweep *s, const struct ttr_sweep_slot *slot,
			 struct ttr_sweep_hop *hops)
{
	const struct ttr_stop *stops = s->stopset.stops;

	for (uint32_t stop = slot->link; stop < s->stopset.count; stop = stops[stop].before) {
		struct ttr_sweep_hop *hop = &hops[stops[stop].ttl];

		if (stops[stop].ttl < s->settings.first_ttl)
			break;
		if (hop->state == TTR_CELL_ANSWERED)
			continue;
		*hop = (struct ttr_sweep_hop){
			.state = TTR_CELL_ANSWERED,
			.answer = TTR_ANSWER_TIME_EXCEEDED,
			.inferred = true,
			.address = stops[stop].router,
		};
		s->counters.inferred++;
	}
}

/* Between routers that were taken over others are silent; nobody asks them for this target. */
static void fill_gaps(const struct ttr_sweep *s, const struct ttr_sweep_slot *slot,
		      struct ttr_sweep_hop *hops, uint8_t last)
{
	unsigned int top = slot->link < s->stopset.count ? s->stopset.stops[slot->link].ttl : 0;

	for (unsigned int ttl = s->settings.first_ttl; ttl <= last; ttl++) {
		if (hops[ttl].state == TTR_CELL_IDLE && ttl < top)
			hops[ttl] =
				(struct ttr_sweep_hop){.state = TTR_CELL_SILENT, .inferred = true};
		if (hops[ttl].state == TTR_CELL_ASKED && !slot->cut_short)
			hops[ttl].state = TTR_CELL_SILENT;
	}
}

static uint8_t last_ttl(const struct ttr_sweep_slot *slot, const struct ttr_sweep_hop *hops)
{
	uint8_t ttl = slot->high;

	if (slot->end)
		return slot->end;
	while (ttl > 0 && hops[ttl].state != TTR_CELL_ANSWERED)
		ttl--;
	/* One hop without an answer shows that the path was looked for. */
	return slot->cut_short || ttl == slot->high ? ttl : (uint8_t)(ttl + 1);
}

static bool is_from_target(const struct ttr_sweep_hop *hop)
{
	return hop->state == TTR_CELL_ANSWERED && hop->answer != TTR_ANSWER_TIME_EXCEEDED &&
	       hop->answer != TTR_ANSWER_UNREACHABLE;
}

/* What answers say, the best first. */
struct verdict {
	bool syn_ack, rst, other, unreachable;
	int64_t rtt_ns;
};

static void weigh(struct verdict *verdict, const struct ttr_sweep_hop *hop)
{
	int64_t rtt_ns = hop->rtt_us * TTR_NS_PER_US;

	if (hop->state != TTR_CELL_ANSWERED)
		return;
	verdict->syn_ack |= hop->answer == TTR_ANSWER_SYN_ACK;
	verdict->rst |= hop->answer == TTR_ANSWER_RST;
	verdict->other |= hop->answer == TTR_ANSWER_TCP;
	verdict->unreachable |= hop->answer == TTR_ANSWER_UNREACHABLE;
	if (is_from_target(hop) && (verdict->rtt_ns < 0 || rtt_ns < verdict->rtt_ns))
		verdict->rtt_ns = rtt_ns;
}

static enum ttr_port_state state_of(const struct verdict *verdict, bool cut_short)
{
	if (verdict->syn_ack)
		return TTR_PORT_OPEN;
	if (verdict->rst)
		return TTR_PORT_CLOSED;
	if (verdict->unreachable)
		return TTR_PORT_UNREACHABLE;
	return cut_short || verdict->other ? TTR_PORT_UNKNOWN : TTR_PORT_FILTERED;
}

static uint8_t seen_ttl(const struct ttr_sweep_hop *hops, uint8_t last)
{
	while (last > 0 && hops[last].state != TTR_CELL_ANSWERED)
		last--;
	return last;
}

void ttr_sweep_conclude(struct ttr_sweep *s, uint32_t number, struct ttr_mono now)
{
	const struct ttr_sweep_slot *slot = &s->slots[number];
	struct ttr_sweep_hop *hops = ttr_sweep_hops(s, number);
	struct verdict verdict = {.rtt_ns = -1};
	uint8_t last;

	ttr_sweep_take_over(s, slot, hops);
	last = last_ttl(slot, hops);
	fill_gaps(s, slot, hops, last);
	for (unsigned int ttl = 0; ttl <= slot->high; ttl++)
		weigh(&verdict, &hops[ttl]);
	s->result = (struct ttr_sweep_result){
		.target = slot->target,
		.state = state_of(&verdict, slot->cut_short),
		.reached = verdict.syn_ack || verdict.rst || verdict.other || verdict.unreachable,
		.distance = slot->end && is_from_target(&hops[slot->end]) ? slot->end : 0,
		.last_ttl = last,
		.seen_ttl = seen_ttl(hops, last),
		.cut_short = slot->cut_short,
		.rtt_ns = verdict.rtt_ns,
		.elapsed_ns = now.ns - slot->base.ns,
		.probes_sent = slot->probes_sent,
		.replies = slot->replies,
		.send_error = slot->send_error,
		.hops = hops,
	};
	s->counters.targets++;
}
