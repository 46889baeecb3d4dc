/* SPDX-License-Identifier: MIT */

/* The descriptor behind a socket: who owns it, who inherits it, and what the library says about itself. */

#include "testing.h"

#include <limits.h>
#include <stdio.h>

START_TEST(a_socket_is_two_words)
{
	ck_assert_uint_eq(sizeof(struct sock), sizeof(intptr_t) + 8);
}
END_TEST

START_TEST(no_descriptor_is_inheritable)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++)
		for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
			struct sock s;

			expect(sock_open(&s, family, type), 0);
			ck_assert(!native_is_inheritable(sock_native(s)));
			sock_close(&s);
		}

	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), client, conn;

	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	ck_assert(!native_is_inheritable(sock_native(conn)));
	sock_close(&conn);
	sock_close(&client);
	sock_close(&l);
}
END_TEST

START_TEST(release_and_adopt_hand_a_connection_over)
{
	static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

	for (int f = 0; f < 2; f++) {
		struct sock a, b, again;
		char data[4];
		intptr_t fd;

		connected_pair(families[f], &a, &b);
		fd = sock_native(a);
		ck_assert_int_eq(sock_release(&a), fd);
		ck_assert_int_eq(a.family, 0);
		ck_assert_int_eq(sock_release(&a), -1);
		expect(sock_adopt(&again, fd), 0);
		ck_assert_int_eq(again.family, families[f]);
		ck_assert_int_eq(again.type, LIBSOCK_STREAM);
		ck_assert_int_eq(sock_native(again), fd);
		expect(sock_send(again, "x", 1, soon()), 1);
		expect(sock_recv(b, data, sizeof data, soon()), 1);
		expect(sock_recv(again, data, sizeof data, sock_after(20)), LIBSOCK_ETIMEDOUT);
		sock_close(&again);
		sock_close(&b);
	}
}
END_TEST

START_TEST(adopt_knows_listeners_and_unbound_datagram_sockets)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), again, client, conn;
	intptr_t fd = sock_release(&l);

	expect(sock_adopt(&again, fd), 0);
	expect(sock_accept(again, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(sock_accept(again, &conn, NULL, soon()), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&again);

	expect(sock_open(&l, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	fd = sock_release(&l);
	expect(sock_adopt(&again, fd), 0);
	ck_assert_int_eq(again.family, LIBSOCK_AF_INET6);
	ck_assert_int_eq(again.type, LIBSOCK_DGRAM);
	sock_close(&again);
}
END_TEST

START_TEST(adopting_what_is_no_socket_fails_and_takes_nothing)
{
	struct sock s = {.family = 77};
	int err = sock_adopt(&s, -1);

	ck_assert_msg(err == LIBSOCK_EBADF || err == LIBSOCK_ENOTSOCK, "%s", sock_errname(err));
#if INTPTR_MAX > INT_MAX
	err = sock_adopt(&s, ((intptr_t)7 << 32) + 1); /* not descriptor 1 */
	ck_assert_msg(err == LIBSOCK_EBADF || err == LIBSOCK_ENOTSOCK, "%s", sock_errname(err));
#endif
	ck_assert_int_eq(s.family, 0);
}
END_TEST

START_TEST(the_version_is_the_headers)
{
	char text[32];

	snprintf(text, sizeof text, "%d.%d.%d", LIBSOCK_VERSION_MAJOR, LIBSOCK_VERSION_MINOR, LIBSOCK_VERSION_PATCH);
	ck_assert_str_eq(sock_version(), text);
	ck_assert_int_eq(sock_version_number(), LIBSOCK_VERSION_NUMBER);
	ck_assert_int_eq(sock_version_number() / 10000, LIBSOCK_VERSION_MAJOR);
	ck_assert_int_eq(sock_version_number() / 100 % 100, LIBSOCK_VERSION_MINOR);
	ck_assert_int_eq(sock_version_number() % 100, LIBSOCK_VERSION_PATCH);
#if LIBSOCK_VERSION_NUMBER < 100 || LIBSOCK_VERSION_NUMBER >= 1000000
#error "the preprocessor does not read the version"
#endif
}
END_TEST

START_TEST(has_agrees_with_open)
{
	static const struct {
		int feature, family, type;
	} rows[] = {
		{LIBSOCK_HAS_INET6, LIBSOCK_AF_INET6, LIBSOCK_STREAM},
		{LIBSOCK_HAS_UNIX_STREAM, LIBSOCK_AF_UNIX, LIBSOCK_STREAM},
		{LIBSOCK_HAS_UNIX_DGRAM, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sock s;
		int has = sock_has(rows[i].feature);

		ck_assert(has == 0 || has == 1);
		expect(sock_open(&s, rows[i].family, rows[i].type), has ? 0 : LIBSOCK_ENOTSUP);
		sock_close(&s);
	}
	for (int feature = -1; feature < 100; feature++) {
		int has = sock_has(feature);

		ck_assert(has == 0 || has == 1);
		if (feature < LIBSOCK_HAS_INET6 || feature > LIBSOCK_HAS_PACKET_TIME) /* another version's */
			ck_assert_int_eq(has, 0);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_socket_is_two_words},
		{no_descriptor_is_inheritable},
		{release_and_adopt_hand_a_connection_over},
		{adopt_knows_listeners_and_unbound_datagram_sockets},
		{adopting_what_is_no_socket_fails_and_takes_nothing},
		{the_version_is_the_headers},
		{has_agrees_with_open},
		{0},
	};

	return testing_main("handle", tests);
}
