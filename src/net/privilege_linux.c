/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/privilege.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's own overflow ID: it has no files and needs no entry in a user database. */
#define NOBODY 65534

static const cap_value_t needed = CAP_NET_RAW;
static const cap_value_t port_binding = CAP_NET_BIND_SERVICE;

bool ttr_privilege_raised_by_file(void)
{
	return getauxval(AT_SECURE) != 0 && getuid() != 0;
}

static int set_ids(uid_t uid, gid_t gid)
{
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

/* Nothing stays but, if it was permitted, one of them; it is put in effect or not. */
static int set_capabilities(const cap_value_t *kept, cap_flag_value_t effective)
{
	cap_t now = cap_get_proc(), next = cap_init();
	cap_flag_value_t had = CAP_CLEAR;
	int status = -ENOMEM;

	if (now && next) {
		if (kept)
			cap_get_flag(now, *kept, CAP_PERMITTED, &had);
		if (had == CAP_SET) {
			cap_set_flag(next, CAP_PERMITTED, 1, kept, CAP_SET);
			cap_set_flag(next, CAP_EFFECTIVE, 1, kept, effective);
		}
		status = cap_set_proc(next) < 0 ? -errno : 0;
	}
	cap_free(now);
	cap_free(next);
	return status;
}

/* The permitted set would go with the last user ID of 0. */
static int keep_permitted(bool keep)
{
	return prctl(PR_SET_KEEPCAPS, keep, 0, 0, 0) < 0 ? -errno : 0;
}

int ttr_privilege_init(void)
{
	int status, after;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	if (!ttr_privilege_raised_by_file())
		return 0;
	status = keep_permitted(true);
	if (status < 0)
		return status;
	status = set_ids(getuid(), getgid());
	if (status == 0)
		status = set_capabilities(&needed, CAP_CLEAR);
	after = keep_permitted(false);
	return status < 0 ? status : after;
}

static int put_in_effect(cap_flag_value_t value)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t has = CAP_CLEAR;
	int status = 0;

	if (!caps)
		return -ENOMEM;
	cap_get_flag(caps, needed, CAP_PERMITTED, &has);
	if (has == CAP_SET) {
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &needed, value);
		status = cap_set_proc(caps) < 0 ? -errno : 0;
	}
	cap_free(caps);
	return status;
}

int ttr_privilege_raise(void)
{
	return put_in_effect(CAP_SET);
}

int ttr_privilege_lower(void)
{
	return ttr_privilege_raised_by_file() ? put_in_effect(CAP_CLEAR) : 0;
}

/* Without CAP_SETPCAP it stays as it is; no new privileges makes it meaningless. */
static void empty_bounding_set(void)
{
	for (cap_value_t cap = 0; cap < cap_max_bits() && cap_drop_bound(cap) == 0; cap++)
		;
}

/* TTR_PRIVILEGE_SAME_USER where the kernel has no other ID for us, or does not let us have it. */
static int become_nobody(void)
{
	int status = setgroups(0, NULL) < 0 ? -errno : set_ids(NOBODY, NOBODY);

	return status == -EPERM || status == -EINVAL ? TTR_PRIVILEGE_SAME_USER : status;
}

/* The kernel makes a process dumpable, or half so, when its IDs change. */
static int change_ids(void)
{
	int outcome = getuid() == 0 ? become_nobody() : set_ids(getuid(), getgid());

	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : outcome;
}

static int check_ids(void)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return -errno;
	if (uid[1] != uid[0] || uid[2] != uid[0] || gid[1] != gid[0] || gid[2] != gid[0])
		return -EPERM;
	/* Refused to everybody who is not root. */
	return uid[0] != 0 && setresuid(0, 0, 0) == 0 ? -EPERM : 0;
}

/* No set has any other capability than the allowed one. */
static int check_capabilities(uint64_t allowed)
{
	return ttr_privilege_capabilities() & ~allowed ? -EPERM : 0;
}

static int check_regain(void)
{
	cap_t caps = cap_init();
	int status = -ENOMEM;

	if (caps) {
		cap_set_flag(caps, CAP_PERMITTED, 1, &needed, CAP_SET);
		status = cap_set_proc(caps) == 0 ? -EPERM : 0;
	}
	cap_free(caps);
	return status;
}

static int check_refused(int family, int protocol)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return 0;
	close(fd);
	return -EPERM;
}

/* What counts in the end, whatever the sets say. */
static int prove(uint64_t allowed)
{
	int status = check_ids();

	if (status == 0)
		status = check_capabilities(allowed);
	if (status == 0)
		status = check_regain();
	if (status == 0)
		status = check_refused(AF_PACKET, 0);
	if (status == 0)
		status = check_refused(AF_INET, IPPROTO_RAW);
	return status;
}

int ttr_privilege_drop(bool keep_port_binding)
{
	const cap_value_t *kept = keep_port_binding ? &port_binding : NULL;
	const uint64_t allowed = keep_port_binding ? UINT64_C(1) << CAP_NET_BIND_SERVICE : 0;
	int status = keep_port_binding ? keep_permitted(true) : 0, outcome;

	if (status < 0)
		return status;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	empty_bounding_set();
	outcome = change_ids();
	if (outcome < 0)
		return outcome;
	/* Ambient capabilities go with the inheritable ones. */
	status = set_capabilities(kept, CAP_SET);
	if (status == 0 && keep_port_binding)
		status = keep_permitted(false);
	if (status == 0)
		status = prove(allowed);
	return status < 0 ? status : outcome;
}

int ttr_privilege_finish(void)
{
	int status = set_capabilities(NULL, CAP_CLEAR);

	return status < 0 ? status : prove(0);
}

static bool has_in_any_set(cap_t caps, cap_value_t cap)
{
	static const cap_flag_t sets[] = {CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE};
	cap_flag_value_t value;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (cap_get_flag(caps, cap, sets[i], &value) == 0 && value == CAP_SET)
			return true;
	return cap_get_ambient(cap) == CAP_SET;
}

uint64_t ttr_privilege_capabilities(void)
{
	cap_t caps = cap_get_proc();
	uint64_t bits = 0;

	if (!caps)
		return UINT64_MAX;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (has_in_any_set(caps, cap))
			bits |= UINT64_C(1) << cap;
	cap_free(caps);
	return bits;
}

bool ttr_privilege_no_new(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}
