/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripts for the sweep, in virtual time: targets of shared and of different prefixes, sends that
 * succeed, fail or have to wait, answers of all kinds to any probe, forged ones, a stop.
 *
 * Whatever happens: the run ends within a bounded number of steps and a bounded time, each target
 * is given out once, with as many probes as it was sent and no more than it may be, never faster
 * than the rate, no answer is taken whose secret is wrong, and the hops name only who answered.
 *
 * Input: four bytes of settings (set()), then events of three bytes each (play()). When they are
 * used up the network stays silent.
 */
#include "tcptraceroute/sweep.h"

#include <malloc.h>
#include <string.h>

#include "fuzz.h"
#include "replies.h"

#define TARGETS_MAX 12
#define TTL_MAX 12
#define EVENTS_MAX 200
/* A search may ask once more what a follower was asked for. */
#define TRIES_MAX (2 * TTR_SWEEP_TRIES)
#define SENT_MAX (TARGETS_MAX * (TTL_MAX + 1) * TRIES_MAX)
#define STEPS_MAX 100000
/* Hop by hop, each as often as it may be asked and as long as it is waited for. */
#define TIME_MAX_NS (TTL_MAX * TTR_SWEEP_TRIES * 10 * TTR_NS_PER_S)

struct sending {
	struct ttr_segment segment;
	unsigned int target;
};

struct run {
	struct ttr_settings settings;
	struct ttr_sweep_plan plan;
	struct ttr_sweep *sweep;
	struct ttr_mono start, now, wake;
	enum ttr_family family;
	unsigned int target_count, added, given;
	unsigned int sent_to[TARGETS_MAX];
	bool done[TARGETS_MAX];
	size_t sent_count;
	unsigned int steps, fail, delay;
	bool answered[256]; /* by the last byte of who did */
	bool stopped;
};

static struct run run;
static struct sending sent[SENT_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* the tables come and go: from the heap, and that keeps its size */
	mallopt(M_MMAP_THRESHOLD, 1 << 24);
	mallopt(M_TRIM_THRESHOLD, 1 << 26);
	return 0;
}

/* Three to a prefix; the last byte tells them apart. */
static struct ttr_addr target_address(unsigned int number)
{
	struct ttr_addr addr = reply_address(run.family, (uint8_t)(100 + number));

	addr.bytes[run.family == TTR_FAMILY_IPV6 ? 7 : 2] = (uint8_t)(50 + number / 3);
	return addr;
}

static void set(const uint8_t head[4])
{
	struct ttr_settings *s = &run.settings;

	ttr_settings_init(s);
	s->first_ttl = (uint8_t)(1 + (head[0] & 3));
	s->max_ttl = (uint8_t)(s->first_ttl + (head[0] >> 2) % (TTL_MAX - 3));
	s->style = head[1] & 1 ? TTR_SYN_BARE : TTR_SYN_LINUX;
	s->isn = (head[1] >> 1) % 3;
	s->wait_ns = head[1] & 8 ? TTR_NS_PER_S : 0;
	s->length = head[1] & 16 ? 120 : 0;
	run.family = head[1] & 32 ? TTR_FAMILY_IPV6 : TTR_FAMILY_IPV4;
	run.target_count = 1 + head[2] % TARGETS_MAX;
	run.plan = (struct ttr_sweep_plan){
		.settings = s,
		.secret = "not to be known",
		.window = 1 + (head[2] >> 4) % 8,
		.routers = 16,
		.rate = 1 + 40u * head[3],
		.full = head[1] & 64,
	};
	for (uint16_t i = 0; i < TTR_SWEEP_PORTS; i++)
		run.plan.source_ports[i] = (uint16_t)(40000 + i);
}

static void add_targets(void)
{
	while (run.added < run.target_count && ttr_sweep_room(run.sweep)) {
		const struct ttr_sweep_target target = {
			.address = target_address(run.added),
			.source = reply_address(run.family, 1),
			.port = 443,
			.tag = run.added,
		};

		CHECK(ttr_sweep_add(run.sweep, &target, run.now) == TTR_SWEEP_ADDED);
		run.added++;
	}
}

static unsigned int find_target(const struct ttr_addr *addr)
{
	for (unsigned int i = 0; i < run.added; i++) {
		struct ttr_addr target = target_address(i);

		if (ttr_addr_equal(&target, addr))
			return i;
	}
	CHECK(false); /* a packet to an address that was not asked for */
	return 0;
}

static void check_rate(void)
{
	const int64_t elapsed_ns = run.now.ns - run.start.ns + 20 * TTR_NS_PER_MS;

	CHECK((int64_t)run.sent_count <= 2 + run.plan.rate * elapsed_ns / TTR_NS_PER_S * 11 / 10);
}

/* False: the kernel cannot take any more now. */
static bool send(uint64_t probe)
{
	const struct ttr_segment segment = ttr_sweep_segment(run.sweep, probe);
	const unsigned int target = find_target(&segment.target);

	CHECK(!run.stopped && !run.done[target]);
	CHECK(segment.target_port == 443 && segment.ttl >= 1);
	CHECK(segment.ttl <= run.settings.max_ttl || segment.source_port == 40000);
	if (run.delay) {
		run.delay--;
		ttr_sweep_unsent(run.sweep, probe);
		return false;
	}
	if (run.fail) {
		run.fail--;
		ttr_sweep_send_failed(run.sweep, probe, 1 + (int)run.fail);
		return true;
	}
	CHECK(run.sent_count < SENT_MAX);
	sent[run.sent_count++] = (struct sending){segment, target};
	run.sent_to[target]++;
	CHECK(run.sent_to[target] <= (run.settings.max_ttl + 1u) * TRIES_MAX);
	ttr_sweep_sent(run.sweep, probe, run.now);
	check_rate();
	return true;
}

