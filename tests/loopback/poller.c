/* SPDX-License-Identifier: MIT */

/* sock_poller_*: any number of sockets, the same on every backend. */

#include "testing.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* Wait for exactly one event. */
static struct sock_event one(struct sock_poller *poller)
{
	struct sock_event events[8];

	memset(events, 0x55, sizeof events);
	expect(sock_poller_wait(poller, events, 8, soon()), 1);
	ck_assert_int_eq(events[0].reserved, 0);
	return events[0];
}

static void none(struct sock_poller *poller)
{
	struct sock_event events[8];

	expect(sock_poller_wait(poller, events, 8, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
}

START_TEST(each_socket_comes_with_its_pointer_until_it_is_read)
{
	struct sock_poller poller;
	struct sock pair[2][2];
	struct sock_event event;
	int names[2];
	char byte;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pair[i][0], LIBSOCK_READABLE, &names[i]), 0);
	}
	none(&poller);
	expect(sock_send(pair[1][1], "x", 1, soon()), 1);
	for (int i = 0; i < 3; i++) { /* level-triggered */
		event = one(&poller);
		ck_assert_ptr_eq(event.data, &names[1]);
		expect(event.ready, LIBSOCK_READABLE);
	}
	expect(sock_recv(pair[1][0], &byte, 1, LIBSOCK_NOWAIT), 1);
	none(&poller);
	expect(sock_poller_close(&poller), 0);
	expect(sock_poller_close(&poller), 0);
	for (int i = 0; i < 2; i++) { /* the sockets are the caller's */
		expect(sock_send(pair[i][0], "x", 1, soon()), 1);
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
}
END_TEST

START_TEST(what_is_wanted_can_change)
{
	struct sock_poller poller;
	struct sock pair[2];
	struct sock_event event;
	int a, b;

	expect(sock_poller_open(&poller), 0);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE | LIBSOCK_WRITABLE, &a), 0);
	event = one(&poller);
	expect(event.ready, LIBSOCK_WRITABLE);
	expect(sock_poller_modify(&poller, pair[0], 0, &a), 0);
	expect(sock_send(pair[1], "x", 1, soon()), 1);
	none(&poller);
	expect(sock_poller_modify(&poller, pair[0], LIBSOCK_READABLE, &b), 0);
	event = one(&poller);
	ck_assert_ptr_eq(event.data, &b);
	expect(event.ready, LIBSOCK_READABLE);
	expect(sock_poller_modify(&poller, pair[0], LIBSOCK_READABLE | LIBSOCK_WRITABLE, &b), 0);
	event = one(&poller); /* one event, whatever it is for */
	expect(event.ready, LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_WRITABLE, &a), 0); /* once more is a change */
	event = one(&poller);
	ck_assert_ptr_eq(event.data, &a);
	expect(event.ready, LIBSOCK_WRITABLE);
	expect(sock_poller_remove(&poller, pair[0]), 0);
	none(&poller);
	expect(sock_poller_remove(&poller, pair[0]), LIBSOCK_ENOENT);
	expect(sock_poller_modify(&poller, pair[0], LIBSOCK_WRITABLE, &a), LIBSOCK_ENOENT);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, NULL), 0);
	event = one(&poller);
	ck_assert_ptr_null(event.data);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	sock_poller_close(&poller);
}
END_TEST

