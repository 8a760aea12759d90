/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/sweep_print.h"

#include <inttypes.h>

#include "cli/format.h"
#include "cli/json.h"
#include "net/address.h"

/* -- Pieces: printf(3) took a quarter of the time of a run -- */

static void put_number(struct ttr_buffer *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	ttr_buffer_add(out, digits + at, sizeof(digits) - at);
}

static void put_address(struct ttr_buffer *out, const struct ttr_addr *addr)
{
	char text[TTR_ADDR_TEXT_MAX];

	if (addr->family != TTR_FAMILY_IPV4) {
		ttr_buffer_put(out, ttr_addr_format(text, addr));
		return;
	}
	for (unsigned int i = 0; i < 4; i++) {
		if (i > 0)
			ttr_buffer_add(out, ".", 1);
		put_number(out, addr->bytes[i]);
	}
}

/* -- JSON -- */

/* name: with what stands before and behind it. */
static void put_ms(struct ttr_buffer *out, const char *name, int64_t ns)
{
	uint64_t us = (uint64_t)ns / TTR_NS_PER_US;
	const char decimals[] = {'.', (char)('0' + us / 100 % 10), (char)('0' + us / 10 % 10),
				 (char)('0' + us % 10)};

	ttr_buffer_put(out, name);
	if (ns < 0) {
		ttr_buffer_put(out, "null");
		return;
	}
	put_number(out, us / 1000);
	ttr_buffer_add(out, decimals, sizeof(decimals));
}

static void put_time(struct ttr_buffer *out, struct ttr_wall wall)
{
	json_t *time = ttr_json_time(wall);

	ttr_buffer_print(out, ",\"started\":\"%s\"", json_string_value(time));
	json_decref(time);
}

/* A host from a list has no characters that JSON would have to escape: see sweep_main.c. */
static void begin_event(struct ttr_buffer *out, const struct ttr_sweep_view *view,
			const char *event)
{
	ttr_buffer_put(out, "{\"event\":\"");
	ttr_buffer_put(out, event);
	ttr_buffer_put(out, "\",\"host\":\"");
	ttr_buffer_put(out, view->host);
	ttr_buffer_put(out, "\",\"target\":\"");
	put_address(out, &view->result->target.address);
	ttr_buffer_put(out, "\",\"port\":");
	put_number(out, view->result->target.port);
}

static void put_flags(struct ttr_buffer *out, uint8_t flags)
{
	const char *between = "";

	ttr_buffer_put(out, ",\"flags\":[");
	for (size_t i = 0; i < TTR_FLAG_COUNT; i++) {
		const struct ttr_flag_name *name = &ttr_flag_names[i];

		if (!(flags & name->flag))
			continue;
		ttr_buffer_print(out, "%s\"%s\"", between,
				 name->flag == TTR_TCP_ECE ? "ECE" : name->word);
		between = ",";
	}
	ttr_buffer_put(out, "]");
}

static void format_mark(char mark[TTR_MARK_MAX], const struct ttr_sweep_hop *hop)
{
	const struct ttr_cell cell = {.state = TTR_CELL_ANSWERED,
				      .answer = TTR_ANSWER_UNREACHABLE,
				      .address = hop->address,
				      .icmp_type = hop->icmp_type,
				      .icmp_code = hop->icmp_code};

	ttr_format_mark(mark, &cell);
}

static void put_answer(struct ttr_buffer *out, const struct ttr_sweep_hop *hop)
{
	char mark[TTR_MARK_MAX];

	ttr_buffer_put(out, "{\"reply\":\"");
	ttr_buffer_put(out, ttr_format_reply(hop->answer));
	ttr_buffer_put(out, "\",\"address\":\"");
	put_address(out, &hop->address);
	ttr_buffer_put(out, "\"");
	if (hop->answer == TTR_ANSWER_UNREACHABLE) {
		format_mark(mark, hop);
		ttr_buffer_print(out, ",\"icmp_code\":%u,\"mark\":\"%s\"", hop->icmp_code, mark);
	}
	if (hop->tcp_flags)
		put_flags(out, hop->tcp_flags);
	if (!hop->inferred) {
		put_ms(out, ",\"rtt_ms\":", hop->rtt_us * TTR_NS_PER_US);
		ttr_buffer_put(out, ",\"attempts\":");
		put_number(out, hop->attempts);
		ttr_buffer_put(out, ",\"reply_ttl\":");
		put_number(out, hop->reply_ttl);
	}
	if (hop->late)
		ttr_buffer_put(out, ",\"late\":true");
	if (hop->duplicates)
		ttr_buffer_print(out, ",\"duplicates\":%u", hop->duplicates);
	ttr_buffer_put(out, "}");
}

static bool is_known(const struct ttr_sweep_view *view, const struct ttr_sweep_hop *hop)
{
	return hop->state == TTR_CELL_ANSWERED ||
	       (hop->state == TTR_CELL_SILENT && !view->result->cut_short);
}

