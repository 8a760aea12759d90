/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells a connecting socket: made-up control data, and states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
/* Uses struct timespec, which it does not declare. */
#include <linux/errqueue.h>

#include "net/address.h"
#include "net/errqueue.h"
#include "tcptraceroute/probe.h"

#define CONTROL_MAX 256
#define PAYLOAD_MAX 512

/* A message as recvmsg() fills it in. The control data is kept at the end of its memory, so that a
 * sanitizer sees every byte that is read beyond it. */
struct made {
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX];
	size_t length;
	uint8_t payload[PAYLOAD_MAX];
	unsigned int bytes;
	int flags;
};

static void add(struct made *made, int level, int type, const void *data, size_t size)
{
	struct cmsghdr header = {
		.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};

	assert_true(made->length + CMSG_SPACE(size) <= CONTROL_MAX);
	memcpy(made->control + made->length, &header, sizeof(header));
	memcpy(made->control + made->length + CMSG_LEN(0), data, size);
	made->length += CMSG_SPACE(size);
}

static void add_number(struct made *made, int level, int type, int number)
{
	add(made, level, type, &number, sizeof(number));
}

/* An error with the address of who sent it, family 4, 6 or 0 for none. */
static void add_error(struct made *made, bool v6, struct sock_extended_err error, int family)
{
	const struct sockaddr_in ipv4 = {.sin_family = family ? AF_INET : AF_UNSPEC,
					 .sin_addr.s_addr = htonl(0xcb007107)};
	const struct sockaddr_in6 ipv6 = {
		.sin6_family = AF_INET6,
		.sin6_addr.s6_addr = {0x20, 1, 0x0d, 0xb8, [15] = 7},
	};
	uint8_t data[sizeof(error) + sizeof(ipv6)] = {0};
	const size_t size = sizeof(error) + (v6 ? sizeof(ipv6) : sizeof(ipv4));

	memcpy(data, &error, sizeof(error));
	if (family == 6)
		memcpy(data + sizeof(error), &ipv6, sizeof(ipv6));
	else
		memcpy(data + sizeof(error), &ipv4, sizeof(ipv4));
	add(made, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR : IP_RECVERR, data, size);
}

static bool read_cut(struct ttr_errqueue_entry *entry, const struct made *made, bool v6,
		     size_t length)
{
	uint8_t *exact = malloc(length ? length : 1);
	struct iovec data = {.iov_base = (void *)(uintptr_t)made->payload,
			     .iov_len = sizeof(made->payload)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = exact,
		.msg_controllen = length,
		.msg_flags = made->flags,
	};
	bool found;

	assert_non_null(exact);
	memcpy(exact, made->control, length);
	found = ttr_errqueue_read(entry, v6 ? TTR_FAMILY_IPV6 : TTR_FAMILY_IPV4, &message,
				  made->bytes);
	free(exact);
	return found;
}

static bool read_made(struct ttr_errqueue_entry *entry, const struct made *made, bool v6)
{
	return read_cut(entry, made, v6, made->length);
}

static const struct error_case {
	bool v6;
	uint32_t number;
	uint8_t origin, type, code;
	int family; /* of the offender; 0: none */
	bool found;
	enum ttr_reply_kind kind;
} errors[] = {
	/* what routers say */
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 11, 0, 4, true, TTR_REPLY_TIME_EXCEEDED},
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 3, 1, 4, true, TTR_REPLY_UNREACHABLE},
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 3, 13, 4, true, TTR_REPLY_UNREACHABLE},
	/* looks like a reset if the queue is not read */
	{false, ECONNREFUSED, SO_EE_ORIGIN_ICMP, 3, 3, 4, true, TTR_REPLY_UNREACHABLE},
	{true, EHOSTUNREACH, SO_EE_ORIGIN_ICMP6, 3, 0, 6, true, TTR_REPLY_TIME_EXCEEDED},
	{true, EACCES, SO_EE_ORIGIN_ICMP6, 1, 1, 6, true, TTR_REPLY_UNREACHABLE},
	{true, ECONNREFUSED, SO_EE_ORIGIN_ICMP6, 1, 4, 6, true, TTR_REPLY_UNREACHABLE},
	/* what says nothing about a hop */
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 11, 1, 4, false, 0},
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 11, 77, 4, false, 0},
	{false, EPROTO, SO_EE_ORIGIN_ICMP, 12, 0, 4, false, 0},
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 4, 0, 4, false, 0},
	{true, EPROTO, SO_EE_ORIGIN_ICMP6, 4, 0, 6, false, 0},
	{true, EHOSTUNREACH, SO_EE_ORIGIN_ICMP6, 11, 0, 6, false, 0},
	/* this machine */
	{false, EMSGSIZE, SO_EE_ORIGIN_LOCAL, 0, 0, 4, false, 0},
	{false, EHOSTUNREACH, SO_EE_ORIGIN_LOCAL, 11, 0, 4, false, 0},
	{true, EMSGSIZE, SO_EE_ORIGIN_LOCAL, 0, 0, 6, false, 0},
	{false, 0, SO_EE_ORIGIN_NONE, 11, 0, 4, false, 0},
	{false, ENOMSG, SO_EE_ORIGIN_TIMESTAMPING, 11, 0, 4, false, 0},
	/* contradictions: nobody sent it, or the other version did */
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 11, 0, 0, false, 0},
	{false, EHOSTUNREACH, SO_EE_ORIGIN_ICMP6, 3, 0, 4, false, 0},
	{true, EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 11, 0, 6, false, 0},
	{true, EHOSTUNREACH, SO_EE_ORIGIN_ICMP6, 3, 0, 4, false, 0},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const struct error_case *c = &errors[i];
		const struct sock_extended_err error = {
			.ee_errno = c->number,
			.ee_origin = c->origin,
			.ee_type = c->type,
			.ee_code = c->code,
		};
		struct ttr_errqueue_entry entry;
		struct made made = {.length = 0};

		add_error(&made, c->v6, error, c->family);
		if (read_made(&entry, &made, c->v6) != c->found)
			fail_msg("case %zu", i);
		if (!c->found)
			continue;
		assert_int_equal(entry.reply.kind, c->kind);
		assert_int_equal(entry.reply.icmp_type, c->type);
		assert_int_equal(entry.reply.icmp_code, c->code);
		assert_int_equal(entry.reply.source.family, c->family);
		assert_int_equal(entry.reply.source.bytes[c->v6 ? 15 : 3], 7);
		assert_int_equal(entry.reply.quote.target.family, TTR_FAMILY_NONE);
		assert_false(entry.has_stamp);
	}
}

