/* SPDX-License-Identifier: BSD-2-Clause */
#include "netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
	} body;
	char attributes[128];
};

int netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

static void begin(struct request *request, unsigned short type, unsigned short flags, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
}

static void add(struct request *request, unsigned short type, const void *bytes, size_t size)
{
	struct rtattr header = {.rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(size)};
	char *place = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);

	memcpy(place, &header, sizeof(header));
	memcpy(place + RTA_LENGTH(0), bytes, size);
	request->header.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(size));
}

static int ask(int fd, const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	ssize_t len;

	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	len = recv(fd, &answer, sizeof(answer), 0);
	if (len < 0)
		return -errno;
	if ((size_t)len < sizeof(answer.header) + sizeof(int) ||
	    answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error;
}

int netlink_set_up(int fd, unsigned int index)
{
	struct request request;

	begin(&request, RTM_NEWLINK, 0, sizeof(request.body.link));
	request.body.link = (struct ifinfomsg){.ifi_family = AF_UNSPEC,
					       .ifi_index = (int)index,
					       .ifi_flags = IFF_UP,
					       .ifi_change = IFF_UP};
	return ask(fd, &request);
}

static unsigned char family_of(const struct pathsim_addr *addr)
{
	return addr->family == 6 ? AF_INET6 : AF_INET;
}

static size_t size_of(const struct pathsim_addr *addr)
{
	return addr->family == 6 ? 16 : 4;
}

int netlink_add_addr(int fd, unsigned int index, const struct pathsim_addr *addr)
{
	struct request request;

	begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(request.body.addr));
	request.body.addr = (struct ifaddrmsg){
		.ifa_family = family_of(addr),
		.ifa_prefixlen = (unsigned char)(8 * size_of(addr)),
		.ifa_flags = addr->family == 6 ? IFA_F_NODAD : 0,
		.ifa_index = index,
	};
	add(&request, IFA_LOCAL, addr->bytes, size_of(addr));
	add(&request, IFA_ADDRESS, addr->bytes, size_of(addr));
	return ask(fd, &request);
}

int netlink_add_default(int fd, unsigned int index, const struct pathsim_addr *source,
			const struct pathsim_addr *via)
{
	struct request request;

	begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(request.body.route));
	request.body.route = (struct rtmsg){
		.rtm_family = family_of(source),
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope =
			via->family == 0 && source->family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = via->family != 0 ? RTNH_F_ONLINK : 0,
	};
	add(&request, RTA_OIF, &index, sizeof(index));
	add(&request, RTA_PREFSRC, source->bytes, size_of(source));
	if (via->family != 0)
		add(&request, RTA_GATEWAY, via->bytes, size_of(via));
	return ask(fd, &request);
}
