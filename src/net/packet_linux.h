/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libpcap does not say to a packet socket of Linux, packet(7). Needs no privilege.
 */
#ifndef TTR_NET_PACKET_LINUX_H
#define TTR_NET_PACKET_LINUX_H

/* Frames of one device only, from now on. 0 or a negative errno: -ENODEV, -ENETDOWN... */
int ttr_packet_bind(int fd, unsigned int ifindex);

/* Frames that this host sends are not looked at, which saves a copy of each: Linux 4.20. 0 or a
 * negative errno. */
int ttr_packet_ignore_outgoing(int fd);

/* The filter stays what it is. 0 or a negative errno. */
int ttr_packet_lock(int fd);

#endif
