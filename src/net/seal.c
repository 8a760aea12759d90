/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/problem.h"
#include "net/session_state.h"
#include "net/start.h"

static unsigned int needs(const struct ttr_session *s)
{
	bool connects = s->raw_refused || s->settings->mode == TTR_MODE_UNPRIVILEGED;

	return (unsigned int)(connects ? TTR_NEED_CONNECT : TTR_NEED_RAW) | TTR_NEED_NAMES |
	       (s->keeps_binding ? (unsigned int)TTR_NEED_FINISH : 0);
}

int ttr_seal_missing(const struct ttr_sandbox *sandbox, char list[static TTR_SEAL_LIST_MAX])
{
	static const char *const words[TTR_SANDBOX_PARTS] = {
		[TTR_SANDBOX_USER] = "another user",
		[TTR_SANDBOX_LANDLOCK] = "Landlock",
		[TTR_SANDBOX_SECCOMP] = "seccomp",
	};
	int error = 0, length = 0;

	*list = '\0';
	for (size_t i = 0; i < TTR_SANDBOX_PARTS; i++) {
		if (!sandbox->missing[i])
			continue;
		error = error ? error : sandbox->missing[i];
		length += snprintf(list + length, TTR_SEAL_LIST_MAX - (size_t)length, "%s%s",
				   length ? ", " : "", words[i]);
	}
	if (!sandbox->left_out)
		return error;
	snprintf(list, TTR_SEAL_LIST_MAX, "all of it, by the way it was built");
	return ENOTSUP;
}

/* 0, or the session failed: the user said that less than everything is not enough. */
static int check(struct ttr_session *s)
{
	struct ttr_problem problem;
	char list[TTR_SEAL_LIST_MAX];
	int error = ttr_seal_missing(&s->sandbox, list);

	if (!error || !s->settings->require_sandbox)
		return 0;
	error = ttr_problem_fill(&problem, TTR_PROBLEM_SANDBOX, error, list, NULL);
	ttr_session_fail(s, &problem);
	return error;
}

/* Who built it without knows. */
static void warn(struct ttr_session *s)
{
	struct ttr_problem problem;
	char list[TTR_SEAL_LIST_MAX];
	int error = ttr_seal_missing(&s->sandbox, list);

	if (!error || s->sandbox.left_out || !s->handler->problem)
		return;
	ttr_problem_fill(&problem, TTR_PROBLEM_SANDBOX_PARTIAL, error, list, NULL);
	s->handler->problem(s->context, s, &problem);
}

int ttr_seal_confine(struct ttr_session *s)
{
	struct ttr_problem problem;
	int r = ttr_start_confine(&s->sandbox, needs(s), &problem);

	if (r < 0) {
		ttr_session_fail(s, &problem);
		return r;
	}
	return check(s);
}

int ttr_seal_close(struct ttr_session *s)
{
	struct ttr_problem problem;
	int r = ttr_start_seal(&s->sandbox, needs(s), &problem);

	if (r < 0) {
		ttr_session_fail(s, &problem);
		return r;
	}
	r = check(s);
	if (r == 0)
		warn(s);
	return r;
}
