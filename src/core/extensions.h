/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the extension structure of an ICMP error (RFC 4884 section 7): MPLS label stacks (RFC 4950)
 * and interface information (RFC 5837); all else is kept as bytes.
 *
 * Where the structure starts is the question of icmp.h.
 */
#ifndef CORE_EXTENSIONS_H
#define CORE_EXTENSIONS_H

#include "core/cursor.h"
#include "tcptraceroute/extensions.h"

#define TTR_EXTENSION_HEADER 4 /* bytes: version, reserved, checksum */
#define TTR_EXTENSION_VERSION 2

/* RFC 4884 section 7.1: bytes of an object's header, which its length includes. */
#define TTR_OBJECT_HEADER 4

/* IANA: class numbers, and the one type of MPLS. */
#define TTR_OBJECT_MPLS 1
#define TTR_OBJECT_MPLS_INCOMING 1
#define TTR_OBJECT_INTERFACE 2

/*
 * True if what is left of the area has the version and the checksum of an extension structure. A
 * checksum of 0 says that none was made, which is fine where the structure was announced and not
 * where it is only looked for.
 */
bool ttr_extensions_fit(const struct ttr_cursor *area, bool announced);

/*
 * Reads the structure, which takes up all that is left of the area. A wrong one is ignored, and
 * marked as invalid; so is all from an object on whose length is less than its header, no multiple
 * of 4 (section 7: objects are made of 32-bit words) or more than there is.
 */
void ttr_extensions_read(struct ttr_extensions *extensions, struct ttr_cursor area);

#endif
