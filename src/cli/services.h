/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of TCP services, services(5), read once: while a trace runs there are no files to look
 * them up in.
 */
#ifndef TTR_CLI_SERVICES_H
#define TTR_CLI_SERVICES_H

#include <stdint.h>

struct ttr_services;

/* Through the system's name service switch. 0 or -ENOMEM; a system without any has no names. */
int ttr_services_read(struct ttr_services **services);
void ttr_services_free(struct ttr_services *services);

/* The name of a port, or NULL. Valid as long as services; services may be NULL: no names. */
const char *ttr_services_name(const struct ttr_services *services, uint16_t port);

/* The port of a name or an alias; 0: unknown. */
uint16_t ttr_services_port(const struct ttr_services *services, const char *name);

#endif
