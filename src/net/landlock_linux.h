/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No file system any more, landlock(7).
 */
#ifndef TTR_NET_LANDLOCK_LINUX_H
#define TTR_NET_LANDLOCK_LINUX_H

#include <stdint.h>

/*
 * From now on no file can be opened, made, renamed or run, and, as far as the kernel knows how to
 * forbid it, no TCP connection be made but to this port (0: to any), no process outside be sent a
 * signal, no abstract Unix socket of others be used. Needs no new privileges to be set. The version
 * of the interface that is in use (1 or more), or a negative errno: -ENOSYS, -EOPNOTSUPP...
 */
int ttr_landlock_enter(uint16_t tcp_port);

#endif
