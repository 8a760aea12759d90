/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells the socket of a connection attempt about the probe that it is. Pure.
 *
 * An ICMP error comes through the socket's error queue (IP_RECVERR, ip(7)): who sent it, its type
 * and code, and the quote from the TCP header on; the IP header of the quote is not shown. The
 * host's own answer is only seen by the state that the socket is in. The kernel has checked that an
 * error quotes this connection's ports and sequence number (RFC 5927 section 4.1).
 */
#ifndef TTR_NET_ERRQUEUE_H
#define TTR_NET_ERRQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/reply.h"

struct msghdr;

/* Room for an ICMP error as long as they come (RFC 4443 section 2.4 c). */
#define TTR_ERRQUEUE_BYTES 1280

struct ttr_errqueue_entry {
	struct ttr_reply reply; /* `at` and `target` are not set, of the quote nothing is */
	bool has_stamp;
	struct ttr_wall stamp; /* when the kernel received it */
};

/*
 * Reads what recvmsg(MSG_ERRQUEUE) gave for a socket of this family: the control data, which must
 * be aligned as CMSG_ALIGN() says, and `bytes` of payload in the first buffer of message.
 *
 * True if it is an answer to the probe: an ICMP error that ttr_icmp_classify() knows, from an
 * address of the family. False: an error of this machine, or of a kind that says nothing about a
 * hop (parameter problem, source quench), or data that contradicts itself.
 *
 * Extensions are read where RFC 4884 lengths or, without them, 128 bytes of quote say that they
 * begin. A length that points beyond the message is not seen (the kernel leaves it out), so that
 * nothing is marked invalid where the capture would.
 */
bool ttr_errqueue_read(struct ttr_errqueue_entry *entry, enum ttr_family family,
		       const struct msghdr *message, unsigned int bytes);

enum ttr_errqueue_state {
	TTR_ERRQUEUE_WAITING,  /* nothing came yet */
	TTR_ERRQUEUE_ANSWERED, /* the host answered: reply is filled in, but for `at` */
	TTR_ERRQUEUE_DEAD,     /* the attempt is over, and by nobody's answer */
};

/*
 * What the state (TCP_ESTABLISHED... of netinet/tcp.h) and the pending error (SO_ERROR) of the
 * socket say, once its error queue is known to be empty. ecn: the host agreed to it.
 *
 * A reset shows as ECONNREFUSED, and only one that acknowledges the SYN gets that far (RFC 9293
 * section 3.10.7.3); after a SYN/ACK it shows as ECONNRESET or EPIPE.
 */
enum ttr_errqueue_state ttr_errqueue_judge(struct ttr_reply *reply, const struct ttr_addr *target,
					   uint8_t state, int error, bool ecn);

#endif