/* "ttl":..,"probes":[..] */
static void put_hop(struct ttr_buffer *out, const struct ttr_sweep_hop *hop, unsigned int ttl)
{
	ttr_buffer_put(out, "\"ttl\":");
	put_number(out, ttl);
	ttr_buffer_put(out, hop->inferred ? ",\"inferred\":true,\"probes\":[" : ",\"probes\":[");
	if (hop->state == TTR_CELL_ANSWERED)
		put_answer(out, hop);
	else if (hop->inferred)
		ttr_buffer_put(out, "{\"reply\":\"none\"}");
	else
		ttr_buffer_print(out, "{\"reply\":\"none\",\"attempts\":%u}", hop->attempts);
	ttr_buffer_put(out, "]}");
}

/* The highest TTL at which the path went on. */
static unsigned int last_passed(const struct ttr_sweep_result *result)
{
	unsigned int ttl = result->last_ttl;

	while (ttl > 0 && (result->hops[ttl].state != TTR_CELL_ANSWERED ||
			   result->hops[ttl].answer != TTR_ANSWER_TIME_EXCEEDED))
		ttl--;
	return ttl;
}

/* Who refused: on the path, or, if only the first probe was, from wherever. */
static const struct ttr_sweep_hop *find_refusal(const struct ttr_sweep_result *result)
{
	for (unsigned int ttl = result->last_ttl; ttl > 0; ttl--)
		if (result->hops[ttl].state == TTR_CELL_ANSWERED &&
		    result->hops[ttl].answer == TTR_ANSWER_UNREACHABLE)
			return &result->hops[ttl];
	return &result->hops[0];
}

static void put_blocked(struct ttr_buffer *out, const struct ttr_sweep_result *result)
{
	const struct ttr_sweep_hop *refusal = NULL;
	char address[TTR_ADDR_TEXT_MAX];

	if (result->state == TTR_PORT_UNREACHABLE)
		refusal = find_refusal(result);
	ttr_buffer_put(out, ",\"blocked\":");
	if (refusal)
		ttr_buffer_print(out,
				 "{\"after_ttl\":%u,\"how\":\"reject\",\"address\":\"%s\","
				 "\"icmp_code\":%u,\"reference_port\":null}",
				 last_passed(result), ttr_addr_format(address, &refusal->address),
				 refusal->icmp_code);
	else if (result->state == TTR_PORT_FILTERED && result->seen_ttl)
		ttr_buffer_print(out,
				 "{\"after_ttl\":%u,\"how\":\"drop\",\"address\":null,"
				 "\"icmp_code\":null,\"reference_port\":null}",
				 result->seen_ttl);
	else
		ttr_buffer_put(out, "null");
}

static void put_verdict(struct ttr_buffer *out, const struct ttr_sweep_result *result)
{
	ttr_buffer_print(out, ",\"state\":\"%s\",\"reached\":%s,\"distance\":",
			 ttr_format_port_state(result->state), result->reached ? "true" : "false");
	if (result->distance)
		ttr_buffer_print(out, "%u", result->distance);
	else
		ttr_buffer_put(out, "null");
	put_ms(out, ",\"rtt_ms\":", result->rtt_ns);
	put_blocked(out, result);
}

/* What a trace is like before anything is known of it. */
static void put_start(struct ttr_buffer *out, const struct ttr_sweep_view *view)
{
	char source[TTR_ADDR_TEXT_MAX];

	ttr_buffer_print(out,
			 ",\"family\":%u,\"source\":{\"address\":\"%s\",\"device\":%s},"
			 "\"mode\":\"raw\",\"sandbox\":%s,\"first_ttl\":%u,\"max_ttl\":%u,"
			 "\"queries\":1",
			 view->result->target.address.family,
			 ttr_addr_format(source, &view->result->target.source), view->device,
			 view->sandbox, view->settings->first_ttl, view->settings->max_ttl);
}

static void put_counts(struct ttr_buffer *out, const struct ttr_sweep_view *view)
{
	ttr_buffer_print(out, ",\"probes_sent\":%u,\"replies\":%u,\"capture_dropped\":%" PRIu64,
			 view->result->probes_sent, view->result->replies, view->frames_dropped);
}

static const char *yes_or_no(bool yes)
{
	return yes ? "true" : "false";
}

