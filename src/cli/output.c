/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/loop.h"

static bool is_pipe(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

void ttr_output_init(struct ttr_output *output, int fd, struct ttr_loop *loop,
		     void (*failed)(void *context), void *context)
{
	*output = (struct ttr_output){
		.fd = fd,
		.loop = loop,
		.pipe = is_pipe(fd),
		.failed = failed,
		.context = context,
	};
}

void ttr_output_fini(struct ttr_output *output)
{
	ttr_watch_free(output->watch);
	ttr_buffer_fini(&output->queue);
	output->watch = NULL;
}

static bool wait_writable(int fd, int timeout_ms)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	return poll(&poller, 1, timeout_ms) != 0;
}

/* Bytes written; 0: later; negative errno. */
static ssize_t write_some(int fd, const char *data, size_t length)
{
	const ssize_t written = write(fd, data, length);

	if (written >= 0)
		return written;
	return errno == EINTR || errno == EAGAIN ? 0 : -errno;
}

int ttr_output_write(int fd, const char *data, size_t length)
{
	while (length) {
		const ssize_t written = write_some(fd, data, length);

		if (written < 0)
			return (int)written;
		if (!written)
			wait_writable(fd, -1);
		data += written;
		length -= (size_t)written;
	}
	return 0;
}

static void fail(struct ttr_output *output, int error)
{
	if (output->error)
		return;
	output->error = error;
	ttr_buffer_clear(&output->queue);
	output->written = 0;
	output->failed(output->context);
}

/* A pipe that says it is writable takes this much without blocking (POSIX: PIPE_BUF). */
static size_t next_size(const struct ttr_output *output)
{
	const size_t left = output->queue.length - output->written;

	return output->pipe && left > PIPE_BUF ? PIPE_BUF : left;
}

/* Writes as much as can be written now. True if that was all. */
static bool drain(struct ttr_output *output)
{
	while (output->written < output->queue.length && wait_writable(output->fd, 0)) {
		const ssize_t written = write_some(output->fd, output->queue.data + output->written,
						   next_size(output));

		if (written < 0)
			fail(output, (int)-written);
		if (written <= 0)
			break;
		output->written += (size_t)written;
	}
	if (output->written < output->queue.length)
		return false;
	ttr_buffer_clear(&output->queue);
	output->written = 0;
	return true;
}

static void on_writable(void *context, bool readable, bool writable)
{
	struct ttr_output *output = context;

	(void)readable;
	(void)writable;
	if (!drain(output))
		return;
	ttr_watch_free(output->watch);
	output->watch = NULL;
}

/* False if the descriptor cannot be waited for. */
static bool watch(struct ttr_output *output)
{
	if (output->watch)
		return true;
	if (ttr_watch_new(&output->watch, output->loop, output->fd, on_writable, output))
		return false;
	if (ttr_watch_set(output->watch, false, true) == 0)
		return true;
	ttr_watch_free(output->watch);
	output->watch = NULL;
	return false;
}

static int left_ms(const struct ttr_output *output)
{
	int64_t left_ns;

	if (!output->deadline.ns)
		return -1;
	left_ns = output->deadline.ns - ttr_mono_now().ns;
	return left_ns > 0 ? (int)(left_ns / TTR_NS_PER_MS) + 1 : 0;
}

/* The trace ends at most a day from now, so that the milliseconds fit. */
static void write_out(struct ttr_output *output)
{
	while (!drain(output) && !output->error)
		if (!wait_writable(output->fd, left_ms(output)))
			fail(output, ETIME);
}

void ttr_output_add(struct ttr_output *output, const struct ttr_buffer *text)
{
	if (output->error)
		return;
	ttr_buffer_add(&output->queue, ttr_buffer_text(text), text->length);
	if (text->failed || output->queue.failed) {
		fail(output, ENOMEM);
		return;
	}
	if (drain(output))
		return;
	if (output->queue.length > TTR_OUTPUT_QUEUE_BYTES || !watch(output))
		write_out(output);
}

int ttr_output_finish(struct ttr_output *output)
{
	ttr_watch_free(output->watch);
	output->watch = NULL;
	if (!output->error)
		write_out(output);
	return -output->error;
}
