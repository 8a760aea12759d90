/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/packet_linux.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* That the device is down is no error of bind(), but one that is pending afterwards. */
int ttr_packet_bind(int fd, unsigned int ifindex)
{
	const struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex,
	};
	int error = 0;
	socklen_t size = sizeof(error);

	if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -errno;
	return -error;
}

int ttr_packet_ignore_outgoing(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ? -errno : 0;
}

int ttr_packet_lock(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) < 0 ? -errno : 0;
}
