/* SPDX-License-Identifier: MIT */

/* sock_wait(): a few sockets at once. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

static struct sock_wait_item item(struct sock s, int interest)
{
	return (struct sock_wait_item){.s = s, .interest = interest, .ready = -1};
}

START_TEST(only_the_socket_that_has_something_is_told)
{
	struct sock first[2], second[2];
	struct sock_wait_item items[3];
	char byte;

	expect(sock_pair(first, LIBSOCK_STREAM), 0);
	expect(sock_pair(second, LIBSOCK_DGRAM), 0);
	items[0] = item(first[0], LIBSOCK_READABLE);
	items[1] = item(second[0], LIBSOCK_READABLE);
	items[2] = item((struct sock){0}, LIBSOCK_READABLE);
	expect(sock_wait(items, 3, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_send(second[1], "x", 1, soon()), 1);
	expect(sock_wait(items, 3, soon()), 1);
	expect(items[0].ready, 0);
	expect(items[1].ready, LIBSOCK_READABLE);
	expect(items[2].ready, 0);
	expect(sock_recv(second[0], &byte, 1, LIBSOCK_NOWAIT), 1);
	items[0].interest = items[1].interest = LIBSOCK_READABLE | LIBSOCK_WRITABLE;
	expect(sock_wait(items, 3, soon()), 2);
	expect(items[0].ready, LIBSOCK_WRITABLE);
	expect(items[1].ready, LIBSOCK_WRITABLE);
	for (int i = 0; i < 2; i++) {
		sock_close(&first[i]);
		sock_close(&second[i]);
	}
}
END_TEST

START_TEST(a_deadline_ends_the_wait_and_none_is_early)
{
	struct sock pair[2];
	struct sock_wait_item items[1];
	int64_t begun = sock_now(), by = sock_after(60);

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	items[0] = item(pair[0], LIBSOCK_READABLE);
	expect(sock_wait(items, 1, by), LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now(), by);
	expect(items[0].ready, 0);
	expect(sock_wait(items, 1, by), LIBSOCK_ETIMEDOUT);
	expect(sock_wait(items, 1, -1), LIBSOCK_ETIMEDOUT);
	by = sock_after(30);
	expect(sock_wait(NULL, 0, by), LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now(), by);
	expect(sock_wait(NULL, 0, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	items[0] = item((struct sock){0}, LIBSOCK_READABLE);
	expect(sock_wait(items, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect_ended(begun);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

START_TEST(a_listener_is_readable_when_somebody_comes)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4, &addr), client, conn;
	struct sock_wait_item items[1] = {item(l, LIBSOCK_READABLE)};

	expect(sock_wait(items, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(sock_wait(items, 1, soon()), 1);
	expect(items[0].ready, LIBSOCK_READABLE);
	expect(sock_accept(l, &conn, NULL, LIBSOCK_NOWAIT), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&l);
}
END_TEST

START_TEST(the_end_of_a_stream_is_a_hang_up_after_its_last_byte)
{
	struct sock client, server;
	struct sock_wait_item items[1];
	char byte;

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	items[0] = item(client, LIBSOCK_READABLE);
	expect(sock_send(server, "x", 1, soon()), 1);
	expect(sock_shutdown(server, LIBSOCK_SHUT_WR), 0);
	expect(sock_wait(items, 1, soon()), 1);
	ck_assert_int_ne(items[0].ready & LIBSOCK_READABLE, 0);
	expect(sock_recv(client, &byte, 1, soon()), 1);
	expect(sock_wait(items, 1, soon()), 1);
	expect(items[0].ready, LIBSOCK_READABLE | LIBSOCK_PEER_ENDED);
	expect(sock_recv(client, &byte, 1, LIBSOCK_NOWAIT), 0);
	items[0].interest = LIBSOCK_WRITABLE; /* the other direction is still there, and the end is not told where not wanted */
	expect(sock_wait(items, 1, soon()), 1);
	expect(items[0].ready, LIBSOCK_WRITABLE);
	sock_close(&client);
	sock_close(&server);
}
END_TEST

