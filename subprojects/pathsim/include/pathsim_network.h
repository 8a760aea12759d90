/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network as plain data: the path from one prober to its destinations.
 *
 * Everything that a scenario text can say has its place here, and zero is always the default, so
 * that a program can fill in the few members it cares for. What pathsim_new() gets is copied with
 * all it points to.
 */
#ifndef PATHSIM_NETWORK_H
#define PATHSIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATHSIM_HOP_ADDRS 16 /* addresses per hop and family */
#define PATHSIM_MPLS_LABELS 16
#define PATHSIM_INTERFACE_NAME 64 /* with its end, RFC 5837 section 4.3 */
#define PATHSIM_OBJECT_BYTES 64
#define PATHSIM_NAME_SIZE 254 /* a name with its end, RFC 1035 section 2.3.4 */

struct pathsim_addr {
	uint8_t family;    /* 4, 6, or 0: no address */
	uint8_t bytes[16]; /* network byte order; IPv4 uses the first four, the others are 0 */
};

enum pathsim_quote {
	PATHSIM_QUOTE_LINUX = 0, /* as much as fits an answer of 576 (v4) or 1280 bytes (v6) */
	PATHSIM_QUOTE_FULL,      /* the whole probe, as far as the answer fits 1500 bytes */
	PATHSIM_QUOTE_BYTES,     /* quote_bytes behind the IP header (RFC 792: 8) */
};

enum pathsim_quote_ttl {
	PATHSIM_QUOTE_TTL_SEEN = 0, /* as the packet arrived: 1 in time exceeded */
	PATHSIM_QUOTE_TTL_FIXED,    /* quoted_ttl */
	PATHSIM_QUOTE_TTL_SENT,     /* as the prober sent it */
};

/* A token bucket: `burst` at once, then `answers` in each `per_ns`. */
struct pathsim_limit {
	uint16_t burst;
	uint16_t answers; /* 0: no limit */
	uint64_t per_ns;  /* at least `answers` */
};

struct pathsim_mpls {
	uint32_t label;        /* 20 bits */
	uint8_t traffic_class; /* 3 bits */
	uint8_t ttl;
};

enum pathsim_interface_role { /* RFC 5837 section 4.1, as on the wire */
			      PATHSIM_ROLE_INCOMING = 0,
			      PATHSIM_ROLE_SUB,
			      PATHSIM_ROLE_OUTGOING,
			      PATHSIM_ROLE_NEXT_HOP,
};

struct pathsim_interface {
	bool active;
	enum pathsim_interface_role role;
	uint32_t index;                    /* 0: not said */
	struct pathsim_addr addr;          /* family 0: not said */
	char name[PATHSIM_INTERFACE_NAME]; /* empty: not said */
	uint32_t mtu;                      /* 0: not said */
};

struct pathsim_object {
	bool active;
	uint8_t class_number, type;
	uint8_t len;
	uint8_t bytes[PATHSIM_OBJECT_BYTES];
};

/* Behind the quotes of ICMP errors (RFC 4884): objects in this order. */
struct pathsim_extensions {
	bool old_form; /* without length field: the quote has 128 bytes */
	uint8_t mpls_count;
	struct pathsim_mpls mpls[PATHSIM_MPLS_LABELS];
	struct pathsim_interface interface;
	struct pathsim_object object;
};

