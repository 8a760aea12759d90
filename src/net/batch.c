/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/address.h"
#include "net/clock.h"
#include "net/problem.h"
#include "net/raw.h"

enum { FOUR, SIX, FAMILIES };

struct lane {
	int fd;
	unsigned int count;
	uint64_t tokens[TTR_BATCH_PACKETS];
	struct mmsghdr messages[TTR_BATCH_PACKETS];
	struct iovec parts[TTR_BATCH_PACKETS];
	struct sockaddr_storage to[TTR_BATCH_PACKETS];
	uint8_t packets[TTR_BATCH_PACKETS][TTR_BATCH_PACKET_BYTES];
};

struct ttr_batch {
	struct lane lanes[FAMILIES];
};

static int prepare(int fd, enum ttr_family family, unsigned int ifindex, uint8_t tos)
{
	const int index = (int)ifindex;
	int status = ttr_raw_prepare(fd, family, tos);

	if (status == 0 && ifindex &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0)
		status = -errno;
	return status;
}

static int make_lane(struct lane *lane, const struct ttr_raw *raw, enum ttr_family family,
		     unsigned int ifindex, uint8_t tos)
{
	for (unsigned int i = 0; i < TTR_BATCH_PACKETS; i++) {
		lane->parts[i].iov_base = lane->packets[i];
		lane->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &lane->to[i], .msg_iov = &lane->parts[i], .msg_iovlen = 1};
	}
	lane->fd = ttr_raw_fd(raw, family);
	return lane->fd < 0 ? 0 : prepare(lane->fd, family, ifindex, tos);
}

int ttr_batch_new(struct ttr_batch **batch, const struct ttr_raw *raw, unsigned int ifindex,
		  uint8_t tos, struct ttr_problem *problem)
{
	struct ttr_batch *new = calloc(1, sizeof(*new));
	int status;

	if (!new)
		return ttr_problem_fill(problem, TTR_PROBLEM_MEMORY, ENOMEM, NULL, NULL);
	status = make_lane(&new->lanes[FOUR], raw, TTR_FAMILY_IPV4, ifindex, tos);
	if (status == 0)
		status = make_lane(&new->lanes[SIX], raw, TTR_FAMILY_IPV6, ifindex, tos);
	if (status < 0) {
		ttr_batch_free(new);
		return ttr_problem_fill(problem, TTR_PROBLEM_SOCKET, -status, NULL, NULL);
	}
	*batch = new;
	return 0;
}

void ttr_batch_free(struct ttr_batch *batch)
{
	free(batch);
}

static struct lane *lane_of(struct ttr_batch *batch, enum ttr_family family)
{
	return &batch->lanes[family == TTR_FAMILY_IPV6 ? SIX : FOUR];
}

int ttr_batch_fd(const struct ttr_batch *batch, enum ttr_family family)
{
	return batch->lanes[family == TTR_FAMILY_IPV6 ? SIX : FOUR].fd;
}

bool ttr_batch_add(struct ttr_batch *batch, uint64_t token, const struct ttr_segment *segment)
{
	struct lane *lane = lane_of(batch, segment->target.family);
	unsigned int i = lane->count, length;

	if (lane->fd < 0 || i == TTR_BATCH_PACKETS)
		return false;
	length = ttr_segment_build(lane->packets[i], TTR_BATCH_PACKET_BYTES, segment);
	if (!length)
		return false;
	lane->tokens[i] = token;
	lane->parts[i].iov_len = length;
	lane->messages[i].msg_hdr.msg_namelen =
		ttr_addr_to_socket(&lane->to[i], &segment->target, 0, 0);
	lane->count++;
	return true;
}

bool ttr_batch_full(const struct ttr_batch *batch)
{
	return batch->lanes[FOUR].count == TTR_BATCH_PACKETS ||
	       batch->lanes[SIX].count == TTR_BATCH_PACKETS;
}

bool ttr_batch_empty(const struct ttr_batch *batch)
{
	return batch->lanes[FOUR].count == 0 && batch->lanes[SIX].count == 0;
}

/* Those of one call left one after the other, evenly as far as anybody knows. */
static void report_sent(const struct lane *lane, unsigned int first, unsigned int count,
			struct ttr_mono before, ttr_batch_callback *callback, void *context)
{
	int64_t each_ns = (ttr_mono_now().ns - before.ns) / count;

	for (unsigned int i = 0; i < count; i++) {
		struct ttr_mono at = {before.ns + i * each_ns};

		callback(context, lane->tokens[first + i], at, 0);
	}
}

/* How many are dealt with: those that were sent, or one that could not be. */
static unsigned int send_some(struct lane *lane, unsigned int first, ttr_batch_callback *callback,
			      void *context)
{
	struct ttr_mono before = ttr_mono_now();
	int count = sendmmsg(lane->fd, lane->messages + first, lane->count - first,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
	int error = errno;

	if (count > 0) {
		report_sent(lane, first, (unsigned int)count, before, callback, context);
		return (unsigned int)count;
	}
	if (error == EINTR)
		return 0;
	if (error != EAGAIN)
		ttr_raw_drain_errors(lane->fd);
	callback(context, lane->tokens[first], before, error);
	return 1;
}

static void flush_lane(struct lane *lane, ttr_batch_callback *callback, void *context)
{
	unsigned int done = 0;

	while (done < lane->count)
		done += send_some(lane, done, callback, context);
	lane->count = 0;
}

void ttr_batch_flush(struct ttr_batch *batch, ttr_batch_callback *callback, void *context)
{
	flush_lane(&batch->lanes[FOUR], callback, context);
	flush_lane(&batch->lanes[SIX], callback, context);
}
