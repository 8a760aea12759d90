/* SPDX-License-Identifier: BSD-2-Clause */
#include "configure.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

/* A setting that cannot be made is left: a namespace without IPv6 or with /proc read-only does not
 * need it. */
static void set_sysctl(const char *device, const char *name, const char *value)
{
	char path[128];
	ssize_t written;
	int fd;

	if (snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", device, name) >=
	    (int)sizeof(path))
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	written = write(fd, value, strlen(value));
	(void)written; /* as above */
	close(fd);
}

/* The device speaks when the prober does, and not else. */
static void quieten(const struct device *device)
{
	set_sysctl(device->name, "accept_ra", "0");
	set_sysctl(device->name, "autoconf", "0");
	set_sysctl(device->name, "accept_dad", "0");
	set_sysctl(device->name, "dad_transmits", "0");
	set_sysctl(device->name, "router_solicitations", "0");
	if (!device->tap)
		set_sysctl(device->name, "addr_gen_mode", "1"); /* no link-local address */
}

static int configure_family(int fd, unsigned int index, const struct pathsim_addr *prober,
			    const struct pathsim_addr *gateway, const char **what)
{
	int error;

	if (prober->family == 0)
		return 0;
	*what = "the prober's address";
	error = netlink_add_addr(fd, index, prober);
	if (error < 0)
		return error;
	*what = "the default route";
	return netlink_add_default(fd, index, prober, gateway);
}

int configure_device(const struct device *device, const struct pathsim_network *network,
		     const struct pathsim_addr *gateway4, const struct pathsim_addr *gateway6,
		     const char **what)
{
	unsigned int index = if_nametoindex(device->name);
	int fd = netlink_open();
	int error;

	*what = "netlink";
	if (fd < 0)
		return fd;
	quieten(device);
	*what = "the device";
	error = netlink_set_up(fd, index);
	if (error == 0)
		error = configure_family(fd, index, &network->prober4, gateway4, what);
	if (error == 0)
		error = configure_family(fd, index, &network->prober6, gateway6, what);
	close(fd);
	return error;
}
