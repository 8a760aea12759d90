/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/services.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An unending database ends here. */
#define ENTRIES_MAX 65536

struct entry {
	uint16_t port;
	bool alias;
	char *name;
};

/* In the order of the database: the first one that fits counts, as for getservbyport(3). */
struct ttr_services {
	struct entry *entries;
	size_t count;
	size_t size;
};

static int add(struct ttr_services *services, uint16_t port, const char *name, bool alias)
{
	struct entry *entry;

	if (services->count == services->size) {
		const size_t size = services->size ? 2 * services->size : 512;

		entry = reallocarray(services->entries, size, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		services->entries = entry;
		services->size = size;
	}
	entry = &services->entries[services->count];
	*entry = (struct entry){.port = port, .alias = alias, .name = strdup(name)};
	if (!entry->name)
		return -ENOMEM;
	services->count++;
	return 0;
}

static int add_service(struct ttr_services *services, const struct servent *service)
{
	const uint16_t port = ntohs((uint16_t)service->s_port);
	int rc = 0;

	if (strcmp(service->s_proto, "tcp") != 0)
		return 0;
	rc = add(services, port, service->s_name, false);
	for (char **alias = service->s_aliases; *alias && !rc; alias++)
		rc = add(services, port, *alias, true);
	return rc;
}

int ttr_services_read(struct ttr_services **services)
{
	struct ttr_services *new = calloc(1, sizeof(*new));
	const struct servent *service;
	int rc = 0;

	if (!new)
		return -ENOMEM;
	setservent(1);
	while (!rc && new->count < ENTRIES_MAX && (service = getservent()))
		rc = add_service(new, service);
	endservent();
	if (rc) {
		ttr_services_free(new);
		return rc;
	}
	*services = new;
	return 0;
}

void ttr_services_free(struct ttr_services *services)
{
	if (!services)
		return;
	for (size_t i = 0; i < services->count; i++)
		free(services->entries[i].name);
	free(services->entries);
	free(services);
}

const char *ttr_services_name(const struct ttr_services *services, uint16_t port)
{
	for (size_t i = 0; services && i < services->count; i++)
		if (services->entries[i].port == port && !services->entries[i].alias)
			return services->entries[i].name;
	return NULL;
}

uint16_t ttr_services_port(const struct ttr_services *services, const char *name)
{
	for (size_t i = 0; services && i < services->count; i++)
		if (strcmp(services->entries[i].name, name) == 0)
			return services->entries[i].port;
	return 0;
}
