/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"
#include "world.h"

#define SOURCE_PORT 41000

static void make_locate(struct run *w)
{
	size_t count = ttr_locate_flows(&w->settings);
	struct ttr_flow_key *keys = calloc(count, sizeof(*keys));
	uint8_t secret[TTR_LOCATE_SECRET_BYTES];
	struct ttr_locate_plan plan = {
		.source = w->source,
		.target = w->target,
		.settings = &w->settings,
		.secret = secret,
		.keys = keys,
		.key_count = count,
	};

	assert_non_null(keys);
	for (uint16_t i = 0; i < TTR_LOCATE_SOURCES; i++)
		plan.source_ports[i] = SOURCE_PORT + i;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)draw(&w->random, 256);
	for (size_t i = 0; i < count; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port = (uint16_t)(SOURCE_PORT + TTR_LOCATE_SOURCES + i),
			.ip_id = (uint16_t)draw(&w->random, 60000),
			.isn = (uint32_t)draw(&w->random, UINT32_MAX),
			.ts_value = (uint32_t)draw(&w->random, UINT32_MAX),
		};
	assert_int_equal(ttr_locate_new(&w->locate, &plan), 0);
	free(keys);
}

/* ports: first to last. */
void run_open(struct run *w, enum ttr_family family, unsigned int first, unsigned int last,
	      uint64_t seed)
{
	const struct pathsim_network *network;
	char error[200];

	if (pathsim_parse(&w->sim, w->text, strlen(w->text), error, sizeof(error)) != 0)
		fail_msg("%s\n%s", error, w->text);
	network = pathsim_network(w->sim);
	w->random = seed;
	w->source =
		wire_from_sim(family == TTR_FAMILY_IPV4 ? &network->prober4 : &network->prober6);
	w->target = wire_from_sim(family == TTR_FAMILY_IPV4 ? &network->destinations[0].v4
							    : &network->destinations[0].v6);
	w->settings.host = "host";
	for (unsigned int i = 0; i <= last - first; i++)
		w->ports[i] = (uint16_t)(first + i);
	w->settings.ports = w->ports;
	w->settings.port_count = last - first + 1;
	make_locate(w);
	w->out = calloc(w->settings.port_count, sizeof(*w->out));
	w->sure = calloc(w->settings.port_count, sizeof(*w->sure));
	assert_non_null(w->sure);
	w->timers = calloc(ttr_locate_probe_limit(w->locate), sizeof(*w->timers));
	assert_non_null(w->out);
	assert_non_null(w->timers);
	w->now = w->start = (struct ttr_mono){5000000000};
}

void run_close(struct run *w)
{
	ttr_locate_free(w->locate);
	pathsim_free(w->sim);
	free(w->out);
	free(w->sure);
	free(w->timers);
	free(w);
}

struct run *run_new(void)
{
	struct run *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	ttr_settings_init(&w->settings);
	w->settings.queries = 1;
	return w;
}

static void send_segment(struct run *w, const struct ttr_segment *segment)
{
	uint8_t packet[WIRE_MTU];

	wire_send(w->sim, w->now, segment, packet);
}

static void receive(struct run *w, const uint8_t *packet, unsigned int length)
{
	struct ttr_segment reset;
	struct ttr_reply reply;

	if (ttr_reply_decode(&reply, packet, length) != TTR_DECODE_OK)
		return;
	reply.at = w->now;
	ttr_locate_reply(w->locate, &reply);
	if (wire_resets(&reply, &reset))
		send_segment(w, &reset);
}

/* Said again only what became doubtful. */
static void take_port(struct run *w, size_t port)
{
	const bool sure = ttr_locate_port(w->locate, port)->verdict.doubt == TTR_DOUBT_NONE;

	w->twice |= w->out[port] && (!w->sure[port] || sure);
	w->ports_out += !w->out[port];
	w->out[port] = true;
	w->sure[port] = sure;
}

static void carry_out(struct run *w, const struct ttr_action *action)
{
	struct ttr_segment segment;

	switch (action->kind) {
	case TTR_ACTION_SEND:
		segment = ttr_locate_segment(w->locate, action->probe);
		ttr_locate_sent(w->locate, action->probe, w->now);
		send_segment(w, &segment);
		w->sends++;
		w->now.ns += 5000;
		break;
	case TTR_ACTION_ARM:
		w->timers[action->probe] = action->at;
		break;
	case TTR_ACTION_DISARM:
		w->timers[action->probe].ns = 0;
		break;
	case TTR_ACTION_WAKE:
		w->wake = action->at;
		break;
	case TTR_ACTION_PORT:
		take_port(w, action->port);
		break;
	case TTR_ACTION_END:
		w->ended = true;
		break;
	default:
		break;
	}
}

static void drain(struct run *w)
{
	struct ttr_locate_progress progress;
	struct ttr_action action;

	while (ttr_locate_next(w->locate, true, &action))
		carry_out(w, &action);
	progress = ttr_locate_progress(w->locate);
	if (!w->states_known.ns && progress.answered == progress.ports)
		w->states_known = w->now;
}

