/* SPDX-License-Identifier: BSD-2-Clause */
#include "replies.h"

struct ttr_addr reply_address(enum ttr_family family, uint8_t last)
{
	if (family == TTR_FAMILY_IPV4)
		return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {192, 0, 2, last}};
	return (struct ttr_addr){.family = TTR_FAMILY_IPV6,
				 .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = last}};
}

static struct ttr_reply make_error(const struct ttr_segment *s, uint8_t how)
{
	struct ttr_reply reply = {
		.kind = how & 1 ? TTR_REPLY_UNREACHABLE : TTR_REPLY_TIME_EXCEEDED,
		.target = s->source,
		.quote = {.source = s->source,
			  .target = s->target,
			  .ttl = 1,
			  .ip_id = s->ip_id,
			  .tcp = {.source_port = s->source_port,
				  .target_port = (uint16_t)(s->target_port + (how >> 3 & 1)),
				  .has_seq = true,
				  .seq = s->seq,
				  .has_ts = !(how & 4),
				  .ts_value = s->ts_value}},
	};

	reply.source =
		how & 2 ? s->target : reply_address(s->source.family, (uint8_t)(10 + (how >> 4)));
	return reply;
}

static struct ttr_reply make_segment(const struct ttr_segment *s, uint8_t how)
{
	static const uint8_t flags[] = {
		TTR_TCP_SYN | TTR_TCP_ACK,
		TTR_TCP_RST | TTR_TCP_ACK,
		TTR_TCP_RST,
		TTR_TCP_ACK,
		TTR_TCP_FIN | TTR_TCP_ACK,
		0,
	};

	return (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = s->target,
		.target = s->source,
		.tcp = {.source_port = s->target_port,
			.target_port = s->source_port,
			.has_seq = true,
			.seq = s->ack,
			.has_flags = true,
			.flags = flags[how % (sizeof(flags) / sizeof(flags[0]))],
			.ack = s->seq + 1 + (how & 0x40 ? ttr_segment_payload(s) : 0),
			.has_ts = how & 0x80,
			.ts_echo = s->ts_value},
	};
}

static struct ttr_reply make_own(const struct ttr_segment *s)
{
	return (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = s->source,
		.target = s->target,
		.ip_id = s->ip_id,
		.tcp = {.source_port = s->source_port,
			.target_port = s->target_port,
			.has_seq = true,
			.seq = s->seq,
			.has_flags = true,
			.flags = s->flags,
			.has_ts = true,
			.ts_value = s->ts_value},
	};
}

struct ttr_reply reply_make(enum reply_shape shape, const struct ttr_segment *probe, uint8_t how)
{
	struct ttr_reply reply;

	switch (shape) {
	case REPLY_ERROR:
		return make_error(probe, how);
	case REPLY_OWN:
		return make_own(probe);
	case REPLY_FORGED:
		reply = make_segment(probe, how);
		reply.tcp.ack ^= 0x01000000;
		reply.tcp.seq ^= 0x01000000;
		reply.tcp.has_ts = false;
		return reply;
	default:
		return make_segment(probe, how);
	}
}
