/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int device_open(struct device *device, const char *name, bool tap)
{
	struct ifreq request = {.ifr_flags = (short)((tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI)};

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENAMETOOLONG;
	strcpy(request.ifr_name, name);
	*device = (struct device){.tap = tap, .created = if_nametoindex(name) == 0, .name = name};
	device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device->fd < 0)
		return -errno;
	if (ioctl(device->fd, TUNSETIFF, &request) < 0) {
		int error = -errno;

		close(device->fd);
		return error;
	}
	return 0;
}

void device_close(struct device *device)
{
	close(device->fd);
}