static int64_t next_event(struct run *w)
{
	return wire_next_event(w->sim, w->timers, ttr_locate_probe_limit(w->locate), w->wake);
}

static void fire_timers(struct run *w)
{
	for (size_t i = 0; i < ttr_locate_probe_limit(w->locate); i++) {
		if (!w->timers[i].ns || w->timers[i].ns > w->now.ns)
			continue;
		w->timers[i].ns = 0;
		ttr_locate_timeout(w->locate, (uint32_t)i, w->now);
	}
	if (w->wake.ns && w->wake.ns <= w->now.ns) {
		w->wake.ns = 0;
		ttr_locate_wake(w->locate, w->now);
	}
}

static void one_event(struct run *w, int64_t at)
{
	uint8_t packet[PATHSIM_PACKET_SIZE];
	size_t length;

	if (at > w->now.ns)
		w->now.ns = at;
	length = pathsim_output(w->sim, (uint64_t)w->now.ns, packet, sizeof(packet));
	if (length)
		receive(w, packet, (unsigned int)length);
	else
		fire_timers(w);
	drain(w);
}

void run_until(struct run *w, int64_t limit_ns)
{
	int64_t end_ns = w->start.ns + limit_ns;

	if (!w->started)
		ttr_locate_start(w->locate, w->now);
	w->started = true;
	drain(w);
	while (!w->ended && next_event(w) <= end_ns)
		one_event(w, next_event(w));
	if (!w->ended && w->now.ns < end_ns)
		w->now.ns = end_ns;
}

bool run_go(struct run *w, int64_t limit_s)
{
	struct ttr_locate_progress progress;

	run_until(w, limit_s * TTR_NS_PER_S);
	if (w->ended)
		return true;
	progress = ttr_locate_progress(w->locate);
	fprintf(stderr, "no end: %zu of %zu ports done, %lu probes\n", progress.done,
		progress.ports, (unsigned long)w->sends);
	return false;
}

void run_drain(struct run *w)
{
	drain(w);
}

double run_seconds(const struct run *w, struct ttr_mono at)
{
	return (double)(at.ns - w->start.ns) / 1e9;
}

/* Answers that a limit took away, of all hops up to the host. */
uint64_t run_limited(const struct run *w)
{
	const struct pathsim_network *network = pathsim_network(w->sim);
	const struct pathsim_destination *d = &network->destinations[0];
	const struct pathsim_addr *to = w->target.family == TTR_FAMILY_IPV4 ? &d->v4 : &d->v6;
	struct pathsim_counts counts;
	uint64_t sum = 0;

	for (uint8_t ttl = 1; ttl < d->distance; ttl++)
		if (pathsim_hop_counts(w->sim, to, ttl, &counts))
			sum += counts.limited;
	return sum;
}

/* -- The truth -- */

static struct pathsim_truth truth_of(const struct run *w, size_t port, unsigned int ttl)
{
	struct ttr_segment segment = {
		.source = w->source,
		.target = w->target,
		.source_port = SOURCE_PORT,
		.target_port = w->ports[port],
		.ttl = (uint8_t)ttl,
		.ip_id = 1,
		.flags = TTR_TCP_SYN,
		.style = TTR_SYN_LINUX,
	};

	return wire_truth(w->sim, &segment);
}

/* The last TTL that sees the port, as far as hops answer. */
unsigned int run_last_seen(const struct run *w, size_t port)
{
	unsigned int last = 0;

	for (unsigned int ttl = 1; ttl <= w->settings.max_ttl; ttl++) {
		struct pathsim_truth truth = truth_of(w, port, ttl);

		if (truth.fate == PATHSIM_FATE_EXPIRES && !truth.silent)
			last = ttl;
	}
	return last;
}

struct expectation {
	enum ttr_port_state state;
	enum ttr_stop how;
	bool nearer;
};

static struct expectation expect_arrival(const struct run *w, size_t port)
{
	const struct pathsim_network *network = pathsim_network(w->sim);
	const struct pathsim_destination *d = &network->destinations[0];
	const struct pathsim_addr *to = w->target.family == TTR_FAMILY_IPV4 ? &d->v4 : &d->v6;

	switch (pathsim_port(w->sim, to, w->ports[port])->kind) {
	case PATHSIM_PORT_OPEN:
		return (struct expectation){.state = TTR_PORT_OPEN};
	case PATHSIM_PORT_CLOSED:
		return (struct expectation){.state = TTR_PORT_CLOSED};
	case PATHSIM_PORT_REJECTED:
		return (struct expectation){.state = TTR_PORT_UNREACHABLE, .how = TTR_STOP_REJECT};
	default:
		return (struct expectation){.state = TTR_PORT_FILTERED, .how = TTR_STOP_DROP};
	}
}

static struct expectation expect(const struct run *w, size_t port)
{
	struct pathsim_truth truth = truth_of(w, port, w->settings.max_ttl);