START_TEST(ends_resets_and_refusals_are_told_apart)
{
	const int error = LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE;
	struct sock_poller poller;
	struct sock client, server, holder;
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_STREAM, &holder);
	char byte;
	int err;

	expect(sock_poller_open(&poller), 0);
	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_poller_add(&poller, client, LIBSOCK_READABLE, NULL), 0);
	expect(sock_send(server, "x", 1, soon()), 1);
	sock_close(&server);
	ck_assert_int_ne(one(&poller).ready & LIBSOCK_READABLE, 0);
	expect(sock_recv(client, &byte, 1, LIBSOCK_NOWAIT), 1);
	expect(one(&poller).ready, LIBSOCK_READABLE | LIBSOCK_PEER_ENDED);
	expect(sock_recv(client, &byte, 1, LIBSOCK_NOWAIT), 0);
	expect(sock_poller_remove(&poller, client), 0);
	sock_close(&client);

	for (int interest = 0; interest < 4; interest++) {
		connected_pair(LIBSOCK_AF_INET, &client, &server);
		expect(sock_poller_add(&poller, client, interest & LIBSOCK_READABLE, NULL), 0);
		if (interest & LIBSOCK_READABLE)
			none(&poller);
		reset(&server);
		expect(one(&poller).ready, error);
		expect(sock_poller_remove(&poller, client), 0);
		expect(sock_recv(client, &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_ECONNRESET);
		sock_close(&client);
	}

	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	err = sock_connect(client, &nobody, LIBSOCK_NOWAIT);
	if (err == LIBSOCK_EINPROGRESS) {
		expect(sock_poller_add(&poller, client, LIBSOCK_WRITABLE, NULL), 0);
		expect(one(&poller).ready, error);
		expect(sock_poller_remove(&poller, client), 0);
		err = sock_connect_result(client, LIBSOCK_NOWAIT);
	}
	expect(err, LIBSOCK_ECONNREFUSED);
	sock_close(&client);
	sock_close(&holder);
	sock_poller_close(&poller);
}
END_TEST

START_TEST(an_end_that_nobody_wants_to_know_of_does_not_end_the_wait)
{
	struct sock_poller poller;
	struct sock client, server, other[2];
	struct sock_event events[4];
	int name;

	expect(sock_poller_open(&poller), 0);
	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_pair(other, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, client, LIBSOCK_READABLE, NULL), 0);
	expect(sock_shutdown(server, LIBSOCK_SHUT_WR), 0);
	expect(one(&poller).ready, LIBSOCK_READABLE | LIBSOCK_PEER_ENDED);
	expect(sock_poller_modify(&poller, client, 0, NULL), 0);
	expect(sock_poller_wait(&poller, events, 4, sock_after(30)), LIBSOCK_ETIMEDOUT);
	expect(sock_poller_add(&poller, other[0], LIBSOCK_READABLE, &name), 0);
	expect(sock_send(other[1], "x", 1, soon()), 1);
	ck_assert_ptr_eq(one(&poller).data, &name);
	sock_close(&client);
	sock_close(&server);
	sock_close(&other[0]);
	sock_close(&other[1]);
	sock_poller_close(&poller);
}
END_TEST

START_TEST(a_removed_or_closed_socket_has_no_later_event)
{
	struct sock_poller poller;
	struct sock pair[2][2];
	struct sock_event events[8];
	int names[2];

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pair[i][0], LIBSOCK_READABLE, &names[i]), 0);
		expect(sock_send(pair[i][1], "x", 1, soon()), 1);
	}
	/* Removed between two waits, while an event is due. */
	expect(sock_poller_wait(&poller, events, 1, soon()), 1);
	int first = events[0].data == &names[1];
	expect(sock_poller_remove(&poller, pair[!first][0]), 0);
	sock_close(&pair[!first][0]);
	ck_assert_ptr_eq(one(&poller).data, &names[first]);
	sock_close(&pair[first][0]); /* and this one is closed alone */
	none(&poller);
	sock_close(&pair[0][1]);
	sock_close(&pair[1][1]);
	sock_poller_close(&poller);
}
END_TEST

/* With Winsock nothing tells a socket from an earlier one of the same number: there removing first is the only way. */
START_TEST(what_was_closed_does_not_hide_what_is_ready)
{
	enum { PAIRS = 6 };
	struct sock_poller poller;
	struct sock pair[PAIRS][2];
	struct sock_event events[PAIRS];

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < PAIRS; i++) {
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pair[i][0], LIBSOCK_READABLE, &pair[i]), 0);
		expect(sock_send(pair[i][1], "x", 1, soon()), 1);

		struct sock_wait_item arrived = {.s = pair[i][0], .interest = LIBSOCK_READABLE};

		expect(sock_wait(&arrived, 1, soon()), 1);
	}
	for (int i = 0; i < PAIRS; i += 2)
		sock_close(&pair[i][0]);
	expect(sock_poller_wait(&poller, events, PAIRS, LIBSOCK_NOWAIT), PAIRS / 2);
	expect(sock_poller_wait(&poller, events, 1, LIBSOCK_NOWAIT), 1);
	expect(sock_poller_wait(&poller, events, PAIRS, soon()), PAIRS / 2);
	for (int i = 0; i < PAIRS; i++) {
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
	sock_poller_close(&poller);
}
END_TEST

