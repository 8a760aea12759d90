/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the engine share: the table of probes and the state of a run.
 *
 * plan.c makes it, engine.c takes the inputs and action.c gives out what follows from them; cells.c
 * fills the grid; matcher.c only reads it; arrival.c decides what an answer of the destination
 * means; schedule.c and deadline.c say until when a cell is waited for.
 */
#ifndef TTR_CORE_ENGINE_STATE_H
#define TTR_CORE_ENGINE_STATE_H

#include "core/crowd.h"
#include "core/fifo.h"
#include "core/flow.h"
#include "core/grid.h"
#include "core/routers.h"
#include "core/schedule.h"
#include "tcptraceroute/engine.h"

#define TTR_PROBE_NONE UINT32_MAX

/* When so many strangers' answers came somebody is guessing: then ports prove nothing any more. */
#define TTR_STRANGERS_MAX 64

enum ttr_probe_state {
	TTR_PROBE_FREE,   /* not asked for */
	TTR_PROBE_QUEUED, /* waits to be sent */
	TTR_PROBE_SENT,   /* in flight */
	TTR_PROBE_ANSWERED,
	TTR_PROBE_EXPIRED, /* its time is over, or it could not be sent */
};

/* The probe of cell c and attempt a (from 0) has the number c * TTR_TRIES_MAX + a. */
struct ttr_probe {
	struct ttr_mono sent;
	struct ttr_mono armed; /* what the caller's timer has to stand at; 0: disarmed */
	uint32_t flow;
	uint16_t index;  /* within the flow: TTR_INDEX() */
	uint16_t charge; /* the router whose bucket it was taken from */
	uint8_t state;   /* enum ttr_probe_state */
	bool on_wire;    /* `sent` is the capture's time, not the one before the send */
	bool waiting;    /* its cell waits for its turn to be asked again: crowd.c */
	bool trial;      /* it shows whether its router answers more than a burst: routers.h */
	bool judged;     /* what became of it was told its router's bucket */
};

/* Per port and query: one constant flow, so one path. */
struct ttr_query {
	uint16_t next_ttl;  /* the next one to be asked; above max_ttl: all were */
	uint8_t beyond;     /* the destination is farther than this: a router answered here, */
	uint8_t own_beyond; /* and so did one on the way of the query's own flow */
	bool begun;         /* crowd.c: its rows are in the queues */
};

/* A reset that came on one flow alone: is the port closed? */
enum ttr_closing_state {
	TTR_CLOSING_OPEN,  /* nobody asked yet */
	TTR_CLOSING_ASKED, /* a fresh flow is out */
	TTR_CLOSING_DONE,
};

struct ttr_closing {
	enum ttr_closing_state state;
	uint32_t flow;
	uint32_t probe;
	struct ttr_mono due; /* until when it is waited for; 0: not sent yet */
	uint8_t asks;
};

struct ttr_engine {
	struct ttr_settings settings; /* copies; the strings in it are not used */
	uint16_t *port_numbers;
	struct ttr_addr source;
	struct ttr_addr target;
	struct ttr_mono resumed; /* when sending went on after an outage; 0: never */
	int64_t life_ns;         /* of a probe: nothing answers it later; 0: no such bound */
	struct ttr_grid grid;
	struct ttr_flows flows;
	struct ttr_routers routers;
	struct ttr_probe *probes;
	size_t probe_count;
	struct ttr_query *queries;  /* port * settings.queries + query */
	uint16_t *next_row;         /* per port: the next row to give out */
	uint8_t *released;          /* per port: probes go out up to this TTL */
	unsigned int row_count;     /* per port */
	struct ttr_row *rows_known; /* per path and row: ttr_engine_path() */
	struct ttr_waits *waits;    /* the same */
	bool *used_up;              /* per port: ttr_limits_all_used_up(), as of the last news */
	struct ttr_crowd crowd;     /* many ports */
	bool *news; /* per port: what is known of the path changed after `waits` were derived */
	uint16_t *pending;           /* per port: flows with an arrival that is not credited yet */
	struct ttr_closing *closing; /* per port */
	size_t ports_done;
	struct ttr_mono start;
	uint16_t columns;     /* queries that were begun: all, or one by one on one source port */
	uint16_t front;       /* rows up to this TTL were begun */
	struct ttr_mono wake; /* when ttr_engine_wake() is wanted; 0: never */
	bool wake_changed;
	bool unnamed;  /* IP IDs were rewritten, or quotes came that name a flow but not a probe:
			  no IP ID is believed, what is asked again goes on a flow of its own */
	bool nameless; /* the latter */
	bool held;     /* first probes wait for a hop before them, or for what their router may be
			  asked: launch.c looks again after each event */
	bool stopped;  /* nothing is sent any more */
	bool ended;
	size_t in_flight;
	int64_t armed; /* probes with a deadline */

