/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that a prober has to do on this machine: SYNs leave by a raw socket, 64 with one system
 * call, and with "both" the answers are counted that come to a ring of the capture. Nothing is
 * remembered, nobody is waited for.
 *
 *	bare send|both COUNT RATE SOURCE TTL
 *	bare path HOST SOURCE
 *
 * SYNs go to eight hosts of each /24 from 10.0.0.0 up, port 443, from port 40000; RATE 0 is as fast
 * as it goes. Prints packets a second, processor time for each, and how many answers came.
 *
 * "path" is the least that a tracer with a capture has to do: a process starts, opens it, sends one
 * SYN to HOST's port 443 for each TTL from 1 to 30 and ends with HOST's SYN/ACK, or after 10 s.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pcap.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define NS_PER_S 1000000000LL
#define PREFIXES 4096U
#define PREFIX_HOSTS 8U
#define BUFFER_BYTES (8 * 1024 * 1024)
#define LAST_ANSWERS_NS (NS_PER_S / 2)
#define PATH_TTLS 30U
#define PATH_BUFFER_BYTES (256 * 1024)
#define PATH_WAIT_MS 10000

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t options[20];
};

struct bare {
	int fd;
	pcap_t *pcap; /* NULL: nothing is captured */
	uint64_t answers;
	struct packet packets[BATCH];
	struct sockaddr_in to[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t cpu_ns(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * NS_PER_S +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t add(uint32_t sum, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < count; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	return sum;
}

static uint16_t finish(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return htons((uint16_t)~sum);
}

static void make_packet(struct bare *bare, unsigned int i, uint32_t source, uint8_t ttl)
{
	static const uint8_t options[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
					    0, 1, 0, 0,   0, 0, 1, 3,  3, 7};
	struct packet *packet = &bare->packets[i];

	packet->ip = (struct iphdr){.version = 4,
				    .ihl = 5,
				    .tot_len = htons(sizeof(*packet)),
				    .frag_off = htons(0x4000),
				    .ttl = ttl,
				    .protocol = IPPROTO_TCP,
				    .saddr = source};
	packet->tcp = (struct tcphdr){.source = htons(40000),
				      .dest = htons(443),
				      .doff = 10,
				      .syn = 1,
				      .window = htons(64240)};
	memcpy(packet->options, options, sizeof(options));
	bare->to[i] = (struct sockaddr_in){.sin_family = AF_INET};
	bare->parts[i] = (struct iovec){packet, sizeof(*packet)};
	bare->messages[i].msg_hdr = (struct msghdr){.msg_name = &bare->to[i],
						    .msg_namelen = sizeof(bare->to[i]),
						    .msg_iov = &bare->parts[i],
						    .msg_iovlen = 1};
}

static uint32_t target_of(uint32_t number)
{
	uint32_t prefix = number / PREFIX_HOSTS % PREFIXES, host = 1 + number % PREFIX_HOSTS;

	return htonl(0x0a000000U | prefix << 8 | host);
}

static void address_packet(struct bare *bare, unsigned int i, uint32_t number, uint32_t target)
{
	struct packet *packet = &bare->packets[i];

	bare->to[i].sin_addr.s_addr = target;
	packet->ip.daddr = target;
	packet->ip.id = htons((uint16_t)number);
	packet->tcp.seq = htonl(number * 2654435761U);
	packet->tcp.check = 0;
	packet->tcp.check =
		finish(add(add(IPPROTO_TCP + sizeof(struct tcphdr) + 20, &packet->ip.saddr, 8),
			   &packet->tcp, sizeof(struct tcphdr) + 20));
}

static void count_answer(u_char *user, const struct pcap_pkthdr *header, const u_char *frame)
{
	(void)header;
	(void)frame;
	(*(uint64_t *)(void *)user)++;
}

static void read_answers(struct bare *bare)
{
	if (bare->pcap &&
	    pcap_dispatch(bare->pcap, 1024, count_answer, (u_char *)(void *)&bare->answers) < 0)
		fail("capture");
}

/* With "immediate", answers are handed over one by one. */
static void open_capture(struct bare *bare, const char *filter, int bytes, bool immediate)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct bpf_program program;

	bare->pcap = pcap_create("any", text);
	if (!bare->pcap)
		fail("capture");
	pcap_set_snaplen(bare->pcap, 512);
	pcap_set_timeout(bare->pcap, 2);
	pcap_set_buffer_size(bare->pcap, bytes);
	pcap_set_immediate_mode(bare->pcap, immediate);
	if (pcap_activate(bare->pcap) < 0 || pcap_setnonblock(bare->pcap, 1, text) < 0 ||
	    pcap_compile(bare->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0 ||
	    pcap_setfilter(bare->pcap, &program) < 0)
		fail("capture");
}

static void open_socket(struct bare *bare)
{
	const int size = 4 * 1024 * 1024;

	bare->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (bare->fd < 0 || setsockopt(bare->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0)
		fail("socket");
}

static void send_packets(struct bare *bare, unsigned int wanted)
{
	unsigned int done = 0;

	while (done < wanted) {
		int count = sendmmsg(bare->fd, bare->messages + done, wanted - done, 0);

		if (count < 0 && errno != ENOBUFS && errno != EINTR)
			fail("send");
		done += count > 0 ? (unsigned int)count : 0;
	}
}

static void wait_until(int64_t at_ns)
{
	const struct timespec at = {.tv_sec = (time_t)(at_ns / NS_PER_S),
				    .tv_nsec = (long)(at_ns % NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void run(struct bare *bare, uint32_t count, int64_t rate)
{
	int64_t start = now_ns(), used = cpu_ns(), took;

	for (uint32_t sent = 0; sent < count; sent += BATCH) {
		if (rate)
			wait_until(start + sent * NS_PER_S / rate);
		for (unsigned int i = 0; i < BATCH; i++)
			address_packet(bare, i, sent + i, target_of(sent + i));
		send_packets(bare, BATCH);
		read_answers(bare);
	}
	took = now_ns() - start;
	while (bare->pcap && now_ns() < start + took + LAST_ANSWERS_NS) {
		wait_until(now_ns() + NS_PER_S / 100);
		read_answers(bare);
	}
	used = cpu_ns() - used;
	printf("%.0f %.3f %.4f\n", (double)count * 1e9 / (double)took,
	       (double)used / 1e3 / (double)count, (double)bare->answers / (double)count);
}

static int run_path(struct bare *bare, uint32_t host, uint32_t source)
{
	struct pollfd ready;

	open_socket(bare);
	open_capture(bare, "tcp and dst port 40000 and tcp[13] & 18 = 18", PATH_BUFFER_BYTES, true);
	for (unsigned int i = 0; i < PATH_TTLS; i++) {
		make_packet(bare, i, source, (uint8_t)(i + 1));
		address_packet(bare, i, 0, host);
	}
	send_packets(bare, PATH_TTLS);
	ready = (struct pollfd){.fd = pcap_get_selectable_fd(bare->pcap), .events = POLLIN};
	poll(&ready, 1, PATH_WAIT_MS);
	read_answers(bare);
	return bare->answers ? 0 : 1;
}

static int run_many(struct bare *bare, char *argv[])
{
	uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10) / BATCH * BATCH;
	struct in_addr source;

	if (inet_pton(AF_INET, argv[4], &source) != 1)
		return 2;
	open_socket(bare);
	if (strcmp(argv[1], "both") == 0)
		open_capture(bare, "icmp or (tcp and dst port 40000)", BUFFER_BYTES, false);
	for (unsigned int i = 0; i < BATCH; i++)
		make_packet(bare, i, source.s_addr, (uint8_t)strtoul(argv[5], NULL, 10));
	run(bare, count ? count : BATCH, strtol(argv[3], NULL, 10));
	return 0;
}

int main(int argc, char *argv[])
{
	static struct bare bare;
	struct in_addr host, source;

	if (argc == 6)
		return run_many(&bare, argv);
	if (argc == 4 && strcmp(argv[1], "path") == 0 && inet_pton(AF_INET, argv[2], &host) == 1 &&
	    inet_pton(AF_INET, argv[3], &source) == 1)
		return run_path(&bare, host.s_addr, source.s_addr);
	fputs("usage: bare send|both COUNT RATE SOURCE TTL\n       bare path HOST SOURCE\n",
	      stderr);
	return 2;
}
