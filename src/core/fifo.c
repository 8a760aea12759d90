/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fifo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LAST (UINT32_MAX - 1)
#define ABSENT UINT32_MAX

int ttr_fifo_init(struct ttr_fifo *fifo, size_t size)
{
	*fifo = (struct ttr_fifo){.head = LAST, .tail = LAST};
	fifo->next = calloc(size ? size : 1, sizeof(*fifo->next));
	if (!fifo->next)
		return -ENOMEM;
	memset(fifo->next, 0xff, size * sizeof(*fifo->next));
	return 0;
}

void ttr_fifo_fini(struct ttr_fifo *fifo)
{
	free(fifo->next);
	fifo->next = NULL;
}

bool ttr_fifo_empty(const struct ttr_fifo *fifo)
{
	return fifo->head == LAST;
}

void ttr_fifo_push(struct ttr_fifo *fifo, uint32_t number)
{
	if (fifo->next[number] != ABSENT)
		return;
	fifo->next[number] = LAST;
	if (ttr_fifo_empty(fifo))
		fifo->head = number;
	else
		fifo->next[fifo->tail] = number;
	fifo->tail = number;
}

void ttr_fifo_push_front(struct ttr_fifo *fifo, uint32_t number)
{
	if (fifo->next[number] != ABSENT)
		return;
	fifo->next[number] = fifo->head;
	if (ttr_fifo_empty(fifo))
		fifo->tail = number;
	fifo->head = number;
}

bool ttr_fifo_pop(struct ttr_fifo *fifo, uint32_t *number)
{
	if (ttr_fifo_empty(fifo))
		return false;
	*number = fifo->head;
	fifo->head = fifo->next[*number];
	fifo->next[*number] = ABSENT;
	return true;
}
