/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "net/clock.h"
#include "net/loop.h"

#define MS TTR_NS_PER_MS

static struct ttr_loop *make_loop(void)
{
	struct ttr_loop *loop;

	assert_int_equal(ttr_loop_new(&loop), 0);
	return loop;
}

struct shot {
	struct ttr_loop *loop;
	struct ttr_timer *timer;
	struct ttr_mono at;
	unsigned int order;
	unsigned int *counter;
};

static void note_shot(void *context)
{
	struct shot *shot = context;

	shot->at = ttr_mono_now();
	shot->order = ++*shot->counter;
}

/* Sorted by their delays, whatever queue they are in; never early. */
static void test_timers(void **state)
{
	static const int64_t delays_ns[] = {60 * MS, 10 * MS, -5, 20 * MS, 0, 60 * MS, 40 * MS + 1};
	static const unsigned int order[] = {6, 3, 1, 4, 2, 7, 5};
	struct ttr_loop *loop = make_loop();
	struct shot shots[7] = {0};
	unsigned int counter = 0;
	struct ttr_mono start;

	(void)state;
	ttr_loop_common_delay(loop, 60 * MS);
	ttr_loop_common_delay(loop, 60 * MS);
	ttr_loop_common_delay(loop, 0);
	start = ttr_mono_now();
	for (size_t i = 0; i < 7; i++) {
		shots[i].counter = &counter;
		assert_int_equal(ttr_timer_new(&shots[i].timer, loop, note_shot, &shots[i]), 0);
		assert_false(ttr_timer_armed(shots[i].timer));
		assert_int_equal(ttr_timer_arm(shots[i].timer, delays_ns[i]), 0);
		assert_true(ttr_timer_armed(shots[i].timer));
	}
	assert_int_equal(ttr_loop_run(loop), 0);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(shots[i].order, order[i]);
		assert_true(shots[i].at.ns - start.ns >= delays_ns[i]);
		assert_false(ttr_timer_armed(shots[i].timer));
		ttr_timer_free(shots[i].timer);
	}
	ttr_loop_free(loop);
}

/* More precise than a millisecond: the best of some attempts, since the machine may be busy. */
static void test_precision(void **state)
{
	struct ttr_loop *loop = make_loop();
	unsigned int counter = 0;
	struct shot shot = {.counter = &counter};
	int64_t best_ns = INT64_MAX;

	(void)state;
	assert_int_equal(ttr_timer_new(&shot.timer, loop, note_shot, &shot), 0);
	for (int i = 0; i < 200; i++) {
		const struct ttr_mono start = ttr_mono_now();
		int64_t late_ns;

		ttr_timer_arm(shot.timer, 200000);
		ttr_loop_run(loop);
		late_ns = shot.at.ns - start.ns - 200000;
		assert_true(late_ns >= 0);
		best_ns = late_ns < best_ns ? late_ns : best_ns;
	}
	assert_true(best_ns < 500000);
	ttr_timer_free(shot.timer);
	ttr_loop_free(loop);
}

/* A delay counts from the call, even in a callback that has been busy. */
static void arm_after_work(void *context)
{
	struct shot *shot = context;
	struct ttr_mono start = ttr_mono_now();

	while (ttr_mono_now().ns - start.ns < 3 * MS)
		;
	shot->at = ttr_mono_now();
	ttr_timer_arm(shot->timer, 2 * MS);
}

static void test_busy_callback(void **state)
{
	struct ttr_loop *loop = make_loop();
	unsigned int counter = 0;
	struct shot second = {.counter = &counter}, first = {0};
	struct ttr_timer *busy;

	(void)state;
	assert_int_equal(ttr_timer_new(&second.timer, loop, note_shot, &second), 0);
	first.timer = second.timer;
	assert_int_equal(ttr_timer_new(&busy, loop, arm_after_work, &first), 0);
	ttr_timer_arm(busy, 0);
	ttr_loop_run(loop);
	assert_true(second.at.ns - first.at.ns >= 2 * MS);
	ttr_timer_free(busy);
	ttr_timer_free(second.timer);
	ttr_loop_free(loop);
}

/* Whoever comes first frees, disarms or moves the others, and frees itself. */
struct crowd {
	struct ttr_timer *timers[8];
	unsigned int calls;
};

static void end_crowd(void *context)
{
	struct crowd *crowd = context;

	crowd->calls++;
	for (int i = 0; i < 8; i++) {
		ttr_timer_free(crowd->timers[i]);
		crowd->timers[i] = NULL;
	}
}

