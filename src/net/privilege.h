/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The privileges of the process: asked for by capability, held for moments, given up for good.
 *
 *	init	 first thing in main(): what the program's file gave is put aside
 *	raise	 before sender and capture are opened
 *	lower	 after it; everything in between is ours alone, no foreign byte is read
 *	drop	 before the first byte from the network is read
 *
 * A program whose file has CAP_NET_RAW, or is set-user-ID root, does everything but opening those
 * two with the rights of its caller: what ports and source addresses he may use is the kernel's
 * decision about him. A caller who is privileged himself (root, ambient capabilities) keeps his own
 * rights until drop. There is no state but the process's own.
 *
 * All return 0 or a negative errno; after a failure of init or drop the program must end.
 */
#ifndef TTR_NET_PRIVILEGE_H
#define TTR_NET_PRIVILEGE_H

#include <stdbool.h>

/*
 * True if the process can do more than its caller: the program's file made the difference (the
 * kernel's AT_SECURE, getauxval(3)) and the real user is not root. Options that need a privileged
 * caller, such as -P, are refused then.
 */
bool ttr_privilege_raised_by_file(void);

/* With rights from the file: user and group IDs become the real ones, of the capabilities only
 * CAP_NET_RAW stays, and not in effect. Otherwise nothing. Clears nothing of the environment. */
int ttr_privilege_init(void);

/* CAP_NET_RAW in effect, if the process may. Never -EPERM: what is not permitted shows when it is
 * tried. */
int ttr_privilege_raise(void);

/* Out of effect again; nothing for a caller who is privileged himself. */
int ttr_privilege_lower(void);

/*
 * No capability and no other user or group ID any more, and no way back, not by exec either
 * (PR_SET_NO_NEW_PRIVS); verified: the sets are empty and a packet socket is refused, else -EPERM.
 * Root stays user 0, without capabilities. What else a sandbox takes away (system calls, files,
 * further IDs) belongs behind this call.
 */
int ttr_privilege_drop(void);

#endif
