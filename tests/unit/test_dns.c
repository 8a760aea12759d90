/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "core/dns.h"

static const struct ttr_addr host4 = {TTR_FAMILY_IPV4, {192, 0, 2, 1}};

static void test_owner(void **state)
{
	static const struct {
		struct ttr_addr addr;
		const char *owner;
	} cases[] = {
		{{TTR_FAMILY_IPV4, {192, 0, 2, 1}}, "1.2.0.192.in-addr.arpa"},
		{{TTR_FAMILY_IPV4, {255, 10, 100, 99}}, "99.100.10.255.in-addr.arpa"},
		/* RFC 3596 section 2.5 */
		{{TTR_FAMILY_IPV6,
		  {0x43, 0x21, 0x00, 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x05,
		   0x67, 0x89, 0xab}},
		 "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"},
		{{TTR_FAMILY_NONE, {0}}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char owner[TTR_DNS_OWNER_MAX];

		ttr_dns_reverse_name(owner, &cases[i].addr);
		assert_string_equal(owner, cases[i].owner);
	}
}

/*
 * Messages are written as text: between "<" and ">" are bytes in hexadecimal, all else is itself.
 */
static struct bytes make_message(const char *text)
{
	char hex[8192];
	unsigned int at = 0;
	bool in_hex = false;

	for (; *text; text++) {
		if (*text == '<' || *text == '>') {
			in_hex = *text == '<';
		} else if (in_hex) {
			hex[at++] = *text;
		} else {
			hex[at++] = "0123456789abcdef"[(uint8_t)*text >> 4];
			hex[at++] = "0123456789abcdef"[(uint8_t)*text & 0x0f];
		}
		if (at + 2 >= sizeof(hex))
			abort();
	}
	hex[at] = '\0';
	return bytes_hex(hex);
}

/* Header: id, flags, counts. The question starts at byte 12 (pointer c00c), the first record at 40.
 */
#define HEADER(flags, answers) "<abcd " flags " 0001 " answers " 0000 0000>"
#define OWNER "<01>1<01>2<01>0<03>192<07>in-addr<04>arpa<00>"
#define QUESTION OWNER "<000c 0001>"
#define OK(answers) HEADER("8180", answers) QUESTION
#define PTR "<c00c 000c 0001 00000e10>"   /* of the question's name; length and data follow */
#define CNAME "<c00c 0005 0001 00000e10>" /* at byte 40; its data at 52 */

#define X62 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* One PTR record with one label and "net". */
#define ONE(length, label) OK("0001") PTR length label "<03>net<00>"

static const struct answer_case {
	const char *what;
	const char *message;
	enum ttr_dns_outcome outcome;
	const char *name;
} cases[] = {
	{"D1 normal", OK("0001") PTR "<000d 02>r1<07>example<c01e>", TTR_DNS_FOUND,
	 "r1.example.arpa"},
	{"D1 without compression",
	 OK("0001") OWNER "<000c 0001 00000e10 0010 02>r1<07>example<03>net<00>", TTR_DNS_FOUND,
	 "r1.example.net"},
	{"upper case stays", ONE("<000a>", "<04>R-1X"), TTR_DNS_FOUND, "R-1X.net"},
	{"the owner in other letters",
	 HEADER("8180", "0001") "<01>1<01>2<01>0<03>192<07>IN-addr<04>aRPa<00 000c 0001>" PTR
				"<0005 03>net<00>",
	 TTR_DNS_FOUND, "net"},
	{"D2 ESC", ONE("<000a>", "<04 1b>]0;"), TTR_DNS_UNUSABLE, ""},
	{"D3 newline", ONE("<0009>", "<03>a<0a>b"), TTR_DNS_UNUSABLE, ""},
	{"D4 NUL", ONE("<0009>", "<03>a<00>b"), TTR_DNS_UNUSABLE, ""},
	{"D5 dot in a label", ONE("<0009>", "<03>a.b"), TTR_DNS_UNUSABLE, ""},
	{"D6 UTF-8", ONE("<0009>", "<03>a<c3a4>"), TTR_DNS_UNUSABLE, ""},
	{"D7 right to left", ONE("<000a>", "<04>a<e280ae>"), TTR_DNS_UNUSABLE, ""},
	{"D8 per cent", ONE("<000c>", "<06>%n%s%x"), TTR_DNS_UNUSABLE, ""},
	{"D9 quote", ONE("<000a>", "<04 22 3c>ab"), TTR_DNS_UNUSABLE, ""},
	{"D10 space", ONE("<0009>", "<03>a b"), TTR_DNS_UNUSABLE, ""},
	{"D11 backslash", ONE("<0009>", "<03>a\\b"), TTR_DNS_UNUSABLE, ""},
	{"escaped digits", ONE("<000a>", "<04>\\065"), TTR_DNS_UNUSABLE, ""},
	{"D12 underscore", ONE("<000b>", "<05>a_b-c"), TTR_DNS_FOUND, "a_b-c.net"},
	{"D13 root", OK("0001") PTR "<0001 00>", TTR_DNS_NO_DATA, ""},
	{"D14 253 characters",
	 OK("0001") PTR "<00ff 3e>" X62 "<3e>" X62 "<3e>" X62 "<3e>" X62 "<01>y<00>", TTR_DNS_FOUND,
	 X62 "." X62 "." X62 "." X62 ".y"},
	{"D15 254 characters",
	 OK("0001") PTR "<0100 3e>" X62 "<3e>" X62 "<3e>" X62 "<3e>" X62 "<02>yy<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D15 300 octets",
	 OK("0001") PTR "<012f 3e>" X62 "<3e>" X62 "<3e>" X62 "<3e>" X62 "<32>"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D16 pointer to itself", OK("0001") PTR "<0002 c034>", TTR_DNS_MALFORMED, ""},
	{"D16 two pointers at each other", OK("0001") PTR "<0004 c036 c034>", TTR_DNS_MALFORMED,
	 ""},
	{"D16 label and pointer to it", OK("0001") PTR "<0004 01>a<c034>", TTR_DNS_MALFORMED, ""},
	{"D17 pointer past the end", OK("0001") PTR "<0002 ffff>", TTR_DNS_MALFORMED, ""},
	{"D17 pointer to what comes later", OK("0001") PTR "<0007 c036 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D17 pointer to the next record", OK("0002") PTR "<0002 c036 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D17 half a pointer", OK("0001") PTR "<0001 c0>", TTR_DNS_MALFORMED, ""},
	{"D19 another question",
	 HEADER("8180", "0001") "<01>2<01>2<01>0<03>192<07>in-addr<04>arpa<00 000c 0001>" PTR
				"<0005 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D19 another type", HEADER("8180", "0001") OWNER "<0001 0001>" PTR "<0005 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D19 another class", HEADER("8180", "0001") OWNER "<000c 0003>" PTR "<0005 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"no question", "<abcd 8180 0000 0000 0000 0000>", TTR_DNS_MALFORMED, ""},
	{"two questions",
	 "<abcd 8180 0002 0001 0000 0000>" QUESTION QUESTION PTR "<0005 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"D20 nothing", "", TTR_DNS_MALFORMED, ""},
	{"D21 one byte", "a", TTR_DNS_MALFORMED, ""},
	{"D22 65535 answers, none there", OK("ffff"), TTR_DNS_MALFORMED, ""},
	{"D23 data past the end", OK("0001") PTR "<0fff 03>net<00>", TTR_DNS_MALFORMED, ""},
	{"D24 no data", OK("0001") PTR "<0000>", TTR_DNS_MALFORMED, ""},
	{"data longer than the name", OK("0001") PTR "<0006 03>net<00 00>", TTR_DNS_MALFORMED, ""},
	{"data shorter than the name", OK("0001") PTR "<0004 03>net<00>", TTR_DNS_MALFORMED, ""},
	{"D25 alias",
	 OK("0002") CNAME "<0006 03>0/2<c00e>"
			  "<c034 000c 0001 00000e10 0005 03>net<00>",
	 TTR_DNS_FOUND, "net"},
	{"alias behind what it leads to",
	 OK("0002") "<03>0/2<c00e 000c 0001 00000e10 0005 03>net<00>" CNAME "<0002 c028>",
	 TTR_DNS_FOUND, "net"},
	{"alias that leads nowhere", OK("0001") CNAME "<0006 03>0/2<c00e>", TTR_DNS_NO_DATA, ""},
	{"alias of itself", OK("0001") CNAME "<0002 c00c>", TTR_DNS_MALFORMED, ""},
	{"aliases in a circle",
	 OK("0002") CNAME "<0003 01>a<00>"
			  "<01>a<00 0005 0001 00000e10 0002 c00c>",
	 TTR_DNS_MALFORMED, ""},
	{"D27 truncated", HEADER("8380", "0001") QUESTION PTR "<0005 03>net<00>", TTR_DNS_MALFORMED,
	 ""},
	{"D28 SERVFAIL", HEADER("8182", "0000") QUESTION, TTR_DNS_SERVFAIL, ""},
	{"D29 REFUSED", HEADER("8185", "0000") QUESTION, TTR_DNS_REFUSED, ""},
	{"D30 NXDOMAIN", HEADER("8183", "0000") QUESTION, TTR_DNS_NXDOMAIN, ""},
	{"FORMERR", HEADER("8181", "0000") QUESTION, TTR_DNS_RCODE, ""},
	{"NOTIMP", HEADER("8184", "0000") QUESTION, TTR_DNS_RCODE, ""},
	{"rcode 15", HEADER("818f", "0000") QUESTION, TTR_DNS_RCODE, ""},
	{"NXDOMAIN and a name", HEADER("8183", "0001") QUESTION PTR "<0005 03>net<00>",
	 TTR_DNS_NXDOMAIN, ""},
	{"D31 a query", HEADER("0180", "0001") QUESTION PTR "<0005 03>net<00>", TTR_DNS_MALFORMED,
	 ""},
	{"a query with an error", HEADER("0181", "0000") QUESTION, TTR_DNS_MALFORMED, ""},
	{"a notification", HEADER("a180", "0001") QUESTION PTR "<0005 03>net<00>",
	 TTR_DNS_MALFORMED, ""},
	{"no answer", OK("0000"), TTR_DNS_NO_DATA, ""},
	{"D33 two names", OK("0002") PTR "<0005 03>net<00>" PTR "<0005 03>org<00>", TTR_DNS_FOUND,
	 "net"},
	{"a broken record behind the first",
	 OK("0002") PTR "<0005 03>net<00>"
			"<c00c 000c>",
	 TTR_DNS_FOUND, "net"},
	{"D34 name of another", OK("0001") "<c00e 000c 0001 00000e10 0005 03>net<00>",
	 TTR_DNS_NO_DATA, ""},
	{"name of another, then ours",
	 OK("0002") "<c00e 000c 0001 00000e10 0005 03>org<00>" PTR "<0005 03>net<00>",
	 TTR_DNS_FOUND, "net"},
	{"record of another type", OK("0001") "<c00c 0010 0001 00000e10 0004 03>net",
	 TTR_DNS_NO_DATA, ""},
	{"record of another class", OK("0001") "<c00c 000c 0003 00000e10 0005 03>net<00>",
	 TTR_DNS_NO_DATA, ""},
	{"D35 DEL", ONE("<0008>", "<02>a<7f>"), TTR_DNS_UNUSABLE, ""},
	{"D36 C1", ONE("<0008>", "<02>a<9b>"), TTR_DNS_UNUSABLE, ""},
	{"D37 like an option", ONE("<0009>", "<03>-rf"), TTR_DNS_FOUND, "-rf.net"},
	{"D38 label type 0x80", OK("0001") PTR "<0005 83>net<00>", TTR_DNS_MALFORMED, ""},
	{"D38 label type 0x40", OK("0001") PTR "<0005 43>net<00>", TTR_DNS_MALFORMED, ""},
	{"D40 like an address", OK("0001") PTR "<000a 02>10<01>0<01>0<01>1<00>", TTR_DNS_UNUSABLE,
	 ""},
	{"like a short address", OK("0001") PTR "<0006 02>10<01>1<00>", TTR_DNS_UNUSABLE, ""},
	{"like a number", OK("0001") PTR "<0006 04>4711<00>", TTR_DNS_UNUSABLE, ""},
	{"like a hexadecimal number", OK("0001") PTR "<0006 04>0x7F<00>", TTR_DNS_UNUSABLE, ""},
	{"like a hexadecimal address", OK("0001") PTR "<0008 03>127<02>0x<00>", TTR_DNS_UNUSABLE,
	 ""},
	{"nine", OK("0001") PTR "<0003 01>9<00>", TTR_DNS_UNUSABLE, ""},
	{"nought", OK("0001") PTR "<0003 01>0<00>", TTR_DNS_UNUSABLE, ""},
	{"hexadecimal, from a to f", OK("0001") PTR "<0006 04>0xaf<00>", TTR_DNS_UNUSABLE, ""},
	{"not hexadecimal", OK("0001") PTR "<0005 03>0xg<00>", TTR_DNS_FOUND, "0xg"},
	{"hexadecimal without 0x", OK("0001") PTR "<0006 04>cafe<00>", TTR_DNS_FOUND, "cafe"},
	{"x without 0", OK("0001") PTR "<0004 02>ax<00>", TTR_DNS_FOUND, "ax"},
	{"0 without x", OK("0001") PTR "<0004 02>0a<00>", TTR_DNS_FOUND, "0a"},
	{"digits elsewhere", OK("0001") PTR "<000c 02>10<01>0<05>0x7fg<00>", TTR_DNS_FOUND,
	 "10.0.0x7fg"},
	{"label of 63 bytes", OK("0001") PTR "<0041 3f>" X62 "y<00>", TTR_DNS_FOUND, X62 "y"},
	{"label of 64 bytes", OK("0001") PTR "<0042 40>" X62 "yy<00>", TTR_DNS_MALFORMED, ""},
	{"letters from A to Z are those from a to z",
	 OK("0002") CNAME "<0006 04>AZaz<00 04>azAZ<00 000c 0001 00000e10 0005 03>net<00>",
	 TTR_DNS_FOUND, "net"},
	{"other bytes have no case",
	 OK("0002") CNAME "<0006 04>@[`{<00 04>`{@[<00 000c 0001 00000e10 0005 03>net<00>",
	 TTR_DNS_NO_DATA, ""},
	{"pointer beyond 255",
	 OK("0002") "<c00c 0010 0001 00000e10 00e1>" X62 X62 X62
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "<03>net<00>" PTR "<0002 c110>",
	 TTR_DNS_FOUND, "net"},
	{"D41 time to live", OK("0001") "<c00c 000c 0001 ffffffff 0005 03>net<00>", TTR_DNS_FOUND,
	 "net"},
};

static enum ttr_dns_outcome read_ptr(char *name, const struct ttr_addr *addr, struct bytes message)
{
	enum ttr_dns_outcome outcome;

	memset(name, 'x', TTR_DNS_NAME_MAX + 1);
	outcome = ttr_dns_read_ptr(name, addr, message.data, message.count);
	assert_non_null(memchr(name, '\0', TTR_DNS_NAME_MAX + 1));
	assert_int_equal(outcome == TTR_DNS_FOUND, name[0] != '\0');
	return outcome;
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes message = make_message(cases[i].message);
		char *name = malloc(TTR_DNS_NAME_MAX + 1);
		enum ttr_dns_outcome outcome;

		assert_non_null(name);
		outcome = read_ptr(name, &host4, message);
		if (outcome != cases[i].outcome || strcmp(name, cases[i].name) != 0)
			print_error("%s: %d \"%s\"\n", cases[i].what, (int)outcome, name);
		assert_int_equal(outcome, cases[i].outcome);
		assert_string_equal(name, cases[i].name);
		free(name);
		bytes_free(message);
	}
}

/* Cut anywhere, an answer may lose its name, but gives no other. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes message = make_message(cases[i].message);
		char name[TTR_DNS_NAME_MAX + 1];

		for (unsigned int count = 0; count < message.count; count++) {
			struct bytes cut = bytes_copy(message.data, count);

			if (read_ptr(name, &host4, cut) == TTR_DNS_FOUND)
				assert_string_equal(name, cases[i].name);
			bytes_free(cut);
		}
		bytes_free(message);
	}
}

/* Every byte of a good answer, changed to every value: what comes out is harmless. */
static void test_changed(void **state)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-_.";
	struct bytes message = make_message(OK("0002") CNAME "<0006 03>0/2<c00e>"
							     "<c034 000c 0001 00000e10 000a>"
							     "<02>r1<05>ex-mp<00>");
	char name[TTR_DNS_NAME_MAX + 1];

	(void)state;
	assert_int_equal(read_ptr(name, &host4, message), TTR_DNS_FOUND);
	for (unsigned int i = 0; i < message.count; i++) {
		uint8_t before = message.data[i];

		for (unsigned int value = 0; value < 256; value++) {
			message.data[i] = (uint8_t)value;
			if (read_ptr(name, &host4, message) == TTR_DNS_FOUND)
				assert_int_equal(strspn(name, safe), strlen(name));
		}
		message.data[i] = before;
	}
	bytes_free(message);
}

/* A long chain of pointers, each before the other: 32 are followed, more are not. */
static void test_pointer_chain(void **state)
{
	(void)state;
	for (unsigned int jumps = 31; jumps <= 34; jumps++) {
		struct bytes head = make_message(OK("0002") "<c00c 0010 0001 00000e10>");
		uint8_t data[512] = {0};
		unsigned int at = head.count + 2, target = at;
		struct bytes message;
		char name[TTR_DNS_NAME_MAX + 1];

		/* A TXT record whose data is a name and the chain that leads to it. */
		memcpy(data, head.data, head.count);
		memcpy(data + at, "\003net", 5);
		at += 5;
		for (unsigned int i = 1; i < jumps; i++) {
			data[at] = (uint8_t)(0xc0 | target >> 8);
			data[at + 1] = (uint8_t)target;
			target = at;
			at += 2;
		}
		data[head.count + 1] = (uint8_t)(at - head.count - 2);
		memcpy(data + at, "\xc0\x0c\0\014\0\001\0\0\0\0\0\002", 12);
		data[at + 12] = (uint8_t)(0xc0 | target >> 8);
		data[at + 13] = (uint8_t)target;
		message = bytes_copy(data, at + 14);
		assert_int_equal(read_ptr(name, &host4, message),
				 jumps <= 32 ? TTR_DNS_FOUND : TTR_DNS_MALFORMED);
		bytes_free(message);
		bytes_free(head);
	}
}

/* Eight aliases are followed, nine are not; both ways round. */
static void test_alias_chain(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int aliases = i & 1 ? 9 : 8;
		bool backwards = i & 2;
		struct bytes head = make_message(OK("0000"));
		uint8_t data[512];
		unsigned int at = head.count;
		struct bytes message;
		char name[TTR_DNS_NAME_MAX + 1];

		memcpy(data, head.data, head.count);
		/* The owner is c00c; the names between are "a", "b" ... */
		for (unsigned int j = 0; j <= aliases; j++) {
			unsigned int n = backwards ? aliases - j : j;
			bool last = n == aliases;

			if (n == 0) {
				memcpy(data + at, "\xc0\x0c", 2);
				at += 2;
			} else {
				memcpy(data + at, "\001a", 3);
				data[at + 1] = (uint8_t)('a' + n - 1);
				at += 3;
			}
			memcpy(data + at,
			       last ? "\0\014\0\001\0\0\0\0\0\003\001z"
				    : "\0\005\0\001\0\0\0\0\0\003\001a",
			       13);
			if (!last)
				data[at + 11] = (uint8_t)('a' + n);
			at += 13;
		}
		data[7] = (uint8_t)(aliases + 1);
		message = bytes_copy(data, at);
		assert_int_equal(read_ptr(name, &host4, message),
				 aliases <= 8 ? TTR_DNS_FOUND : TTR_DNS_MALFORMED);
		bytes_free(message);
		bytes_free(head);
	}
}

/* D26: of a thousand names the first; and the work that records can make is bounded. */
static void test_many_records(void **state)
{
	const unsigned int count = 1000;
	struct bytes head = make_message(OK("03e8"));
	struct bytes record = make_message(PTR "<0005 03>net<00>");
	uint8_t *data = malloc(head.count + count * record.count);
	char name[TTR_DNS_NAME_MAX + 1];
	struct bytes message;

	(void)state;
	assert_non_null(data);
	memcpy(data, head.data, head.count);
	for (unsigned int i = 0; i < count; i++)
		memcpy(data + head.count + i * record.count, record.data, record.count);
	message = bytes_copy(data, head.count + count * record.count);
	assert_int_equal(read_ptr(name, &host4, message), TTR_DNS_FOUND);
	assert_string_equal(name, "net");
	/* Records of others in front: up to 127 of them are passed over. */
	for (unsigned int i = 0; i < 127; i++)
		message.data[head.count + i * record.count + 1] = 0x0e;
	assert_int_equal(read_ptr(name, &host4, message), TTR_DNS_FOUND);
	message.data[head.count + 127 * record.count + 1] = 0x0e;
	assert_int_equal(read_ptr(name, &host4, message), TTR_DNS_NO_DATA);
	bytes_free(message);
	free(data);
	bytes_free(record);
	bytes_free(head);
}

/* D42: 60 kB that are no answer; and as many behind a question that is. */
static void test_garbage(void **state)
{
	struct bytes head = make_message(OK("ffff"));
	struct bytes message = {.data = malloc(60000), .count = 60000};
	uint32_t random = 1;
	char name[TTR_DNS_NAME_MAX + 1];

	(void)state;
	assert_non_null(message.data);
	for (unsigned int i = 0; i < message.count; i++) {
		random = random * 1664525 + 1013904223;
		message.data[i] = (uint8_t)(random >> 24);
	}
	assert_int_equal(read_ptr(name, &host4, message), TTR_DNS_MALFORMED);
	memcpy(message.data, head.data, head.count);
	assert_int_not_equal(read_ptr(name, &host4, message), TTR_DNS_FOUND);
	bytes_free(message);
	bytes_free(head);
}

static void test_ipv6(void **state)
{
	static const struct ttr_addr addr = {TTR_FAMILY_IPV6,
					     {0x20, 0x01, 0x0d, 0xb8, [15] = 0x5c}};
	struct bytes message = make_message(HEADER(
		"8180", "0001") "<01>c<01>5<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0"
				"<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0<01>0"
				"<01>8<01>b<01>d<01>0<01>1<01>0<01>0<01>2<03>ip6<04>arpa<00>"
				"<000c 0001>" PTR "<0005 03>net<00>");
	char name[TTR_DNS_NAME_MAX + 1];

	(void)state;
	assert_int_equal(read_ptr(name, &addr, message), TTR_DNS_FOUND);
	assert_string_equal(name, "net");
	assert_int_equal(read_ptr(name, &host4, message), TTR_DNS_MALFORMED);
	bytes_free(message);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owner),
		{"D1 to D17, D19 to D25, D27 to D31, D33 to D38, D40, D41 decoded", test_answers,
		 NULL, NULL, NULL},
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_pointer_chain),
		cmocka_unit_test(test_alias_chain),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
