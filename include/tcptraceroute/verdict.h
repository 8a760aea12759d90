/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict: what state a port is in, and where and by whom it is stopped.
 *
 * A single port's answers say how far it was seen. That it is stopped there, and is not just behind
 * the last router that talks, only other ports of the same host can show: those whose answers come
 * from farther on. The survey collects what they say; a verdict compares one port with it. Pure:
 * nothing is allocated, plain data throughout.
 *
 *	a hop that is silent for all ports		a quiet router, no verdict
 *	a hop that answers others, and this port not,
 *	nor does anything behind it			dropped there
 *	a hop that is silent for this port, but hops
 *	behind it are not				a lost or limited answer, no verdict
 */
#ifndef TCPTRACEROUTE_VERDICT_H
#define TCPTRACEROUTE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/grid.h"

enum ttr_stop {
	TTR_STOP_NONE,
	TTR_STOP_DROP,   /* without a word */
	TTR_STOP_REJECT, /* by an ICMP unreachable, of a router or of the host itself */
	TTR_STOP_RESET,  /* by an RST from nearer than the host is */
};

/* Of the place where a port is stopped. */
enum ttr_verified {
	TTR_VERIFIED_NONE, /* nothing stops it */
	TTR_VERIFIED_YES,  /* the port's own probes showed it */
	TTR_VERIFIED_NO,   /* taken over from ports like it, or in doubt: see `doubt` */
};

/* Why the place, or whose answer it was, cannot be told for sure. */
enum ttr_doubt {
	TTR_DOUBT_NONE,
	TTR_DOUBT_NO_REFERENCE, /* no port shows that the path goes on behind it */
	TTR_DOUBT_LENGTHS,      /* ports take paths of different length, or through other routers */
	TTR_DOUBT_LIMITED, /* the hops behind it answer, but not often enough to ask each port */
	TTR_DOUBT_LOSS,    /* answers get lost so often that these may have been, too */
	TTR_DOUBT_SPEAKER, /* those that go on were answered in the host's name, and not as from
			      behind the last router: by a firewall, perhaps */
	TTR_DOUBT_REFUSAL, /* of drop alone, the place may be verified: others are refused there, or
			      the hop is limited, so that a word on this one may have been held back
			    */
	TTR_DOUBT_INFERRED, /* not looked at itself: as its neighbours are */
	TTR_DOUBT_INTERRUPTED, /* there was no time left to ask */
};

struct ttr_verdict {
	/* As in the grid, but FILTERED when the RST came from nearer than the host is. */
	enum ttr_port_state state;
	enum ttr_stop how;
	/* The place, if there is a stop: probes of the port were seen at after_ttl, and not at
	 * before_ttl where others were. */
	uint8_t after_ttl;  /* the last TTL that saw the port; first_ttl - 1: not even the first */
	uint8_t before_ttl; /* 0: no port shows one. REJECT, RESET: the TTL that was answered so */
	/* REJECT: who said so. */
	struct ttr_addr address;
	uint8_t icmp_type; /* as on the wire, see struct ttr_cell */
	uint8_t icmp_code;
	/* The port whose answers show that the path goes on, an index; valid if has_reference. */
	bool has_reference;
	size_t reference;
	/* A SYN/ACK (OPEN) or an RST (RESET) that came from nearer than the host is: a proxy, or a
	 * firewall that speaks for it. */
	bool nearer;
	enum ttr_verified verified;
	enum ttr_doubt doubt;
};

/* How many ports that go on are kept to compare with. */
#define TTR_REFERENCES_MAX 32

/* A port that goes far. */
struct ttr_reference {
	size_t port;
	uint8_t reach; /* the host is not nearer than this */
	bool arrived;  /* the host, or who speaks for it, answered by TCP; at `reach` */
	bool sure;     /* over as many routers as lie before it: it was the host */
	uint8_t back;  /* how many routers that answer passed, as far as its TTL tells */
	bool open;     /* with SYN/ACK */
};

/* Of the probes of all ports that went past a hop: how many it answered. */
struct ttr_survey_row {
	uint32_t asked;
	uint32_t answered;
	uint32_t limited; /* of those asked: not answered because of a limit, it seems */
	bool refuses;     /* somebody there, or at a quiet hop beside it, refused a port */
};

struct ttr_survey {
	struct ttr_addr target;
	struct ttr_reference references[TTR_REFERENCES_MAX]; /* farthest first */
	unsigned int reference_count;
	struct ttr_survey_row rows[TTR_TTL_MAX + 1]; /* by TTL */
};

void ttr_survey_init(struct ttr_survey *survey, const struct ttr_addr *target);

/* Takes a port into account whose result is final (`done`); once each. */
void ttr_survey_add(struct ttr_survey *survey, const struct ttr_grid *grid, size_t port);

/*
 * The verdict on a port that is done, as far as the survey goes. More ports in it can change it:
 * what an answer from nearer than the host is, and where the path goes on, is known when the others
 * are.
 */
void ttr_verdict_find(struct ttr_verdict *verdict, const struct ttr_survey *survey,
		      const struct ttr_grid *grid, size_t port);

/* True if ports that are still open are unlikely to change the verdict: it is a reject, or the
 * survey holds another port that went at least as far. */
bool ttr_verdict_is_settled(const struct ttr_verdict *verdict, const struct ttr_survey *survey,
			    const struct ttr_grid *grid, size_t port);

/* True if both say the same. */
bool ttr_verdict_equal(const struct ttr_verdict *a, const struct ttr_verdict *b);

#endif