/* All that the kernel sends along, in the order in which it does, and in another one. */
static void make_full(struct made *made, bool v6)
{
	const struct timespec stamp = {.tv_sec = 1700000000, .tv_nsec = 123456789};
	const struct sock_extended_err error = {.ee_errno = EHOSTUNREACH,
						.ee_origin =
							v6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP,
						.ee_type = v6 ? 3 : 11};

	*made = (struct made){.length = 0};
	add(made, SOL_SOCKET, SO_TIMESTAMPNS, &stamp, sizeof(stamp));
	add_number(made, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_HOPLIMIT : IP_TTL, 250);
	add_error(made, v6, error, v6 ? 6 : 4);
}

static void test_stamp_and_ttl(void **state)
{
	(void)state;
	for (int v6 = 0; v6 <= 1; v6++) {
		struct ttr_errqueue_entry entry;
		struct made made;

		make_full(&made, v6);
		assert_true(read_made(&entry, &made, v6));
		assert_true(entry.has_stamp);
		assert_true(entry.stamp.ns == INT64_C(1700000000123456789));
		assert_int_equal(entry.reply.ttl, 250);
		/* the same for the other version: its own levels only */
		assert_false(read_made(&entry, &made, !v6));
	}
}

static void test_nothing(void **state)
{
	struct ttr_errqueue_entry entry;
	struct made made = {.length = 0};

	(void)state;
	assert_false(read_made(&entry, &made, false));
	add_number(&made, SOL_IP, IP_TTL, 250);
	assert_false(read_made(&entry, &made, false));
	add_number(&made, SOL_IP, IP_RECVERR, 0); /* far too short */
	assert_false(read_made(&entry, &made, false));
}

/* Cut off anywhere, and with any length in its headers: never read beyond, never believed. */
static void test_cut_off(void **state)
{
	struct ttr_errqueue_entry entry;
	struct made made;

	(void)state;
	make_full(&made, false);
	for (size_t length = 0; length < made.length; length++) {
		bool whole = length >= made.length - (CMSG_SPACE(32) - CMSG_LEN(32));

		assert_int_equal(read_cut(&entry, &made, false, length), whole);
	}
	for (unsigned int i = 0; i < 64; i++) {
		size_t lengths[] = {i, SIZE_MAX - i, SIZE_MAX / 2 + i, CONTROL_MAX + i};

		for (size_t j = 0; j < 4; j++) {
			make_full(&made, false);
			memcpy(made.control, &lengths[j], sizeof(lengths[j]));
			read_made(&entry, &made, false);
			if (lengths[j] > made.length)
				assert_false(read_made(&entry, &made, false));
		}
	}
}

/* An MPLS stack of one entry: label 16004, bottom of the stack, TTL 1 (RFC 4950). */
static const uint8_t mpls[] = {0x20, 0, 0x8f, 0xf5, 0, 8, 1, 1, 0x03, 0xe8, 0x41, 0x01};