/* What is wrong with an answer; checksums are right but for those named. */
enum pathsim_malformed {
	PATHSIM_MALFORMED_NONE = 0,
	PATHSIM_MALFORMED_TRUNCATED,        /* half of what its length says */
	PATHSIM_MALFORMED_CHECKSUM,         /* of ICMP, TCP or UDP */
	PATHSIM_MALFORMED_IP_CHECKSUM,      /* IPv6: the payload length */
	PATHSIM_MALFORMED_IHL,              /* 4; IPv6: version 5 */
	PATHSIM_MALFORMED_LENGTH,           /* 65535 */
	PATHSIM_MALFORMED_QUOTE_IHL,        /* 0; IPv6: version 0 */
	PATHSIM_MALFORMED_QUOTE_VERSION,    /* of the other family */
	PATHSIM_MALFORMED_EXTENSION_LENGTH, /* 255: behind the end of the packet */
	PATHSIM_MALFORMED_ZERO_OBJECT,      /* the first object says length 0 */
	PATHSIM_MALFORMED_DATA_OFFSET,      /* of TCP: 4 */
	PATHSIM_MALFORMED_TCP_OPTION,       /* the first says length 0 */
	PATHSIM_MALFORMED_ANY,              /* one of them, drawn each time */
	PATHSIM_MALFORMED_KINDS,
};

/* A share of the answers comes later than they should, and does not hold up those behind. */
struct pathsim_lag {
	uint32_t share_ppm;
	uint64_t by_ns;
};

/* How a hop or a host answers. */
struct pathsim_manner {
	uint64_t rtt_ns;    /* the least time from probe to answer; half of it for each way */
	uint64_t jitter_ns; /* added to the way back: 0 .. jitter_ns, evenly; answers of one node
			       never overtake each other */
	uint32_t loss_ppm;  /* of the answers, 0 .. 1000000 */
	struct pathsim_lag reorder, late; /* drawn apart from each other */
	uint32_t duplicate_ppm;           /* of the answers come twice */
	enum pathsim_malformed malformed;
	uint32_t malformed_ppm;
	uint8_t ttl;  /* initial TTL of answers; 0: 64 */
	uint8_t back; /* length of the way back; 0: as the way forward. The answer arrives with
			 ttl - (back - 1) */
	uint8_t option_bytes; /* IP options of answers: 0, 4, 8 .. 40. IPv6: a hop-by-hop header
				 that has room for as much (RFC 2113, RFC 2711) */
	enum pathsim_quote quote;
	uint16_t quote_bytes;
	enum pathsim_quote_ttl quote_ttl;
	uint8_t quoted_ttl;
	struct pathsim_extensions extensions;
	struct pathsim_limit limit; /* of ICMP errors, for each source address of probes */
	bool limit_linux; /* instead: as Linux 6.18 does by itself, rules in src/limit.h */
};

/* Destination unreachable by this node (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443). */
struct pathsim_reject {
	bool active;
	uint8_t code4;
	uint8_t code6;
};

struct pathsim_hop {
	uint8_t ttl;     /* 1 .. 254: the TTL that expires here */
	bool silent;     /* forwards and says nothing; so is a family without address */
	bool per_packet; /* several addresses: drawn per packet, not per flow */
	uint8_t v4_count, v6_count;
	struct pathsim_addr v4[PATHSIM_HOP_ADDRS];
	struct pathsim_addr v6[PATHSIM_HOP_ADDRS];
	struct pathsim_manner manner;
	struct pathsim_reject reject; /* of everything that would go on behind this hop */
	const char *name;             /* of all its addresses; NULL: none */
};

/* More routers behind hop `like.ttl` for a share of the flows, or of the packets (like.per_packet):
 * all behind it is farther away for them. The addresses of `like` are one router each. */
struct pathsim_detour {
	uint32_t share_ppm;
	struct pathsim_hop like;
};

enum pathsim_port_kind {
	PATHSIM_PORT_CLOSED = 0,
	PATHSIM_PORT_OPEN,
	PATHSIM_PORT_DROPPED,
	PATHSIM_PORT_ANSWERS,  /* every segment but RST: an answer with these flags */
	PATHSIM_PORT_REJECTED, /* ICMP destination unreachable from the destination */
};

struct pathsim_port {
	uint16_t first, last; /* 1 .. 65535 */
	enum pathsim_port_kind kind;
	bool ecn;             /* OPEN: SYN|ECE|CWR is answered with ECE (RFC 3168 section 6.1.1) */
	uint8_t flags;        /* ANSWERS: TCP's byte of flags, RFC 9293 section 3.1 */
	uint8_t code4, code6; /* REJECTED */
};

