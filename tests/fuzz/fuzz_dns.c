/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of name servers to the question for an address' name.
 *
 * Input: a byte, then the message. Bit 0 of the byte: IPv6; bit 1: a right header and question are
 * put in front of the message, which then is its answer section; bits 2 to 7: how many records the
 * header announces.
 */
#include "core/dns.h"

#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "guard.h"

#define MESSAGE_MAX 60000

static struct guard guard;
static const struct ttr_addr addresses[2] = {
	{.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, 7}},
	{.family = TTR_FAMILY_IPV6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 7}},
};
static uint8_t questions[2][128];
static unsigned int question_sizes[2];

/* Labels from dots to lengths, without the code that is tested. */
static void make_question(unsigned int which, const char *owner)
{
	static const uint8_t header[] = {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0};
	static const uint8_t ptr_in[] = {0, 0, 12, 0, 1};
	uint8_t *q = questions[which];
	unsigned int length = 0, at = sizeof(header);

	memcpy(q, header, sizeof(header));
	for (const char *c = owner;; c++) {
		if (*c && *c != '.') {
			q[at + 1 + length++] = (uint8_t)*c;
			continue;
		}
		q[at] = (uint8_t)length;
		at += 1 + length;
		length = 0;
		if (!*c)
			break;
	}
	memcpy(q + at, ptr_in, sizeof(ptr_in));
	question_sizes[which] = (unsigned int)(at + sizeof(ptr_in));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guard_init(&guard);
	make_question(0, "7.100.51.198.in-addr.arpa");
	make_question(1,
		      "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
	return 0;
}

static void check_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	const size_t length = strlen(name);
	struct in6_addr addr;

	CHECK(length > 0 && length <= TTR_DNS_NAME_MAX);
	CHECK(strspn(name, allowed) == length);
	CHECK(name[0] != '.' && name[length - 1] != '.' && !strstr(name, ".."));
	CHECK(inet_pton(AF_INET, name, &addr) != 1 && inet_pton(AF_INET6, name, &addr) != 1);
	CHECK(inet_aton(name, (struct in_addr *)&addr) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[TTR_DNS_NAME_MAX + 1];
	unsigned int which, head = 0;
	enum ttr_dns_outcome outcome;
	uint8_t *message;

	if (size < 1 || size > MESSAGE_MAX)
		return 0;
	which = data[0] & 1;
	if (data[0] & 2)
		head = question_sizes[which];
	message = guard_room(&guard, head + --size);
	memcpy(message, questions[which], head);
	memcpy(message + head, data + 1, size);
	if (head)
		message[7] = data[0] >> 2;
	memset(name, 'x', sizeof(name));
	outcome = ttr_dns_read_ptr(name, &addresses[which], message, (unsigned int)(head + size));
	CHECK(outcome >= TTR_DNS_FOUND && outcome <= TTR_DNS_MALFORMED);
	if (outcome == TTR_DNS_FOUND)
		check_name(name);
	else
		CHECK(name[0] == '\0');
	return 0;
}
