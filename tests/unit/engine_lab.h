/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine that is fed by hand: its probes are recorded, its replies made up from them. */
#ifndef TESTS_UNIT_ENGINE_LAB_H
#define TESTS_UNIT_ENGINE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptraceroute/engine.h"

#define MS TTR_NS_PER_MS
#define KEYS 40
#define PROBES_MAX 400

extern const struct ttr_addr source, target;

struct lab {
	struct ttr_settings settings;
	int64_t life_ns;
	struct ttr_engine *engine;
	const struct ttr_grid *grid;
	struct ttr_mono now;
	struct ttr_segment sent[PROBES_MAX]; /* in the order of sending */
	uint32_t number[PROBES_MAX];
	size_t sent_count;
	struct ttr_mono armed[PROBES_MAX]; /* by probe number */
	struct ttr_mono wake;
	char rows[64]; /* "1 2 3 . !" */
};

void drain(struct lab *lab);
void begin_rows(struct lab *lab);
void open_lab(struct lab *lab);
void settings_init(struct lab *lab, unsigned int max_ttl, unsigned int queries);
struct ttr_addr router(unsigned int host);
bool feed(struct lab *lab, int64_t after_ms, struct ttr_reply *reply);
struct ttr_reply icmp(const struct lab *lab, size_t i, unsigned int host);
struct ttr_reply tcp(const struct lab *lab, size_t i, uint8_t flags);
struct ttr_reply syn_ack(const struct lab *lab, size_t i);
void exceed(struct lab *lab, int64_t after_ms, size_t i, unsigned int host);
void fire(struct lab *lab, size_t i);
const struct ttr_cell *cell(const struct lab *lab, unsigned int ttl, unsigned int query);

#endif
