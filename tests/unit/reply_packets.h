/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of packets as hexadecimal text, to be put together: errors of routers, what they quote,
 * and answers of hosts.
 */
#ifndef TESTS_UNIT_REPLY_PACKETS_H
#define TESTS_UNIT_REPLY_PACKETS_H

#include "bytes.h"

/* The probe that is quoted, as a Linux host sent it: ports 41536 and 80. */
#define QUOTED_IP "4500 003c d29e 4000 0106 bae5 c0000202 c6336402 "
#define QUOTED_PORTS "a240 0050 "
#define QUOTED_SEQ "2e985224 "
#define QUOTED_8 QUOTED_PORTS QUOTED_SEQ
#define QUOTED_14 QUOTED_8 "00000000 a002 "
#define QUOTED_20 QUOTED_14 "faf0 ec66 0000 "
#define QUOTED_OPTIONS "020405b4 0402 080a 73c97ae9 00000000 0103030a "
#define QUOTED_40 QUOTED_20 QUOTED_OPTIONS
#define SEQ 0x2e985224

/* Routers' headers; lengths and checksums are filled in by the tests. */
#define ROUTER "45c0 0000 1640 0000 4001 0000 c0000201 c0000202 "
#define OPTIONS_40                                                                                 \
	"0727040000000000000000000000000000000000"                                                 \
	"0000000000000000000000000000000000000000 "
#define EXCEEDED "0b00 0000 00000000 "
#define UNREACHABLE(code) "03" code " 0000 00000000 "

#define HOST6 "20010db8000100000000000000000002 "
#define ROUTER6_ADDRESSES "20010db8000100000000000000000001 " HOST6
#define ROUTER6 "600e4422 0000 3a 40 " ROUTER6_ADDRESSES
#define EXCEEDED6 "0300 0000 00000000 "
#define QUOTED_IP6(next) "60095101 0028 " next " 01 " HOST6 "20010db8000200000000000000000002 "
#define OPTIONS6(next) next " 00 0104 00000000 "

/* What a host answers. */
#define HOST_TO_US "4500 0000 0000 4000 3f06 0000 c6336402 c0000202 "
#define SYN_ACK "0050 a24a 44f63dc7 856d0881 a012 fe88 ec66 0000 "
#define SYN_ACK_OPTIONS "020405b4 0402 080a 9fe5545f 19048868 0103 030a "

#endif
