/* SPDX-License-Identifier: BSD-2-Clause */
#include "name_server.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"

#define HEADER 12

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	abort();
}

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Queries come from the library under test, which never compresses them. */
static bool read_question(struct dns_question *question, const uint8_t *query, size_t length)
{
	size_t at = HEADER, out = 0;

	if (length < HEADER)
		return false;
	while (at < length && query[at]) {
		const size_t label = query[at];

		if (at + 1 + label >= length || out + label + 1 >= sizeof(question->name))
			return false;
		memcpy(question->name + out, query + at + 1, label);
		out += label;
		question->name[out++] = '.';
		at += 1 + label;
	}
	if (at + 5 > length)
		return false;
	question->name[out ? out - 1 : 0] = '\0';
	question->id = get16(query);
	question->type = get16(query + at + 1);
	question->bytes = query + HEADER;
	question->length = at + 5 - HEADER;
	return true;
}

static void query_came(void *context, bool readable, bool writable)
{
	struct name_server *server = context;
	struct dns_question question;
	uint8_t query[4096];
	socklen_t size = sizeof(server->client);
	const ssize_t length = recvfrom(server->fd, query, sizeof(query), 0,
					(struct sockaddr *)&server->client, &size);

	(void)readable;
	(void)writable;
	if (length < 0)
		return;
	require(read_question(&question, query, (size_t)length), "question");
	server->queries++;
	if (server->answer)
		server->answer(server->context, server, &question);
}

void name_server_start(struct name_server *server, struct ttr_loop *loop)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	socklen_t size = sizeof(here);
	const int bytes = 8 << 20;

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	require(server->fd >= 0, "socket");
	setsockopt(server->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	require(!bind(server->fd, (struct sockaddr *)&here, sizeof(here)), "bind");
	require(!getsockname(server->fd, (struct sockaddr *)&here, &size), "getsockname");
	server->port = ntohs(here.sin_port);
	server->queries = 0;
	snprintf(server->address, sizeof(server->address), "127.0.0.1:%u", server->port);
	require(!ttr_watch_new(&server->watch, loop, server->fd, query_came, server), "watch");
	require(!ttr_watch_set(server->watch, true, false), "watch");
}

void name_server_stop(struct name_server *server)
{
	ttr_watch_free(server->watch);
	server->watch = NULL;
	close(server->fd);
}

void name_server_send(struct name_server *server, const void *bytes, size_t length)
{
	sendto(server->fd, bytes, length, 0, (struct sockaddr *)&server->client,
	       sizeof(server->client));
}

void dns_set16(struct dns_message *message, size_t at, uint16_t value)
{
	message->bytes[at] = (uint8_t)(value >> 8);
	message->bytes[at + 1] = (uint8_t)value;
}

void dns_append(struct dns_message *message, const void *bytes, size_t length)
{
	require(message->length + length <= sizeof(message->bytes), "message");
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

void dns_append16(struct dns_message *message, unsigned int value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	dns_append(message, bytes, sizeof(bytes));
}

void dns_begin(struct dns_message *message, const struct dns_question *question, uint16_t flags)
{
	message->length = HEADER;
	memset(message->bytes, 0, HEADER);
	dns_set16(message, 0, question->id);
	dns_set16(message, 2, flags);
	dns_set16(message, 4, 1);
	dns_append(message, question->bytes, question->length);
}

void dns_record_of(struct dns_message *message, const void *owner, size_t owner_length,
		   enum dns_type type, uint32_t ttl, const void *rdata, size_t length)
{
	dns_append(message, owner, owner_length);
	dns_append16(message, type);
	dns_append16(message, 1);
	dns_append16(message, ttl >> 16);
	dns_append16(message, ttl & 0xffff);
	dns_append16(message, (unsigned int)length);
	dns_append(message, rdata, length);
	dns_set16(message, 6, (uint16_t)(get16(message->bytes + 6) + 1));
}

void dns_record(struct dns_message *message, enum dns_type type, const void *rdata, size_t length)
{
	static const uint8_t to_question[2] = {0xc0, HEADER};

	dns_record_of(message, to_question, sizeof(to_question), type, 60, rdata, length);
}

size_t dns_wire_name(uint8_t wire[static 512], const char *name)
{
	size_t length = 0;

	while (*name) {
		const size_t label = strcspn(name, ".");

		wire[length] = (uint8_t)label;
		memcpy(wire + length + 1, name, label);
		length += label + 1;
		name += label + (name[label] == '.');
	}
	wire[length] = 0;
	return length + 1;
}
