/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of many ports against simulated networks, on a virtual clock: its verdicts against
 * what the network really does, its probes and its time against what was promised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pathsim.h"
#include "tcptraceroute/locate.h"
#include "world.h"

#define SOURCE_PORT 41000
#define TEXT_MAX 16384

/* -- A world with one run in it -- */

struct run {
	struct pathsim *sim;
	struct ttr_settings settings;
	struct ttr_locate *locate;
	struct ttr_addr source, target;
	struct ttr_mono now, start, wake;
	struct ttr_mono states_known; /* every port had one */
	struct ttr_mono *timers;
	bool silent[TTR_TTL_MAX + 1]; /* hops that say nothing */
	bool arrives;                 /* the host itself answers some port by TCP */
	size_t ports_out;
	bool *out; /* by port: its PORT came */
	bool twice;
	uint64_t sends;
	bool ended;
	char text[TEXT_MAX];
	uint16_t ports[UINT16_MAX];
	uint64_t random;
};

static struct ttr_addr from_sim(const struct pathsim_addr *addr)
{
	struct ttr_addr result = {.family = addr->family};

	memcpy(result.bytes, addr->bytes, sizeof(result.bytes));
	return result;
}

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
static void open_run(struct run *w, enum ttr_family family, unsigned int first, unsigned int last,
		     uint64_t seed)
{
	const struct pathsim_network *network;
	char error[200];

	if (pathsim_parse(&w->sim, w->text, strlen(w->text), error, sizeof(error)) != 0)
		fail_msg("%s\n%s", error, w->text);
	network = pathsim_network(w->sim);
	w->random = seed;
	w->source = from_sim(family == TTR_FAMILY_IPV4 ? &network->prober4 : &network->prober6);
	w->target = from_sim(family == TTR_FAMILY_IPV4 ? &network->destinations[0].v4
						       : &network->destinations[0].v6);
	w->settings.host = "host";
	for (unsigned int i = 0; i <= last - first; i++)
		w->ports[i] = (uint16_t)(first + i);
	w->settings.ports = w->ports;
	w->settings.port_count = last - first + 1;
	make_locate(w);
	w->out = calloc(w->settings.port_count, sizeof(*w->out));
	w->timers = calloc(ttr_locate_probe_limit(w->locate), sizeof(*w->timers));
	assert_non_null(w->out);
	assert_non_null(w->timers);
	w->now = w->start = (struct ttr_mono){5000000000};
}

static void close_run(struct run *w)
{
	ttr_locate_free(w->locate);
	pathsim_free(w->sim);
	free(w->out);
	free(w->timers);
	free(w);
}

static struct run *new_run(void)
{
	struct run *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	ttr_settings_init(&w->settings);
	w->settings.queries = 1;
	return w;
}

static void send_segment(struct run *w, const struct ttr_segment *segment)
{
	uint8_t packet[1500];
	unsigned int length = ttr_segment_build(packet, sizeof(packet), segment);

	assert_int_equal(pathsim_input(w->sim, (uint64_t)w->now.ns, packet, length), 0);
}

/* What the prober's kernel does with a SYN/ACK to a port on which nobody listens. */
static void reset_back(struct run *w, const struct ttr_reply *reply)
{
	struct ttr_segment rst = {
		.source = reply->target,
		.target = reply->source,
		.source_port = reply->tcp.target_port,
		.target_port = reply->tcp.source_port,
		.ttl = 64,
		.ip_id = 1,
		.seq = reply->tcp.ack,
		.flags = TTR_TCP_RST,
		.style = TTR_SYN_BARE,
	};

	send_segment(w, &rst);
}

