/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/privilege.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const cap_value_t needed = CAP_NET_RAW;

bool ttr_privilege_raised_by_file(void)
{
	return getauxval(AT_SECURE) != 0 && getuid() != 0;
}

static int take_real_ids(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

/* Nothing stays but, if keep is set and it was there, the needed capability: permitted, and not in
 * effect. */
static int set_capabilities(bool keep)
{
	cap_t now = cap_get_proc(), next = cap_init();
	cap_flag_value_t had = CAP_CLEAR;
	int status = -ENOMEM;

	if (now && next && cap_get_flag(now, needed, CAP_PERMITTED, &had) == 0) {
		if (keep && had == CAP_SET)
			cap_set_flag(next, CAP_PERMITTED, 1, &needed, CAP_SET);
		status = cap_set_proc(next) < 0 ? -errno : 0;
	}
	cap_free(now);
	cap_free(next);
	return status;
}

int ttr_privilege_init(void)
{
	int status;

	if (!ttr_privilege_raised_by_file())
		return 0;
	/* Otherwise the permitted set would go with the last user ID of 0. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	status = take_real_ids();
	if (status == 0)
		status = set_capabilities(true);
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 && status == 0)
		status = -errno;
	return status;
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

static int check_ids(void)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return -errno;
	if (uid[1] != uid[0] || uid[2] != uid[0] || gid[1] != gid[0] || gid[2] != gid[0])
		return -EPERM;
	return 0;
}

static int check_capabilities(void)
{
	cap_t now = cap_get_proc(), none = cap_init();
	int status = -ENOMEM;

	if (now && none)
		status = cap_compare(now, none) == 0 ? 0 : -EPERM;
	cap_free(now);
	cap_free(none);
	return status;
}

/* What counts in the end, whatever the sets say. */
static int check_refused(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	close(fd);
	return -EPERM;
}

int ttr_privilege_drop(void)
{
	int status;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* Ambient capabilities go with the inheritable ones. */
	status = take_real_ids();
	if (status == 0)
		status = set_capabilities(false);
	if (status == 0)
		status = check_ids();
	if (status == 0)
		status = check_capabilities();
	if (status == 0)
		status = check_refused();
	return status;
}
