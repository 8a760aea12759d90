/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/link.h"
#include "net/clock.h"
#include "net/copies.h"
#include "net/filter.h"
#include "net/packet_linux.h"
#include "net/problem.h"

/* In immediate mode the buffer is cut into slots for whole frames: short ones make it hold many. An
 * ICMP error with its quote and extensions fits (RFC 1812 section 4.3.2.3: 576 bytes at most, what
 * matters is in front). */
#define SNAP_BYTES 512
#define BUFFER_BYTES (2 * 1024 * 1024)

/* Not immediate: a third of a second at 150,000 answers a second, in blocks that are handed over
 * when they are full or this old. */
#define BUSY_BUFFER_BYTES (8 * 1024 * 1024)
#define BUSY_BLOCK_MS 2

struct ttr_capture {
	pcap_t *pcap;
	int fd;
	enum ttr_link link;
	bool busy; /* blocks instead of single frames */
	bool all;  /* "any" */
	bool nano; /* stamps are in ns, not us */
	int ifindex;
	char device[IF_NAMESIZE];
	struct ttr_clock_bridge bridge;
	struct ttr_copies copies;
	uint64_t foreign;
	uint64_t copy_count;
	uint64_t dropped_before; /* what pcap_stats() said when the filter was set */
	uint64_t device_dropped_before;
};

struct batch {
	struct ttr_capture *capture;
	ttr_capture_callback *callback;
	void *context;
};

static bool map_link(enum ttr_link *link, int dlt)
{
	static const struct {
		int dlt;
		enum ttr_link link;
	} known[] = {
		{DLT_EN10MB, TTR_LINK_ETHERNET}, {DLT_RAW, TTR_LINK_RAW},
		{DLT_IPV4, TTR_LINK_RAW},        {DLT_IPV6, TTR_LINK_RAW},
		{DLT_NULL, TTR_LINK_NULL},       {DLT_LOOP, TTR_LINK_LOOP},
		{DLT_LINUX_SLL, TTR_LINK_SLL},   {DLT_LINUX_SLL2, TTR_LINK_SLL2},
		{DLT_PPP, TTR_LINK_PPP},         {DLT_PPP_SERIAL, TTR_LINK_PPP},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].dlt != dlt)
			continue;
		*link = known[i].link;
		return true;
	}
	return false;
}

/* The rest of the message as pcap_open_live() words it. */
static void format_error(char *text, size_t size, const char *device, int status,
			 const char *details)
{
	switch (status) {
	case PCAP_ERROR:
		snprintf(text, size, "%s: %s", device, details);
		break;
	case PCAP_ERROR_NO_SUCH_DEVICE:
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		snprintf(text, size, "%s: %s (%s)", device, pcap_statustostr(status), details);
		break;
	default:
		snprintf(text, size, "%s: %s", device, pcap_statustostr(status));
		break;
	}
}

static int fail_open(struct ttr_problem *problem, const char *device, int status,
		     const char *details)
{
	char text[PCAP_ERRBUF_SIZE + 128];

	format_error(text, sizeof(text), device, status, details);
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return ttr_problem_fill(problem, TTR_PROBLEM_NO_DEVICE, ENODEV, device, text);
	case PCAP_ERROR_IFACE_NOT_UP:
		return ttr_problem_fill(problem, TTR_PROBLEM_DEVICE_DOWN, ENETDOWN, device, text);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return ttr_problem_fill(problem, TTR_PROBLEM_PRIVILEGE, EPERM, device, text);
	default:
		return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE, EIO, device, text);
	}
}

static int fail_link_type(struct ttr_capture *capture, int dlt, struct ttr_problem *problem)
{
	const char *name = pcap_datalink_val_to_name(dlt);
	char number[16];

	snprintf(number, sizeof(number), "%d", dlt);
	return ttr_problem_fill(problem, TTR_PROBLEM_LINK_TYPE, EPROTONOSUPPORT, capture->device,
				name ? name : number);
}

