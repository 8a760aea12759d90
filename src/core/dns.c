/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/dns.h"

#include <stdbool.h>
#include <string.h>

#include "core/cursor.h"

#define WIRE_MAX 255    /* RFC 1035 section 2.3.4 */
#define JUMPS_MAX 32    /* pointers in one name: far more than any server needs */
#define ALIASES_MAX 8   /* RFC 2317 needs one */
#define RECORDS_MAX 128 /* bounds the work that an answer can make */

/* RFC 1035 section 4.1.1. */
#define FLAG_RESPONSE 0x8000
#define OPCODE_MASK 0x7800
#define FLAG_TRUNCATED 0x0200
#define RCODE_MASK 0x000f

/* RFC 1035 sections 3.2.2 and 3.2.4. */
enum {
	TYPE_CNAME = 5,
	TYPE_PTR = 12,
	CLASS_IN = 1,
};

/* A name in its wire form without compression: labels behind their lengths, the last one empty. */
struct wire {
	uint8_t bytes[WIRE_MAX];
	unsigned int length;
};

static bool add_label(struct wire *name, const void *label, unsigned int length)
{
	if (length >= WIRE_MAX - name->length)
		return false;
	name->bytes[name->length++] = (uint8_t)length;
	memcpy(name->bytes + name->length, label, length);
	name->length += length;
	return true;
}

static void add_octet(struct wire *name, unsigned int octet)
{
	const char digits[3] = {
		(char)('0' + octet / 100),
		(char)('0' + octet / 10 % 10),
		(char)('0' + octet % 10),
	};
	unsigned int skip = octet >= 100 ? 0 : octet >= 10 ? 1 : 2;

	add_label(name, digits + skip, 3 - skip);
}

static void make_owner(struct wire *name, const struct ttr_addr *addr)
{
	static const char hex[] = "0123456789abcdef";
	unsigned int size = ttr_addr_size(addr);

	name->length = 0;
	for (unsigned int i = size; i-- > 0;) {
		if (size == 4) {
			add_octet(name, addr->bytes[i]);
		} else {
			add_label(name, hex + (addr->bytes[i] & 0x0f), 1);
			add_label(name, hex + (addr->bytes[i] >> 4), 1);
		}
	}
	if (size == 4)
		add_label(name, "in-addr", 7);
	else if (size == 16)
		add_label(name, "ip6", 3);
	if (size != 0)
		add_label(name, "arpa", 4);
	add_label(name, "", 0);
}

/* False if a label holds a byte that must not be shown; dots are only those between labels. */
static bool to_text(char *text, const struct wire *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";
	unsigned int label_end = 0;
	unsigned int out = 0;

	for (unsigned int i = 0; i + 1 < name->length; i++) {
		uint8_t byte = name->bytes[i];

		if (i == label_end) {
			label_end = i + 1 + byte;
			if (i > 0)
				text[out++] = '.';
			continue;
		}
		if (!memchr(allowed, byte, sizeof(allowed) - 1))
			return false;
		text[out++] = (char)byte;
	}
	text[out] = '\0';
	return true;
}

void ttr_dns_reverse_name(char owner[TTR_DNS_OWNER_MAX], const struct ttr_addr *addr)
{
	struct wire name;

	make_owner(&name, addr);
	to_text(owner, &name);
}

/* Reads through pointers; the cursor, which is over the whole message, ends up behind the name's
 * own bytes. */
static bool read_name(struct wire *name, struct ttr_cursor *cursor)
{
	struct ttr_cursor at = *cursor;
	unsigned int run = at.at; /* a pointer must point before what it is part of */
	unsigned int jumps = 0;
	unsigned int length;

	name->length = 0;
	do {
		length = ttr_cursor_u8(&at);
		if (length >= 0xc0) {
			unsigned int target = (length & 0x3f) << 8 | ttr_cursor_u8(&at);

			if (at.failed || target >= run || jumps == JUMPS_MAX)
				return false;
			if (jumps++ == 0)
				*cursor = at;
			ttr_cursor_seek(&at, target);
			run = target;
			continue;
		}
		/* 0x40 and 0x80 are no lengths: RFC 6891 section 5, RFC 1035 section 4.1.4. */
		if (length >= 0x40 || length > ttr_cursor_left(&at) || at.failed ||
		    !add_label(name, ttr_cursor_take(&at, length), length))
			return false;
	} while (length != 0);
	if (jumps == 0)
		*cursor = at;
	return true;
}

