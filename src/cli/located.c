/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/located.h"

#include "cli/json.h"
#include "cli/services.h"
#include "tcptraceroute/locate.h"

static json_t *state_word(enum ttr_port_state state)
{
	static const char *const words[] = {
		[TTR_PORT_UNKNOWN] = "unknown",   [TTR_PORT_OPEN] = "open",
		[TTR_PORT_CLOSED] = "closed",     [TTR_PORT_UNREACHABLE] = "unreachable",
		[TTR_PORT_FILTERED] = "filtered",
	};

	return json_string(words[state]);
}

static json_t *stop_word(enum ttr_stop how)
{
	static const char *const words[] = {
		[TTR_STOP_NONE] = "none",
		[TTR_STOP_DROP] = "drop",
		[TTR_STOP_REJECT] = "reject",
		[TTR_STOP_RESET] = "reset",
	};

	return json_string(words[how]);
}

static json_t *doubt_word(enum ttr_doubt doubt)
{
	static const char *const words[] = {
		[TTR_DOUBT_NONE] = "none",
		[TTR_DOUBT_NO_REFERENCE] = "no-reference",
		[TTR_DOUBT_LENGTHS] = "paths-differ",
		[TTR_DOUBT_LIMITED] = "rate-limited",
		[TTR_DOUBT_LOSS] = "loss",
		[TTR_DOUBT_INFERRED] = "inferred",
	};

	return json_string(words[doubt]);
}

static int add_place(json_t *object, const struct ttr_view *view, const struct ttr_verdict *v)
{
	json_t *reference =
		v->has_reference ? json_integer(view->settings->ports[v->reference]) : json_null();
	int failed = 0;

	failed |= json_object_set_new(object, "after_ttl", json_integer(v->after_ttl));
	failed |= json_object_set_new(object, "before_ttl", ttr_json_number(v->before_ttl));
	failed |= json_object_set_new(object, "reference_port", reference);
	failed |= json_object_set_new(object, "verified",
				      json_boolean(v->verified == TTR_VERIFIED_YES));
	if (v->doubt != TTR_DOUBT_NONE)
		failed |= json_object_set_new(object, "doubt", doubt_word(v->doubt));
	return failed;
}

static json_t *make_blocked(const struct ttr_view *view, const struct ttr_verdict *v)
{
	json_t *blocked;
	int failed = 0;

	if (v->how == TTR_STOP_NONE)
		return json_null();
	blocked = json_object();
	failed |= json_object_set_new(blocked, "how", stop_word(v->how));
	failed |= json_object_set_new(blocked, "address", ttr_json_address(&v->address));
	failed |= json_object_set_new(blocked, "icmp_code",
				      v->how == TTR_STOP_REJECT ? json_integer(v->icmp_code)
								: json_null());
	failed |= add_place(blocked, view, v);
	return ttr_json_complete(blocked, failed);
}

/* Somebody nearer than the host says SYN/ACK for it. */
static json_t *make_proxy(const struct ttr_view *view, const struct ttr_verdict *v)
{
	json_t *proxy = json_object();

	return ttr_json_complete(proxy, add_place(proxy, view, v));
}

int ttr_located_add(json_t *object, const struct ttr_view *view, size_t port)
{
	const struct ttr_located *located = ttr_locate_port(view->locate, port);
	const struct ttr_port_result *result = &located->result;
	const struct ttr_verdict *v = &located->verdict;
	const char *service = ttr_services_name(view->services, result->port);
	int failed = 0;

	failed |= json_object_set_new(object, "service", ttr_json_text(service));
	failed |= json_object_set_new(object, "source_port", json_integer(result->source_port));
	failed |= json_object_set_new(object, "state", state_word(v->state));
	failed |= json_object_set_new(object, "reached", json_boolean(result->reached));
	failed |= json_object_set_new(object, "distance", ttr_json_number(result->distance));
	failed |= json_object_set_new(
		object, "rtt_ms", result->rtt_ns >= 0 ? ttr_json_ms(result->rtt_ns) : json_null());
	failed |= json_object_set_new(object, "blocked", make_blocked(view, v));
	if (v->state == TTR_PORT_OPEN && v->nearer)
		failed |= json_object_set_new(object, "proxy", make_proxy(view, v));
	else if (v->how == TTR_STOP_NONE && v->doubt != TTR_DOUBT_NONE)
		failed |= json_object_set_new(object, "doubt", doubt_word(v->doubt));
	failed |= json_object_set_new(object, "verified",
				      json_boolean(v->verified != TTR_VERIFIED_NO));
	return failed;
}

static json_t *make_hop(unsigned int ttl, json_t *probes)
{
	json_t *hop = json_object();
	int failed = json_object_set_new(hop, "ttl", json_integer(ttl));

	failed |= json_object_set_new(hop, "probes", probes);
	return ttr_json_complete(hop, failed);
}

static json_t *make_seen(const struct ttr_view *view, const struct ttr_located *located)
{
	json_t *probes = json_array(), *probe = json_object();
	int failed = ttr_json_add_probe(probe, view, &located->seen);

	failed |= json_array_append_new(probes, probe);
	return make_hop(located->result.last_seen_ttl, ttr_json_complete(probes, failed));
}

json_t *ttr_located_hops(const struct ttr_view *view, size_t port)
{
	const struct ttr_located *located = ttr_locate_port(view->locate, port);
	json_t *hops = json_array();
	int failed = 0;

	if (port != ttr_locate_reference(view->locate)) {
		if (located->seen.state == TTR_CELL_ANSWERED)
			failed = json_array_append_new(hops, make_seen(view, located));
		return ttr_json_complete(hops, failed);
	}
	for (unsigned int ttl = view->grid->first_ttl; ttl <= ttr_grid_last_row(view->grid, 0);
	     ttl++)
		failed |= json_array_append_new(hops, make_hop(ttl, ttr_json_probes(view, 0, ttl)));
	return ttr_json_complete(hops, failed);
}
