/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/ndjson.h"

#include <errno.h>

#include "cli/json.h"
#include "cli/verdict.h"

static json_t *begin(const struct ttr_view *view, const char *event, int *failed)
{
	json_t *object = json_object();

	*failed = json_object_set_new(object, "event", json_string(event));
	*failed |= json_object_set_new(object, "host", ttr_json_text(view->settings->host));
	*failed |= json_object_set_new(object, "target", ttr_json_address(&view->egress->target));
	return object;
}

/* port: an index of the settings. */
static json_t *begin_port(const struct ttr_view *view, const char *event, size_t port, int *failed)
{
	json_t *object = begin(view, event, failed);

	*failed |= json_object_set_new(object, "port", json_integer(view->settings->ports[port]));
	return object;
}

/* port: one of the grid. */
static json_t *begin_cell(const struct ttr_view *view, const char *event, size_t port, int *failed)
{
	json_t *object = begin(view, event, failed);

	*failed |= json_object_set_new(object, "port", json_integer(view->grid->ports[port].port));
	return object;
}

static int end(struct ttr_buffer *out, json_t *object, int failed)
{
	if (!failed)
		failed = ttr_json_dump(out, object, JSON_COMPACT);
	json_decref(object);
	ttr_buffer_put(out, "\n");
	return failed || out->failed ? -ENOMEM : 0;
}

int ttr_ndjson_start(struct ttr_buffer *out, const struct ttr_view *view)
{
	int failed;
	json_t *object = begin(view, "start", &failed);

	failed |= json_object_set_new(object, "schema", json_string(TTR_JSON_SCHEMA));
	failed |= json_object_set_new(object, "version", json_string(TTR_VERSION));
	failed |= json_object_set_new(object, "started", ttr_json_time(view->egress->started));
	failed |= ttr_json_add_start(object, view);
	return end(out, object, failed);
}

int ttr_ndjson_probe(struct ttr_buffer *out, const struct ttr_view *view, size_t port,
		     unsigned int ttl, unsigned int query)
{
	int failed;
	json_t *object = begin_cell(view, "probe", port, &failed);

	failed |= json_object_set_new(object, "ttl", json_integer(ttl));
	failed |= json_object_set_new(object, "query", json_integer(query + 1));
	failed |= ttr_json_add_probe(object, view, ttr_grid_cell(view->grid, port, ttl, query));
	return end(out, object, failed);
}

int ttr_ndjson_hop(struct ttr_buffer *out, const struct ttr_view *view, size_t port,
		   unsigned int ttl)
{
	int failed;
	json_t *object = begin_cell(view, "hop", port, &failed);

	failed |= json_object_set_new(object, "ttl", json_integer(ttl));
	failed |= json_object_set_new(object, "probes", ttr_json_probes(view, port, ttl));
	return end(out, object, failed);
}

int ttr_ndjson_port(struct ttr_buffer *out, const struct ttr_view *view, size_t port)
{
	int failed;
	json_t *object = begin_port(view, "port", port, &failed);

	failed |= ttr_verdict_add(object, view, port);
	return end(out, object, failed);
}

int ttr_ndjson_end(struct ttr_buffer *out, const struct ttr_view *view)
{
	const struct ttr_counters *counters = &view->grid->counters;
	int failed;
	json_t *object = begin(view, "end", &failed);

	failed |= json_object_set_new(object, "elapsed_ms", ttr_json_ms(view->elapsed_ns));
	failed |= json_object_set_new(object, "probes_sent", ttr_json_count(counters->probes_sent));
	failed |= json_object_set_new(object, "interrupted", json_boolean(view->interrupted));
	failed |= json_object_set_new(object, "replies", ttr_json_count(counters->replies));
	failed |= json_object_set_new(object, "capture_dropped",
				      ttr_json_count(view->frames_dropped));
	failed |= ttr_json_add_incidents(object, view);
	return end(out, object, failed);
}
