/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp.h"

#include <string.h>

#include "wire.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_SCALE = 3, OPTION_SACK_OK = 4, OPTION_TS = 8 };

static void parse_option(struct ps_tcp *tcp, const uint8_t *option, size_t len)
{
	if (option[0] == OPTION_SCALE && len == 3) {
		tcp->has_scale = true;
	} else if (option[0] == OPTION_SACK_OK && len == 2) {
		tcp->sack_ok = true;
	} else if (option[0] == OPTION_TS && len == 10) {
		tcp->has_ts = true;
		tcp->ts_value = ps_get32(option + 2);
	}
}

static void parse_options(struct ps_tcp *tcp, const uint8_t *options, size_t len)
{
	size_t i = 0;

	while (i < len && options[i] != OPTION_END) {
		if (options[i] == OPTION_NOP) {
			i++;
			continue;
		}
		if (len - i < 2 || options[i + 1] < 2 || options[i + 1] > len - i)
			return;
		parse_option(tcp, options + i, options[i + 1]);
		i += options[i + 1];
	}
}

bool ps_tcp_parse(struct ps_tcp *tcp, const struct ps_packet *packet)
{
	const uint8_t *p = packet->body;
	size_t header_len;

	*tcp = (struct ps_tcp){0};
	if (packet->body_len < 20 || packet->fragment)
		return false;
	header_len = (size_t)(p[12] >> 4) * 4;
	if (header_len < 20 || header_len > packet->body_len)
		return false;
	tcp->seq = ps_get32(p + 4);
	tcp->ack = ps_get32(p + 8);
	tcp->flags = p[13];
	tcp->payload_len = (uint32_t)(packet->body_len - header_len);
	parse_options(tcp, p + 20, header_len - 20);
	return true;
}

uint32_t ps_tcp_length(const struct ps_tcp *tcp)
{
	return tcp->payload_len + ((tcp->flags & PS_TCP_SYN) != 0) +
	       ((tcp->flags & PS_TCP_FIN) != 0);
}

struct ps_tuple ps_tcp_tuple(const struct ps_packet *packet)
{
	return (struct ps_tuple){
		.local = packet->dest,
		.remote = packet->source,
		.local_port = packet->dest_port,
		.remote_port = packet->source_port,
	};
}

void ps_tcp_send(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		 const struct ps_tuple *tuple, uint32_t flow_label,
		 const struct ps_segment *segment)
{
	struct ps_answer answer;
	uint8_t *p;

	ps_answer_begin(&answer, node, &tuple->local, &tuple->remote, PS_PROTO_TCP);
	ps_answer_atomic(&answer);
	ps_answer_set_flow_label(&answer, flow_label);
	p = ps_answer_body(&answer);
	memset(p, 0, 20);
	ps_put16(p, tuple->local_port);
	ps_put16(p + 2, tuple->remote_port);
	ps_put32(p + 4, segment->seq);
	ps_put32(p + 8, segment->ack);
	p[12] = (uint8_t)((20 + segment->options_len) / 4 << 4);
	p[13] = segment->flags;
	ps_put16(p + 14, segment->window);
	memcpy(p + 20, segment->options, segment->options_len);
	ps_answer_end(&answer, 20 + segment->options_len);
	ps_sim_send(sim, node, now_ns, &answer);
}

void ps_tcp_send_reset(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		       const struct ps_packet *packet, const struct ps_tcp *tcp)
{
	struct ps_tuple tuple = ps_tcp_tuple(packet);
	struct ps_segment reset = {.flags = PS_TCP_RST};
	const struct pathsim_destination *dest = node->destination;

	if (dest != NULL && dest->rst_limit.answers > 0 &&
	    !ps_limit_take(&node->resets, &dest->rst_limit, now_ns)) {
		node->counts.limited++;
		return;
	}
	if ((tcp->flags & PS_TCP_ACK) != 0) {
		reset.seq = tcp->ack;
	} else if (dest == NULL || dest->stack != PATHSIM_STACK_NOACKRST) {
		reset.flags |= PS_TCP_ACK;
		reset.ack = tcp->seq + ps_tcp_length(tcp);
	}
	ps_tcp_send(sim, node, now_ns, &tuple, packet->flow_label, &reset);
}
