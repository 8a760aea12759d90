/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/located.h"

#include "cli/json.h"
#include "tcptraceroute/locate.h"

static json_t *make_seen(const struct ttr_view *view, const struct ttr_located *located)
{
	json_t *hop = json_object(), *probes = json_array(), *probe = json_object();
	int failed = ttr_json_add_probe(probe, view, &located->seen);

	failed |= json_array_append_new(probes, probe);
	failed |= json_object_set_new(hop, "ttl", json_integer(located->result.last_seen_ttl));
	failed |= json_object_set_new(hop, "probes", probes);
	return ttr_json_complete(hop, failed);
}

json_t *ttr_located_hops(const struct ttr_view *view, size_t port)
{
	const struct ttr_located *located = ttr_locate_port(view->locate, port);
	json_t *hops;
	int failed = 0;

	if (port == ttr_locate_reference(view->locate))
		return ttr_json_hops(view, 0);
	hops = json_array();
	if (located->seen.state == TTR_CELL_ANSWERED)
		failed = json_array_append_new(hops, make_seen(view, located));
	return ttr_json_complete(hops, failed);
}