/* These cannot fail before activation. */
static void configure(struct ttr_capture *capture)
{
	pcap_set_snaplen(capture->pcap, SNAP_BYTES);
	pcap_set_promisc(capture->pcap, 0);
	pcap_set_immediate_mode(capture->pcap, !capture->busy);
	pcap_set_timeout(capture->pcap, BUSY_BLOCK_MS);
	pcap_set_buffer_size(capture->pcap, capture->busy ? BUSY_BUFFER_BYTES : BUFFER_BYTES);
	capture->nano = pcap_set_tstamp_precision(capture->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
}

static int refuse_all(struct ttr_capture *capture)
{
	struct bpf_insn nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct bpf_program program = {.bf_len = 1, .bf_insns = &nothing};

	return pcap_setfilter(capture->pcap, &program);
}

static int find_index(const struct ttr_capture *capture)
{
	struct ifreq request = {.ifr_ifindex = 0};

	memcpy(request.ifr_name, capture->device, sizeof(request.ifr_name));
	return ioctl(capture->fd, SIOCGIFINDEX, &request) < 0 ? -errno : request.ifr_ifindex;
}

/* The version of the cooked header that names the device, where libpcap has it. */
static void prefer_sll2(struct ttr_capture *capture)
{
	if (capture->all)
		pcap_set_datalink(capture->pcap, DLT_LINUX_SLL2);
}

static int activate(struct ttr_capture *capture, struct ttr_problem *problem)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	int status = pcap_activate(capture->pcap);

	if (status < 0)
		return fail_open(problem, capture->device, status, pcap_geterr(capture->pcap));
	prefer_sll2(capture);
	if (!map_link(&capture->link, pcap_datalink(capture->pcap)))
		return fail_link_type(capture, pcap_datalink(capture->pcap), problem);
	if (refuse_all(capture) < 0)
		return fail_open(problem, capture->device, PCAP_ERROR, pcap_geterr(capture->pcap));
	if (pcap_setnonblock(capture->pcap, 1, text) < 0)
		return fail_open(problem, capture->device, PCAP_ERROR, text);
	capture->fd = pcap_get_selectable_fd(capture->pcap);
	if (capture->fd < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE, EIO, capture->device, NULL);
	fcntl(capture->fd, F_SETFD, FD_CLOEXEC);
	capture->ifindex = capture->all ? 0 : find_index(capture);
	return 0;
}

static int open_device(struct ttr_capture *capture, const char *device, struct ttr_problem *problem)
{
	const size_t length = strnlen(device, sizeof(capture->device));
	char text[PCAP_ERRBUF_SIZE] = "";

	if (length == sizeof(capture->device))
		return ttr_problem_fill(problem, TTR_PROBLEM_NO_DEVICE, ENODEV, device, NULL);
	memcpy(capture->device, device, length); /* allocated with zeros */
	capture->all = strcmp(device, "any") == 0;
	ttr_clock_bridge_init(&capture->bridge);
	capture->pcap = pcap_create(device, text);
	if (!capture->pcap)
		return fail_open(problem, device, PCAP_ERROR, text);
	configure(capture);
	return activate(capture, problem);
}

static int open_new(struct ttr_capture **capture, const char *device, bool busy,
		    struct ttr_problem *problem)
{
	struct ttr_capture *new = calloc(1, sizeof(*new));
	int status;

	if (!new)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, device, NULL);
	new->busy = busy;
	status = open_device(new, device, problem);
	if (status < 0) {
		ttr_capture_free(new);
		return status;
	}
	*capture = new;
	return 0;
}

int ttr_capture_new(struct ttr_capture **capture, const char *device, struct ttr_problem *problem)
{
	return open_new(capture, device, false, problem);
}

int ttr_capture_new_busy(struct ttr_capture **capture, const char *device,
			 struct ttr_problem *problem)
{
	return open_new(capture, device, true, problem);
}

static int fail_bind(struct ttr_problem *problem, const char *device, int error)
{
	switch (error) {
	case ENODEV:
	case ENXIO:
		return fail_open(problem, device, PCAP_ERROR_NO_SUCH_DEVICE,
				 pcap_statustostr(PCAP_ERROR_NO_SUCH_DEVICE));
	case ENETDOWN:
		return fail_open(problem, device, PCAP_ERROR_IFACE_NOT_UP, "");
	default:
		return fail_open(problem, device, PCAP_ERROR, strerror(error));
	}
}

/* The frames keep the cooked header of "any": whatever the device's link type is, it is one that we
 * know. */
int ttr_capture_bind(struct ttr_capture *capture, const char *device, unsigned int ifindex,
		     struct ttr_problem *problem)
{
	int status;

	if (strnlen(device, sizeof(capture->device)) == sizeof(capture->device))
		return fail_bind(problem, device, ENODEV);
	status = ttr_packet_bind(capture->fd, ifindex);
	if (status < 0)
		return fail_bind(problem, device, -status);
	snprintf(capture->device, sizeof(capture->device), "%s", device);
	capture->ifindex = (int)ifindex;
	capture->all = false;
	return 0;
}

int ttr_capture_lock(struct ttr_capture *capture)
{
	return ttr_packet_lock(capture->fd);
}

void ttr_capture_free(struct ttr_capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture);
}

static int fail_filter(struct ttr_capture *capture, struct ttr_problem *problem)
{
	return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE, EIO, capture->device,
				pcap_geterr(capture->pcap));
}

/* What was lost before the filter was there is not our loss. */
static void start_counting(struct ttr_capture *capture)
{
	struct ttr_capture_counts counts;

	capture->dropped_before = 0;
	capture->device_dropped_before = 0;
	ttr_capture_count(capture, &counts);
	capture->dropped_before = counts.dropped;
	capture->device_dropped_before = counts.device_dropped;
}

