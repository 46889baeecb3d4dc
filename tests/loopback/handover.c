/* SPDX-License-Identifier: MIT */

/* Sockets through a channel to another process, which may be this one. */

#include "testing.h"

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
		{0},
	};

	return testing_main("handover", tests);
}
