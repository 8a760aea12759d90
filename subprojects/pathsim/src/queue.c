/* SPDX-License-Identifier: BSD-2-Clause */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ps_queue_fini(struct ps_queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		free(queue->slots[i].event);
	free(queue->slots);
	*queue = (struct ps_queue){0};
}

struct ps_event *ps_event_new(enum ps_event_kind kind, uint64_t when_ns, const uint8_t *bytes,
			      size_t len)
{
	struct ps_event *event = malloc(sizeof(*event) + len);

	if (event == NULL)
		return NULL;
	*event = (struct ps_event){.kind = kind, .when_ns = when_ns, .len = len};
	if (len > 0)
		memcpy(event->bytes, bytes, len);
	return event;
}

static bool earlier(const struct ps_queue_slot *a, const struct ps_queue_slot *b)
{
	return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : a->order < b->order;
}

static void swap(struct ps_queue_slot *a, struct ps_queue_slot *b)
{
	struct ps_queue_slot other = *a;

	*a = *b;
	*b = other;
}

static void rise(struct ps_queue_slot *slots, size_t i)
{
	while (i > 0 && earlier(&slots[i], &slots[(i - 1) / 2])) {
		swap(&slots[i], &slots[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sink(struct ps_queue_slot *slots, size_t count)
{
	size_t i = 0;

	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
			if (earlier(&slots[child], &slots[least]))
				least = child;
		if (least == i)
			return;
		swap(&slots[i], &slots[least]);
		i = least;
	}
}

static int make_room(struct ps_queue *queue)
{
	size_t room = queue->room == 0 ? 64 : 2 * queue->room;
	struct ps_queue_slot *slots;

	if (queue->count < queue->room)
		return 0;
	if (queue->count >= PS_QUEUE_LIMIT)
		return -ENOBUFS;
	slots = reallocarray(queue->slots, room, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	queue->slots = slots;
	queue->room = room;
	return 0;
}

int ps_queue_put(struct ps_queue *queue, struct ps_event *event)
{
	int error = make_room(queue);

	if (error < 0) {
		free(event);
		return error;
	}
	queue->slots[queue->count] = (struct ps_queue_slot){
		.when_ns = event->when_ns, .order = queue->order++, .event = event};
	rise(queue->slots, queue->count++);
	return 0;
}

static struct ps_event *take_top(struct ps_queue *queue)
{
	struct ps_event *event = queue->slots[0].event;

	queue->slots[0] = queue->slots[--queue->count];
	sink(queue->slots, queue->count);
	return event;
}

const struct ps_event *ps_queue_peek(struct ps_queue *queue)
{
	while (queue->count > 0 && queue->slots[0].event->kind == PS_EVENT_CANCELLED)
		free(take_top(queue));
	return queue->count > 0 ? queue->slots[0].event : NULL;
}

struct ps_event *ps_queue_take(struct ps_queue *queue)
{
	return ps_queue_peek(queue) != NULL ? take_top(queue) : NULL;
}
