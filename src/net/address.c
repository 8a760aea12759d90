/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(TTR_ADDR_TEXT_MAX >= INET6_ADDRSTRLEN, "any address fits");
_Static_assert(TTR_SCOPE_MAX >= IF_NAMESIZE, "any device fits");

/* A part of a text, not terminated. */
struct part {
	const char *start;
	size_t length;
};

static bool copy_part(char *to, size_t size, struct part part)
{
	if (part.length >= size)
		return false;
	memcpy(to, part.start, part.length);
	to[part.length] = '\0';
	return true;
}

static bool parse_part(struct ttr_addr *addr, enum ttr_family family, struct part part)
{
	char text[TTR_ADDR_TEXT_MAX];
	uint8_t bytes[16];

	if (!copy_part(text, sizeof(text), part))
		return false;
	if (inet_pton(family == TTR_FAMILY_IPV4 ? AF_INET : AF_INET6, text, bytes) != 1)
		return false;
	*addr = ttr_addr_from_bytes(family, bytes);
	return true;
}

static bool strip_brackets(struct part *part)
{
	if (part->length < 2 || part->start[0] != '[' || part->start[part->length - 1] != ']')
		return false;
	part->start++;
	part->length -= 2;
	return true;
}

static struct part split_scope(struct part *part)
{
	const char *percent = memchr(part->start, '%', part->length);
	struct part scope = {0};

	if (percent) {
		scope.start = percent + 1;
		scope.length = part->length - (size_t)(scope.start - part->start);
		part->length = (size_t)(percent - part->start);
	}
	return scope;
}

int ttr_addr_parse(struct ttr_addr *addr, char scope[static TTR_SCOPE_MAX], const char *text)
{
	struct part host = {text, strlen(text)};
	struct part device;
	struct ttr_addr six;

	if (!strip_brackets(&host) && parse_part(addr, TTR_FAMILY_IPV4, host)) {
		scope[0] = '\0';
		return 0;
	}
	device = split_scope(&host);
	if (!parse_part(&six, TTR_FAMILY_IPV6, host))
		return TTR_ADDR_NO;
	if (!device.start)
		device.start = "";
	else if (!device.length || device.length >= TTR_SCOPE_MAX)
		return TTR_ADDR_BAD_SCOPE;
	copy_part(scope, TTR_SCOPE_MAX, device);
	*addr = six;
	return 0;
}

const char *ttr_addr_format(char text[static TTR_ADDR_TEXT_MAX], const struct ttr_addr *addr)
{
	const int family = addr->family == TTR_FAMILY_IPV4 ? AF_INET : AF_INET6;

	if (addr->family == TTR_FAMILY_NONE ||
	    !inet_ntop(family, addr->bytes, text, TTR_ADDR_TEXT_MAX))
		text[0] = '\0';
	return text;
}

/* 0: not the number of a device. */
static unsigned int device_number(const char *text)
{
	char name[IF_NAMESIZE];
	unsigned long number;
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 9 || text[digits])
		return 0;
	number = strtoul(text, NULL, 10);
	return if_indextoname((unsigned int)number, name) ? (unsigned int)number : 0;
}

int ttr_scope_index(unsigned int *index, const char *scope)
{
	unsigned int found = if_nametoindex(scope);

	if (!found && errno != ENODEV && errno != ENXIO)
		return -errno;
	if (!found)
		found = device_number(scope);
	if (!found)
		return TTR_ADDR_NO_DEVICE;
	*index = found;
	return 0;
}

static socklen_t to_socket4(struct sockaddr_storage *storage, const struct ttr_addr *addr,
			    uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	memcpy(&in.sin_addr, addr->bytes, sizeof(in.sin_addr));
	memcpy(storage, &in, sizeof(in));
	return sizeof(in);
}

static socklen_t to_socket6(struct sockaddr_storage *storage, const struct ttr_addr *addr,
			    uint16_t port, unsigned int scope)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope};

	memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
	memcpy(storage, &in6, sizeof(in6));
	return sizeof(in6);
}

socklen_t ttr_addr_to_socket(struct sockaddr_storage *storage, const struct ttr_addr *addr,
			     uint16_t port, unsigned int scope)
{
	memset(storage, 0, sizeof(*storage));
	switch (addr->family) {
	case TTR_FAMILY_IPV4:
		return to_socket4(storage, addr, port);
	case TTR_FAMILY_IPV6:
		return to_socket6(storage, addr, port, scope);
	default:
		return 0;
	}
}

struct ttr_addr ttr_addr_from_socket(const struct sockaddr *from)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (from->sa_family) {
	case AF_INET:
		memcpy(&in, from, sizeof(in));
		return ttr_addr_from_bytes(TTR_FAMILY_IPV4, &in.sin_addr);
	case AF_INET6:
		memcpy(&in6, from, sizeof(in6));
		return ttr_addr_from_bytes(TTR_FAMILY_IPV6, &in6.sin6_addr);
	default:
		return (struct ttr_addr){.family = TTR_FAMILY_NONE};
	}
}

struct ttr_addr ttr_addr_from_bytes(enum ttr_family family, const void *bytes)
{
	struct ttr_addr addr = {.family = (uint8_t)family};

	memcpy(addr.bytes, bytes, ttr_addr_size(&addr));
	return addr;
}
