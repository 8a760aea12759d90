/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <inttypes.h>

#include "packet.h"
#include "text.h"
#include "wire.h"

#define NS_PER_S UINT64_C(1000000000)

static const char header[] =
	"# pathsim log 1\n"
	"# TIME DIRECTION SOURCE DESTINATION PROTOCOL field=value ...\n"
	"# TIME: seconds since the start. DIRECTION: out (from the prober) or in (to the prober).\n"
	"# all: ttl= id= (IPv4) flow= (IPv6) tos= len= (IP packet, bytes)\n"
	"# tcp: sport= dport= seq= ack= flags= (SAFRPUEC; - is none) win= tsval= tsecr= data=\n"
	"# udp: sport= dport= data=    icmp, icmp6: type= code= echoid= echoseq=\n"
	"# icmp errors, what they quote: qsrc= qdst= qproto= qttl= qid= qsport= qdport= qseq= "
	"qlen=\n";

void log_header(FILE *file)
{
	fputs(header, file);
}

static void put_addr(FILE *file, const char *before, const struct pathsim_addr *addr)
{
	char word[64];
	struct ps_text text = {.bytes = word, .size = sizeof(word)};

	ps_text_addr(&text, addr);
	fprintf(file, "%s%s", before, word);
}

static const char *protocol_name(uint8_t protocol, char number[8])
{
	switch (protocol) {
	case PS_PROTO_TCP:
		return "tcp";
	case PS_PROTO_UDP:
		return "udp";
	case PS_PROTO_ICMP:
		return "icmp";
	case PS_PROTO_ICMP6:
		return "icmp6";
	default:
		snprintf(number, 8, "ip%u", protocol);
		return number;
	}
}

static void log_ip(FILE *file, const struct ps_packet *packet)
{
	fprintf(file, " ttl=%u", packet->ttl);
	if (packet->dest.family == 4)
		fprintf(file, " id=%u", ps_get16(packet->bytes + 4));
	else
		fprintf(file, " flow=0x%05x", packet->flow_label);
	fprintf(file, " tos=0x%02x", packet->tos);
}

static void log_flags(FILE *file, uint8_t flags)
{
	static const struct {
		uint8_t bit;
		char letter;
	} letters[] = {
		{PS_TCP_SYN, 'S'}, {PS_TCP_ACK, 'A'}, {PS_TCP_FIN, 'F'}, {PS_TCP_RST, 'R'},
		{PS_TCP_PSH, 'P'}, {PS_TCP_URG, 'U'}, {PS_TCP_ECE, 'E'}, {PS_TCP_CWR, 'C'},
	};

	fputs(" flags=", file);
	if (flags == 0)
		fputc('-', file);
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if ((flags & letters[i].bit) != 0)
			fputc(letters[i].letter, file);
}

static void log_timestamps(FILE *file, const uint8_t *options, size_t len)
{
	for (size_t i = 0; i < len;) {
		if (options[i] == 1) {
			i++;
			continue;
		}
		if (options[i] == 0 || len - i < 2 || options[i + 1] < 2 ||
		    options[i + 1] > len - i)
			return;
		if (options[i] == 8 && options[i + 1] == 10)
			fprintf(file, " tsval=%u tsecr=%u", ps_get32(options + i + 2),
				ps_get32(options + i + 6));
		i += options[i + 1];
	}
}

static void log_tcp(FILE *file, const uint8_t *tcp, size_t len)
{
	size_t header_len;

	if (len < 20)
		return;
	header_len = (size_t)(tcp[12] >> 4) * 4;
	fprintf(file, " sport=%u dport=%u seq=%u ack=%u", ps_get16(tcp), ps_get16(tcp + 2),
		ps_get32(tcp + 4), ps_get32(tcp + 8));
	log_flags(file, tcp[13]);
	fprintf(file, " win=%u", ps_get16(tcp + 14));
	if (header_len < 20 || header_len > len)
		return;
	log_timestamps(file, tcp + 20, header_len - 20);
	fprintf(file, " data=%zu", len - header_len);
}

