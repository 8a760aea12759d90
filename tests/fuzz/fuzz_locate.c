/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripts for the engine of --locate, in virtual time, as fuzz_engine.c has them for the other one.
 *
 * Whatever happens: the run ends within a bounded number of steps and a bounded time, each port is
 * given out, a second time only with more doubt, each probe goes to a port that was asked for,
 * nothing is sent after a stop, and what comes after the end changes nothing.
 *
 * Input: four bytes of settings (set()), then events of three bytes each (play()). When they are
 * used up the network stays silent.
 */
#include "tcptraceroute/locate.h"

#include <malloc.h>
#include <string.h>

#include "deadlines.h"
#include "fuzz.h"
#include "replies.h"

#define PORTS_MAX 10
#define QUERIES_MAX 2
#define TTL_MAX 6
#define KEYS 200
#define EVENTS_MAX 200
#define SENT_MAX 8192
#define STEPS_MAX 200000
#define TIME_MAX_NS (INT64_C(3600) * TTR_NS_PER_S)

struct run {
	struct ttr_settings settings;
	struct ttr_locate *locate;
	struct ttr_addr target;
	struct ttr_mono start;
	size_t limit; /* of probes with a deadline */
	size_t sent_count;
	unsigned int steps, fail, delay;
	unsigned int done_count;
	bool done[PORTS_MAX];
	bool sure[PORTS_MAX]; /* given out without a doubt */
	bool stopped, ended;
};

static uint16_t ports[PORTS_MAX];
static struct run run;
static struct deadlines loop;
static struct ttr_segment sent[SENT_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* the tables come and go: from the heap, and that keeps its size */
	mallopt(M_MMAP_THRESHOLD, 1 << 24);
	mallopt(M_TRIM_THRESHOLD, 1 << 26);
	for (uint16_t i = 0; i < PORTS_MAX; i++)
		ports[i] = (uint16_t)(80 + 3 * i);
	return 0;
}

static void set(const uint8_t head[4])
{
	struct ttr_settings *s = &run.settings;

	ttr_settings_init(s);
	s->locate = true;
	s->ports = ports;
	s->port_count = 1 + head[0] % PORTS_MAX;
	s->queries = (uint16_t)(1 + (head[0] >> 4) % QUERIES_MAX);
	s->first_ttl = (uint8_t)(1 + (head[1] >> 4) % TTL_MAX);
	s->max_ttl = (uint8_t)(1 + head[1] % TTL_MAX);
	if (s->max_ttl < s->first_ttl)
		s->max_ttl = s->first_ttl;
	s->style = head[2] & 1 ? TTR_SYN_BARE : TTR_SYN_LINUX;
	s->isn = (head[2] >> 1) % 3;
	s->dnat = (head[2] >> 3) % 3;
	s->wait_ns = head[2] & 0x20 ? TTR_NS_PER_S : 0;
	s->source_port = head[2] & 0x40 ? 40000 : 0;
	s->rate = head[3] * 20u;
}

static void begin(const uint8_t head[4])
{
	const enum ttr_family family = head[2] & 0x80 ? TTR_FAMILY_IPV6 : TTR_FAMILY_IPV4;
	static const uint8_t secret[TTR_LOCATE_SECRET_BYTES] = "not to be known";
	struct ttr_flow_key keys[KEYS];
	struct ttr_locate_plan plan = {
		.source = reply_address(family, 1),
		.target = reply_address(family, 99),
		.settings = &run.settings,
		.secret = secret,
		.keys = keys,
	};

	memset(&run, 0, sizeof(run));
	set(head);
	run.target = plan.target;
	plan.key_count = ttr_locate_flows(&run.settings);
	CHECK(plan.key_count <= KEYS);
	for (uint16_t i = 0; i < TTR_LOCATE_SOURCES; i++)
		plan.source_ports[i] = (uint16_t)(run.settings.source_port ? 40000 : 40000 + i);
	for (uint32_t i = 0; i < plan.key_count; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port = (uint16_t)(run.settings.source_port ? 40000 : 41000 + i),
			.ip_id = (uint16_t)(7 + 0x1111 * i),
			.isn = 0x5eed1234 + 0x01234567 * i,
			.ts_value = 0x71a5e000 + 0x02345678 * i,
		};
	CHECK(ttr_locate_new(&run.locate, &plan) == 0);
	run.limit = ttr_locate_probe_limit(run.locate);
	CHECK(run.limit <= SENT_MAX);
	deadlines_init(&loop);
	run.start = loop.now;
	ttr_locate_start(run.locate, loop.now);
}

