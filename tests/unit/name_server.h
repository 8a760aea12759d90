/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name server on 127.0.0.1, inside the test and on its loop, that says what the test wants.
 *
 * Its messages are made here byte by byte, with nothing of the program's own code.
 */
#ifndef TESTS_NAME_SERVER_H
#define TESTS_NAME_SERVER_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct ttr_loop;
struct ttr_watch;

#define DNS_QR 0x8000
#define DNS_TC 0x0200
#define DNS_RD_RA 0x0180
#define DNS_OK (DNS_QR | DNS_RD_RA)

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_AAAA = 28,
};

struct dns_question {
	uint16_t id;
	uint16_t type;
	char name[256];       /* with dots, without the final one */
	const uint8_t *bytes; /* question section as it came */
	size_t length;
};

struct dns_message {
	size_t length;
	uint8_t bytes[65535];
};

struct name_server {
	int fd;
	uint16_t port;
	char address[32]; /* for the resolver's `servers` */
	unsigned int queries;
	struct ttr_watch *watch;
	void (*answer)(void *context, struct name_server *server,
		       const struct dns_question *question);
	void *context;
	struct sockaddr_in client; /* of the last query */
};

void name_server_start(struct name_server *server, struct ttr_loop *loop);
void name_server_stop(struct name_server *server);

/* To the last one who asked. */
void name_server_send(struct name_server *server, const void *bytes, size_t length);

/* Header with counters of 1 and 0, and the question. */
void dns_begin(struct dns_message *message, const struct dns_question *question, uint16_t flags);
void dns_set16(struct dns_message *message, size_t at, uint16_t value);
void dns_append(struct dns_message *message, const void *bytes, size_t length);
void dns_append16(struct dns_message *message, unsigned int value);

/* A record for the question's name (by a pointer to it), counted in the header. */
void dns_record(struct dns_message *message, enum dns_type type, const void *rdata, size_t length);

/* The same for an owner in wire format. */
void dns_record_of(struct dns_message *message, const void *owner, size_t owner_length,
		   enum dns_type type, uint32_t ttl, const void *rdata, size_t length);

/* Dotted text to wire format; returns its length. */
size_t dns_wire_name(uint8_t wire[static 512], const char *name);

#endif
