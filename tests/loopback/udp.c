/* SPDX-License-Identifier: MIT */

/* Datagrams over the loopback, in both families. */

#include "testing.h"

#include <string.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

START_TEST(a_datagram_comes_whole_and_says_from_where)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr a_addr, b_addr, from;
		struct sock a = datagram(families[f], &a_addr), b = datagram(families[f], &b_addr);
		char data[16];

		for (int d = 0; d < 2; d++) {
			int64_t deadline = d ? LIBSOCK_FOREVER : soon();

			expect(sock_sendto(a, "ping", 4, &b_addr, deadline), 4);
			expect(sock_recvfrom(b, data, sizeof data, &from, deadline), 4);
			ck_assert_mem_eq(data, "ping", 4);
			ck_assert(sock_addr_equal(&from, &a_addr));
			ck_assert_str_eq(from.host, f == 0 ? "127.0.0.1" : "::1");
			expect(sock_sendto(b, "pong!", 5, &from, deadline), 5);
			expect(sock_recvfrom(a, data, sizeof data, NULL, deadline), 5);
			expect(sock_sendto(b, "x", 1, &from, deadline), 1);
			expect(sock_recv(a, data, sizeof data, deadline), 1);
		}
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

START_TEST(an_empty_datagram_is_zero_and_no_end)
{
	struct sock_addr addr, from = {"untouched", 1};
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);
	char data[4];

	expect(sock_sendto(s, NULL, 0, &addr, soon()), 0);
	expect(sock_recvfrom(s, data, sizeof data, &from, soon()), 0);
	ck_assert(sock_addr_equal(&from, &addr));
	expect(sock_sendto(s, "", 0, &addr, soon()), 0);
	expect(sock_recv(s, NULL, 0, soon()), 0);
	expect(sock_recv(s, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&s);
}
END_TEST

START_TEST(a_longer_datagram_is_emsgsize_with_its_head_received)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr, from;
		struct sock s = datagram(families[f], &addr);
		char data[8];

		memset(data, '#', sizeof data);
		expect(sock_sendto(s, "0123456789", 10, &addr, soon()), 10);
		expect(sock_recvfrom(s, data, 4, &from, soon()), LIBSOCK_EMSGSIZE);
		ck_assert_mem_eq(data, "0123####", 8);
		ck_assert(sock_addr_equal(&from, &addr));

		expect(sock_sendto(s, "abcdefghij", 10, &addr, soon()), 10);
		expect(sock_recv(s, data, 4, soon()), LIBSOCK_EMSGSIZE);
		ck_assert_mem_eq(data, "abcd####", 8);

		expect(sock_sendto(s, "x", 1, &addr, soon()), 1);
		expect(sock_recv(s, NULL, 0, soon()), LIBSOCK_EMSGSIZE);

		expect(sock_sendto(s, "just", 4, &addr, soon()), 4);
		expect(sock_recvfrom(s, data, 4, NULL, soon()), 4); /* the rest of the long ones is gone, this one fits */
		sock_close(&s);
	}
}
END_TEST

START_TEST(the_largest_datagram_passes_and_a_larger_one_is_emsgsize)
{
	static char data[70000], back[70000];
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7);
	expect(sock_sendto(s, data, 65507, &addr, soon()), 65507);
	expect(sock_recv(s, back, sizeof back, soon()), 65507);
	ck_assert_mem_eq(data, back, 65507);
	expect(sock_sendto(s, data, 65508, &addr, soon()), LIBSOCK_EMSGSIZE);
	sock_close(&s);
}
END_TEST

