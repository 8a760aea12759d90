/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/findings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/format.h"
#include "cli/services.h"
#include "cli/style.h"
#include "cli/verdict.h"
#include "net/address.h"

#define NAME_MAX_SHOWN 255
#define LINE_WIDTH 80
#define GAP 2

/* A longer list of ports stands below. */
#define LIST_MAX 24
/* The largest group's is left out if it is longer than this. */
#define LIST_LEFT_OUT 60
#define LIST_INDENT 4

#define GROUPS_MAX 4096 /* what does not fit is in JSON */

struct group {
	size_t first; /* its first port, an index */
	size_t count;
	size_t verified; /* of them */
	int64_t rtt_ns;  /* the smallest */
	bool others;     /* its ports are not listed */
};

struct findings {
	struct ttr_buffer *out;
	const struct ttr_view *view;
	const struct ttr_finding *all;
	bool colored;
	uint16_t *group_of; /* by port */
	struct group *groups;
	size_t count;
	unsigned int width; /* of the first column */
};

/* -- Groups -- */

/* Looked at itself or inferred from those that were: they are counted. */
static bool is_sure(const struct ttr_verdict *verdict)
{
	return verdict->doubt == TTR_DOUBT_NONE || verdict->doubt == TTR_DOUBT_INFERRED;
}

/* The same line; whose answers show that the path goes on does not matter. */
static bool is_alike(const struct ttr_finding *a, const struct ttr_finding *b)
{
	struct ttr_verdict other = b->verdict;

	other.reference = a->verdict.reference;
	if (is_sure(&a->verdict) && is_sure(&other)) {
		other.verified = a->verdict.verified;
		other.doubt = a->verdict.doubt;
	}
	return a->distance == b->distance && ttr_verdict_equal(&a->verdict, &other);
}

static size_t find_group(const struct findings *f, size_t port)
{
	size_t i = 0;

	while (i < f->count && !is_alike(&f->all[f->groups[i].first], &f->all[port]))
		i++;
	return i;
}

static void put_in_group(struct findings *f, size_t port)
{
	size_t number = find_group(f, port);
	const int64_t rtt_ns = f->all[port].rtt_ns;
	struct group *group = &f->groups[number];

	if (number == GROUPS_MAX) {
		f->group_of[port] = UINT16_MAX;
		return;
	}
	if (number == f->count) {
		f->count++;
		*group = (struct group){.first = port, .rtt_ns = rtt_ns};
	}
	group->count++;
	group->verified += f->all[port].verdict.verified == TTR_VERIFIED_YES;
	if (rtt_ns >= 0 && rtt_ns < group->rtt_ns)
		group->rtt_ns = rtt_ns;
	f->group_of[port] = (uint16_t)number;
}

/* -- Lists of ports -- */

static void put_range(struct ttr_buffer *out, const char *comma, unsigned int first,
		      unsigned int last)
{
	if (first == last)
		ttr_buffer_print(out, "%s%u", comma, first);
	else
		ttr_buffer_print(out, "%s%u%c%u", comma, first, last == first + 1 ? ',' : '-',
				 last);
}

/* "22,80-89,443", in the order in which they were given. */
static void list_ports(const struct findings *f, struct ttr_buffer *out, size_t number)
{
	const uint16_t *ports = f->view->settings->ports;
	const size_t count = f->view->settings->port_count;
	const char *comma = "";

	for (size_t i = f->groups[number].first; i < count; i++) {
		size_t last = i;

		if (f->group_of[i] != number)
			continue;
		while (last + 1 < count && f->group_of[last + 1] == number &&
		       ports[last + 1] == ports[last] + 1)
			last++;
		put_range(out, comma, ports[i], ports[last]);
		comma = ",";
		i = last;
	}
}

/* Broken at commas. */
static void put_wrapped(struct ttr_buffer *out, const char *list)
{
	const size_t room = LINE_WIDTH - LIST_INDENT;

	while (*list) {
		size_t length = strlen(list), cut;

		for (cut = length < room ? length : room; cut < length && list[cut - 1] != ',';)
			cut--;
		ttr_buffer_print(out, "%*s%.*s\n", LIST_INDENT, "", (int)cut, list);
		list += cut;
	}
}

/* What stands for the group's ports in the first column. */
static void put_label(const struct findings *f, struct ttr_buffer *out, size_t number,
		      const struct ttr_buffer *list)
{
	const struct group *group = &f->groups[number];
	const uint16_t port = f->view->settings->ports[group->first];
	const char *service = ttr_services_name(f->view->services, port);

	if (group->count == 1 && service)
		ttr_buffer_print(out, "%u %s", port, service);
	else if (group->others)
		ttr_buffer_print(out, f->count > 1 ? "%zu others" : "all %zu", group->count);
	else if (list->length <= LIST_MAX)
		ttr_buffer_put(out, ttr_buffer_text(list));
	else
		ttr_buffer_print(out, "%zu ports", group->count);
}

/* -- What was found -- */

