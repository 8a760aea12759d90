/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the addresses that answered: each asked for once, all at the same time.
 *
 * A cache on top of the resolver. It knows 16384 addresses at most and asks about 32 of them at a
 * time (a resolver's queries may share one source port: few at once leave a forger few to hit);
 * the others wait, in the order in which they were asked for.
 */
#ifndef TTR_NET_NAMES_H
#define TTR_NET_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptraceroute/address.h"
#include "tcptraceroute/settings.h"

#define TTR_NAMES_MAX 16384
#define TTR_NAMES_IN_FLIGHT 32

struct ttr_names;
struct ttr_resolver;

/*
 * mode says which addresses are asked about; for NONE resolver may be NULL. Resolver and context
 * must outlive the names. settled, if not NULL, is called from the loop, once per address, when its
 * name came or turned out not to exist; it may free the names. 0, -ENOMEM.
 */
int ttr_names_new(struct ttr_names **names, struct ttr_resolver *resolver, enum ttr_names_mode mode,
		  void (*settled)(void *context, const struct ttr_addr *addr), void *context);

/* Asks nothing more and never calls back again. */
void ttr_names_free(struct ttr_names *names);

/* Asks, if the mode wants it, this is the first time, and the table is not full (then there is no
 * name). Does not call back from inside. */
void ttr_names_ask(struct ttr_names *names, const struct ttr_addr *addr);

/* The name: NULL if there is none, if it did not come yet, or if it was never asked for. Valid
 * until ttr_names_free(). */
const char *ttr_names_get(const struct ttr_names *names, const struct ttr_addr *addr);

/* True between ask and settled. */
bool ttr_names_pending(const struct ttr_names *names, const struct ttr_addr *addr);
size_t ttr_names_pending_count(const struct ttr_names *names);

/* Gives up what is pending, without a callback; what is known stays, nothing is asked any more. */
void ttr_names_stop(struct ttr_names *names);

#endif
