/* SPDX-License-Identifier: BSD-2-Clause */
#include "wild_check.h"

#include <stdio.h>
#include <string.h>

#include "core/engine_state.h"
#include "core/grid.h"
#include "core/schedule.h"

static char complaint[200];

const char *wild_complain(const struct wild *s, const char *what, unsigned int ttl,
			  unsigned int query)
{
	snprintf(
		complaint, sizeof(complaint),
		"seed %llu: %s (ttl %u, query %u; -q %u, window %u, syn %d, isn %d, track-port %d)",
		(unsigned long long)s->seed, what, ttl, query, s->settings.queries,
		s->settings.window, s->settings.style, s->settings.isn, s->settings.track_port);
	return complaint;
}

static bool hop_has(const struct pathsim_hop *hop, const struct ttr_addr *addr)
{
	for (unsigned int i = 0; i < hop->v4_count; i++)
		if (memcmp(addr->family == TTR_FAMILY_IPV4 ? hop->v4[i].bytes : hop->v6[i].bytes,
			   addr->bytes, sizeof(addr->bytes)) == 0)
			return true;
	return false;
}

/* Where a packet takes a way of its own, any of that hop's neighbours may have answered. */
static bool is_near(const struct wild *s, unsigned int ttl, const struct ttr_addr *addr)
{
	if (hop_has(&s->detour.like, addr))
		return true;
	for (unsigned int at = ttl > 2 ? ttl - 2 : 1; at <= ttl && at <= s->network.hop_count; at++)
		if (hop_has(&s->hops[at - 1], addr))
			return true;
	return false;
}

static enum ttr_answer answer_to(const struct pathsim_truth *truth, const struct wild *s)
{
	if (truth->fate == PATHSIM_FATE_EXPIRES)
		return TTR_ANSWER_TIME_EXCEEDED;
	if (truth->fate == PATHSIM_FATE_REJECTED ||
	    (truth->fate == PATHSIM_FATE_ARRIVES && s->port.kind == PATHSIM_PORT_REJECTED))
		return TTR_ANSWER_UNREACHABLE;
	return TTR_ANSWER_TCP;
}

/* Whether this probe can have had this answer. */
static bool explains(const struct wild *s, const struct world *w, uint32_t probe, unsigned int ttl,
		     const struct ttr_cell *cell)
{
	struct pathsim_truth truth = world_truth_of(w, probe);
	enum ttr_answer answer = answer_to(&truth, s);
	const bool tcp = cell->answer == TTR_ANSWER_SYN_ACK || cell->answer == TTR_ANSWER_RST ||
			 cell->answer == TTR_ANSWER_TCP;

	if (s->detour.like.per_packet)
		return cell->answer != TTR_ANSWER_TIME_EXCEEDED || is_near(s, ttl, &cell->address);
	if (answer != (tcp ? TTR_ANSWER_TCP : cell->answer))
		return false;
	if (truth.drawn)
		return is_near(s, truth.hop, &cell->address);
	return memcmp(truth.from.bytes, cell->address.bytes, sizeof(truth.from.bytes)) == 0;
}

/* There was no fresh flow left to ask with: then the distance is as good as the number of answers
 * says. */
static bool is_exhausted(const struct world *w)
{
	return w->engine->flows.next_spare == w->engine->flows.count;
}

static const char *check_answer(const struct wild *s, const struct world *w,
				const struct ttr_cell *cell, unsigned int ttl, unsigned int query)
{
	uint32_t first = ttr_grid_index(w->grid, 0, ttl, query) * TTR_TRIES_MAX;

	if (cell->per_packet && !s->hops[ttl - 1].per_packet && !s->detour.like.per_packet &&
	    !s->balanced)
		return wild_complain(s, "balanced per packet where it is not", ttl, query);
	for (uint32_t probe = first; probe < first + TTR_TRIES_MAX; probe++)
		if (w->sent[probe] && explains(s, w, probe, ttl, cell))
			return NULL;
	if (cell->evidence == TTR_EVIDENCE_SUPPOSED && cell->answer != TTR_ANSWER_TIME_EXCEEDED)
		return NULL;
	if (is_exhausted(w) && cell->answer != TTR_ANSWER_TIME_EXCEEDED)
		return NULL;
	return wild_complain(s, "an answer that is not the network's", ttl, query);
}

static const struct pathsim_hop *hop_of(const struct wild *s, const struct ttr_addr *addr)
{
	for (size_t i = 0; i < s->network.hop_count; i++)
		if (hop_has(&s->hops[i], addr))
			return &s->hops[i];
	return &s->detour.like;
}

