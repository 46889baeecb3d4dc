/* SPDX-License-Identifier: MIT */

/* The rows of "What still differs" in docs/porting.md that no other suite shows: what each system that runs them does. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

struct reader {
	struct sock s;
	ptrdiff_t result;
};

static void *read_for_a_while(void *arg)
{
	struct reader *reader = arg;
	char data[4];

	reader->result = sock_recv(reader->s, data, sizeof data, sock_after(300));
	return NULL;
}

START_TEST(own_shutdown_wakes_a_reader_but_not_under_wine)
{
	struct reader reader;
	struct sock peer;
	pthread_t thread;

	connected_pair(LIBSOCK_AF_INET, &reader.s, &peer);
	ck_assert_int_eq(pthread_create(&thread, NULL, read_for_a_while, &reader), 0);
	/* Before or while it waits: where shutdown wakes, both end the same. */
	expect(sock_shutdown(reader.s, LIBSOCK_SHUT_RD), 0);
	pthread_join(thread, NULL);
	if (!native_is_wine() || reader.result != LIBSOCK_ETIMEDOUT)
		expect(reader.result, 0);
	sock_close(&reader.s);
	sock_close(&peer);
}
END_TEST

START_TEST(shutdown_of_a_listener_works_where_the_system_has_it)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), conn;

	if (native_is_wine()) {
		expect(sock_shutdown(l, LIBSOCK_SHUT_RDWR), LIBSOCK_ENOTCONN);
		expect(sock_accept(l, &conn, NULL, sock_after(20)), LIBSOCK_ETIMEDOUT);
	} else {
		expect(sock_shutdown(l, LIBSOCK_SHUT_RDWR), 0);
		expect(sock_accept(l, &conn, NULL, soon()), LIBSOCK_EINVAL);
	}
	sock_close(&l);
}
END_TEST

START_TEST(sendto_elsewhere_while_connected_is_sent)
{
	struct sock_addr a_addr, b_addr, c_addr;
	struct sock a = datagram(LIBSOCK_AF_INET, &a_addr), b = datagram(LIBSOCK_AF_INET, &b_addr),
		    c = datagram(LIBSOCK_AF_INET, &c_addr);
	char data[4];

	expect(sock_connect(a, &b_addr, soon()), 0);
	expect(sock_sendto(a, "x", 1, &c_addr, soon()), 1);
	expect(sock_recv(c, data, sizeof data, soon()), 1);
	sock_close(&a);
	sock_close(&b);
	sock_close(&c);
}
END_TEST

START_TEST(connecting_to_the_wildcard_reaches_this_machine)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s;

	expect(sock_addr_set(&addr, "0.0.0.0", addr.port), 0);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(s, &addr, soon()), 0);
	sock_close(&s);
	sock_close(&l);
}
END_TEST

START_TEST(a_copy_of_a_closed_socket_is_no_socket)
{
	struct sock s, copy;
	struct sock_addr addr = loopback(LIBSOCK_AF_INET, 1);
	const int interest = native_is_wine() ? LIBSOCK_ENOTSOCK : LIBSOCK_EBADF;
	char data[4];

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	copy = s;
	expect(sock_close(&s), 0);
	expect(sock_recv(copy, data, sizeof data, soon()), interest);
	expect(sock_sendto(copy, "x", 1, &addr, soon()), interest);
	expect(sock_local_addr(copy, &addr), interest);
	expect(sock_close(&copy), interest);
}
END_TEST

START_TEST(only_posix_waits_for_what_is_no_socket)
{
	struct sock s = {1, 2, 3, 4};

	expect(sock_from_descriptor(&s, 0), native_is_windows() ? LIBSOCK_ENOTSUP : 0);
	ck_assert_int_eq(s.family, native_is_windows() ? 0 : -1);
	expect(sock_from_descriptor(NULL, 0), LIBSOCK_EINVAL);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{own_shutdown_wakes_a_reader_but_not_under_wine},
		{shutdown_of_a_listener_works_where_the_system_has_it},
		{sendto_elsewhere_while_connected_is_sent},
		{connecting_to_the_wildcard_reaches_this_machine},
		{a_copy_of_a_closed_socket_is_no_socket},
		{only_posix_waits_for_what_is_no_socket},
		{0},
	};

	return testing_main("differs", tests);
}
