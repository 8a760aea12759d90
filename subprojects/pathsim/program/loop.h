/* SPDX-License-Identifier: BSD-2-Clause */
/* The network in real time: packets from the device into the network and back when they are due. */
#ifndef PATHSIM_LOOP_H
#define PATHSIM_LOOP_H

#include <stdio.h>

#include "device.h"
#include "ethernet.h"
#include "pathsim.h"

struct loop {
	struct pathsim *sim;
	struct device *device;
	struct ethernet *ethernet; /* NULL: TUN */
	FILE *log;                 /* NULL: none */
	uint64_t start_ns;         /* CLOCK_MONOTONIC */
	uint64_t end_ns;           /* 0: none */
};

uint64_t loop_now(void);

/* SIGINT and SIGTERM end loop_run() from now on. */
void loop_catch_signals(void);

/* Until a signal, the end, or the device is gone. Returns 0 or a negative errno. */
int loop_run(struct loop *loop);

#endif