static void check_segment(const struct ttr_segment *segment)
{
	bool known = false;

	for (size_t i = 0; i < run.settings.port_count; i++)
		known |= segment->target_port == ports[i];
	CHECK(known);
	CHECK(ttr_addr_equal(&segment->target, &run.target));
	CHECK(segment->ttl >= 1);
}

/* False: the kernel cannot take any more now. */
static bool send(uint32_t probe)
{
	CHECK(!run.stopped);
	if (run.delay) {
		run.delay--;
		ttr_locate_unsent(run.locate, probe);
		return false;
	}
	if (run.fail) {
		run.fail--;
		ttr_locate_send_failed(run.locate, probe, 1 + (int)run.fail);
		return true;
	}
	CHECK(run.sent_count < SENT_MAX);
	sent[run.sent_count] = ttr_locate_segment(run.locate, probe);
	check_segment(&sent[run.sent_count++]);
	ttr_locate_sent(run.locate, probe, loop.now);
	return true;
}

static void check_port(size_t port)
{
	const struct ttr_located *located = ttr_locate_port(run.locate, port);

	CHECK(port < run.settings.port_count);
	CHECK(!run.done[port] || (run.sure[port] && located->verdict.doubt != TTR_DOUBT_NONE));
	run.done_count += !run.done[port];
	run.done[port] = true;
	run.sure[port] = located->verdict.doubt == TTR_DOUBT_NONE;
	CHECK(located->result.port == ports[port]);
	CHECK(located->result.state <= TTR_PORT_FILTERED);
	CHECK(located->result.last_seen_ttl <= run.settings.max_ttl);
	CHECK(located->result.distance <= TTR_TTL_MAX);
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
	case TTR_ACTION_ROW:
		CHECK(action->port == 0);
		break;
	case TTR_ACTION_PORT:
		check_port(action->port);
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

	while (ttr_locate_next(run.locate, can_send, &action)) {
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
		ttr_locate_wake(run.locate, loop.now);
	else
		ttr_locate_timeout(run.locate, probe, loop.now);
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
	/* rather one of the last ones */
	reply = reply_make(shape, &sent[run.sent_count - 1 - which % run.sent_count], how);
	reply.at = loop.now;
	ttr_locate_reply(run.locate, &reply);
	drain();
}

static void stop(bool with_timeouts)
{
	if (run.stopped)
		return;
	run.stopped = true;
	ttr_locate_stop(run.locate, loop.now, with_timeouts);
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
		ttr_locate_timeout(run.locate, event[1] % (uint32_t)run.limit, loop.now);
		drain();
		break;
	case 6:
		if (event[1] & 1)
			ttr_locate_resume(run.locate, loop.now);
		else
			ttr_locate_wake(run.locate, loop.now);
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
	const int64_t limit_ns = loop.now.ns + TIME_MAX_NS;

	run.delay = 0;
	drain();
	while (!run.ended && pass(INT64_MAX))
		CHECK(loop.now.ns < limit_ns);
	CHECK(run.ended);
	CHECK(run.done_count == run.settings.port_count);
	CHECK(ttr_locate_grid(run.locate)->counters.probes_sent == run.sent_count);
}

/* Nothing that comes afterwards changes anything. */
static void haunt(void)
{
	for (uint8_t how = 0; how < 6; how++)
		answer(how & 1, how, how);
	ttr_locate_wake(run.locate, loop.now);
	ttr_locate_stop(run.locate, loop.now, true);
	drain();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4 || size > 4 + 3 * EVENTS_MAX)
		return 0;
	begin(data);
	drain();
	for (size_t at = 4; at + 3 <= size && !run.ended; at += 3)
		play(data + at);
	end();
	haunt();
	ttr_locate_free(run.locate);
	return 0;
}