START_TEST(an_end_that_nobody_wants_to_know_of_does_not_end_the_wait)
{
	struct sock client, server, other[2];
	struct sock_wait_item items[2];

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_pair(other, LIBSOCK_STREAM), 0);
	expect(sock_shutdown(server, LIBSOCK_SHUT_WR), 0);
	items[0] = item(client, LIBSOCK_READABLE);
	expect(sock_wait(items, 1, soon()), 1);
	items[0].interest = 0;
	items[1] = item(other[0], LIBSOCK_READABLE);
	expect(sock_wait(items, 2, sock_after(30)), LIBSOCK_ETIMEDOUT);
	expect(sock_send(other[1], "x", 1, soon()), 1);
	expect(sock_wait(items, 2, soon()), 1);
	expect(items[1].ready, LIBSOCK_READABLE);
	sock_close(&client);
	sock_close(&server);
	sock_close(&other[0]);
	sock_close(&other[1]);
}
END_TEST

/* With nothing else to wait for: to WSAPoll that is a set without sockets. */
START_TEST(a_wait_for_room_outlasts_the_peers_end)
{
	static char data[100000];
	struct sock client, server;
	struct sock_wait_item items[1];
	ptrdiff_t n;

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_shutdown(server, LIBSOCK_SHUT_WR), 0);
	items[0] = item(client, LIBSOCK_READABLE);
	expect(sock_wait(items, 1, soon()), 1);
	items[0].interest = 0;
	expect(sock_wait(items, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_wait(items, 1, sock_after(10)), LIBSOCK_ETIMEDOUT);
	do
		n = sock_send(client, data, sizeof data, sock_after(50));
	while (n > 0);
	expect(n, LIBSOCK_ETIMEDOUT);
	items[0].interest = LIBSOCK_WRITABLE;
	expect(sock_wait(items, 1, sock_after(10)), LIBSOCK_ETIMEDOUT);
	do
		n = sock_recv(server, data, sizeof data, sock_after(50));
	while (n > 0);
	expect(sock_wait(items, 1, soon()), 1);
	expect(items[0].ready, LIBSOCK_WRITABLE);
	sock_close(&client);
	sock_close(&server);
}
END_TEST

static void *end_later(void *arg)
{
	expect(sock_wait(NULL, 0, sock_after(60)), LIBSOCK_ETIMEDOUT);
	expect(sock_shutdown(*(struct sock *)arg, LIBSOCK_SHUT_WR), 0);
	return NULL;
}

START_TEST(an_end_that_comes_meanwhile_does_not_move_the_deadline)
{
	int64_t best = INT64_MAX; /* of several tries: one may be late because the machine was busy */

	for (int i = 0; i < 9; i++) {
		struct sock client, server;
		struct sock_wait_item items[1];
		pthread_t thread;
		int64_t by, late;

		connected_pair(LIBSOCK_AF_INET, &client, &server);
		items[0] = item(client, 0);
		by = sock_after(80);
		ck_assert_int_eq(pthread_create(&thread, NULL, end_later, &server), 0);
		expect(sock_wait(items, 1, by), LIBSOCK_ETIMEDOUT);
		late = sock_now() - by;
		best = late < best ? late : best;
		pthread_join(thread, NULL);
		sock_close(&client);
		sock_close(&server);
	}
	ck_assert_int_ge(best, 0);
	ck_assert_int_le(best, 20);
}
END_TEST