	if (truth.silent)
		return (struct expectation){.state = TTR_PORT_FILTERED, .how = TTR_STOP_DROP};
	switch (truth.fate) {
	case PATHSIM_FATE_REJECTED:
		return (struct expectation){.state = TTR_PORT_UNREACHABLE, .how = TTR_STOP_REJECT};
	case PATHSIM_FATE_DROPPED:
		return (struct expectation){.state = TTR_PORT_FILTERED, .how = TTR_STOP_DROP};
	case PATHSIM_FATE_ANSWERED:
		if (truth.hop == 0)
			break;
		return (struct expectation){
			.state = TTR_PORT_FILTERED, .how = TTR_STOP_RESET, .nearer = true};
	default:
		break;
	}
	return expect_arrival(w, port);
}

/* Who answers in the name of a host that never does, cannot be told from it. */
static bool is_all_there_is(const struct run *w, size_t port)
{
	return !w->arrives && truth_of(w, port, w->settings.max_ttl).fate == PATHSIM_FATE_ANSWERED;
}

/* A hop whose answers were lost to limits when the path was traced is a quiet one from then on: the
 * place is between two others. */
static bool is_place_right(const struct ttr_verdict *v, unsigned int last)
{
	return v->after_ttl == last || (v->after_ttl < last && last < v->before_ttl);
}

/* NULL if the verdict is the truth, or says that it may not be. */
static const char *check_port(const struct run *w, size_t port)
{
	const struct ttr_verdict *v = &ttr_locate_port(w->locate, port)->verdict;
	struct expectation e = expect(w, port);

	if (e.how == TTR_STOP_RESET && v->state == TTR_PORT_OPEN && v->nearer)
		e = (struct expectation){TTR_PORT_OPEN, TTR_STOP_NONE, true}; /* a SYN proxy */
	if (is_all_there_is(w, port) && (v->state == TTR_PORT_OPEN || v->state == TTR_PORT_CLOSED))
		return NULL;
	if (v->verified == TTR_VERIFIED_NO)
		return v->doubt ? NULL : "unverified, and no reason given";
	if (v->state != e.state)
		return "the wrong state";
	if (v->how != e.how || v->nearer != e.nearer)
		return "stopped in the wrong way";
	if ((e.how || e.nearer) && !is_place_right(v, run_last_seen(w, port)))
		return "stopped at the wrong place";
	return NULL;
}

static void explain(const struct run *w, size_t port, const char *wrong)
{
	const struct ttr_located *p = ttr_locate_port(w->locate, port);

	fprintf(stderr,
		"%s: port %u: state %d, how %d, after %u, before %u, nearer %d, verified %d, doubt "
		"%d; truth: state %d, how %d, last seen %u\n",
		wrong, w->ports[port], p->verdict.state, p->verdict.how, p->verdict.after_ttl,
		p->verdict.before_ttl, p->verdict.nearer, p->verdict.verified, p->verdict.doubt,
		expect(w, port).state, expect(w, port).how, run_last_seen(w, port));
}

static bool does_arrive(const struct run *w)
{
	for (size_t i = 0; i < w->settings.port_count; i++) {
		struct pathsim_truth truth = truth_of(w, i, w->settings.max_ttl);
		enum ttr_port_state state = expect(w, i).state;

		if (truth.fate == PATHSIM_FATE_ARRIVES &&
		    (state == TTR_PORT_OPEN || state == TTR_PORT_CLOSED))
			return true;
	}
	return false;
}

size_t run_count_wrong(struct run *w)
{
	size_t wrong = w->twice || w->ports_out != w->settings.port_count;

	w->arrives = does_arrive(w);
	if (wrong)
		fprintf(stderr, "ports missing, or said twice: %zu\n", w->ports_out);
	for (size_t i = 0; i < w->settings.port_count; i++) {
		const char *what = check_port(w, i);

		if (what)
			explain(w, i, what);
		wrong += what != NULL;
	}
	return wrong;
}

size_t run_count_verdicts(const struct run *w, enum ttr_stop how, enum ttr_verified verified)
{
	size_t count = 0;

	for (size_t i = 0; i < w->settings.port_count; i++) {
		const struct ttr_verdict *v = &ttr_locate_port(w->locate, i)->verdict;

		count += v->how == how && v->verified == verified;
	}
	return count;
}

/* -- Networks as text -- */

void run_say(struct run *w, const char *format, ...)
{
	size_t at = strlen(w->text);
	va_list args;

	va_start(args, format);
	vsnprintf(w->text + at, sizeof(w->text) - at, format, args);
	va_end(args);
}

/* hops - 1 routers, 5 ms apart, with the same attributes, and a host. */
void run_say_path(struct run *w, unsigned int hops, const char *attributes)
{
	run_say(w, "prober 198.18.0.1 2001:db8::1\n");
	for (unsigned int i = 1; i < hops; i++)
		run_say(w, "hop %u 203.0.113.%u 2001:db8:1::%x rtt %ums %s\n", i, i, i, 5 * i,
			attributes);
	run_say(w, "destination 198.51.100.10 2001:db8:ff::10 at %u rtt %ums\n", hops, 5 * hops);
}
