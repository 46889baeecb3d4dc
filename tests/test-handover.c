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
		if (sock_has(LIBSOCK_HAS_HANDOVER)) {
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
	if (sock_has(LIBSOCK_HAS_HANDOVER))
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

	expect(sock_activated(s, 2, NULL), 0);
	expect(sock_activated(NULL, 0, "http"), 0);
	expect(sock_activated(NULL, 1, NULL), LIBSOCK_EINVAL);
	expect(sock_activated(s, -1, NULL), LIBSOCK_EINVAL);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_listener_goes_through_a_channel_and_still_listens},
		{what_is_no_channel_or_no_socket_is_refused},
		{without_a_service_manager_nothing_is_activated},
		{0},
	};

	return testing_main("handover", tests);
}
