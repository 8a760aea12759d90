/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What recvmsg(MSG_ERRQUEUE) gives to a socket of the unprivileged mode, read a second time with
 * the system's own macros.
 *
 * Input: a byte of flags (below), control messages, each a byte that says which (enum control) and
 * its data, as many bytes as it has; what is left is the payload. With RAW the length byte that
 * follows the flags says how much of the input is control data as it is.
 */
#include "net/errqueue.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
/* Uses struct timespec, which it does not declare. */
#include <linux/errqueue.h>

#include "fuzz.h"
#include "guard.h"

#define CONTROL_MAX 512

enum {
	FLAG_SIX = 0x01,
	FLAG_RAW = 0x02,
	FLAG_TRUNCATED = 0x04,
	FLAG_NO_BUFFER = 0x08,
	FLAG_MORE = 0x10,  /* more bytes than the buffer has */
	FLAG_SHORT = 0x20, /* the last control message is one byte shorter than it says */
};

enum control {
	CONTROL_TTL,
	CONTROL_STAMP,
	CONTROL_ERROR,
	CONTROL_OTHER, /* level, type and length from the input */
	CONTROL_KINDS,
};

struct input {
	const uint8_t *at;
	size_t left;
};

struct made {
	_Alignas(struct cmsghdr) uint8_t bytes[CONTROL_MAX];
	size_t length;
};

/* What a second reader sees. */
struct seen {
	bool error, stamp, ttl;
	struct sock_extended_err report;
	uint8_t offender[sizeof(struct sockaddr_in6)];
	struct timespec time;
	int hops;
};

static struct guard guard_control, guard_payload;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guard_init(&guard_control);
	guard_init(&guard_payload);
	return 0;
}

