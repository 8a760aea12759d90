/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast one hop is asked when many probes have to expire there.
 *
 * Where bucket.h spends the few probes of one path so that none is lost to a router's limit, the
 * many of a grid want to be answered soon. A limited router answers no fewer probes when it is
 * asked a little too often; what it left out is asked again. So the rate follows what is answered, a
 * quarter above it:
 *
 *	while all are answered			twice the rate
 *	a few are not (up to one in four)	half as much again, until a limit was met
 *	more					the rate that was answered, times 5/4
 *
 *	three one after the other		a quarter of the rate
 *
 * judged over a few probes that were sent at that rate. Pure: times are CLOCK_MONOTONIC, ns.
 */
#ifndef TTR_CORE_PACER_H
#define TTR_CORE_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct ttr_pacer {
	int64_t full_ns;  /* when all of the burst is there again, as in bucket.h */
	int64_t since_ns; /* outcomes of probes sent before say nothing about the rate */
	double rate;      /* per second */
	uint16_t burst;   /* 1 or more */
	uint16_t answered, lost;
	uint8_t streak; /* lost one after the other */
	bool fixed;     /* nothing is learned: the user said it, or nobody answers for it */
	bool limited;   /* a limit was met */
};

/* rate: per second, 1 or more; the first one unless fixed. */
void ttr_pacer_init(struct ttr_pacer *pacer, double rate, unsigned int burst, bool fixed);

/* When the next probe may go; may be long ago. */
int64_t ttr_pacer_ready_ns(const struct ttr_pacer *pacer);

void ttr_pacer_take(struct ttr_pacer *pacer, int64_t now_ns);

/* A probe that was sent at sent_ns was answered; or it was not, although it went on behind that
 * hop. */
void ttr_pacer_answered(struct ttr_pacer *pacer, int64_t sent_ns, int64_t now_ns);
void ttr_pacer_lost(struct ttr_pacer *pacer, int64_t sent_ns, int64_t now_ns);

#endif
