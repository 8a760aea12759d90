/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Says whether a text can be a host's name at all, before anybody is asked about it.
 */
#ifndef TTR_NET_HOSTNAME_H
#define TTR_NET_HOSTNAME_H

#include "net/resolver.h"

/* RFC 1035 section 2.3.4, with the final dot not counted. */
#define TTR_HOSTNAME_MAX 253
#define TTR_HOSTNAME_LABEL_MAX 63

/*
 * 0: letters, digits, '-' and '_' (RFC 1123 section 2.1; the underscore is not allowed there, but
 * is in use), in labels of 1 to 63 bytes, perhaps with a final dot. Otherwise TTR_RESOLVER_NAME_*,
 * or TTR_RESOLVER_NO_NAME for three dots between digits: such a name cannot exist (RFC 1123:
 * the last label has a letter), and less strict readers take 010.0.0.1 for an address.
 */
int ttr_hostname_check(const char *name);

#endif
