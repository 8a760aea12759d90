/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that grows in a buffer of the caller; what does not fit is counted and left out. */
#ifndef PS_TEXT_H
#define PS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "pathsim_network.h"

struct ps_text {
	char *bytes;
	size_t size;
	size_t len; /* as if there were room for all */
};

/* The text so far always ends with '\0', unless size is 0. */
void ps_text_add(struct ps_text *text, const char *word);
void ps_text_number(struct ps_text *text, uint64_t number);
void ps_text_addr(struct ps_text *text, const struct pathsim_addr *addr);

/* The number divided by `unit`, a power of ten, with the decimals it needs. */
void ps_text_decimal(struct ps_text *text, uint64_t number, uint64_t unit);

#endif
