/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_lab.h"

#include <stdio.h>
#include <string.h>

static const uint16_t ports[] = {443};
const struct ttr_addr source = {.family = TTR_FAMILY_IPV4, .bytes = {192, 0, 2, 1}};
const struct ttr_addr target = {.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 9}};

void drain(struct lab *lab)
{
	struct ttr_action a;

	while (ttr_engine_next(lab->engine, true, &a)) {
		size_t at = strlen(lab->rows);

		switch (a.kind) {
		case TTR_ACTION_SEND:
			lab->sent[lab->sent_count] = ttr_engine_segment(lab->engine, a.probe);
			lab->number[lab->sent_count++] = a.probe;
			ttr_engine_sent(lab->engine, a.probe, lab->now);
			break;
		case TTR_ACTION_ARM:
			lab->armed[a.probe] = a.at;
			break;
		case TTR_ACTION_DISARM:
			lab->armed[a.probe].ns = 0;
			break;
		case TTR_ACTION_WAKE:
			lab->wake = a.at;
			break;
		case TTR_ACTION_ROW:
			snprintf(lab->rows + at, sizeof(lab->rows) - at, "%u ", a.ttl);
			break;
		case TTR_ACTION_PORT:
			snprintf(lab->rows + at, sizeof(lab->rows) - at, ". ");
			break;
		case TTR_ACTION_END:
			snprintf(lab->rows + at, sizeof(lab->rows) - at, "!");
			break;
		case TTR_ACTION_ANSWER:
			break;
		}
	}
}

/* Lets the time pass in which the rows are begun, one after the other. */
void begin_rows(struct lab *lab)
{
	for (unsigned int ttl = lab->settings.first_ttl; ttl < lab->settings.max_ttl; ttl++) {
		struct ttr_mono at = lab->wake;

		if (!at.ns)
			break;
		lab->wake.ns = 0;
		ttr_engine_wake(lab->engine, at);
		drain(lab);
	}
}

void open_lab(struct lab *lab)
{
	static struct ttr_flow_key keys[KEYS];
	struct ttr_plan plan = {
		.source = source,
		.target = target,
		.settings = &lab->settings,
		.keys = keys,
		.key_count = KEYS,
		.life_ns = lab->life_ns,
	};

	for (size_t i = 0; i < KEYS; i++)
		keys[i] = (struct ttr_flow_key){
			.source_port =
				(uint16_t)(lab->settings.source_port ? lab->settings.source_port
								     : 40000 + i),
			.ip_id = (uint16_t)(1000 * (i + 1)),
			.isn = (uint32_t)(0x01000000 * (i + 1)),
			.ts_value = (uint32_t)(100000 * (i + 1)),
		};
	assert_int_equal(ttr_engine_new(&lab->engine, &plan), 0);
	lab->grid = ttr_engine_grid(lab->engine);
	lab->now.ns = 1000 * MS;
	ttr_engine_start(lab->engine, lab->now);
	drain(lab);
	begin_rows(lab);
}

void settings_init(struct lab *lab, unsigned int max_ttl, unsigned int queries)
{
	*lab = (struct lab){.now = {0}};
	ttr_settings_init(&lab->settings);
	lab->settings.ports = ports;
	lab->settings.port_count = 1;
	lab->settings.max_ttl = (uint8_t)max_ttl;
	lab->settings.queries = (uint16_t)queries;
}

struct ttr_addr router(unsigned int host)
{
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {203, 0, 113, (uint8_t)host}};
}

bool feed(struct lab *lab, int64_t after_ms, struct ttr_reply *reply)
{
	bool ours;

	lab->now.ns += after_ms * MS;
	reply->at = lab->now;
	ours = ttr_engine_reply(lab->engine, reply);
	drain(lab);
	return ours;
}

/* An ICMP error about the i-th probe that was sent, with a full quote. */
struct ttr_reply icmp(const struct lab *lab, size_t i, unsigned int host)
{
	const struct ttr_segment *s = &lab->sent[i];

	return (struct ttr_reply){
		.kind = TTR_REPLY_TIME_EXCEEDED,
		.source = router(host),
		.target = source,
		.icmp_type = 11,
		.quote = {.source = s->source,
			  .target = s->target,
			  .ttl = 1,
			  .ip_id = s->ip_id,
			  .tcp = {.source_port = s->source_port,
				  .target_port = s->target_port,
				  .has_seq = true,
				  .seq = s->seq,
				  .has_ts = true,
				  .ts_value = s->ts_value}},
	};
}

struct ttr_reply tcp(const struct lab *lab, size_t i, uint8_t flags)
{
	const struct ttr_segment *s = &lab->sent[i];

	return (struct ttr_reply){
		.kind = TTR_REPLY_TCP,
		.source = target,
		.target = source,
		.tcp = {.source_port = s->target_port,
			.target_port = s->source_port,
			.has_seq = true,
			.has_flags = true,
			.flags = flags,
			.ack = flags & TTR_TCP_ACK ? s->seq + 1 : 0},
	};
}

struct ttr_reply syn_ack(const struct lab *lab, size_t i)
{
	struct ttr_reply reply = tcp(lab, i, TTR_TCP_SYN | TTR_TCP_ACK);

	reply.tcp.has_ts = true;
	reply.tcp.ts_echo = lab->sent[i].ts_value;
	return reply;
}

void exceed(struct lab *lab, int64_t after_ms, size_t i, unsigned int host)
{
	struct ttr_reply reply = icmp(lab, i, host);

	assert_true(feed(lab, after_ms, &reply));
}

void fire(struct lab *lab, size_t i)
{
	struct ttr_mono at = lab->armed[lab->number[i]];

	assert_true(at.ns > 0);
	lab->now = at;
	lab->armed[lab->number[i]].ns = 0;
	ttr_engine_timeout(lab->engine, lab->number[i], at);
	drain(lab);
}

const struct ttr_cell *cell(const struct lab *lab, unsigned int ttl, unsigned int query)
{
	return ttr_grid_cell(lab->grid, 0, ttl, query);
}
