/* SPDX-License-Identifier: MIT */

/* What the system tells of a datagram: read as it is, and unknown where it is cut off for want of room. */

#include "native.h"

/* The file once more, under other names, with what is static in it. */
#undef os_send_packet
#define os_send_packet control_send_packet
#undef os_recv_packet
#define os_recv_packet control_recv_packet
#undef os_packet_fields
#define os_packet_fields control_packet_fields
#undef os_packet_coalesces
#define os_packet_coalesces control_packet_coalesces
#undef os_packet_cuts
#define os_packet_cuts control_packet_cuts
#undef os_packet_heard
#define os_packet_heard control_packet_heard
#include "../../lib/bsd/packet.c"

#include "testing.h"

#include <stdlib.h>

static const uint8_t ip[16] = {192, 0, 2, 7};

/* One message, of which so many bytes of its data are left, in memory that ends there. */
static struct os_packet read_cut(int level, int type, const void *data, size_t size, size_t left)
{
	const size_t end = native_cmsg_length(left), align = _Alignof(native_cmsg);
	struct os_packet packet = {.ecn = -1, .ttl = -1};
	struct bsd_packet__head whole = {.used = 0}, *head = malloc(sizeof *head);
	const size_t filler = (sizeof head->control - end) / align * align;

	ck_assert_ptr_nonnull(head);
	memset(head, 0x55, sizeof *head);
	bsd_packet__put(&whole, level, type, data, size);
	((native_cmsg *)(void *)whole.control)->cmsg_len = native_cmsg_length(left);
	/* Something else came before it. */
	head->used = 0;
	bsd_packet__put(head, SOL_SOCKET, -1, "", 0);
	((native_cmsg *)(void *)head->control)->cmsg_len = filler;
	memcpy(head->control + filler, whole.control, end);
	head->used = filler + end;
	bsd_packet__tell_all(&packet, head);
	free(head);
	return packet;
}

START_TEST(an_address_that_is_cut_off_is_unknown)
{
	char data[32];
	size_t size = native_put_local4(data, ip, 3);
	struct in6_pktinfo six = {.ipi6_ifindex = 3};

	for (size_t left = 0; left <= size; left++) {
		struct os_packet packet = read_cut(IPPROTO_IP, NATIVE_LOCAL4, data, size, left);

		ck_assert_int_eq(packet.local.family, left < size ? 0 : LIBSOCK_AF_INET);
	}
	memcpy(&six.ipi6_addr, ip, sizeof ip);
	for (size_t left = 0; left <= sizeof six; left++) {
		struct os_packet packet = read_cut(IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof six, left);

		ck_assert_int_eq(packet.local.family, left < sizeof six ? 0 : LIBSOCK_AF_INET6);
		ck_assert_uint_eq(packet.interface_index, left < sizeof six ? 0 : 3);
	}
}
END_TEST

START_TEST(a_number_is_an_int_or_a_byte_or_unknown)
{
	const int ttl = 17, tos = 0x4e;
	const unsigned char byte = 17;

	for (size_t left = 0; left <= sizeof ttl; left++) {
		struct os_packet packet = read_cut(IPPROTO_IP, IP_TTL, &ttl, sizeof ttl, left);

		if (left == sizeof ttl)
			ck_assert_int_eq(packet.ttl, 17);
		else if (left != 1)
			ck_assert_int_eq(packet.ttl, -1);
		packet = read_cut(IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos, left);
		if (left == sizeof ttl)
			ck_assert_int_eq(packet.ecn, 2);
		else if (left != 1)
			ck_assert_int_eq(packet.ecn, -1);
	}
	ck_assert_int_eq(read_cut(IPPROTO_IP, IP_TTL, &byte, 1, 1).ttl, 17);
}
END_TEST

START_TEST(a_message_longer_than_what_came_is_not_read)
{
	const int ttl = 17;
	struct os_packet packet = {.ttl = -1};
	struct bsd_packet__head head = {.used = 0};

	bsd_packet__put(&head, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
	head.used = native_cmsg_length(sizeof ttl) - 1;
	bsd_packet__tell_all(&packet, &head);
	ck_assert_int_eq(packet.ttl, -1);
	head.used++;
	bsd_packet__tell_all(&packet, &head);
	ck_assert_int_eq(packet.ttl, 17);
	((native_cmsg *)(void *)head.control)->cmsg_len = 0; /* and no loop over nothing */
	bsd_packet__tell_all(&packet, &head);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{an_address_that_is_cut_off_is_unknown},
		{a_number_is_an_int_or_a_byte_or_unknown},
		{a_message_longer_than_what_came_is_not_read},
		{0},
	};

	return testing_main("control", tests);
}