static void test_free_in_callback(void **state)
{
	struct ttr_loop *loop = make_loop();
	struct crowd crowd = {0};

	(void)state;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(ttr_timer_new(&crowd.timers[i], loop, end_crowd, &crowd), 0);
		ttr_timer_arm(crowd.timers[i], 0);
	}
	ttr_loop_run(loop);
	assert_int_equal(crowd.calls, 1);
	ttr_loop_free(loop);
}

static void test_rearm(void **state)
{
	struct ttr_loop *loop = make_loop();
	unsigned int counter = 0;
	struct shot shot = {.counter = &counter};

	(void)state;
	assert_int_equal(ttr_timer_new(&shot.timer, loop, note_shot, &shot), 0);
	ttr_timer_arm(shot.timer, 0);
	ttr_timer_disarm(shot.timer);
	assert_false(ttr_timer_armed(shot.timer));
	ttr_loop_run(loop);
	assert_int_equal(counter, 0);
	ttr_timer_arm(shot.timer, 100 * TTR_NS_PER_S);
	ttr_timer_arm(shot.timer, MS);
	ttr_timer_arm(shot.timer, 0);
	ttr_loop_run(loop);
	assert_int_equal(counter, 1);
	ttr_timer_free(shot.timer);
	ttr_timer_free(NULL);
	ttr_loop_free(loop);
}

static void quit_loop(void *context)
{
	ttr_loop_quit(context);
}

static void test_quit(void **state)
{
	struct ttr_loop *loop = make_loop();
	struct ttr_timer *soon, *never;
	unsigned int counter = 0;
	struct shot shot = {.counter = &counter};

	(void)state;
	assert_int_equal(ttr_timer_new(&soon, loop, quit_loop, loop), 0);
	assert_int_equal(ttr_timer_new(&never, loop, note_shot, &shot), 0);
	ttr_timer_arm(never, 1000 * TTR_NS_PER_S);
	ttr_timer_arm(soon, 0);
	ttr_loop_run(loop);
	ttr_loop_quit(loop);
	ttr_loop_run(loop); /* at once */
	ttr_timer_arm(soon, 0);
	ttr_loop_run(loop);
	assert_int_equal(counter, 0);
	ttr_timer_free(soon);
	ttr_timer_free(never);
	ttr_loop_free(loop);
}

struct pipe_end {
	struct ttr_watch *watch;
	int fd;
	unsigned int readable, writable;
};

static void note_ready(void *context, bool readable, bool writable)
{
	struct pipe_end *end = context;
	char byte;

	end->readable += readable;
	end->writable += writable;
	if (readable && recv(end->fd, &byte, 1, MSG_DONTWAIT) <= 0)
		ttr_watch_set(end->watch, false, false);
	if (writable)
		ttr_watch_set(end->watch, true, false);
}

static void test_watch(void **state)
{
	struct ttr_loop *loop = make_loop();
	struct pipe_end end = {0};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	end.fd = pair[0];
	assert_int_equal(ttr_watch_new(&end.watch, loop, pair[0], note_ready, &end), 0);
	assert_int_equal(write(pair[1], "ab", 2), 2);
	assert_int_equal(ttr_loop_run(loop), 0); /* no interest: nothing to wait for */
	assert_int_equal(end.readable, 0);
	assert_int_equal(ttr_watch_set(end.watch, true, true), 0);
	close(pair[1]);
	ttr_loop_run(loop);
	assert_int_equal(end.readable, 3); /* a, b, end */
	assert_int_equal(end.writable, 1);
	ttr_watch_free(end.watch);
	ttr_watch_free(NULL);
	close(pair[0]);
	ttr_loop_free(loop);
}

static void free_watch(void *context, bool readable, bool writable)
{
	struct pipe_end *ends = context;

	(void)readable;
	(void)writable;
	ends[0].readable++;
	ttr_watch_free(ends[0].watch);
	ttr_watch_free(ends[1].watch);
}

static void test_watch_freed(void **state)
{
	struct ttr_loop *loop = make_loop();
	struct pipe_end ends[2] = {0};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ttr_watch_new(&ends[i].watch, loop, pair[i], free_watch, ends), 0);
		assert_int_equal(ttr_watch_set(ends[i].watch, false, true), 0);
	}
	ttr_loop_run(loop);
	assert_int_equal(ends[0].readable, 1);
	close(pair[0]);
	close(pair[1]);
	ttr_loop_free(loop);
}

