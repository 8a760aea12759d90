/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "craft.h"
#include "ethernet.h"

static const uint8_t host_mac[6] = {2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};

static struct ethernet link_of(const char *text)
{
	struct pathsim *sim = network(text);
	struct ethernet ethernet;

	ethernet_init(&ethernet, pathsim_network(sim));
	pathsim_free(sim);
	return ethernet;
}

static size_t put_frame(uint8_t *frame, uint16_t type, const void *inside, size_t len)
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, host_mac, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	memcpy(frame + 14, inside, len);
	return 14 + len;
}

static void test_gateways(void **state)
{
	struct ethernet ethernet = link_of("prober 198.18.0.1\n");

	(void)state;
	assert_addr(&ethernet.gateway4, "198.18.0.254");
	assert_addr(&ethernet.gateway6, "fe80::1");
	ethernet = link_of("prober 198.18.0.254\n");
	assert_addr(&ethernet.gateway4, "198.18.0.253");
	ethernet = link_of("prober 198.18.0.1 2001:db8::1\ngateway 10.0.0.1 fe80::99\n");
	assert_addr(&ethernet.gateway4, "10.0.0.1");
	assert_addr(&ethernet.gateway6, "fe80::99");
}

static void test_arp(void **state)
{
	uint8_t request[28] = {0, 1, 8, 0, 6, 4, 0, 1};
	struct ethernet ethernet = link_of("prober 198.18.0.1\n");
	uint8_t frame[100], answer[ETHERNET_ANSWER];
	const uint8_t *packet;
	size_t packet_len, len;

	(void)state;
	memcpy(request + 8, host_mac, 6);
	memcpy(request + 14, (const uint8_t[]){198, 18, 0, 1}, 4);
	memcpy(request + 24, (const uint8_t[]){198, 18, 0, 254}, 4);
	len = put_frame(frame, 0x0806, request, sizeof(request));
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 60);
	assert_null(packet);
	assert_memory_equal(answer, host_mac, 6);
	assert_int_equal(number16(answer + 12), 0x0806);
	assert_int_equal(number16(answer + 20), 2);
	assert_memory_equal(answer + 22, answer + 6, 6); /* the gateway's address, as the frame's */
	assert_memory_equal(answer + 28, request + 24, 4);
	assert_memory_equal(answer + 32, request + 8, 10);
	frame[14 + 27] = 7; /* another host */
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 0);
	assert_int_equal(ethernet_input(&ethernet, frame, 30, answer, &packet, &packet_len), 0);
}

static struct packet solicit(uint8_t ttl)
{
	uint8_t data[28] = {[4] = 0xfe, 0x80, [19] = 1, 1, 1, 2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
	struct probe probe = {.to = "ff02::1:ff00:1",
			      .ttl = ttl,
			      .protocol = 58,
			      .icmp_type = 135,
			      .data = data,
			      .data_len = sizeof(data)};

	return craft(&probe);
}

static void test_neighbour_solicitation(void **state)
{
	struct ethernet ethernet = link_of("prober 198.18.0.1 2001:db8::1\n");
	struct packet asked = solicit(255);
	uint8_t frame[200], answer[ETHERNET_ANSWER];
	struct pathsim_addr source = {.family = 6};
	const uint8_t *packet;
	size_t packet_len, len = put_frame(frame, 0x86dd, asked.bytes, asked.len);

	(void)state;
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 86);
	assert_null(packet);
	memcpy(source.bytes, answer + 14 + 8, 16);
	assert_addr(&source, "fe80::1");
	assert_int_equal(answer[14 + 7], 255);
	assert_int_equal(answer[14 + 40], 136);
	assert_memory_equal(answer + 14 + 40 + 26, answer + 6, 6);
	frame[14 + 40 + 8] = 0xfd; /* another target: a packet like any other */
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 0);
	assert_ptr_equal(packet, frame + 14);
	asked = solicit(254); /* from off the link: RFC 4861 section 7.1.1 */
	put_frame(frame, 0x86dd, asked.bytes, asked.len);
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 0);
}

static void test_frames(void **state)
{
	struct probe probe = {.to = "198.51.100.10", .ttl = 1, .flags = SYN};
	struct ethernet ethernet = link_of("prober 198.18.0.1\n");
	struct packet sent = craft(&probe);
	uint8_t frame[200], answer[ETHERNET_ANSWER];
	const uint8_t *packet;
	size_t packet_len, len = put_frame(frame, 0x0800, sent.bytes, sent.len);

	(void)state;
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 0);
	assert_ptr_equal(packet, frame + 14);
	assert_int_equal(packet_len, 40);
	assert_int_equal(ethernet_output(&ethernet, frame, 40), 60);
	assert_memory_equal(frame, host_mac, 6);
	assert_int_equal(number16(frame + 12), 0x0800);
	assert_int_equal(number32(frame + 54), 0);
	assert_int_equal(ethernet_output(&ethernet, frame, 46), 60);
	assert_int_equal(ethernet_output(&ethernet, frame, 47), 61);
	frame[14] = 0x60;
	ethernet_output(&ethernet, frame, 60);
	assert_int_equal(number16(frame + 12), 0x86dd);
	frame[12] = 0x88; /* not IP */
	assert_int_equal(ethernet_input(&ethernet, frame, len, answer, &packet, &packet_len), 0);
	assert_null(packet);
	for (size_t cut = 0; cut < 14; cut++)
		assert_int_equal(
			ethernet_input(&ethernet, frame, cut, answer, &packet, &packet_len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_neighbour_solicitation),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
