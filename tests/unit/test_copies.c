/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/copies.h"

/* A packet of 60 bytes whose content is one number. */
static bool show(struct ttr_copies *copies, uint8_t content, unsigned int captured,
		 uint32_t ifindex, int64_t us)
{
	uint8_t packet[200];

	memset(packet, 0, sizeof(packet)); /* link padding is zero */
	memset(packet, content, 60);
	return ttr_copies_seen(copies, packet, captured, ifindex,
			       (struct ttr_wall){1000 * TTR_NS_PER_S + us * TTR_NS_PER_US});
}

static void test_table(void **state)
{
	static const struct {
		const char *what;
		uint8_t content;
		unsigned int captured;
		uint32_t ifindex;
		int64_t us;
		bool copy;
	} cases[] = {
		{"first", 1, 60, 2, 0, false},
		{"on the bridge", 1, 60, 3, 5, true},
		{"on a third device", 1, 60, 4, 9, true},
		{"again on the first: a duplicate", 1, 60, 2, 100, false},
		{"its copy", 1, 60, 3, 101, true},
		{"other bytes", 2, 60, 3, 110, false},
		{"with padding", 2, 66, 2, 112, true},
		{"stamps in the other order", 3, 60, 2, 200, false},
		{"which happens on several processors", 3, 60, 3, 190, true},
		{"just in time", 3, 60, 3, 200 + 9999, true},
		{"too late", 3, 60, 3, 200 + 10000, false},
		{"short", 4, 19, 2, 20000, false},
		{"short ones are never copies", 4, 19, 3, 20001, false},
		{"not even of long ones", 4, 60, 4, 20002, false},
		{"the shortest", 5, 20, 2, 20003, false},
		{"that counts", 5, 20, 3, 20004, true},
	};
	struct ttr_copies copies = {.next = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (show(&copies, cases[i].content, cases[i].captured, cases[i].ifindex,
			 cases[i].us) != cases[i].copy)
			fail_msg("%s", cases[i].what);
}

/* Only what lies within the first bytes is compared; the rest cannot be kept. */
static void test_long_packets(void **state)
{
	struct ttr_copies copies = {.next = 0};
	const struct ttr_wall stamp = {TTR_NS_PER_S};
	uint8_t packet[TTR_COPIES_BYTES + 1];

	(void)state;
	memset(packet, 7, sizeof(packet));
	assert_false(ttr_copies_seen(&copies, packet, sizeof(packet), 1, stamp));
	packet[TTR_COPIES_BYTES - 1] = 8;
	assert_false(ttr_copies_seen(&copies, packet, sizeof(packet), 2, stamp));
	packet[TTR_COPIES_BYTES] = 8;
	assert_true(ttr_copies_seen(&copies, packet, sizeof(packet), 3, stamp));
}

static void test_memory(void **state)
{
	struct ttr_copies copies = {.next = 0};

	(void)state;
	for (uint8_t i = 0; i < TTR_COPIES_KEPT; i++)
		assert_false(show(&copies, i, 60, 1, i));
	for (uint8_t i = 0; i < TTR_COPIES_KEPT; i++)
		assert_true(show(&copies, i, 60, 2, 100 + i));
	assert_false(show(&copies, 200, 60, 1, 200));
	assert_true(show(&copies, 1, 60, 2, 201));
	assert_false(show(&copies, 0, 60, 2, 202)); /* the oldest was forgotten */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_long_packets),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