START_TEST(a_connected_socket_hears_only_its_peer)
{
	struct sock_addr a_addr, b_addr, c_addr, peer;
	struct sock a = datagram(LIBSOCK_AF_INET, &a_addr), b = datagram(LIBSOCK_AF_INET, &b_addr),
		    c = datagram(LIBSOCK_AF_INET, &c_addr);
	char data[8];

	expect(sock_connect(a, &b_addr, soon()), 0);
	expect(sock_peer_addr(a, &peer), 0);
	ck_assert(sock_addr_equal(&peer, &b_addr));
	expect(sock_sendto(c, "stranger", 8, &a_addr, soon()), 8);
	expect(sock_send(a, "hi", 2, soon()), 2);
	expect(sock_recvfrom(b, data, sizeof data, &peer, soon()), 2);
	expect(sock_sendto(b, "peer", 4, &peer, soon()), 4);
	expect(sock_recv(a, data, sizeof data, soon()), 4);
	ck_assert_mem_eq(data, "peer", 4);
	expect(sock_connect(a, &c_addr, soon()), 0); /* and can change it */
	expect(sock_send(a, "ho", 2, soon()), 2);
	expect(sock_recv(c, data, sizeof data, soon()), 2);
	sock_close(&a);
	sock_close(&b);
	sock_close(&c);
}
END_TEST

/* A datagram to a socket, and its answer back. */
static void exchange(struct sock client, struct sock server)
{
	struct sock_addr from;
	char data[8];

	expect(sock_send(client, "there", 5, soon()), 5);
	expect(sock_recvfrom(server, data, sizeof data, &from, soon()), 5);
	expect(sock_sendto(server, "back", 4, &from, soon()), 4);
	expect(sock_recv(client, data, sizeof data, soon()), 4);
}

START_TEST(a_socket_that_is_connected_again_is_heard_and_answered)
{
	for (int bound = 0; bound < 2; bound++) {
		struct sock_addr own, now, addrs[2];
		struct sock s = datagram(LIBSOCK_AF_INET, &own),
			    peers[] = {datagram(LIBSOCK_AF_INET, &addrs[0]), datagram(LIBSOCK_AF_INET, &addrs[1])};

		if (!bound) {
			sock_close(&s);
			expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
		}
		for (int i = 0; i < 4; i++) {
			expect(sock_connect(s, &addrs[i % 2], soon()), 0);
			exchange(s, peers[i % 2]);
			expect(sock_local_addr(s, &now), 0);
			ck_assert(!bound || sock_addr_equal(&now, &own));
		}
		for (int i = 0; i < 2; i++)
			sock_close(&peers[i]);
		sock_close(&s);
	}
}
END_TEST

/* A row of docs/porting.md. */
START_TEST(an_address_chosen_for_the_first_peer_may_keep_another_out_of_reach)
{
	const struct sock_addr four = {"127.0.0.1", 9}, six = {"::1", 9};
	struct sock_addr peer;
	struct sock s;

	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &four, soon()), 0);
	expect(sock_connect(s, &six, soon()), native_is_wine() ? LIBSOCK_ENOTSUP : LIBSOCK_EAFNOSUPPORT);
	expect(sock_peer_addr(s, &peer), 0);
	ck_assert(sock_addr_equal(&peer, &four));
	sock_close(&s);
}
END_TEST

/* Whichever peer it leaves. A row of docs/porting.md; Wine 10 connects to the broadcast address, so that nothing fails. */
START_TEST(a_failed_connect_can_be_tried_again)
{
	const struct sock_addr broadcast = {"255.255.255.255", 9}, no_port = {"127.0.0.1", 0}, no_name = {"a..b", 9};
	struct sock_addr addr, peer;
	struct sock s, server = datagram(LIBSOCK_AF_INET, &addr);
	const int fails = native_is_wine() < 10;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_connect(s, &broadcast, soon()), fails ? LIBSOCK_EACCES : 0);
		expect(sock_peer_addr(s, &peer), fails && i == 0 ? LIBSOCK_ENOTCONN : 0);
		ck_assert(i == 0 || sock_addr_equal(&peer, fails ? &addr : &broadcast));
		expect(sock_connect(s, &addr, soon()), 0);
		exchange(s, server);
		expect(sock_connect(s, &no_port, soon()), LIBSOCK_EPORT);
		expect(sock_connect(s, &no_name, soon()), LIBSOCK_ENAME);
		exchange(s, server);
	}
	sock_close(&s);
	sock_close(&server);
}
END_TEST

