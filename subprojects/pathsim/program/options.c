/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "value.h"

static const char usage[] =
	"usage: pathsim [options] --device NAME SCENARIO|-\n"
	"       pathsim --check SCENARIO|-\n"
	"  --device NAME          the TUN or TAP device; made and configured if it is not there\n"
	"  --tap                  Ethernet frames (TAP) instead of IP packets (TUN)\n"
	"  --log FILE             a line for each packet\n"
	"  --seed N               instead of the scenario's\n"
	"  --time-limit SECONDS   end after this time\n"
	"  --allow-any-namespace  run in the network namespace of the machine, too\n"
	"  --check                only read the scenario, and print it\n";

enum { DEVICE = 1, TAP, LOG, SEED, TIME_LIMIT, ANY_NAMESPACE, CHECK, HELP };

static bool wrong(const char *what, const char *word)
{
	fprintf(stderr, "pathsim: %s%s\n%s", what, word, usage);
	return false;
}

static bool parse_time_limit(struct options *options, const char *word)
{
	char with_unit[32];

	return snprintf(with_unit, sizeof(with_unit), "%ss", word) < (int)sizeof(with_unit) &&
	       ps_value_duration(with_unit, &options->time_limit_ns) && options->time_limit_ns > 0;
}

static bool take(struct options *options, int option)
{
	switch (option) {
	case DEVICE:
		options->device = optarg;
		return true;
	case TAP:
		options->tap = true;
		return true;
	case LOG:
		options->log = optarg;
		return true;
	case SEED:
		options->has_seed = ps_value_number(optarg, 0, UINT64_MAX, &options->seed);
		return options->has_seed || wrong("not a seed: ", optarg);
	case TIME_LIMIT:
		return parse_time_limit(options, optarg) ||
		       wrong("not a time in seconds (at most 1000): ", optarg);
	case ANY_NAMESPACE:
		options->any_namespace = true;
		return true;
	case CHECK:
		options->check = true;
		return true;
	default:
		return wrong("this is how it goes", "");
	}
}

bool options_parse(struct options *options, int argc, char **argv, int *status)
{
	static const struct option table[] = {
		{"device", required_argument, NULL, DEVICE},
		{"tap", no_argument, NULL, TAP},
		{"log", required_argument, NULL, LOG},
		{"seed", required_argument, NULL, SEED},
		{"time-limit", required_argument, NULL, TIME_LIMIT},
		{"allow-any-namespace", no_argument, NULL, ANY_NAMESPACE},
		{"check", no_argument, NULL, CHECK},
		{"help", no_argument, NULL, HELP},
		{0},
	};
	int option;

	*options = (struct options){0};
	*status = 2;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == HELP) {
			*status = 0;
			fputs(usage, stdout);
			return false;
		}
		if (!take(options, option))
			return false;
	}
	if (argc - optind != 1)
		return wrong("one scenario", "");
	options->scenario = argv[optind];
	if (options->device == NULL && !options->check)
		return wrong("--device is missing", "");
	return true;
}
