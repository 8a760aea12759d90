/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends a burst of SYNs and prints the answers, so that they look the same from real hosts and from
 * pathsim: burst SOURCE DEST TTL PORT COUNT STEP; burst listen PORT.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "checksum.h"
#include "packet.h"
#include "wire.h"

#define ISN 0x10000000U
#define WAIT_MS 400

static int listen_on(uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 64) < 0)
		return 1;
	puts("listening");
	fflush(stdout);
	for (;;)
		pause();
}

static void make_syn(uint8_t p[40], char **args, uint16_t sport, uint32_t seq)
{
	struct pathsim_addr source = {.family = 4}, dest = {.family = 4};

	memset(p, 0, 40);
	inet_pton(AF_INET, args[1], source.bytes);
	inet_pton(AF_INET, args[2], dest.bytes);
	p[0] = 0x45;
	p[3] = 40;
	p[8] = (uint8_t)atoi(args[3]);
	p[9] = PS_PROTO_TCP;
	memcpy(p + 12, source.bytes, 4);
	memcpy(p + 16, dest.bytes, 4);
	ps_put16(p + 10, ps_checksum(p, 20));
	ps_put16(p + 20, sport);
	ps_put16(p + 22, (uint16_t)atoi(args[4]));
	ps_put32(p + 24, seq);
	p[32] = 0x50;
	p[33] = PS_TCP_SYN;
	ps_put16(p + 34, 5840);
	ps_put16(p + 36, ps_checksum_segment(&source, &dest, PS_PROTO_TCP, p + 20, 20));
}

static void print_answer(const struct ps_packet *packet, uint16_t sport)
{
	const uint8_t *p = packet->body;

	if (packet->protocol == PS_PROTO_TCP && packet->dest_port == sport)
		printf("tcp flags=%02x ack=%d options=%d\n", p[13], (int)(ps_get32(p + 8) - ISN),
		       (p[12] >> 4) * 4 - 20);
	if (packet->protocol == PS_PROTO_ICMP && packet->body_len >= 8 + 40)
		printf("icmp type=%u code=%u tos=%02x quote=%zu qttl=%u qflags=%02x\n", p[0], p[1],
		       packet->tos, packet->body_len - 8, p[16], p[8 + 33]);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void print_answers(int in, uint16_t sport)
{
	long end = now_ms() + WAIT_MS, left;

	while ((left = end - now_ms()) > 0) {
		struct pollfd poll_fd = {.fd = in, .events = POLLIN};
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		struct ps_packet packet;
		uint8_t bytes[2000];
		ssize_t len;

		if (poll(&poll_fd, 1, (int)left) <= 0)
			continue;
		len = recvfrom(in, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);
		if (len > 0 && from.sll_pkttype != PACKET_OUTGOING &&
		    ps_packet_parse(&packet, bytes, (size_t)len) && packet.body_len >= 8)
			print_answer(&packet, sport);
	}
}

int main(int argc, char **argv)
{
	uint16_t sport = (uint16_t)(20000 + getpid() % 10000);
	struct sockaddr_in to = {.sin_family = AF_INET};
	int in, out;

	if (argc == 3)
		return listen_on((uint16_t)atoi(argv[2]));
	if (argc != 7)
		return 2;
	in = socket(AF_PACKET, SOCK_DGRAM, htons(ETHERTYPE_IP));
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (in < 0 || out < 0)
		return 1;
	inet_pton(AF_INET, argv[2], &to.sin_addr);
	for (int i = 0; i < atoi(argv[5]); i++) {
		uint8_t packet[40];

		make_syn(packet, argv, sport, ISN + (uint32_t)(i * atoi(argv[6])));
		if (sendto(out, packet, 40, 0, (struct sockaddr *)&to, sizeof(to)) != 40)
			return 1;
	}
	print_answers(in, sport);
	return 0;
}
