/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/flow.h"

static const uint16_t ports[] = {80, 443};
static const struct ttr_flow_key keys[] = {
	{.source_port = 40000, .ip_id = 100, .isn = 0xfffffff0, .ts_value = 5000},
	{.source_port = 40001, .ip_id = 200, .isn = 0x1000, .ts_value = 0xffffffff},
	{.source_port = 40002, .ip_id = 300, .isn = 0x2000, .ts_value = 1},
	{.source_port = 40003, .ip_id = 400, .isn = 0x3000, .ts_value = 2},
	{.source_port = 40000, .ip_id = 500, .isn = 0x4000, .ts_value = 3},
};

static struct ttr_flows make(enum ttr_isn_mode isn, uint8_t flags, uint16_t length)
{
	static struct ttr_settings settings;
	struct ttr_plan plan = {
		.source = {.family = TTR_FAMILY_IPV4},
		.target = {.family = TTR_FAMILY_IPV4},
		.settings = &settings,
		.keys = keys,
		.key_count = 5,
	};
	struct ttr_flows flows;

	ttr_settings_init(&settings);
	settings.ports = ports;
	settings.port_count = 2;
	settings.queries = 2;
	settings.isn = isn;
	settings.flags = flags;
	settings.length = length;
	assert_int_equal(ttr_flows_init(&flows, &plan), 0);
	return flows;
}

static void test_layout(void **state)
{
	struct ttr_flows flows = make(TTR_ISN_SAME, TTR_TCP_SYN, 0);

	(void)state;
	assert_int_equal(flows.query_flows, 4);
	assert_int_equal(flows.all[0].port, 0);
	assert_int_equal(flows.all[1].query, 1);
	assert_int_equal(flows.all[2].port, 1);
	assert_int_equal(flows.all[3].query, 1);
	assert_int_equal(ttr_flows_by_ports(&flows, 40002, 443), 2);
	assert_int_equal(ttr_flows_by_ports(&flows, 40002, 80), TTR_FLOW_NONE);
	assert_int_equal(ttr_flows_by_source(&flows, 40002), 2);
	assert_int_equal(ttr_flows_by_source(&flows, 40009), TTR_FLOW_NONE);
	/* a spare flow is nobody's until it is taken */
	assert_int_equal(ttr_flows_by_ports(&flows, 40000, 80), 0);
	assert_int_equal(ttr_flows_next(&flows, 0), TTR_FLOW_NONE);
	assert_int_equal(ttr_flows_by_ports(&flows, 40000, 443), TTR_FLOW_NONE);
	assert_int_equal(ttr_flows_take_spare(&flows, 1, 1, TTR_FLOW_NONE), 4);
	assert_int_equal(ttr_flows_by_ports(&flows, 40000, 443), 4);
	assert_int_equal(ttr_flows_next(&flows, 4), TTR_FLOW_NONE);
	assert_int_equal(ttr_flows_by_source(&flows, 40000), 4);
	assert_int_equal(ttr_flows_next_source(&flows, 4), 0);
	assert_int_equal(ttr_flows_next_source(&flows, 0), TTR_FLOW_NONE);
	assert_int_equal(ttr_flows_take_spare(&flows, 0, 0, TTR_FLOW_NONE), TTR_FLOW_NONE);
	ttr_flows_fini(&flows);
}

/* On the same ports as the query's flow, and told from it by its numbers. */
static void test_twin(void **state)
{
	struct ttr_flows flows = make(TTR_ISN_SAME, TTR_TCP_SYN, 0);
	uint32_t other;

	(void)state;
	assert_int_equal(ttr_flows_take_spare(&flows, 1, 1, 3), 4);
	assert_true(flows.all[4].twin);
	assert_int_equal(flows.all[4].key.source_port, flows.all[3].key.source_port);
	assert_int_not_equal(flows.all[4].key.isn, flows.all[3].key.isn);
	other = ttr_flows_by_ports(&flows, flows.all[3].key.source_port, 443);
	assert_int_equal(other, 4);
	assert_int_equal(ttr_flows_next(&flows, other), 3);
	ttr_flows_fini(&flows);
}

static void test_flows_of_a_port(void **state)
{
	struct ttr_flows flows = make(TTR_ISN_SAME, TTR_TCP_SYN, 0);

	(void)state;
	assert_int_equal(ttr_flows_take_spare(&flows, 0, 1, TTR_FLOW_NONE), 4);
	assert_int_equal(ttr_flows_next_of_port(&flows, 0, TTR_FLOW_NONE), 0);
	assert_int_equal(ttr_flows_next_of_port(&flows, 0, 0), 1);
	assert_int_equal(ttr_flows_next_of_port(&flows, 0, 1), 4);
	assert_int_equal(ttr_flows_next_of_port(&flows, 0, 4), TTR_FLOW_NONE);
	assert_int_equal(ttr_flows_next_of_port(&flows, 1, TTR_FLOW_NONE), 2);
	assert_int_equal(ttr_flows_next_of_port(&flows, 1, 3), TTR_FLOW_NONE);
	ttr_flows_fini(&flows);
}

