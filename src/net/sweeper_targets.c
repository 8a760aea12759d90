/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "net/address.h"
#include "net/problem.h"
#include "net/resolver.h"
#include "net/sweeper_state.h"

void ttr_sweeper_give_back(struct ttr_sweeper *s, struct ttr_sweeper_item *item)
{
	if (--item->left == 0)
		s->handler->release(s->context, item);
}

static void drop_lookups(struct ttr_sweeper *s)
{
	while (s->asked) {
		struct ttr_sweeper_item *item = s->asked;

		s->asked = item->next;
		ttr_request_cancel(item->lookup);
		s->handler->release(s->context, item);
	}
	s->lookups = 0;
}

static void drop_ready(struct ttr_sweeper *s)
{
	while (s->ready) {
		struct ttr_sweeper_item *item = s->ready;

		s->ready = item->next;
		item->left -= item->port_count - item->next_port;
		ttr_sweeper_give_back(s, item);
	}
	s->ready_end = &s->ready;
}

void ttr_sweeper_drop_targets(struct ttr_sweeper *s)
{
	drop_lookups(s);
	drop_ready(s);
	s->exhausted = true;
}

/* All of it: nothing of it is in the sweep yet. */
static void refuse(struct ttr_sweeper *s, struct ttr_sweeper_item *item,
		   const struct ttr_problem *problem)
{
	s->handler->refused(s->context, item, problem);
	s->handler->release(s->context, item);
}

static void refuse_kind(struct ttr_sweeper *s, struct ttr_sweeper_item *item,
			enum ttr_problem_kind kind, const char *detail2)
{
	struct ttr_problem problem;

	ttr_problem_fill(&problem, kind, 0, item->host, detail2);
	refuse(s, item, &problem);
}

static void make_ready(struct ttr_sweeper *s, struct ttr_sweeper_item *item,
		       const struct ttr_addr *addr)
{
	item->address = ttr_addr_unmap(addr);
	if (!ttr_addr_is_unicast(&item->address)) {
		refuse_kind(s, item, TTR_PROBLEM_HOST_UNUSABLE, NULL);
		return;
	}
	if (ttr_addr_is_link_local(&item->address)) {
		refuse_kind(s, item, TTR_PROBLEM_SCOPE, NULL);
		return;
	}
	item->next = NULL;
	*s->ready_end = item;
	s->ready_end = &item->next;
}

static void leave_lookups(struct ttr_sweeper *s, struct ttr_sweeper_item *item)
{
	if (item->previous)
		item->previous->next = item->next;
	else
		s->asked = item->next;
	if (item->next)
		item->next->previous = item->previous;
	item->lookup = NULL;
	s->lookups--;
}

static bool is_about_the_name(enum ttr_resolver_outcome outcome)
{
	return outcome == TTR_RESOLVER_NO_NAME || outcome == TTR_RESOLVER_NO_DATA ||
	       outcome >= TTR_RESOLVER_NAME_EMPTY;
}

static void looked_up(void *context, const struct ttr_lookup_result *result)
{
	struct ttr_sweeper_item *item = context;
	struct ttr_sweeper *s = item->sweeper;

	leave_lookups(s, item);
	if (result->outcome == TTR_RESOLVER_FOUND)
		make_ready(s, item, &result->addresses[0]);
	else
		refuse_kind(s, item,
			    is_about_the_name(result->outcome) ? TTR_PROBLEM_HOST_UNKNOWN
							       : TTR_PROBLEM_HOST_LOOKUP,
			    result->detail);
	ttr_sweeper_pump(s);
}

static void look_up(struct ttr_sweeper *s, struct ttr_sweeper_item *item)
{
	if (ttr_resolver_lookup(s->resolver, &item->lookup, item->host, s->plan.settings->family,
				looked_up, item) < 0) {
		refuse_kind(s, item, TTR_PROBLEM_MEMORY, NULL);
		return;
	}
	item->previous = NULL;
	item->next = s->asked;
	if (s->asked)
		s->asked->previous = item;
	s->asked = item;
	s->lookups++;
}

