/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/drive.h"

bool ttr_drive_exists(const struct ttr_drive *d)
{
	return d->engine || d->locate;
}

void ttr_drive_free(struct ttr_drive *d)
{
	ttr_engine_free(d->engine);
	ttr_locate_free(d->locate);
	*d = (struct ttr_drive){.engine = NULL};
}

size_t ttr_drive_probe_limit(const struct ttr_drive *d)
{
	return d->locate ? ttr_locate_probe_limit(d->locate) : ttr_engine_probe_limit(d->engine);
}

size_t ttr_drive_in_flight(const struct ttr_drive *d)
{
	return d->locate ? ttr_locate_in_flight(d->locate) : ttr_engine_in_flight(d->engine);
}

const struct ttr_grid *ttr_drive_grid(const struct ttr_drive *d)
{
	return d->locate ? ttr_locate_grid(d->locate) : ttr_engine_grid(d->engine);
}

struct ttr_segment ttr_drive_segment(const struct ttr_drive *d, uint32_t probe)
{
	return d->locate ? ttr_locate_segment(d->locate, probe)
			 : ttr_engine_segment(d->engine, probe);
}

void ttr_drive_start(struct ttr_drive *d, struct ttr_mono now)
{
	if (d->locate)
		ttr_locate_start(d->locate, now);
	else
		ttr_engine_start(d->engine, now);
}

void ttr_drive_sent(struct ttr_drive *d, uint32_t probe, struct ttr_mono at)
{
	if (d->locate)
		ttr_locate_sent(d->locate, probe, at);
	else
		ttr_engine_sent(d->engine, probe, at);
}

void ttr_drive_unsent(struct ttr_drive *d, uint32_t probe)
{
	if (d->locate)
		ttr_locate_unsent(d->locate, probe);
	else
		ttr_engine_unsent(d->engine, probe);
}

void ttr_drive_send_failed(struct ttr_drive *d, uint32_t probe, int error)
{
	if (d->locate)
		ttr_locate_send_failed(d->locate, probe, error);
	else
		ttr_engine_send_failed(d->engine, probe, error);
}

void ttr_drive_reply(struct ttr_drive *d, const struct ttr_reply *reply)
{
	if (d->locate)
		ttr_locate_reply(d->locate, reply);
	else
		ttr_engine_reply(d->engine, reply);
}

void ttr_drive_timeout(struct ttr_drive *d, uint32_t probe, struct ttr_mono now)
{
	if (d->locate)
		ttr_locate_timeout(d->locate, probe, now);
	else
		ttr_engine_timeout(d->engine, probe, now);
}

void ttr_drive_wake(struct ttr_drive *d, struct ttr_mono now)
{
	if (d->locate)
		ttr_locate_wake(d->locate, now);
	else
		ttr_engine_wake(d->engine, now);
}

void ttr_drive_resume(struct ttr_drive *d, struct ttr_mono now)
{
	if (d->locate)
		ttr_locate_resume(d->locate, now);
	else
		ttr_engine_resume(d->engine, now);
}

void ttr_drive_stop(struct ttr_drive *d, struct ttr_mono now, bool with_timeouts)
{
	if (d->locate)
		ttr_locate_stop(d->locate, now, with_timeouts);
	else
		ttr_engine_stop(d->engine, now, with_timeouts);
}

bool ttr_drive_next(struct ttr_drive *d, bool can_send, struct ttr_action *action)
{
	return d->locate ? ttr_locate_next(d->locate, can_send, action)
			 : ttr_engine_next(d->engine, can_send, action);
}