static int set_filter(struct ttr_capture *capture, const char *text, struct ttr_problem *problem)
{
	struct bpf_program program;
	int status;

	if (pcap_compile(capture->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return fail_filter(capture, problem);
	status = pcap_setfilter(capture->pcap, &program);
	pcap_freecode(&program);
	if (status < 0)
		return fail_filter(capture, problem);
	start_counting(capture);
	return 0;
}

int ttr_capture_filter(struct ttr_capture *capture, const struct ttr_filter *filter,
		       struct ttr_problem *problem)
{
	char text[TTR_FILTER_TEXT_MAX] = "";
	int status = 0;

	if (filter)
		status = ttr_filter_write(text, sizeof(text), filter,
					  capture->link == TTR_LINK_ETHERNET);
	if (status < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE, -status, capture->device,
					NULL);
	return set_filter(capture, text, problem);
}

int ttr_capture_filter_incoming(struct ttr_capture *capture, const uint16_t *ports,
				size_t port_count, struct ttr_problem *problem)
{
	char text[TTR_FILTER_TEXT_MAX];
	int status = ttr_filter_write_incoming(text, sizeof(text), ports, port_count,
					       capture->link == TTR_LINK_ETHERNET);

	if (status < 0)
		return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE, -status, capture->device,
					NULL);
	/* Without it the filter refuses them, too, only later. */
	ttr_packet_ignore_outgoing(capture->fd);
	return set_filter(capture, text, problem);
}

int ttr_capture_fd(const struct ttr_capture *capture)
{
	return capture->fd;
}

/* A frame may come while its batch is read, after the bridge was. */
static struct ttr_mono convert(struct ttr_capture *capture, struct ttr_wall stamp)
{
	struct ttr_clock_bridge *bridge = &capture->bridge;

	if (stamp.ns + bridge->offset_ns > bridge->read.ns)
		ttr_clock_bridge_read(bridge);
	return ttr_clock_bridge_mono(bridge, stamp);
}

/* Bytes 4 to 7 of the cooked header, version 2, network byte order. */
static uint32_t shown_by(const uint8_t *frame)
{
	return (uint32_t)frame[4] << 24 | (uint32_t)frame[5] << 16 | (uint32_t)frame[6] << 8 |
	       frame[7];
}

static void take_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *frame)
{
	struct batch *batch = (struct batch *)(void *)user;
	struct ttr_capture *capture = batch->capture;
	int64_t unit_ns = capture->nano ? 1 : TTR_NS_PER_US;
	struct ttr_wall stamp = {header->ts.tv_sec * TTR_NS_PER_S + header->ts.tv_usec * unit_ns};
	struct ttr_link_packet packet;

	if (ttr_link_strip(&packet, capture->link, frame, header->caplen) != TTR_DECODE_OK) {
		capture->foreign++;
		return;
	}
	if (capture->all && capture->link == TTR_LINK_SLL2 &&
	    ttr_copies_seen(&capture->copies, frame + packet.offset, packet.captured,
			    shown_by(frame), stamp)) {
		capture->copy_count++;
		return;
	}
	batch->callback(batch->context, frame + packet.offset, packet.captured,
			convert(capture, stamp));
}

static int lose(struct ttr_capture *capture, int error, struct ttr_problem *problem)
{
	return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE_LOST, error, capture->device,
				pcap_geterr(capture->pcap));
}

/*
 * Nothing was there: woken because the device went down? libpcap takes that error from the socket
 * and goes on without a word.
 */
static int check_device(struct ttr_capture *capture, struct ttr_problem *problem)
{
	struct ifreq request = {.ifr_flags = 0};

	if (capture->all)
		return 0;
	memcpy(request.ifr_name, capture->device, sizeof(request.ifr_name));
	if (ioctl(capture->fd, SIOCGIFFLAGS, &request) < 0)
		return lose(capture, ENODEV, problem);
	if (request.ifr_flags & IFF_UP)
		return 0;
	return ttr_problem_fill(problem, TTR_PROBLEM_CAPTURE_LOST, ENETDOWN, capture->device, NULL);
}

int ttr_capture_read(struct ttr_capture *capture, unsigned int max_frames,
		     ttr_capture_callback *callback, void *context, struct ttr_problem *problem)
{
	struct batch batch = {.capture = capture, .callback = callback, .context = context};
	int count;

	ttr_clock_bridge_read(&capture->bridge);
	count = pcap_dispatch(capture->pcap, (int)max_frames, take_frame, (u_char *)&batch);
	if (count < 0)
		return lose(capture,
			    !capture->all && find_index(capture) != capture->ifindex ? ENODEV : EIO,
			    problem);
	if (count == 0)
		return check_device(capture, problem);
	return count;
}

void ttr_capture_count(struct ttr_capture *capture, struct ttr_capture_counts *counts)
{
	struct pcap_stat stat = {.ps_drop = 0};

	memset(counts, 0, sizeof(*counts));
	counts->foreign = capture->foreign;
	counts->copies = capture->copy_count;
	if (pcap_stats(capture->pcap, &stat) < 0)
		return;
	counts->dropped = stat.ps_drop - capture->dropped_before;
	counts->device_dropped = stat.ps_ifdrop - capture->device_dropped_before;
}
