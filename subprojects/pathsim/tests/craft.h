/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets for the tests: probes to send, answers to look at.
 *
 * With its own checksum and offsets, so that a mistake of the library is seen.
 */
#ifndef CRAFT_H
#define CRAFT_H

#include "pathsim.h"

#define MS UINT64_C(1000000)
#define PROBER4 "198.18.0.1"
#define PROBER6 "2001:db8::1"
#define TO4 "198.51.100.10"
#define TO6 "2001:db8:ff::10"

/* A network with one hop of each kind: IPv4 only, silent, with IP options; TO4 and TO6 at 5. */
extern const char five_hops[];

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

struct probe {
	const char *to; /* decides the family */
	uint8_t ttl;
	uint8_t protocol; /* 0: TCP */
	uint16_t sport, dport;
	uint16_t id; /* IPv4 */
	uint32_t flow_label;
	uint32_t seq, ack;
	uint8_t flags;
	bool full_options; /* MSS, SACK, timestamps, window scale */
	bool ts_only;
	uint32_t ts_value;
	const void *data; /* payload; of ICMP all behind the checksum */
	size_t data_len;
	uint8_t icmp_type;
};

struct packet {
	size_t len;
	uint8_t bytes[1500];
};

struct packet craft(const struct probe *probe);

/* A SYN as Linux sends it, to port 80. */
struct probe syn_to(const char *to, uint8_t ttl);

/* An answer taken apart, all of its checksums verified. */
struct answer {
	uint64_t when_ns;
	struct packet packet;
	struct pathsim_addr from;
	uint8_t ttl, protocol;
	const uint8_t *body;
	size_t body_len;
	/* TCP */
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;
	bool has_ts;
	uint32_t ts_value, ts_echo;
	/* ICMP */
	uint8_t type, code;
	const uint8_t *quote;
	size_t quote_len;
};

struct pathsim *network(const char *text); /* fails the test if it does not parse */
struct pathsim_addr addr(const char *text);

void give(struct pathsim *sim, uint64_t now_ns, const struct probe *probe);

/* The next answer up to that time; false: none. Fails the test on a wrong checksum or length. */
bool take(struct pathsim *sim, uint64_t until_ns, struct answer *answer);

/* give() and take() with 10 s to wait. */
bool ask(struct pathsim *sim, uint64_t now_ns, const struct probe *probe, struct answer *answer);

void assert_addr(const struct pathsim_addr *got, const char *wanted);
uint32_t number16(const uint8_t *p);
uint32_t number32(const uint8_t *p);

#endif
