/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verdict.h"

#include "cli/format.h"
#include "cli/json.h"
#include "cli/services.h"
#include "tcptraceroute/locate.h"

static const char *stop_word(enum ttr_stop how)
{
	static const char *const words[] = {
		[TTR_STOP_NONE] = "none",
		[TTR_STOP_DROP] = "drop",
		[TTR_STOP_REJECT] = "reject",
		[TTR_STOP_RESET] = "reset",
	};

	return words[how];
}

static const char *doubt_word(enum ttr_doubt doubt)
{
	static const char *const words[] = {
		[TTR_DOUBT_NONE] = NULL,
		[TTR_DOUBT_NO_REFERENCE] = "no-reference",
		[TTR_DOUBT_LENGTHS] = "paths-differ",
		[TTR_DOUBT_LIMITED] = "rate-limited",
		[TTR_DOUBT_LOSS] = "loss",
		[TTR_DOUBT_SPEAKER] = "other-answerer",
		[TTR_DOUBT_REFUSAL] = "maybe-rejected",
		[TTR_DOUBT_INFERRED] = "inferred",
		[TTR_DOUBT_INTERRUPTED] = "interrupted",
	};

	return words[doubt];
}

static json_t *make_reference(const struct ttr_view *view, const struct ttr_verdict *verdict)
{
	return verdict->has_reference ? json_integer(view->settings->ports[verdict->reference])
				      : json_null();
}

static int add_certainty(json_t *object, const struct ttr_verdict *verdict)
{
	int failed = json_object_set_new(object, "verified",
					 json_boolean(verdict->verified == TTR_VERIFIED_YES));

	if (verdict->doubt != TTR_DOUBT_NONE)
		failed |= json_object_set_new(object, "doubt",
					      json_string(doubt_word(verdict->doubt)));
	return failed;
}

static json_t *make_blocked(const struct ttr_view *view, const struct ttr_verdict *verdict)
{
	const bool rejected = verdict->how == TTR_STOP_REJECT;
	json_t *blocked;
	int failed = 0;

	if (verdict->how == TTR_STOP_NONE)
		return json_null();
	blocked = json_object();
	failed |= json_object_set_new(blocked, "after_ttl", json_integer(verdict->after_ttl));
	failed |= json_object_set_new(blocked, "how", json_string(stop_word(verdict->how)));
	failed |= json_object_set_new(blocked, "address", ttr_json_address(&verdict->address));
	failed |= json_object_set_new(blocked, "icmp_code",
				      rejected ? json_integer(verdict->icmp_code) : json_null());
	failed |= json_object_set_new(blocked, "reference_port", make_reference(view, verdict));
	failed |= json_object_set_new(blocked, "before_ttl", ttr_json_number(verdict->before_ttl));
	failed |= add_certainty(blocked, verdict);
	return ttr_json_complete(blocked, failed);
}

/* Who answers for the host with SYN/ACK; only there when somebody does. */
static int add_proxy(json_t *object, const struct ttr_view *view, const struct ttr_verdict *verdict)
{
	json_t *proxy = json_object();
	int failed = 0;

	failed |= json_object_set_new(proxy, "after_ttl", json_integer(verdict->after_ttl));
	failed |= json_object_set_new(proxy, "before_ttl", ttr_json_number(verdict->before_ttl));
	failed |= json_object_set_new(proxy, "reference_port", make_reference(view, verdict));
	failed |= add_certainty(proxy, verdict);
	return failed | json_object_set_new(object, "proxy", proxy);
}

const struct ttr_port_result *ttr_verdict_result(const struct ttr_view *view, size_t port)
{
	return view->locate ? &ttr_locate_port(view->locate, port)->result
			    : &view->grid->ports[port];
}

void ttr_verdict_look(struct ttr_verdict *verdict, const struct ttr_view *view, size_t port)
{
	if (view->locate)
		*verdict = ttr_locate_port(view->locate, port)->verdict;
	else
		ttr_verdict_find(verdict, view->survey, view->grid, port);
}

int ttr_verdict_add(json_t *object, const struct ttr_view *view, size_t port)
{
	const struct ttr_port_result *result = ttr_verdict_result(view, port);
	const char *service = ttr_services_name(view->services, view->settings->ports[port]);
	struct ttr_verdict verdict;
	int failed = 0;

	ttr_verdict_look(&verdict, view, port);
	failed |= json_object_set_new(object, "service", ttr_json_text(service));
	failed |= json_object_set_new(object, "source_port", ttr_json_number(result->source_port));
	failed |= json_object_set_new(object, "state",
				      json_string(ttr_format_port_state(verdict.state)));
	failed |= json_object_set_new(object, "reached", json_boolean(result->reached));
	failed |= json_object_set_new(object, "distance", ttr_json_number(result->distance));
	if (result->distance_uncertain)
		failed |= json_object_set_new(object, "distance_uncertain", json_true());
	failed |= json_object_set_new(
		object, "rtt_ms", result->rtt_ns >= 0 ? ttr_json_ms(result->rtt_ns) : json_null());
	failed |= json_object_set_new(object, "blocked", make_blocked(view, &verdict));
	if (verdict.state == TTR_PORT_OPEN && verdict.nearer)
		failed |= add_proxy(object, view, &verdict);
	else if (verdict.how == TTR_STOP_NONE && verdict.doubt != TTR_DOUBT_NONE)
		failed |= json_object_set_new(object, "doubt",
					      json_string(doubt_word(verdict.doubt)));
	/* Of all ports alike, so that nobody has to look where it is. */
	if (view->locate)
		failed |= json_object_set_new(object, "verified",
					      json_boolean(verdict.verified != TTR_VERIFIED_NO));
	return failed;
}