/* The quote that came holds nothing that names the probe: what did is rewritten, or cut off. */
static bool is_nameless(const struct wild *s, const struct world *w, uint32_t probe)
{
	const uint32_t names = 1u << PATHSIM_REWRITE_ISN | 1u << PATHSIM_REWRITE_IPID |
			       1u << PATHSIM_REWRITE_TIMESTAMPS | 1u << PATHSIM_REWRITE_OPTIONS;
	uint32_t rewritten = world_truth_of(w, probe).rewritten;

	/* Only one packet knows where it went. */
	for (size_t i = 0; s->detour.like.per_packet && i < s->network.rewrite_count; i++)
		rewritten |= 1u << s->rewrites[i].kind;
	/* The secret alone is looked for only where all of a flow have the same. */
	if (s->settings.isn != TTR_ISN_SAME && rewritten & 1u << PATHSIM_REWRITE_NAT)
		return true;
	if (!s->tampered)
		return false;
	return rewritten & names || s->settings.style == TTR_SYN_BARE ||
	       hop_of(s, &w->heard[probe].from)->manner.quote == PATHSIM_QUOTE_BYTES;
}

/* Chance took, or changed, some answer of this node. */
static bool has_meddled(const struct pathsim_counts *counts)
{
	return counts->lost || counts->delayed || counts->malformed || counts->limited;
}

/* The same of any that decides about the port: the destination, or a firewall in front of it. */
static bool has_meddled_with_end(const struct wild *s, const struct world *w)
{
	const struct pathsim_addr *to =
		s->family == TTR_FAMILY_IPV4 ? &s->destination.v4 : &s->destination.v6;
	struct pathsim_counts counts;

	if (s->network.firewall_count && pathsim_hop_counts(w->sim, to, s->firewall.at, &counts) &&
	    has_meddled(&counts))
		return true;
	return pathsim_host_counts(w->sim, to, &counts) && has_meddled(&counts);
}

/* The same but for a limit of resets: who is asked again one by one has an answer. */
static bool has_lost_end(const struct wild *s, const struct world *w)
{
	const struct pathsim_addr *to =
		s->family == TTR_FAMILY_IPV4 ? &s->destination.v4 : &s->destination.v6;
	struct pathsim_counts counts;

	if (!s->destination.rst_limit.answers || s->network.firewall_count)
		return has_meddled_with_end(s, w);
	if (!pathsim_host_counts(w->sim, to, &counts))
		return false;
	return counts.lost || counts.delayed || counts.malformed;
}

/* While strangers send, resets without ACK are not believed. */
static bool is_disbelieved(const struct wild *s)
{
	return s->network.forges[PATHSIM_FORGE_ICMP].rate.answers &&
	       s->destination.stack == PATHSIM_STACK_NOACKRST;
}

/* An answer that does not say which SYN it answers, nor lets the same way be asked again: other
 * flows have to be asked, and may go another way. */
static bool is_astray(const struct wild *s, const struct world *w, uint32_t probe)
{
	const uint32_t gone = 1u << PATHSIM_REWRITE_TIMESTAMPS | 1u << PATHSIM_REWRITE_OPTIONS;

	if (!s->balanced)
		return false;
	/* The routers that other flows met there are not asked more often. */
	if (w->engine
		    ->rows_known[TTR_INDEX_TTL(w->engine->probes[probe].index) - w->grid->first_ttl]
		    .asks >= TTR_ROW_ASKS)
		return true;
	if (s->destination.stack == PATHSIM_STACK_BAREACK ||
	    s->destination.stack == PATHSIM_STACK_NOACKRST)
		return true;
	return s->port.kind == PATHSIM_PORT_OPEN &&
	       (s->settings.style == TTR_SYN_BARE || s->destination.no_timestamps ||
		world_truth_of(w, probe).rewritten & gone);
}

/* A host's answer names its probe by the company it comes in. */
static bool is_alone(const struct wild *s, const struct world *w, uint32_t probe)
{
	return has_meddled_with_end(s, w) || s->detour.like.per_packet || is_exhausted(w) ||
	       is_disbelieved(s) || is_astray(s, w, probe);
}

/*
 * schedule.h: what was asked again is waited for as long as the others took, nor is a way that is
 * slower than all others waited for where each probe has its own. Not so if another answer of the
 * row took as long.
 */
