/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which the program starts: what it may do gets less from stage to stage, and no byte
 * that a stranger wrote is read before stage 8.
 *
 *	 1  enough stack, no signal is blocked; descriptors 0 to 2	ttr_start_process()
 *	    exist, those above are closed; umask 077, no core
 *	    files, nobody may look into the process
 *	 2  environment: with rights from the program's file, only
 *	    what cannot hurt stays
 *	 3  the effective capabilities that the file gave are cleared;
 *	    arguments are read and refused					main()
 *	 4  CAP_NET_RAW in effect: raw sockets and capture are opened,	ttr_start_raw()
 *	    nothing else; out of effect again
 *	 5  no new privileges, empty bounding set, no capabilities,	ttr_start_drop()
 *	    root becomes nobody; proven by trying to get them back
 *	 6  name servers, hosts file; the question for the target's	session.c
 *	    name is sent
 *	 7  no files, no memory that is written and executed, no new	ttr_start_confine()
 *	    processes, and only the system calls of stages 8 to 10
 *	 8  the answer with the target's addresses is read; the route	session.c, setup.c
 *	    is asked for, sockets are bound, source ports reserved,
 *	    the capture's filter is set and locked
 *	 9  only the system calls of stage 10				ttr_start_seal()
 *	10  the first probe						run.c
 *
 * An address instead of a name has nothing that must be looked up: then the route is asked for
 * before stage 4, so that the capture is opened on its device at once, and 7 and 9 are one. For a
 * name the capture is opened on "any" and bound to the device in stage 8.
 *
 * One thing may outlive stage 5 until stage 8 is over: CAP_NET_BIND_SERVICE, where the caller has
 * it and asked for a source port below 1024 (-p) and a name says where to.
 *
 * What the system does not have (Landlock, seccomp, another user) is left out and told in struct
 * ttr_sandbox; what must not fail ends the program.
 */
#ifndef TTR_NET_START_H
#define TTR_NET_START_H

#include <stdbool.h>
#include <stddef.h>

#include "net/sandbox.h"
#include "tcptraceroute/sandbox.h"
#include "tcptraceroute/session.h"

struct ttr_capture;
struct ttr_raw;

/* Stages 1 to 3, the first thing in main(). Descriptors that an argument names, as a shell's
 * <(command) does (/dev/fd/63), stay open. 0 or a negative errno: the program must end. */
int ttr_start_process(int argc, char *const argv[]);

/* What a trace of one flow has open at the same time, with its name servers. */
#define TTR_START_DESCRIPTORS 32

/*
 * Stage 4. family NONE: both. device: the one to capture on, or "any". The caller closes both. 0,
 * or a negative errno and a problem of ttr_raw_open() or ttr_capture_new().
 */
int ttr_start_raw(struct ttr_raw *raw, struct ttr_capture **capture, enum ttr_family family,
		  const char *device, struct ttr_problem *problem);

/* Stage 5. keep_port_binding: see privilege.h. 0, or a negative errno with TTR_PROBLEM_INTERNAL. */
int ttr_start_drop(struct ttr_sandbox *sandbox, bool keep_port_binding,
		   struct ttr_problem *problem);

/* Stage 7; needs: of enum ttr_sandbox_need, what stage 10 will want, and TTR_NEED_FINISH if the
 * drop kept something. 0, or a negative errno with TTR_PROBLEM_INTERNAL or TTR_PROBLEM_MEMORY. */
int ttr_start_confine(struct ttr_sandbox *sandbox, unsigned int needs, struct ttr_problem *problem);

/* Stage 9, after stage 7 or instead of it; the same needs. 0, or a negative errno with
 * TTR_PROBLEM_INTERNAL or TTR_PROBLEM_MEMORY. */
int ttr_start_seal(struct ttr_sandbox *sandbox, unsigned int needs, struct ttr_problem *problem);

#endif