static uint8_t take(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static void add(struct made *made, int level, int type, struct input *input, size_t size)
{
	struct cmsghdr header = {
		.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};
	uint8_t *to = made->bytes + made->length;

	if (made->length + CMSG_SPACE(size) > CONTROL_MAX)
		return;
	memcpy(to, &header, sizeof(header));
	for (size_t i = 0; i < size; i++)
		to[CMSG_LEN(i)] = take(input);
	made->length += CMSG_SPACE(size);
}

/* As the kernel would make it, but for what the input says. */
static void add_error(struct made *made, bool six, struct input *input)
{
	const size_t size = sizeof(struct sock_extended_err) +
			    (six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	uint8_t *data = made->bytes + made->length + CMSG_LEN(0);
	const size_t before = made->length;
	struct sock_extended_err error;
	const uint8_t how = take(input);
	sa_family_t family = six ? AF_INET6 : AF_INET;

	add(made, six ? SOL_IPV6 : SOL_IP, six ? IPV6_RECVERR : IP_RECVERR, input, size);
	if (made->length == before)
		return;
	memcpy(&error, data, sizeof(error));
	if (how & 1)
		error.ee_origin = six ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP;
	if (how & 2)
		error.ee_type = six ? 3 : 11;
	if (how & 4)
		error.ee_code = 0;
	if (how & 8)
		error.ee_rfc4884.len = how >> 4 & 7 ? (uint16_t)(how >> 4 & 7) * 8 : 0;
	memcpy(data, &error, sizeof(error));
	if (how & 0x80)
		memcpy(data + sizeof(error), &family, sizeof(family));
}

static bool add_control(struct made *made, bool six, struct input *input)
{
	const uint8_t kind = take(input);
	int level, type;

	switch (kind) {
	case CONTROL_TTL:
		add(made, six ? SOL_IPV6 : SOL_IP, six ? IPV6_HOPLIMIT : IP_TTL, input,
		    sizeof(int));
		return true;
	case CONTROL_STAMP:
		add(made, SOL_SOCKET, SO_TIMESTAMPNS, input, sizeof(struct timespec));
		return true;
	case CONTROL_ERROR:
		add_error(made, six, input);
		return true;
	case CONTROL_OTHER:
		level = take(input);
		type = take(input);
		add(made, level, type, input, take(input) % 64);
		return true;
	default:
		return false;
	}
}

static void make(struct made *made, uint8_t flags, struct input *input)
{
	size_t count;

	made->length = 0;
	if (flags & FLAG_RAW) {
		count = take(input);
		if (count > input->left)
			count = input->left;
		memcpy(made->bytes, input->at, count);
		made->length = count;
		input->at += count;
		input->left -= count;
		return;
	}
	while (input->left && add_control(made, flags & FLAG_SIX, input))
		;
	if (flags & FLAG_SHORT && made->length)
		made->length--;
}

static bool holds(const struct cmsghdr *control, int level, int type, size_t size)
{
	return control->cmsg_level == level && control->cmsg_type == type &&
	       control->cmsg_len >= CMSG_LEN(size);
}

/* The last one of each kind counts, and an error that is too short takes back the one before. */
static void look(struct seen *seen, bool six, const struct cmsghdr *control)
{
	const int level = six ? SOL_IPV6 : SOL_IP, error = six ? IPV6_RECVERR : IP_RECVERR;
	const size_t address = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if (holds(control, SOL_SOCKET, SO_TIMESTAMPNS, sizeof(seen->time))) {
		memcpy(&seen->time, CMSG_DATA(control), sizeof(seen->time));
		seen->stamp = true;
	} else if (holds(control, level, six ? IPV6_HOPLIMIT : IP_TTL, sizeof(int))) {
		memcpy(&seen->hops, CMSG_DATA(control), sizeof(int));
		seen->ttl |= seen->hops >= 0 && seen->hops <= UINT8_MAX;
	} else if (control->cmsg_level == level && control->cmsg_type == error) {
		seen->error = holds(control, level, error, sizeof(seen->report) + address);
		if (!seen->error)
			return;
		memcpy(&seen->report, CMSG_DATA(control), sizeof(seen->report));
		memcpy(seen->offender, CMSG_DATA(control) + sizeof(seen->report), address);
	}
}

/* In a copy with nothing but zeros behind it. */
static void read_again(struct seen *seen, bool six, const struct made *made)
{
	static _Alignas(struct cmsghdr) uint8_t copy[CONTROL_MAX + sizeof(struct cmsghdr)];
	struct msghdr message = {.msg_control = copy, .msg_controllen = made->length};
	struct cmsghdr *control;

	memset(copy, 0, sizeof(copy));
	memcpy(copy, made->bytes, made->length);
	memset(seen, 0, sizeof(*seen));
	for (control = CMSG_FIRSTHDR(&message); control; control = CMSG_NXTHDR(&message, control)) {
		const size_t left = made->length - (size_t)((uint8_t *)control - copy);

		if (control->cmsg_len < sizeof(*control) || control->cmsg_len > left)
			break;
		look(seen, six, control);
	}
}

/* RFC 792, RFC 4443: time exceeded in transit, unreachable, and packet too big, which is that. */
static bool is_answer(bool six, const struct sock_extended_err *error)
{
	const uint8_t type = error->ee_type;

	if (error->ee_origin != (six ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP))
		return false;
	if (type == (six ? 3 : 11))
		return error->ee_code == 0;
	return type == (six ? 1 : 3) || (six && type == 2);
}

static void check(const struct ttr_errqueue_entry *entry, bool six, const struct seen *seen)
{
	const uint8_t *address = seen->offender + (six ? offsetof(struct sockaddr_in6, sin6_addr)
						       : offsetof(struct sockaddr_in, sin_addr));
	const struct ttr_reply *reply = &entry->reply;

	CHECK(seen->error && is_answer(six, &seen->report));
	CHECK(reply->source.family == (six ? TTR_FAMILY_IPV6 : TTR_FAMILY_IPV4));
	CHECK(memcmp(reply->source.bytes, address, six ? 16 : 4) == 0);
	CHECK(reply->kind == (seen->report.ee_type == (six ? 3 : 11) ? TTR_REPLY_TIME_EXCEEDED
								     : TTR_REPLY_UNREACHABLE));
	CHECK(reply->icmp_type == seen->report.ee_type);
	CHECK(reply->icmp_code == seen->report.ee_code);
	CHECK(entry->has_stamp == seen->stamp);
	CHECK(seen->ttl || reply->ttl == 0);
	CHECK(reply->extensions.label_count <= TTR_LABELS_MAX);
	CHECK(reply->extensions.object_count <= TTR_OBJECTS_MAX);
}

static bool is_of_family(bool six, const struct seen *seen)
{
	sa_family_t family;

	memcpy(&family, seen->offender, sizeof(family));
	return family == (six ? AF_INET6 : AF_INET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size > GUARD_ROOM ? GUARD_ROOM : size};
	const uint8_t flags = take(&input);
	const bool six = flags & FLAG_SIX;
	struct ttr_errqueue_entry entry;
	struct msghdr message = {.msg_flags = flags & FLAG_TRUNCATED ? MSG_TRUNC : 0};
	struct iovec payload;
	struct made made;
	struct seen seen;
	bool found;

	make(&made, flags, &input);
	/* as near to the end as its alignment goes */
	message.msg_control = guard_room(&guard_control, (made.length + 7) / 8 * 8);
	message.msg_controllen = made.length;
	memcpy(message.msg_control, made.bytes, made.length);
	payload.iov_base = guard_copy(&guard_payload, input.at, input.left);
	payload.iov_len = input.left;
	message.msg_iov = &payload;
	message.msg_iovlen = !(flags & FLAG_NO_BUFFER);
	memset(&entry, 0xee, sizeof(entry));
	found = ttr_errqueue_read(&entry, six ? TTR_FAMILY_IPV6 : TTR_FAMILY_IPV4, &message,
				  (unsigned int)input.left + (flags & FLAG_MORE ? 1 : 0));
	read_again(&seen, six, &made);
	if (found)
		check(&entry, six, &seen);
	else
		CHECK(!seen.error || !is_answer(six, &seen.report) || !is_of_family(six, &seen));
	return 0;
}