static void take_item(struct ttr_sweeper *s, struct ttr_sweeper_item *item)
{
	enum ttr_family family = s->plan.settings->family;
	char scope[TTR_SCOPE_MAX] = "";
	struct ttr_addr addr;
	int r = ttr_addr_parse(&addr, scope, item->host);

	item->sweeper = s;
	item->next_port = 0;
	item->left = item->port_count + 1;
	item->lookup = NULL;
	if (r == TTR_ADDR_NO && ttr_aliases_find(&s->aliases, item->host, family, &addr)) {
		make_ready(s, item, &addr);
		return;
	}
	if (r == TTR_ADDR_NO) {
		look_up(s, item);
		return;
	}
	if (r == 0)
		addr = ttr_addr_unmap(&addr);
	if (r == TTR_ADDR_BAD_SCOPE || scope[0])
		refuse_kind(s, item, TTR_PROBLEM_SCOPE, NULL);
	else if (family && addr.family != family)
		refuse_kind(s, item, TTR_PROBLEM_HOST_UNKNOWN, NULL);
	else
		make_ready(s, item, &addr);
}

static int find_source(struct ttr_sweeper *s, const struct ttr_addr *target,
		       struct ttr_addr *source, struct ttr_problem *problem)
{
	if (s->gear.source.family != target->family)
		return ttr_origin_find(&s->origin, target, source, problem);
	*source = s->gear.source;
	return 0;
}

static struct ttr_sweeper_item *take_ready(struct ttr_sweeper *s)
{
	struct ttr_sweeper_item *item = s->ready;

	s->ready = item->next;
	if (!s->ready)
		s->ready_end = &s->ready;
	return item;
}

static void add_port(struct ttr_sweeper *s, struct ttr_sweeper_item *item, struct ttr_mono now)
{
	const struct ttr_sweep_target target = {
		.address = item->address,
		.source = item->source,
		.port = item->ports[item->next_port++],
		.tag = (uint64_t)(uintptr_t)item,
	};
	struct ttr_problem problem;

	if (!s->handler->accept(s->context, item, target.port)) {
		ttr_sweeper_give_back(s, item);
		return;
	}
	switch (ttr_sweep_add(s->sweep, &target, now)) {
	case TTR_SWEEP_ADDED:
		break;
	case TTR_SWEEP_BUSY:
		ttr_sweeper_give_back(s, item);
		break;
	case TTR_SWEEP_SOURCE:
		ttr_problem_fill_addr(&problem, TTR_PROBLEM_NO_ROUTE, E2BIG, &item->source);
		s->handler->refused(s->context, item, &problem);
		ttr_sweeper_give_back(s, item);
		break;
	}
}

/* The ports of the first one, as far as there is room. */
static void add_ready(struct ttr_sweeper *s, struct ttr_mono now)
{
	struct ttr_sweeper_item *item = s->ready;
	struct ttr_problem problem;

	if (item->next_port == 0 && find_source(s, &item->address, &item->source, &problem) < 0) {
		refuse(s, take_ready(s), &problem);
		return;
	}
	while (item->next_port < item->port_count && ttr_sweep_room(s->sweep) > 0)
		add_port(s, item, now);
	if (item->next_port == item->port_count)
		ttr_sweeper_give_back(s, take_ready(s));
}

void ttr_sweeper_fill(struct ttr_sweeper *s, struct ttr_mono now)
{
	struct ttr_sweeper_item *item;

	while (ttr_sweep_room(s->sweep) > 0) {
		if (s->ready) {
			add_ready(s, now);
			continue;
		}
		if (s->exhausted || s->lookups == TTR_SWEEPER_LOOKUPS)
			return;
		s->starving = false;
		switch (s->handler->feed(s->context, &item)) {
		case TTR_SWEEPER_ITEM:
			take_item(s, item);
			break;
		case TTR_SWEEPER_LATER:
			s->starving = true;
			return;
		case TTR_SWEEPER_END:
			s->exhausted = true;
			return;
		}
	}
}