static void receive(struct run *w, const uint8_t *packet, unsigned int length)
{
	struct ttr_reply reply;

	if (ttr_reply_decode(&reply, packet, length) != TTR_DECODE_OK)
		return;
	reply.at = w->now;
	ttr_locate_reply(w->locate, &reply);
	if (reply.kind == TTR_REPLY_TCP && !(reply.tcp.flags & TTR_TCP_RST))
		reset_back(w, &reply);
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
		w->twice |= w->out[action->port];
		w->out[action->port] = true;
		w->ports_out++;
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

static int64_t earlier(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

static int64_t next_event(struct run *w)
{
	int64_t at = earlier(INT64_MAX, w->wake.ns);
	uint64_t packet;

	for (size_t i = 0; i < ttr_locate_probe_limit(w->locate); i++)
		at = earlier(at, w->timers[i].ns);
	if (pathsim_next_time(w->sim, &packet))
		at = earlier(at, (int64_t)packet);
	return at;
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

static bool go(struct run *w, int64_t limit_s)
{
	ttr_locate_start(w->locate, w->now);
	drain(w);
	while (!w->ended) {
		int64_t at = next_event(w);

		if (at > w->start.ns + limit_s * TTR_NS_PER_S) {
			struct ttr_locate_progress progress = ttr_locate_progress(w->locate);

			fprintf(stderr, "no end: %zu of %zu ports done, %lu probes, at %.3f s\n",
				progress.done, progress.ports, (unsigned long)w->sends,
				(double)(w->now.ns - w->start.ns) / 1e9);
			return false;
		}
		one_event(w, at);
	}
	return true;
}

static double seconds(const struct run *w, struct ttr_mono at)
{
	return (double)(at.ns - w->start.ns) / 1e9;
}

/* Answers that a limit took away, of all hops up to the host. */
static uint64_t limited(const struct run *w)
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
	struct pathsim_truth truth;
	uint8_t packet[1500];
	unsigned int length = ttr_segment_build(packet, sizeof(packet), &segment);

	pathsim_truth(w->sim, packet, length, &truth);
	return truth;
}

/* The last TTL that sees the port, as far as hops answer. */
static unsigned int last_seen(const struct run *w, size_t port)
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
	if ((e.how || e.nearer) && !is_place_right(v, last_seen(w, port)))
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
		expect(w, port).state, expect(w, port).how, last_seen(w, port));
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

static size_t count_wrong(struct run *w)
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

static size_t count_verdicts(const struct run *w, enum ttr_stop how, enum ttr_verified verified)
{
	size_t count = 0;

	for (size_t i = 0; i < w->settings.port_count; i++) {
		const struct ttr_verdict *v = &ttr_locate_port(w->locate, i)->verdict;

		count += v->how == how && v->verified == verified;
	}
	return count;
}

/* -- Networks as text -- */

__attribute__((format(printf, 2, 3))) static void say(struct run *w, const char *format, ...)
{
	size_t at = strlen(w->text);
	va_list args;

	va_start(args, format);
	vsnprintf(w->text + at, sizeof(w->text) - at, format, args);
	va_end(args);
}

/* hops - 1 routers, 5 ms apart, with the same attributes, and a host. */
static void say_path(struct run *w, unsigned int hops, const char *attributes)
{
	say(w, "prober 198.18.0.1 2001:db8::1\n");
	for (unsigned int i = 1; i < hops; i++)
		say(w, "hop %u 203.0.113.%u 2001:db8:1::%x rtt %ums %s\n", i, i, i, 5 * i,
		    attributes);
	say(w, "destination 198.51.100.10 2001:db8:ff::10 at %u rtt %ums\n", hops, 5 * hops);
}

/* 1000 ports of which 77 are stopped at one hop, and every router as a Linux one. */
static void check_thousand(enum ttr_family family, double located_s)
{
	struct run *w = new_run();

	say_path(w, 15, "limit linux");
	say(w, "port 22,80,443 open\nfirewall at 9 drop 100-176\n");
	open_run(w, family, 1, 1000, 1);
	assert_true(go(w, 100));
	print_message("# 1000 ports: states %.2f s, end %.2f s, %lu probes, %lu answers limited\n",
		      seconds(w, w->states_known), seconds(w, w->now), (unsigned long)w->sends,
		      (unsigned long)limited(w));
	assert_int_equal(count_wrong(w), 0);
	assert_true(seconds(w, w->states_known) <= 2);
	assert_true(seconds(w, w->now) <= located_s);
	assert_true(w->sends <= 2000);
	assert_int_equal(limited(w), 0);
	assert_true(count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_YES) >= 20);
	assert_int_equal(count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_YES) +
				 count_verdicts(w, TTR_STOP_DROP, TTR_VERIFIED_NO),
			 77);
	close_run(w);
}

