/* SPDX-License-Identifier: MIT */

/* Sockets through a channel to another process, which may be this one. */

#include "testing.h"

#include <string.h>

START_TEST(a_listener_goes_through_a_channel_and_still_listens)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock channel[2], client, conn, here;
		struct sock_addr addr;
		struct sock l = listener(LIBSOCK_AF_INET, 4, &addr);

		expect(sock_pair(channel, type), 0);
		if (sock_has(LIBSOCK_HAS_SEND_SOCKET)) {
			expect(sock_recv_socket(channel[1], &here, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
			expect(sock_recv_socket(channel[1], &here, sock_after(10)), LIBSOCK_ETIMEDOUT);
			expect(sock_send_socket(channel[0], l, soon()), 0);
			sock_close(&l);
			expect(sock_recv_socket(channel[1], &here, soon()), 0);
			expect(here.family, LIBSOCK_AF_INET);
			expect(here.type, LIBSOCK_STREAM);
			ck_assert_int_eq(native_is_inheritable(sock_native(here)), 0);
			expect(sock_accept(here, &conn, NULL, sock_after(10)), LIBSOCK_ETIMEDOUT);
			expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
			expect(sock_connect(client, &addr, soon()), 0);
			expect(sock_accept(here, &conn, NULL, soon()), 0);
			sock_close(&conn);
			sock_close(&client);
			sock_close(&here);
		} else {
			expect(sock_send_socket(channel[0], l, soon()), LIBSOCK_ENOTSUP);
			expect(sock_recv_socket(channel[1], &here, soon()), LIBSOCK_ENOTSUP);
			sock_close(&l);
		}
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
}
END_TEST

START_TEST(what_is_no_channel_or_no_socket_is_refused)
{
	struct sock client, server, channel[2], s;

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_send_socket(client, channel[0], LIBSOCK_NOWAIT), LIBSOCK_ENOTSUP);
	expect(sock_recv_socket(server, &s, LIBSOCK_NOWAIT), LIBSOCK_ENOTSUP);
	expect(sock_send_socket((struct sock){0}, client, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	expect(sock_recv_socket((struct sock){0}, &s, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	expect(sock_recv_socket(channel[0], NULL, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	if (sock_has(LIBSOCK_HAS_SEND_SOCKET))
		expect(sock_send_socket(channel[0], (struct sock){0}, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	sock_close(&client);
	sock_close(&server);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(without_a_service_manager_nothing_is_activated)
{
	struct sock s[2];

	expect(sock_activation_sockets(NULL, s, 2), 0);
	expect(sock_activation_sockets("http", NULL, 0), 0);
	expect(sock_activation_sockets(NULL, NULL, 1), LIBSOCK_EINVAL);
	expect(sock_activation_sockets(NULL, s, -1), LIBSOCK_EINVAL);
}
END_TEST

/* What an old Linux says of a send is not what a new one says; these are all that the header names. */
static int is_closed(int err)
{
	return err == LIBSOCK_EPIPE || err == LIBSOCK_ECONNRESET || err == LIBSOCK_ECONNREFUSED;
}

START_TEST(sockets_of_every_kind_go_with_one_byte_and_stay_open_here)
{
	const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6, LIBSOCK_AF_UNIX};

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	for (int i = 0; i < 2 * 3 * 2; i++) {
		struct sock channel[2], s, got;
		struct sock_addr addr;
		char byte = 'x';

		expect(sock_pair(channel, i % 2 ? LIBSOCK_DGRAM : LIBSOCK_STREAM), 0);
		expect(sock_open(&s, families[i / 2 % 3], i / 6 ? LIBSOCK_DGRAM : LIBSOCK_STREAM), 0);
		expect(sock_send_socket(channel[0], s, soon()), 0);
		expect(sock_local_addr(s, &addr), 0);
		expect(sock_recv_socket(channel[1], &got, soon()), 0);
		expect(got.family, s.family);
		expect(got.type, s.type);
		ck_assert_int_ne((int)sock_native(got), (int)sock_native(s));
		sock_close(&got);
		expect(sock_send_socket(channel[0], s, soon()), 0);
		expect(sock_recv(channel[1], &byte, 1, soon()), 1); /* whoever only reads gets the byte alone */
		ck_assert_int_eq(byte, 0);
		expect(sock_recv(channel[1], &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		sock_close(&s);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
}
END_TEST

START_TEST(a_channel_that_is_closed_full_or_none_says_so)
{
	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock channel[2], s, got = {1, 2, 3}, lonely;
		struct sock_addr addr;
		int err;

		s = datagram(LIBSOCK_AF_INET, &addr);
		expect(sock_pair(channel, type), 0);
		while ((err = sock_send_socket(channel[0], s, LIBSOCK_NOWAIT)) == 0)
			;
		expect(err, LIBSOCK_EAGAIN);
		expect(sock_send_socket(channel[0], s, sock_after(10)), LIBSOCK_ETIMEDOUT);
		sock_close(&channel[1]);
		ck_assert(is_closed(sock_send_socket(channel[0], s, soon())));
		err = sock_send_socket(channel[0], s, LIBSOCK_NOWAIT);
		ck_assert(is_closed(err) || err == LIBSOCK_ENOTCONN); /* Linux parts datagram sockets from a peer that has gone */
		sock_close(&channel[0]);
		expect(sock_open(&lonely, LIBSOCK_AF_UNIX, type), 0);
		expect(sock_send_socket(lonely, s, soon()), LIBSOCK_ENOTCONN);
		if (type == LIBSOCK_STREAM)
			expect(sock_recv_socket(lonely, &got, soon()), LIBSOCK_ENOTCONN);
		else
			expect(sock_recv_socket(lonely, &got, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(got.family, 0);
		sock_close(&lonely);
		sock_close(&s);
	}
}
END_TEST

/* After what was sent before it. Of datagrams Linux does not tell it, whoever asks and however. */
START_TEST(the_end_of_a_channel_is_told_of_streams)
{
	struct sock channel[2], got;
	int err;

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_send_socket(channel[0], channel[0], soon()), 0);
	sock_close(&channel[0]);
	expect(sock_recv_socket(channel[1], &got, soon()), 0);
	sock_close(&got);
	expect(sock_recv_socket(channel[1], &got, LIBSOCK_FOREVER), LIBSOCK_EEOF);
	expect(sock_recv_socket(channel[1], &got, LIBSOCK_NOWAIT), LIBSOCK_EEOF);
	sock_close(&channel[1]);
	expect(sock_pair(channel, LIBSOCK_DGRAM), 0);
	sock_close(&channel[0]);
	err = sock_recv_socket(channel[1], &got, sock_after(10));
	ck_assert(err == LIBSOCK_ETIMEDOUT || err == LIBSOCK_ECONNRESET); /* the second on macOS and the BSDs */
	expect(sock_recv_socket(channel[1], &got, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(a_closed_socket_cannot_be_given)
{
	struct sock channel[2], s, closed;
	struct sock_addr addr;
	char byte;

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	s = datagram(LIBSOCK_AF_INET, &addr);
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	closed = s;
	sock_close(&s);
	expect(sock_send_socket(channel[0], closed, soon()), LIBSOCK_EBADF);
	expect(sock_recv(channel[1], &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	closed = channel[0];
	s = channel[1];
	sock_close(&channel[0]);
	expect(sock_send_socket(closed, s, soon()), LIBSOCK_EBADF);
	expect(sock_recv_socket(closed, &s, soon()), LIBSOCK_EBADF);
	expect(s.family, 0);
	sock_close(&channel[1]);
}
END_TEST

static ptrdiff_t send_three(struct sock channel, const struct sock sockets[3])
{
	const intptr_t fds[] = {sock_native(sockets[0]), sock_native(sockets[1]), sock_native(sockets[2])};

	return sock_send_descriptors(channel, "hello", 5, fds, 3, soon());
}

START_TEST(descriptors_go_beside_data_in_their_order)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock channel[2], sockets[3], got;
		struct sock_addr addrs[3], addr;
		intptr_t fds[4] = {-7, -7, -7, -7};
		char data[8];
		int count = 4;

		expect(sock_pair(channel, type), 0);
		for (int i = 0; i < 3; i++)
			sockets[i] = datagram(LIBSOCK_AF_INET, &addrs[i]);
		if (sock_has(LIBSOCK_HAS_SEND_SOCKET)) {
			expect(send_three(channel[0], sockets), 5);
			expect(sock_recv_descriptors(channel[1], data, sizeof data, fds, 4, &count, soon()), 5);
			ck_assert_int_eq(memcmp(data, "hello", 5), 0);
			ck_assert_int_eq(count, 3);
			ck_assert_int_eq(fds[3], -7);
			for (int i = 0; i < 3; i++) {
				ck_assert_int_eq(native_is_inheritable(fds[i]), 0);
				expect(sock_adopt(&got, fds[i]), 0);
				expect(sock_local_addr(got, &addr), 0);
				ck_assert(sock_addr_equal(&addr, &addrs[i]));
				sock_close(&got);
			}
		} else {
			expect(send_three(channel[0], sockets), LIBSOCK_ENOTSUP);
			expect(sock_recv_descriptors(channel[1], data, sizeof data, fds, 4, &count, soon()), LIBSOCK_ENOTSUP);
			ck_assert_int_eq(count, 0);
		}
		for (int i = 0; i < 3; i++)
			sock_close(&sockets[i]);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
}
END_TEST

START_TEST(data_goes_without_descriptors_too)
{
	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock channel[2];
		char data[8];
		int count = 0;

		expect(sock_pair(channel, type), 0);
		expect(sock_send_descriptors(channel[0], "hello", 5, NULL, 0, soon()), 5);
		expect(sock_recv_descriptors(channel[1], data, sizeof data, NULL, 0, &count, soon()), 5);
		ck_assert_int_eq(count, 0);
		expect(sock_send(channel[0], "hello", 5, soon()), 5);
		expect(sock_recv_descriptors(channel[1], data, sizeof data, (intptr_t[2]){0}, 2, &count, soon()), 5);
		ck_assert_int_eq(count, 0);
		expect(sock_recv_descriptors(channel[1], data, 8, NULL, 0, &count, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_recv_descriptors(channel[1], data, 8, NULL, 0, &count, sock_after(10)), LIBSOCK_ETIMEDOUT);
		expect(sock_recv_descriptors(channel[1], data, 8, NULL, 0, &count, 10), LIBSOCK_EINVAL);
		sock_close(&channel[0]);
		if (type == LIBSOCK_STREAM)
			for (int i = 0; i < 2; i++) {
				count = 2;
				expect(sock_recv_descriptors(channel[1], data, 8, (intptr_t[2]){0}, 2, &count, soon()), 0);
				ck_assert_int_eq(count, 0);
			}
		sock_close(&channel[1]);
	}
}
END_TEST

START_TEST(a_stream_brings_descriptors_with_the_first_of_their_bytes)
{
	struct sock channel[2], s;
	struct sock_addr addr;
	intptr_t fds[2];
	char data[8];
	int count = 2;

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	s = datagram(LIBSOCK_AF_INET, &addr);
	fds[0] = sock_native(s);
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_send(channel[0], "a", 1, soon()), 1);
	expect(sock_send_descriptors(channel[0], "bcd", 3, fds, 1, soon()), 3);
	expect(sock_send(channel[0], "e", 1, soon()), 1);
	sock_close(&s);
	expect(sock_recv_descriptors(channel[1], data, 2, fds, 2, &count, soon()), 2);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(memcmp(data, "ab", 2), 0);
	expect(sock_adopt(&s, fds[0]), 0);
	sock_close(&s);
	count = 2;
	expect(sock_recv_descriptors(channel[1], data, 8, fds, 2, &count, soon()), 3);
	ck_assert_int_eq(count, 0);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(what_a_stream_does_not_take_goes_without_descriptors)
{
	static char data[1 << 20];
	struct sock channel[2], s;
	struct sock_addr addr;
	intptr_t fds[2];
	ptrdiff_t sent, got = 0;
	int all = 0;

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	s = datagram(LIBSOCK_AF_INET, &addr);
	fds[0] = sock_native(s);
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	sent = sock_send_descriptors(channel[0], data, sizeof data, fds, 1, sock_after(20));
	ck_assert(sent > 0 && sent < (ptrdiff_t)sizeof data);
	expect(sock_send_descriptors(channel[0], data, sizeof data, fds, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_send_descriptors(channel[0], data, sizeof data, fds, 1, sock_after(20)), LIBSOCK_ETIMEDOUT);
	while (got < sent) {
		int count = 1;

		got += sock_recv_descriptors(channel[1], data, sizeof data, &fds[1], 1, &count, soon());
		all += count;
	}
	ck_assert_int_eq(got, sent);
	ck_assert_int_eq(all, 1);
	sock_close(&s);
	expect(sock_adopt(&s, fds[1]), 0);
	sock_close(&s);
	sock_close(&channel[1]);
	ck_assert(is_closed((int)sock_send_descriptors(channel[0], "x", 1, NULL, 0, soon())));
	sock_close(&channel[0]);
}
END_TEST

START_TEST(as_many_descriptors_as_may_go_arrive)
{
	intptr_t fds[LIBSOCK_DESCRIPTORS_MAX + 1];
	struct sock channel[2], s;
	struct sock_addr addr;
	char byte;

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		int count = LIBSOCK_DESCRIPTORS_MAX;

		expect(sock_pair(channel, type), 0);
		s = datagram(LIBSOCK_AF_INET, &addr);
		for (int i = 0; i <= LIBSOCK_DESCRIPTORS_MAX; i++)
			fds[i] = sock_native(s);
		expect(sock_send_descriptors(channel[0], "x", 1, fds, count + 1, soon()), LIBSOCK_EINVAL);
		expect(sock_send_descriptors(channel[0], "x", 1, fds, count, soon()), 1);
		sock_close(&s);
		expect(sock_recv_descriptors(channel[1], &byte, 1, fds, LIBSOCK_DESCRIPTORS_MAX, &count, soon()), 1);
		ck_assert_int_eq(count, LIBSOCK_DESCRIPTORS_MAX);
		for (int i = 0; i < count; i++) {
			expect(sock_adopt(&s, fds[i]), 0);
			sock_close(&s);
		}
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
}
END_TEST

START_TEST(what_descriptors_cannot_go_with_is_refused)
{
	struct sock client, server, channel[2];
	intptr_t fds[] = {-1, -1};
	char data[4];
	int count = 2;

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_send_descriptors(client, "x", 1, NULL, 0, LIBSOCK_NOWAIT), LIBSOCK_ENOTSUP);
	expect(sock_recv_descriptors(client, data, 4, fds, 2, &count, LIBSOCK_NOWAIT), LIBSOCK_ENOTSUP);
	ck_assert_int_eq(count, 0);
	expect(sock_send_descriptors((struct sock){0}, "x", 1, NULL, 0, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	expect(sock_recv_descriptors((struct sock){0}, data, 4, fds, 2, &count, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	expect(sock_recv_descriptors(channel[0], data, 4, fds, 2, NULL, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	if (sock_has(LIBSOCK_HAS_SEND_SOCKET)) {
		expect(sock_send_descriptors(channel[0], NULL, 1, fds, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_send_descriptors(channel[0], "x", 0, fds, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_send_descriptors(channel[0], "x", 1, NULL, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_send_descriptors(channel[0], "x", 1, fds, -1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_recv_descriptors(channel[0], NULL, 4, fds, 2, &count, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_recv_descriptors(channel[0], data, 0, fds, 2, &count, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_recv_descriptors(channel[0], data, 4, NULL, 2, &count, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_recv_descriptors(channel[0], data, 4, fds, -1, &count, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		fds[0] = sock_native(client);
		expect(sock_send_descriptors(channel[0], "x", 1, fds, 2, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
		fds[1] = INTPTR_MAX;
		expect(sock_send_descriptors(channel[0], "x", 1, fds, 2, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
		expect(sock_recv(channel[1], data, 4, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	sock_close(&client);
	sock_close(&server);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_listener_goes_through_a_channel_and_still_listens},
		{what_is_no_channel_or_no_socket_is_refused},
		{without_a_service_manager_nothing_is_activated},
		{sockets_of_every_kind_go_with_one_byte_and_stay_open_here},
		{a_channel_that_is_closed_full_or_none_says_so},
		{the_end_of_a_channel_is_told_of_streams},
		{a_closed_socket_cannot_be_given},
		{descriptors_go_beside_data_in_their_order},
		{data_goes_without_descriptors_too},
		{a_stream_brings_descriptors_with_the_first_of_their_bytes},
		{what_a_stream_does_not_take_goes_without_descriptors},
		{as_many_descriptors_as_may_go_arrive},
		{what_descriptors_cannot_go_with_is_refused},
		{0},
	};

	return testing_main("handover", tests);
}
