/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of many ports in a simulated network, on a virtual clock, and what is true of each
 * port there.
 */
#ifndef TESTS_MODEL_LOCATE_RUN_H
#define TESTS_MODEL_LOCATE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pathsim.h"
#include "tcptraceroute/locate.h"

#define RUN_TEXT_MAX 16384

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
	bool *out;  /* by port: its PORT came, */
	bool *sure; /* and there was no doubt */
	bool twice;
	uint64_t sends;
	bool started;
	bool ended;
	char text[RUN_TEXT_MAX];
	uint16_t ports[UINT16_MAX];
	uint64_t random;
};

/* A run of one query per hop, which the caller may change; fails the test without memory. */
struct run *run_new(void);

/* Adds to the network, a scenario as of pathsim. */
__attribute__((format(printf, 2, 3))) void run_say(struct run *run, const char *format, ...);

/* hops - 1 routers, 5 ms apart, with the same attributes, and a host. */
void run_say_path(struct run *run, unsigned int hops, const char *attributes);

/* Of the ports first to last. */
void run_open(struct run *run, enum ttr_family family, unsigned int first, unsigned int last,
	      uint64_t seed);
void run_close(struct run *run);

/* Until so much time has passed since it was opened, or to its end. */
void run_until(struct run *run, int64_t limit_ns);

/* Carries out what the engine wants at once, after an input that a test gave it. */
void run_drain(struct run *run);

/* To its end; false if that did not come within so many seconds. */
bool run_go(struct run *run, int64_t limit_s);

/* Since the start. */
double run_seconds(const struct run *run, struct ttr_mono at);

/* Answers that a limit took away, of all hops up to the host. */
uint64_t run_limited(const struct run *run);

/* The last TTL that truly sees the port, as far as hops answer. */
unsigned int run_last_seen(const struct run *run, size_t port);

/* Ports whose verdict is not the truth, and does not say that it may not be; each is explained on
 * stderr. */
size_t run_count_wrong(struct run *run);

size_t run_count_verdicts(const struct run *run, enum ttr_stop how, enum ttr_verified verified);

#endif
