/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A queue of small numbers in which each number stands at most once.
 *
 * That bounds it: a probe, a cell or a port can be announced again before the first announcement
 * was read, without growing anything. O(1) in all operations, no allocation after init.
 */
#ifndef TTR_CORE_FIFO_H
#define TTR_CORE_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ttr_fifo {
	uint32_t *next; /* of each number: the one behind it, or a mark that it is last or not
			   queued */
	uint32_t head;
	uint32_t tail;
};

/* For the numbers 0 .. size - 1. 0 or -ENOMEM. */
int ttr_fifo_init(struct ttr_fifo *fifo, size_t size);
void ttr_fifo_fini(struct ttr_fifo *fifo);

/* At the end, or at the front; nothing happens if the number is queued already. */
void ttr_fifo_push(struct ttr_fifo *fifo, uint32_t number);
void ttr_fifo_push_front(struct ttr_fifo *fifo, uint32_t number);

/* Takes the first one; false if there is none. */
bool ttr_fifo_pop(struct ttr_fifo *fifo, uint32_t *number);

bool ttr_fifo_empty(const struct ttr_fifo *fifo);

#endif
