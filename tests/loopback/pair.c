/* SPDX-License-Identifier: MIT */

/* Pairs of sockets, as this system makes them. test-strangers.c looks at those of the loopback. */

#include "testing.h"

#include <string.h>

START_TEST(bytes_go_both_ways_through_a_stream_pair)
{
	struct sock pair[2];
	char data[8];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(pair[0].type, LIBSOCK_STREAM);
	ck_assert_int_eq(pair[0].family, sock_has(LIBSOCK_HAS_UNIX_STREAM) ? LIBSOCK_AF_UNIX : LIBSOCK_AF_INET);
	for (int i = 0; i < 2; i++) {
		expect(sock_send_all(pair[i], "to", 2, NULL, LIBSOCK_FOREVER), 0);
		expect(sock_recv_exact(pair[1 - i], data, 2, NULL, LIBSOCK_FOREVER), 0);
		ck_assert_mem_eq(data, "to", 2);
		expect(sock_recv(pair[i], data, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_recv(pair[i], data, 1, sock_after(20)), LIBSOCK_ETIMEDOUT);
	}
	sock_close(&pair[0]);
	expect(sock_recv(pair[1], data, 1, soon()), 0);
	sock_close(&pair[1]);
}
END_TEST

START_TEST(datagrams_keep_their_bounds_through_a_pair)
{
	struct sock pair[2];
	char data[8];

	expect(sock_pair(pair, LIBSOCK_DGRAM), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_send(pair[i], "one", 3, soon()), 3);
		expect(sock_send(pair[i], "", 0, soon()), 0);
		expect(sock_send(pair[i], "three", 5, soon()), 5);
		expect(sock_recv(pair[1 - i], data, sizeof data, soon()), 3);
		expect(sock_recv(pair[1 - i], data, sizeof data, soon()), 0);
		expect(sock_recv(pair[1 - i], data, 2, soon()), LIBSOCK_EMSGSIZE);
		expect(sock_recv(pair[1 - i], data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

START_TEST(pairs_are_not_inherited_by_child_processes)
{
	const int types[] = {LIBSOCK_STREAM, LIBSOCK_DGRAM};

	for (int t = 0; t < 2; t++) {
		struct sock pair[2];

		expect(sock_pair(pair, types[t]), 0);
		for (int i = 0; i < 2; i++) {
			ck_assert(!native_is_inheritable(sock_native(pair[i])));
			sock_close(&pair[i]);
		}
	}
}
END_TEST

START_TEST(many_pairs_at_a_time_stay_apart)
{
	struct sock pair[50][2];

	for (int i = 0; i < 50; i++)
		expect(sock_pair(pair[i], i % 2 ? LIBSOCK_STREAM : LIBSOCK_DGRAM), 0);
	for (int i = 0; i < 50; i++) {
		char byte = (char)i;

		expect(sock_send(pair[i][i % 2], &byte, 1, soon()), 1);
	}
	for (int i = 0; i < 50; i++) {
		char byte = 'x';

		expect(sock_recv(pair[i][1 - i % 2], &byte, 1, soon()), 1);
		ck_assert_int_eq(byte, (char)i);
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
}
END_TEST

START_TEST(a_pair_of_no_type_is_refused)
{
	struct sock pair[2] = {{1, 2, 3}, {4, 5, 6}};

	expect(sock_pair(NULL, LIBSOCK_STREAM), LIBSOCK_EINVAL);
	expect(sock_pair(pair, 1), LIBSOCK_EINVAL);
	ck_assert_int_eq(pair[0].family, 0);
	ck_assert_int_eq(pair[1].family, 0);
}
END_TEST

START_TEST(a_pair_has_no_names_or_those_of_the_loopback)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock pair[2];
		struct sock_addr own[2], peer[2];

		expect(sock_pair(pair, type), 0);
		for (int i = 0; i < 2; i++) {
			const int unix_ = pair[i].family == LIBSOCK_AF_UNIX;

			ck_assert_int_eq(unix_, sock_has(LIBSOCK_HAS_UNIX_DGRAM));
			ck_assert_int_eq(pair[i].type, type);
			expect(sock_local_addr(pair[i], &own[i]), 0);
			expect(sock_peer_addr(pair[i], &peer[i]), 0);
			ck_assert_str_eq(own[i].host, unix_ ? "" : "127.0.0.1");
			ck_assert_str_eq(peer[i].host, own[i].host);
		}
		ck_assert_uint_eq(own[0].port, peer[1].port);
		ck_assert_uint_eq(own[1].port, peer[0].port);
		sock_close(&pair[0]);
		sock_close(&pair[1]);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{bytes_go_both_ways_through_a_stream_pair},
		{datagrams_keep_their_bounds_through_a_pair},
		{pairs_are_not_inherited_by_child_processes},
		{many_pairs_at_a_time_stay_apart},
		{a_pair_of_no_type_is_refused},
		{a_pair_has_no_names_or_those_of_the_loopback},
		{0},
	};

	return testing_main("pair", tests);
}
