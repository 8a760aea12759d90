/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The result: one cell per port, time to live and query, and a summary per port.
 *
 * The engine owns and fills it; everybody else reads. Plain data, valid as long as the engine.
 */
#ifndef TCPTRACEROUTE_GRID_H
#define TCPTRACEROUTE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/changes.h"
#include "tcptraceroute/clock.h"
#include "tcptraceroute/extensions.h"

#define TTR_TTL_MAX 255

/* Few routers have something to say, and these are large: so many answers are kept with it. */
#define TTR_GRID_CHANGES_MAX 8192
#define TTR_GRID_EXTENSIONS_MAX 4096

enum ttr_cell_state {
	TTR_CELL_IDLE,  /* not asked (yet) */
	TTR_CELL_ASKED, /* a probe is queued or in flight */
	TTR_CELL_ANSWERED,
	TTR_CELL_SILENT, /* waited for as long as the settings say, or not sendable */
};

enum ttr_answer {
	TTR_ANSWER_NONE,
	TTR_ANSWER_TIME_EXCEEDED,
	TTR_ANSWER_UNREACHABLE,
	TTR_ANSWER_SYN_ACK,
	TTR_ANSWER_RST, /* with or without ACK */
	TTR_ANSWER_TCP, /* any other flags */
};

struct ttr_reply;

/* What kind of answer a reply is. */
enum ttr_answer ttr_answer_of(const struct ttr_reply *reply);

/* How sure we are that the reply answers this probe. */
enum ttr_evidence {
	TTR_EVIDENCE_EXACT,     /* the flow's secret number and the probe's own index came back */
	TTR_EVIDENCE_REWRITTEN, /* the secret was rewritten on the way; IP ID, ports and addresses
				   fit */
	TTR_EVIDENCE_SUPPOSED, /* the secret came back, but names no probe: that the target answered
				  this one is what other flows and the number of answers say */
};

struct ttr_cell {
	enum ttr_cell_state state;
	enum ttr_answer answer;
	enum ttr_evidence evidence;
	struct ttr_addr address; /* who answered; NONE when nobody did */
	int64_t rtt_ns; /* capture time of the reply minus send time of its probe; never negative */
	uint8_t reply_ttl; /* as it arrived; 0: not seen */
	uint8_t icmp_type; /* UNREACHABLE: as on the wire, so 3 (IPv4), 1 or 2 (IPv6) */
	uint8_t icmp_code;
	uint8_t tcp_flags; /* SYN_ACK, RST, TCP: TTR_TCP_* */
	uint32_t mtu;      /* 0: not said */
	struct ttr_addr
		quoted_target; /* ICMP answers: destination in the quote; NONE for TCP answers */
	uint16_t quoted_port;
	/* ICMP answers: what the quote shows rewritten, and what was behind it; NULL: nothing. The
	 * grid keeps a limited number of them (TTR_GRID_CHANGES_MAX, TTR_GRID_EXTENSIONS_MAX);
	 * _dropped: there was something, and no room. */
	const struct ttr_changes *changes;
	const struct ttr_extensions *extensions;
	bool changes_dropped;
	bool extensions_dropped;
	uint8_t attempts; /* probes sent for this cell */
	/* Many ports. ANSWERED: attempts that were answered after the first. SILENT: attempts after
	 * which nobody saw this hop answer, so that a limit may be the reason. */
	uint8_t answered_again;
	uint8_t unproven;
	bool late; /* the answer came after its timeout, or one came after the row was given out */
	uint8_t answered_attempt; /* which of them, from 0, the answer is of */
	bool rate_limited; /* SILENT, although hops behind answered this query and somebody at
			      this TTL others: rather a limit than loss */
	bool other_flow;   /* ANSWERED on another flow than the query's, which may take another path
			    */
	bool per_packet; /* another router answered this flow at this TTL as well: each packet goes
			    its own way */
	uint16_t duplicates;      /* further replies to the same probe; stops at 65535 */
	struct ttr_addr conflict; /* the first of those that is from somebody else; NONE: none is */
	int send_error;           /* errno (positive) of the last failed send; 0: none */
};

enum ttr_port_state {
	TTR_PORT_UNKNOWN,     /* nothing that decides: only other TCP flags came, the trace was cut
				 short, or a router at max_ttl still passed it on */
	TTR_PORT_OPEN,        /* a SYN/ACK came */
	TTR_PORT_CLOSED,      /* an RST came */
	TTR_PORT_UNREACHABLE, /* an ICMP unreachable came */
	TTR_PORT_FILTERED,    /* nothing came from the destination */
};

struct ttr_port_result {
	uint16_t port;
	uint16_t source_port; /* of the first query; 0: each probe has one of its own */
	bool done;            /* the last row was given out; the rest is final */
	enum ttr_port_state state;
	/*
	 * The drop-in's meaning of arrival: a TCP segment from the target, or an ICMP unreachable
	 * from anyone. The lowest TTL with one is the last row, `end_ttl`; 0: none so far.
	 */
	bool reached;
	uint8_t end_ttl;
	uint8_t distance;        /* lowest TTL that the target itself answered; 0: unknown */
	bool distance_uncertain; /* it may be nearer: it answers few of the probes that get there,
				    and nobody answers right before; or none of its answers there
				    names its probe: see the cells */
	uint8_t last_seen_ttl;   /* highest TTL at which a probe of this port was seen by anyone; 0:
				    none */
	int64_t rtt_ns;          /* smallest of the destination's answers in its row; -1: none */
};

struct ttr_counters {
	uint64_t probes_sent;
	uint64_t replies; /* accepted as answers to our probes, duplicates and late ones included */
	uint64_t late;
	uint64_t duplicates;
	uint64_t foreign;     /* well-formed, but no answer to a probe of ours */
	uint64_t local_drops; /* sends that failed for good */
};

struct ttr_grid {
	uint8_t first_ttl;
	uint8_t max_ttl;
	uint16_t queries;
	uint8_t horizon; /* many ports: the last row of those that have no other end; 0: max_ttl */
	bool cut_short;  /* stopped from outside: cells that are still ASKED or IDLE were not waited
			    for */
	size_t port_count;
	struct ttr_port_result *ports;
	struct ttr_cell *cells;      /* see ttr_grid_cell() */
	struct ttr_changes *changes; /* what the cells point to */
	size_t changes_used, changes_size;
	struct ttr_extensions *extensions;
	size_t extensions_used, extensions_size;
	struct ttr_counters counters;
};

/* The cell of port index, TTL and query (from 0). All must be in range. */
struct ttr_cell *ttr_grid_cell(const struct ttr_grid *grid, size_t port, unsigned int ttl,
			       unsigned int query);

/* The cells of one row: `queries` of them. */
struct ttr_cell *ttr_grid_row(const struct ttr_grid *grid, size_t port, unsigned int ttl);

/*
 * The TTL of the last row worth giving out: end_ttl; without one the horizon or max_ttl, or, when
 * the trace was cut short, the highest TTL that was answered (0: none).
 */
unsigned int ttr_grid_last_row(const struct ttr_grid *grid, size_t port);

#endif
