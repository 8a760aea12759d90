/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/filter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Where the source port of the quoted TCP header is: behind 8 bytes of ICMP header and a quoted
 * IPv4 header of its own length, or behind 48 bytes of ICMPv6 header and quoted IPv6 header. */
#define QUOTED_PORT "icmp[8 + ((icmp[8] & 0xf) << 2):2]"
#define QUOTED_PORT6 "ip6[88:2]"

/* Where the quoted destination is, behind 8 bytes of ICMP header (RFC 792, RFC 4443). */
#define QUOTED_TARGET "icmp[24:4]"
#define QUOTED_TARGET6_AT 72

/* The quoted source is not who the error was sent to: a translator did not put it back. */
#define QUOTES_ANOTHER "icmp[20:4] != ip[16:4]"
#define QUOTES_ANOTHER6                                                                            \
	"ip6[56:4] != ip6[24:4] or ip6[60:4] != ip6[28:4] or "                                     \
	"ip6[64:4] != ip6[32:4] or ip6[68:4] != ip6[36:4]"

/* An address as text, in the longest form: eight groups of four digits. */
#define ADDR_TEXT_MAX 40

struct writer {
	char *at;
	size_t left;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *to, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(to->at, to->left, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= to->left) {
		to->full = true;
		return;
	}
	to->at += length;
	to->left -= (size_t)length;
}

/* All eight groups of an IPv6 address are written: libpcap takes some of the shorter forms for
 * something else. */