START_TEST(a_reset_is_an_error_and_no_hang_up)
{
	struct sock client, server;
	struct sock_wait_item items[1];
	char byte;

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	reset(&server);
	items[0] = item(client, LIBSOCK_READABLE);
	expect(sock_wait(items, 1, soon()), 1);
	expect(items[0].ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	expect(sock_recv(client, &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_ECONNRESET);
	sock_close(&client);
}
END_TEST

START_TEST(a_connect_is_writable_when_made_and_an_error_when_refused)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4, &addr), s[2], holder;
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_STREAM, &holder);
	struct sock_wait_item items[1];
	int err;

	for (int i = 0; i < 2; i++) {
		expect(sock_open(&s[i], LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		err = sock_connect(s[i], i == 0 ? &addr : &nobody, LIBSOCK_NOWAIT);
		items[0] = item(s[i], LIBSOCK_WRITABLE);
		if (err == LIBSOCK_EINPROGRESS) {
			expect(sock_wait(items, 1, soon()), 1);
			expect(items[0].ready, i == 0 ? LIBSOCK_WRITABLE : LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
			err = sock_connect_result(s[i], LIBSOCK_NOWAIT);
		}
		expect(err, i == 0 ? 0 : LIBSOCK_ECONNREFUSED);
		sock_close(&s[i]);
	}
	sock_close(&holder);
	sock_close(&l);
}
END_TEST

/* Wine does not wake who waits for it. */
START_TEST(a_refused_datagram_is_an_error_that_the_next_call_tells)
{
	struct sock s, holder;
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_DGRAM, &holder);
	struct sock_wait_item items[1];
	char byte;
	int told;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &nobody, soon()), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
	items[0] = item(s, LIBSOCK_READABLE);
	told = sock_wait(items, 1, native_is_wine() ? sock_after(50) : soon());
	if (told == 1) {
		expect(items[0].ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
		expect(sock_recv(s, &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_ECONNREFUSED);
	} else {
		ck_assert(native_is_wine());
		expect(told, LIBSOCK_ETIMEDOUT);
	}
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

START_TEST(what_cannot_be_waited_for_is_refused)
{
	struct sock pair[2], closed;
	struct sock_wait_item items[LIBSOCK_WAIT_MAX + 1];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	closed = pair[1];
	sock_close(&pair[1]);
	memset(items, 0, sizeof items);
	for (int i = 0; i <= LIBSOCK_WAIT_MAX; i++)
		items[i] = item(pair[0], LIBSOCK_WRITABLE);
	expect(sock_wait(NULL, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_wait(items, -1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_wait(items, LIBSOCK_WAIT_MAX + 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	items[0].interest = LIBSOCK_PEER_ENDED;
	expect(sock_wait(items, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	items[0] = item(closed, LIBSOCK_READABLE);
	expect(sock_wait(items, 2, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	expect(sock_wait(items, 1, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	items[0] = item(pair[0], LIBSOCK_READABLE); /* whose other end is closed */
	expect(sock_wait(items, 1, soon()), 1);
	expect(items[0].ready, LIBSOCK_READABLE | LIBSOCK_PEER_ENDED);
	sock_close(&pair[0]);
}
END_TEST

START_TEST(as_many_as_allowed_are_waited_for)
{
	struct sock pair[2];
	struct sock_wait_item items[LIBSOCK_WAIT_MAX];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	for (int i = 0; i < LIBSOCK_WAIT_MAX; i++)
		items[i] = item(pair[i % 2], LIBSOCK_WRITABLE);
	expect(sock_wait(items, LIBSOCK_WAIT_MAX, soon()), LIBSOCK_WAIT_MAX);
	for (int i = 0; i < LIBSOCK_WAIT_MAX; i++)
		expect(items[i].ready, LIBSOCK_WRITABLE);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

/* Whatever it returns: an old answer is not taken for a new one. */
START_TEST(told_is_written_on_errors_too)
{
	struct sock pair[2], closed;
	struct sock_wait_item items[3];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	closed = pair[1];
	for (int i = 0; i < 4; i++) {
		items[0] = item(pair[0], LIBSOCK_READABLE);
		items[1] = item((struct sock){0}, LIBSOCK_READABLE);
		items[2] = item(pair[0], 0);
		if (i == 0)
			expect(sock_wait(items, 3, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		if (i == 1)
			expect(sock_wait(items, 3, -1), LIBSOCK_ETIMEDOUT);
		items[2].interest = i == 2 ? LIBSOCK_ERROR : 0;
		if (i == 2)
			expect(sock_wait(items, 3, soon()), LIBSOCK_EINVAL);
		if (i == 3) {
			sock_close(&pair[1]);
			items[2] = item(closed, LIBSOCK_READABLE);
			expect(sock_wait(items, 3, soon()), LIBSOCK_EBADF);
			ck_assert_int_ge(items[0].ready, 0); /* its end, or nothing yet */
		}
		for (int k = i == 3; k < 3; k++)
			expect(items[k].ready, 0);
	}
	sock_close(&pair[0]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{only_the_socket_that_has_something_is_told},
		{a_deadline_ends_the_wait_and_none_is_early},
		{a_listener_is_readable_when_somebody_comes},
		{the_end_of_a_stream_is_a_hang_up_after_its_last_byte},
		{an_end_that_nobody_wants_to_know_of_does_not_end_the_wait},
		{a_wait_for_room_outlasts_the_peers_end},
		{an_end_that_comes_meanwhile_does_not_move_the_deadline},
		{a_reset_is_an_error_and_no_hang_up},
		{a_connect_is_writable_when_made_and_an_error_when_refused},
		{a_refused_datagram_is_an_error_that_the_next_call_tells},
		{what_cannot_be_waited_for_is_refused},
		{as_many_as_allowed_are_waited_for},
		{told_is_written_on_errors_too},
		{0},
	};

	return testing_main("wait", tests);
}
