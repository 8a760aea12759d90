/* SPDX-License-Identifier: BSD-2-Clause */
#include "ethernet.h"

#include <string.h>

#include "checksum.h"
#include "packet.h"
#include "wire.h"

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_IPV6 = 0x86dd };
enum { ARP_LEN = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { ND_SOLICIT = 135, ND_ADVERT = 136, ND_LEN = 32 };

static const uint8_t gateway_mac[6] = {0x02, 0x00, 0x5e, 0x00, 0x00, 0x01};

void ethernet_init(struct ethernet *ethernet, const struct pathsim_network *network)
{
	*ethernet = (struct ethernet){.gateway4 = network->gateway4, .gateway6 = network->gateway6};
	memset(ethernet->host, 0xff, sizeof(ethernet->host));
	if (ethernet->gateway4.family == 0 && network->prober4.family != 0) {
		ethernet->gateway4 = network->prober4;
		ethernet->gateway4.bytes[3] = network->prober4.bytes[3] == 254 ? 253 : 254;
	}
	if (ethernet->gateway6.family == 0)
		ethernet->gateway6 =
			(struct pathsim_addr){.family = 6, .bytes = {0xfe, 0x80, [15] = 1}};
}

static void put_header(const struct ethernet *ethernet, uint8_t *frame, uint16_t type)
{
	memcpy(frame, ethernet->host, 6);
	memcpy(frame + 6, gateway_mac, 6);
	ps_put16(frame + 12, type);
}

static size_t pad(uint8_t *frame, size_t len)
{
	if (len >= ETHERNET_LEAST)
		return len;
	memset(frame + len, 0, ETHERNET_LEAST - len);
	return ETHERNET_LEAST;
}

static size_t answer_arp(const struct ethernet *ethernet, const uint8_t *arp, size_t len,
			 uint8_t *answer)
{
	static const uint8_t start[6] = {0, 1, 8, 0, 6, 4}; /* Ethernet, IPv4, their sizes */
	uint8_t *p = answer + ETHERNET_HEADER;

	if (len < ARP_LEN || memcmp(arp, start, 6) != 0 || ps_get16(arp + 6) != ARP_REQUEST ||
	    memcmp(arp + 24, ethernet->gateway4.bytes, 4) != 0)
		return 0;
	put_header(ethernet, answer, TYPE_ARP);
	memcpy(p, start, 6);
	ps_put16(p + 6, ARP_REPLY);
	memcpy(p + 8, gateway_mac, 6);
	memcpy(p + 14, arp + 24, 4);
	memcpy(p + 18, arp + 8, 10);
	return pad(answer, ETHERNET_HEADER + ARP_LEN);
}

/* Router, solicited, override; the target's link-layer address (RFC 4861 section 4.4). */
static size_t put_advert(const struct ethernet *ethernet, const struct ps_packet *solicit,
			 uint8_t *answer)
{
	uint8_t *ip = answer + ETHERNET_HEADER, *icmp = ip + 40;

	put_header(ethernet, answer, TYPE_IPV6);
	memset(ip, 0, 40 + ND_LEN);
	ip[0] = 0x60;
	ps_put16(ip + 4, ND_LEN);
	ip[6] = PS_PROTO_ICMP6;
	ip[7] = 255;
	memcpy(ip + 8, ethernet->gateway6.bytes, 16);
	memcpy(ip + 24, solicit->source.bytes, 16);
	icmp[0] = ND_ADVERT;
	icmp[4] = 0xe0;
	memcpy(icmp + 8, ethernet->gateway6.bytes, 16);
	icmp[24] = 2;
	icmp[25] = 1;
	memcpy(icmp + 26, gateway_mac, 6);
	ps_put16(icmp + 2, ps_checksum_segment(&ethernet->gateway6, &solicit->source,
					       PS_PROTO_ICMP6, icmp, ND_LEN));
	return ETHERNET_HEADER + 40 + ND_LEN;
}

static bool is_solicit(const struct ethernet *ethernet, const struct ps_packet *packet)
{
	return packet->protocol == PS_PROTO_ICMP6 && packet->ttl == 255 && packet->body_len >= 24 &&
	       packet->body[0] == ND_SOLICIT && packet->source.bytes[0] != 0 &&
	       memcmp(packet->body + 8, ethernet->gateway6.bytes, 16) == 0 &&
	       ps_packet_checksum_ok(packet);
}

size_t ethernet_input(struct ethernet *ethernet, const uint8_t *frame, size_t len, uint8_t *answer,
		      const uint8_t **packet, size_t *packet_len)
{
	const uint8_t *inside = frame + ETHERNET_HEADER;
	struct ps_packet parsed;

	*packet = NULL;
	*packet_len = 0;
	if (len < ETHERNET_HEADER)
		return 0;
	len -= ETHERNET_HEADER;
	memcpy(ethernet->host, frame + 6, 6);
	switch (ps_get16(frame + 12)) {
	case TYPE_ARP:
		return answer_arp(ethernet, inside, len, answer);
	case TYPE_IPV6:
		if (ps_packet_parse(&parsed, inside, len) && is_solicit(ethernet, &parsed))
			return put_advert(ethernet, &parsed, answer);
		break;
	case TYPE_IPV4:
		break;
	default:
		return 0;
	}
	*packet = inside;
	*packet_len = len;
	return 0;
}

size_t ethernet_output(const struct ethernet *ethernet, uint8_t *frame, size_t packet_len)
{
	bool ipv6 = frame[ETHERNET_HEADER] >> 4 == 6;

	put_header(ethernet, frame, ipv6 ? TYPE_IPV6 : TYPE_IPV4);
	return pad(frame, ETHERNET_HEADER + packet_len);
}