static void format_addr(char text[static ADDR_TEXT_MAX], const struct ttr_addr *addr)
{
	const uint8_t *b = addr->bytes;
	struct writer to = {.at = text, .left = ADDR_TEXT_MAX};

	if (addr->family == TTR_FAMILY_IPV4) {
		put(&to, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
		return;
	}
	for (unsigned int i = 0; i < 16; i += 2)
		put(&to, "%s%x", i ? ":" : "", (unsigned int)b[i] << 8 | b[i + 1]);
}

static void find_range(uint16_t *low, uint16_t *high, const struct ttr_filter *filter)
{
	*low = UINT16_MAX;
	*high = 0;
	for (size_t i = 0; i < filter->port_count; i++) {
		if (filter->ports[i] < *low)
			*low = filter->ports[i];
		if (filter->ports[i] > *high)
			*high = filter->ports[i];
	}
}

/* What, a loaded field or "dst port", is one of our ports. equal stands between them, "= " or "".
 */
static void put_ports(struct writer *to, const char *what, const char *equal,
		      const struct ttr_filter *filter)
{
	for (size_t i = 0; i < filter->port_count; i++)
		put(to, "%s%s %s%u", i ? " or " : "", what, equal, filter->ports[i]);
}

static void put_port_test(struct writer *to, const char *direction, const struct ttr_filter *filter)
{
	char what[16];
	uint16_t low, high;

	if (filter->port_count == 0)
		return;
	if (filter->port_count > TTR_FILTER_PORTS_LISTED) {
		find_range(&low, &high, filter);
		put(to, " and %s portrange %u-%u", direction, low, high);
		return;
	}
	snprintf(what, sizeof(what), "%s port", direction);
	put(to, " and (");
	put_ports(to, what, "", filter);
	put(to, ")");
}

static void put_quote_test(struct writer *to, const char *field, const struct ttr_filter *filter)
{
	uint16_t low, high;

	if (filter->port_count > TTR_FILTER_PORTS_LISTED) {
		find_range(&low, &high, filter);
		put(to, "%s >= %u and %s <= %u", field, low, field, high);
		return;
	}
	put_ports(to, field, "= ", filter);
}

static uint32_t word(const struct ttr_addr *addr, unsigned int at)
{
	const uint8_t *b = &addr->bytes[at];

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* " and (...)": the quote has one of our ports, or our target: a translator may have put another
 * source, and another port, into it. */
static void put_quote(struct writer *to, const struct ttr_filter *filter)
{
	const bool ipv4 = filter->source.family == TTR_FAMILY_IPV4;

	if (filter->port_count == 0)
		return;
	put(to, " and ((");
	if (ipv4)
		put(to, QUOTED_TARGET " = %u", word(&filter->target, 0));
	for (unsigned int i = 0; !ipv4 && i < 16; i += 4)
		put(to, "%sip6[%u:4] = %u", i ? " and " : "", QUOTED_TARGET6_AT + i,
		    word(&filter->target, i));
	put(to, ") or (");
	put_quote_test(to, ipv4 ? QUOTED_PORT : QUOTED_PORT6, filter);
	put(to, "))");
}

static void put_tcp(struct writer *to, const struct ttr_filter *filter)
{
	char source[ADDR_TEXT_MAX], target[ADDR_TEXT_MAX];

	format_addr(source, &filter->source);
	format_addr(target, &filter->target);
	put(to, "(tcp and src host %s and dst host %s", target, source);
	put_port_test(to, "dst", filter);
	put(to, ") or (tcp and src host %s and dst host %s", source, target);
	put_port_test(to, "src", filter);
	put(to, ")");
}

static void put_icmp(struct writer *to, const struct ttr_filter *filter)
{
	char source[ADDR_TEXT_MAX];

	format_addr(source, &filter->source);
	put(to, " or (icmp and dst host %s and (icmp[0] = 3 or icmp[0] = 11) and icmp[17] = 6",
	    source);
	put_quote(to, filter);
	put(to, ")");
}

/* libpcap's own words for ICMPv6 and for header chains need a loop, which the kernel does not run;
 * the bytes are tested instead: next header at 6, ICMPv6 type at 40, next header of the quote at
 * 54. */
static void put_icmp6(struct writer *to, const struct ttr_filter *filter)
{
	char source[ADDR_TEXT_MAX];

	format_addr(source, &filter->source);
	put(to, " or (dst host %s and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60", source);
	put(to, " or (ip6[6] = 58 and ip6[40] >= 1 and ip6[40] <= 3 and");
	put(to, " (ip6[54] = 0 or ip6[54] = 43 or ip6[54] = 44 or ip6[54] = 60 or (ip6[54] = 6");
	put_quote(to, filter);
	put(to, ")))))");
}

static void put_flows(struct writer *to, const struct ttr_filter *filter)
{
	bool ipv4 = filter->source.family == TTR_FAMILY_IPV4;

	put(to, "%s and (", ipv4 ? "ip" : "ip6");
	put_tcp(to, filter);
	if (ipv4)
		put_icmp(to, filter);
	else
		put_icmp6(to, filter);
	put(to, ")");
}

int ttr_filter_write(char *text, size_t size, const struct ttr_filter *filter, bool vlan)
{
	struct writer to = {.at = text, .left = size};

	if (filter->source.family != filter->target.family ||
	    filter->source.family == TTR_FAMILY_NONE)
		return -EINVAL;
	put_flows(&to, filter);
	if (vlan) {
		/* "vlan" moves the offsets of everything behind it, so it comes last. */
		put(&to, " or (vlan and ");
		put_flows(&to, filter);
		put(&to, ")");
	}
	return to.full ? -ENOSPC : 0;
}

static void put_incoming(struct writer *to, const struct ttr_filter *filter)
{
	put(to, "(ip and ((tcp");
	put_port_test(to, "dst", filter);
	put(to, ") or (icmp and (icmp[0] = 3 or icmp[0] = 11) and icmp[17] = 6 and (");
	put_quote_test(to, QUOTED_PORT, filter);
	put(to, " or " QUOTES_ANOTHER ")))) or (ip6 and ((tcp");
	put_port_test(to, "dst", filter);
	put(to, ") or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60");
	put(to, " or (ip6[6] = 58 and ip6[40] >= 1 and ip6[40] <= 3 and");
	put(to,
	    " (ip6[54] = 0 or ip6[54] = 43 or ip6[54] = 44 or ip6[54] = 60 or (ip6[54] = 6 and (");
	put_quote_test(to, QUOTED_PORT6, filter);
	put(to, " or " QUOTES_ANOTHER6 "))))))");
}

int ttr_filter_write_incoming(char *text, size_t size, const uint16_t *ports, size_t port_count,
			      bool vlan)
{
	const struct ttr_filter filter = {.ports = ports, .port_count = port_count};
	struct writer to = {.at = text, .left = size};

	put_incoming(&to, &filter);
	if (vlan) {
		put(&to, " or (vlan and (");
		put_incoming(&to, &filter);
		put(&to, "))");
	}
	return to.full ? -ENOSPC : 0;
}
