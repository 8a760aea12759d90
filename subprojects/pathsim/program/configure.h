/* SPDX-License-Identifier: BSD-2-Clause */
/* The prober's side of a new device: up, its addresses, default routes through it. */
#ifndef PATHSIM_CONFIGURE_H
#define PATHSIM_CONFIGURE_H

#include "device.h"
#include "pathsim.h"

/* Returns 0 or a negative errno; *what is then the step that failed (static text). */
int configure_device(const struct device *device, const struct pathsim_network *network,
		     const struct pathsim_addr *gateway4, const struct pathsim_addr *gateway6,
		     const char **what);

#endif