static bool is_too_slow(const struct wild *s, const struct world *w, uint32_t probe)
{
	const unsigned int ttl = TTR_INDEX_TTL(w->engine->probes[probe].index);
	const int64_t took_ns = w->heard[probe].at.ns - w->engine->probes[probe].sent.ns;

	if (w->heard[probe].at.ns <= w->row_time[ttl].ns)
		return false;
	if (probe % TTR_TRIES_MAX == 0)
		return s->balanced && s->settings.track_port;
	for (unsigned int q = 0; q < w->grid->queries; q++)
		if (ttr_grid_cell(w->grid, 0, ttl, q)->state == TTR_CELL_ANSWERED &&
		    ttr_grid_cell(w->grid, 0, ttl, q)->rtt_ns >= took_ns)
			return false;
	return true;
}

/*
 * No answer came that names the probe: nobody answers there, or chance, a limit or a box on the way
 * took it.
 */
static bool is_excused(const struct wild *s, const struct world *w, uint32_t probe)
{
	if (!w->sent[probe] || !w->heard[probe].at.ns)
		return true;
	if (is_too_slow(s, w, probe))
		return true;
	if (w->heard[probe].kind != TTR_REPLY_TCP)
		return is_nameless(s, w, probe);
	return is_alone(s, w, probe);
}

/* Half-open connections are answered once: who named the arrival may be another probe. */
static bool end_is_excused(const struct wild *s, const struct world *w, unsigned int ttl,
			   unsigned int query)
{
	struct pathsim_truth truth = world_truth(w, 0, ttl, query);

	if (truth.fate != PATHSIM_FATE_ARRIVES && truth.fate != PATHSIM_FATE_ANSWERED)
		return true;
	if (s->port.kind == PATHSIM_PORT_REJECTED) /* with a quote, as routers do */
		return true;
	return s->port.kind == PATHSIM_PORT_DROPPED ||
	       is_alone(s, w, ttr_grid_index(w->grid, 0, ttl, query) * TTR_TRIES_MAX);
}

static const char *check_silence(const struct wild *s, const struct world *w,
				 const struct ttr_cell *cell, unsigned int ttl, unsigned int query)
{
	uint32_t first = ttr_grid_index(w->grid, 0, ttl, query) * TTR_TRIES_MAX;

	if (cell->rate_limited && !s->lossy && !s->tampered && !s->balanced &&
	    ttl <= s->network.hop_count && s->hops[ttl - 1].v4_count == 1)
		return wild_complain(s, "a limit that is not there", ttl, query);
	for (uint32_t probe = first; probe < first + TTR_TRIES_MAX; probe++)
		if (!is_excused(s, w, probe))
			return wild_complain(s, "a false *", ttl, query);
	if (!end_is_excused(s, w, ttl, query))
		return wild_complain(s, "a false * of the destination", ttl, query);
	return NULL;
}

static const char *check_row(const struct wild *s, const struct world *w, unsigned int ttl)
{
	unsigned int asked = 0;
	bool answered = false;

	for (unsigned int q = 0; q < w->grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(w->grid, 0, ttl, q);
		const char *wrong;

		asked += cell->attempts;
		answered |= cell->answer == TTR_ANSWER_TIME_EXCEEDED;
		if (cell->state == TTR_CELL_ANSWERED)
			wrong = check_answer(s, w, cell, ttl, q);
		else if (cell->state == TTR_CELL_SILENT)
			wrong = check_silence(s, w, cell, ttl, q);
		else
			wrong = wild_complain(s, "a row with an open cell", ttl, q);
		if (wrong)
			return wrong;
	}
	if (answered && asked > TTR_ROW_ASKS && ttl < w->grid->ports[0].end_ttl && !s->balanced &&
	    !s->tampered)
		return wild_complain(s, "a router asked beyond its budget", ttl, asked);
	return NULL;
}

static bool ends_at_host(const struct wild *s, struct pathsim_truth truth)
{
	return answer_to(&truth, s) != TTR_ANSWER_TIME_EXCEEDED && !truth.silent &&
	       truth.fate != PATHSIM_FATE_DROPPED && truth.fate != PATHSIM_FATE_NONE &&
	       !(truth.fate == PATHSIM_FATE_ARRIVES && s->port.kind == PATHSIM_PORT_DROPPED);
}

/* The first probe with the least TTL that ends in the host's hands; UINT32_MAX: none does. */
static uint32_t first_arrival(const struct wild *s, const struct world *w)
{
	for (unsigned int ttl = 1; ttl <= w->grid->max_ttl; ttl++)
		for (unsigned int q = 0; q < w->grid->queries; q++)
			if (ends_at_host(s, world_truth(w, 0, ttl, q)))
				return ttr_grid_index(w->grid, 0, ttl, q) * TTR_TRIES_MAX;
	return UINT32_MAX;
}

