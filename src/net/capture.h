/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captured IP packets of one device, or of all, with the time at which the kernel saw them.
 *
 * capture.c is the only file that knows libpcap. 512 bytes of each frame, delivered at once, never
 * promiscuous; the buffer holds about 7000 frames. Our own packets are seen on their way out.
 *
 * Seen twice. On the loopback device the kernel shows each packet going out and coming in; libpcap
 * drops the former, so it comes once, and a probe to an own address is stamped when it arrives.
 * On "any", a packet that crosses a bridge, a bond, a VLAN or a VRF shows on each device; only the
 * first copy is delivered: a copy is a packet with the same bytes that another device showed less
 * than 10 ms before. The same bytes from the same device are two packets.
 */
#ifndef TTR_NET_CAPTURE_H
#define TTR_NET_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptraceroute/clock.h"
#include "tcptraceroute/session.h"

struct ttr_capture;
struct ttr_filter;

/* packet: an IP packet without link header, captured bytes of it; valid during the call only. */
typedef void ttr_capture_callback(void *context, const uint8_t *packet, unsigned int captured,
				  struct ttr_mono at);

/* Totals since ttr_capture_new(). */
struct ttr_capture_counts {
	uint64_t dropped;        /* the buffer was full: frames that passed the filter are lost */
	uint64_t device_dropped; /* by the device or its driver, as far as it says so; may be
				    anybody's */
	uint64_t foreign;        /* frames that hold no IP packet, or are too short */
	uint64_t copies;         /* second sights of a packet (above) */
};

/*
 * Opens device, or all with "any"; nothing is delivered before ttr_capture_filter(). Needs
 * CAP_NET_RAW, later calls do not. The caller frees it with ttr_capture_free().
 *
 * 0, or a negative errno, and problem says why: TTR_PROBLEM_NO_DEVICE, TTR_PROBLEM_DEVICE_DOWN,
 * TTR_PROBLEM_PRIVILEGE, TTR_PROBLEM_LINK_TYPE (detail2: its name), TTR_PROBLEM_CAPTURE,
 * TTR_PROBLEM_MEMORY; detail is the device, detail2 the rest of libpcap's own message, such as
 * "nosuch: No such device exists (No such device exists)".
 */
int ttr_capture_new(struct ttr_capture **capture, const char *device, struct ttr_problem *problem);

/*
 * What was opened on "any" is from now on a capture of this device only: it can be opened before
 * anybody knows which device it will be. Needs no privilege. Before ttr_capture_filter(). 0, or a
 * negative errno with TTR_PROBLEM_NO_DEVICE, TTR_PROBLEM_DEVICE_DOWN or TTR_PROBLEM_CAPTURE.
 */
int ttr_capture_bind(struct ttr_capture *capture, const char *device, unsigned int ifindex,
		     struct ttr_problem *problem);

/* No other filter will do: the kernel refuses to change it from now on. 0 or a negative errno. */
int ttr_capture_lock(struct ttr_capture *capture);

void ttr_capture_free(struct ttr_capture *capture);

/*
 * The same for thousands of frames a second: the kernel hands them over in blocks, up to 2 ms late
 * (their stamps are as exact), at a tenth of the cost of each.
 */
int ttr_capture_new_busy(struct ttr_capture **capture, const char *device,
			 struct ttr_problem *problem);

/* Lets through what the filter says; NULL: every frame. Replaces an earlier one; frames from before
 * are thrown away. 0, or a negative errno with TTR_PROBLEM_CAPTURE. */
int ttr_capture_filter(struct ttr_capture *capture, const struct ttr_filter *filter,
		       struct ttr_problem *problem);

/* Lets through what comes to these source ports of ours, for many targets: see filter.h. What this
 * host sends is not seen then, except on the loopback device. */
int ttr_capture_filter_incoming(struct ttr_capture *capture, const uint16_t *ports,
				size_t port_count, struct ttr_problem *problem);

/* To be watched for being readable. */
int ttr_capture_fd(const struct ttr_capture *capture);

/*
 * Delivers up to max_frames (1 or more) of what is there, and never waits. The callback must not
 * free the capture. Returns how many frames were looked at: with max_frames there may be more.
 *	-ENETDOWN	nothing was there, and the device is down. Frames come again when it is up
 *			again. Its going down wakes the reader; neither coming back without a frame
 *			nor disappearing while it is down does: read now and then to learn it.
 *	-ENODEV		the device is gone, for good; not with "any"
 *	-EIO		anything else that libpcap complains about
 * With these, problem is TTR_PROBLEM_CAPTURE_LOST with device and libpcap's text.
 */
int ttr_capture_read(struct ttr_capture *capture, unsigned int max_frames,
		     ttr_capture_callback *callback, void *context, struct ttr_problem *problem);

/* Also valid after a failed read. */
void ttr_capture_count(struct ttr_capture *capture, struct ttr_capture_counts *counts);

#endif
