/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripts for the engine, in virtual time: sends that succeed, fail or have to wait, answers of all
 * kinds, late, twice, forged, deadlines early and late, a stop.
 *
 * Whatever happens: the run ends within a bounded number of steps and a bounded time, with each row
 * and each port given out once and in order, each probe sent at most as often as it may be, and
 * each cell of a row that was given out answered or silent.
 *
 * Input: five bytes of settings (set()), then events of three bytes each (play()). When they are
 * used up the network stays silent.
 */
#include <string.h>

#include "core/engine_state.h"
#include "deadlines.h"
#include "fuzz.h"
#include "replies.h"
#include "tcptraceroute/engine.h"

#define PORTS_MAX 3
#define QUERIES_MAX 3
#define TTLS_MAX 8
#define KEYS (PORTS_MAX * QUERIES_MAX * TTLS_MAX + 32)
#define PROBES_MAX 2048
#define EVENTS_MAX 200
#define STEPS_MAX 200000

/* Each query, one after the other: each try as long as patience lasts, and for the settling. */
#define TIME_MAX_NS (QUERIES_MAX * 12 * TTR_WAIT_DEFAULT_NS)

struct sending {
	struct ttr_segment segment;
	uint32_t probe;
};

struct run {
	struct ttr_settings settings;
	struct ttr_engine *engine;
	const struct ttr_grid *grid;
	struct ttr_mono start;
	size_t limit; /* of probes */
	size_t sent_count;
	unsigned int steps;
	unsigned int fail;  /* so many of the next sends fail */
	unsigned int delay; /* so many have to wait */
	uint8_t next_row[PORTS_MAX];
	bool port_done[PORTS_MAX];
	bool stopped;
	bool ended;
};

