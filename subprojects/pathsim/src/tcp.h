/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP segments: reading those of the prober, sending those of a destination (RFC 9293, 7323). */
#ifndef PS_TCP_H
#define PS_TCP_H

#include "packet.h"
#include "sim.h"

struct ps_tcp {
	uint32_t seq, ack;
	uint8_t flags;
	uint32_t payload_len;
	bool has_ts, has_scale, sack_ok;
	uint32_t ts_value;
};

/* One side of the conversation as the destination sees it. */
struct ps_tuple {
	struct pathsim_addr local, remote;
	uint16_t local_port, remote_port;
};

struct ps_segment {
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t window;
	size_t options_len; /* a multiple of 4 */
	uint8_t options[40];
};

/* False: the header is cut short or says an impossible length. Bad options end the list. */
bool ps_tcp_parse(struct ps_tcp *tcp, const struct ps_packet *packet);

/* What the segment takes of the sequence space: payload, SYN and FIN. */
uint32_t ps_tcp_length(const struct ps_tcp *tcp);

struct ps_tuple ps_tcp_tuple(const struct ps_packet *packet);

void ps_tcp_send(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		 const struct ps_tuple *tuple, uint32_t flow_label,
		 const struct ps_segment *segment);

/* Under the destination's limit: the reset a closed port or a listener sends (RFC 9293
 * section 3.10.7.1): with ACK of what came, or with the number that an ACK asked for. */
void ps_tcp_send_reset(struct pathsim *sim, struct ps_node *node, uint64_t now_ns,
		       const struct ps_packet *packet, const struct ps_tcp *tcp);

#endif