START_TEST(a_socket_with_the_number_of_a_closed_one_is_not_taken_for_it)
{
	struct sock_poller poller;
	struct sock old[2], pair[2];
	struct sock_event events[1];
	int names[2];

	expect(sock_poller_open(&poller), 0);
	expect(sock_pair(old, LIBSOCK_STREAM), 0);
	intptr_t number = sock_native(old[0]);
	expect(sock_poller_add(&poller, old[0], LIBSOCK_READABLE, &names[0]), 0);
	sock_close(&old[0]);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	struct sock same = sock_native(pair[0]) == number ? pair[0] : pair[1];
	if (sock_native(same) == number) { /* on POSIX always: the lowest that is free */
		expect(sock_send(pair[0], "x", 1, soon()), 1);
		expect(sock_send(pair[1], "x", 1, soon()), 1);

		struct sock_wait_item arrived = {.s = same, .interest = LIBSOCK_READABLE};

		expect(sock_wait(&arrived, 1, soon()), 1);
		expect(sock_poller_wait(&poller, events, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_poller_modify(&poller, same, LIBSOCK_READABLE, NULL), LIBSOCK_ENOENT);
		expect(sock_poller_add(&poller, same, LIBSOCK_READABLE, &names[1]), 0);
		ck_assert_ptr_eq(one(&poller).data, &names[1]);
	}
	for (int i = 0; i < 2; i++)
		sock_close(&pair[i]);
	sock_close(&old[1]);
	sock_poller_close(&poller);
}
END_TEST

/* More than any set of select holds, and every one of them has its turn though not all fit at once. */
START_TEST(hundreds_of_ready_sockets_all_have_their_turn)
{
	enum { PAIRS = 150, ROOM = 7 };
	static struct sock pair[PAIRS][2];
	bool seen[PAIRS] = {false};
	struct sock_poller poller;
	struct sock_event events[ROOM];
	int count, left = PAIRS;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < PAIRS; i++) {
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pair[i][0], LIBSOCK_WRITABLE, &seen[i]), 0);
	}
	for (int round = 0; round < 2 * PAIRS && left > 0; round++) {
		count = sock_poller_wait(&poller, events, ROOM, soon());
		ck_assert_int_ge(count, 1);
		ck_assert_int_le(count, ROOM);
		for (int i = 0; i < count; i++) {
			left -= !*(bool *)events[i].data;
			*(bool *)events[i].data = true;
		}
	}
	expect(left, 0);
	for (int i = 0; i < PAIRS; i++) {
		expect(sock_poller_remove(&poller, pair[i][0]), 0);
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
	none(&poller);
	sock_poller_close(&poller);
}
END_TEST

static void *wakes(void *poller)
{
	expect(sock_poller_wake(poller), 0);
	return NULL;
}

START_TEST(a_wake_from_any_thread_ends_the_wait)
{
	struct sock_poller poller;
	struct sock_event events[2];
	pthread_t thread;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, wakes, &poller), 0);
		expect(sock_poller_wait(&poller, events, 2, soon()), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	}
	sock_poller_close(&poller);
}
END_TEST

