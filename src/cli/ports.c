/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/ports.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/number.h"
#include "cli/services.h"

#define PORT_MAX 65535
/* RFC 6335 section 5.1 has 15; older names are longer. Also bounds the copy of an item. */
#define ITEM_MAX 64

struct list {
	uint16_t *ports; /* room for each port once */
	size_t count;
	bool seen[PORT_MAX + 1];
	struct ttr_buffer *error;
	const struct ttr_services *services;
};

static int refuse(struct list *list, const char *what, const char *item)
{
	ttr_buffer_put(list->error, what);
	ttr_escape(list->error, item, TTR_ESCAPE_MAX);
	return TTR_PORTS_REFUSED;
}

static void add(struct list *list, int64_t port)
{
	if (list->seen[port])
		return;
	list->seen[port] = true;
	list->ports[list->count++] = (uint16_t)port;
}

static int add_number(struct list *list, int64_t port, const char *item)
{
	if (port < 1)
		return refuse(list, "Port must be greater than 0: ", item);
	if (port > PORT_MAX)
		return refuse(list, "Port must be less than 65536: ", item);
	add(list, port);
	return TTR_PORTS_OK;
}

static int add_range(struct list *list, int64_t first, int64_t last, const char *item)
{
	if (first < 1)
		return refuse(list, "Port must be greater than 0: ", item);
	if (first > PORT_MAX || last > PORT_MAX)
		return refuse(list, "Port must be less than 65536: ", item);
	if (first > last)
		return refuse(list, "Port range is reversed: ", item);
	for (int64_t port = first; port <= last; port++)
		add(list, port);
	return TTR_PORTS_OK;
}

/* "FIRST-LAST", and nothing else that has a dash: service names have them too. */
static bool read_range(int64_t *first, int64_t *last, const char *item)
{
	char start[ITEM_MAX];
	const char *dash = strchr(item, '-');

	if (!dash)
		return false;
	memcpy(start, item, (size_t)(dash - item));
	start[dash - item] = '\0';
	return ttr_number_read(first, start) && ttr_number_read(last, dash + 1);
}

static int add_service(struct list *list, const char *item)
{
	const uint16_t port = ttr_services_port(list->services, item);

	return port ? add_number(list, port, item) : refuse(list, "Unknown port: ", item);
}

static int add_item(struct list *list, const char *item)
{
	int64_t first, last;

	if (ttr_number_read(&first, item))
		return add_number(list, first, item);
	if (read_range(&first, &last, item))
		return add_range(list, first, last, item);
	return add_service(list, item);
}

static int add_items(struct list *list, const char *text)
{
	const char *whole = text;

	for (;;) {
		const size_t length = strcspn(text, ",");
		char item[ITEM_MAX];
		int outcome;

		if (!length && strchr(whole, ','))
			return refuse(list, "Empty item in the list of ports: ", whole);
		if (length >= sizeof(item))
			return refuse(list, "Unknown port: ", text);
		memcpy(item, text, length);
		item[length] = '\0';
		outcome = add_item(list, item);
		if (outcome || !text[length])
			return outcome;
		text += length + 1;
	}
}

int ttr_ports_parse(uint16_t **ports, size_t *count, struct ttr_buffer *error, const char *text,
		    const struct ttr_services *services)
{
	struct list *list = calloc(1, sizeof(*list));
	int outcome = -ENOMEM;

	if (!list)
		return -ENOMEM;
	list->error = error;
	list->services = services;
	list->ports = calloc(PORT_MAX, sizeof(*list->ports));
	if (list->ports)
		outcome = add_items(list, text);
	if (outcome == TTR_PORTS_OK) {
		*ports = list->ports;
		*count = list->count;
	} else {
		free(list->ports);
	}
	free(list);
	return outcome;
}