static void test_watch_refused(void **state)
{
	struct ttr_loop *loop = make_loop();
	struct ttr_watch *watch;
	int fd = open("/proc/self/exe", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ttr_watch_new(&watch, loop, fd, note_ready, NULL), 0);
	assert_int_equal(ttr_watch_set(watch, true, false), -EPERM);
	ttr_watch_free(watch);
	close(fd);
	ttr_loop_free(loop);
}

struct signals {
	struct ttr_signal *signal;
	struct ttr_loop *loop;
	unsigned int calls;
};

static void note_signal(void *context)
{
	struct signals *signals = context;

	if (++signals->calls == 1) {
		raise(SIGTERM);
		return;
	}
	ttr_signal_free(signals->signal);
	ttr_loop_quit(signals->loop);
}

static void test_signal(void **state)
{
	struct signals signals = {.loop = make_loop()};
	struct sigaction before, after;

	(void)state;
	sigaction(SIGTERM, NULL, &before);
	assert_int_equal(
		ttr_signal_new(&signals.signal, signals.loop, SIGTERM, note_signal, &signals), 0);
	raise(SIGTERM);
	ttr_loop_run(signals.loop);
	assert_int_equal(signals.calls, 2);
	sigaction(SIGTERM, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	ttr_loop_free(signals.loop);
}

/* The library would end the process. */
static void test_no_descriptors(void **state)
{
	struct rlimit old, none;
	struct ttr_loop *loop;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(ttr_loop_new(&loop), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
	loop = make_loop();
	ttr_loop_free(loop);
	ttr_loop_free(NULL);
}

/* Probes come by the ten thousand; one queue for all that wait equally long. */
static void test_many(void **state)
{
	enum { MANY = 20000 };
	struct ttr_loop *loop = make_loop();
	struct shot *shots = calloc(MANY, sizeof(*shots));
	unsigned int counter = 0;

	(void)state;
	assert_non_null(shots);
	ttr_loop_common_delay(loop, 2 * MS);
	for (size_t i = 0; i < MANY; i++) {
		shots[i].counter = &counter;
		ttr_timer_new(&shots[i].timer, loop, note_shot, &shots[i]);
		ttr_timer_arm(shots[i].timer, 2 * MS);
	}
	for (size_t i = 1; i < MANY; i += 2)
		ttr_timer_disarm(shots[i].timer);
	ttr_loop_run(loop);
	assert_int_equal(counter, MANY / 2);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(shots[i].order, i % 2 ? 0 : i / 2 + 1);
		ttr_timer_free(shots[i].timer);
	}
	free(shots);
	ttr_loop_free(loop);
}

/* On the base of another program, which runs it and keeps it. */
static void test_embedded(void **state)
{
	struct event_base *base = event_base_new();
	unsigned int counter = 0;
	struct shot shot = {.counter = &counter};
	struct ttr_loop *loop;

	(void)state;
	assert_non_null(base);
	assert_int_equal(ttr_loop_new_on(&loop, base), 0);
	ttr_loop_common_delay(loop, 5 * MS);
	assert_int_equal(ttr_timer_new(&shot.timer, loop, note_shot, &shot), 0);
	for (unsigned int i = 1; i <= 2; i++) {
		ttr_timer_arm(shot.timer, 5 * MS);
		assert_int_equal(event_base_dispatch(base), 1);
		assert_int_equal(counter, i);
	}
	ttr_timer_free(shot.timer);
	ttr_loop_free(loop);
	event_base_free(base);
}

static void test_environment(void **state)
{
	struct ttr_loop *loop;

	(void)state;
	setenv("EVENT_NOEPOLL", "1", 1);
	setenv("EVENT_NOPOLL", "1", 1);
	setenv("EVENT_NOSELECT", "1", 1);
	loop = make_loop();
	assert_int_equal(ttr_loop_run(loop), 0);
	ttr_loop_free(loop);
	unsetenv("EVENT_NOEPOLL");
	unsetenv("EVENT_NOPOLL");
	unsetenv("EVENT_NOSELECT");
}

/* Time goes 1 s on; the wall clock was at 1000 s when the monotonic one was at 10 s. */
static void test_bridge(void **state)
{
	static const struct ttr_mono at10 = {10 * TTR_NS_PER_S}, at11 = {11 * TTR_NS_PER_S};
	static const struct ttr_wall wall1000 = {1000 * TTR_NS_PER_S};
	static const struct {
		int64_t step_ns;  /* of the wall clock, between the reads */
		int64_t stamp_ns; /* since 1000 s of the wall clock as it was when stamped */
		int64_t mono_ns;  /* expected */
	} cases[] = {
		{0, 500 * MS, 10 * TTR_NS_PER_S + 500 * MS},
		{0, 0, 10 * TTR_NS_PER_S},
		{0, 1000 * MS, 11 * TTR_NS_PER_S},
		/* from before the start, from the future */
		{0, -1, 11 * TTR_NS_PER_S},
		{0, 1000 * MS + 1, 11 * TTR_NS_PER_S},
		/* slewed: the newer relation counts */
		{MS / 2, 500 * MS, 10 * TTR_NS_PER_S + 500 * MS - MS / 2},
		/* stepped back or forth by an hour, ten years: stamped before that */
		{-3600 * TTR_NS_PER_S, 500 * MS, 11 * TTR_NS_PER_S},
		{3600 * TTR_NS_PER_S, 500 * MS, 11 * TTR_NS_PER_S},
		{315360000 * TTR_NS_PER_S, 500 * MS, 11 * TTR_NS_PER_S},
		{2 * MS, 500 * MS, 11 * TTR_NS_PER_S},
		/* and after it */
		{-3600 * TTR_NS_PER_S, 1000 * MS - 3600 * TTR_NS_PER_S, 11 * TTR_NS_PER_S},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ttr_wall stamp = {wall1000.ns + cases[i].stamp_ns};
		const struct ttr_wall wall = {wall1000.ns + TTR_NS_PER_S + cases[i].step_ns};
		struct ttr_clock_bridge bridge;

		ttr_clock_bridge_start(&bridge, at10, wall1000);
		ttr_clock_bridge_feed(&bridge, at11, wall);
		assert_int_equal(ttr_clock_bridge_mono(&bridge, stamp).ns, cases[i].mono_ns);
	}
}

/* Frames from before a step are read long after it was noticed; newer ones are exact again. */
static void test_bridge_later(void **state)
{
	const struct ttr_mono at13 = {13 * TTR_NS_PER_S};
	struct ttr_clock_bridge bridge;
	struct ttr_wall stamp = {500 * TTR_NS_PER_S};

	(void)state;
	ttr_clock_bridge_start(&bridge, (struct ttr_mono){10 * TTR_NS_PER_S},
			       (struct ttr_wall){500 * TTR_NS_PER_S});
	ttr_clock_bridge_feed(&bridge, (struct ttr_mono){12 * TTR_NS_PER_S},
			      (struct ttr_wall){4102 * TTR_NS_PER_S});
	ttr_clock_bridge_feed(&bridge, at13, (struct ttr_wall){4103 * TTR_NS_PER_S});
	assert_int_equal(ttr_clock_bridge_mono(&bridge, stamp).ns, at13.ns);
	stamp.ns = 4102 * TTR_NS_PER_S + 7;
	assert_int_equal(ttr_clock_bridge_mono(&bridge, stamp).ns, 12 * TTR_NS_PER_S + 7);
}

static void test_clocks(void **state)
{
	struct ttr_clock_bridge bridge;
	struct ttr_mono before, stamp, after;
	struct ttr_wall wall;

	(void)state;
	ttr_clock_bridge_init(&bridge);
	before = ttr_mono_now();
	wall = ttr_wall_now();
	after = ttr_mono_now();
	ttr_clock_bridge_read(&bridge);
	stamp = ttr_clock_bridge_mono(&bridge, wall);
	assert_true(stamp.ns > before.ns - MS);
	assert_true(stamp.ns < after.ns + MS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),         cmocka_unit_test(test_precision),
		cmocka_unit_test(test_busy_callback),  cmocka_unit_test(test_free_in_callback),
		cmocka_unit_test(test_rearm),          cmocka_unit_test(test_quit),
		cmocka_unit_test(test_watch),          cmocka_unit_test(test_watch_freed),
		cmocka_unit_test(test_watch_refused),  cmocka_unit_test(test_signal),
		cmocka_unit_test(test_no_descriptors), cmocka_unit_test(test_many),
		cmocka_unit_test(test_embedded),       cmocka_unit_test(test_environment),
		cmocka_unit_test(test_bridge),         cmocka_unit_test(test_bridge_later),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
