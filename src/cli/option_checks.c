/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/option_checks.h"

#include "cli/messages.h"

/* The longest probe to hosts of a list. */
#define LIST_LENGTH_MAX 1500

static int refuse(struct ttr_buffer *error, const char *text)
{
	ttr_buffer_put(error, text);
	return TTR_OPTIONS_REFUSED;
}

/* Flows that need a source port, or a look at all of them, each. */
static size_t count_flows(const struct ttr_settings *settings, size_t probes)
{
	if (settings->track_port)
		return probes;
	return settings->source_port || settings->window || settings->port_count == 1
		       ? settings->port_count * settings->queries
		       : 0;
}

/* One path, and hardly more than one probe for each port. */
static int check_locate(const struct ttr_options *options, struct ttr_buffer *error)
{
	const struct ttr_settings *settings = &options->settings;

	if (settings->verify_all && !settings->locate)
		return refuse(error, "--verify is for --locate");
	if (settings->locate && settings->flags & TTR_TCP_ACK)
		return refuse(error, "--locate needs SYN probes, not -A");
	if (settings->locate && settings->track_port)
		return refuse(error, "--locate and --track-port exclude each other");
	return 0;
}

static int check_path(const struct ttr_options *options, struct ttr_buffer *error)
{
	const struct ttr_settings *settings = &options->settings;
	const size_t ports = settings->locate ? 1 : settings->port_count;
	size_t ttls, flows, probes;

	if (settings->first_ttl > settings->max_ttl) {
		ttr_buffer_print(error, "Minimum TTL (%u) must be less than maximum TTL (%u)",
				 settings->first_ttl, settings->max_ttl);
		return TTR_OPTIONS_REFUSED;
	}
	ttls = settings->max_ttl - settings->first_ttl + 1u;
	probes = ports * settings->queries * ttls;
	flows = settings->locate ? settings->queries : count_flows(settings, probes);
	if (flows > TTR_FLOWS_MAX) {
		ttr_buffer_print(error, "Too many flows: %zu (%s), the limit is %d", flows,
				 settings->track_port ? "ports x queries x TTLs"
						      : "ports x queries",
				 TTR_FLOWS_MAX);
		return TTR_OPTIONS_REFUSED;
	}
	if (probes > TTR_PROBES_MAX) {
		ttr_buffer_print(error,
				 "Too many probes: %zu (ports x queries x TTLs), the limit is %d",
				 probes, TTR_PROBES_MAX);
		return TTR_OPTIONS_REFUSED;
	}
	return 0;
}

static int check_mode(const struct ttr_options *options, struct ttr_buffer *error,
		      enum ttr_family family)
{
	const struct ttr_settings *settings = &options->settings;
	const enum ttr_raw_need need =
		ttr_settings_raw_need(settings, family ? family : TTR_FAMILY_IPV4);

	if (settings->mode != TTR_MODE_UNPRIVILEGED || need == TTR_RAW_NEED_NONE)
		return 0;
	ttr_buffer_print(error, "%s needs raw sockets, --unprivileged has none",
			 ttr_message_raw_need(need, settings));
	return TTR_OPTIONS_REFUSED;
}

/* Of many hosts: what one trace can do and a list cannot. */
int ttr_options_check_list(const struct ttr_options *options, struct ttr_buffer *error)
{
	const struct ttr_settings *settings = &options->settings;

	if (!options->targets) {
		if (options->resume)
			return refuse(error, "--resume needs --targets");
		if (options->full)
			return refuse(error, "--full needs --targets");
		return 0;
	}
	if (!(settings->flags & TTR_TCP_SYN) || settings->flags & TTR_TCP_ACK)
		return refuse(error, "--targets needs SYN probes (not -A)");
	if (settings->source_port || settings->track_port)
		return refuse(error, "--targets draws its source ports (not -p, -P, --track-port)");
	if (settings->mode == TTR_MODE_UNPRIVILEGED)
		return refuse(error, "--targets needs raw sockets, --unprivileged has none");
	if (settings->locate)
		return refuse(error, "--targets and --locate exclude each other");
	if (settings->length > LIST_LENGTH_MAX)
		return refuse(error, "--targets: packets of at most 1500 bytes");
	return 0;
}

int ttr_options_check_path(const struct ttr_options *options, struct ttr_buffer *error,
			   enum ttr_family family)
{
	int outcome = check_mode(options, error, family);

	if (!outcome)
		outcome = check_locate(options, error);
	return outcome ? outcome : check_path(options, error);
}