	struct ttr_fifo sends;   /* probes */
	struct ttr_fifo timers;  /* probes whose timer has to be set again */
	struct ttr_fifo answers; /* cells */
	struct ttr_fifo rows;    /* ports that may have a row or their end to give out */
};

/* What is known of the path: each port for itself, or all together. */
static inline size_t ttr_engine_path(const struct ttr_engine *engine, size_t port)
{
	return engine->crowd.active ? 0 : port;
}

static inline struct ttr_query *ttr_engine_query(const struct ttr_engine *engine, size_t port,
						 unsigned int query)
{
	return &engine->queries[port * engine->settings.queries + query];
}

static inline uint32_t ttr_engine_probe_number(const struct ttr_engine *engine, size_t port,
					       unsigned int ttl, unsigned int query,
					       unsigned int attempt)
{
	return ttr_grid_index(&engine->grid, port, ttl, query) * TTR_TRIES_MAX + attempt;
}

static inline struct ttr_cell *ttr_engine_cell_of(const struct ttr_engine *engine, uint32_t probe)
{
	return &engine->grid.cells[probe / TTR_TRIES_MAX];
}

static inline struct ttr_row *ttr_engine_row(const struct ttr_engine *engine, size_t port,
					     unsigned int ttl)
{
	return &engine->rows_known[ttr_engine_path(engine, port) * engine->row_count +
				   (ttl - engine->grid.first_ttl)];
}

/* True if the cell's row was given out: whatever comes now is late. */
static inline bool ttr_engine_row_out(const struct ttr_engine *engine, size_t port,
				      unsigned int ttl)
{
	return ttl < engine->next_row[port] || engine->grid.ports[port].done;
}

/* cells.c: what happens to single cells. */

enum ttr_flow_choice {
	TTR_ON_QUERY, /* the query's flow */
	TTR_ON_FRESH, /* one on another source port */
	TTR_ON_TWIN,  /* one on the query's source port, with numbers of its own: balancers send it
			 the same way, and an RST names it. A half-open connection is in its way. */
};

/*
 * Asks the cell (again): queues a probe on that flow; when there is none left, on its query's.
 * Nothing happens if it was asked TTR_TRIES_MAX times, or if the engine was stopped.
 */
void ttr_cells_ask(struct ttr_engine *engine, size_t port, unsigned int ttl, unsigned int query,
		   enum ttr_flow_choice choice);

/* The same, while the cell stays as it is: the probe's number, or TTR_PROBE_NONE if it cannot be
 * asked any more. */
uint32_t ttr_cells_ask_aside(struct ttr_engine *engine, size_t port, unsigned int ttl,
			     unsigned int query, enum ttr_flow_choice choice);

/* Some quotes name no probe: the cells behind the last router of each query are asked on flows of
 * their own, a few at a time. */
void ttr_cells_name(struct ttr_engine *engine, size_t port);

/* `probe` was answered, and its cell was before. */
void ttr_cells_answered_again(struct ttr_engine *engine, uint32_t probe);

/* The port's last row said RST, or nothing that decides; this answer to `probe` says more. */
void ttr_cells_overrule(struct ttr_engine *engine, size_t port, uint32_t probe,
			const struct ttr_reply *reply);

/* Fills the cell of `probe` from a reply that answers it; an arrival may become the port's last
 * row. */
void ttr_cells_fill(struct ttr_engine *engine, uint32_t probe, const struct ttr_reply *reply,
		    enum ttr_evidence evidence);

/* Gives the cell of `probe` up. error: why it could not be sent, 0: its time is over. */
void ttr_cells_expire(struct ttr_engine *engine, uint32_t probe, int error);

/* Nobody waits any more for the port's cells behind this TTL. */
void ttr_cells_release_behind(struct ttr_engine *engine, size_t port, unsigned int ttl);