static void test_thousand(void **state)
{
	(void)state;
	check_thousand(TTR_FAMILY_IPV4, 20);
	check_thousand(TTR_FAMILY_IPV6, 6);
}

/* Two places, and 21 ports that are stopped at the second one among 80. */
static void check_exceptions(unsigned int most, unsigned int few)
{
	struct run *w = new_run();

	say_path(w, 15, "limit 10 10/s");
	say(w, "port 443 open\n");
	for (unsigned int i = 0; i < 80; i++)
		say(w, "firewall at %u drop %u\n", i * 37 % 80 < 21 ? few : most, 100 + i);
	open_run(w, TTR_FAMILY_IPV4, 1, 500, 2);
	assert_true(go(w, 200));
	print_message("# most after %u, 21 after %u: end %.2f s, %lu probes, %lu limited\n", most,
		      few, seconds(w, w->now), (unsigned long)w->sends, (unsigned long)limited(w));
	assert_int_equal(count_wrong(w), 0);
	for (size_t i = 99; i < 179; i++)
		assert_int_equal(ttr_locate_port(w->locate, i)->verdict.after_ttl, last_seen(w, i));
	close_run(w);
}

static void test_exceptions(void **state)
{
	(void)state;
	check_exceptions(9, 12);
	check_exceptions(9, 4);
	check_exceptions(4, 14);
}

/* All ports but one are dark. */
static void check_dark(const char *limit)
{
	struct run *w = new_run();

	say_path(w, 15, limit);
	say(w, "port any open\nfirewall at 7 drop 1-442\nfirewall at 7 drop 444-1024\n");
	open_run(w, TTR_FAMILY_IPV4, 1, 1024, 3);
	assert_true(go(w, 100));
	print_message("# 1023 dark, %s: states %.2f s, end %.2f s, %lu probes, %lu limited\n",
		      limit, seconds(w, w->states_known), seconds(w, w->now),
		      (unsigned long)w->sends, (unsigned long)limited(w));
	assert_int_equal(count_wrong(w), 0);
	assert_true(w->sends <= 6 * 1024);
	if (!*limit)
		assert_true(seconds(w, w->now) <= 8);
	for (size_t i = 0; i < 1024; i++)
		if (w->ports[i] != 443)
			assert_int_equal(ttr_locate_port(w->locate, i)->verdict.after_ttl, 7);
	close_run(w);
}

static void test_dark(void **state)
{
	(void)state;
	check_dark("");
	check_dark("limit linux");
}

/* -- Random firewalls -- */

#define PORTS 60

static const char *some_limit(uint64_t *random)
{
	static const char *const limits[] = {
		"", "", "", "limit linux", "limit 10 10/s", "limit 1 1/500ms", "limit 50 100/s",
	};

	return limits[draw(random, 7)];
}

static void say_rule(struct run *w, unsigned int distance, uint64_t *random)
{
	static const char *const actions[] = {"drop",   "drop",  "drop",
					      "reject", "reset", "synproxy"};
	const char *action = actions[draw(random, 6)];
	unsigned int at = 1 + (unsigned int)draw(random, distance - 1);
	unsigned int first = 1 + (unsigned int)draw(random, PORTS);
	unsigned int last = first + (unsigned int)draw(random, draw(random, 2) ? 3 : PORTS);

	if (w->silent[at]) /* nor does it answer for others */
		action = "drop";
	say(w, "firewall at %u %s %s %u-%u\n", at, action,
	    strcmp(action, "reject") == 0 ? "code 13" : "", first,
	    last < PORTS    ? last
	    : first > PORTS ? first
			    : PORTS);
}

/* Mostly little; now and then so much that hardly anything can be sure. */
static unsigned int some_loss(uint64_t *random)
{
	return draw(random, 8) ? 1 + (unsigned int)draw(random, 2)
			       : 5 + (unsigned int)draw(random, 25);
}