START_TEST(a_wake_before_the_wait_is_not_lost_and_many_never_block)
{
	struct sock_poller poller;
	struct sock pair[2];
	struct sock_event events[2];
	int name, count, returns = 0;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 5000; i++)
		expect(sock_poller_wake(&poller), 0);
	while ((count = sock_poller_wait(&poller, events, 2, LIBSOCK_NOWAIT)) == 0)
		ck_assert_int_lt(++returns, 5000);
	expect(count, LIBSOCK_EAGAIN);
	ck_assert_int_ge(returns, 1);
	/* With an event beside it the wake costs no room. */
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_WRITABLE, &name), 0);
	expect(sock_poller_wake(&poller), 0);
	expect(sock_poller_wait(&poller, events, 1, soon()), 1);
	ck_assert_ptr_eq(events[0].data, &name);
	for (int i = 0; i < 10; i++) { /* nor does it, whichever of the two comes first, take the place of what has happened */
		expect(sock_poller_wake(&poller), 0);
		expect(sock_poller_wait(&poller, events, 1, i % 2 ? soon() : LIBSOCK_NOWAIT), 1);
		ck_assert_ptr_eq(events[0].data, &name);
	}
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	sock_poller_close(&poller);
}
END_TEST

/* A copy of a socket that is closed, whose number the poller was given for itself. */
START_TEST(what_wakes_is_no_socket_of_the_programs)
{
	struct sock_poller poller;
	struct sock_event event;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 2; i++) {
		const struct sock stale = {.fd = poller.wake[i].fd, .family = LIBSOCK_AF_INET, .type = LIBSOCK_DGRAM};

		expect(sock_poller_add(&poller, stale, LIBSOCK_READABLE | LIBSOCK_WRITABLE, &event), LIBSOCK_EBADF);
		expect(sock_poller_modify(&poller, stale, LIBSOCK_WRITABLE, &event), LIBSOCK_EBADF);
		expect(sock_poller_remove(&poller, stale), LIBSOCK_EBADF);
	}
	expect(sock_poller_wake(&poller), 0);
	expect(sock_poller_wait(&poller, &event, 1, soon()), 0);
	sock_poller_close(&poller);
}
END_TEST