enum pathsim_stack {
	PATHSIM_STACK_LINUX = 0,  /* half-open entries; rules in src/stack.h */
	PATHSIM_STACK_SYNCOOKIES, /* no state: each SYN gets SYN|ACK */
	PATHSIM_STACK_BSD,        /* any further SYN gets the first one's SYN|ACK */
	PATHSIM_STACK_MUTE,       /* only the first SYN of a 4-tuple is answered */
	PATHSIM_STACK_BAREACK,    /* no state: each SYN gets ACK */
	PATHSIM_STACK_NOACKRST,   /* as Linux; resets for closed ports have no ACK */
	PATHSIM_STACKS,
};

/* The destination's address (and port) is rewritten by hop `at`: seen in the quotes of that hop and
 * all behind it, the destination too. */
struct pathsim_dnat {
	struct pathsim_addr to; /* family 0: no rewriting */
	uint16_t port;          /* host byte order; 0: not rewritten */
	uint8_t at;
};

/* What a box on the way changes in probes. */
enum pathsim_rewrite_kind {
	PATHSIM_REWRITE_NAT = 0,    /* source address; `number` is added to the port */
	PATHSIM_REWRITE_ISN,        /* a number of the flow is added to the sequence number */
	PATHSIM_REWRITE_IPID,       /* drawn anew for each packet */
	PATHSIM_REWRITE_TOS,        /* `number`; IPv6: the traffic class */
	PATHSIM_REWRITE_DSCP,       /* `number`; the ECN bits stay */
	PATHSIM_REWRITE_ECN,        /* the two bits of IP are cleared */
	PATHSIM_REWRITE_ECE,        /* ECE and CWR of TCP are cleared */
	PATHSIM_REWRITE_TIMESTAMPS, /* become NOPs */
	PATHSIM_REWRITE_MSS,        /* `number` at most */
	PATHSIM_REWRITE_OPTIONS,    /* all but MSS and timestamps become NOPs */
	PATHSIM_REWRITE_KINDS,
};

/* Seen in the quotes of hop `at` and all behind it. What the prober gets from a destination is
 * translated back (source, sequence number); quotes are too, unless `raw`. */
struct pathsim_rewrite {
	enum pathsim_rewrite_kind kind;
	uint8_t at;
	bool raw;                 /* NAT, ISN: quotes come back as they are */
	struct pathsim_addr addr; /* NAT; probes of the other family are left alone */
	uint16_t number;
};

enum pathsim_firewall_action {
	PATHSIM_FIREWALL_DROP = 0,
	PATHSIM_FIREWALL_REJECT,   /* destination unreachable, from the hop */
	PATHSIM_FIREWALL_RESET,    /* TCP: RST|ACK in the destination's name; others: dropped */
	PATHSIM_FIREWALL_SYNPROXY, /* TCP: SYN|ACK in its name, as SYN cookies; others pass */
	PATHSIM_FIREWALL_ACTIONS,
};

/* What would go on behind hop `at` to these ports is stopped there. */
struct pathsim_firewall {
	uint8_t at;
	enum pathsim_firewall_action action;
	uint8_t code4, code6; /* REJECT */
	uint16_t first, last; /* first 0: all that is sent, whatever the protocol */
};

/*
 * One destination stands for many: host h of prefix p has its address plus h and plus p prefixes,
 * of 256 addresses (IPv4) or a /64. All behave alike, each with its own state.
 *
 * The hops that nobody described are a tree: each prefix has a last router of its own, and `fan` of
 * them share one at the hop before, up to one for all. The routers have consecutive addresses, by
 * hop, then prefix.
 */
