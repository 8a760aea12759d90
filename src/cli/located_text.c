/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/located_text.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/escape.h"
#include "cli/format.h"
#include "cli/style.h"
#include "net/address.h"
#include "tcptraceroute/locate.h"

/* A list of ports may be that long; a longer one has a line of its own. */
#define LIST_WIDTH 22
#define OTHERS_MIN 20

struct group {
	struct ttr_verdict verdict; /* of its first port */
	size_t ports;
	size_t verified;
};

struct groups {
	const struct ttr_view *view;
	struct group *all;
	size_t count;
	uint32_t *of; /* by port */
	size_t largest;
};

static const struct ttr_verdict *verdict_of(const struct groups *groups, size_t port)
{
	return &ttr_locate_port(groups->view->locate, port)->verdict;
}

/* Whether each was looked at itself makes no difference. */
static bool is_alike(const struct ttr_verdict *a, const struct ttr_verdict *b)
{
	struct ttr_verdict x = *a, y = *b;

	x.verified = y.verified = TTR_VERIFIED_NONE;
	if (x.doubt == TTR_DOUBT_INFERRED)
		x.doubt = TTR_DOUBT_NONE;
	if (y.doubt == TTR_DOUBT_INFERRED)
		y.doubt = TTR_DOUBT_NONE;
	return ttr_verdict_equal(&x, &y);
}

static void sort_in(struct groups *groups, size_t port)
{
	const struct ttr_verdict *v = verdict_of(groups, port);
	size_t i = 0;

	while (i < groups->count && !is_alike(&groups->all[i].verdict, v))
		i++;
	if (i == groups->count)
		groups->all[groups->count++].verdict = *v;
	groups->of[port] = (uint32_t)i;
	groups->all[i].ports++;
	groups->all[i].verified += v->verified == TTR_VERIFIED_YES;
}

static int make_groups(struct groups *groups, const struct ttr_view *view)
{
	const size_t count = view->settings->port_count;

	*groups = (struct groups){.view = view};
	groups->all = calloc(count, sizeof(*groups->all));
	groups->of = calloc(count, sizeof(*groups->of));
	if (!groups->all || !groups->of)
		return -ENOMEM;
	for (size_t port = 0; port < count; port++)
		sort_in(groups, port);
	for (size_t i = 1; i < groups->count; i++)
		if (groups->all[i].ports > groups->all[groups->largest].ports)
			groups->largest = i;
	return 0;
}

static void put_range(struct ttr_buffer *out, unsigned int first, unsigned int last)
{
	if (out->length)
		ttr_buffer_put(out, ",");
	ttr_buffer_print(out, first == last ? "%u" : "%u-%u", first, last);
}

/* Neighbours in the list that are neighbours in number are a range. */
static void list_ports(struct ttr_buffer *out, const struct groups *groups, size_t group)
{
	const uint16_t *ports = groups->view->settings->ports;
	const size_t count = groups->view->settings->port_count;

	for (size_t i = 0; i < count; i++) {
		const uint16_t first = ports[i];

		if (groups->of[i] != group)
			continue;
		while (i + 1 < count && groups->of[i + 1] == group && ports[i + 1] == ports[i] + 1)
			i++;
		put_range(out, first, ports[i]);
	}
}

static const char *state_text(enum ttr_port_state state, enum ttr_style *style)
{
	static const struct {
		const char *word;
		enum ttr_style style;
	} states[] = {
		[TTR_PORT_UNKNOWN] = {"unknown", TTR_STYLE_UNKNOWN},
		[TTR_PORT_OPEN] = {"open", TTR_STYLE_OPEN},
		[TTR_PORT_CLOSED] = {"closed", TTR_STYLE_CLOSED},
		[TTR_PORT_UNREACHABLE] = {"unreachable", TTR_STYLE_MARK},
		[TTR_PORT_FILTERED] = {"filtered", TTR_STYLE_SILENT},
	};

	*style = states[state].style;
	return states[state].word;
}

static const struct ttr_addr *hop_address(const struct ttr_view *view, unsigned int ttl)
{
	if (ttl < view->grid->first_ttl || ttl > view->grid->max_ttl)
		return NULL;
	for (unsigned int q = 0; q < view->grid->queries; q++) {
		const struct ttr_cell *cell = ttr_grid_cell(view->grid, 0, ttl, q);

		if (cell->answer == TTR_ANSWER_TIME_EXCEEDED)
			return &cell->address;
	}
	return NULL;
}

