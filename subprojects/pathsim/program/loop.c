/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define NS_PER_S UINT64_C(1000000000)
#define BATCH 64         /* packets read before those that are due are written */
#define SPIN_NS 30000    /* waits this short are not worth a sleep */
#define FLUSH_NS 1000000 /* the log is flushed before a sleep of this length */
#define FRAME_SIZE 65536

static volatile sig_atomic_t ended;

static void end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Blocked except in ppoll(), so that none comes between a look at `ended` and the sleep. */
void loop_catch_signals(void)
{
	struct sigaction action = {.sa_handler = end};
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR || error == ENOBUFS;
}

/* A packet that the device does not take is lost, as on any link. */
static int write_frame(const struct loop *loop, const uint8_t *frame, size_t len)
{
	if (write(loop->device->fd, frame, len) < 0 && !is_passing(errno) && errno != EIO &&
	    errno != EINVAL)
		return -errno;
	return 0;
}

static int take_packet(struct loop *loop, const uint8_t *packet, size_t len)
{
	uint64_t now = loop_now() - loop->start_ns;
	int error = pathsim_input(loop->sim, now, packet, len);

	if (loop->log != NULL)
		log_packet(loop->log, now, "out", packet, len);
	return error == -ENOBUFS ? 0 : error;
}

static int take_frame(struct loop *loop, const uint8_t *frame, size_t len)
{
	uint8_t answer[ETHERNET_ANSWER];
	const uint8_t *packet;
	size_t packet_len, answer_len;
	int error = 0;

	if (loop->ethernet == NULL)
		return take_packet(loop, frame, len);
	answer_len = ethernet_input(loop->ethernet, frame, len, answer, &packet, &packet_len);
	if (answer_len > 0)
		error = write_frame(loop, answer, answer_len);
	if (error == 0 && packet != NULL)
		error = take_packet(loop, packet, packet_len);
	return error;
}

/* *idle: all was read. */
static int read_frames(struct loop *loop, bool *idle)
{
	uint8_t frame[FRAME_SIZE];
	int error = 0;

	*idle = false;
	for (int i = 0; i < BATCH && error == 0 && !*idle; i++) {
		ssize_t len = read(loop->device->fd, frame, sizeof(frame));

		if (len > 0)
			error = take_frame(loop, frame, (size_t)len);
		else if (len < 0 && !is_passing(errno))
			error = -errno;
		else
			*idle = true;
	}
	return error;
}

static int write_frames(struct loop *loop)
{
	uint8_t frame[ETHERNET_HEADER + PATHSIM_PACKET_SIZE];
	uint8_t *packet = frame + ETHERNET_HEADER;
	int error = 0;

	while (error == 0) {
		uint64_t now = loop_now() - loop->start_ns;
		size_t len = pathsim_output(loop->sim, now, packet, PATHSIM_PACKET_SIZE);

		if (len == 0)
			break;
		if (loop->log != NULL)
			log_packet(loop->log, now, "in", packet, len);
		if (loop->ethernet == NULL)
			error = write_frame(loop, packet, len);
		else
			error = write_frame(loop, frame,
					    ethernet_output(loop->ethernet, frame, len));
	}
	return error;
}

/* Nanoseconds to the next thing to do; false: there is none. */
static bool find_wait(struct loop *loop, uint64_t *wait_ns)
{
	uint64_t now = loop_now(), when;
	bool any = pathsim_next_time(loop->sim, &when);

	if (any)
		when += loop->start_ns;
	if (loop->end_ns != 0 && (!any || loop->end_ns < when)) {
		when = loop->end_ns;
		any = true;
	}
	*wait_ns = any && when > now ? when - now : 0;
	return any;
}

static int sleep_until_next(struct loop *loop)
{
	struct pollfd poll_fd = {.fd = loop->device->fd, .events = POLLIN};
	struct timespec timeout, *limit = NULL;
	sigset_t open_signals;
	uint64_t wait;

	if (find_wait(loop, &wait)) {
		if (wait < SPIN_NS)
			wait = 0;
		timeout = (struct timespec){.tv_sec = (time_t)(wait / NS_PER_S),
					    .tv_nsec = (long)(wait % NS_PER_S)};
		limit = &timeout;
	}
	if (loop->log != NULL && (limit == NULL || wait >= FLUSH_NS))
		fflush(loop->log);
	sigemptyset(&open_signals);
	if (ppoll(&poll_fd, 1, limit, &open_signals) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/* A network does not wait for other programs on the machine. What is not allowed is left. */
static void be_punctual(void)
{
	const struct sched_param lowest = {.sched_priority = 1};

	/* Without it a sleep may be 50 us longer than asked for: prctl(2). */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	sched_setscheduler(0, SCHED_FIFO, &lowest);
	mlockall(MCL_CURRENT | MCL_FUTURE);
}

int loop_run(struct loop *loop)
{
	int error = 0;

	be_punctual();
	while (error == 0 && !ended && (loop->end_ns == 0 || loop_now() < loop->end_ns)) {
		bool idle;

		error = read_frames(loop, &idle);
		if (error == 0)
			error = write_frames(loop);
		if (error == 0 && idle)
			error = sleep_until_next(loop);
	}
	return error;
}