/* Its TTL; 0: none. */
static unsigned int true_distance(const struct wild *s, const struct world *w)
{
	uint32_t probe = first_arrival(s, w);
	uint16_t query;
	uint8_t ttl;
	size_t port;

	if (probe == UINT32_MAX)
		return 0;
	ttr_grid_position(w->grid, probe / TTR_TRIES_MAX, &port, &ttl, &query);
	return ttl;
}

static bool resets(const struct wild *s)
{
	return s->network.firewall_count && s->firewall.action == PATHSIM_FIREWALL_RESET;
}

static bool accepts(const struct wild *s)
{
	return s->network.firewall_count && s->firewall.action == PATHSIM_FIREWALL_SYNPROXY;
}

/* Some probe with this TTL ended in the host's hands. */
static bool somebody_arrived(const struct wild *s, const struct world *w, unsigned int ttl)
{
	for (unsigned int q = 0; ttl > 0 && q < w->grid->queries; q++) {
		uint32_t first = ttr_grid_index(w->grid, 0, ttl, q) * TTR_TRIES_MAX;

		for (uint32_t probe = first; probe < first + TTR_TRIES_MAX; probe++)
			if (w->sent[probe] && ends_at_host(s, world_truth_of(w, probe)))
				return true;
	}
	return false;
}

/* Another flow was asked, and a router on its way answered first. */
static bool is_overtaken(const struct world *w, uint32_t first)
{
	const struct ttr_cell *cell = &w->grid->cells[first / TTR_TRIES_MAX];
	const struct ttr_probe *probes = &w->engine->probes[first];

	return cell->answer == TTR_ANSWER_TIME_EXCEEDED &&
	       probes[cell->answered_attempt].flow != probes[0].flow;
}

/* That of the query with the shortest way, or of a flow that was asked again and had a shorter one.
 */
static const char *check_distance(const struct wild *s, const struct world *w, unsigned int end)
{
	unsigned int distance = true_distance(s, w);

	if (end == distance || is_exhausted(w) || s->detour.like.per_packet)
		return NULL;
	if (has_lost_end(s, w) && (end == 0 || end > distance))
		return NULL;
	/* Nothing named the probes that were rejected. */
	if (s->tampered && (end == 0 || end > distance))
		return NULL;
	if (s->balanced && end && end < distance && somebody_arrived(s, w, end))
		return NULL;
	if (s->balanced && distance && end > distance && is_overtaken(w, first_arrival(s, w)))
		return NULL;
	if (s->balanced && distance && end > distance && is_astray(s, w, first_arrival(s, w)))
		return NULL;
	if ((end == 0 || end > distance) && is_disbelieved(s))
		return NULL;
	return wild_complain(s, "the wrong distance", end, distance);
}

static const char *check_port(const struct wild *s, const struct world *w)
{
	const struct ttr_port_result *result = &w->grid->ports[0];

	if (!result->done)
		return wild_complain(s, "no result", 0, 0);
	if (result->state == TTR_PORT_CLOSED && s->port.kind != PATHSIM_PORT_CLOSED && !resets(s))
		return wild_complain(s, "an open port called closed", 0, 0);
	if (result->state == TTR_PORT_OPEN && s->port.kind != PATHSIM_PORT_OPEN && !accepts(s))
		return wild_complain(s, "a closed port called open", 0, 0);
	if (result->distance_uncertain && !has_meddled_with_end(s, w) && !s->balanced &&
	    !s->tampered)
		return wild_complain(s, "a doubt that nothing is the reason of", result->distance,
				     0);
	/* One or two silent routers may be in between. */
	if (result->distance_uncertain && result->end_ttl + 2u >= true_distance(s, w))
		return NULL;
	return check_distance(s, w, result->end_ttl);
}

const char *wild_check(const struct wild *s, const struct world *w)
{
	const char *wrong = check_port(s, w);

	if (w->disorder)
		return wild_complain(s, "rows out of order", 0, 0);
	if (!wrong && w->rows_out != ttr_grid_last_row(w->grid, 0))
		return wild_complain(s, "rows missing", 0, 0);
	for (unsigned int ttl = 1; !wrong && ttl <= ttr_grid_last_row(w->grid, 0); ttl++)
		wrong = check_row(s, w, ttl);
	return wrong;
}