/* Asks the cell of the probe `first` again if its last probe is in flight. */
void ttr_cells_renew(struct ttr_engine *engine, uint32_t first);

/* Takes the probe back if it is still queued. */
void ttr_cells_unqueue(struct ttr_engine *engine, uint32_t probe);

/* What the others have in common: a probe's state, its timer (0: none), and how often the cell of
 * the probe `first` was asked, counting what is still queued. */
void ttr_cells_set_state(struct ttr_engine *engine, uint32_t probe, enum ttr_probe_state state);
void ttr_cells_set_timer(struct ttr_engine *engine, uint32_t probe, int64_t at_ns);
unsigned int ttr_cells_tries(const struct ttr_engine *engine, uint32_t first);

/*
 * deadline.c: until when a cell is waited for.
 *
 * ttr_deadline_begin(): the probe left at `at`: from now on it is waited for. ttr_deadline_judge():
 * sets the deadlines of the port's waiting cells again if there is news of the path.
 * ttr_deadline_passed(): that of `probe` did: its cell is asked again if that is due, or given up.
 */
void ttr_deadline_begin(struct ttr_engine *engine, uint32_t probe, struct ttr_mono at);
void ttr_deadline_judge(struct ttr_engine *engine, size_t port);
void ttr_deadline_passed(struct ttr_engine *engine, uint32_t probe, struct ttr_mono now);

/* Before the start: the port with this index is another one. */
void ttr_engine_retarget(struct ttr_engine *engine, size_t port, uint16_t number);

/* Asks for ttr_engine_wake() at `at`, if nothing earlier is asked for. */
void ttr_engine_want_wake(struct ttr_engine *engine, struct ttr_mono at);

/*
 * closed.c: a port is not called closed because of one flow's resets alone: some are a middlebox's,
 * some a half-open connection's (traps T1). A fresh flow with the largest TTL has to get the same,
 * or nothing. Of many ports, one that was answered with neither SYN/ACK nor RST is asked in the
 * same way until it is.
 *
 * ttr_closed_is_asked(): the row may not be given out yet; asks if that is to be done. The others
 * say what became of it. ttr_closed_take(): true if the reply was the answer to that.
 */
bool ttr_closed_is_asked(struct ttr_engine *engine, size_t port, unsigned int ttl);
void ttr_closed_sent(struct ttr_engine *engine, uint32_t probe);
void ttr_closed_wake(struct ttr_engine *engine, size_t port, struct ttr_mono now);
bool ttr_closed_take(struct ttr_engine *engine, uint32_t flow, const struct ttr_reply *reply);

/*
 * balance.c: several routers in one row are either several paths, of which each flow takes one, or
 * one router that sends every packet another way. A flow that is asked a second time tells: two
 * addresses for one flow and one TTL are the latter. Nobody waits for that.
 *
 * ttr_balance_look(): a cell of the row was answered; asks each flow of a complete row again, as
 * far as the row's budget goes. ttr_balance_compare(): `probe` was answered, and its cell before.
 */
void ttr_balance_look(struct ttr_engine *engine, size_t port, unsigned int ttl);
void ttr_balance_compare(struct ttr_engine *engine, uint32_t probe, const struct ttr_reply *reply);

/*
 * limits.c: what the routers' limits have to do with silence.
 *
 * ttr_limits_sent(), ttr_limits_answered(), ttr_limits_missing(): what became of a probe, for the
 * bucket of the router that it expires at. A missing answer counts only where a hop behind answered
 * the same query, or where it was to show whether there is a limit. ttr_limits_ignored(): nobody
 * waits for its answer any more.
 */
void ttr_limits_sent(struct ttr_engine *engine, uint32_t probe);
void ttr_limits_answered(struct ttr_engine *engine, uint32_t probe, const struct ttr_reply *reply);
void ttr_limits_missing(struct ttr_engine *engine, uint32_t probe, struct ttr_mono now);
void ttr_limits_ignored(struct ttr_engine *engine, uint32_t probe);

/*
 * True if the row may be asked once more now: a host always; a router as routers.h says. Rows that
 * say nothing are held back for a second at most, and only from more queries than a burst: there is
 * no limit to spare then, or it was used up before.
 * ttr_limits_open(): if not, when; an answer may come before that.
 */
