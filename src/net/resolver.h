/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the hosts file and the name servers: the addresses of a name, and the name of an address.
 *
 * resolver.c and channel.c are the only files that know c-ares. Every answer comes from the loop,
 * never from inside the call that asked, whatever c-ares does, and the resolver touches nothing
 * after it called back: a callback may cancel any request and may free the resolver and whatever
 * owns it. Each request is called back exactly once, unless it is cancelled or the resolver is
 * freed.
 *
 * Nothing is cached here and nothing limits the number of questions (see names.h).
 */
#ifndef TTR_NET_RESOLVER_H
#define TTR_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptraceroute/address.h"

struct ttr_loop;
struct ttr_resolver;
struct ttr_request;

/* Where to ask; all zero: as the system is configured. Copied. */
struct ttr_resolver_options {
	const char *servers;    /* literal addresses, "192.0.2.1,[2001:db8::1]:5353"; NULL: those of
				   resolv.conf */
	const char *resolvconf; /* path instead of /etc/resolv.conf; NULL: that one */
	const char *hosts;  /* path instead of /etc/hosts, for names of addresses; NULL: that one */
	bool no_files;      /* look-ups open no file: the hosts file is the caller's business */
	int64_t timeout_ns; /* of the first try; doubles with each; 0: TTR_RESOLVER_TIMEOUT_NS */
};

#define TTR_RESOLVER_TIMEOUT_NS INT64_C(1000000000)

/* Queries per server and question: a target's is worth more patience (1 + 2 + 4 s) than a hop's
 * name (1 + 2 s). c-ares 1.22 and later takes up to half of a later try's time off, at random, and
 * 1.34 hears only what comes to the try that it waits for. */
#define TTR_RESOLVER_LOOKUP_TRIES 3
#define TTR_RESOLVER_REVERSE_TRIES 2

enum ttr_resolver_outcome {
	TTR_RESOLVER_FOUND = 0,
	TTR_RESOLVER_NO_NAME, /* NXDOMAIN (RFC 1035 section 4.1.1, rcode 3), from the server that
				 should know */
	TTR_RESOLVER_NO_DATA, /* the name exists, but has no address of the wanted family (look-up),
				 no PTR (reverse) */
	TTR_RESOLVER_SERVFAIL,    /* rcode 2 */
	TTR_RESOLVER_REFUSED,     /* rcode 5 */
	TTR_RESOLVER_RCODE,       /* any other rcode */
	TTR_RESOLVER_TIMEOUT,     /* no server answered in time */
	TTR_RESOLVER_UNREACHABLE, /* no server could be asked (port closed, no route, no network) */
	TTR_RESOLVER_BAD_ANSWER, /* an answer that makes no sense, or a name that nobody should see:
				    control characters, longer than 253 bytes, looks like an
				    address (reverse) */
	TTR_RESOLVER_FAILED,     /* out of memory or descriptors, or something else that is local */

	/* Refused by ttr_resolver_lookup() itself; nothing was asked. */
	TTR_RESOLVER_NAME_EMPTY,     /* "" or "." */
	TTR_RESOLVER_NAME_LONG,      /* more than 253 bytes without the final dot (RFC 1035 section
					2.3.4) */
	TTR_RESOLVER_NAME_LABEL,     /* a label is empty or longer than 63 bytes */
	TTR_RESOLVER_NAME_CHARACTER, /* neither letter, digit, '-', '_' nor '.' */
	TTR_RESOLVER_NAME_FOREIGN,   /* a byte above 127: international names are not converted,
					their ASCII form (xn--...) is taken */
};

/* The addresses of a name, in RFC 6724 order, without duplicates; valid during the callback. */
struct ttr_lookup_result {
	enum ttr_resolver_outcome outcome;
	const struct ttr_addr *addresses; /* FOUND: at least one */
	size_t count;                     /* at most TTR_LOOKUP_ADDRESSES_MAX */
	const char *detail; /* the library's English text for the failure; static; NULL if found */
};

#define TTR_LOOKUP_ADDRESSES_MAX 64

typedef void ttr_lookup_callback(void *context, const struct ttr_lookup_result *result);

/* The name, valid during the callback, is NULL unless FOUND: 1 to 253 printable ASCII bytes. */
typedef void ttr_reverse_callback(void *context, enum ttr_resolver_outcome outcome,
				  const char *name);

/*
 * Reads resolv.conf and the hosts file; only a look-up opens a file later on (the hosts file
 * again). A resolv.conf that is missing or unreadable means a server on 127.0.0.1. options may be
 * NULL. 0, -ENOMEM, -EINVAL (options), or -EIO (the library refuses); detail, if not NULL, gets the
 * library's English text then, a static string.
 */
int ttr_resolver_new(struct ttr_resolver **resolver, struct ttr_loop *loop,
		     const struct ttr_resolver_options *options, const char **detail);

/* Forgets all requests: none is called back, none may be cancelled afterwards. */
void ttr_resolver_free(struct ttr_resolver *resolver);

/*
 * Hosts file, then name servers (with the search list of resolv.conf for names that have few dots)
 * for A and AAAA records; family restricts it to one of them. Digits and dots that look like an
 * IPv4 address (010.0.0.1) name nobody: NO_NAME, and nothing is asked. 0, with a request that is
 * valid until it is called back or cancelled, or -ENOMEM.
 */
int ttr_resolver_lookup(struct ttr_resolver *resolver, struct ttr_request **request,
			const char *name, enum ttr_family family, ttr_lookup_callback *callback,
			void *context);

/* Hosts file, then a PTR query (RFC 1035 section 3.5, RFC 3596 section 2.5). Outcomes as above. */
int ttr_resolver_reverse(struct ttr_resolver *resolver, struct ttr_request **request,
			 const struct ttr_addr *addr, ttr_reverse_callback *callback,
			 void *context);

/* It is not called back any more; the pointer is invalid. NULL is fine. */
void ttr_request_cancel(struct ttr_request *request);

#endif
