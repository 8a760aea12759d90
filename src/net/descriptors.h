/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many descriptors the process may have.
 */
#ifndef TTR_NET_DESCRIPTORS_H
#define TTR_NET_DESCRIPTORS_H

#include <stddef.h>

/* What the rest of the program may want at the same time. */
#define TTR_DESCRIPTORS_OTHERS 64

/* Raises the soft limit to `wanted`, as far as the hard one lets it. Returns what it is now, which
 * may be less or more. */
size_t ttr_descriptors_raise(size_t wanted);

#endif
