/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/locate_state.h"

#define RATE_DEFAULT 1000 /* probes per second */

#define WINDOW_NS (100 * TTR_NS_PER_MS)

/* The path's settings: one port, which is put in when it is known. */
static struct ttr_settings path_settings(const struct ttr_settings *settings)
{
	struct ttr_settings path = *settings;

	path.port_count = 1;
	return path;
}

size_t ttr_locate_flows(const struct ttr_settings *settings)
{
	struct ttr_settings path = path_settings(settings);

	return ttr_plan_flows(&path) + ttr_plan_spare_flows(&path);
}

static bool plan_is_sound(const struct ttr_locate_plan *plan)
{
	const struct ttr_settings *s = plan->settings;

	return s->port_count >= 1 && s->port_count <= UINT16_MAX && !s->track_port &&
	       s->flags & TTR_TCP_SYN && !(s->flags & TTR_TCP_ACK);
}

static int allocate(struct ttr_locate *l)
{
	const size_t places = l->settings.max_ttl + 3u;

	l->port_numbers = calloc(l->count, sizeof(*l->port_numbers));
	l->ports = calloc(l->count, sizeof(*l->ports));
	l->located = calloc(l->count, sizeof(*l->located));
	l->index_of = calloc(UINT16_MAX + 1, sizeof(*l->index_of));
	l->hops = calloc(places, sizeof(*l->hops));
	l->place_of_ttl = calloc(TTR_TTL_MAX + 1, sizeof(*l->place_of_ttl));
	l->askers = calloc(2 * places, sizeof(*l->askers));
	l->groups = calloc(TTR_LOCATE_KINDS, sizeof(*l->groups));
	if (!l->port_numbers || !l->ports || !l->located || !l->index_of || !l->hops ||
	    !l->place_of_ttl || !l->askers || !l->groups)
		return -ENOMEM;
	return ttr_fifo_init(&l->news, l->count);
}

static void fill_ports(struct ttr_locate *l, const struct ttr_settings *settings)
{
	memset(l->index_of, 0xff, (UINT16_MAX + 1) * sizeof(*l->index_of)); /* TTR_LOCATE_NONE */
	for (uint32_t i = 0; i < l->count; i++) {
		l->port_numbers[i] = settings->ports[i];
		l->index_of[settings->ports[i]] = i;
		l->ports[i].place = TTR_LOCATE_PLACE_UNKNOWN;
		l->located[i].result = (struct ttr_port_result){
			.port = settings->ports[i],
			.source_port = l->source_ports[0],
			.rtt_ns = -1,
		};
	}
	l->settings.ports = l->port_numbers;
}

static void fill_sources(struct ttr_locate *l, const struct ttr_locate_plan *plan)
{
	for (unsigned int i = 0; i < TTR_LOCATE_SOURCES; i++)
		l->source_ports[i] = plan->source_ports[i];
	l->source_count = TTR_LOCATE_SOURCES;
	if (l->source_ports[0] == l->source_ports[1])
		l->source_count = 1;
}

static int make_path(struct ttr_locate *l, const struct ttr_locate_plan *plan)
{
	struct ttr_settings settings = path_settings(plan->settings);
	struct ttr_plan path = {
		.source = plan->source,
		.target = plan->target,
		.settings = &settings,
		.keys = plan->keys,
		.key_count = plan->key_count,
	};

	return ttr_engine_new(&l->path, &path);
}

static void fill(struct ttr_locate *l, const struct ttr_locate_plan *plan)
{
	unsigned int rate = plan->settings->rate ? plan->settings->rate : RATE_DEFAULT;

	l->source = plan->source;
	l->target = plan->target;
	l->base_gap_ns = TTR_NS_PER_S / rate;
	l->base_gap_ns += l->base_gap_ns * TTR_LOCATE_CATCH_UP_NS / WINDOW_NS;
	l->gap_ns = l->base_gap_ns;
	l->reference = TTR_LOCATE_NONE;
	l->walker = TTR_LOCATE_NONE;
	l->held = TTR_LOCATE_NONE;
	for (unsigned int kind = 0; kind < TTR_LOCATE_KINDS; kind++)
		l->searching[kind] = TTR_LOCATE_NONE;
	ttr_cookies_init(&l->cookies, plan->secret, &plan->source, plan->settings);
	fill_sources(l, plan);
	fill_ports(l, plan->settings);
}

int ttr_locate_new(struct ttr_locate **locate, const struct ttr_locate_plan *plan)
{
	struct ttr_locate *l;
	int r;

	if (!plan_is_sound(plan))
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->settings = *plan->settings;
	l->count = plan->settings->port_count;
	r = allocate(l);
	if (r == 0)
		r = make_path(l, plan);
	if (r < 0) {
		ttr_locate_free(l);
		return r;
	}
	fill(l, plan);
	*locate = l;
	return 0;
}

void ttr_locate_free(struct ttr_locate *l)
{
	if (!l)
		return;
	ttr_engine_free(l->path);
	ttr_fifo_fini(&l->news);
	free(l->port_numbers);
	free(l->ports);
	free(l->located);
	free(l->index_of);
	free(l->hops);
	free(l->place_of_ttl);
	free(l->askers);
	free(l->groups);
	free(l);
}
