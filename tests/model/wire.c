/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

struct ttr_addr wire_from_sim(const struct pathsim_addr *addr)
{
	struct ttr_addr result = {.family = addr->family};

	memcpy(result.bytes, addr->bytes, sizeof(result.bytes));
	return result;
}

unsigned int wire_send(struct pathsim *sim, struct ttr_mono now, const struct ttr_segment *segment,
		       uint8_t packet[static WIRE_MTU])
{
	unsigned int length = ttr_segment_build(packet, WIRE_MTU, segment);

	if (pathsim_input(sim, (uint64_t)now.ns, packet, length) != 0)
		abort();
	return length;
}

bool wire_resets(const struct ttr_reply *reply, struct ttr_segment *reset)
{
	if (reply->kind != TTR_REPLY_TCP || reply->tcp.flags & TTR_TCP_RST)
		return false;
	*reset = (struct ttr_segment){
		.source = reply->target,
		.target = reply->source,
		.source_port = reply->tcp.target_port,
		.target_port = reply->tcp.source_port,
		.ttl = 64,
		.ip_id = 1,
		.seq = reply->tcp.ack,
		.flags = TTR_TCP_RST,
		.style = TTR_SYN_BARE,
	};
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

int64_t wire_next_event(struct pathsim *sim, const struct ttr_mono *timers, size_t timer_count,
			struct ttr_mono wake)
{
	int64_t at = earlier(INT64_MAX, wake.ns);
	uint64_t packet;

	for (size_t i = 0; i < timer_count; i++)
		at = earlier(at, timers[i].ns);
	if (pathsim_next_time(sim, &packet))
		at = earlier(at, (int64_t)packet);
	return at;
}

struct pathsim_truth wire_truth(struct pathsim *sim, const struct ttr_segment *segment)
{
	struct pathsim_truth truth;
	uint8_t packet[WIRE_MTU];
	unsigned int length = ttr_segment_build(packet, sizeof(packet), segment);

	pathsim_truth(sim, packet, length, &truth);
	return truth;
}
