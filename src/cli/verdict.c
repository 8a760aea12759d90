/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verdict.h"

#include "cli/format.h"
#include "cli/json.h"
#include "cli/services.h"

static const char *state_word(enum ttr_port_state state)
{
	static const char *const words[] = {
		[TTR_PORT_UNKNOWN] = "unknown",   [TTR_PORT_OPEN] = "open",
		[TTR_PORT_CLOSED] = "closed",     [TTR_PORT_UNREACHABLE] = "unreachable",
		[TTR_PORT_FILTERED] = "filtered",
	};

	return words[state];
}

static const struct ttr_cell *find_in_row(const struct ttr_grid *grid, size_t port,
					  unsigned int ttl, enum ttr_answer answer)
{
	const struct ttr_cell *cells = ttr_grid_row(grid, port, ttl);

	for (unsigned int query = 0; query < grid->queries; query++)
		if (cells[query].state == TTR_CELL_ANSWERED && cells[query].answer == answer)
			return &cells[query];
	return NULL;
}

/* The highest TTL, up to that of the refusal, at which the path still went on; 0: none. */
static unsigned int last_passed(const struct ttr_grid *grid, size_t port)
{
	for (unsigned int ttl = grid->ports[port].end_ttl; ttl >= grid->first_ttl; ttl--)
		if (find_in_row(grid, port, ttl, TTR_ANSWER_TIME_EXCEEDED))
			return ttl;
	return 0;
}

static json_t *make_blocked(unsigned int after_ttl, const char *how, const struct ttr_cell *refusal)
{
	json_t *blocked = json_object();
	int failed = 0;

	failed |= json_object_set_new(blocked, "after_ttl", json_integer(after_ttl));
	failed |= json_object_set_new(blocked, "how", json_string(how));
	failed |= json_object_set_new(blocked, "address",
				      refusal ? ttr_json_address(&refusal->address) : json_null());
	failed |= json_object_set_new(blocked, "icmp_code",
				      refusal ? json_integer(refusal->icmp_code) : json_null());
	failed |= json_object_set_new(blocked, "reference_port", json_null());
	if (!failed)
		return blocked;
	json_decref(blocked);
	return NULL;
}

static json_t *judge(const struct ttr_grid *grid, size_t port)
{
	const struct ttr_port_result *result = &grid->ports[port];
	const struct ttr_cell *refusal = NULL;

	if (result->state == TTR_PORT_FILTERED && result->last_seen_ttl)
		return make_blocked(result->last_seen_ttl, "drop", NULL);
	if (result->state == TTR_PORT_UNREACHABLE && result->end_ttl)
		refusal = find_in_row(grid, port, result->end_ttl, TTR_ANSWER_UNREACHABLE);
	return refusal ? make_blocked(last_passed(grid, port), "reject", refusal) : json_null();
}

int ttr_verdict_add(json_t *object, const struct ttr_view *view, size_t port)
{
	const struct ttr_port_result *result = &view->grid->ports[port];
	const char *service = ttr_services_name(view->services, view->settings->ports[port]);
	int failed = 0;

	failed |= json_object_set_new(object, "service", ttr_json_text(service));
	failed |= json_object_set_new(object, "source_port", ttr_json_number(result->source_port));
	failed |= json_object_set_new(object, "state", json_string(state_word(result->state)));
	failed |= json_object_set_new(object, "reached", json_boolean(result->reached));
	failed |= json_object_set_new(object, "distance",
				      result->distance ? json_integer(result->distance)
						       : json_null());
	failed |= json_object_set_new(
		object, "rtt_ms", result->rtt_ns >= 0 ? ttr_json_ms(result->rtt_ns) : json_null());
	failed |= json_object_set_new(object, "blocked", judge(view->grid, port));
	return failed;
}