static void log_quoted_ports(FILE *file, uint8_t protocol, const uint8_t *body, size_t len)
{
	if ((protocol == PS_PROTO_TCP || protocol == PS_PROTO_UDP) && len >= 4)
		fprintf(file, " qsport=%u qdport=%u", ps_get16(body), ps_get16(body + 2));
	if (protocol == PS_PROTO_TCP && len >= 8)
		fprintf(file, " qseq=%u", ps_get32(body + 4));
}

/* A quote may be cut short anywhere; it is not a packet for ps_packet_parse(). */
static void log_quote(FILE *file, const uint8_t *quote, size_t len)
{
	bool ipv6 = len > 0 && quote[0] >> 4 == 6;
	size_t header_len = ipv6 ? 40 : len > 0 ? (size_t)(quote[0] & 0x0f) * 4 : 0;
	struct pathsim_addr source, dest;
	char number[8];

	if (header_len < 20 || len < header_len)
		return;
	source = ps_addr(ipv6 ? 6 : 4, quote + (ipv6 ? 8 : 12));
	dest = ps_addr(ipv6 ? 6 : 4, quote + (ipv6 ? 24 : 16));
	put_addr(file, " qsrc=", &source);
	put_addr(file, " qdst=", &dest);
	fprintf(file, " qproto=%s qttl=%u", protocol_name(quote[ipv6 ? 6 : 9], number),
		quote[ipv6 ? 7 : 8]);
	if (!ipv6)
		fprintf(file, " qid=%u", ps_get16(quote + 4));
	log_quoted_ports(file, quote[ipv6 ? 6 : 9], quote + header_len, len - header_len);
	fprintf(file, " qlen=%zu", len);
}

static bool is_error(uint8_t protocol, uint8_t type)
{
	if (protocol == PS_PROTO_ICMP6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void log_icmp(FILE *file, const struct ps_packet *packet)
{
	const uint8_t *icmp = packet->body;
	uint8_t type;

	if (packet->body_len < 8)
		return;
	type = icmp[0];
	fprintf(file, " type=%u code=%u", type, icmp[1]);
	if (is_error(packet->protocol, type))
		log_quote(file, icmp + 8, packet->body_len - 8);
	else if (type == PS_ICMP_ECHO || type == PS_ICMP_ECHO_REPLY || type == PS_ICMP6_ECHO ||
		 type == PS_ICMP6_ECHO_REPLY)
		fprintf(file, " echoid=%u echoseq=%u", ps_get16(icmp + 4), ps_get16(icmp + 6));
}

void log_packet(FILE *file, uint64_t time_ns, const char *direction, const uint8_t *bytes,
		size_t len)
{
	struct ps_packet packet;
	char number[8];

	fprintf(file, "%" PRIu64 ".%09" PRIu64 " %s", time_ns / NS_PER_S, time_ns % NS_PER_S,
		direction);
	if (!ps_packet_parse(&packet, bytes, len)) {
		fprintf(file, " - - malformed len=%zu\n", len);
		return;
	}
	put_addr(file, " ", &packet.source);
	put_addr(file, " ", &packet.dest);
	fprintf(file, " %s", protocol_name(packet.protocol, number));
	log_ip(file, &packet);
	if (packet.protocol == PS_PROTO_TCP && !packet.fragment)
		log_tcp(file, packet.body, packet.body_len);
	else if (packet.protocol == PS_PROTO_UDP && packet.body_len >= 8 && !packet.fragment)
		fprintf(file, " sport=%u dport=%u data=%zu", packet.source_port, packet.dest_port,
			packet.body_len - 8);
	else if (packet.protocol == PS_PROTO_ICMP || packet.protocol == PS_PROTO_ICMP6)
		log_icmp(file, &packet);
	fprintf(file, " len=%zu\n", packet.len);
}