static uint8_t fold(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* RFC 4343: ASCII letters are equal in both cases. Lengths, all below 'A', stay as they are. */
static bool same(const struct wire *a, const struct wire *b)
{
	if (a->length != b->length)
		return false;
	for (unsigned int i = 0; i < a->length; i++)
		if (fold(a->bytes[i]) != fold(b->bytes[i]))
			return false;
	return true;
}

/* What is looked for: owner moves on with each alias. */
struct search {
	struct wire owner;
	struct wire name;
	unsigned int aliases;
};

/* One record of the answer. NO_DATA: go on. */
static enum ttr_dns_outcome read_record(struct search *search, struct ttr_cursor *cursor)
{
	unsigned int type, class, length;
	struct ttr_cursor data;
	struct wire name;

	if (!read_name(&name, cursor))
		return TTR_DNS_MALFORMED;
	type = ttr_cursor_be16(cursor);
	class = ttr_cursor_be16(cursor);
	ttr_cursor_be32(cursor); /* time to live */
	length = ttr_cursor_be16(cursor);
	data = *cursor;
	ttr_cursor_take(cursor, length);
	if (cursor->failed)
		return TTR_DNS_MALFORMED;
	if (class != CLASS_IN || (type != TYPE_PTR && type != TYPE_CNAME) ||
	    !same(&name, &search->owner))
		return TTR_DNS_NO_DATA;
	if (!read_name(&search->name, &data) || data.at != cursor->at)
		return TTR_DNS_MALFORMED;
	if (type == TYPE_PTR)
		return TTR_DNS_FOUND;
	search->owner = search->name;
	return ++search->aliases > ALIASES_MAX ? TTR_DNS_MALFORMED : TTR_DNS_NO_DATA;
}

static enum ttr_dns_outcome read_records(struct search *search, struct ttr_cursor cursor,
					 unsigned int count)
{
	enum ttr_dns_outcome outcome = TTR_DNS_NO_DATA;

	for (unsigned int i = 0; i < count && i < RECORDS_MAX && outcome == TTR_DNS_NO_DATA; i++)
		outcome = read_record(search, &cursor);
	return outcome;
}

/* An alias may stand behind what it leads to, so there is another pass as long as one was found. */
static enum ttr_dns_outcome find_name(struct search *search, const struct ttr_cursor *answers,
				      unsigned int count)
{
	enum ttr_dns_outcome outcome;
	unsigned int before;

	do {
		before = search->aliases;
		outcome = read_records(search, *answers, count);
	} while (outcome == TTR_DNS_NO_DATA && search->aliases != before);
	return outcome;
}

static enum ttr_dns_outcome rcode_outcome(unsigned int rcode)
{
	switch (rcode) {
	case 0:
		return TTR_DNS_FOUND;
	case 2:
		return TTR_DNS_SERVFAIL;
	case 3:
		return TTR_DNS_NXDOMAIN;
	case 5:
		return TTR_DNS_REFUSED;
	default:
		return TTR_DNS_RCODE;
	}
}

/* Header and question. The cursor ends up at the answers; FOUND if there can be one among them. */
static enum ttr_dns_outcome read_question(struct ttr_cursor *cursor, const struct wire *owner,
					  unsigned int *answer_count)
{
	unsigned int flags, questions, type;
	struct wire name;

	ttr_cursor_be16(cursor); /* id */
	flags = ttr_cursor_be16(cursor);
	questions = ttr_cursor_be16(cursor);
	*answer_count = ttr_cursor_be16(cursor);
	ttr_cursor_be32(cursor); /* counts of authority and additional records */
	if (!(flags & FLAG_RESPONSE) || flags & (OPCODE_MASK | FLAG_TRUNCATED) || questions != 1)
		return TTR_DNS_MALFORMED;
	if (!read_name(&name, cursor) || !same(&name, owner))
		return TTR_DNS_MALFORMED;
	type = ttr_cursor_be16(cursor);
	if (type != TYPE_PTR || ttr_cursor_be16(cursor) != CLASS_IN)
		return TTR_DNS_MALFORMED;
	return rcode_outcome(flags & RCODE_MASK);
}

static bool is_digits(const char *text, bool hex)
{
	for (; *text; text++) {
		uint8_t letter = fold((uint8_t)*text);

		if ((letter < '0' || letter > '9') && !(hex && letter >= 'a' && letter <= 'f'))
			return false;
	}
	return true;
}

static bool ends_like_address(const char *text)
{
	const char *dot = strrchr(text, '.');
	const char *last = dot ? dot + 1 : text;

	if (last[0] == '0' && fold((uint8_t)last[1]) == 'x')
		return is_digits(last + 2, true);
	return is_digits(last, false);
}

enum ttr_dns_outcome ttr_dns_read_ptr(char name[TTR_DNS_NAME_MAX + 1], const struct ttr_addr *addr,
				      const uint8_t *answer, unsigned int bytes)
{
	struct ttr_cursor cursor = ttr_cursor_over(answer, bytes);
	struct search search = {.aliases = 0};
	enum ttr_dns_outcome outcome;
	unsigned int count;

	name[0] = '\0';
	make_owner(&search.owner, addr);
	outcome = read_question(&cursor, &search.owner, &count);
	if (outcome == TTR_DNS_FOUND)
		outcome = find_name(&search, &cursor, count);
	if (outcome != TTR_DNS_FOUND)
		return outcome;
	if (search.name.length == 1) /* the root, which is what "no name" looks like in a PTR */
		return TTR_DNS_NO_DATA;
	if (to_text(name, &search.name) && !ends_like_address(name))
		return TTR_DNS_FOUND;
	name[0] = '\0';
	return TTR_DNS_UNUSABLE;
}
