/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in network byte order, and the numbers of the protocols. */
#ifndef PS_WIRE_H
#define PS_WIRE_H

#include <stdint.h>

enum {
	PS_PROTO_HOPOPTS = 0,
	PS_PROTO_ICMP = 1,
	PS_PROTO_TCP = 6,
	PS_PROTO_UDP = 17,
	PS_PROTO_ROUTING = 43,
	PS_PROTO_ICMP6 = 58,
	PS_PROTO_DSTOPTS = 60,
};

enum { /* RFC 792, RFC 4443 */
       PS_ICMP_ECHO_REPLY = 0,
       PS_ICMP_UNREACHABLE = 3,
       PS_ICMP_ECHO = 8,
       PS_ICMP_TIME_EXCEEDED = 11,
       PS_ICMP6_UNREACHABLE = 1,
       PS_ICMP6_TIME_EXCEEDED = 3,
       PS_ICMP6_ECHO = 128,
       PS_ICMP6_ECHO_REPLY = 129,
};

enum { /* RFC 9293 section 3.1 */
       PS_TCP_FIN = 0x01,
       PS_TCP_SYN = 0x02,
       PS_TCP_RST = 0x04,
       PS_TCP_PSH = 0x08,
       PS_TCP_ACK = 0x10,
       PS_TCP_URG = 0x20,
       PS_TCP_ECE = 0x40,
       PS_TCP_CWR = 0x80,
};

static inline uint16_t ps_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t ps_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void ps_put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void ps_put32(uint8_t *p, uint32_t value)
{
	ps_put16(p, (uint16_t)(value >> 16));
	ps_put16(p + 2, (uint16_t)value);
}

#endif