START_TEST(deadlines_are_kept)
{
	struct sock_poller poller;
	struct sock_event events[1];
	int64_t begun = sock_now(), by = sock_after(60);

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_wait(&poller, events, 1, by), LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now(), by);
	expect(sock_poller_wait(&poller, events, 1, by), LIBSOCK_ETIMEDOUT);
	expect(sock_poller_wait(&poller, events, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect_ended(begun);
	sock_poller_close(&poller);
}
END_TEST

START_TEST(mistakes_have_codes)
{
	const int gone = native_is_wine() ? LIBSOCK_ENOTSOCK : LIBSOCK_EBADF;
	struct sock_poller poller, no_poller = {0};
	struct sock pair[2], closed;
	struct sock_event events[1];

	expect(sock_poller_open(NULL), LIBSOCK_EINVAL);
	expect(sock_poller_open(&poller), 0);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(NULL, pair[0], LIBSOCK_READABLE, NULL), LIBSOCK_EINVAL);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_PEER_ENDED, NULL), LIBSOCK_EINVAL);
	expect(sock_poller_add(&poller, (struct sock){0}, LIBSOCK_READABLE, NULL), LIBSOCK_EBADF);
	expect(sock_poller_modify(&poller, pair[0], LIBSOCK_READABLE, NULL), LIBSOCK_ENOENT);
	expect(sock_poller_remove(&poller, pair[0]), LIBSOCK_ENOENT);
	expect(sock_poller_wait(&poller, NULL, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_poller_wait(&poller, events, 0, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_poller_wait(NULL, events, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_poller_wake(NULL), LIBSOCK_EINVAL);
	expect(sock_poller_close(NULL), LIBSOCK_EINVAL);
	closed = pair[0];
	sock_close(&pair[0]);
	expect(sock_poller_add(&poller, closed, LIBSOCK_READABLE, NULL), gone);
	expect(sock_poller_remove(&poller, closed), gone);
	sock_poller_close(&poller);
	expect(sock_poller_wait(&no_poller, events, 1, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	expect(sock_poller_add(&no_poller, pair[1], LIBSOCK_READABLE, NULL), LIBSOCK_EBADF);
	expect(sock_poller_wake(&no_poller), LIBSOCK_EBADF);
	sock_close(&pair[1]);
}
END_TEST

START_TEST(more_than_256_events_come_in_several_goes)
{
	enum { PAIRS = 140 };
	static struct sock pair[PAIRS][2];
	static bool seen[PAIRS][2];
	static struct sock_event events[2 * PAIRS];
	struct sock_poller poller;
	int left = 2 * PAIRS;

	memset(seen, 0, sizeof seen);
	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 2 * PAIRS; i++) {
		if (i % 2 == 0)
			expect(sock_pair(pair[i / 2], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pair[i / 2][i % 2], LIBSOCK_WRITABLE, &seen[i / 2][i % 2]), 0);
	}
	for (int round = 0; round < PAIRS && left > 0; round++) {
		int count = sock_poller_wait(&poller, events, 2 * PAIRS, soon());

		ck_assert_int_ge(count, 1);
		ck_assert_int_le(count, 256);
		for (int i = 0; i < count; i++) {
			left -= !*(bool *)events[i].data;
			*(bool *)events[i].data = true;
		}
	}
	expect(left, 0);
	sock_poller_close(&poller);
	ck_assert_int_eq(poller.wake[0].family, 0);
	for (int i = 0; i < 2 * PAIRS; i++)
		sock_close(&pair[i / 2][i % 2]);
}
END_TEST

START_TEST(no_poller_and_no_wish_are_refused_by_every_call)
{
	struct sock_poller poller, none = {0};
	struct sock pair[2];
	struct sock_event event;

	expect(sock_poller_open(&poller), 0);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, pair[0], 0, NULL), 0);
	for (int bad = LIBSOCK_PEER_ENDED; bad < 32; bad *= 2) {
		expect(sock_poller_add(&poller, pair[0], bad, NULL), LIBSOCK_EINVAL);
		expect(sock_poller_modify(&poller, pair[0], bad | LIBSOCK_READABLE, NULL), LIBSOCK_EINVAL);
	}
	expect(sock_poller_modify(&poller, pair[0], -1, NULL), LIBSOCK_EINVAL);
	expect(sock_poller_modify(NULL, pair[0], 0, NULL), LIBSOCK_EINVAL);
	expect(sock_poller_remove(NULL, pair[0]), LIBSOCK_EINVAL);
	expect(sock_poller_modify(&none, pair[0], 0, NULL), LIBSOCK_EBADF);
	expect(sock_poller_remove(&none, pair[0]), LIBSOCK_EBADF);
	expect(sock_poller_modify(&poller, (struct sock){0}, 0, NULL), LIBSOCK_EBADF);
	expect(sock_poller_remove(&poller, (struct sock){0}), LIBSOCK_EBADF);
	expect(sock_poller_wait(&poller, &event, -1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_poller_wait(&none, &event, 1, LIBSOCK_FOREVER), LIBSOCK_EBADF);
	expect(sock_poller_wait(&poller, &event, 1, -1), LIBSOCK_ETIMEDOUT);
	expect(sock_poller_close(&none), 0);
	sock_poller_close(&poller);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{each_socket_comes_with_its_pointer_until_it_is_read},
		{what_is_wanted_can_change},
		{ends_resets_and_refusals_are_told_apart},
		{an_end_that_nobody_wants_to_know_of_does_not_end_the_wait},
		{a_removed_or_closed_socket_has_no_later_event},
		{what_was_closed_does_not_hide_what_is_ready},
		{a_socket_with_the_number_of_a_closed_one_is_not_taken_for_it},
		{hundreds_of_ready_sockets_all_have_their_turn},
		{a_wake_from_any_thread_ends_the_wait},
		{a_wake_before_the_wait_is_not_lost_and_many_never_block},
		{what_wakes_is_no_socket_of_the_programs},
		{deadlines_are_kept},
		{mistakes_have_codes},
		{more_than_256_events_come_in_several_goes},
		{no_poller_and_no_wish_are_refused_by_every_call},
		{0},
	};

	return testing_main("poller", tests);
}
