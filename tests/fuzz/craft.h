/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inputs that get through: a fuzzer finds no checksum and no secret by itself, so the first bytes
 * of an input say which of them are put into the packet that the rest of it is.
 *
 *	byte 0		kind of engine
 *	byte 1		probe
 *	bytes 2, 3	what is put in, below, low byte first
 *	the rest	an IP packet
 */
#ifndef TESTS_FUZZ_CRAFT_H
#define TESTS_FUZZ_CRAFT_H

#include "guard.h"
#include "live.h"

#define CRAFT_HEAD 4
#define CRAFT_PACKET_MAX 2048

enum {
	CRAFT_VERSION = 0x0001,  /* version, and the protocol that fits the target */
	CRAFT_LENGTH = 0x0002,   /* of the IP packet: what is there */
	CRAFT_TARGET = 0x0004,   /* where the probe came from */
	CRAFT_CHECKSUM = 0x0008, /* of an IPv4 header */
	/* ICMP */
	CRAFT_ICMP_CHECKSUM = 0x0010,
	CRAFT_TYPE = 0x0020,               /* time exceeded */
	CRAFT_EXTENSION_CHECKSUM = 0x0040, /* where the length field says that extensions begin */
	CRAFT_QUOTED_IP = 0x0100,          /* version, length and protocol of the probe */
	CRAFT_QUOTED_ADDRESSES = 0x0200,
	CRAFT_QUOTED_ID = 0x0400,
	CRAFT_QUOTED_PORTS = 0x0800,
	CRAFT_QUOTED_SEQ = 0x1000,
	CRAFT_QUOTED_REST = 0x2000, /* what follows the sequence number */
	/* TCP */
	CRAFT_SOURCE = 0x0010, /* where the probe went to */
	CRAFT_OFFSET = 0x0020, /* of the data, as far as there is room for options */
	CRAFT_PORTS = 0x0100,
	CRAFT_ACK = 0x0200,  /* the secret, as the probe's kind wants it back */
	CRAFT_FLAG = 0x0400, /* SYN/ACK */
	CRAFT_ECHO = 0x0800, /* a timestamp option that echoes the probe's */
	CRAFT_OWN = 0x1000,  /* not an answer, but the probe itself */
};

struct craft {
	const struct live *live;
	unsigned int kind; /* which of them it is */
	unsigned int probe;
	unsigned int flags;
	uint8_t *packet;
	unsigned int size;
};

/* False: the input is too short or too long. */
bool craft_begin(struct craft *craft, const struct guard *guard, const struct live *live,
		 unsigned int kinds, const uint8_t *data, size_t size);

void craft_error(struct craft *craft);
void craft_segment(struct craft *craft);

#endif