/* What goes out must come back as the same probe, in every mode and for every index. */
static void test_numbers(void **state)
{
	static const enum ttr_isn_mode modes[] = {TTR_ISN_SAME, TTR_ISN_RISING, TTR_ISN_RANDOM};

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		struct ttr_flows flows = make(modes[m], TTR_TCP_SYN, 0);

		for (uint32_t index = 1; index < TTR_INDEX_LIMIT; index++) {
			uint32_t seq = ttr_flow_seq(&flows, &flows.all[0], index), found = 0;
			enum ttr_identity identity =
				ttr_flow_from_seq(&flows, &flows.all[0], seq, &found);

			if (modes[m] == TTR_ISN_SAME) {
				assert_int_equal(identity, TTR_IDENTITY_FLOW);
				continue;
			}
			assert_int_equal(identity, TTR_IDENTITY_PROBE);
			assert_int_equal(found, index);
		}
		ttr_flows_fini(&flows);
	}
}

static void test_scattered_far_apart(void **state)
{
	struct ttr_flows flows = make(TTR_ISN_RANDOM, TTR_TCP_SYN, 0);

	(void)state;
	for (uint32_t a = 0; a < TTR_INDEX_LIMIT; a++) {
		for (uint32_t b = a + 1; b < TTR_INDEX_LIMIT; b++) {
			uint32_t up = ttr_flow_seq(&flows, &flows.all[0], b) -
				      ttr_flow_seq(&flows, &flows.all[0], a);

			assert_in_range(up, 1u << 20, UINT32_MAX - (1u << 20));
		}
	}
	ttr_flows_fini(&flows);
}

static void test_answers(void **state)
{
	const uint8_t sa = TTR_TCP_SYN | TTR_TCP_ACK, ra = TTR_TCP_RST | TTR_TCP_ACK;
	static const uint32_t isn = 0x1000, ts = 0xffffffff;
	const struct {
		struct ttr_tcp_seen tcp;
		enum ttr_identity expected;
		uint32_t index;
	} cases[] = {
		{{.flags = sa, .ack = isn + 1}, TTR_IDENTITY_FLOW, 0},
		{{.flags = sa, .ack = isn + 1, .has_ts = true, .ts_echo = ts + 7},
		 TTR_IDENTITY_PROBE,
		 7},
		/* a timestamp that we did not send says nothing */
		{{.flags = sa, .ack = isn + 1, .has_ts = true, .ts_echo = ts + 70000},
		 TTR_IDENTITY_FLOW,
		 0},
		/* the payload may be acknowledged or not */
		{{.flags = ra, .ack = isn + 1 + 40}, TTR_IDENTITY_FLOW, 0},
		{{.flags = ra, .ack = isn + 1 + 41}, TTR_IDENTITY_NONE, 0},
		{{.flags = sa, .ack = isn}, TTR_IDENTITY_NONE, 0},
		{{.flags = sa, .ack = 0}, TTR_IDENTITY_NONE, 0},
		{{.flags = TTR_TCP_RST, .ack = isn + 1}, TTR_IDENTITY_NONE, 0},
	};
	struct ttr_flows flows = make(TTR_ISN_SAME, TTR_TCP_SYN, 100);

	(void)state;
	assert_int_equal(flows.payload, 40);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t index = 0;

		assert_int_equal(ttr_flow_from_answer(&flows, &flows.all[1], &cases[i].tcp, &index),
				 cases[i].expected);
		if (cases[i].expected == TTR_IDENTITY_PROBE)
			assert_int_equal(index, cases[i].index);
	}
	ttr_flows_fini(&flows);
}

/* An RST to an ACK probe takes the ACK's number: it names the probe. */
static void test_ack_probes(void **state)
{
	struct ttr_flows flows = make(TTR_ISN_SAME, TTR_TCP_ACK, 0);

	(void)state;
	for (uint32_t index = 1; index < TTR_INDEX_LIMIT; index++) {
		struct ttr_tcp_seen rst = {
			.flags = TTR_TCP_RST,
			.seq = ttr_flow_ack(&flows, &flows.all[2], index),
		};
		uint32_t found = 0;

		assert_int_equal(ttr_flow_from_answer(&flows, &flows.all[2], &rst, &found),
				 TTR_IDENTITY_PROBE);
		assert_int_equal(found, index);
		rst.seq++;
		assert_int_equal(ttr_flow_from_answer(&flows, &flows.all[2], &rst, &found),
				 TTR_IDENTITY_NONE);
	}
	ttr_flows_fini(&flows);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_flows_of_a_port),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_scattered_far_apart),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_ack_probes),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