static void say_hops(struct run *w, unsigned int distance, bool lossy, uint64_t *random)
{
	for (unsigned int ttl = 1; ttl < distance; ttl++) {
		w->silent[ttl] = draw(random, 8) == 0;
		if (w->silent[ttl]) {
			say(w, "hop %u silent\n", ttl);
			continue;
		}
		say(w, "hop %u 203.0.113.%u 2001:db8:1::%x rtt %ums %s", ttl, ttl, ttl,
		    10 * ttl + (unsigned int)draw(random, 10), some_limit(random));
		if (lossy && draw(random, 3) == 0)
			say(w, " loss %u%%", some_loss(random));
		if (draw(random, 4) == 0)
			say(w, " jitter %ums", 1 + (unsigned int)draw(random, 4));
		say(w, "\n");
	}
}

static void say_world(struct run *w, bool lossy, uint64_t *random)
{
	static const char *const others[] = {"closed", "open", "dropped", "rejected code 10"};
	static const char *const stacks[] = {"linux", "linux", "linux", "bsd", "mute", "noackrst"};
	unsigned int distance = 2 + (unsigned int)draw(random, 18);

	say(w, "prober 198.18.0.1 2001:db8::1\n");
	say_hops(w, distance, lossy, random);
	say(w, "destination 198.51.100.10 2001:db8:ff::10 at %u rtt %ums loss %u%%\nstack %s\n",
	    distance, 10 * distance + (unsigned int)draw(random, 20),
	    lossy && draw(random, 3) == 0 ? some_loss(random) : 0, stacks[draw(random, 6)]);
	say(w, "port any %s\n", others[draw(random, 4)]);
	for (unsigned int i = 1; draw(random, 3) && i < 10; i++)
		say(w, "port %u open\n", i * 6);
	for (unsigned int rules = 1 + (unsigned int)draw(random, 4); rules > 0; rules--)
		say_rule(w, distance, random);
}

/* What many runs come to. */
struct tally {
	size_t wrong;
	size_t stopped;
	size_t verified; /* of those that were stopped */
};

static void check_random(struct tally *tally, uint64_t seed, bool lossy)
{
	struct run *w = new_run();
	uint64_t random = seed * 1000003 + 17;
	size_t wrong;

	w->settings.verify_all = draw(&random, 3) == 0;
	if (draw(&random, 5) == 0)
		w->settings.style = TTR_SYN_BARE;
	say_world(w, lossy, &random);
	open_run(w, draw(&random, 2) ? TTR_FAMILY_IPV4 : TTR_FAMILY_IPV6, 1, PORTS, seed);
	wrong = go(w, 600) ? count_wrong(w) : PORTS;
	if (wrong)
		fprintf(stderr, "seed %lu: %zu wrong\n%s\n", (unsigned long)seed, wrong, w->text);
	tally->wrong += wrong;
	for (enum ttr_stop how = TTR_STOP_DROP; how <= TTR_STOP_RESET; how++) {
		tally->verified += count_verdicts(w, how, TTR_VERIFIED_YES);
		tally->stopped += count_verdicts(w, how, TTR_VERIFIED_YES) +
				  count_verdicts(w, how, TTR_VERIFIED_NO);
	}
	close_run(w);
}

static unsigned long from_environment(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : fallback;
}

/* MODEL_SEED replays one network, MODEL_COUNT draws more of them. */
static struct tally check_many(bool lossy)
{
	unsigned long first = from_environment("MODEL_SEED", 1);
	unsigned long count = getenv("MODEL_SEED") ? 1 : from_environment("MODEL_COUNT", 500);
	struct tally tally = {0};

	for (unsigned long seed = first; seed < first + count; seed++)
		check_random(&tally, seed, lossy);
	print_message("# %lu networks: %zu ports stopped, %zu verified, %zu wrong\n", count,
		      tally.stopped, tally.verified, tally.wrong);
	return tally;
}

/* Not only true, but worth something: most places are verified, though many of these networks are
 * odd on purpose. */
static void test_random(void **state)
{
	struct tally tally = check_many(false);

	(void)state;
	assert_int_equal(tally.wrong, 0);
	if (!getenv("MODEL_SEED"))
		assert_true(tally.verified * 3 > tally.stopped);
}

/* However much is lost: what may be due to it is not verified. */
static void test_random_loss(void **state)
{
	struct tally tally = check_many(true);

	(void)state;
	assert_int_equal(tally.wrong, 0);
	if (!getenv("MODEL_SEED"))
		assert_true(tally.verified * 3 > tally.stopped);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thousand),    cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_dark),        cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_loss),
	};

	return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