static void put_who(const struct findings *f, const struct ttr_addr *address)
{
	const char *name = f->view->name(f->view->context, address);
	char text[TTR_ADDR_TEXT_MAX];

	ttr_addr_format(text, address);
	if (!name || strcmp(name, text) == 0) {
		ttr_buffer_put(f->out, text);
		return;
	}
	ttr_escape(f->out, name, NAME_MAX_SHOWN);
	ttr_buffer_print(f->out, " (%s)", text);
}

/* Where: between two hops, or in the first. \v: wrap() */
static void put_place(const struct findings *f, const struct ttr_verdict *verdict)
{
	if (verdict->after_ttl < f->view->settings->first_ttl) {
		ttr_buffer_print(f->out, "before hop\v%u",
				 verdict->before_ttl ? verdict->before_ttl
						     : verdict->after_ttl + 1u);
		return;
	}
	ttr_buffer_print(f->out, "after hop\v%u", verdict->after_ttl);
	/* Quiet routers in between: it may be any of them. */
	if (verdict->before_ttl > verdict->after_ttl + 1)
		ttr_buffer_print(f->out, ", before hop\v%u", verdict->before_ttl + 0u);
}

static void put_doubt(const struct findings *f, enum ttr_doubt doubt)
{
	static const char *const words[] = {
		[TTR_DOUBT_NONE] = "",
		[TTR_DOUBT_NO_REFERENCE] = "; no port shows that the path goes on",
		[TTR_DOUBT_LENGTHS] = "; not sure: ports take different paths",
		[TTR_DOUBT_LIMITED] = "; not sure: routers limit their answers",
		[TTR_DOUBT_LOSS] = "; not sure: answers may be lost",
		[TTR_DOUBT_SPEAKER] = "; not sure: a firewall may have answered for the others",
		[TTR_DOUBT_REFUSAL] = "; or rejected: routers limit what they say",
		[TTR_DOUBT_INFERRED] = "",
		[TTR_DOUBT_INTERRUPTED] = "; not sure: interrupted",
	};

	ttr_buffer_put(f->out, words[doubt]);
}

static void put_reference(const struct findings *f, const struct group *group)
{
	const struct ttr_verdict *verdict = &f->all[group->first].verdict;

	if (verdict->has_reference)
		ttr_buffer_print(f->out, "; %u\vgoes\von",
				 f->view->settings->ports[verdict->reference]);
	put_doubt(f, verdict->doubt);
	if (is_sure(verdict) && group->verified < group->count)
		ttr_buffer_print(f->out, " (%zu\vof\v%zu\vverified)", group->verified,
				 group->count);
}

static void put_refusal(const struct findings *f, const struct group *group)
{
	const struct ttr_verdict *verdict = &f->all[group->first].verdict;
	const struct ttr_cell cell = {
		.address = verdict->address,
		.icmp_type = verdict->icmp_type,
		.icmp_code = verdict->icmp_code,
	};
	char mark[TTR_MARK_MAX];

	ttr_format_mark(mark, &cell);
	ttr_buffer_print(f->out, "rejected (%s) by ", mark);
	if (ttr_addr_equal(&verdict->address, &f->view->egress->target)) {
		ttr_buffer_put(f->out, "the host itself");
		return;
	}
	put_who(f, &verdict->address);
	ttr_buffer_put(f->out, " ");
	put_place(f, verdict);
	put_reference(f, group);
}

static void put_arrival(const struct findings *f, const struct group *group)
{
	const struct ttr_finding *finding = &f->all[group->first];
	char ms[TTR_MS_MAX];

	if (finding->distance)
		ttr_buffer_print(f->out, "%u hop%s", finding->distance,
				 finding->distance == 1 ? "" : "s");
	if (group->rtt_ns >= 0 && (finding->distance || f->view->locate)) {
		ttr_format_ms(ms, group->rtt_ns);
		ttr_buffer_print(f->out, "%s%s ms", finding->distance ? ", " : "", ms);
	}
	if (finding->verdict.nearer) {
		ttr_buffer_put(f->out, "; answered in the host's name ");
		put_place(f, &finding->verdict);
		put_reference(f, group);
	} else {
		put_doubt(f, finding->verdict.doubt);
	}
}

static void put_finding(const struct findings *f, const struct group *group)
{
	const struct ttr_verdict *verdict = &f->all[group->first].verdict;

	switch (verdict->how) {
	case TTR_STOP_REJECT:
		put_refusal(f, group);
		return;
	case TTR_STOP_DROP:
		ttr_buffer_put(f->out,
			       verdict->doubt == TTR_DOUBT_NO_REFERENCE ? "silent " : "dropped ");
		break;
	case TTR_STOP_RESET:
		ttr_buffer_put(f->out, "reset in the host's name ");
		break;
	default:
		if (verdict->state == TTR_PORT_FILTERED)
			ttr_buffer_put(f->out, "no answer from anybody");
		else if (verdict->state == TTR_PORT_UNKNOWN)
			ttr_buffer_put(f->out, f->view->grid->cut_short ? "interrupted"
									: "nothing that decides");
		else
			put_arrival(f, group);
		return;
	}
	put_place(f, verdict);
	put_reference(f, group);
}

