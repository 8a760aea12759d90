/* SPDX-License-Identifier: BSD-2-Clause */
/* A TUN or TAP device, by its descriptor. */
#ifndef PATHSIM_DEVICE_H
#define PATHSIM_DEVICE_H

#include <stdbool.h>

struct device {
	int fd; /* not blocking; one packet or frame per read and write */
	bool tap;
	bool created; /* it was not there before */
	const char *name;
};

/* Attaches to the device, or makes it. Returns 0 or a negative errno. */
int device_open(struct device *device, const char *name, bool tap);

void device_close(struct device *device);

#endif
