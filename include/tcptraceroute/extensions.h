/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a router adds behind the quote of an ICMP error: extension objects (RFC 4884 section 7).
 *
 * Plain data without pointers. All numbers are in host byte order. Nothing of it is proven: whoever
 * answers can write what he likes.
 */
#ifndef TCPTRACEROUTE_EXTENSIONS_H
#define TCPTRACEROUTE_EXTENSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/address.h"

/* How much of each is kept; what is beyond is counted as truncated. */
#define TTR_LABELS_MAX 8
#define TTR_OBJECTS_MAX 2
#define TTR_OBJECT_BYTES_MAX 16

/* RFC 5837 section 4.3: without the byte of its length. */
#define TTR_INTERFACE_NAME_MAX 63

/* One entry of the MPLS label stack that the probe arrived with: RFC 4950, RFC 3032 section 2.1. */
struct ttr_label {
	uint32_t label; /* 20 bits */
	uint8_t tc;     /* traffic class, 3 bits: RFC 5462 */
	bool bottom;    /* of the stack */
	uint8_t ttl;
};

/* Whose interface it is: RFC 5837 section 4.1, the values of the two bits. */
enum ttr_interface_role {
	TTR_INTERFACE_INCOMING, /* that the probe came in by */
	TTR_INTERFACE_SUB_IP,   /* a part of that one, below IP */
	TTR_INTERFACE_OUTGOING, /* that it would have left by */
	TTR_INTERFACE_NEXT_HOP, /* the IP next hop */
};

/* RFC 5837. The answering router says of it what it likes to, which may be nothing. */
struct ttr_interface {
	bool known; /* false: no such object was there */
	enum ttr_interface_role role;
	uint32_t index;                        /* ifIndex; 0: not said */
	uint32_t mtu;                          /* bytes; 0: not said */
	struct ttr_addr address;               /* NONE: not said */
	char name[TTR_INTERFACE_NAME_MAX + 1]; /* any bytes but 0; "": not said */
};

/* An object that is of no known kind, or not as its kind has to be. */
struct ttr_object {
	uint8_t class_number; /* IANA: ICMP Extension Object Classes */
	uint8_t type;
	uint16_t length; /* bytes behind the object's header */
	uint8_t bytes[TTR_OBJECT_BYTES_MAX];
};

struct ttr_extensions {
	/* Something was announced that is not there, or is not right: a length beyond the message,
	 * another version, a wrong checksum (nothing of it was read), or an object that does not
	 * fit (it and what follows was not read). */
	bool invalid;
	bool labels_truncated;
	bool objects_truncated;
	uint8_t label_count;
	uint8_t object_count;
	struct ttr_label labels[TTR_LABELS_MAX]; /* the outermost first */
	struct ttr_interface interface;          /* the first one; others are objects */
	struct ttr_object objects[TTR_OBJECTS_MAX];
};

#endif