static enum ttr_style style_of(enum ttr_port_state state)
{
	static const enum ttr_style styles[] = {
		[TTR_PORT_UNKNOWN] = TTR_STYLE_UNKNOWN, [TTR_PORT_OPEN] = TTR_STYLE_OPEN,
		[TTR_PORT_CLOSED] = TTR_STYLE_CLOSED,   [TTR_PORT_UNREACHABLE] = TTR_STYLE_MARK,
		[TTR_PORT_FILTERED] = TTR_STYLE_MARK,
	};

	return styles[state];
}

/* Breaks what is behind start at words, with a hanging indent; not at \v, which become spaces.
 * Names are escaped, so there are no others. */
static void wrap(struct ttr_buffer *out, size_t start, unsigned int indent)
{
	struct ttr_buffer text = {.data = NULL};
	size_t column = indent;

	if (out->failed)
		return;
	ttr_buffer_add(&text, out->data + start, out->length - start);
	ttr_buffer_cut(out, start);
	for (const char *word = ttr_buffer_text(&text); *word;) {
		const size_t length = strcspn(word, " ");

		if (column > indent && column + 1 + length > LINE_WIDTH) {
			ttr_buffer_print(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			ttr_buffer_put(out, " ");
			column++;
		}
		ttr_buffer_add(out, word, length);
		column += length;
		word += length + (word[length] == ' ');
	}
	ttr_buffer_fini(&text);
	for (size_t i = start; !out->failed && i < out->length; i++)
		if (out->data[i] == '\v')
			out->data[i] = ' ';
}

static void put_group(struct findings *f, size_t number)
{
	const struct group *group = &f->groups[number];
	const enum ttr_port_state state = f->all[group->first].verdict.state;
	struct ttr_buffer list = {.data = NULL}, label = {.data = NULL};
	const char *word = ttr_format_port_state(state);
	size_t start;

	list_ports(f, &list, number);
	put_label(f, &label, number, &list);
	ttr_buffer_print(f->out, "%-*s%*s", (int)f->width, ttr_buffer_text(&label), GAP, "");
	ttr_style_put(f->out, f->colored, style_of(state), word);
	ttr_buffer_print(f->out, "%*s", (int)(strlen("unreachable") - strlen(word) + GAP), "");
	start = f->out->length;
	put_finding(f, group);
	wrap(f->out, start, f->width + (unsigned int)strlen("unreachable") + 2 * GAP);
	ttr_buffer_put(f->out, "\n");
	if (!group->others && list.length > LIST_MAX)
		put_wrapped(f->out, ttr_buffer_text(&list));
	ttr_buffer_fini(&list);
	ttr_buffer_fini(&label);
}

static void measure(struct findings *f, size_t number)
{
	struct ttr_buffer list = {.data = NULL}, label = {.data = NULL};
	struct group *group = &f->groups[number];
	bool largest = true;

	for (size_t i = 0; i < f->count; i++)
		largest &= i == number || f->groups[i].count < group->count;
	list_ports(f, &list, number);
	group->others = largest && list.length > LIST_LEFT_OUT;
	put_label(f, &label, number, &list);
	if (label.length > f->width)
		f->width = (unsigned int)label.length;
	ttr_buffer_fini(&list);
	ttr_buffer_fini(&label);
}

int ttr_findings_put(struct ttr_buffer *out, const struct ttr_view *view,
		     const struct ttr_finding *findings, bool colored)
{
	const size_t ports = view->settings->port_count;
	struct findings f = {.out = out, .view = view, .all = findings, .colored = colored};

	f.group_of = calloc(ports, sizeof(*f.group_of));
	f.groups = calloc(ports < GROUPS_MAX ? ports : GROUPS_MAX, sizeof(*f.groups));
	if (f.group_of && f.groups) {
		for (size_t port = 0; port < ports; port++)
			put_in_group(&f, port);
		for (size_t i = 0; i < f.count; i++)
			measure(&f, i);
		ttr_buffer_put(out, "\n");
		for (size_t i = 0; i < f.count; i++)
			put_group(&f, i);
	} else {
		out->failed = true;
	}
	free(f.group_of);
	free(f.groups);
	return out->failed ? -ENOMEM : 0;
}

int ttr_findings_put_all(struct ttr_buffer *out, const struct ttr_view *view, bool colored)
{
	const size_t ports = view->settings->port_count;
	struct ttr_finding *findings = calloc(ports, sizeof(*findings));
	int r;

	if (!findings)
		return -ENOMEM;
	for (size_t port = 0; port < ports; port++) {
		const struct ttr_port_result *result = ttr_verdict_result(view, port);

		/* --locate knows but one port's, which stands in the rows. */
		findings[port].distance = view->locate ? 0 : result->distance;
		findings[port].rtt_ns = result->rtt_ns;
		ttr_verdict_look(&findings[port].verdict, view, port);
	}
	r = ttr_findings_put(out, view, findings, colored);
	free(findings);
	return r;
}
