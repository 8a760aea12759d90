/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/errqueue.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
/* Uses struct timespec, which it does not declare. */
#include <linux/errqueue.h>

#include "core/extensions.h"
#include "core/icmp.h"
#include "core/ipv4.h"
#include "core/ipv6.h"
#include "net/address.h"
#include "tcptraceroute/probe.h"

/* An error and, behind it, the address of who sent it. */
struct report {
	struct sock_extended_err error;
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} offender;
};

/* The control message at *at, which moves on behind it; NULL at the end, or when it is cut off. */
static const struct cmsghdr *next_control(const struct msghdr *message, size_t *at)
{
	const struct cmsghdr *control;
	size_t left = message->msg_controllen - *at;

	if (*at > message->msg_controllen || left < sizeof(*control))
		return NULL;
	control = (const void *)((const char *)message->msg_control + *at);
	if (control->cmsg_len < sizeof(*control) || control->cmsg_len > left)
		return NULL;
	*at += CMSG_ALIGN(control->cmsg_len);
	return control;
}

static bool copy_control(void *to, size_t size, const struct cmsghdr *control)
{
	if (control->cmsg_len < CMSG_LEN(size))
		return false;
	memcpy(to, CMSG_DATA(control), size);
	return true;
}

/* The offender's address is as long as its family's. */
static bool copy_report(struct report *report, const struct cmsghdr *control, bool ipv4)
{
	size_t size = sizeof(report->error) +
		      (ipv4 ? sizeof(report->offender.ipv4) : sizeof(report->offender.ipv6));

	return copy_control(report, size, control);
}

static void take_stamp(struct ttr_errqueue_entry *entry, const struct cmsghdr *control)
{
	struct timespec time;

	if (!copy_control(&time, sizeof(time), control))
		return;
	entry->has_stamp = true;
	entry->stamp.ns = time.tv_sec * TTR_NS_PER_S + time.tv_nsec;
}

static void take_ttl(struct ttr_errqueue_entry *entry, const struct cmsghdr *control)
{
	int ttl;

	if (copy_control(&ttl, sizeof(ttl), control) && ttl >= 0 && ttl <= UINT8_MAX)
		entry->reply.ttl = (uint8_t)ttl;
}

/* True if there was a report of an error. */
static bool take_controls(struct ttr_errqueue_entry *entry, struct report *report, bool ipv4,
			  const struct msghdr *message)
{
	const int level = ipv4 ? SOL_IP : SOL_IPV6;
	const int error = ipv4 ? IP_RECVERR : IPV6_RECVERR;
	const int ttl = ipv4 ? IP_TTL : IPV6_HOPLIMIT;
	const struct cmsghdr *control;
	bool found = false;
	size_t at = 0;

	while ((control = next_control(message, &at))) {
		if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_TIMESTAMPNS)
			take_stamp(entry, control);
		else if (control->cmsg_level == level && control->cmsg_type == ttl)
			take_ttl(entry, control);
		else if (control->cmsg_level == level && control->cmsg_type == error)
			found = copy_report(report, control, ipv4);
	}
	return found;
}

/* What is left of a quote of 128 bytes (RFC 4884 section 5.5) when its IP header, which has no
 * options because the probe's has none, is taken away. */
static unsigned int unannounced_start(bool ipv4)
{
	return TTR_ICMP_QUOTE_MIN_BYTES - (ipv4 ? TTR_IPV4_HEADER_MIN : TTR_IPV6_HEADER);
}

static void read_extensions(struct ttr_extensions *extensions, const struct report *report,
			    bool ipv4, const struct msghdr *message, unsigned int bytes)
{
	unsigned int announced = report->error.ee_rfc4884.len;
	struct ttr_cursor area;

	if (message->msg_iovlen == 0 || bytes > message->msg_iov->iov_len ||
	    message->msg_flags & MSG_TRUNC)
		return;
	area = ttr_cursor_over(message->msg_iov->iov_base, bytes);
	ttr_cursor_take(&area, announced ? announced : unannounced_start(ipv4));
	if (area.failed || (!announced && !ttr_extensions_fit(&area, false)))
		return;
	ttr_extensions_read(extensions, area);
}

static bool is_icmp(const struct sock_extended_err *error, bool ipv4)
{
	return error->ee_origin == (ipv4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6);
}

bool ttr_errqueue_read(struct ttr_errqueue_entry *entry, enum ttr_family family,
		       const struct msghdr *message, unsigned int bytes)
{
	const bool ipv4 = family == TTR_FAMILY_IPV4;
	struct ttr_reply *reply = &entry->reply;
	struct report report;

	memset(entry, 0, sizeof(*entry));
	memset(&report, 0, sizeof(report));
	if (!take_controls(entry, &report, ipv4, message) || !is_icmp(&report.error, ipv4))
		return false;
	reply->source = ttr_addr_from_socket(&report.offender.any);
	reply->icmp_type = report.error.ee_type;
	reply->icmp_code = report.error.ee_code;
	if (reply->source.family != family ||
	    ttr_icmp_classify(&reply->kind, family, reply->icmp_type, reply->icmp_code) !=
		    TTR_DECODE_OK)
		return false;
	read_extensions(&reply->extensions, &report, ipv4, message, bytes);
	return true;
}

enum ttr_errqueue_state ttr_errqueue_judge(struct ttr_reply *reply, const struct ttr_addr *target,
					   uint8_t state, int error, bool ecn)
{
	memset(reply, 0, sizeof(*reply));
	reply->kind = TTR_REPLY_TCP;
	reply->source = *target;
	reply->tcp.has_flags = true;
	reply->tcp.flags = TTR_TCP_SYN | TTR_TCP_ACK | (ecn ? TTR_TCP_ECE : 0);
	switch (state) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		return TTR_ERRQUEUE_WAITING;
	case TCP_CLOSE:
		if (error == ECONNREFUSED)
			reply->tcp.flags = TTR_TCP_RST | TTR_TCP_ACK;
		else if (error != ECONNRESET && error != EPIPE)
			return TTR_ERRQUEUE_DEAD;
		return TTR_ERRQUEUE_ANSWERED;
	default:
		return TTR_ERRQUEUE_ANSWERED;
	}
}
