/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The members of a port's result: its state, how far it is, and where it is stopped.
 *
 *	blocked: null, or after_ttl, how, address, icmp_code, reference_port, before_ttl (null: no
 *	port shows that the path goes on), verified, and why not: doubt
 *
 *	proxy: only if an open port was answered from nearer than the host is
 *
 *	doubt: only if ports are on paths of different length
 */
#ifndef TTR_CLI_VERDICT_H
#define TTR_CLI_VERDICT_H

#include <jansson.h>

#include "cli/view.h"

/* What is known of a port, whichever engine found it out. port is an index. */
const struct ttr_port_result *ttr_verdict_result(const struct ttr_view *view, size_t port);
void ttr_verdict_look(struct ttr_verdict *verdict, const struct ttr_view *view, size_t port);

/* Adds everything between "port" and "hops". port is an index. 0, or -1 without memory. */
int ttr_verdict_add(json_t *object, const struct ttr_view *view, size_t port);

#endif
