/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated internet: packets and time in, packets and the next time out.
 *
 * Pure: no clock, socket or stdio inside. The same network, seed, packets and times give the same
 * answers. Time is any count of nanoseconds that never goes back.
 *
 *	pathsim_input(sim, now, packet, len);
 *	while ((len = pathsim_output(sim, now, buf, sizeof(buf))) > 0)
 *		give the packet to the prober;
 *	if (pathsim_next_time(sim, &when))
 *		call pathsim_output() again at `when`;
 */
#ifndef PATHSIM_H
#define PATHSIM_H

#include "pathsim_network.h"

#define PATHSIM_PACKET_SIZE 1500 /* no answer is longer */

struct pathsim;

/* What of a network pathsim_new() does not accept. */
enum pathsim_part {
	PATHSIM_PART_NETWORK,
	PATHSIM_PART_HOP,         /* `hop` is an index of network->hops */
	PATHSIM_PART_DESTINATION, /* `index`; its hop number `hop` with OWN_HOP */
	PATHSIM_PART_OWN_HOP,
	PATHSIM_PART_NAMESERVER,
	PATHSIM_PART_NAME,
};

struct pathsim_problem {
	enum pathsim_part part;
	size_t index;
	size_t hop;
	const char *what; /* static text */
};

/*
 * A network ready to run, with network->seed; the caller frees it. Returns 0, -ENOMEM, or -EINVAL
 * and says why in *problem (may be NULL).
 */
int pathsim_new(struct pathsim **out, const struct pathsim_network *network,
		struct pathsim_problem *problem);

/* The same from scenario text (README.md). -EINVAL: `error` is "line N: what". */
int pathsim_parse(struct pathsim **out, const char *text, size_t len, char *error,
		  size_t error_size);

void pathsim_free(struct pathsim *sim);

/* The network as it was taken; lives as long as sim. */
const struct pathsim_network *pathsim_network(const struct pathsim *sim);

/* The network as scenario text with the seed in use, which pathsim_parse() reads back to the same
 * network. Like snprintf(): returns the length it would need, without the end. */
size_t pathsim_print(const struct pathsim *sim, char *text, size_t size);

/* Starts the random numbers anew; before the first packet. */
void pathsim_seed(struct pathsim *sim, uint64_t seed);

/*
 * An IPv4 or IPv6 packet as the prober's host sent it. Returns 0, also when the network throws it
 * away; -ENOMEM; -ENOBUFS: too many packets on the way.
 */
int pathsim_input(struct pathsim *sim, uint64_t now_ns, const uint8_t *packet, size_t len);

/* When pathsim_output() has something to do. False: never, before the next input. */
bool pathsim_next_time(struct pathsim *sim, uint64_t *when_ns);

/*
 * The next packet that the prober's host has received by now, in the order of time. Returns its
 * length; 0: none. A packet longer than size is cut.
 */
size_t pathsim_output(struct pathsim *sim, uint64_t now_ns, uint8_t *buf, size_t size);

/* -- The truth, for tests -- */

/* Of what pathsim_output() gave out last. */
struct pathsim_origin {
	uint64_t input; /* it was made when the packet of this pathsim_input(), from 1, arrived; 0:
			   no packet's, but a timer's or a forger's */
	bool delayed;   /* by chance, beyond the jitter */
	bool malformed; /* by chance */
};

void pathsim_origin(const struct pathsim *sim, struct pathsim_origin *origin);

enum pathsim_fate {
	PATHSIM_FATE_NONE = 0, /* not a packet, multicast, or nobody has that address */
	PATHSIM_FATE_EXPIRES,  /* time exceeded at `hop` */
	PATHSIM_FATE_REJECTED, /* unreachable from `hop` */
	PATHSIM_FATE_DROPPED,  /* by a firewall at `hop` */
	PATHSIM_FATE_ANSWERED, /* by a firewall at `hop`, in the destination's name */
	PATHSIM_FATE_ARRIVES,  /* at a destination, name server or the hop that was asked */
};

struct pathsim_truth {
	enum pathsim_fate fate;
	uint8_t hop;              /* where the packet ends: the least TTL that gets there */
	uint8_t distance;         /* the least TTL that this flow needs to its address; 0: none */
	bool silent;              /* nothing will come back from there */
	bool drawn;               /* `from` is only one of several: balanced per packet */
	struct pathsim_addr from; /* who answers; family 0: nobody */
	uint64_t rtt_ns, jitter_ns;
	uint32_t rewritten; /* 1 << enum pathsim_rewrite_kind: seen in a quote from there; dnat:
			       1 << PATHSIM_REWRITE_KINDS */
};

/* What becomes of this packet, loss aside. Changes nothing. */
void pathsim_truth(const struct pathsim *sim, const uint8_t *packet, size_t len,
		   struct pathsim_truth *truth);

/* The packet as a quote from where it ends shows it, uncut. Like snprintf(): returns its length; 0:
 * PATHSIM_FATE_NONE. */
size_t pathsim_quoted(const struct pathsim *sim, const uint8_t *packet, size_t len, uint8_t *buf,
		      size_t size);

/* The least TTL that gets to this address, without detours; 0: nobody has it. */
uint8_t pathsim_distance(const struct pathsim *sim, const struct pathsim_addr *addr);

/* What the destination does with SYNs to this port; NULL: not a destination. */
const struct pathsim_port *pathsim_port(const struct pathsim *sim, const struct pathsim_addr *addr,
					uint16_t port);

struct pathsim_counts {
	uint64_t arrived;  /* packets that ended here: expired, rejected or for this host */
	uint64_t syns;     /* of them: to this host, TCP, SYN without ACK, RST and FIN */
	uint64_t answered; /* answers made, the lost ones too */
	uint64_t lost;     /* answers lost by chance */
	uint64_t delayed, duplicated, malformed; /* answers that became so by chance */
	uint64_t limited;                        /* answers not made: over the limit */
};

/* Of the hop with this TTL on the way to this address. False: there is no such hop. */
bool pathsim_hop_counts(const struct pathsim *sim, const struct pathsim_addr *to, uint8_t ttl,
			struct pathsim_counts *counts);

/* Of the destination or name server with this address. */
bool pathsim_host_counts(const struct pathsim *sim, const struct pathsim_addr *addr,
			 struct pathsim_counts *counts);

struct pathsim_totals {
	uint64_t input;        /* packets from the prober */
	uint64_t malformed;    /* of them: not IP, cut short, IPv4 header checksum wrong */
	uint64_t bad_checksum; /* of them: arrived, but TCP, UDP or ICMP checksum wrong */
	uint64_t unrouted;     /* of them: multicast, or nobody has that address */
	uint64_t output;       /* packets given out */
	uint64_t forged;       /* answers made by the forgers */
	uint64_t half_open;    /* half-open entries at this moment, all destinations */
};

void pathsim_totals(const struct pathsim *sim, struct pathsim_totals *totals);

#endif
