/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The privileges of the process: asked for by capability, held for moments, given up for good. The
 * order of it all is in start.h.
 *
 *	init	 what the program's file gave is put aside
 *	raise	 before raw sockets and capture are opened
 *	lower	 after it; everything in between is ours alone, no foreign byte is read
 *	drop	 before the first byte from the network is read
 *	finish	 the one thing that a drop may have left goes as well
 *
 * A program whose file has CAP_NET_RAW, or is set-user-ID root, does everything but opening those
 * two with the rights of its caller: what ports and source addresses he may use is the kernel's
 * decision about him. A caller who is privileged himself (root, ambient capabilities) keeps his own
 * rights until drop. There is no state but the process's own.
 *
 * All return 0 or a negative errno; after a failure of init, drop or finish the program must end.
 */
#ifndef TTR_NET_PRIVILEGE_H
#define TTR_NET_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * True if the process can do more than its caller: the program's file made the difference (the
 * kernel's AT_SECURE, getauxval(3)) and the real user is not root. Options that need a privileged
 * caller, such as -P, are refused then. Ask before the drop.
 */
bool ttr_privilege_raised_by_file(void);

/* Nobody may look into the process or get a core of it. With rights from the file: user and group
 * IDs become the real ones, of the capabilities only CAP_NET_RAW stays, and not in effect. */
int ttr_privilege_init(void);

/* CAP_NET_RAW in effect, if the process may. Never -EPERM: what is not permitted shows when it is
 * tried. */
int ttr_privilege_raise(void);

/* Out of effect again; nothing for a caller who is privileged himself. */
int ttr_privilege_lower(void);

/*
 * No privilege any more, and no way back, not by exec either (PR_SET_NO_NEW_PRIVS): the bounding
 * set is emptied where that is permitted, root becomes the user and group 65534 ("nobody") without
 * other groups, everybody else the real user, and the capabilities go. Verified, else -EPERM:
 * CAP_NET_RAW cannot be had again, packet and raw sockets are refused, root's ID is.
 *
 * keep_port_binding: CAP_NET_BIND_SERVICE stays, for a source port below 1024 that only a look-up
 * of a name will tell where to bind; ttr_privilege_finish() must follow.
 *
 * 0, or TTR_PRIVILEGE_SAME_USER: all that, but root had to stay user 0 (in a user namespace without
 * another user, or without CAP_SETUID or CAP_SETGID).
 */
#define TTR_PRIVILEGE_SAME_USER 1
int ttr_privilege_drop(bool keep_port_binding);
int ttr_privilege_finish(void);

/* The union of the inheritable, permitted, effective and ambient sets; 1 << CAP_..., all bits if it
 * cannot be read. */
uint64_t ttr_privilege_capabilities(void);
/* PR_GET_NO_NEW_PRIVS. */
bool ttr_privilege_no_new(void);

#endif
