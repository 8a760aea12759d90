/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody off the path who floods a tracing host with answers to probes that he cannot see.
 *
 *	flood forged|foreign HOST TARGET DPORT SPORT RATE COUNT
 *
 * forged: a third each of ICMP errors from made-up routers with a quote, RSTs and SYN/ACKs, all
 * in the flows from HOST, port SPORT (one in four, or one drawn at random) to TARGET, port DPORT;
 * the numbers are drawn at random. foreign: ICMP errors that are sound but quote the flow of
 * somebody else, and echo requests. RATE packets a second until COUNT are sent or SIGTERM comes;
 * then prints "sent N in S s". Addresses of one family, both inside this network namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define PACKET_MAX 256

static volatile sig_atomic_t ended;

struct flood {
	bool six, foreign;
	uint8_t host[16], target[16];
	unsigned int address_bytes;
	uint16_t target_port, source_port;
	uint64_t random;
};

static void end(int number)
{
	(void)number;
	ended = 1;
}

/* xorshift64*: it has to be fast, and only look random. */
static uint32_t draw(struct flood *flood)
{
	flood->random ^= flood->random >> 12;
	flood->random ^= flood->random << 25;
	flood->random ^= flood->random >> 27;
	return (uint32_t)(flood->random * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static uint32_t sum(uint32_t start, const uint8_t *data, unsigned int count)
{
	for (unsigned int i = 0; i + 1 < count; i += 2)
		start += (uint32_t)(data[i] << 8 | data[i + 1]);
	return start;
}

static unsigned int fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

/* Of an even number of bytes behind the header; the header's own sum is the kernel's or not there.
 */
static void put_checksum(const struct flood *flood, uint8_t *ip, unsigned int at, uint8_t protocol,
			 unsigned int count)
{
	uint8_t *payload = ip + (flood->six ? 40 : 20);
	uint32_t total = 0;

	put16(payload + at, 0);
	if (protocol != IPPROTO_ICMP)
		total = sum(protocol + count, ip + (flood->six ? 8 : 12), 2 * flood->address_bytes);
	put16(payload + at, fold(sum(total, payload, count)));
}

static unsigned int put_ip(struct flood *flood, uint8_t *ip, const uint8_t *from, const uint8_t *to,
			   uint8_t protocol, unsigned int count)
{
	const unsigned int header = flood->six ? 40 : 20;

	memset(ip, 0, header);
	if (flood->six) {
		ip[0] = 0x60;
		put16(ip + 4, count);
		ip[6] = protocol;
		ip[7] = 60;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, header + count);
		put16(ip + 4, draw(flood) & 0xffff);
		ip[8] = 60;
		ip[9] = protocol;
	}
	memcpy(ip + (flood->six ? 8 : 12), from, flood->address_bytes);
	memcpy(ip + (flood->six ? 24 : 16), to, flood->address_bytes);
	return header;
}

static uint16_t source_port(struct flood *flood)
{
	return draw(flood) % 4 ? (uint16_t)(32768 + draw(flood) % 28232) : flood->source_port;
}

static void put_tcp(struct flood *flood, uint8_t *tcp, uint16_t from, uint16_t to, uint8_t flags)
{
	put16(tcp, from);
	put16(tcp + 2, to);
	put32(tcp + 4, draw(flood));
	put32(tcp + 8, draw(flood));
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	put32(tcp + 16, 0);
}

static unsigned int make_segment(struct flood *flood, uint8_t *packet, uint8_t flags)
{
	const unsigned int at = put_ip(flood, packet, flood->target, flood->host, IPPROTO_TCP, 20);

	put_tcp(flood, packet + at, flood->target_port, source_port(flood), flags);
	put_checksum(flood, packet, 16, IPPROTO_TCP, 20);
	return at + 20;
}

/* From 192.0.2.N or 2001:db8:dead::N. */
static unsigned int make_error(struct flood *flood, uint8_t *packet)
{
	const unsigned int header = flood->six ? 40 : 20, count = 8 + header + 20;
	const uint8_t protocol = flood->six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	uint8_t router[16] = {192, 0, 2}, other[16] = {198, 51, 100, 77};
	uint8_t *icmp;

	if (flood->six) {
		memcpy(router, (const uint8_t[]){0x20, 1, 0xd, 0xb8, 0xde, 0xad}, 6);
		memcpy(other, (const uint8_t[]){0x20, 1, 0xd, 0xb8, 0xbe, 0xef}, 6);
	}
	router[flood->address_bytes - 1] = (uint8_t)(1 + draw(flood) % 250);
	icmp = packet + put_ip(flood, packet, router, flood->host, protocol, count);
	memset(icmp, 0, 8);
	icmp[0] = flood->six ? 3 : 11;
	put_ip(flood, icmp + 8, flood->host, flood->foreign ? other : flood->target, IPPROTO_TCP,
	       40);
	icmp[8 + (flood->six ? 7 : 8)] = 1;
	put_tcp(flood, icmp + 8 + header,
		flood->foreign ? (uint16_t)(1024 + draw(flood) % 1000) : source_port(flood),
		flood->target_port, 0x02);
	put_checksum(flood, packet, 2, protocol, count);
	return header + count;
}

static unsigned int make_echo(struct flood *flood, uint8_t *packet)
{
	const uint8_t protocol = flood->six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	const unsigned int at = put_ip(flood, packet, flood->target, flood->host, protocol, 16);

	memset(packet + at, 0, 16);
	packet[at] = flood->six ? 129 : 0; /* replies: nobody answers those */
	put_checksum(flood, packet, 2, protocol, 16);
	return at + 16;
}

static unsigned int make(struct flood *flood, uint8_t *packet)
{
	const unsigned int kind = draw(flood) % 3;

	if (kind == 0 || (flood->foreign && kind == 1))
		return make_error(flood, packet);
	if (flood->foreign)
		return make_echo(flood, packet);
	return make_segment(flood, packet, kind == 1 ? 0x14 : 0x12);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How many of a batch were taken. */
static unsigned int send_batch(struct flood *flood, int fd, const struct sockaddr_storage *to)
{
	static uint8_t packets[BATCH][PACKET_MAX];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	int sent;

	for (unsigned int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){packets[i], make(flood, packets[i])};
		messages[i] = (struct mmsghdr){.msg_hdr = {
						       .msg_name = (void *)(uintptr_t)to,
						       .msg_namelen = sizeof(*to),
						       .msg_iov = &parts[i],
						       .msg_iovlen = 1,
					       }};
	}
	sent = sendmmsg(fd, messages, BATCH, 0);
	return sent < 0 ? 0 : (unsigned int)sent;
}

static void run(struct flood *flood, int fd, const struct sockaddr_storage *to, double rate,
		uint64_t count)
{
	const double begun = seconds();
	uint64_t sent = 0, tried = 0;

	while (tried < count && !ended) {
		double ahead = (double)tried / rate - (seconds() - begun);

		if (ahead > 0.001)
			nanosleep(&(struct timespec){.tv_nsec = (long)(ahead < 0.5 ? ahead * 1e9
										   : 5e8)},
				  NULL);
		sent += send_batch(flood, fd, to);
		tried += BATCH;
	}
	printf("sent %ju in %.1f s\n", (uintmax_t)sent, seconds() - begun);
}

static int parse_address(struct flood *flood, const char *text, uint8_t *bytes)
{
	flood->six = strchr(text, ':') != NULL;
	flood->address_bytes = flood->six ? 16 : 4;
	return inet_pton(flood->six ? AF_INET6 : AF_INET, text, bytes);
}

int main(int argc, char *argv[])
{
	struct flood flood = {.random = UINT64_C(88172645463325252)};
	struct sockaddr_storage to = {0};
	int fd;

	if (argc != 8 || parse_address(&flood, argv[2], flood.host) != 1 ||
	    parse_address(&flood, argv[3], flood.target) != 1)
		return 2;
	flood.foreign = strcmp(argv[1], "foreign") == 0;
	flood.target_port = (uint16_t)atoi(argv[4]);
	flood.source_port = (uint16_t)atoi(argv[5]);
	to.ss_family = flood.six ? AF_INET6 : AF_INET;
	if (flood.six)
		memcpy(&((struct sockaddr_in6 *)&to)->sin6_addr, flood.host, 16);
	else
		memcpy(&((struct sockaddr_in *)&to)->sin_addr, flood.host, 4);
	fd = socket(to.ss_family, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0) {
		perror("flood: socket");
		return 3;
	}
	signal(SIGTERM, end);
	printf("flooding\n");
	fflush(stdout);
	run(&flood, fd, &to, atof(argv[6]), (uint64_t)atoll(argv[7]));
	return 0;
}