struct pathsim_crowd {
	uint32_t prefixes;
	uint32_t hosts;                         /* of each prefix: 1 .. 254 */
	uint32_t fan;                           /* 1 or more; 1: nothing is shared */
	uint32_t dead_ppm;                      /* of the hosts say nothing */
	struct pathsim_addr routers4, routers6; /* the first; one for each family of the hosts */
	struct pathsim_hop like; /* what the routers are like, addresses aside; rtt 0: it grows
				    evenly up to the destination's */
};

#define PATHSIM_CROWD_HOSTS (1U << 21) /* no more together */

struct pathsim_destination {
	struct pathsim_addr v4, v6; /* one of them may be missing */
	uint8_t distance;           /* 1 .. 255: the least TTL that gets there */
	bool silent;                /* answers nothing at all */
	struct pathsim_manner manner;
	enum pathsim_stack stack;
	bool no_timestamps; /* the stack knows none, whatever SYNs offer (RFC 7323) */
	struct pathsim_limit rst_limit;   /* of resets; FreeBSD: 200/s */
	const struct pathsim_port *ports; /* in any order, without overlap */
	size_t port_count;
	struct pathsim_port others;     /* all other ports; first and last are not looked at */
	const struct pathsim_hop *hops; /* for this destination these stand in for the network's */
	size_t hop_count;
	struct pathsim_dnat dnat4, dnat6;
	const struct pathsim_rewrite *rewrites; /* after those of the network, in this order */
	size_t rewrite_count;
	const struct pathsim_detour *detours; /* after those of the network */
	size_t detour_count;
	const struct pathsim_firewall *firewalls; /* beside those of the network; of two at a hop,
						     theirs and the first counts */
	size_t firewall_count;
	const char *name;                  /* NULL: none */
	const struct pathsim_crowd *crowd; /* NULL: one host */
};

enum pathsim_dns_mode {
	PATHSIM_DNS_ANSWERS = 0,
	PATHSIM_DNS_DEAD,
	PATHSIM_DNS_REFUSED,
	PATHSIM_DNS_SERVFAIL,
};

struct pathsim_nameserver {
	struct pathsim_addr v4, v6;
	uint8_t distance; /* 0: 1 */
	struct pathsim_manner manner;
	enum pathsim_dns_mode mode;
};

/* What the name servers know, beside the names of hops and destinations. */
struct pathsim_name {
	struct pathsim_addr addr;
	const char *name;
};

enum pathsim_forge_kind {
	PATHSIM_FORGE_ICMP = 0, /* errors from 192.0.2.0/24 or 2001:db8:bad::/120 */
	PATHSIM_FORGE_TCP,      /* SYN|ACK, RST|ACK and RST in the destination's name */
	PATHSIM_FORGE_KINDS,
};

/* Answers that somebody off the path makes up for the newest TCP probe. */
struct pathsim_forge {
	struct pathsim_limit rate; /* its burst is not looked at; answers 0: none */
	bool know_ports, know_seq; /* else guessed: the source port, the sequence number */
	uint64_t for_ns;           /* since the first probe; 0: 3 s */
};

struct pathsim_network {
	uint64_t seed;
	struct pathsim_addr prober4, prober6;
	struct pathsim_addr gateway4,
		gateway6;               /* the next hop on a TAP device; family 0: made up */
	const struct pathsim_hop *hops; /* the path all destinations share; each TTL once */
	size_t hop_count;
	const struct pathsim_rewrite *rewrites; /* for all, whatever their address */
	size_t rewrite_count;
	struct pathsim_forge forges[PATHSIM_FORGE_KINDS];
	const struct pathsim_detour *detours;
	size_t detour_count;
	const struct pathsim_firewall *firewalls; /* on the way to all */
	size_t firewall_count;
	const struct pathsim_destination *destinations;
	size_t destination_count;
	const struct pathsim_nameserver *nameservers;
	size_t nameserver_count;
	const struct pathsim_name *names;
	size_t name_count;
};

#endif