static void put_address(struct ttr_buffer *out, const struct ttr_view *view,
			const struct ttr_addr *addr)
{
	const char *name = view->name(view->context, addr);
	char text[TTR_ADDR_TEXT_MAX];

	ttr_addr_format(text, addr);
	if (!name) {
		ttr_buffer_put(out, text);
		return;
	}
	ttr_escape(out, name, TTR_ESCAPE_MAX);
	ttr_buffer_print(out, " (%s)", text);
}

static void put_hop(struct ttr_buffer *out, const struct ttr_view *view,
		    const struct ttr_verdict *v)
{
	const struct ttr_addr *addr = hop_address(view, v->after_ttl);

	if (v->after_ttl < view->grid->first_ttl) {
		ttr_buffer_put(out, " before the first hop that answers");
		return;
	}
	ttr_buffer_print(out, " after hop %u", v->after_ttl);
	if (!addr || (v->how == TTR_STOP_REJECT && ttr_addr_equal(addr, &v->address)))
		return;
	ttr_buffer_put(out, ", ");
	put_address(out, view, addr);
}

static void put_how(struct ttr_buffer *out, const struct ttr_view *view,
		    const struct ttr_verdict *v)
{
	const struct ttr_cell refusal = {
		.address = v->address, .icmp_type = v->icmp_type, .icmp_code = v->icmp_code};
	char mark[TTR_MARK_MAX];

	switch (v->how) {
	case TTR_STOP_DROP:
		ttr_buffer_put(out, ", dropped");
		break;
	case TTR_STOP_RESET:
		ttr_buffer_put(out, ", reset");
		break;
	case TTR_STOP_REJECT:
		ttr_format_mark(mark, &refusal);
		ttr_buffer_print(out, ", rejected (%s) by ", mark);
		put_address(out, view, &v->address);
		break;
	default:
		if (v->nearer)
			ttr_buffer_put(out, ", answered by a proxy");
		break;
	}
	if (v->how != TTR_STOP_NONE || v->nearer)
		put_hop(out, view, v);
}

static void put_doubt(struct ttr_buffer *out, const struct group *group)
{
	static const char *const reasons[] = {
		[TTR_DOUBT_NONE] = NULL,
		[TTR_DOUBT_NO_REFERENCE] = "no port shows that the path goes on",
		[TTR_DOUBT_LENGTHS] = "paths of different length",
		[TTR_DOUBT_LIMITED] = "routers limit their answers",
		[TTR_DOUBT_LOSS] = "answers get lost",
		[TTR_DOUBT_INFERRED] = NULL,
	};
	const char *reason = reasons[group->verdict.doubt];

	if (reason)
		ttr_buffer_print(out, "; not sure: %s", reason);
	else if (group->verdict.how != TTR_STOP_NONE && group->verified < group->ports)
		ttr_buffer_print(out, " (%zu of %zu verified)", group->verified, group->ports);
}

static int put_group(struct ttr_buffer *out, const struct groups *groups, size_t i, bool colored)
{
	const struct group *group = &groups->all[i];
	const struct ttr_verdict *v = &group->verdict;
	struct ttr_buffer list = {.data = NULL};
	enum ttr_style style;
	const char *state = state_text(v->state, &style);
	int failed;

	list_ports(&list, groups, i);
	if (list.length > LIST_WIDTH) {
		if (i != groups->largest || group->ports < OTHERS_MIN)
			ttr_buffer_print(out, "%s\n", ttr_buffer_text(&list));
		ttr_buffer_clear(&list);
		ttr_buffer_print(&list, "%zu %s", group->ports,
				 i == groups->largest && groups->count > 1 ? "others" : "ports");
	}
	ttr_buffer_print(out, "%-*s  ", LIST_WIDTH, ttr_buffer_text(&list));
	failed = list.failed;
	ttr_buffer_fini(&list);
	ttr_style_put(out, colored, style, state);
	put_how(out, groups->view, v);
	if (v->has_reference)
		ttr_buffer_print(out, "; %u goes on", groups->view->settings->ports[v->reference]);
	put_doubt(out, group);
	ttr_buffer_put(out, "\n");
	return failed || out->failed ? -ENOMEM : 0;
}

int ttr_located_text(struct ttr_buffer *out, const struct ttr_view *view, bool colored)
{
	struct groups groups;
	int outcome = make_groups(&groups, view);

	for (size_t i = 0; i < groups.count && !outcome; i++)
		outcome = put_group(out, &groups, i, colored);
	free(groups.all);
	free(groups.of);
	return outcome;
}
