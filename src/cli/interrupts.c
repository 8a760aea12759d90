/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/interrupts.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/loop.h"

static const int caught[TTR_INTERRUPTS] = {SIGINT, SIGTERM, SIGHUP};

void ttr_interrupts_forget(struct ttr_interrupts *interrupts)
{
	for (size_t i = 0; i < TTR_INTERRUPTS; i++) {
		ttr_signal_free(interrupts->each[i].signal);
		interrupts->each[i].signal = NULL;
	}
}

static void on_signal(void *context)
{
	const struct ttr_interrupt *interrupt = context;
	struct ttr_interrupts *all = interrupt->all;

	all->by = interrupt->number;
	ttr_interrupts_forget(all);
	all->callback(all->context);
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int ttr_interrupts_catch(struct ttr_interrupts *interrupts, struct ttr_loop *loop,
			 ttr_interrupts_callback *callback, void *context)
{
	int outcome = 0;

	interrupts->callback = callback;
	interrupts->context = context;
	for (size_t i = 0; i < TTR_INTERRUPTS && !outcome; i++) {
		struct ttr_interrupt *interrupt = &interrupts->each[i];

		interrupt->all = interrupts;
		interrupt->number = caught[i];
		if (!is_ignored(caught[i]))
			outcome = ttr_signal_new(&interrupt->signal, loop, caught[i], on_signal,
						 interrupt);
	}
	return outcome;
}