bool ttr_limits_admit(struct ttr_engine *engine, size_t port, unsigned int ttl,
		      struct ttr_mono now);
struct ttr_mono ttr_limits_open(const struct ttr_engine *engine, size_t port, unsigned int ttl);

/* Something behind this TTL answered the query. */
bool ttr_limits_path_goes_on(const struct ttr_engine *engine, size_t port, unsigned int ttl,
			     unsigned int query);

/* Marks the silent cells of a row whose router answers others. */
void ttr_limits_mark(struct ttr_engine *engine, size_t port, unsigned int ttl);

/*
 * True if the destination answered and not one row before it is complete: then it is not routers
 * that are silent but limits that are used up, by a trace before this one perhaps. One cell of each
 * silent row is asked once more when its bucket has a token.
 */
bool ttr_limits_all_used_up(const struct ttr_engine *engine, size_t port);

/* The cell is that one: it is not asked again at once. */
bool ttr_limits_is_saved(const struct ttr_engine *engine, size_t port, unsigned int ttl,
			 unsigned int query);

/* When the cell may be asked again beside or beyond the fast retries; INT64_MAX: not at all. */
int64_t ttr_limits_retry_at_ns(const struct ttr_engine *engine, size_t port, unsigned int ttl,
			       unsigned int query, unsigned int asked);

/* launch.c: in which order first probes go out. Begins what is due now and queues it. What a
 * router's limit has not let go within TTR_HELD_NS is not asked any more. */
#define TTR_HELD_NS (20 * TTR_NS_PER_S)
void ttr_launch(struct ttr_engine *engine, struct ttr_mono now);

/* A hop was settled: with a window, what lies that many TTLs behind it may be sent. */
void ttr_launch_behind(struct ttr_engine *engine, size_t port, unsigned int ttl);

/*
 * arrival.c, arrival_note.c: the destination's answers.
 *
 * ttr_arrival_note(): a TCP answer on `flow` that names no probe. It is credited to a TTL once that
 * is certain: when as many answers came as probes went beyond the last router, or when another flow
 * names the destination's distance. When waiting does not make it certain, fresh flows that carry
 * one probe each are asked at the TTLs in question.
 */
void ttr_arrival_note(struct ttr_engine *engine, uint32_t flow, const struct ttr_reply *reply,
		      enum ttr_proof proof);
void ttr_arrival_settle(struct ttr_engine *engine, size_t port, struct ttr_mono now);

/* The flow's probe with this TTL; TTR_PROBE_NONE: it has none. */
uint32_t ttr_arrival_probe_at(const struct ttr_engine *engine, uint32_t flow, unsigned int ttl);

/* How many TTLs beyond the last router are asked at once when the distance is in doubt: each may be
 * a silent router. */
#define TTR_CONFIRM_TTLS 6

/*
 * confirm.c: an answer on `flow` names no probe. Asks TTLs from `first` up to where the host is
 * likely to be at the farthest, on flows of their own: all, or some that are evenly spread, of
 * which the first to answer leaves fewer; when all those were asked, the ones behind. False if
 * there is nothing left to ask or wait for.
 */
bool ttr_confirm_ask(struct ttr_engine *engine, const struct ttr_flow *flow, unsigned int first,
		     unsigned int likely);

/* The TTL was asked on the flow's way with other numbers. */
bool ttr_confirm_was_asked_on_twin(const struct ttr_engine *engine, const struct ttr_flow *flow,
				   unsigned int ttl);

/* Asks the TTL before the port's end alone. */
bool ttr_confirm_before_end(struct ttr_engine *engine, const struct ttr_flow *flow);

/* A router on another way has answered the cell of `probe`, and now the host does on the query's
 * own.
 */
bool ttr_arrival_is_nearer(const struct ttr_engine *engine, uint32_t probe,
			   const struct ttr_reply *reply);

/* The port's end is known, but the host may be nearer. */
bool ttr_arrival_is_uncertain(const struct ttr_engine *engine, size_t port);

/* True if an RST that brought its secret back is what counts of the flow's answers. */
bool ttr_arrival_is_reset(const struct ttr_flow *flow);

/* Smallest time that an uncredited arrival of this port took, from the flow's first probe; -1: none
 * is pending. */
int64_t ttr_arrival_rtt_ns(const struct ttr_engine *engine, size_t port);

#endif