/* Row connected-datagram-refused of docs/porting.md: Wine reports it late or never. */
START_TEST(connected_refusal_is_reported_and_the_socket_stays_usable)
{
	for (int f = 0; f < 2; f++) {
		struct sock holder, s;
		struct sock_addr addr = unused_port(families[f], LIBSOCK_DGRAM, &holder), own;
		char data[8];
		ptrdiff_t n;

		expect(sock_open(&s, families[f], LIBSOCK_DGRAM), 0);
		expect(sock_connect(s, &addr, soon()), 0);
		expect(sock_send(s, "x", 1, soon()), 1);
		n = sock_recv(s, data, sizeof data, native_is_wine() ? sock_after(50) : soon());
		ck_assert_msg(n == LIBSOCK_ECONNREFUSED || (native_is_wine() && n == LIBSOCK_ETIMEDOUT), "%s",
			      sock_errname(n));
		expect(sock_local_addr(s, &own), 0);
		expect(sock_connect(s, &own, soon()), 0); /* to itself */
		expect(sock_send(s, "y", 1, soon()), 1);
		expect(sock_recv(s, data, sizeof data, soon()), 1);
		sock_close(&s);
		sock_close(&holder);
	}
}
END_TEST

START_TEST(an_unconnected_socket_never_reports_a_refusal)
{
	for (int f = 0; f < 2; f++) {
		struct sock holder;
		struct sock_addr nobody = unused_port(families[f], LIBSOCK_DGRAM, &holder), addr;
		struct sock s = datagram(families[f], &addr);
		char data[8];

		for (int i = 0; i < 3; i++)
			expect(sock_sendto(s, "x", 1, &nobody, soon()), 1);
		expect(sock_recv(s, data, sizeof data, sock_after(50)), LIBSOCK_ETIMEDOUT);
		expect(sock_sendto(s, "ok", 2, &addr, soon()), 2);
		expect(sock_recv(s, data, sizeof data, soon()), 2);
		sock_close(&s);
		sock_close(&holder);
	}
}
END_TEST

START_TEST(a_dual_stack_socket_talks_to_dotted_ipv4)
{
	struct sock_addr v4_addr, any = {"", 0}, from;
	struct sock v4 = datagram(LIBSOCK_AF_INET, &v4_addr), v6;
	char data[8];

	expect(sock_open(&v6, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	expect(sock_bind(v6, &any), 0);
	expect(sock_sendto(v6, "hi", 2, &v4_addr, soon()), 2);
	expect(sock_recvfrom(v4, data, sizeof data, &from, soon()), 2);
	ck_assert_str_eq(from.host, "127.0.0.1");
	expect(sock_sendto(v4, "ho", 2, &from, soon()), 2);
	expect(sock_recvfrom(v6, data, sizeof data, &from, soon()), 2);
	ck_assert_str_eq(from.host, "127.0.0.1");
	ck_assert(sock_addr_equal(&from, &v4_addr));
	sock_close(&v4);
	sock_close(&v6);
}
END_TEST

START_TEST(a_port_in_use_cannot_be_shared)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr), thief;

	expect(sock_open(&thief, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_bind(thief, &addr), LIBSOCK_EADDRINUSE);
	sock_close(&thief);
	sock_close(&s);
}
END_TEST

START_TEST(sendto_takes_a_name)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);
	char data[8];

	expect(sock_addr_set(&addr, "localhost", addr.port), 0);
	expect(sock_sendto(s, "hi", 2, &addr, soon()), 2);
	expect(sock_recv(s, data, sizeof data, soon()), 2);
	sock_close(&s);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_datagram_comes_whole_and_says_from_where},
		{an_empty_datagram_is_zero_and_no_end},
		{a_longer_datagram_is_emsgsize_with_its_head_received},
		{the_largest_datagram_passes_and_a_larger_one_is_emsgsize},
		{a_connected_socket_hears_only_its_peer},
		{a_socket_that_is_connected_again_is_heard_and_answered},
		{an_address_chosen_for_the_first_peer_may_keep_another_out_of_reach},
		{a_failed_connect_can_be_tried_again},
		{connected_refusal_is_reported_and_the_socket_stays_usable},
		{an_unconnected_socket_never_reports_a_refusal},
		{a_dual_stack_socket_talks_to_dotted_ipv4},
		{a_port_in_use_cannot_be_shared},
		{sendto_takes_a_name},
		{0},
	};

	return testing_main("udp", tests);
}