static const uint16_t ports[PORTS_MAX] = {80, 443, 22};
static struct run run;
static struct deadlines loop;
static struct sending sent[PROBES_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void set(const uint8_t head[5])
{
	static const uint8_t flags[] = {TTR_TCP_SYN, TTR_TCP_SYN, TTR_TCP_ACK,
					TTR_TCP_SYN | TTR_TCP_ECE | TTR_TCP_CWR};
	struct ttr_settings *s = &run.settings;

	ttr_settings_init(s);
	s->ports = ports;
	s->port_count = 1 + head[0] % PORTS_MAX;
	s->queries = (uint16_t)(1 + head[1] % QUERIES_MAX);
	s->first_ttl = (uint8_t)(1 + (head[2] >> 4) % TTLS_MAX);
	s->max_ttl = (uint8_t)(1 + head[2] % TTLS_MAX);
	if (s->max_ttl < s->first_ttl)
		s->max_ttl = s->first_ttl;
	s->window = head[0] >> 4 & 7;
	s->wait_ns = head[0] & 0x80 ? TTR_NS_PER_S : 0;
	s->flags = flags[head[3] & 3];
	s->style = head[3] & 4 ? TTR_SYN_BARE : TTR_SYN_LINUX;
	s->isn = (head[3] >> 3) % 3;
	s->dnat = (head[3] >> 5) % 3;
	s->source_port = head[4] & 1 ? 40000 : 0;
	s->track_port = !s->source_port && head[4] & 2;
	s->length = head[4] & 8 ? 120 : 0;
}

static void begin(const uint8_t head[5])
{
	const enum ttr_family family = head[4] & 4 ? TTR_FAMILY_IPV6 : TTR_FAMILY_IPV4;
	struct ttr_flow_key keys[KEYS];
	struct ttr_plan plan = {
		.source = reply_address(family, 1),
		.target = reply_address(family, 99),
		.settings = &run.settings,
		.keys = keys,
	};

	memset(&run, 0, sizeof(run));
	set(head);
	plan.key_count = ttr_plan_flows(&run.settings) + (head[4] & 0x10 ? 0 : 32);
	for (uint32_t i = 0; i < plan.key_count; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port = (uint16_t)(run.settings.source_port ? 40000 : 40000 + i),
			.ip_id = (uint16_t)(7 + 0x1111 * i),
			.isn = 0x5eed1234 + 0x01234567 * i,
			.ts_value = 0x71a5e000 + 0x02345678 * i,
		};
	CHECK(ttr_engine_new(&run.engine, &plan) == 0);
	run.grid = ttr_engine_grid(run.engine);
	run.limit = ttr_engine_probe_limit(run.engine);
	CHECK(run.limit <= PROBES_MAX);
	memset(run.next_row, run.settings.first_ttl, sizeof(run.next_row));
	deadlines_init(&loop);
	run.start = loop.now;
	ttr_engine_start(run.engine, loop.now);
}

/* False: the kernel cannot take any more now. */
static bool send(uint32_t probe)
{
	CHECK(probe < run.limit);
	CHECK(!run.stopped);
	if (run.delay) {
		run.delay--;
		ttr_engine_unsent(run.engine, probe);
		return false;
	}
	if (run.fail) {
		run.fail--;
		ttr_engine_send_failed(run.engine, probe, 1 + (int)run.fail);
		return true;
	}
	CHECK(run.sent_count < run.limit);
	sent[run.sent_count++] = (struct sending){ttr_engine_segment(run.engine, probe), probe};
	ttr_engine_sent(run.engine, probe, loop.now);
	return true;
}

static void check_row(size_t port, unsigned int ttl)
{
	CHECK(port < run.settings.port_count && !run.port_done[port]);
	CHECK(ttl == run.next_row[port] && ttl <= run.settings.max_ttl);
	run.next_row[port]++;
	for (unsigned int q = 0; q < run.settings.queries; q++) {
		const enum ttr_cell_state state = ttr_grid_cell(run.grid, port, ttl, q)->state;

		CHECK(state == TTR_CELL_ANSWERED || state == TTR_CELL_SILENT ||
		      run.grid->cut_short);
	}
}

static void take_action(const struct ttr_action *action, bool *can_send)
{
	CHECK(!run.ended);
	switch (action->kind) {
	case TTR_ACTION_SEND:
		*can_send = send(action->probe);
		break;
	case TTR_ACTION_ARM:
	case TTR_ACTION_DISARM:
		CHECK(action->probe < run.limit);
		deadlines_arm(&loop, action->probe, action->at);
		break;
	case TTR_ACTION_WAKE:
		loop.wake = action->at;
		break;
	case TTR_ACTION_ANSWER:
		CHECK(action->port < run.settings.port_count);
		CHECK(action->query < run.settings.queries);
		break;
	case TTR_ACTION_ROW:
		check_row(action->port, action->ttl);
		break;
	case TTR_ACTION_PORT:
		CHECK(!run.port_done[action->port]);
		run.port_done[action->port] = true;
		break;
	case TTR_ACTION_END:
		run.ended = true;
		break;
	}
}

static void drain(void)
{
	struct ttr_action action;
	bool can_send = true;

	while (ttr_engine_next(run.engine, can_send, &action)) {
		CHECK(++run.steps < STEPS_MAX);
		take_action(&action, &can_send);
	}
}

/* Lets the time pass until the next deadline, but not beyond until; false if there is none. */
static bool pass(int64_t until_ns)
{
	uint32_t probe;

	if (!deadlines_pass(&loop, until_ns, &probe))
		return false;
	if (probe == DEADLINES_WAKE)
		ttr_engine_wake(run.engine, loop.now);
	else
		ttr_engine_timeout(run.engine, probe, loop.now);
	CHECK(++run.steps < STEPS_MAX);
	drain();
	return true;
}

static void wait_until(int64_t until_ns)
{
	while (pass(until_ns))
		;
	if (loop.now.ns < until_ns)
		loop.now.ns = until_ns;
}

static void answer(enum reply_shape shape, uint8_t which, uint8_t how)
{
	struct ttr_reply reply;

	if (!run.sent_count)
		return;
	reply = reply_make(shape, &sent[which % run.sent_count].segment, how);
	reply.at = loop.now;
	ttr_engine_reply(run.engine, &reply);
	drain();
}

static void stop(bool with_timeouts)
{
	if (run.stopped)
		return;
	run.stopped = true;
	ttr_engine_stop(run.engine, loop.now, with_timeouts);
	drain();
}

static void play(const uint8_t event[3])
{
	switch (event[0] & 15) {
	case 0:
		pass(INT64_MAX);
		break;
	case 1:
		wait_until(loop.now.ns + (event[1] << 8 | event[2]) * TTR_NS_PER_MS / 16);
		break;
	case 2:
		run.fail = event[1] & 31;
		break;
	case 3:
		run.delay = event[1] & 31;
		break;
	case 4:
		if (event[1] < 16)
			stop(event[2] & 1);
		break;
	case 5: /* a timer that was taken back or is early */
		ttr_engine_timeout(run.engine, event[1] % (uint32_t)run.limit, loop.now);
		drain();
		break;
	case 6:
		ttr_engine_wake(run.engine, loop.now);
		drain();
		break;
	default:
		answer(event[0] >> 4 & 3, event[1], event[2]);
		break;
	}
}

/* The network is silent, and the kernel takes everything. */
static void end(void)
{
	run.delay = 0;
	drain();
	while (!run.ended && pass(INT64_MAX))
		CHECK(loop.now.ns - run.start.ns < TIME_MAX_NS + EVENTS_MAX * 5 * TTR_NS_PER_S);
	CHECK(run.ended);
	CHECK(run.engine->stopped == run.stopped); /* not by the last resort */
	for (size_t port = 0; port < run.settings.port_count; port++)
		CHECK(run.port_done[port] && run.grid->ports[port].done);
	CHECK(run.grid->counters.probes_sent == run.sent_count);
}

/* Nothing that comes afterwards changes anything. */
static void haunt(void)
{
	for (uint8_t how = 0; how < 6; how++)
		answer(how & 1, how, how);
	ttr_engine_wake(run.engine, loop.now);
	ttr_engine_stop(run.engine, loop.now, true);
	drain();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 5 || size > 5 + 3 * EVENTS_MAX)
		return 0;
	begin(data);
	drain();
	for (size_t at = 5; at + 3 <= size && !run.ended; at += 3)
		play(data + at);
	end();
	haunt();
	ttr_engine_free(run.engine);
	return 0;
}
