/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet from the prober: where its parts are. */
#ifndef PS_PACKET_H
#define PS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pathsim_network.h"

struct ps_packet {
	const uint8_t *bytes; /* the IP packet; belongs to the caller */
	size_t len;           /* as its header says */
	struct pathsim_addr source, dest;
	uint8_t ttl;
	uint8_t tos;
	uint32_t flow_label; /* IPv4: 0 */
	uint8_t protocol;    /* behind IPv6 extension headers */
	bool fragment;       /* not the first: no transport header */
	size_t header_len;   /* IP header with options or extension headers */
	const uint8_t *body; /* the transport header, body_len bytes from there to the end */
	size_t body_len;
	uint16_t source_port, dest_port; /* TCP and UDP, host byte order; else 0 */
};

/*
 * False: no IPv4 (RFC 791) or IPv6 (RFC 8200) packet, cut short, or the IPv4 header checksum is
 * wrong. Bytes behind the length that the header says are left aside.
 */
bool ps_packet_parse(struct ps_packet *packet, const uint8_t *bytes, size_t len);

/* The transport's checksum (TCP, UDP, ICMP) is right, or it is another protocol. */
bool ps_packet_checksum_ok(const struct ps_packet *packet);

/* An address from network bytes; family 4 or 6. */
struct pathsim_addr ps_addr(uint8_t family, const uint8_t *bytes);

/* Order: by family, then by bytes. 0: the same. */
int ps_addr_compare(const struct pathsim_addr *a, const struct pathsim_addr *b);

/* RFC 5771, RFC 919, RFC 4291 section 2.7. */
bool ps_addr_is_multicast(const struct pathsim_addr *addr);

#endif