static void set_checksum(uint8_t *structure, unsigned int count)
{
	uint32_t sum = 0;

	structure[2] = structure[3] = 0;
	for (unsigned int i = 0; i < count; i += 2)
		sum += (uint32_t)structure[i] << 8 | structure[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	structure[2] = (uint8_t)(sum >> 8);
	structure[3] = (uint8_t)sum;
}

static const struct extension_case {
	bool v6;
	unsigned int at;        /* where it stands in the payload */
	unsigned int announced; /* 0: not */
	bool sound;
	int flags;
	bool known, invalid;
} extensions[] = {
	{false, 108, 108, true, 0, true, false},
	{false, 108, 0, true, 0, true, false},
	{true, 88, 88, true, 0, true, false},
	{true, 88, 0, true, 0, true, false},
	{true, 96, 96, true, 0, true, false},
	{false, 200, 200, true, 0, true, false},
	{false, 108, 108, false, 0, false, true},
	{false, 108, 0, false, 0, false, false},
	{false, 88, 0, true, 0, false, false},
	{false, 108, 65535, true, 0, false, false},
	{false, 108, 108, true, MSG_TRUNC, false, false},
};

static void test_extensions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		const struct extension_case *c = &extensions[i];
		struct made made = {.bytes = c->at + sizeof(mpls), .flags = c->flags};
		struct ttr_errqueue_entry entry;
		struct sock_extended_err error = {
			.ee_origin = c->v6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP,
			.ee_type = c->v6 ? 3 : 11,
			.ee_rfc4884.len = (uint16_t)c->announced,
		};

		add_error(&made, c->v6, error, c->v6 ? 6 : 4);
		memcpy(made.payload + c->at, mpls, sizeof(mpls));
		set_checksum(made.payload + c->at, sizeof(mpls));
		made.payload[c->at + 2] ^= c->sound ? 0 : 1;
		assert_true(read_made(&entry, &made, c->v6));
		if (entry.reply.extensions.label_count != c->known ||
		    entry.reply.extensions.invalid != c->invalid)
			fail_msg("case %zu", i);
		if (c->known)
			assert_int_equal(entry.reply.extensions.labels[0].label, 16004);
	}
}

static void test_payload_beyond_the_buffer(void **state)
{
	struct ttr_errqueue_entry entry;
	struct made made;

	(void)state;
	make_full(&made, false);
	made.bytes = PAYLOAD_MAX + 1;
	assert_true(read_made(&entry, &made, false));
	assert_int_equal(entry.reply.extensions.label_count, 0);
}

static const struct state_case {
	uint8_t state;
	int error;
	bool ecn;
	enum ttr_errqueue_state judged;
	uint8_t flags;
} states[] = {
	{TCP_SYN_SENT, 0, false, TTR_ERRQUEUE_WAITING, 0},
	{TCP_SYN_SENT, EHOSTUNREACH, false, TTR_ERRQUEUE_WAITING, 0},
	{TCP_SYN_RECV, 0, false, TTR_ERRQUEUE_WAITING, 0},
	{TCP_ESTABLISHED, 0, false, TTR_ERRQUEUE_ANSWERED, TTR_TCP_SYN | TTR_TCP_ACK},
	{TCP_ESTABLISHED, EHOSTUNREACH, false, TTR_ERRQUEUE_ANSWERED, TTR_TCP_SYN | TTR_TCP_ACK},
	{TCP_ESTABLISHED, 0, true, TTR_ERRQUEUE_ANSWERED, TTR_TCP_SYN | TTR_TCP_ACK | TTR_TCP_ECE},
	{TCP_CLOSE_WAIT, 0, false, TTR_ERRQUEUE_ANSWERED, TTR_TCP_SYN | TTR_TCP_ACK},
	{TCP_CLOSE, ECONNREFUSED, false, TTR_ERRQUEUE_ANSWERED, TTR_TCP_RST | TTR_TCP_ACK},
	{TCP_CLOSE, ECONNRESET, false, TTR_ERRQUEUE_ANSWERED, TTR_TCP_SYN | TTR_TCP_ACK},
	{TCP_CLOSE, EPIPE, false, TTR_ERRQUEUE_ANSWERED, TTR_TCP_SYN | TTR_TCP_ACK},
	{TCP_CLOSE, 0, false, TTR_ERRQUEUE_DEAD, 0},
	{TCP_CLOSE, ETIMEDOUT, false, TTR_ERRQUEUE_DEAD, 0},
	{TCP_CLOSE, EHOSTUNREACH, false, TTR_ERRQUEUE_DEAD, 0},
	{TCP_CLOSE, ENETUNREACH, false, TTR_ERRQUEUE_DEAD, 0},
	{TCP_CLOSE, EPROTO, false, TTR_ERRQUEUE_DEAD, 0},
	{TCP_CLOSE, EACCES, false, TTR_ERRQUEUE_DEAD, 0},
};

static void test_states(void **state)
{
	const struct ttr_addr target = {TTR_FAMILY_IPV4, {192, 0, 2, 9}};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct state_case *c = &states[i];
		struct ttr_reply reply;

		if (ttr_errqueue_judge(&reply, &target, c->state, c->error, c->ecn) != c->judged)
			fail_msg("case %zu", i);
		if (c->judged != TTR_ERRQUEUE_ANSWERED)
			continue;
		assert_int_equal(reply.kind, TTR_REPLY_TCP);
		assert_int_equal(reply.tcp.flags, c->flags);
		assert_true(ttr_addr_equal(&reply.source, &target));
		assert_int_equal(reply.ttl, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),     cmocka_unit_test(test_stamp_and_ttl),
		cmocka_unit_test(test_nothing),    cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_extensions), cmocka_unit_test(test_payload_beyond_the_buffer),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests_name("errqueue", tests, NULL, NULL);
}
