/* SPDX-License-Identifier: BSD-2-Clause */
/* The values in a scenario: one word each. False: the word is not such a value. */
#ifndef PS_VALUE_H
#define PS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "pathsim_network.h"

/* Decimal digits only, least .. most. */
bool ps_value_number(const char *word, uint64_t least, uint64_t most, uint64_t *value);

/* "5" or "5-9": first and last; least .. most, in order. */
bool ps_value_range(const char *word, uint64_t least, uint64_t most, uint64_t *first,
		    uint64_t *last);

/* A number with up to nine decimals and a unit: ns, us, ms, s. At most 1000 s. */
bool ps_value_duration(const char *word, uint64_t *ns);

/* "10/s", "100/10s", "3/500ms": 1 to 65535 in a time of 65536 ns at least. */
bool ps_value_rate(const char *word, uint16_t *count, uint64_t *per_ns);

/* A number with up to four decimals and '%': 0 to 100. */
bool ps_value_percent(const char *word, uint32_t *ppm);

/* Of either family. */
bool ps_value_addr(const char *word, struct pathsim_addr *addr);

/* ADDR, V4:PORT or [V6]:PORT; port 0: there is none. */
bool ps_value_endpoint(const char *word, struct pathsim_addr *addr, uint16_t *port);

/* The words for enum pathsim_stack. */
extern const char *const ps_stack_words[PATHSIM_STACKS];

/* The words for enum pathsim_firewall_action. */
extern const char *const ps_firewall_words[PATHSIM_FIREWALL_ACTIONS];

/* The words for an interface, by enum pathsim_interface_role. */
extern const char *const ps_interface_roles[4];

#endif
