/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that the hosts file gives to addresses, read once.
 *
 * A hosts file may have a hundred thousand lines (lists against advertising do): looking through it
 * for every hop would stop the loop for longer than a probe travels. Files that cannot be read are
 * empty; lines that make no sense are passed over.
 */
#ifndef TTR_NET_HOSTS_H
#define TTR_NET_HOSTS_H

#include "tcptraceroute/address.h"

struct ttr_hosts;

/* 0, -ENOMEM. Free with ttr_hosts_free(). */
int ttr_hosts_read(struct ttr_hosts **hosts, const char *path);
void ttr_hosts_free(struct ttr_hosts *hosts);

/* The first name of the first line with this address; NULL if there is none. It passed
 * ttr_hostname_check(). Valid until ttr_hosts_free(). */
const char *ttr_hosts_name(const struct ttr_hosts *hosts, const struct ttr_addr *addr);

#endif
