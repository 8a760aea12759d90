/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/problem.h"

#include <errno.h>
#include <string.h>

#include "net/address.h"

static void copy(char *to, size_t size, const char *from)
{
	size_t length = from ? strnlen(from, size - 1) : 0;

	if (length > 0)
		memcpy(to, from, length);
	to[length] = '\0';
}

int ttr_problem_fill(struct ttr_problem *problem, enum ttr_problem_kind kind, int error,
		     const char *detail, const char *detail2)
{
	problem->kind = kind;
	problem->error = error;
	problem->count = 0;
	copy(problem->detail, sizeof(problem->detail), detail);
	copy(problem->detail2, sizeof(problem->detail2), detail2);
	return error > 0 ? -error : -EINVAL;
}

int ttr_problem_fill_addr(struct ttr_problem *problem, enum ttr_problem_kind kind, int error,
			  const struct ttr_addr *addr)
{
	char text[TTR_ADDR_TEXT_MAX];

	return ttr_problem_fill(problem, kind, error, ttr_addr_format(text, addr), NULL);
}
