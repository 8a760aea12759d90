/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/netlink_linux.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "net/address.h"

/* Of linux/if.h, which cannot be included together with net/if.h. */
#define CARRIER (1u << 16)

/* Room for one answer: a link's takes a few KiB, even without its statistics. */
#define ANSWER_BYTES 16384

static int talk(struct mnl_socket *netlink, const struct nlmsghdr *request, mnl_cb_t parse,
		void *result)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_BYTES];
	ssize_t length;

	do
		length = mnl_socket_sendto(netlink, request, request->nlmsg_len);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	do
		length = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (mnl_cb_run(buffer, (size_t)length, 0, 0, parse, result) < 0)
		return -errno;
	return 0;
}

static int parse_link_attribute(const struct nlattr *attr, void *data)
{
	struct ttr_link_state *link = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			strncpy(link->name, mnl_attr_get_str(attr), sizeof(link->name) - 1);
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			link->mtu = mnl_attr_get_u32(attr);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int parse_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct ttr_link_state *link = data;

	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	link->index = (unsigned int)info->ifi_index;
	link->flags = info->ifi_flags;
	return mnl_attr_parse(message, sizeof(*info), parse_link_attribute, data);
}

int ttr_netlink_link(struct mnl_socket *netlink, struct ttr_link_state *link, const char *name,
		     unsigned int index)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	int status;

	if (name && strnlen(name, TTR_DEVICE_MAX) == TTR_DEVICE_MAX)
		return -ENODEV;
	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_index = (int)index;
	if (name)
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	memset(link, 0, sizeof(*link));
	status = talk(netlink, request, parse_link, link);
	if (status == 0 && link->index == 0)
		return -ENODEV;
	return status;
}

bool ttr_link_usable(const struct ttr_link_state *link)
{
	return (link->flags & IFF_UP) && (link->flags & CARRIER);
}

static struct ttr_addr take_addr(const struct nlattr *attr)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case 4:
		return ttr_addr_from_bytes(TTR_FAMILY_IPV4, mnl_attr_get_payload(attr));
	case 16:
		return ttr_addr_from_bytes(TTR_FAMILY_IPV6, mnl_attr_get_payload(attr));
	default:
		return (struct ttr_addr){.family = TTR_FAMILY_NONE};
	}
}

/* A gateway of the other family, RFC 8950: struct rtvia, which ends in the address. */
static struct ttr_addr take_via(const struct nlattr *attr)
{
	const struct rtvia *via = mnl_attr_get_payload(attr);

	if (mnl_attr_get_payload_len(attr) != offsetof(struct rtvia, rtvia_addr) + 16 ||
	    via->rtvia_family != AF_INET6)
		return (struct ttr_addr){.family = TTR_FAMILY_NONE};
	return ttr_addr_from_bytes(TTR_FAMILY_IPV6, via->rtvia_addr);
}

static int parse_metric(const struct nlattr *attr, void *data)
{
	struct ttr_route_answer *answer = data;

	if (mnl_attr_get_type(attr) == RTAX_MTU && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		answer->mtu = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int parse_route_attribute(const struct nlattr *attr, void *data)
{
	struct ttr_route_answer *answer = data;

	switch (mnl_attr_get_type(attr)) {
	case RTA_OIF:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			answer->ifindex = mnl_attr_get_u32(attr);
		break;
	case RTA_PREFSRC:
		answer->source = take_addr(attr);
		break;
	case RTA_GATEWAY:
		answer->gateway = take_addr(attr);
		break;
	case RTA_VIA:
		answer->gateway = take_via(attr);
		break;
	case RTA_METRICS:
		return mnl_attr_parse_nested(attr, parse_metric, data);
	default:
		break;
	}
	return MNL_CB_OK;
}

static int parse_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct ttr_route_answer *answer = data;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	answer->type = info->rtm_type;
	return mnl_attr_parse(message, sizeof(*info), parse_route_attribute, data);
}

static void put_addr(struct nlmsghdr *request, uint16_t type, const struct ttr_addr *addr)
{
	if (addr->family != TTR_FAMILY_NONE)
		mnl_attr_put(request, type, ttr_addr_size(addr), addr->bytes);
}

/* Kernels that do not know the protocol and port attributes have no rules on them either, and
 * ignore them. */
static void put_flow(struct nlmsghdr *request, const struct ttr_route_question *question)
{
	mnl_attr_put_u32(request, RTA_UID, question->uid);
	if (question->ifindex)
		mnl_attr_put_u32(request, RTA_OIF, question->ifindex);
	if (question->protocol)
		mnl_attr_put_u8(request, RTA_IP_PROTO, question->protocol);
	if (question->source_port)
		mnl_attr_put_u16(request, RTA_SPORT, htons(question->source_port));
	if (question->target_port)
		mnl_attr_put_u16(request, RTA_DPORT, htons(question->target_port));
}

int ttr_netlink_route(struct mnl_socket *netlink, const struct ttr_route_question *question,
		      struct ttr_route_answer *answer)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	uint8_t bits = (uint8_t)(8 * ttr_addr_size(&question->target));
	struct rtmsg *info;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->rtm_family = question->target.family == TTR_FAMILY_IPV4 ? AF_INET : AF_INET6;
	info->rtm_dst_len = bits;
	info->rtm_src_len = question->source.family == TTR_FAMILY_NONE ? 0 : bits;
	info->rtm_tos = question->tos;
	put_addr(request, RTA_DST, &question->target);
	put_addr(request, RTA_SRC, &question->source);
	put_flow(request, question);
	memset(answer, 0, sizeof(*answer));
	return talk(netlink, request, parse_route, answer);
}
