/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A made-up trace for the tests of the printers: cells as literals, names from a table.
 */
#ifndef TTR_TESTS_CLI_VIEW_H
#define TTR_TESTS_CLI_VIEW_H

#include <stdlib.h>
#include <string.h>

#include "cli/services.h"
#include "cli/view.h"
#include "tcptraceroute/probe.h"

#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		.family = TTR_FAMILY_IPV4, .bytes = { a, b, c, d }                                 \
	}
#define V6(last)                                                                                   \
	{                                                                                          \
		.family = TTR_FAMILY_IPV6, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = last }        \
	}

enum who {
	NOBODY,
	GW,
	GW2,
	GW9,
	WWW,
	EVIL,
	NAMED_LIKE_ITSELF,
	INSIDE,
	INSIDE2,
	SIX1,
	SIX7,
};

static const struct ttr_addr addresses[] = {
	[GW] = V4(192, 0, 2, 1),
	[GW2] = V4(192, 0, 2, 2),
	[GW9] = V4(192, 0, 2, 9),
	[WWW] = V4(198, 51, 100, 10),
	[EVIL] = V4(192, 0, 2, 66),
	[NAMED_LIKE_ITSELF] = V4(192, 0, 2, 67),
	[INSIDE] = V4(10, 6, 35, 86),
	[INSIDE2] = V4(10, 6, 35, 87),
	[SIX1] = V6(1),
	[SIX7] = V6(7),
};

/* A cell in short; ACK and so on are flags. */
struct spec {
	enum ttr_cell_state state;
	enum ttr_answer answer;
	enum who who;
	int64_t us;
	uint8_t flags, type, code;
	enum who quoted;
	uint16_t port;
};

#define FIN TTR_TCP_FIN
#define SYN TTR_TCP_SYN
#define PSH TTR_TCP_PSH
#define ACK TTR_TCP_ACK
#define URG TTR_TCP_URG
#define ECE TTR_TCP_ECE
#define CWR TTR_TCP_CWR

#define NAT(who, us, to, port)                                                                     \
	{                                                                                          \
		TTR_CELL_ANSWERED, TTR_ANSWER_TIME_EXCEEDED, who, us, 0, 0, 0, to, port            \
	}
#define TE(who, us) NAT(who, us, WWW, 80)
#define UN6(who, us, type, code)                                                                   \
	{                                                                                          \
		TTR_CELL_ANSWERED, TTR_ANSWER_UNREACHABLE, who, us, 0, type, code, WWW, 80         \
	}
#define UN(who, us, code) UN6(who, us, 3, code)
#define SEGMENT(who, us, answer, flags)                                                            \
	{                                                                                          \
		TTR_CELL_ANSWERED, TTR_ANSWER_##answer, who, us, flags, 0, 0, NOBODY, 0            \
	}
#define SA(who, us) SEGMENT(who, us, SYN_ACK, SYN | ACK)
#define ECN(who, us) SEGMENT(who, us, SYN_ACK, SYN | ACK | ECE)
#define RST(who, us) SEGMENT(who, us, RST, TTR_TCP_RST | ACK)
#define TCP(who, us, flags) SEGMENT(who, us, TCP, flags)
#define LOST                                                                                       \
	{                                                                                          \
		.state = TTR_CELL_SILENT                                                           \
	}
#define WAITING                                                                                    \
	{                                                                                          \
		.state = TTR_CELL_ASKED                                                            \
	}
#define IDLE                                                                                       \
	{                                                                                          \
		.state = TTR_CELL_IDLE                                                             \
	}

/* What the engine makes of a quote with another destination. */
static inline const struct ttr_changes *make_changes(const struct spec *spec)
{
	static struct ttr_changes kept[64];
	static unsigned int used;
	struct ttr_changes changes = {.fields = 0};

	if (spec->quoted != NOBODY && spec->quoted != WWW)
		changes.fields |= TTR_FIELD_BIT(TTR_FIELD_IP_DST);
	if (spec->quoted != NOBODY && spec->port != 80) {
		changes.fields |= TTR_FIELD_BIT(TTR_FIELD_TCP_DPORT);
		changes.of[TTR_FIELD_TCP_DPORT] = (struct ttr_change){80, spec->port};
	}
	if (!changes.fields)
		return NULL;
	kept[used++ % 64] = changes;
	return &kept[(used - 1) % 64];
}

static inline struct ttr_cell make_cell(const struct spec *spec)
{
	const bool answered = spec->state == TTR_CELL_ANSWERED;

	return (struct ttr_cell){
		.state = spec->state,
		.answer = spec->answer,
		.address = addresses[spec->who],
		.rtt_ns = spec->us * 1000,
		.reply_ttl = answered ? 60 : 0,
		.icmp_type = spec->type,
		.icmp_code = spec->code,
		.tcp_flags = spec->flags,
		.quoted_target = addresses[spec->quoted],
		.quoted_port = spec->port,
		.changes = make_changes(spec),
		.attempts = answered                         ? 1
			    : spec->state == TTR_CELL_SILENT ? 3
							     : 0,
	};
}

/* The memory behind a view: one port, TTLs from 1. */
struct made_up {
	struct ttr_settings settings;
	struct ttr_egress egress;
	struct ttr_grid grid;
	struct ttr_sandbox sandbox;
	struct ttr_port_result result;
	struct ttr_survey survey;
	uint16_t port;
	struct ttr_view view;
};

static inline const char *made_up_name(const void *context, const struct ttr_addr *addr)
{
	static const char *const names[] = {
		[GW] = "gw.example.net",
		[GW9] = "gw9.example.net",
		[WWW] = "www.example.org",
		[EVIL] = "evil\033[31m\xff.example.net",
		[NAMED_LIKE_ITSELF] = "192.0.2.67",
		[SIX7] = "six.example.net",
	};

	(void)context;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ttr_addr_equal(&addresses[i], addr))
			return names[i];
	return NULL;
}

/* The system's; read once and never freed. */
static inline const struct ttr_services *system_services(void)
{
	static struct ttr_services *services;

	if (!services)
		ttr_services_read(&services);
	return services;
}

/* cells: rows x queries of them; they are only read. */
static inline void make_up(struct made_up *made, struct ttr_cell *cells, unsigned int rows,
			   uint16_t queries)
{
	*made = (struct made_up){
		.port = 80,
		.sandbox = {.no_new_privileges = true, .seccomp = 2, .landlock = 6},
		.egress.target = addresses[WWW],
		.egress.source = V4(203, 0, 113, 2),
		.egress.device = "eth0",
		.egress.source_port = 38833,
		.egress.started.ns = INT64_C(1795470011123456789),
	};
	ttr_settings_init(&made->settings);
	made->settings.host = "www.example.org";
	made->settings.ports = &made->port;
	made->settings.port_count = 1;
	made->settings.queries = queries;
	made->settings.max_ttl = (uint8_t)rows;
	made->result = (struct ttr_port_result){.port = 80, .source_port = 38833, .rtt_ns = -1};
	made->grid = (struct ttr_grid){
		.first_ttl = 1,
		.max_ttl = (uint8_t)rows,
		.queries = queries,
		.port_count = 1,
		.ports = &made->result,
		.cells = cells,
	};
	ttr_survey_init(&made->survey, &made->egress.target);
	made->view = (struct ttr_view){
		.settings = &made->settings,
		.egress = &made->egress,
		.grid = &made->grid,
		.sandbox = &made->sandbox,
		.services = system_services(),
		.survey = &made->survey,
		.name = made_up_name,
	};
}

#endif
