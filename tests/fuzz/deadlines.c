/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadlines.h"

#include "fuzz.h"

void deadlines_init(struct deadlines *d)
{
	d->now.ns = TTR_NS_PER_S;
	d->wake.ns = 0;
	d->end = 0;
}

void deadlines_arm(struct deadlines *d, uint32_t probe, struct ttr_mono at)
{
	CHECK(probe < DEADLINES_MAX);
	for (; d->end <= probe; d->end++)
		d->at[d->end].ns = 0;
	d->at[probe] = at;
}

/* The next deadline; false if there is none. */
static bool find(const struct deadlines *d, uint32_t *probe, struct ttr_mono *at)
{
	*probe = DEADLINES_WAKE;
	*at = d->wake;
	for (uint32_t i = 0; i < d->end; i++) {
		if (!d->at[i].ns || (at->ns && at->ns <= d->at[i].ns))
			continue;
		*probe = i;
		*at = d->at[i];
	}
	return at->ns != 0;
}

bool deadlines_pass(struct deadlines *d, int64_t until_ns, uint32_t *probe)
{
	struct ttr_mono at;

	if (!find(d, probe, &at) || at.ns > until_ns)
		return false;
	if (d->now.ns < at.ns)
		d->now = at;
	if (*probe == DEADLINES_WAKE)
		d->wake.ns = 0;
	else
		d->at[*probe].ns = 0;
	return true;
}
