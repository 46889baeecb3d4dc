/* SPDX-License-Identifier: MIT */

/* Who is at the other end of a connection on this machine. */

#include "testing.h"

#include <string.h>

static const struct sock_addr path = {"./who", 0};

static void expect_credentials(struct sock s, int64_t pid)
{
	struct sock_credentials who;

	memset(&who, 'x', sizeof who);
	expect(sock_peer_credentials(s, &who), 0);
	ck_assert_int_eq(who.pid, pid);
	ck_assert_int_eq(who.uid, native_user_id());
	ck_assert_int_ge(who.gid, 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(who.reserved[i], 0);
}

/* On an error nothing is written. */
static void expect_error(struct sock s, int wanted)
{
	struct sock_credentials who, before;

	memset(&who, 'x', sizeof who);
	before = who;
	expect(sock_peer_credentials(s, &who), wanted);
	ck_assert_int_eq(memcmp(&who, &before, sizeof who), 0);
}

START_TEST(each_end_of_a_unix_connection_knows_the_other)
{
	struct sock server, client, conn;

	if (sock_has(LIBSOCK_HAS_UNIX_STREAM) == 0)
		return;
	expect(sock_serve(&server, LIBSOCK_STREAM, &path, 1), 0);
	expect(sock_dial(&client, LIBSOCK_STREAM, &path, soon()), 0);
	expect_credentials(client, native_process_id()); /* before it is accepted */
	expect(sock_accept(server, &conn, NULL, soon()), 0);
	expect_credentials(client, native_process_id());
	expect_credentials(conn, native_process_id());
	sock_close(&client);
	expect_credentials(conn, native_process_id());
	sock_close(&conn);
	sock_close(&server);
	remove(path.host);
}
END_TEST

START_TEST(both_ends_of_a_pair_know_who_made_it)
{
	struct sock pair[2];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	for (int i = 0; i < 2; i++)
		if (native_is_windows()) /* it is of the loopback there */
			expect_error(pair[i], LIBSOCK_ENOTSUP);
		else
			expect_credentials(pair[i], native_process_id());
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

START_TEST(what_has_no_peer_on_this_machine_has_no_credentials)
{
	struct sock a, b, d, s, pair[2];
	struct sock_addr addr;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	d = datagram(LIBSOCK_AF_INET6, &addr);
	expect_error(a, LIBSOCK_ENOTSUP);
	expect_error(d, LIBSOCK_ENOTSUP);
	expect_error((struct sock){0}, LIBSOCK_EBADF);
	sock_close(&a);
	sock_close(&b);
	sock_close(&d);
	if (sock_has(LIBSOCK_HAS_UNIX_STREAM) == 0)
		return;
	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect_error(s, LIBSOCK_ENOTCONN);
	expect(sock_peer_credentials(s, NULL), LIBSOCK_EINVAL);
	expect(sock_bind(s, &path), 0);
	expect(sock_listen(s, 1), 0);
	expect_error(s, LIBSOCK_ENOTCONN);
	sock_close(&s);
	remove(path.host);
	if (sock_has(LIBSOCK_HAS_UNIX_DGRAM) == 0)
		return;
	expect(sock_pair(pair, LIBSOCK_DGRAM), 0);
	expect_error(pair[0], LIBSOCK_EPROTOTYPE);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{each_end_of_a_unix_connection_knows_the_other},
		{both_ends_of_a_pair_know_who_made_it},
		{what_has_no_peer_on_this_machine_has_no_credentials},
		{0},
	};

	return testing_main("credentials", tests);
}
