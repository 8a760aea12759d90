/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which addresses and ports were there already: a set of 64-bit fingerprints.
 *
 * It grows up to TTR_SEEN_MAX of them (32 MiB) and remembers nothing more then. Fingerprints are a
 * keyed hash, so that nobody can make two targets look the same; that two of a million do so by
 * chance has odds of one in thirty-six million.
 */
#ifndef TTR_CLI_SEEN_H
#define TTR_CLI_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/siphash.h"
#include "tcptraceroute/address.h"

#define TTR_SEEN_MAX (1u << 21)

struct ttr_seen {
	uint64_t *places; /* 0: free */
	size_t size, count;
	struct ttr_siphash_key key;
};

/* 0 or -EIO: no random numbers. */
int ttr_seen_init(struct ttr_seen *seen);
void ttr_seen_fini(struct ttr_seen *seen);

/* True: it was not there yet, as far as is known, and is now. */
bool ttr_seen_add(struct ttr_seen *seen, const struct ttr_addr *addr, uint16_t port);

/* Nothing more can be remembered. */
bool ttr_seen_full(const struct ttr_seen *seen);

#endif
