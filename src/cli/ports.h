/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of destination ports: "443", "22,80,https,8000-8010".
 */
#ifndef TTR_CLI_PORTS_H
#define TTR_CLI_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "cli/buffer.h"

struct ttr_services;

enum ttr_ports_outcome {
	TTR_PORTS_OK = 0,
	TTR_PORTS_REFUSED = 1, /* error: one line that names the item */
};

/*
 * Reads a list of numbers, ranges and service names (see services.h). Each port
 * stands in the result once, where it was first named. *ports is the caller's to free(); it is only
 * set with TTR_PORTS_OK. An outcome or -ENOMEM.
 */
int ttr_ports_parse(uint16_t **ports, size_t *count, struct ttr_buffer *error, const char *list,
		    const struct ttr_services *services);

#endif
