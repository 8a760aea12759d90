/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/headings.h"

#include "cli/escape.h"
#include "cli/format.h"
#include "cli/services.h"
#include "net/address.h"

/* So many ports are listed, runs of them as one. */
#define LISTED_MAX 20

/* More are better served by --locate. */
#define PORTS_MANY 1000

#define WELL_KNOWN_MAX 1023 /* RFC 6335 section 6 */

static unsigned int least_length(const struct ttr_settings *settings,
				 const struct ttr_egress *egress)
{
	return ttr_segment_min_length((enum ttr_family)egress->target.family, settings->flags,
				      settings->style);
}

/* Other programs of this name take -p for the destination port. */
static bool is_port_mixed_up(const struct ttr_options *options)
{
	const uint16_t port = options->settings.source_port;

	return port && !options->settings.source_port_forced && !options->port_given &&
	       (port <= WELL_KNOWN_MAX || ttr_services_name(options->services, port));
}

void ttr_headings_advice(struct ttr_buffer *out, const struct ttr_options *options,
			 const struct ttr_egress *egress)
{
	const struct ttr_settings *settings = &options->settings;
	const unsigned int least = least_length(settings, egress);

	if (options->track_port_lost)
		ttr_buffer_put(out, "Warning: --track-id implied by specifying the local source "
				    "port\n");
	if (options->length_asked && options->length_asked < least)
		ttr_buffer_print(out, "Warning: Increasing packet length to %u bytes\n", least);
	if (settings->port_count > PORTS_MANY && !settings->locate)
		ttr_buffer_print(out,
				 "Hint: the grid of %zu ports takes at least a probe per port and "
				 "hop; --locate needs far fewer\n",
				 settings->port_count);
	if (is_port_mixed_up(options)) {
		ttr_buffer_print(out,
				 "Hint: -p is the source port; to trace to port %u: "
				 "tcptraceroute ",
				 settings->source_port);
		ttr_escape(out, settings->host, TTR_ESCAPE_MAX);
		ttr_buffer_print(out, " %u\n", settings->source_port);
	}
}

void ttr_headings_device(struct ttr_buffer *out, const struct ttr_view *view)
{
	char source[TTR_ADDR_TEXT_MAX];

	ttr_buffer_put(out, "Selected device ");
	ttr_escape(out, view->egress->device, TTR_ESCAPE_MAX);
	ttr_buffer_print(out, ", address %s", ttr_addr_format(source, &view->egress->source));
	if (!view->settings->track_port && view->egress->source_port)
		ttr_buffer_print(out, ", port %u", view->egress->source_port);
	ttr_buffer_put(out, " for outgoing packets\n");
}

static void put_target(struct ttr_buffer *out, const struct ttr_view *view)
{
	char target[TTR_ADDR_TEXT_MAX], scope[TTR_SCOPE_MAX];
	struct ttr_addr addr;
	const bool literal = ttr_addr_parse(&addr, scope, view->settings->host) == 0;

	ttr_addr_format(target, &view->egress->target);
	if (literal) {
		ttr_buffer_put(out, target);
		return;
	}
	ttr_escape(out, view->settings->host, TTR_ESCAPE_MAX);
	ttr_buffer_print(out, " (%s)", target);
}

static void put_port(struct ttr_buffer *out, const struct ttr_view *view, uint16_t port)
{
	const char *service = ttr_services_name(view->services, port);

	ttr_buffer_print(out, "%u", port);
	if (service)
		ttr_buffer_print(out, " (%s)", service);
}

/* The list as it was understood: runs of numbers as ranges, cut when it gets long. */
static void put_ports(struct ttr_buffer *out, const uint16_t *ports, size_t count)
{
	for (size_t i = 0, last; i < count && i < LISTED_MAX; i = last + 1) {
		for (last = i; last + 1 < count && ports[last + 1] == ports[last] + 1;)
			last++;
		ttr_buffer_print(out, last > i ? "%s%u-%u" : "%s%u", i ? "," : "", ports[i],
				 ports[last]);
		if (last + 1 < count && last + 1 >= LISTED_MAX)
			ttr_buffer_print(out, " and %zu more", count - last - 1);
	}
}

void ttr_headings_path(struct ttr_buffer *out, const struct ttr_view *view, size_t port)
{
	ttr_buffer_put(out, "Tracing the path to ");
	put_target(out, view);
	ttr_buffer_put(out, view->settings->port_count > 1 ? " on TCP ports " : " on TCP port ");
	if (view->settings->port_count > 1)
		put_ports(out, view->settings->ports, view->settings->port_count);
	else
		put_port(out, view, view->settings->ports[port]);
	ttr_buffer_print(out, ", %u hops max", view->settings->max_ttl);
	if (view->settings->length > least_length(view->settings, view->egress))
		ttr_buffer_print(out, ", %u byte packets", view->settings->length);
	ttr_buffer_put(out, "\n");
}

void ttr_headings_locate(struct ttr_buffer *out, const struct ttr_view *view)
{
	const size_t count = view->settings->port_count;

	ttr_buffer_print(out, "Locating %zu TCP port%s of ", count, count == 1 ? "" : "s");
	put_target(out, view);
	ttr_buffer_print(out, ", %u hops max\n", view->settings->max_ttl);
}

void ttr_headings_result(struct ttr_buffer *out, const struct ttr_view *view, size_t port)
{
	if (!view->grid->ports[port].reached && !view->grid->cut_short)
		ttr_buffer_put(out, "Destination not reached\n");
}