static void check_hop(const struct ttr_sweep_hop *hop)
{
	const uint8_t last = hop->address.bytes[run.family == TTR_FAMILY_IPV6 ? 15 : 3];

	CHECK(hop->attempts <= TTR_SWEEP_TRIES);
	CHECK(!hop->inferred || !run.plan.full);
	if (hop->state != TTR_CELL_ANSWERED)
		return;
	CHECK(hop->address.family == run.family && run.answered[last]);
	CHECK(!hop->inferred || hop->attempts == 0);
}

static void check_result(const struct ttr_sweep_result *result)
{
	const uint64_t tag = result->target.tag;

	CHECK(tag < run.added && !run.done[tag]);
	run.done[tag] = true;
	run.given++;
	CHECK(result->probes_sent == run.sent_to[tag]);
	CHECK(!result->cut_short || run.stopped);
	CHECK(result->last_ttl <= run.settings.max_ttl);
	CHECK(result->seen_ttl <= result->last_ttl);
	CHECK(result->rtt_ns >= -1 && result->elapsed_ns >= 0);
	for (unsigned int ttl = run.settings.first_ttl; ttl <= result->last_ttl; ttl++)
		check_hop(&result->hops[ttl]);
}

static void turn(void)
{
	struct ttr_sweep_action action;
	bool can_send = true;

	add_targets();
	run.wake.ns = INT64_MAX;
	while (ttr_sweep_next(run.sweep, run.now, can_send, &action)) {
		CHECK(++run.steps < STEPS_MAX);
		if (action.kind == TTR_SWEEP_SEND) {
			can_send = send(action.probe);
		} else if (action.kind == TTR_SWEEP_RESULT) {
			check_result(action.result);
		} else {
			run.wake = action.at;
			return;
		}
	}
}

/* The end of a target makes room for another one. */
static void drain(void)
{
	do
		turn();
	while (run.added < run.target_count && ttr_sweep_room(run.sweep));
}

/* Until the next wake; false if there is none, or not before until. */
static bool pass(int64_t until_ns)
{
	if (run.wake.ns == INT64_MAX || run.wake.ns > until_ns)
		return false;
	if (run.now.ns < run.wake.ns)
		run.now = run.wake;
	else
		run.now.ns += TTR_NS_PER_US;
	drain();
	return true;
}

static void wait_until(int64_t until_ns)
{
	while (pass(until_ns))
		;
	if (run.now.ns < until_ns)
		run.now.ns = until_ns;
}

static void answer(enum reply_shape shape, uint8_t which, uint8_t how)
{
	const struct ttr_segment *probe;
	struct ttr_reply reply;
	bool taken;

	if (!run.sent_count)
		return;
	/* rather one of the last ones */
	probe = &sent[run.sent_count - 1 - which % run.sent_count].segment;
	reply = reply_make(shape, probe, how);
	reply.at = run.now;
	run.answered[reply.source.bytes[run.family == TTR_FAMILY_IPV6 ? 15 : 3]] = true;
	taken = ttr_sweep_reply(run.sweep, &reply);
	CHECK(!taken || (shape != REPLY_FORGED && shape != REPLY_OWN));
	drain();
}

static void stop(void)
{
	run.stopped = true;
	ttr_sweep_stop(run.sweep);
	drain();
}

static void play(const uint8_t event[3])
{
	switch (event[0] & 15) {
	case 0:
		pass(INT64_MAX - 1);
		break;
	case 1:
		wait_until(run.now.ns + (event[1] << 8 | event[2]) * TTR_NS_PER_MS / 16);
		break;
	case 2:
		run.fail = event[1] & 31;
		break;
	case 3:
		run.delay = event[1] & 31;
		break;
	case 4:
		if (event[1] < 16)
			stop();
		break;
	default:
		answer(event[0] >> 4 & 3, event[1], event[2]);
		break;
	}
}

/* The network is silent, and the kernel takes everything. */
static void end(void)
{
	const int64_t limit_ns = run.now.ns + run.target_count * TIME_MAX_NS;

	run.delay = 0;
	if (run.stopped)
		run.target_count = run.added;
	drain();
	while (run.given < run.target_count) {
		CHECK(pass(INT64_MAX - 1));
		CHECK(run.now.ns < limit_ns);
	}
	CHECK(ttr_sweep_active(run.sweep) == 0);
	CHECK(ttr_sweep_counters(run.sweep)->targets == run.target_count);
	CHECK(ttr_sweep_counters(run.sweep)->probes_sent == run.sent_count);
	for (uint8_t how = 0; how < 6; how++)
		answer(how & 1, how, how);
	CHECK(run.given == run.target_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4 || size > 4 + 3 * EVENTS_MAX)
		return 0;
	memset(&run, 0, sizeof(run));
	set(data);
	CHECK(ttr_sweep_new(&run.sweep, &run.plan) == 0);
	run.start.ns = run.now.ns = TTR_NS_PER_S;
	run.wake.ns = INT64_MAX;
	drain();
	for (size_t at = 4; at + 3 <= size && run.given < run.target_count; at += 3)
		play(data + at);
	end();
	ttr_sweep_free(run.sweep);
	return 0;
}
