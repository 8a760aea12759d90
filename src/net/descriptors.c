/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/descriptors.h"

#include <stdint.h>
#include <sys/resource.h>

size_t ttr_descriptors_raise(size_t wanted)
{
	struct rlimit limit;
	rlim_t before;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	before = limit.rlim_cur;
	if (before < wanted && before < limit.rlim_max) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			limit.rlim_cur = before;
	}
	return limit.rlim_cur < SIZE_MAX ? limit.rlim_cur : SIZE_MAX;
}