void ttr_sweep_print_events(struct ttr_buffer *out, const struct ttr_sweep_view *view)
{
	const struct ttr_sweep_result *result = view->result;

	begin_event(out, view, "start");
	ttr_buffer_put(out, ",\"schema\":\"" TTR_JSON_SCHEMA "\",\"version\":\"" TTR_VERSION "\"");
	put_time(out, view->started);
	put_start(out, view);
	ttr_buffer_put(out, "}\n");
	for (unsigned int ttl = view->settings->first_ttl; ttl <= result->last_ttl; ttl++) {
		if (!is_known(view, &result->hops[ttl]))
			continue;
		begin_event(out, view, "hop");
		ttr_buffer_put(out, ",");
		put_hop(out, &result->hops[ttl], ttl);
		ttr_buffer_put(out, "\n");
	}
	begin_event(out, view, "port");
	put_verdict(out, result);
	ttr_buffer_put(out, "}\n");
	begin_event(out, view, "end");
	put_ms(out, ",\"elapsed_ms\":", result->elapsed_ns);
	put_counts(out, view);
	ttr_buffer_print(out, ",\"interrupted\":%s}\n", yes_or_no(result->cut_short));
}

void ttr_sweep_print_document(struct ttr_buffer *out, const struct ttr_sweep_view *view)
{
	const struct ttr_sweep_result *result = view->result;
	char target[TTR_ADDR_TEXT_MAX];
	const char *between = "";

	ttr_buffer_put(out, "{\"schema\":\"" TTR_JSON_SCHEMA "\",\"version\":\"" TTR_VERSION "\"");
	put_time(out, view->started);
	put_ms(out, ",\"elapsed_ms\":", result->elapsed_ns);
	ttr_buffer_print(out, ",\"interrupted\":%s,\"host\":\"%s\",\"target\":\"%s\"",
			 yes_or_no(result->cut_short), view->host,
			 ttr_addr_format(target, &result->target.address));
	put_start(out, view);
	put_counts(out, view);
	ttr_buffer_print(out, ",\"ports\":[{\"port\":%u", result->target.port);
	put_verdict(out, result);
	ttr_buffer_put(out, ",\"hops\":[");
	for (unsigned int ttl = view->settings->first_ttl; ttl <= result->last_ttl; ttl++) {
		if (!is_known(view, &result->hops[ttl]))
			continue;
		ttr_buffer_print(out, "%s{", between);
		put_hop(out, &result->hops[ttl], ttl);
		between = ",";
	}
	ttr_buffer_put(out, "]}]}");
}

/* -- Text -- */

static void print_heading(struct ttr_buffer *out, const struct ttr_sweep_view *view)
{
	const struct ttr_sweep_result *result = view->result;
	char target[TTR_ADDR_TEXT_MAX], ms[TTR_MS_MAX];

	ttr_addr_format(target, &result->target.address);
	ttr_buffer_print(out, "%s (%s) port %u: %s", view->host, target, result->target.port,
			 ttr_format_port_state(result->state));
	if (result->distance)
		ttr_buffer_print(out, ", %u hop%s", result->distance,
				 result->distance == 1 ? "" : "s");
	if (result->rtt_ns >= 0) {
		ttr_format_ms(ms, result->rtt_ns);
		ttr_buffer_print(out, ", %s ms", ms);
	}
	if (result->state == TTR_PORT_FILTERED && result->seen_ttl)
		ttr_buffer_print(out, " behind hop %u", result->seen_ttl);
	if (result->cut_short)
		ttr_buffer_put(out, " (interrupted)");
	ttr_buffer_put(out, "\n");
}

static void print_row(struct ttr_buffer *out, const struct ttr_sweep_hop *hop, unsigned int ttl)
{
	char address[TTR_ADDR_TEXT_MAX], ms[TTR_MS_MAX], mark[TTR_MARK_MAX], state[TTR_STATE_MAX];

	if (hop->state != TTR_CELL_ANSWERED) {
		ttr_buffer_print(out, "%2u  *%s\n", ttl, hop->inferred ? "  inferred" : "");
		return;
	}
	ttr_buffer_print(out, "%2u  %s", ttl, ttr_addr_format(address, &hop->address));
	if (hop->answer >= TTR_ANSWER_SYN_ACK) {
		ttr_format_state(state, hop->tcp_flags);
		ttr_buffer_print(out, " [%s]", state);
	}
	if (hop->inferred) {
		ttr_buffer_put(out, "  inferred\n");
		return;
	}
	ttr_format_ms(ms, hop->rtt_us * TTR_NS_PER_US);
	ttr_buffer_print(out, "  %s ms", ms);
	if (hop->answer == TTR_ANSWER_UNREACHABLE) {
		format_mark(mark, hop);
		ttr_buffer_print(out, " %s", mark);
	}
	ttr_buffer_put(out, "\n");
}

void ttr_sweep_print_text(struct ttr_buffer *out, const struct ttr_sweep_view *view)
{
	const struct ttr_sweep_result *result = view->result;

	print_heading(out, view);
	for (unsigned int ttl = view->settings->first_ttl; ttl <= result->last_ttl; ttl++)
		if (is_known(view, &result->hops[ttl]))
			print_row(out, &result->hops[ttl], ttl);
	ttr_buffer_put(out, "\n");
}
