/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reverse names: what to ask for an address, and what a name server's answer says.
 *
 * Whoever owns an address decides what its name is, so an answer is hostile until it is proven to
 * be a harmless name. Asking, waiting and caching is done elsewhere; the message's id was checked
 * by whoever asked.
 */
#ifndef CORE_DNS_H
#define CORE_DNS_H

#include "tcptraceroute/address.h"

/* Characters of a name as text, without the final dot: 255 bytes on the wire, RFC 1035 section
 * 2.3.4. */
#define TTR_DNS_NAME_MAX 253

/* Bytes that the longest owner name takes, with its NUL: 32 nibbles, 32 dots, "ip6.arpa". */
#define TTR_DNS_OWNER_MAX 73

enum ttr_dns_outcome {
	TTR_DNS_FOUND = 0,
	TTR_DNS_NO_DATA,   /* no error, but no PTR for the address, or one that names the root */
	TTR_DNS_NXDOMAIN,  /* rcode 3, RFC 1035 section 4.1.1 */
	TTR_DNS_SERVFAIL,  /* rcode 2 */
	TTR_DNS_REFUSED,   /* rcode 5 */
	TTR_DNS_RCODE,     /* any other but 0 */
	TTR_DNS_UNUSABLE,  /* there is a name, but not one that may be shown */
	TTR_DNS_MALFORMED, /* no sound answer to our question */
};

/*
 * The owner name of the address' PTR records: in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa (RFC
 * 3596 section 2.5), NUL-terminated, in lower case, without the final dot. NONE gives "".
 */
void ttr_dns_reverse_name(char owner[TTR_DNS_OWNER_MAX], const struct ttr_addr *addr);

/*
 * The name of addr in a whole answer message (RFC 1035 section 4). Aliases are followed within the
 * answer (RFC 2317), up to eight, in any order; of several names the first is taken; only the first
 * 128 records are looked at.
 *
 * A name is FOUND only if it consists of letters, digits, '-', '_' and '.' between labels (RFC 952,
 * RFC 1123 section 2.1, and the underscore of service names), and does not end like an address: its
 * last label is neither all digits nor a hexadecimal number with 0x, which no top-level domain is
 * (RFC 3696 section 2) and what any reader of addresses would take for one. It may start with a
 * '-'. Otherwise it is UNUSABLE; nothing is escaped or cut.
 *
 * MALFORMED: not an answer (QR, opcode), truncated (TC: it has to be asked for again by TCP), not
 * exactly our question, cut off, lengths that contradict each other, names of more than 255 bytes,
 * compression that does not point backwards, or with more than 32 pointers in a name.
 *
 * name is NUL-terminated, and empty unless FOUND.
 */
enum ttr_dns_outcome ttr_dns_read_ptr(char name[TTR_DNS_NAME_MAX + 1], const struct ttr_addr *addr,
				      const uint8_t *answer, unsigned int bytes);

#endif
